// A zone: the names below one apex for which we answer, as one immutable value.
//
// A ZoneBuilder collects record sets, Build() checks them together (RFC 1034 §4.2, RFC 2181 §5) and gives a
// Zone that any thread may read. Find() is the walk of RFC 1034 §4.3.2 step 3 within this one zone; what to
// make of its result, across zones, is nubo/dns/zone/zone_set.h's part.
//
// Example:
//   ZoneBuilder builder(*Name::Parse("example.com"));
//   NUBO_RETURN_IF_ERROR(builder.Add(*Name::Parse("example.com"), {.ttl_seconds = 900, .records = {soa}}));
//   NUBO_RETURN_IF_ERROR(builder.Add(*Name::Parse("www.example.com"), {.ttl_seconds = 60, .records = {address}}));
//   NUBO_ASSIGN_OR_RETURN(std::shared_ptr<const Zone> zone, std::move(builder).Build());
//
// Thread safety: Zone is immutable; ZoneBuilder is thread-compatible.
#ifndef NUBO_DNS_ZONE_ZONE_H_
#define NUBO_DNS_ZONE_ZONE_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "nubo/dns/wire/name.h"
#include "nubo/dns/wire/record.h"
#include "nubo/dns/wire/types.h"

namespace nubo::dns {

// Route 53's alias: the addresses of another name in our zones, looked up when the question comes.
struct AliasTarget {
  Name target;
  bool evaluate_target_health = false;
  friend bool operator==(const AliasTarget&, const AliasTarget&) = default;
};

// All records of one name and type, or the alias that stands for them.
struct RecordSet {
  RecordType type{};
  // RFC 2181 §8: at most 2^31 - 1. Of an alias, unused: it inherits its target's.
  uint32_t ttl_seconds = 0;
  std::vector<Rdata> records;
  // Only of A and AAAA; `records` is empty then.
  std::optional<AliasTarget> alias;

  // Where several sets share a name and type, a routing policy chooses one per question
  // (nubo/dns/zone/routing_policy.h). Each then has its own identifier.
  std::string set_identifier;
  // Present: weighted, 0 to 255.
  std::optional<uint32_t> weight;
  // "" : no check, always healthy.
  std::string health_check_id;
};

class Zone {
 public:
  // A name of the zone. One without sets is an empty non-terminal: it exists because a name below it does.
  struct Node {
    Name name;
    // Sets of one type stand side by side.
    std::vector<RecordSet> sets;
    // Delegated away: NS below the apex. Everything under it is someone else's, or glue.
    bool is_cut = false;
    // "*" directly below this name, if there is one.
    const Node* wildcard = nullptr;

    // The first set of `type`, or null.
    const RecordSet* Find(RecordType type) const;
  };

  // What Find() met.
  struct Match {
    enum class Kind { kExact, kWildcard, kDelegation, kDname, kNone };
    Kind kind = Kind::kNone;
    // The name itself; the wildcard; the cut; the name that has the DNAME; the closest encloser.
    const Node* node = nullptr;
  };

  Zone(const Zone&) = delete;
  Zone& operator=(const Zone&) = delete;

  const Name& origin() const { return origin_; }
  const RecordSet& soa() const { return *soa_; }
  uint32_t serial() const { return std::get<Soa>(soa_->records[0]).serial; }
  // How long "no" may be cached (RFC 2308 §3): the lower of the SOA's TTL and its minimum.
  uint32_t negative_ttl_seconds() const;
  size_t name_count() const { return nodes_.size(); }

  // `name` must be at or below origin(). At a cut itself the answer is kDelegation too.
  Match Find(const FoldedName& name) const;
  // The node with exactly this name, cuts and wildcards disregarded: where glue is found.
  const Node* FindExact(const FoldedName& name) const;
  // Every node in canonical order.
  std::vector<const Node*> Nodes() const;

 private:
  friend class ZoneBuilder;
  Zone() = default;

  // Immutable after Build().
  Name origin_;
  int origin_labels_ = 0;
  const RecordSet* soa_ = nullptr;
  const Node* apex_ = nullptr;
  // Keyed by the wire form in lower case. Every ancestor of a key, up to the apex, is a key.
  absl::flat_hash_map<std::string, Node> nodes_;
};

class ZoneBuilder {
 public:
  static constexpr size_t kNamesMax = 1'000'000;

  explicit ZoneBuilder(Name origin);

  // A whole set. `set.type` may be left out when it has records. Equal records are kept once (RFC 2181 §5).
  // INVALID_ARGUMENT: `name` is outside of the zone; the set is empty, mixed, too large, or holds data that
  //   Validate() refuses; a bad TTL; a meta type; an alias of another type than A or AAAA.
  // ALREADY_EXISTS: there is such a set, and the two do not differ in set_identifier.
  absl::Status Add(const Name& name, RecordSet set);
  // One record, joined to the set of its name and type.
  // INVALID_ARGUMENT: as above, or its class is not IN, or its TTL is not the set's.
  absl::Status Add(const ResourceRecord& record);

  // INVALID_ARGUMENT: no SOA at the apex or one elsewhere, or several; data beside a CNAME; several CNAMEs or
  //   DNAMEs; a CNAME at the apex; NS or DNAME at a wildcard; names below a DNAME; other than glue at or below a cut.
  absl::StatusOr<std::shared_ptr<const Zone>> Build() &&;

  // A set that cannot stand where it was put.
  struct Refused {
    Name name;
    RecordType type{};
    std::string set_identifier;
    absl::Status why;
  };
  // The same, but what Build() would refuse at a node is left out instead, and told: the rest is served.
  // INVALID_ARGUMENT: no SOA at the apex, or several.
  absl::StatusOr<std::shared_ptr<const Zone>> BuildWithout(std::vector<Refused>* refused) &&;

 private:
  // The first set of a node that cannot stand there, and why; `set` counts from 0.
  struct Fault {
    size_t set = 0;
    absl::Status why;
  };
  absl::Status CheckSet(const Name& name, const RecordSet& set) const;
  absl::StatusOr<Zone::Node*> NodeFor(const Name& name);
  absl::Status CheckApex() const;
  std::optional<Fault> FindFault(const Zone::Node& node) const;
  std::optional<Fault> FindFaultByAncestors(const Zone::Node& node) const;
  absl::StatusOr<std::shared_ptr<const Zone>> BuildAnd(const std::function<absl::Status(Zone::Node&, Fault)>& settle);
  void DropEmptyNames(const std::vector<const Zone::Node*>& ordered);
  void LinkWildcards();
  std::string Describe(const Name& name, RecordType type) const;

  std::shared_ptr<Zone> zone_;
};

}  // namespace nubo::dns

#endif  // NUBO_DNS_ZONE_ZONE_H_
