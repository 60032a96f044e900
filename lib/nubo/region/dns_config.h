// What the DNS server is told, made from the model.
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_DNS_CONFIG_H_
#define NUBO_REGION_DNS_CONFIG_H_

#include "nubo/dns/v1/dns.pb.h"
#include "nubo/region/context.h"

namespace nubo::region {

// The zones that the region keeps itself.
inline constexpr char kBalancerZone[] = "us-east-1.elb.amazonaws.com";
inline constexpr char kDatabaseZone[] = "us-east-1.rds.amazonaws.com";
inline constexpr char kInstanceZone[] = "ec2.internal";
inline constexpr char kPublicInstanceZone[] = "compute-1.localhost";

// Without a revision.
dns::v1::Config DnsConfig(const Context& context);

}  // namespace nubo::region

#endif  // NUBO_REGION_DNS_CONFIG_H_
