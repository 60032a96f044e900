// The process that holds the region's networks, where its fabric has them: what runs it, and what it is told.
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_NETWORK_NETWORK_SERVICE_H_
#define NUBO_REGION_NETWORK_NETWORK_SERVICE_H_

#include <memory>

#include "nubo/network/v1/network.pb.h"
#include "nubo/region/state/context.h"
#include "nubo/region/supervisor/service_kind.h"
#include "nubo/vpc/network.h"

namespace nubo::region {

std::unique_ptr<const ServiceKind> MakeNetworkKind();

// The networks as the fabric makes them.
vpc::Network FabricNetwork(const Context& context);

// The networks as they are to be; without a revision.
nubo::network::v1::Config NetworkConfig(const Context& context);

}  // namespace nubo::region

#endif  // NUBO_REGION_NETWORK_NETWORK_SERVICE_H_
