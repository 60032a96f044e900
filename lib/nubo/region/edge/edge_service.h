// The listener that all public names share, as one of the region's services.
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_EDGE_EDGE_SERVICE_H_
#define NUBO_REGION_EDGE_EDGE_SERVICE_H_

#include <memory>

#include "nubo/region/supervisor/service_kind.h"

namespace nubo::region {

std::unique_ptr<const ServiceKind> MakeEdgeKind();

}  // namespace nubo::region

#endif  // NUBO_REGION_EDGE_EDGE_SERVICE_H_
