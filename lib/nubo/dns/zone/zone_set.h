// All zones of a server, and the answer to a question from them.
//
// Lookup() is RFC 1034 §4.3.2: the closest zone, then exact names, wildcards (RFC 4592), CNAME and DNAME chains
// through our zones, delegations with glue, and "no such name" or "no such data" with the SOA that says for how
// long (RFC 2308). Alias sets are replaced by their target's addresses. ANY gets one set (RFC 8482 §4.1).
//
// Example:
//   ZoneSetBuilder builder;
//   NUBO_RETURN_IF_ERROR(builder.Add(zone));
//   std::shared_ptr<const ZoneSet> zones = std::move(builder).Build();
//   Answer answer = zones->Lookup(question, {.rng = rng});
//
// Thread safety: ZoneSet is immutable; an Answer points into the zones, which must outlive it.
#ifndef NUBO_DNS_ZONE_ZONE_SET_H_
#define NUBO_DNS_ZONE_ZONE_SET_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/inlined_vector.h"
#include "absl/status/status.h"
#include "nubo/dns/wire/message.h"
#include "nubo/dns/wire/name.h"
#include "nubo/dns/zone/routing_policy.h"
#include "nubo/dns/zone/zone.h"

namespace nubo::dns {

// How many CNAMEs, DNAMEs and aliases one question follows; past that it is taken for a loop: SERVFAIL.
inline constexpr int kChainMax = 16;

// A set of records as it goes into a message.
struct AnswerSet {
  // Not the set's own where a wildcard or an alias gave it.
  Name owner;
  uint32_t ttl_seconds = 0;
  // Not null, and has records.
  const RecordSet* set = nullptr;
  // In the additional section: without it a referral is of no use (RFC 9471).
  bool required = false;
};

struct Answer {
  using Sets = absl::InlinedVector<AnswerSet, 3>;

  // REFUSED: the name is in none of our zones.
  Rcode rcode = Rcode::kNoError;
  bool authoritative = false;
  Sets answers;
  Sets authority;
  Sets additional;
  // What no zone holds, such as the CNAME made from a DNAME.
  std::vector<std::unique_ptr<const RecordSet>> made;
};

class ZoneSet {
 public:
  // No zones.
  ZoneSet() = default;
  ZoneSet(const ZoneSet&) = delete;
  ZoneSet& operator=(const ZoneSet&) = delete;

  // The class is not looked at. Types that only a question may carry, but for ANY, find nothing.
  Answer Lookup(const Question& question, const RoutingContext& context) const;
  // The zone with the longest origin that `name` is below or at; null if none.
  const Zone* FindZone(const FoldedName& name) const;
  // In canonical order of their origins.
  std::vector<const Zone*> Zones() const;

 private:
  friend class ZoneSetBuilder;

  // Keyed by the origin's wire form in lower case. Immutable after Build().
  absl::flat_hash_map<std::string, std::shared_ptr<const Zone>> zones_;
  int labels_max_ = 0;
  std::shared_ptr<const RoutingPolicy> policy_ = std::make_shared<WeightedPolicy>();
};

class ZoneSetBuilder {
 public:
  ZoneSetBuilder() : zones_(std::make_shared<ZoneSet>()) {}
  // ALREADY_EXISTS: there is a zone with this origin.
  absl::Status Add(std::shared_ptr<const Zone> zone);
  // In place of WeightedPolicy.
  void SetRoutingPolicy(std::shared_ptr<const RoutingPolicy> policy);
  std::shared_ptr<const ZoneSet> Build() && { return std::move(zones_); }

 private:
  std::shared_ptr<ZoneSet> zones_;
};

}  // namespace nubo::dns

#endif  // NUBO_DNS_ZONE_ZONE_SET_H_
