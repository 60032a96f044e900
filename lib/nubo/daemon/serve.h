// The control plane as a process: what `nubo serve` runs.
//
// Thread safety: RunServe blocks the thread that calls it until the region is told to shut down.
#ifndef NUBO_DAEMON_SERVE_H_
#define NUBO_DAEMON_SERVE_H_

#include "absl/status/status.h"
#include "nubo/daemon/serve_options.h"

namespace nubo::region {

// Serves until Shutdown is called, or SIGTERM or SIGINT arrives. Instances, load balancers, the DNS server and
// databases go on running after a signal; Shutdown ends them and removes everything but data.
// INVALID_ARGUMENT: an option that cannot be. ALREADY_EXISTS: another region has this state directory.
// UNAVAILABLE: an address is in use. DATA_LOSS: the store is damaged. FAILED_PRECONDITION: it is of a newer version, or
// knows nothing of processes that run; or this machine does not let instances be isolated.
absl::Status RunServe(const ServeOptions& options);

}  // namespace nubo::region

#endif  // NUBO_DAEMON_SERVE_H_
