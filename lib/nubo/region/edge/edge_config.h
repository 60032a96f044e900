// The listener that all public names of this machine share.
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_EDGE_EDGE_CONFIG_H_
#define NUBO_REGION_EDGE_EDGE_CONFIG_H_

#include "nubo/proxy/v1/proxy.pb.h"
#include "nubo/region/state/context.h"

namespace nubo::region {

// The listener that all names under .localhost share: it passes each on to the load balancer its record points to, or
// to the instance. Without a revision.
proxy::v1::Configuration EdgeConfig(const Context& context);

}  // namespace nubo::region

#endif  // NUBO_REGION_EDGE_EDGE_CONFIG_H_
