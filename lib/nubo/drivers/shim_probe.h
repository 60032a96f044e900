// Whether shims answer: each is connected to, and has to say whose it is.
//
// Thread safety: functions without state of their own.
#ifndef NUBO_DRIVERS_SHIM_PROBE_H_
#define NUBO_DRIVERS_SHIM_PROBE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace nubo::drivers {

struct ShimAnswer {
  // DEADLINE_EXCEEDED: it takes connections and says nothing. NOT_FOUND: nobody listens there. UNAVAILABLE: it could
  // not be asked.
  absl::Status status;
  // Of the shim itself, also of one that says nothing; 0: not known.
  int pid = 0;
};

// One answer a socket, in their order. All are asked at once, some hundreds at a time; it takes no longer than `limit`,
// and those whose turn has not come by then are UNAVAILABLE.
std::vector<ShimAnswer> AskShims(const std::vector<std::string>& socket_paths, absl::Duration limit);

}  // namespace nubo::drivers

#endif  // NUBO_DRIVERS_SHIM_PROBE_H_
