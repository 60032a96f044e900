// The region's networks as the pure model (nubo/vpc/network.h).
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_NETWORK_NETWORK_MODEL_H_
#define NUBO_REGION_NETWORK_NETWORK_MODEL_H_

#include "nubo/region/state/context.h"
#include "nubo/vpc/network.h"

namespace nubo::region {

vpc::Network NetworkModel(const Context& context);

}  // namespace nubo::region

#endif  // NUBO_REGION_NETWORK_NETWORK_MODEL_H_
