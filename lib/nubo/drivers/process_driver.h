// Runs instances as processes of this machine, each under a nubo-shim of its own.
//
// The driver starts shims and listens to them; the shims hold the instances. A driver that ends leaves its instances
// running; a new one adopts them. Death is told of at once: by the shim, or by the end of the shim itself. A shim that
// hangs keeps nothing from being ended: when it has let the time pass in which it was to end its instance, and does not
// go on when it is told to, both are killed.
//
// Instances run in pid, mount, ipc and uts namespaces of their own, in a user namespace as well when this is not root:
// they see this machine's files unwritable, nothing of other instances, of /home, /root, /run and what the spec hides,
// and have no privileges. Where the machine grants less they are not started, unless the options allow it: then they
// run as plain processes, and kRunning says so. More about it in docs/isolation.md.
//
// Example:
//   ProcessDriver driver({.shim_path = shim, .run_dir = "/run/nubo"},
//                        [&](const process::Event& event) { Enqueue(event); });
//   NUBO_RETURN_IF_ERROR(driver.Launch({.id = "i-1", .directory = dir, .script = "#!/bin/sh\nexec server\n"}));
//
// Thread safety: thread-safe; the callback runs on the driver's thread and may call the driver.
#ifndef NUBO_DRIVERS_PROCESS_DRIVER_H_
#define NUBO_DRIVERS_PROCESS_DRIVER_H_

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "nubo/base/mutex.h"
#include "nubo/drivers/shim_program.h"
#include "nubo/process/driver.h"

namespace nubo::drivers {

// Whether a shim listens there, also one that hangs: something may run under it.
bool IsLive(const std::string& run_dir, absl::string_view id);

class ProcessDriver final : public process::Driver {
 public:
  struct Options {
    std::string shim_path;
    // Where the shims' sockets are; nobody else may write there.
    std::string run_dir;
    // Whom instances run as when this is root.
    uint32_t uid = 65534;
    uint32_t gid = 65534;
    // Instances run also where they cannot be isolated.
    bool allow_unisolated = false;
    // The files that a process may have open until it asks for more: what was usual before this process asked for more
    // itself. 0: as many as this process.
    uint64_t open_files = 0;
    // Hidden from every instance, beside what its spec hides: the user's home, if it is an unusual one.
    std::vector<std::string> hidden_dirs;
  };

  ProcessDriver(Options options, std::function<void(const process::Event&)> callback);
  // What was asked for is still passed on; instances go on.
  ~ProcessDriver() override;

  // Of an instance that runs already it only tells. INVALID_ARGUMENT: neither argv nor a script with "#!", or an id,
  // a path or a text that cannot be passed on. INTERNAL: its files cannot be made.
  absl::Status Launch(process::Spec spec) override;
  void Reboot(absl::string_view id, absl::Duration grace) override;
  void Terminate(absl::string_view id, absl::Duration grace) override;
  void Adopt(const std::vector<std::string>& ids) override;
  void Forget(absl::string_view id) override;

 private:
  struct Shim {
    int fd = -1;
    // Received, and not a whole line yet.
    std::string pending;
    // The first line has named the instance.
    bool identified = false;
    // What was told last.
    std::optional<process::Event> told;

    bool exited() const { return told.has_value() && told->kind == process::Event::Kind::kExited; }
  };
  using Command = std::function<void()>;
  // Of one that has been told to end, and of which nothing has been heard since.
  struct Ending {
    std::chrono::steady_clock::time_point due;
    // Its shim was told to go on, should it have been stopped.
    bool woken = false;
    // The shim, once it was killed.
    int killed = 0;
  };

  absl::Status Prepare(const process::Spec& spec, std::string& spec_path);
  std::string SocketPath(absl::string_view id) const;
  void Do(Command command);
  void Wake();

  // The thread's own.
  void Run();
  void WaitForShims();
  void StartShim(const std::string& id, const std::string& spec_path);
  // Of a shim that does not answer it is told that it is lost, in these words unless it has left its own. To one that
  // is connected already it only listens once more to what it told last.
  void Connect(const std::string& id, const process::End& unless_told);
  // NOT_FOUND, UNAVAILABLE: as ConnectToShim().
  absl::Status TryConnect(const std::string& id);
  void ReadShim(const std::string& id);
  void OnLine(const std::string& id, const std::string& line);
  void Lost(const std::string& id, const process::End& unless_told);
  void Exited(const std::string& id, process::End end);
  void Announce(process::Event event);
  void Tell(absl::string_view id, absl::string_view command);
  std::string SpecPath(absl::string_view id) const;
  // Those whose shims let their time pass are ended without them.
  void Escalate();
  // Until the next of them is due, or of those that are asked again; -1: there is none.
  int PollTimeout() const;
  process::End HowItEnded(const std::string& id) const;

  const Options options_;
  const std::function<void(const process::Event&)> callback_;
  ShimProgram program_;  // the thread's own
  int wake_read_ = -1;
  int wake_write_ = -1;
  base::Mutex mutex_;
  std::deque<Command> commands_ NUBO_GUARDED_BY(mutex_);
  bool stopping_ NUBO_GUARDED_BY(mutex_) = false;
  std::map<std::string, Shim, std::less<>> shims_;  // the thread's own
  // Those that could not be asked yet, with the words for a lost one; the thread's own.
  std::map<std::string, process::End> unasked_;
  std::map<std::string, Ending, std::less<>> endings_;  // the thread's own
  std::thread thread_;
};

}  // namespace nubo::drivers

#endif  // NUBO_DRIVERS_PROCESS_DRIVER_H_
