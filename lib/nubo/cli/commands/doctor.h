// What a machine must have for a region to run on it.
//
// Looking and judging are apart: LookAround() asks the machine and judges nothing, Judge() is a pure function of what
// was seen, so that a test needs no broken machine.
//
// Example:
//   for (const Check& check : Judge(LookAround(options))) …
//
// Thread safety: pure functions and values; LookAround() runs the shim for a moment.
#ifndef NUBO_CLI_COMMANDS_DOCTOR_H_
#define NUBO_CLI_COMMANDS_DOCTOR_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "nubo/cli/args/options.h"
#include "nubo/cli/commands/checks.h"

namespace nubo::cli {

// Whether an address can be had.
struct AddressSeen {
  net::SocketAddress address;
  bool tcp = true;
  // "" when it is free, else why not.
  std::string problem;
  // "nginx (process 812)"; "" if nobody has it, or it cannot be told who.
  std::string holder;
};

struct MachineSeen {
  // "" when an instance could be isolated.
  std::string isolation_problem;
  std::vector<AddressSeen> http;
  std::vector<AddressSeen> dns;
  // The region of this state directory runs already: then the addresses are its own.
  bool region_running = false;
  // What it is to have at most, and what can be had.
  uint64_t files_max = 0;
  // Where the state is or would be kept; the nearest directory that exists.
  std::string state_parent;
  std::string state_problem;
  uint64_t disk_free_bytes = 0;
  // "" when another address than 127.0.0.1 can be bound.
  std::string loopback_problem;
  // "" when it is there.
  std::string shim_path;
  std::string shim_problem;
  // Programs that databases need and that are not there.
  std::vector<std::string> missing_programs;
  absl::Time now;
  // What the kernel says of the clock.
  bool clock_synchronized = true;
};

MachineSeen LookAround(const DoctorOptions& options);

// kBad is what would stop `nubo up`, kWarning what would make a region less than it could be.
std::vector<Check> Judge(const MachineSeen& seen);

// Fewer open files than this are too few for a load balancer under load.
constexpr uint64_t kFilesWanted = 4096;
constexpr uint64_t kFilesNeeded = 256;
// A database takes 150 MB when it is made, an image as much as its directory.
constexpr uint64_t kDiskWantedBytes = uint64_t{1} << 30;
constexpr uint64_t kDiskNeededBytes = uint64_t{64} << 20;

}  // namespace nubo::cli

#endif  // NUBO_CLI_COMMANDS_DOCTOR_H_
