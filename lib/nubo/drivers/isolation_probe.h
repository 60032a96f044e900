// Whether this machine grants what isolates instances, found out by isolating one.
//
// Thread safety: a function without state of its own. It blocks for as long as a process takes to start and end.
#ifndef NUBO_DRIVERS_ISOLATION_PROBE_H_
#define NUBO_DRIVERS_ISOLATION_PROBE_H_

#include <string>

#include "nubo/drivers/process_driver.h"

namespace nubo::drivers {

// "" if it does; else why not. `directory`, which is made and removed again, is where the instance would be; what is
// beside it is hidden from it.
std::string WhyNotIsolated(const ProcessDriver::Options& options, const std::string& directory);

}  // namespace nubo::drivers

#endif  // NUBO_DRIVERS_ISOLATION_PROBE_H_
