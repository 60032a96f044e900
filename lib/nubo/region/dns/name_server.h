// The region's name server, as one of its services.
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_DNS_NAME_SERVER_H_
#define NUBO_REGION_DNS_NAME_SERVER_H_

#include <memory>

#include "nubo/region/supervisor/service_kind.h"

namespace nubo::region {

std::unique_ptr<const ServiceKind> MakeNameServerKind();

}  // namespace nubo::region

#endif  // NUBO_REGION_DNS_NAME_SERVER_H_
