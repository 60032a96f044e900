// The driver's end of a shim: starting one, connecting to it, reading its lines.
//
// Thread safety: functions without state of their own. They block for as long as a process takes to start or end.
#ifndef NUBO_DRIVERS_SHIM_CLIENT_H_
#define NUBO_DRIVERS_SHIM_CLIENT_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "nubo/process/end.h"

namespace nubo::drivers {

// A line of a shim is short; more without an end is not one of ours.
inline constexpr size_t kShimLineMax = 4096;

struct ShimLine {
  enum class Kind { kUnknown, kShim, kRunning, kRestarting, kEnded };
  Kind kind = Kind::kUnknown;
  // kShim.
  std::string id;
  // kRunning.
  int pid = 0;
  bool isolated = false;
  // kRunning: why it is not isolated.
  std::string message;
  // kEnded, kRestarting.
  process::End end;
  // kRestarting.
  absl::Duration restarts_in;
};

// What a shim's line says; kUnknown for whatever no shim sends.
ShimLine ParseShimLine(absl::string_view line);

// Runs the shim's program and returns once what was run has ended: with "--spec", once the shim listens on the socket
// that its spec names, with "--probe", once it is known whether such an instance can be isolated. ALREADY_EXISTS:
// another shim listens there. UNAVAILABLE: in its own words why not.
absl::Status RunShim(const std::string& program, const char* mode, const std::string& spec_path);

// A connection to the shim that listens there and belongs to this user. NOT_FOUND: there is none. UNAVAILABLE: it
// cannot be asked now (too many open files, say).
absl::StatusOr<int> ConnectToShim(const std::string& socket_path);

// Tells a shim whose instance has ended to go, and waits until it has. Closes `fd`.
void DismissShim(int fd, absl::Duration patience);

}  // namespace nubo::drivers

#endif  // NUBO_DRIVERS_SHIM_CLIENT_H_
