#include "nubo/daemon/serve.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "nubo/api/grpc/services.h"
#include "nubo/base/clock.h"
#include "nubo/base/id_source.h"
#include "nubo/base/mutex.h"
#include "nubo/base/status.h"
#include "nubo/base/version.h"
#include "nubo/daemon/door.h"
#include "nubo/daemon/preparation.h"
#include "nubo/daemon/tenure.h"
#include "nubo/drivers/process_driver.h"
#include "nubo/fabrics/block_locks.h"
#include "nubo/http/metrics_endpoint.h"
#include "nubo/region/compute/instance_users.h"
#include "nubo/region/loop/region.h"
#include "nubo/region/metrics/region_metrics.h"
#include "nubo/region/state/events.h"
#include "nubo/region/state/state_directory.h"

namespace nubo::region {
namespace {

namespace fs = std::filesystem;

// Five seconds of grace, and the time until those whose shims hang are ended without them.
constexpr absl::Duration kEndTimeout = absl::Seconds(30);
constexpr absl::Duration kEmptyFor = absl::Seconds(3);
constexpr absl::Duration kEmptyRound = absl::Milliseconds(500);
// A former one that has been killed, or is on its way out, may take a moment to be gone.
constexpr absl::Duration kLockPatience = absl::Seconds(1);

// Whether processes of this user may listen on a port from `first` to `last`.
bool MayUsePorts(uint16_t first, uint16_t last) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  bool refused = false;
  // Some of them may be in use, which says nothing; permission says it all.
  for (uint16_t port = first; port <= last && !refused; ++port) {
    address.sin_port = htons(port);
    const bool bound = bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    refused = !bound && errno == EACCES;
    if (bound) break;
  }
  close(fd);
  return !refused;
}

void Report(int fd, const std::string& text) {
  if (fd < 0) return;
  (void)!write(fd, text.data(), text.size());
  close(fd);
}

// Signals, and Shutdown, as bytes of one pipe, so that one wait serves both.
class Ending {
 public:
  Ending() {
    if (pipe2(ends_, O_CLOEXEC) != 0) std::abort();
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    // Blocked in every thread that is started later; one of them waits for these.
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    waiter_ = std::thread([signals, fd = ends_[1]] {
      int signal = 0;
      sigwait(&signals, &signal);
      (void)!write(fd, "s", 1);
    });
    waiter_.detach();
  }
  void ShutDown() { (void)!write(ends_[1], "d", 1); }
  // As a signal.
  void Leave() { (void)!write(ends_[1], "s", 1); }
  // True if the region was asked to end for good, false for a signal.
  bool Wait() {
    char why = 0;
    while (read(ends_[0], &why, 1) != 1) {
    }
    return why == 'd';
  }

 private:
  int ends_[2];
  std::thread waiter_;
};

// Ends by itself once it has had no stack for a while.
class EmptyWatch {
 public:
  EmptyWatch(Region& region, bool enabled, std::function<void()> shut_down) {
    if (!enabled) return;
    thread_ = std::thread([this, &region, shut_down] {
      absl::Duration empty;
      bool used = false;
      base::MutexLock lock(mutex_);
      while (!stop_) {
        changed_.WaitFor(mutex_, kEmptyRound);
        bool none = false;
        region.Look([&](const Context& context) { none = context.model.stacks.empty(); });
        used = used || !none;
        empty = none && used ? empty + kEmptyRound : absl::ZeroDuration();
        if (empty >= kEmptyFor && region.BeginEnding().ok()) return shut_down();
      }
    });
  }
  ~EmptyWatch() {
    {
      base::MutexLock lock(mutex_);
      stop_ = true;
    }
    changed_.NotifyAll();
    if (thread_.joinable()) thread_.join();
  }

 private:
  base::Mutex mutex_;
  base::CondVar changed_;
  bool stop_ NUBO_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

// One line, with the time, where the launcher has put standard error: log/nubo.log.
void Log(absl::string_view text) {
  std::fprintf(stderr, "%s %.*s\n", TimeText(absl::Now()).c_str(), static_cast<int>(text.size()), text.data());
}

// Whether this machine, or the container that is taken for one, has the numbers that instances get as users.
bool OwnUsersGranted() {
  if (getuid() != 0) return false;
  for (const char* path : {"/proc/self/uid_map", "/proc/self/gid_map"}) {
    std::ifstream file(path);
    const std::string map((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    if (!MapsInstanceUsers(map)) return false;
  }
  return true;
}

absl::Status ServePrepared(const Paths& paths, const ServeOptions& options, const Preparation& prepared, Tenure& tenure,
                           int& ready_fd) {
  signal(SIGPIPE, SIG_IGN);
  Ending ending;
  base::SystemClock clock;
  base::RandomIdSource ids;
  drivers::ProcessDriver::Options driver = DriverOptions(prepared.shim, paths);
  driver.allow_unisolated = options.allow_unisolated;
  driver.open_files = prepared.usual_files;
  ControlLoopOptions control{.paths = paths,
                             .dns_address = options.dns_address,
                             .http_address = options.http_address,
                             .low_ports = MayUsePorts(1, 15),
                             .dns_port = MayUsePorts(53, 53),
                             .own_users = OwnUsersGranted(),
                             .program = prepared.program,
                             .log = Log};
  const auto make_driver = [&driver](std::function<void(const process::Event&)> tell) {
    return std::make_unique<drivers::ProcessDriver>(driver, std::move(tell));
  };
  Region region({.control = std::move(control),
                 .locks_directory = fabrics::BlockLocks::UsersDirectory(),
                 .networks = options.fabric == "namespaces",
                 .make_driver = make_driver},
                *prepared.store, clock, ids);
  http::MetricsServer metrics([&region] {
    std::string text;
    region.Look([&](const Context& context) { text = RegionMetrics(context); });
    return text;
  });
  if (options.metrics_address) NUBO_RETURN_IF_ERROR(metrics.Listen(*options.metrics_address));
  NUBO_RETURN_IF_ERROR(region.Start());
  if (options.metrics_address) metrics.Start();

  ServiceOptions service_options{options.state_dir,
                                 options.dns_address.ToString(),
                                 options.http_address.ToString(),
                                 options.fabric,
                                 base::kVersion,
                                 prepared.not_isolated,
                                 options.allow_unisolated,
                                 [&ending] { ending.ShutDown(); }};
  Door door(region, service_options, absl::StrCat(paths.Run(), "/", kControlSocket, ".sock"), Log);
  NUBO_RETURN_IF_ERROR(door.Open());
  Report(std::exchange(ready_fd, -1), "ok\n");

  std::atomic<bool> gone = false;
  // What it refers to outlives the watch, which Close() ends.
  door.Watch([&] {
    const Tenure::State state = tenure.Look();
    if (state == Tenure::State::kHeld) return false;
    gone = state == Tenure::State::kDirectoryGone;
    if (gone) {
      ending.ShutDown();
    } else {
      Log(absl::StrCat("another region has taken ", paths.state, " over: this one leaves it what runs"));
      ending.Leave();
    }
    return true;
  });
  EmptyWatch empty(region, options.exit_when_empty, [&ending] { ending.ShutDown(); });
  const bool for_good = ending.Wait();
  if (gone) Log(absl::StrCat("somebody has removed the state directory ", paths.state, ": the region ends"));
  absl::Status ended;
  if (for_good) ended = region.EndAll(clock.Now() + kEndTimeout);
  region.Stop();
  door.Close();
  // What still runs could not be found again without it.
  if (!for_good || !ended.ok() || gone) return ended;
  const absl::Status removed = RemoveStateDirectory(paths.state);
  if (!removed.ok()) Log(removed.message());
  return absl::OkStatus();
}

// A connection to each process that it runs, and to who asks; the usual limit is far below what is allowed. Returns the
// usual one: programs such as those that use select(2) count on it, and others raise it themselves.
uint64_t RaiseFileLimit() {
  rlimit files;
  if (getrlimit(RLIMIT_NOFILE, &files) != 0) return 0;
  const uint64_t usual = files.rlim_cur;
  files.rlim_cur = files.rlim_max;
  (void)setrlimit(RLIMIT_NOFILE, &files);
  return usual;
}

absl::Status Serve(ServeOptions options, int& ready_fd) {
  NUBO_RETURN_IF_ERROR(CheckOptions(options));
  const uint64_t usual_files = RaiseFileLimit();
  const Paths paths{options.state_dir};
  umask(0077);
  NUBO_ASSIGN_OR_RETURN(const int lock, LockStateDirectory(paths.state, kLockPatience));
  Tenure tenure(paths, lock, Log);
  const bool fresh = !fs::exists(paths.Store());
  absl::StatusOr<Preparation> prepared = PrepareToServe(paths, options, Log);
  // What it has made is removed again, for a region that never was cannot be taken down; not what still runs.
  if (!prepared.ok() && fresh && !absl::IsDeadlineExceeded(prepared.status())) {
    (void)RemoveStateDirectory(paths.state);
  }
  absl::Status status = prepared.status();
  if (prepared.ok()) {
    prepared->usual_files = usual_files;
    status = ServePrepared(paths, options, *prepared, tenure, ready_fd);
  }
  return status;
}

}  // namespace

absl::Status RunServe(const ServeOptions& options) {
  int ready_fd = options.ready_fd;
  absl::Status status = Serve(options, ready_fd);
  if (!status.ok()) Report(ready_fd, absl::StrCat(status.message(), "\n"));
  return status;
}

}  // namespace nubo::region
