// How the region asks its own processes whether they are there: as their users would.
//
// The name server is asked for a name over UDP and TCP. A load balancer, and the shared listener, are greeted in HTTP/2
// and greet back by themselves: that takes their whole path from accept to write, and is no request that targets or
// logs would see. A database speaks first.
//
// Thread safety: ProbeTargets is guarded by the region's lock; Probe belongs to its loop's thread.
#ifndef NUBO_REGION_LOOP_PROBES_H_
#define NUBO_REGION_LOOP_PROBES_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "nubo/net/loop.h"
#include "nubo/region/state/context.h"
#include "nubo/region/supervisor/service_kind.h"

namespace nubo::region {

struct ProbeTarget {
  // Of the process.
  std::string service;
  int pid = 0;
  ServiceProbe probe;
};

// Every process that runs and is to listen somewhere.
std::vector<ProbeTarget> ProbeTargets(const Context& context);

// OK: it answers. DEADLINE_EXCEEDED: it does not. Else: what else is wrong, such as UNAVAILABLE where nobody listens.
net::Task<absl::Status> Probe(net::Loop& loop, std::shared_ptr<const ProbeTarget> target, absl::Time deadline);

}  // namespace nubo::region

#endif  // NUBO_REGION_LOOP_PROBES_H_
