// Every resource type and every kind of service that the region has: the one place where rooms are registered.
//
// Thread safety: pure functions.
#ifndef NUBO_REGION_LOOP_CATALOG_H_
#define NUBO_REGION_LOOP_CATALOG_H_

#include "nubo/region/resources/resource_types.h"
#include "nubo/region/supervisor/service_kind.h"

namespace nubo::region {

ResourceTypes AllResourceTypes();
ServiceKinds AllServiceKinds();

}  // namespace nubo::region

#endif  // NUBO_REGION_LOOP_CATALOG_H_
