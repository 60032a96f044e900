// The packet filters of routers, edges and NAT gateways.
//
// A router asks, of every packet that it forwards and in this order:
//   1. whether its source is one that what it came from may have, and its destination one of the receiver's own;
//   2. the ACLs of the subnets that it leaves and enters, which know no connections;
//   3. whether it is of a connection that was let through before; else
//   4. the sender's groups for what goes out, and the receiver's for what comes in, each by itself.
// Interfaces with the same groups share chains, and a group's rules stand once: what changes is small.
//
// Thread safety: pure functions.
#ifndef NUBO_FABRICS_NETWORK_FILTER_H_
#define NUBO_FABRICS_NETWORK_FILTER_H_

#include "nubo/fabrics/network_layout.h"
#include "nubo/fabrics/nft_table.h"

namespace nubo::fabrics {

// `router` is one of `layout`.
NftTable RouterFilter(const NetworkLayout& layout, const RouterLayout& router);
NftTable EdgeFilter(const RouterLayout& router);
NftTable NatGatewayFilter(const Port& port);

}  // namespace nubo::fabrics

#endif  // NUBO_FABRICS_NETWORK_FILTER_H_
