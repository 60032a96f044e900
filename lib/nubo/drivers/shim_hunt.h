// Finds a shim that does not answer, and what it runs, among the processes of this machine.
//
// A process is known by its number and the time it was started, so that a number that has been given to another
// meanwhile hits nobody.
//
// Example:
//   for (const Hunted& process : FindShims({spec_path})[spec_path]) Signal(process, SIGKILL);
//
// Thread safety: functions without state of their own.
#ifndef NUBO_DRIVERS_SHIM_HUNT_H_
#define NUBO_DRIVERS_SHIM_HUNT_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace nubo::drivers {

struct Hunted {
  int pid = 0;
  // In ticks since the machine started.
  uint64_t started = 0;
};

// Of each shim of this user that was started with one of these specifications: itself first, then all below it.
std::map<std::string, std::vector<Hunted>> FindShims(const std::set<std::string>& spec_paths);

// False: it is not there any more, or not this user's.
bool Signal(const Hunted& process, int signal);

}  // namespace nubo::drivers

#endif  // NUBO_DRIVERS_SHIM_HUNT_H_
