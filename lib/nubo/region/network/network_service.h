// The process that holds the region's networks, where its fabric has them: what runs it, and what it is told.
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_NETWORK_NETWORK_SERVICE_H_
#define NUBO_REGION_NETWORK_NETWORK_SERVICE_H_

#include <memory>
#include <string>

#include "nubo/network/v1/network.pb.h"
#include "nubo/region/state/context.h"
#include "nubo/region/supervisor/service_kind.h"
#include "nubo/vpc/network.h"

namespace nubo::region {

std::unique_ptr<const ServiceKind> MakeNetworkKind();

// The networks as the fabric makes them: a NAT gateway is a place of theirs, and nobody joins it.
vpc::Network FabricNetwork(vpc::Network network);

// The networks as they are to be, without a revision, as the holder is told them.
nubo::network::v1::Config NetworkConfig(vpc::Network network);
// Whether the world reaches this port at a public address, by what the networks were last told; TCP.
bool IsOpenToTheWorld(const Context& context, const std::string& public_ip, int port);

}  // namespace nubo::region

#endif  // NUBO_REGION_NETWORK_NETWORK_SERVICE_H_
