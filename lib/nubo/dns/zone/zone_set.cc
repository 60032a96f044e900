#include "nubo/dns/zone/zone_set.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"

namespace nubo::dns {
namespace {

using Kind = Zone::Match::Kind;

// One question on its way through the zones.
class Search {
 public:
  Search(const ZoneSet& zones, const RoutingPolicy& policy, const Question& question, const RoutingContext& context)
      : zones_(zones), policy_(policy), type_(question.type), context_(context), name_(question.name) {}

  Answer Run() {
    for (int hops = 0; hops <= kChainMax; ++hops) {
      if (!Step(hops)) return std::move(answer_);
    }
    Answer failed;
    failed.rcode = Rcode::kServFail;
    return failed;
  }

 private:
  // Looks up name_. True: name_ is now the target of a CNAME, go on with it.
  bool Step(int hops) {
    const FoldedName folded(name_);
    const Zone* zone = ZoneFor(folded);
    if (zone == nullptr) {
      // A chain that leaves our zones is a good answer as far as it goes.
      if (hops == 0) answer_.rcode = Rcode::kRefused;
      return false;
    }
    const Zone::Match match = zone->Find(folded);
    if (match.kind == Kind::kDelegation && !(type_ == RecordType::kDs && match.node->name == name_)) {
      Refer(*zone, *match.node);
      return false;
    }
    // RFC 1034 §4.1: the answer is authoritative if the data of the question's own name is.
    if (hops == 0) answer_.authoritative = true;
    switch (match.kind) {
      case Kind::kNone:
        // The apex of a zone of ours exists, even where its parent zone forgot to delegate it.
        if (type_ != RecordType::kDs || zones_.FindZone(folded) == zone) answer_.rcode = Rcode::kNxDomain;
        Deny(*zone);
        return false;
      case Kind::kDname:
        return FollowDname(*match.node);
      default:
        return AnswerFrom(*zone, *match.node);
    }
  }

  // RFC 4035 §3.1.4.1: DS belongs to the parent's side of a cut.
  const Zone* ZoneFor(const FoldedName& folded) const {
    const Zone* zone = zones_.FindZone(folded);
    if (type_ != RecordType::kDs || zone == nullptr || name_ != zone->origin() || name_.is_root()) return zone;
    const Zone* parent = zones_.FindZone(FoldedName(name_.Parent()));
    return parent != nullptr ? parent : zone;
  }

  bool AnswerFrom(const Zone& zone, const Zone::Node& node) {
    if (type_ == RecordType::kAny) {
      if (!AnswerAny(node)) Deny(zone);
      return false;
    }
    if (const RecordSet* set = Choose(node, type_)) {
      if (!Add(*set, &answer_.answers)) Deny(zone);
      AddAdditional(zone, *set, nullptr);
      return false;
    }
    if (const RecordSet* cname = Choose(node, RecordType::kCname)) {
      Add(*cname, &answer_.answers);
      name_ = std::get<Cname>(cname->records[0]).target;
      return true;
    }
    Deny(zone);
    return false;
  }

  // RFC 8482 §4.1: one set is enough. The first that has records.
  bool AnswerAny(const Zone::Node& node) {
    for (const RecordSet& set : node.sets) {
      if (Add(*Choose(node, set.type), &answer_.answers)) return true;
    }
    return false;
  }

  // RFC 6672 §3.1: the DNAME, and a CNAME made from it for those who do not know DNAME.
  bool FollowDname(const Zone::Node& node) {
    const RecordSet& dname = *node.Find(RecordType::kDname);
    answer_.answers.push_back({node.name, dname.ttl_seconds, &dname});
    absl::StatusOr<Name> target = name_.WithSuffixReplaced(node.name, std::get<Dname>(dname.records[0]).target);
    if (!target.ok()) {
      answer_.rcode = Rcode::kYxDomain;
      return false;
    }
    auto cname = std::make_unique<RecordSet>();
    cname->type = RecordType::kCname;
    cname->records.push_back(Cname{*target});
    answer_.answers.push_back({name_, dname.ttl_seconds, cname.get()});
    answer_.made.push_back(std::move(cname));
    if (type_ == RecordType::kCname || type_ == RecordType::kAny) return false;
    name_ = *std::move(target);
    return true;
  }

  void Refer(const Zone& zone, const Zone::Node& cut) {
    const RecordSet& ns = *cut.Find(RecordType::kNs);
    answer_.authority.push_back({cut.name, ns.ttl_seconds, &ns});
    AddAdditional(zone, ns, &cut.name);
  }

  void Deny(const Zone& zone) {
    answer_.authority.push_back({zone.origin(), zone.negative_ttl_seconds(), &zone.soa()});
  }

  const RecordSet* Choose(const Zone::Node& node, RecordType type) const {
    const RecordSet* first = node.Find(type);
    if (first == nullptr) return nullptr;
    size_t count = 1;
    while (first + count != node.sets.data() + node.sets.size() && first[count].type == type) ++count;
    return count == 1 ? first : &policy_.Choose(absl::MakeConstSpan(first, count), context_);
  }

  // Adds `set` under the name in question; an alias as its target's records. False: the alias leads nowhere.
  bool Add(const RecordSet& set, Answer::Sets* sets) const {
    if (!set.alias.has_value()) {
      sets->push_back({name_, set.ttl_seconds, &set});
      return true;
    }
    const RecordSet* target = ResolveAlias(*set.alias, set.type);
    if (target == nullptr) return false;
    sets->push_back({name_, target->ttl_seconds, target});
    return true;
  }

  const RecordSet* ResolveAlias(const AliasTarget& alias, RecordType type) const {
    Name name = alias.target;
    for (int hops = 0; hops < kChainMax; ++hops) {
      const FoldedName folded(name);
      const Zone* zone = zones_.FindZone(folded);
      if (zone == nullptr) return nullptr;
      const Zone::Match match = zone->Find(folded);
      if (match.kind != Kind::kExact && match.kind != Kind::kWildcard) return nullptr;
      const RecordSet* set = Choose(*match.node, type);
      if (set != nullptr && !set->alias.has_value()) return set;
      const RecordSet* cname = set == nullptr ? Choose(*match.node, RecordType::kCname) : nullptr;
      if (set == nullptr && cname == nullptr) return nullptr;
      name = set != nullptr ? set->alias->target : std::get<Cname>(cname->records[0]).target;
    }
    return nullptr;
  }

  // The addresses of the names that `set` names, as far as its own zone has them (RFC 1034 §4.3.2 step 6). Those
  // of a referral that lie below its cut are required: nobody else can tell them.
  void AddAdditional(const Zone& zone, const RecordSet& set, const Name* cut) {
    for (const Rdata& rdata : set.records) {
      const Name* target = nullptr;
      if (const Ns* ns = std::get_if<Ns>(&rdata)) target = &ns->target;
      if (const Mx* mx = std::get_if<Mx>(&rdata)) target = &mx->exchange;
      if (const Srv* srv = std::get_if<Srv>(&rdata)) target = &srv->target;
      if (target == nullptr || !target->IsSubdomainOf(zone.origin())) continue;
      const Zone::Node* node = zone.FindExact(FoldedName(*target));
      if (node == nullptr) continue;
      for (const RecordSet& addresses : node->sets) {
        const bool wanted = addresses.type == RecordType::kA || addresses.type == RecordType::kAaaa;
        if (wanted && !addresses.alias.has_value()) {
          const bool required = cut != nullptr && target->IsSubdomainOf(*cut);
          answer_.additional.push_back({node->name, addresses.ttl_seconds, &addresses, required});
        }
      }
    }
  }

  const ZoneSet& zones_;
  const RoutingPolicy& policy_;
  const RecordType type_;
  const RoutingContext& context_;
  Name name_;
  Answer answer_;
};

}  // namespace

Answer ZoneSet::Lookup(const Question& question, const RoutingContext& context) const {
  return Search(*this, *policy_, question, context).Run();
}

const Zone* ZoneSet::FindZone(const FoldedName& name) const {
  for (int labels = std::min(name.label_count(), labels_max_); labels >= 0; --labels) {
    const auto zone = zones_.find(name.Suffix(labels));
    if (zone != zones_.end()) return zone->second.get();
  }
  return nullptr;
}

std::vector<const Zone*> ZoneSet::Zones() const {
  std::vector<const Zone*> zones;
  for (const auto& [origin, zone] : zones_) zones.push_back(zone.get());
  std::sort(zones.begin(), zones.end(), [](const Zone* a, const Zone* b) { return a->origin() < b->origin(); });
  return zones;
}

absl::Status ZoneSetBuilder::Add(std::shared_ptr<const Zone> zone) {
  const FoldedName origin(zone->origin());
  zones_->labels_max_ = std::max(zones_->labels_max_, origin.label_count());
  const std::string text = zone->origin().ToDisplayString();
  if (!zones_->zones_.try_emplace(std::string(origin.wire()), std::move(zone)).second) {
    return absl::AlreadyExistsError(absl::StrCat("zone ", text, " is there already; expected each zone once"));
  }
  return absl::OkStatus();
}

void ZoneSetBuilder::SetRoutingPolicy(std::shared_ptr<const RoutingPolicy> policy) {
  zones_->policy_ = std::move(policy);
}

}  // namespace nubo::dns
