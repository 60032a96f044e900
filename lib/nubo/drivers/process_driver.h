// Runs instances as processes of this machine, each under a nubo-shim of its own.
//
// The driver starts shims and listens to them; the shims hold the instances. A driver that ends leaves its instances
// running; a new one adopts them. Death is told of at once: by the shim, or by the end of the shim itself.
//
// Example:
//   ProcessDriver driver({.shim_path = shim, .run_dir = "/run/nubo"}, [&](const ProcessEvent& event) { Enqueue(event);
//   }); NUBO_RETURN_IF_ERROR(driver.Launch(spec));
//
// Thread safety: thread-safe; the callback runs on the driver's thread and may call the driver.
#ifndef NUBO_DRIVERS_PROCESS_DRIVER_H_
#define NUBO_DRIVERS_PROCESS_DRIVER_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace nubo::drivers {

struct ProcessSpec {
  std::string id;
  // The instance's own directory: made if missing, writable, and where it starts.
  std::string directory;
  // The program and its arguments; or a script that begins with "#!", which is put into the directory and run.
  std::vector<std::string> argv;
  std::string script;
  // All there is; nothing is inherited.
  std::vector<std::pair<std::string, std::string>> environment;
  // Also writable: made if missing, and given to the instance's user.
  std::vector<std::string> writable_dirs;
  // Kept visible below hidden ones.
  std::vector<std::string> read_only_dirs;
  std::vector<std::string> hidden_dirs;
  // Files to be put into the directory, readable by the instance alone.
  std::vector<std::pair<std::string, std::string>> private_files;
  std::string hostname;
  std::string log_path;
  // When the driver runs as root: may listen on ports below 1024.
  bool bind_low_ports = false;
};

struct ProcessEvent {
  enum class Kind { kRunning, kExited };
  std::string id;
  Kind kind = Kind::kRunning;
  // kRunning: what a `kill -9` of ends the instance.
  int pid = 0;
  bool isolated = false;
  // kRunning: why it is not isolated. kExited: "exited with status 1", "was killed by signal 9", …
  std::string message;
};

class ProcessDriver {
 public:
  struct Options {
    std::string shim_path;
    // Where the shims' sockets are.
    std::string run_dir;
    // Whom instances run as when this is root.
    uint32_t uid = 65534;
    uint32_t gid = 65534;
  };

  ProcessDriver(Options options, std::function<void(const ProcessEvent&)> callback);
  // Instances go on.
  ~ProcessDriver();

  // Begins; kRunning or kExited follows. INVALID_ARGUMENT: neither argv nor a script with "#!".
  absl::Status Launch(ProcessSpec spec);
  // Asks it to end, and kills it after `grace`. Idempotent; kExited follows if it was there.
  void Terminate(absl::string_view id, absl::Duration grace);
  void Kill(absl::string_view id);
  // Finds again what a former driver started: kRunning or kExited follows for each.
  void Adopt(const std::vector<std::string>& ids);
  // After kExited: the shim ends and its files go.
  void Forget(absl::string_view id);

 private:
  struct Shim {
    int fd = -1;
    std::string pending;
    bool exited = false;
  };
  using Command = std::function<void()>;

  void Run();
  void Do(Command command);
  void Wake();
  absl::Status Prepare(const ProcessSpec& spec, std::string& spec_path);
  void StartShim(const std::string& id, const std::string& spec_path);
  void Connect(const std::string& id, bool adopting);
  void ReadShim(const std::string& id);
  void OnLine(const std::string& id, absl::string_view line);
  void Exited(const std::string& id, std::string message);
  void Tell(absl::string_view id, absl::string_view command);
  std::string SocketPath(absl::string_view id) const;

  const Options options_;
  const std::function<void(const ProcessEvent&)> callback_;
  int wake_read_ = -1;
  int wake_write_ = -1;
  std::mutex mutex_;
  std::deque<Command> commands_;                    // guarded by mutex_
  bool stopping_ = false;                           // guarded by mutex_
  std::map<std::string, Shim, std::less<>> shims_;  // the thread's own
  std::thread thread_;
};

}  // namespace nubo::drivers

#endif  // NUBO_DRIVERS_PROCESS_DRIVER_H_
