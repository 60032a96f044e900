// Which of several record sets of one name and type answers a question.
//
// Route 53's routing: the sets carry identifiers and weights; sets whose health check fails are passed over;
// when all fail, all count as healthy, because an answer that may work beats none. A policy is a pure function
// of the sets, the health, the client and random bits.
//
// Example:
//   WeightedPolicy policy;
//   const RecordSet& chosen = policy.Choose(sets, {.rng = rng, .health = &health});
//
// Thread safety: a RoutingPolicy is immutable; RoutingContext belongs to one question.
#ifndef NUBO_DNS_ZONE_ROUTING_POLICY_H_
#define NUBO_DNS_ZONE_ROUTING_POLICY_H_

#include <optional>

#include "absl/random/bit_gen_ref.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "nubo/dns/wire/name.h"
#include "nubo/dns/zone/zone.h"
#include "nubo/net/ip_address.h"

namespace nubo::dns {

// What is known about health when a question comes. Answers must be quick: they are on the hot path.
class HealthView {
 public:
  virtual ~HealthView() = default;
  // Of the thing behind an alias, such as a load balancer with its targets.
  virtual bool TargetHealthy(const Name& alias_target) const = 0;
  virtual bool CheckHealthy(absl::string_view health_check_id) const = 0;
};

struct RoutingContext {
  absl::BitGenRef rng;
  // Null: everything is healthy.
  const HealthView* health = nullptr;
  std::optional<net::IpAddress> client;
};

class RoutingPolicy {
 public:
  virtual ~RoutingPolicy() = default;
  // One of `sets`, which is not empty.
  virtual const RecordSet& Choose(absl::Span<const RecordSet> sets, const RoutingContext& context) const = 0;
};

// Simple routing where there is one set; weighted where the sets have weights (weight 0 only when every other
// set is unhealthy; all 0: evenly); evenly among sets without weights.
class WeightedPolicy final : public RoutingPolicy {
 public:
  const RecordSet& Choose(absl::Span<const RecordSet> sets, const RoutingContext& context) const override;
};

// Its own check passes and, if it is an alias that asks for it, its target is healthy.
bool IsHealthy(const RecordSet& set, const HealthView* health);

}  // namespace nubo::dns

#endif  // NUBO_DNS_ZONE_ROUTING_POLICY_H_
