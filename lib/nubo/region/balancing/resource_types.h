// Load balancers, target groups, listeners and their rules.
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_BALANCING_RESOURCE_TYPES_H_
#define NUBO_REGION_BALANCING_RESOURCE_TYPES_H_

#include "nubo/region/resources/resource_types.h"

namespace nubo::region {

void AddBalancingTypes(ResourceTypes& types);

}  // namespace nubo::region

#endif  // NUBO_REGION_BALANCING_RESOURCE_TYPES_H_
