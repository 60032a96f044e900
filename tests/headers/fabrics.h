// What the examples of lib/nubo/fabrics use and do not show.
#ifndef TESTS_HEADERS_FABRICS_H_
#define TESTS_HEADERS_FABRICS_H_

#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

#include "nubo/fabrics/block_locks.h"
#include "nubo/fabrics/fd_passing.h"
#include "nubo/fabrics/loopback.h"
#include "nubo/fabrics/loopback_fabric.h"
#include "nubo/fabrics/namespaces_fabric.h"
#include "nubo/fabrics/netlink.h"
#include "nubo/fabrics/netlink_message.h"
#include "nubo/fabrics/network_namespace.h"
#include "nubo/fabrics/network_plan.h"
#include "nubo/fabrics/nft_table.h"
#include "nubo/fabrics/nftables.h"
#include "tests/headers/context.h"

namespace nubo::example {

extern const net::Prefix block;
extern fabrics::BlockLocks locks;
extern fabrics::Fabric& fabric;
extern const int ours, theirs;
extern int listener;
extern const vpc::Network network;
extern const fabrics::NetworkPlan applied;
extern const fabrics::NftTable before;
extern const std::vector<fabrics::Veth> veths;
extern const std::vector<fabrics::Route> routes;

}  // namespace nubo::example

#endif  // TESTS_HEADERS_FABRICS_H_
