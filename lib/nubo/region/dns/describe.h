// Hosted zones and record sets as the region's lists show them.
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_DNS_DESCRIBE_H_
#define NUBO_REGION_DNS_DESCRIBE_H_

#include "absl/status/status.h"
#include "nubo/region/state/context.h"
#include "nubo/route53/v1/route53.pb.h"

namespace nubo::region {

// Each: the page that `request` asks for. INVALID_ARGUMENT: as ListPage::Of. NOT_FOUND (NoSuchHostedZone).
absl::Status Describe(const Context& context, const route53::v1::ListHostedZonesRequest& request,
                      route53::v1::ListHostedZonesResponse& response);
absl::Status Describe(const Context& context, const route53::v1::ListResourceRecordSetsRequest& request,
                      route53::v1::ListResourceRecordSetsResponse& response);

}  // namespace nubo::region

#endif  // NUBO_REGION_DNS_DESCRIBE_H_
