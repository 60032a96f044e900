#include "nubo/region/serve.h"

#include <fcntl.h>
#include <grpcpp/grpcpp.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/clock.h"
#include "nubo/base/id_source.h"
#include "nubo/base/status.h"
#include "nubo/net/datagram.h"
#include "nubo/net/loop.h"
#include "nubo/net/stream.h"
#include "nubo/region/grpc_services.h"
#include "nubo/region/images.h"
#include "nubo/region/region.h"
#include "nubo/region/services.h"
#include "nubo/region/store.h"

namespace nubo::region {
namespace {

namespace fs = std::filesystem;

constexpr char kVersion[] = "0.1.0";
// The longest path below it, of a control socket, has to fit 107 bytes.
constexpr size_t kStateDirMax = 76;
constexpr uint32_t kNobody = 65534;
constexpr absl::Duration kEndTimeout = absl::Seconds(10);
constexpr absl::Duration kEmptyFor = absl::Seconds(3);

absl::Status CheckOptions(const ServeOptions& options) {
  if (options.fabric != "loopback") {
    return absl::InvalidArgumentError(
        absl::StrCat("fabric ", options.fabric, " is not available in this version; use --fabric loopback"));
  }
  if (options.state_dir.empty() || options.state_dir[0] != '/' || options.state_dir.size() > kStateDirMax) {
    return absl::InvalidArgumentError(absl::StrCat("the state directory \"", options.state_dir,
                                                   "\" must be an absolute path of at most ", kStateDirMax,
                                                   " bytes: sockets below it have to fit a socket address"));
  }
  for (const std::string& path : {options.shim_path, options.nubo_path}) {
    if (access(path.c_str(), X_OK) != 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("the program ", path, " is not there; build it first: ./nubo build"));
    }
  }
  return absl::OkStatus();
}

absl::Status MakeDirectories(const Paths& paths) {
  for (const std::string& path : {paths.state, paths.Run(), paths.state + "/log", paths.state + "/instances",
                                  paths.state + "/svc", paths.Images(), paths.Programs(), paths.Data()}) {
    std::error_code error;
    fs::create_directories(path, error);
    if (error) return absl::UnavailableError(absl::StrCat("cannot make ", path, ": ", error.message()));
  }
  if (chmod(paths.state.c_str(), 0700) != 0) {
    return absl::UnavailableError(absl::StrCat("cannot protect ", paths.state, ": ", std::strerror(errno)));
  }
  return absl::OkStatus();
}

// One region a state directory: held as long as the process lives.
absl::StatusOr<int> LockState(const Paths& paths) {
  const std::string path = paths.Run() + "/lock";
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return absl::UnavailableError(absl::StrCat("cannot open ", path, ": ", std::strerror(errno)));
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    close(fd);
    return absl::AlreadyExistsError(absl::StrCat("a region is running in ", paths.state, " already"));
  }
  return fd;
}

// Fails if somebody else listens there.
absl::Status CheckFree(const net::SocketAddress& address, bool udp, absl::string_view what, absl::string_view option) {
  net::Loop loop;
  absl::Status status = net::ListenTcp(loop, address).status();
  if (status.ok() && udp) status = net::BindUdp(loop, address).status();
  if (status.ok()) return absl::OkStatus();
  if (absl::IsAlreadyExists(status)) {
    return absl::UnavailableError(
        absl::StrCat(address.ToString(), ", for ", what, ", is in use; choose another with ", option));
  }
  return base::Annotate(status, what);
}

// Whether processes of this user may listen below 1024.
bool MayUseLowPorts() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  bool refused = false;
  // Some of them may be in use, which says nothing; permission says it all.
  for (uint16_t port = 1; port < 16 && !refused; ++port) {
    address.sin_port = htons(port);
    const bool bound = bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    refused = !bound && errno == EACCES;
    if (bound) break;
  }
  close(fd);
  return !refused;
}

// A copy that its processes can see and that a rebuild does not change; a new one only if the program is another.
absl::StatusOr<std::string> InstallProgram(const Paths& paths, const std::string& program) {
  struct stat info;
  if (stat(program.c_str(), &info) != 0) return absl::NotFoundError(absl::StrCat("there is no ", program));
  const std::string copy = absl::StrCat(paths.Programs(), "/nubo-", absl::Hex(info.st_mtim.tv_sec),
                                        absl::Hex(info.st_mtim.tv_nsec), "-", absl::Hex(info.st_size));
  if (access(copy.c_str(), X_OK) == 0) return copy;
  std::error_code error;
  fs::copy_file(program, copy + ".new", fs::copy_options::overwrite_existing, error);
  if (!error) fs::permissions(copy + ".new", static_cast<fs::perms>(0755), error);
  if (!error) fs::rename(copy + ".new", copy, error);
  if (error) return absl::UnavailableError(absl::StrCat("cannot copy ", program, " to ", copy, ": ", error.message()));
  return copy;
}

// Instances never run as root: as whoever called sudo, or as nobody.
drivers::ProcessDriver::Options DriverOptions(const ServeOptions& options, const Paths& paths) {
  drivers::ProcessDriver::Options driver{
      .shim_path = options.shim_path, .run_dir = paths.Run(), .uid = kNobody, .gid = kNobody};
  const char* uid = std::getenv("SUDO_UID");
  const char* gid = std::getenv("SUDO_GID");
  uint32_t parsed_uid = 0, parsed_gid = 0;
  if (uid != nullptr && gid != nullptr && absl::SimpleAtoi(uid, &parsed_uid) && absl::SimpleAtoi(gid, &parsed_gid) &&
      parsed_uid != 0) {
    driver.uid = parsed_uid;
    driver.gid = parsed_gid;
  }
  return driver;
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
      std::unique_lock lock(mutex_);
      while (!stop_) {
        changed_.wait_for(lock, std::chrono::milliseconds(500));
        bool none = false;
        region.Look([&](const Context& context) { none = context.model.stacks.empty(); });
        used = used || !none;
        empty = none && used ? empty + absl::Milliseconds(500) : absl::ZeroDuration();
        if (empty >= kEmptyFor) return shut_down();
      }
    });
  }
  ~EmptyWatch() {
    {
      std::lock_guard lock(mutex_);
      stop_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stop_ = false;
  std::thread thread_;
};

// Everything but data.
void RemoveAll(const Paths& paths) {
  std::error_code ignored;
  for (const char* name :
       {"instances", "svc", "images", "bin", "log", "state.db", "state.db-wal", "state.db-shm", "run"}) {
    fs::remove_all(paths.state + "/" + name, ignored);
  }
  // Only if there is none.
  for (const auto& entry : fs::directory_iterator(paths.Data(), ignored)) {
    if (entry.is_directory(ignored)) fs::remove(entry.path(), ignored);
  }
  fs::remove(paths.Data(), ignored);
  fs::remove(paths.state, ignored);
}

// What a region that is gone left in the store of how it was to be reached.
bool RunsAlready(Store& store) {
  const auto services = store.List("services/");
  return services.ok() && !services->empty();
}

// The addresses that the store's region was started with hold for its successor, whose processes still have them.
absl::Status KeepAddresses(Store& store, ServeOptions& options) {
  const auto dns = store.Get("settings/dns-address");
  const auto http = store.Get("settings/http-address");
  if (RunsAlready(store) && dns.ok() && http.ok()) {
    NUBO_ASSIGN_OR_RETURN(options.dns_address, net::SocketAddress::Parse(dns->value));
    NUBO_ASSIGN_OR_RETURN(options.http_address, net::SocketAddress::Parse(http->value));
    return absl::OkStatus();
  }
  NUBO_RETURN_IF_ERROR(CheckFree(options.dns_address, /*udp=*/true, "DNS", "--dns-address"));
  NUBO_RETURN_IF_ERROR(
      CheckFree(options.http_address, /*udp=*/false, "the listener of names under .localhost", "--http-address"));
  Batch batch;
  batch.Put("settings/dns-address", options.dns_address.ToString());
  batch.Put("settings/http-address", options.http_address.ToString());
  return store.Apply(batch).status();
}

absl::Status Serve(ServeOptions options, int& ready_fd) {
  NUBO_RETURN_IF_ERROR(CheckOptions(options));
  const Paths paths{options.state_dir};
  NUBO_RETURN_IF_ERROR(MakeDirectories(paths));
  NUBO_ASSIGN_OR_RETURN(const int lock, LockState(paths));
  NUBO_ASSIGN_OR_RETURN(const std::unique_ptr<SqliteStore> store, SqliteStore::Open(paths.state + "/state.db"));
  NUBO_RETURN_IF_ERROR(KeepAddresses(*store, options));
  NUBO_ASSIGN_OR_RETURN(const std::string program, InstallProgram(paths, options.nubo_path));

  signal(SIGPIPE, SIG_IGN);
  Ending ending;
  base::SystemClock clock;
  base::RandomIdSource ids;
  Region region(
      {paths, options.dns_address, options.http_address, MayUseLowPorts(), program, DriverOptions(options, paths)},
      *store, clock, ids);
  NUBO_RETURN_IF_ERROR(region.Start());

  ServiceOptions service_options{
      options.state_dir, options.dns_address.ToString(),  options.http_address.ToString(), options.fabric,
      kVersion,          [&ending] { ending.ShutDown(); }};
  const std::vector<std::unique_ptr<grpc::Service>> services = MakeServices(region, service_options);
  grpc::ServerBuilder builder;
  const std::string socket = paths.Run() + "/nubo.sock";
  fs::remove(socket);
  umask(0077);
  builder.AddListeningPort("unix:" + socket, grpc::InsecureServerCredentials());
  for (const auto& service : services) builder.RegisterService(service.get());
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) return absl::UnavailableError(absl::StrCat("cannot listen on ", socket));
  umask(0022);
  Report(std::exchange(ready_fd, -1), "ok\n");

  EmptyWatch empty(region, options.exit_when_empty, [&ending] { ending.ShutDown(); });
  const bool for_good = ending.Wait();
  if (for_good) region.EndServices(clock.Now() + kEndTimeout);
  region.Stop();
  server->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(2));
  fs::remove(socket);
  if (for_good) RemoveAll(paths);
  close(lock);
  return absl::OkStatus();
}

}  // namespace

absl::Status RunServe(const ServeOptions& options) {
  int ready_fd = options.ready_fd;
  absl::Status status = Serve(options, ready_fd);
  if (!status.ok()) Report(ready_fd, absl::StrCat(status.message(), "\n"));
  return status;
}

}  // namespace nubo::region
