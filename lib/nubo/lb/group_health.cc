#include "nubo/lb/group_health.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "nubo/base/status.h"

namespace nubo::lb {
namespace {

absl::Status CheckRange(absl::string_view name, int value, int64_t min, int64_t max) {
  if (value >= min && value <= max) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("the ", name, " is ", value, "; it must be between ", min, " and ", max));
}

absl::Status CheckOrder(absl::string_view unit, int dns, int routing) {
  if (dns == 0 || dns >= routing) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("the minimum healthy ", unit, " of DNS failover is ", dns,
                                                 "; it must not be below that of unhealthy state routing, ", routing));
}

}  // namespace

absl::Status CheckGroupHealth(const GroupHealthRequirements& required, size_t targets_max) {
  const auto most = static_cast<int64_t>(targets_max);
  const HealthyTargetsMin& routing = required.unhealthy_state_routing;
  const HealthyTargetsMin& dns = required.dns_failover;
  // Routing has no "off": with no healthy target at all there is nobody else to send requests to.
  NUBO_RETURN_IF_ERROR(CheckRange("minimum healthy count of unhealthy state routing", routing.count, 1, most));
  NUBO_RETURN_IF_ERROR(CheckRange("minimum healthy percentage of unhealthy state routing", routing.percentage, 0, 100));
  NUBO_RETURN_IF_ERROR(CheckRange("minimum healthy count of DNS failover", dns.count, 0, most));
  NUBO_RETURN_IF_ERROR(CheckRange("minimum healthy percentage of DNS failover", dns.percentage, 0, 100));
  NUBO_RETURN_IF_ERROR(CheckOrder("count", dns.count, routing.count));
  return CheckOrder("percentage", dns.percentage, routing.percentage);
}

}  // namespace nubo::lb
