// The region's own processes, of whatever kind (service_kind.h): load balancers, the shared public listener, the name
// server, databases.
//
// What should run follows from the model; what does run is in the table of services. Each pass starts what is missing
// and ends what is no longer wanted. What dies is started again by its shim, which keeps its listening sockets; should
// the shim itself die, by the next pass (at once the first time, then ever more rarely).
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_SUPERVISOR_SERVICES_H_
#define NUBO_REGION_SUPERVISOR_SERVICES_H_

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "nubo/process/driver.h"
#include "nubo/region/state/context.h"
#include "nubo/region/supervisor/service_kind.h"

namespace nubo::region {

inline constexpr char kDnsService[] = "dns";
// The listener that all names under .localhost share.
inline constexpr char kEdgeService[] = "edge";

// Holds the networks of all others, where the fabric has them.
inline constexpr char kNetworkService[] = "network";

// The network that stands for the world outside of all VPCs: fabrics::kInternet.
inline constexpr char kInternetNetwork[] = "internet";

// The network of that name as processes are started in it: its holder is the service of networks. This machine's, where
// the fabric has none.
process::Spec::Network NetworkNamed(const Context& context, const std::string& name);
// The same for one that also listens on this machine: on loopback addresses there, or on all addresses that it listens
// on.
void JoinFromOutside(const Context& context, const std::string& name, bool all_outside, process::Spec& spec);

// How one that runs this program with `verb`, and is sent configurations, is started.
process::Spec DataPlaneSpec(const Context& context, const std::string& id, const std::string& verb);

// One pass. When time alone may change something.
absl::Time TickServices(Context& context);

// A data-plane process has lost this many lines of its log since it started. That it loses any is told, and then from
// time to time how many.
void OnLogLinesDropped(Context& context, const std::string& id, uint64_t lines);

// What a service that is no longer wanted left behind has gone (ServiceKind::OnStopped).
void OnRemainsGone(Context& context, const std::string& id);

// True if `event` was of a service.
bool OnServiceEvent(Context& context, const process::Event& event);

}  // namespace nubo::region

#endif  // NUBO_REGION_SUPERVISOR_SERVICES_H_
