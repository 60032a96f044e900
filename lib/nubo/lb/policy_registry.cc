#include "nubo/lb/policy_registry.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nubo/lb/policies.h"

namespace nubo::lb {

PolicyRegistry::Builder& PolicyRegistry::Builder::AddBuiltins() {
  Add(kRoundRobin, [] { return MakeRoundRobin(); });
  Add(kRandom, [] { return MakeRandom(); });
  Add(kLeastOutstandingRequests, [] { return MakeLeastOutstandingRequests(); });
  return *this;
}

PolicyRegistry::Builder& PolicyRegistry::Builder::Add(absl::string_view name, Factory factory) {
  factories_[std::string(name)] = std::move(factory);
  return *this;
}

absl::StatusOr<std::unique_ptr<Policy>> PolicyRegistry::Create(absl::string_view name) const {
  const auto found = factories_.find(std::string(name));
  if (found == factories_.end()) {
    return absl::NotFoundError(
        absl::StrCat("there is no load-balancing policy \"", name, "\"; known are ", absl::StrJoin(names(), ", ")));
  }
  return found->second();
}

std::vector<std::string> PolicyRegistry::names() const {
  std::vector<std::string> names;
  for (const auto& [name, factory] : factories_) names.push_back(name);
  return names;
}

}  // namespace nubo::lb
