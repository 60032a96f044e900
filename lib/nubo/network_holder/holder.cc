#include "nubo/network_holder/holder.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/str_cat.h"

namespace nubo::network_holder {
namespace {

std::set<std::string> AttachedIn(const vpc::Network& network) {
  std::set<std::string> all;
  for (const auto& [id, interface] : network.interfaces) {
    if (!interface.attached_to.empty()) all.insert(interface.attached_to);
  }
  return all;
}

}  // namespace

fabrics::NetworkPlan Holder::Plan() const {
  fabrics::PlanOptions options = options_;
  std::set_difference(known_.begin(), known_.end(), present_.begin(), present_.end(),
                      std::inserter(options.absent, options.absent.end()));
  return fabrics::PlanNetworks(network_, options);
}

void Holder::Resume(vpc::Network network, const std::set<std::string>& present) {
  network_ = std::move(network);
  known_ = AttachedIn(network_);
  present_.clear();
  std::set_intersection(known_.begin(), known_.end(), present.begin(), present.end(),
                        std::inserter(present_, present_.end()));
}

void Holder::SetThere(fabrics::NetworkPlan there) {
  there_ = std::move(there);
  Make();
}

void Holder::SetNetwork(vpc::Network network) {
  network_ = std::move(network);
  known_ = AttachedIn(network_);
  for (auto it = present_.begin(); it != present_.end();)
    it = known_.count(*it) > 0 ? std::next(it) : present_.erase(it);
  Make();
}

void Holder::Make() {
  fabrics::NetworkPlan plan = Plan();
  const fabrics::NetworkChange change = fabrics::Difference(there_, plan);
  problems_.clear();
  if (change.empty()) return;
  for (const Problem& problem : places_.Apply(change, plan)) {
    problems_.push_back(absl::StrCat(problem.name_space, ": ", std::string(problem.status.message())));
    // What failed is not there: the next attempt does all of it again.
    if (problem.link.has_value()) plan.links.erase(*problem.link);
    const auto failed = plan.namespaces.find(problem.name_space);
    if (failed == plan.namespaces.end()) continue;
    if (places_.Descriptor(problem.name_space) < 0) {
      plan.namespaces.erase(failed);
      continue;
    }
    const fabrics::PlannedNamespace::Kind kind = failed->second.kind;
    failed->second = fabrics::PlannedNamespace();
    failed->second.kind = kind;
  }
  there_ = std::move(plan);
}

bool Holder::Retry() {
  if (problems_.empty()) return false;
  Make();
  return true;
}

Holder::Answer Holder::Join(const std::string& name, absl::string_view generation) {
  const bool ours = generation == generation_;
  if (known_.count(name) == 0) {
    // A router, a NAT gateway, the world: there as long as the model has them.
    const int descriptor = there_.namespaces.count(name) > 0 ? places_.Descriptor(name) : -1;
    if (descriptor < 0) return {};
    return ours ? Answer{Answer::Kind::kSame} : Answer{Answer::Kind::kJoined, descriptor};
  }
  if (present_.count(name) > 0) {
    if (ours && places_.Descriptor(name) >= 0) return {Answer::Kind::kSame};
    // Who asks anew has nothing of it: a fresh one, without what another has left in it.
    present_.erase(name);
    Make();
  }
  present_.insert(name);
  Make();
  const int descriptor = places_.Descriptor(name);
  if (descriptor >= 0 && problems_.empty()) return {Answer::Kind::kJoined, descriptor};
  const std::string why = problems_.empty() ? "its network is not there" : problems_.front();
  if (descriptor < 0) {
    present_.erase(name);
    Make();
    return {Answer::Kind::kRefused, -1, why};
  }
  return {Answer::Kind::kJoined, descriptor};
}

}  // namespace nubo::network_holder
