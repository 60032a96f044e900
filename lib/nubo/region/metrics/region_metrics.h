// What the region says of itself, for Prometheus. docs/metrics.md names every metric.
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_METRICS_REGION_METRICS_H_
#define NUBO_REGION_METRICS_REGION_METRICS_H_

#include <string>

#include "nubo/region/state/context.h"

namespace nubo::region {

// In the exposition format 0.0.4: what there is, what the control loop has done, and what the load balancers and the
// name server have said last of themselves.
std::string RegionMetrics(const Context& context);

}  // namespace nubo::region

#endif  // NUBO_REGION_METRICS_REGION_METRICS_H_
