// What happened, as the list of events shows it.
//
// Thread safety: thread-safe.
#ifndef NUBO_REGION_LOOKUP_DESCRIBE_EVENTS_H_
#define NUBO_REGION_LOOKUP_DESCRIBE_EVENTS_H_

#include "absl/status/status.h"
#include "nubo/region/state/events.h"
#include "nubo/region/v1/region.pb.h"

namespace nubo::region {

// The page that `request` asks for. INVALID_ARGUMENT: as ListPage::Of.
absl::Status Describe(const Events& events, const v1::DescribeEventsRequest& request,
                      v1::DescribeEventsResponse& response);

}  // namespace nubo::region

#endif  // NUBO_REGION_LOOKUP_DESCRIBE_EVENTS_H_
