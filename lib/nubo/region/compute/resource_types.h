// Launch templates and instances.
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_COMPUTE_RESOURCE_TYPES_H_
#define NUBO_REGION_COMPUTE_RESOURCE_TYPES_H_

#include "nubo/region/compute/launch_templates.h"
#include "nubo/region/resources/resource_types.h"
#include "nubo/stack/value.h"

namespace nubo::region {

// How properties name a launch template and a version of it.
LaunchTemplateSpecification ReadLaunchTemplateSpecification(const stack::Value& reference);

void AddComputeTypes(ResourceTypes& types);

}  // namespace nubo::region

#endif  // NUBO_REGION_COMPUTE_RESOURCE_TYPES_H_
