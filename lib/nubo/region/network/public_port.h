// What of a network everybody may reach.
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_NETWORK_PUBLIC_PORT_H_
#define NUBO_REGION_NETWORK_PUBLIC_PORT_H_

#include "nubo/region/state/context.h"

namespace nubo::region {

// The lowest TCP port that its security groups open to everybody; 0 if none.
int PublicPort(const Context& context, const v1::InstanceState& instance);

}  // namespace nubo::region

#endif  // NUBO_REGION_NETWORK_PUBLIC_PORT_H_
