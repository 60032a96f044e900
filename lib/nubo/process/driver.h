// Where processes really run, those of instances, load balancers, databases and name servers alike: the extension point
// of this module.
//
// A driver is told what to start and end, and tells what it saw happen, through a callback; nothing waits for anything.
// It knows nothing of what a process is for. Of an EC2 instance, nubo/ec2/lifecycle.h says which calls are allowed:
//
//   RunInstances, StartInstances          Launch (the directory of a stopped instance is still there)
//   RebootInstances                       Reboot
//   StopInstances, TerminateInstances     Terminate, and then Forget
//   a restarted control plane             Adopt
//
// Example:
//   process::SimulatedDriver driver(clock, {}, [&](const process::Event& event) { inbox.push_back(event); });
//   NUBO_RETURN_IF_ERROR(driver.Launch({.id = "i-1", .directory = dir, .argv = {"/usr/bin/server"}}));
//
// Thread safety: implementations say; a callback may call its driver.
#ifndef NUBO_PROCESS_DRIVER_H_
#define NUBO_PROCESS_DRIVER_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "nubo/process/end.h"

namespace nubo::process {

// What a process, and those it starts, may take of its machine; 0: as much as there is. How much of this a driver can
// hold it to, it says.
struct Limits {
  // Processes and threads together.
  uint64_t processes = 0;
  // Of one file.
  uint64_t file_bytes = 0;
  // Files that a process may have open until it asks for more; 0: as is usual on this machine.
  uint64_t open_files = 0;
  // How much sooner than others it is ended when the machine's memory runs out, 0 to 1000.
  uint64_t oom_score = 0;
};

struct Spec {
  std::string id;
  // Its own: made if missing, writable, and where it starts.
  std::string directory;
  // The program and its arguments; or a script that begins with "#!", which is put into the directory and run.
  std::vector<std::string> argv;
  std::string script;
  // All there is; nothing is inherited.
  std::vector<std::pair<std::string, std::string>> environment;
  // Also writable: made if missing, and given to its user.
  std::vector<std::string> writable_dirs;
  // Kept visible below hidden ones.
  std::vector<std::string> read_only_dirs;
  std::vector<std::string> hidden_dirs;
  // Where the driver can do it: paths of this machine, and the files that are seen there instead, read-only and as they
  // are at each moment. Where it cannot, the process starts without, and kRunning says so.
  std::vector<std::pair<std::string, std::string>> files_in_place;
  // Files to be put into the directory, readable by the process alone: plain names and what they hold.
  std::vector<std::pair<std::string, std::string>> private_files;
  std::string hostname;
  std::string log_path;
  // Where the driver can grant it: may listen on ports below 1024.
  bool bind_low_ports = false;
  // Where the driver can grant it: its user is this one, and nobody else's; 0: the driver's choice.
  uint32_t uid = 0;
  Limits limits;
  // May make namespaces of its own, as browsers and container engines want to.
  bool nested_namespaces = false;
  // Where the driver can do it: its network is not this machine's, but one of this name that a holder makes for it,
  // whom the driver asks at the socket; "": this machine's.
  struct Network {
    std::string name;
    std::string holder_socket;
    // It may have listening sockets made for it in this machine's network (nubo/net/socket_keeper.h).
    bool listens_outside = false;
  };
  Network network;
  // It is such a holder: in namespaces of users and networks of its own, which outlive it as long as it is kept
  // running, and with the rights to arrange them.
  bool holds_networks = false;
  // Where the driver can do it: when it ends by itself it is started again from this spec, also while nobody is there
  // to order it, at once the first time and then after ever longer pauses. kRestarting tells of it.
  bool keep_running = false;
};

struct Event {
  // kRestarting: it has ended and is kept running; kRunning follows.
  enum class Kind { kRunning, kExited, kRestarting };
  std::string id;
  Kind kind = Kind::kRunning;
  // kRunning: what a `kill -9` of ends it.
  int pid = 0;
  bool isolated = false;
  // kRunning: why it is not isolated; of one that is, what it goes without.
  std::string message = {};
  // kExited, kRestarting.
  End end = {};
  // kRestarting: from its end to its next start.
  absl::Duration restarts_in = absl::ZeroDuration();
};

class Driver {
 public:
  virtual ~Driver() = default;

  // Begins; kRunning follows, or kExited if it cannot be started or had ended before anybody saw it run.
  // INVALID_ARGUMENT: a spec that never can.
  virtual absl::Status Launch(Spec spec) = 0;
  // Ends it as Terminate does, and starts it again from its spec; kRunning follows. Nothing happens to one that has
  // ended or is ending.
  virtual void Reboot(absl::string_view id, absl::Duration grace) = 0;
  // Asks it to end, and kills it after `grace`, at once if that is zero. Idempotent; kExited follows if it was there.
  virtual void Terminate(absl::string_view id, absl::Duration grace) = 0;
  // Finds again what a former driver started: kRunning or kExited follows for each.
  virtual void Adopt(const std::vector<std::string>& ids) = 0;
  // After kExited: nothing of it is remembered. Its directory stays.
  virtual void Forget(absl::string_view id) = 0;
};

}  // namespace nubo::process

#endif  // NUBO_PROCESS_DRIVER_H_
