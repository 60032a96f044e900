// Names that the region gives, and what it keeps them in.
//
// Thread safety: pure functions.
#ifndef NUBO_REGION_STATE_NAMES_H_
#define NUBO_REGION_STATE_NAMES_H_

#include <string>

#include "absl/strings/string_view.h"

namespace nubo::region {

// The zones that the region keeps itself.
inline constexpr char kBalancerZone[] = "us-east-1.elb.amazonaws.com";
inline constexpr char kDatabaseZone[] = "us-east-1.rds.amazonaws.com";
inline constexpr char kInstanceZone[] = "ec2.internal";
inline constexpr char kPublicInstanceZone[] = "compute-1.localhost";

// The id of kBalancerZone, which is AWS's of load balancers in us-east-1.
inline constexpr char kBalancerZoneId[] = "Z35SXDOTRQ7X7K";

// The id of an availability zone, which AWS gives each account's names of them in its own way: "use1-az1" for
// "us-east-1a". "" for what is no zone.
std::string ZoneId(absl::string_view availability_zone);

// Whether the zone is one of these.
bool IsManagedZone(absl::string_view name);

// A name without the dot that may end it.
absl::string_view WithoutDot(absl::string_view name);
// Whether browsers find the name at the shared listener.
bool IsLocalhostName(absl::string_view name);

}  // namespace nubo::region

#endif  // NUBO_REGION_STATE_NAMES_H_
