// Hosted zones and record sets as the region's lists show them.
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_DNS_DESCRIBE_H_
#define NUBO_REGION_DNS_DESCRIBE_H_

#include "nubo/region/state/context.h"
#include "nubo/route53/v1/route53.pb.h"

namespace nubo::region {

void Describe(const Context& context, route53::v1::ListHostedZonesResponse& out);
void Describe(const Context& context, route53::v1::ListResourceRecordSetsResponse& out);

}  // namespace nubo::region

#endif  // NUBO_REGION_DNS_DESCRIBE_H_
