// RDS DB instances: real mariadbd processes, each with a data directory that outlives it.
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_DATABASES_DATABASES_H_
#define NUBO_REGION_DATABASES_DATABASES_H_

#include <memory>
#include <string>

#include "nubo/process/driver.h"
#include "nubo/region/state/context.h"
#include "nubo/region/state/service_ids.h"
#include "nubo/region/supervisor/service_kind.h"

namespace nubo::region {

// How the database of this service is run.
process::Spec DatabaseSpec(const Context& context, const std::string& service_id);

std::unique_ptr<const ServiceKind> MakeDatabaseKind();

}  // namespace nubo::region

#endif  // NUBO_REGION_DATABASES_DATABASES_H_
