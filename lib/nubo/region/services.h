// The region's own processes: load balancers, the shared public listener, the DNS server, databases.
//
// What should run follows from the model; what does run is in the table of services. Each pass starts what is missing
// and ends what is no longer wanted. What dies is started again by its shim, which keeps its listening sockets; should
// the shim itself die, by the next pass (at once the first time, then ever more rarely).
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_SERVICES_H_
#define NUBO_REGION_SERVICES_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "nubo/process/driver.h"
#include "nubo/region/context.h"

namespace nubo::region {

inline constexpr char kDnsService[] = "dns";
// The listener that all names under .localhost share.
inline constexpr char kEdgeService[] = "edge";

// The service of a load balancer, or of a database: short enough for a socket's name, whatever theirs is.
std::string BalancerServiceId(const std::string& arn);
std::string DatabaseServiceId(const std::string& identifier);

// Whether a load balancer runs and serves by the last configuration it was sent. FAILED_PRECONDITION: it refused it.
absl::StatusOr<bool> HasApplied(const Context& context, const std::string& balancer_arn);
// Something in its configuration has changed: until it has been sent, and is served, HasApplied() is false.
void AwaitApplied(Context& context, const std::string& balancer_arn);

// One pass. When time alone may change something.
absl::Time TickServices(Context& context);

// A data-plane process has lost this many lines of its log since it started. That it loses any is told, and then from
// time to time how many.
void OnLogLinesDropped(Context& context, const std::string& id, uint64_t lines);

// The data of a database that is being deleted are gone; `id`: of its process.
void OnDatabaseDataRemoved(Context& context, const std::string& id);

// True if `event` was of a service.
bool OnServiceEvent(Context& context, const process::Event& event);

}  // namespace nubo::region

#endif  // NUBO_REGION_SERVICES_H_
