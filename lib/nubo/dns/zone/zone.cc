#include "nubo/dns/zone/zone.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"

namespace nubo::dns {
namespace {

constexpr uint32_t kWeightMax = 255;

std::string KeyOf(const Name& name) { return std::string(FoldedName(name).wire()); }

// What may stand beside NS at a cut, or below it: the addresses of the servers there.
bool IsGlue(RecordType type) { return type == RecordType::kA || type == RecordType::kAaaa; }

}  // namespace

const RecordSet* Zone::Node::Find(RecordType type) const {
  for (const RecordSet& set : sets) {
    if (set.type == type) return &set;
  }
  return nullptr;
}

uint32_t Zone::negative_ttl_seconds() const {
  return std::min(soa_->ttl_seconds, std::get<Soa>(soa_->records[0]).minimum_seconds);
}

Zone::Match Zone::Find(const FoldedName& name) const {
  const Node* node = apex_;
  for (int labels = origin_labels_ + 1; labels <= name.label_count(); ++labels) {
    if (node->Find(RecordType::kDname) != nullptr) return {Match::Kind::kDname, node};
    const auto next = nodes_.find(name.Suffix(labels));
    if (next == nodes_.end()) {
      if (node->wildcard != nullptr) return {Match::Kind::kWildcard, node->wildcard};
      return {Match::Kind::kNone, node};
    }
    node = &next->second;
    if (node->is_cut) return {Match::Kind::kDelegation, node};
  }
  return {Match::Kind::kExact, node};
}

const Zone::Node* Zone::FindExact(const FoldedName& name) const {
  const auto found = nodes_.find(name.wire());
  return found == nodes_.end() ? nullptr : &found->second;
}

std::vector<const Zone::Node*> Zone::Nodes() const {
  std::vector<const Node*> nodes;
  nodes.reserve(nodes_.size());
  for (const auto& [key, node] : nodes_) nodes.push_back(&node);
  std::sort(nodes.begin(), nodes.end(), [](const Node* a, const Node* b) { return a->name < b->name; });
  return nodes;
}

ZoneBuilder::ZoneBuilder(Name origin) : zone_(new Zone()) {
  zone_->origin_ = std::move(origin);
  zone_->origin_labels_ = zone_->origin_.label_count();
}

std::string ZoneBuilder::Describe(const Name& name, RecordType type) const {
  return absl::StrCat("zone ", zone_->origin_.ToDisplayString(), ", record ", name.ToDisplayString(), " ",
                      ToString(type));
}

absl::Status ZoneBuilder::CheckSet(const Name& name, const RecordSet& set) const {
  const auto bad = [&](absl::string_view why) {
    return absl::InvalidArgumentError(absl::StrCat(Describe(name, set.type), ": ", why));
  };
  if (!name.IsSubdomainOf(zone_->origin_)) return bad("the name is outside of the zone");
  if (IsMetaType(set.type)) return bad("the type cannot stand in a zone");
  if (set.ttl_seconds > kTtlSecondsMax) {
    return bad(absl::StrCat("TTL ", set.ttl_seconds, " is too large; expected at most ", kTtlSecondsMax));
  }
  if (set.weight.value_or(0) > kWeightMax) {
    return bad(absl::StrCat("weight ", *set.weight, " is too large; expected 0 to ", kWeightMax));
  }
  if (set.weight.has_value() && set.set_identifier.empty()) return bad("a weighted set needs a set identifier");
  if (set.alias.has_value()) {
    if (!IsGlue(set.type)) return bad("only A and AAAA can be an alias");
    return set.records.empty() ? absl::OkStatus() : bad("it has both an alias target and values");
  }
  if (set.records.empty()) return bad("it has neither values nor an alias target");
  if (set.records.size() > kRecordsPerSetMax) {
    return bad(absl::StrCat("it has ", set.records.size(), " values; expected at most ", kRecordsPerSetMax));
  }
  for (const Rdata& rdata : set.records) {
    if (TypeOf(rdata) != set.type) return bad(absl::StrCat("it holds a value of type ", ToString(TypeOf(rdata))));
    NUBO_RETURN_IF_ERROR(base::Annotate(Validate(rdata), Describe(name, set.type)));
  }
  return absl::OkStatus();
}

absl::StatusOr<Zone::Node*> ZoneBuilder::NodeFor(const Name& name) {
  const FoldedName folded(name);
  Zone::Node* node = nullptr;
  for (int labels = zone_->origin_labels_; labels <= folded.label_count(); ++labels) {
    const auto [entry, fresh] = zone_->nodes_.try_emplace(std::string(folded.Suffix(labels)));
    node = &entry->second;
    if (!fresh) continue;
    node->name = name.Suffix(labels);
    if (zone_->nodes_.size() > kNamesMax) {
      return absl::InvalidArgumentError(
          absl::StrCat("zone ", zone_->origin_.ToDisplayString(), " has more than ", kNamesMax, " names"));
    }
  }
  return node;
}

absl::Status ZoneBuilder::Add(const Name& name, RecordSet set) {
  if (set.type == RecordType{} && !set.records.empty()) set.type = TypeOf(set.records[0]);
  NUBO_RETURN_IF_ERROR(CheckSet(name, set));
  NUBO_ASSIGN_OR_RETURN(Zone::Node * node, NodeFor(name));
  const auto same_type = std::find_if(node->sets.begin(), node->sets.end(),
                                      [&](const RecordSet& other) { return other.type == set.type; });
  auto end = same_type;
  for (; end != node->sets.end() && end->type == set.type; ++end) {
    if (end->set_identifier.empty() || set.set_identifier.empty() || end->set_identifier == set.set_identifier) {
      return absl::AlreadyExistsError(absl::StrCat(
          Describe(name, set.type), " is there already; sets of one name and type need distinct set identifiers"));
    }
    if (end->weight.has_value() != set.weight.has_value()) {
      return absl::InvalidArgumentError(
          absl::StrCat(Describe(name, set.type), ": either all sets of one name and type are weighted or none is"));
    }
  }
  std::vector<Rdata> unique;
  for (Rdata& rdata : set.records) {
    if (std::find(unique.begin(), unique.end(), rdata) == unique.end()) unique.push_back(std::move(rdata));
  }
  set.records = std::move(unique);
  node->sets.insert(end, std::move(set));
  return absl::OkStatus();
}

absl::Status ZoneBuilder::Add(const ResourceRecord& record) {
  RecordSet set{.type = record.type(), .ttl_seconds = record.ttl_seconds, .records = {record.rdata}};
  if (record.rclass != RecordClass::kIn) {
    return absl::InvalidArgumentError(absl::StrCat(Describe(record.name, set.type), ": its class is ",
                                                   dns::ToString(record.rclass), "; expected IN"));
  }
  NUBO_RETURN_IF_ERROR(CheckSet(record.name, set));
  NUBO_ASSIGN_OR_RETURN(Zone::Node * node, NodeFor(record.name));
  const auto found = std::find_if(node->sets.begin(), node->sets.end(),
                                  [&](const RecordSet& other) { return other.type == set.type; });
  if (found == node->sets.end() || found->alias.has_value() || !found->set_identifier.empty()) {
    return Add(record.name, std::move(set));
  }
  RecordSet& present = *found;
  if (present.ttl_seconds != record.ttl_seconds) {
    return absl::InvalidArgumentError(absl::StrCat(Describe(record.name, set.type), ": TTL ", record.ttl_seconds,
                                                   " differs from the set's ", present.ttl_seconds));
  }
  if (std::find(present.records.begin(), present.records.end(), record.rdata) != present.records.end()) {
    return absl::OkStatus();
  }
  set.records = present.records;
  set.records.push_back(record.rdata);
  NUBO_RETURN_IF_ERROR(CheckSet(record.name, set));
  present.records = std::move(set.records);
  return absl::OkStatus();
}

absl::Status ZoneBuilder::CheckApex() const {
  const std::string zone = absl::StrCat("zone ", zone_->origin_.ToDisplayString());
  const auto apex = zone_->nodes_.find(KeyOf(zone_->origin_));
  const RecordSet* soa = apex == zone_->nodes_.end() ? nullptr : apex->second.Find(RecordType::kSoa);
  if (soa == nullptr) return absl::InvalidArgumentError(absl::StrCat(zone, " has no SOA record at its apex"));
  if (soa->records.size() != 1 || !soa->set_identifier.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(zone, " has more than one SOA record; expected exactly one"));
  }
  return absl::OkStatus();
}

std::optional<ZoneBuilder::Fault> ZoneBuilder::FindFault(const Zone::Node& node) const {
  const bool is_apex = node.name == zone_->origin_;
  for (size_t i = 0; i < node.sets.size(); ++i) {
    const RecordSet& set = node.sets[i];
    const auto bad = [&](absl::string_view why) {
      return Fault{i, absl::InvalidArgumentError(absl::StrCat(Describe(node.name, set.type), ": ", why))};
    };
    const bool single = set.type == RecordType::kCname || set.type == RecordType::kDname;
    if (single && set.records.size() != 1) return bad("a name has at most one");
    if (set.type == RecordType::kSoa && !is_apex) return bad("only the apex has one");
    if (set.type == RecordType::kCname && is_apex) {
      return bad("a CNAME at the apex hides the zone's SOA; use an alias record there");
    }
    if (node.name.is_wildcard() && (set.type == RecordType::kNs || set.type == RecordType::kDname)) {
      return bad("it has no defined meaning at a wildcard (RFC 4592 §4)");
    }
    for (const RecordSet* other : {&node.sets.back(), &node.sets.front()}) {
      if (set.type != RecordType::kCname || other->type == set.type) continue;
      return bad(absl::StrCat("a name with a CNAME has no other records, but there is ", ToString(other->type)));
    }
    const bool allowed_at_cut = IsGlue(set.type) || set.type == RecordType::kNs || set.type == RecordType::kDs;
    if (node.is_cut && !allowed_at_cut) return bad("the name is delegated by its NS records");
  }
  return FindFaultByAncestors(node);
}

std::optional<ZoneBuilder::Fault> ZoneBuilder::FindFaultByAncestors(const Zone::Node& node) const {
  const FoldedName folded(node.name);
  for (int labels = zone_->origin_labels_; labels < folded.label_count(); ++labels) {
    const Zone::Node& ancestor = zone_->nodes_.find(folded.Suffix(labels))->second;
    const bool hidden = ancestor.Find(RecordType::kDname) != nullptr;
    for (size_t i = 0; i < node.sets.size(); ++i) {
      const RecordSet& set = node.sets[i];
      if (hidden) {
        return Fault{i, absl::InvalidArgumentError(absl::StrCat(
                            Describe(node.name, set.type), ": ", node.name.ToDisplayString(),
                            " lies below the DNAME at ", ancestor.name.ToDisplayString(), ", which hides it"))};
      }
      if (!ancestor.is_cut || IsGlue(set.type)) continue;
      return Fault{i, absl::InvalidArgumentError(
                          absl::StrCat(Describe(node.name, set.type), ": the name is delegated at ",
                                       ancestor.name.ToDisplayString(), "; expected only addresses there, as glue"))};
    }
  }
  return std::nullopt;
}

// A name whose sets were all left out would still exist, and hide the wildcard beside it.
void ZoneBuilder::DropEmptyNames(const std::vector<const Zone::Node*>& ordered) {
  // In canonical order what is below a name follows it at once.
  const Zone::Node* follower = nullptr;
  for (auto node = ordered.rbegin(); node != ordered.rend(); ++node) {
    const Name& name = (*node)->name;
    const bool exists =
        !(*node)->sets.empty() || name == zone_->origin_ || (follower != nullptr && follower->name.IsSubdomainOf(name));
    if (exists) {
      follower = *node;
    } else {
      zone_->nodes_.erase(KeyOf(name));
    }
  }
}

void ZoneBuilder::LinkWildcards() {
  for (const auto& [key, node] : zone_->nodes_) {
    if (!node.name.is_wildcard() || node.name == zone_->origin_) continue;
    zone_->nodes_.find(KeyOf(node.name.Parent()))->second.wildcard = &node;
  }
}

absl::StatusOr<std::shared_ptr<const Zone>> ZoneBuilder::BuildAnd(
    const std::function<absl::Status(Zone::Node&, Fault)>& settle) {
  NUBO_RETURN_IF_ERROR(CheckApex());
  const auto note_cut = [&](Zone::Node& node) {
    node.is_cut = node.name != zone_->origin_ && node.Find(RecordType::kNs) != nullptr;
  };
  for (auto& [key, node] : zone_->nodes_) note_cut(node);
  // In order, so that the first of several errors is always the same one, and a name's ancestors are settled before it.
  const std::vector<const Zone::Node*> ordered = zone_->Nodes();
  for (const Zone::Node* each : ordered) {
    Zone::Node& node = zone_->nodes_.find(KeyOf(each->name))->second;
    while (std::optional<Fault> fault = FindFault(node)) {
      NUBO_RETURN_IF_ERROR(settle(node, *std::move(fault)));
      note_cut(node);
    }
  }
  DropEmptyNames(ordered);
  LinkWildcards();
  zone_->apex_ = &zone_->nodes_.find(KeyOf(zone_->origin_))->second;
  zone_->soa_ = zone_->apex_->Find(RecordType::kSoa);
  return std::move(zone_);
}

absl::StatusOr<std::shared_ptr<const Zone>> ZoneBuilder::Build() && {
  return BuildAnd([](Zone::Node&, Fault fault) { return fault.why; });
}

absl::StatusOr<std::shared_ptr<const Zone>> ZoneBuilder::BuildWithout(std::vector<Refused>* refused) && {
  return BuildAnd([&](Zone::Node& node, Fault fault) {
    const auto set = node.sets.begin() + static_cast<std::ptrdiff_t>(fault.set);
    refused->push_back({node.name, set->type, set->set_identifier, std::move(fault.why)});
    node.sets.erase(set);
    return absl::OkStatus();
  });
}

}  // namespace nubo::dns
