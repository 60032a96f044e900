#include "nubo/region/serve.h"

#include <fcntl.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/resource_quota.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nubo/base/clock.h"
#include "nubo/base/id_source.h"
#include "nubo/base/status.h"
#include "nubo/base/version.h"
#include "nubo/drivers/isolation_probe.h"
#include "nubo/fabrics/block_locks.h"
#include "nubo/net/datagram.h"
#include "nubo/net/loop.h"
#include "nubo/net/stream.h"
#include "nubo/region/crashing_store.h"
#include "nubo/region/events.h"
#include "nubo/region/grpc_services.h"
#include "nubo/region/images.h"
#include "nubo/region/instance_users.h"
#include "nubo/region/recovery.h"
#include "nubo/region/region.h"
#include "nubo/region/services.h"
#include "nubo/region/state_directory.h"
#include "nubo/region/store.h"

namespace nubo::region {
namespace {

namespace fs = std::filesystem;

// The longest path below it, of a control socket, has to fit 107 bytes.
constexpr size_t kStateDirMax = 76;
constexpr uint32_t kNobody = 65534;
// Five seconds of grace, and the time until those whose shims hang are ended without them.
constexpr absl::Duration kEndTimeout = absl::Seconds(30);
// How often it is looked whether the socket and the directory are still there.
constexpr std::chrono::milliseconds kDoorRound(1000);
constexpr absl::Duration kEmptyFor = absl::Seconds(3);
// A former one that has been killed, or is on its way out, may take a moment to be gone.
constexpr absl::Duration kLockPatience = absl::Seconds(1);
// A template of 51,200 bytes and 200 parameters of 4,096 are less than a megabyte.
constexpr int kRequestBytesMax = 2 << 20;
// Each call that is answered, or that follows something, has one; more are refused with RESOURCE_EXHAUSTED.
constexpr int kThreadsMax = 128;

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

// What the control plane makes is its own alone. Only where instances are another user and cannot be given a view of
// their own may they pass through to their own directories; they still may not look around, nor see run and log.
absl::Status Protect(const Paths& paths, bool isolated) {
  std::vector<std::pair<std::string, mode_t>> modes = {
      {paths.state, 0700}, {paths.Run(), 0700}, {paths.Logs(), 0700}, {paths.Programs(), 0755}, {paths.Trash(), 0700}};
  if (!isolated && getuid() == 0) {
    modes[0].second = 0711;
    for (const std::string& path : {paths.Instance(""), paths.Service(""), paths.Images(), paths.Data()}) {
      modes.push_back({path, 0711});
    }
    umask(0066);
  }
  for (const auto& [path, mode] : modes) {
    if (chmod(path.c_str(), mode) == 0) continue;
    return absl::UnavailableError(absl::StrCat("cannot protect ", path, ": ", std::strerror(errno)));
  }
  return absl::OkStatus();
}

absl::Status MakeDirectories(const Paths& paths) {
  for (const std::string& path : {paths.state, paths.Run(), paths.Logs(), paths.Instance(""), paths.Service(""),
                                  paths.Images(), paths.Programs(), paths.Data(), paths.Trash()}) {
    std::error_code error;
    // What is in them, and not known, is removed: it must not be somebody else's.
    if (path != paths.state && fs::is_symlink(path, error)) {
      return absl::FailedPreconditionError(
          absl::StrCat(path,
                       " is a link, and what it leads to may be somebody else's; put a directory in its place, or "
                       "choose another state directory with --state"));
    }
    fs::create_directories(path, error);
    if (error) return absl::UnavailableError(absl::StrCat("cannot make ", path, ": ", error.message()));
  }
  return absl::OkStatus();
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

// A copy that its processes can see and that a rebuild does not change; a new one only if the program is another.
absl::StatusOr<std::string> InstallProgram(const Paths& paths, absl::string_view name, const std::string& program) {
  struct stat info;
  if (stat(program.c_str(), &info) != 0) return absl::NotFoundError(absl::StrCat("there is no ", program));
  const std::string copy = absl::StrCat(paths.Programs(), "/", name, "-", absl::Hex(info.st_mtim.tv_sec),
                                        absl::Hex(info.st_mtim.tv_nsec), "-", absl::Hex(info.st_size));
  if (access(copy.c_str(), X_OK) == 0) return copy;
  std::error_code error;
  fs::copy_file(program, copy + ".new", fs::copy_options::overwrite_existing, error);
  if (!error) fs::permissions(copy + ".new", static_cast<fs::perms>(0755), error);
  if (!error) fs::rename(copy + ".new", copy, error);
  if (!error) return copy;
  std::error_code ignored;
  fs::remove(copy + ".new", ignored);
  // A full disk has no room for a new one, and a former one can end what is to be ended.
  if (error == std::errc::no_space_on_device) {
    for (const auto& entry : fs::directory_iterator(paths.Programs(), ignored)) {
      const std::string former = entry.path().filename();
      // "nubo-5f…", and not "nubo-shim-5f…".
      const size_t digit = name.size() + 1;
      const bool same = absl::StartsWith(former, absl::StrCat(name, "-")) && former.size() > digit &&
                        absl::ascii_isxdigit(static_cast<unsigned char>(former[digit])) &&
                        !absl::EndsWith(former, ".new");
      if (same) return entry.path().string();
    }
  }
  return absl::UnavailableError(absl::StrCat("cannot copy ", program, " to ", copy, ": ", error.message()));
}

// The user's home, unless it is one of those that are hidden anyway, or the system's.
std::vector<std::string> UnusualHome() {
  const passwd* user = getpwuid(getuid());
  struct stat info;
  if (user == nullptr || user->pw_dir == nullptr || stat(user->pw_dir, &info) != 0) return {};
  const std::string home = user->pw_dir;
  if (getuid() == 0 || info.st_uid != getuid() || home == "/") return {};
  return {home};
}

// Instances never run as root: as whoever called sudo, or as nobody.
drivers::ProcessDriver::Options DriverOptions(const std::string& shim, const Paths& paths) {
  drivers::ProcessDriver::Options driver{.shim_path = shim, .run_dir = paths.Run(), .uid = kNobody, .gid = kNobody};
  driver.hidden_dirs = UnusualHome();
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
      std::unique_lock lock(mutex_);
      while (!stop_) {
        changed_.wait_for(lock, std::chrono::milliseconds(500));
        bool none = false;
        region.Look([&](const Context& context) { none = context.model.stacks.empty(); });
        used = used || !none;
        empty = none && used ? empty + absl::Milliseconds(500) : absl::ZeroDuration();
        if (empty >= kEmptyFor && region.BeginEnding().ok()) return shut_down();
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

// A region that was not taken down has left stacks, or processes of its own. One that cannot be read has, too.
bool InUse(Store& store) {
  for (const char* table : {"services/", "stacks/"}) {
    const auto records = store.List(table);
    if (!records.ok() || !records->empty()) return true;
  }
  return false;
}

// The addresses that the store's region was started with hold for its successor, whose processes still have them.
absl::Status KeepAddresses(Store& store, ServeOptions& options) {
  const auto dns = store.Get("settings/dns-address");
  const auto http = store.Get("settings/http-address");
  if (InUse(store) && dns.ok() && http.ok()) {
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

// What the region needs, once it is known that it can start.
struct Prepared {
  std::unique_ptr<Store> store;
  std::string program;
  std::string shim;
  // Why instances cannot be isolated; "" if they can.
  std::string not_isolated;
  // The files that a process might have open before this one asked for more.
  uint64_t usual_files = 0;
};

// A store that is empty, or new, beside processes that run: it has been emptied, or moved away.
absl::Status UnknownProcesses(const Paths& paths, const std::vector<std::string>& strays) {
  constexpr size_t kNamedMax = 5;
  const std::vector<std::string> named(strays.begin(), strays.begin() + std::min(strays.size(), kNamedMax));
  return absl::FailedPreconditionError(
      absl::StrCat("the store ", paths.Store(), " knows nothing of ", strays.size(), " processes that run (",
                   absl::StrJoin(named, ", "), strays.size() > kNamedMax ? ", …" : "",
                   "); put the store back, or end them with: nubo down --state ", paths.state));
}

// A region that was allowed to go on without isolation stays so for its successors.
absl::Status KeepPermission(Store& store, ServeOptions& options) {
  const auto former = store.Get("settings/allow-unisolated");
  if (InUse(store) && former.ok() && former->value == "yes") options.allow_unisolated = true;
  const char* permission = options.allow_unisolated ? "yes" : "no";
  // Where nothing differs nothing is written: a region whose disk is full can be started, to be ended.
  if (former.ok() && former->value == permission) return absl::OkStatus();
  Batch batch;
  batch.Put("settings/allow-unisolated", permission);
  return store.Apply(batch).status();
}

// Once for all that is started later. A region that has something already goes on, so that it can be ended; but what
// it starts from now on is not started.
absl::Status CheckIsolation(const Paths& paths, const ServeOptions& options, bool in_use, Prepared& prepared) {
  prepared.not_isolated = drivers::WhyNotIsolated(DriverOptions(options.shim_path, paths), paths.state + "/probe");
  if (prepared.not_isolated.empty() || options.allow_unisolated || in_use) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("instances cannot be kept apart from this user's files here: ", prepared.not_isolated,
                   "; what would help says nubo doctor; to run them all the same, give --allow-unisolated"));
}

// One line, with the time, where the launcher has put standard error: log/nubo.log.
void Log(absl::string_view text) {
  std::fprintf(stderr, "%s %.*s\n", TimeText(absl::Now()).c_str(), static_cast<int>(text.size()), text.data());
}

// What runs is to be ended, and needs no store for that. One that cannot be read is kept for whoever wants to look at
// it.
absl::Status SetAsideIfDamaged(const Paths& paths) {
  (void)chmod(paths.Store().c_str(), S_IRUSR | S_IWUSR);
  absl::Status readable = SqliteStore::Check(paths.Store());
  const bool full = absl::IsResourceExhausted(readable);
  if (readable.ok() || full) return absl::OkStatus();
  const std::string aside = absl::StrCat(paths.state, "/", kDamagedStore);
  std::error_code error, ignored;
  fs::remove_all(aside, ignored);
  fs::rename(paths.Store(), aside, error);
  if (error) return readable;
  for (const char* suffix : {"-wal", "-shm"}) {
    fs::remove(aside + suffix, ignored);
    fs::rename(paths.Store() + suffix, aside + suffix, ignored);
  }
  Log(absl::StrCat(readable.message(), "; it is kept as ", aside, ", and all that runs is ended"));
  return absl::OkStatus();
}

absl::StatusOr<Prepared> PrepareToServe(const Paths& paths, ServeOptions& options) {
  Prepared prepared;
  NUBO_RETURN_IF_ERROR(MakeDirectories(paths));
  if (options.end_strays) NUBO_RETURN_IF_ERROR(SetAsideIfDamaged(paths));
  NUBO_ASSIGN_OR_RETURN(prepared.store, SqliteStore::Open(paths.Store()));
  if (options.crash_at > 0) {
    prepared.store =
        std::make_unique<CrashingStore>(std::move(prepared.store), options.crash_at, [] { kill(getpid(), SIGKILL); });
  }
  const bool in_use = InUse(*prepared.store);
  NUBO_RETURN_IF_ERROR(KeepPermission(*prepared.store, options));
  NUBO_RETURN_IF_ERROR(CheckIsolation(paths, options, in_use, prepared));
  NUBO_RETURN_IF_ERROR(Protect(paths, prepared.not_isolated.empty()));
  // They would hold the addresses.
  if (!in_use) {
    const std::vector<std::string> strays = LiveStrays(paths);
    if (!strays.empty() && !options.end_strays) return UnknownProcesses(paths, strays);
    NUBO_RETURN_IF_ERROR(EndStrays(paths, DriverOptions(options.shim_path, paths), kEndTimeout));
  }
  NUBO_RETURN_IF_ERROR(KeepAddresses(*prepared.store, options));
  NUBO_ASSIGN_OR_RETURN(prepared.program, InstallProgram(paths, "nubo", options.nubo_path));
  NUBO_ASSIGN_OR_RETURN(prepared.shim, InstallProgram(paths, "nubo-shim", options.shim_path));
  RemoveOldPrograms(paths, *prepared.store, {prepared.program, prepared.shim});
  return prepared;
}

std::unique_ptr<grpc::Server> Listen(const std::string& socket,
                                     const std::vector<std::unique_ptr<grpc::Service>>& services) {
  grpc::ServerBuilder builder;
  grpc::ResourceQuota quota;
  quota.SetMaxThreads(kThreadsMax);
  builder.SetResourceQuota(quota);
  builder.SetMaxReceiveMessageSize(kRequestBytesMax);
  builder.AddListeningPort("unix:" + socket, grpc::InsecureServerCredentials());
  for (const auto& service : services) builder.RegisterService(service.get());
  return builder.BuildAndStart();
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

// The socket on which the region is asked. Somebody may remove it: it is made again.
class Door {
 public:
  Door(Region& region, const ServiceOptions& options, std::string socket)
      : region_(region), options_(options), socket_(std::move(socket)) {}
  ~Door() { Close(); }

  absl::Status Open() {
    // gRPC removes the path that a server was given when that server ends. So each has one of its own, and is moved to
    // where the region is looked for.
    const std::string own = absl::StrCat(socket_, ".", opened_++);
    std::error_code error;
    fs::remove(own, error);
    std::vector<std::unique_ptr<grpc::Service>> services = MakeServices(region_, options_);
    std::unique_ptr<grpc::Server> server = Listen(own, services);
    if (server != nullptr) fs::rename(own, socket_, error);
    if (server == nullptr || error) return absl::UnavailableError(absl::StrCat("cannot listen on ", socket_));
    services_.push_back(std::move(services));
    servers_.push_back(std::move(server));
    inode_ = InodeOf(socket_);
    if (servers_.size() <= kServersMax) return absl::OkStatus();
    servers_.front()->Shutdown(std::chrono::system_clock::now());
    servers_.erase(servers_.begin());
    services_.erase(services_.begin());
    return absl::OkStatus();
  }

  // `ends`: whether the region has to; the watch is over once it has said so.
  void Watch(std::function<bool()> ends) {
    thread_ = std::thread([this, ends = std::move(ends)] {
      std::string said;
      std::unique_lock lock(mutex_);
      while (!closing_.wait_for(lock, kDoorRound, [this] { return closed_; })) {
        if (ends()) return;
        if (InodeOf(socket_) == inode_) continue;
        const absl::Status opened = Open();
        const std::string what = opened.ok() ? absl::StrCat("somebody has removed ", socket_, "; it is there again")
                                             : std::string(opened.message());
        // What cannot be done is tried every time, and told once.
        if (opened.ok() || what != said) Log(what);
        said = what;
      }
    });
  }

  void Close() {
    {
      std::lock_guard lock(mutex_);
      closed_ = true;
    }
    closing_.notify_all();
    if (thread_.joinable()) thread_.join();
    for (const auto& server : servers_) server->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(2));
    servers_.clear();
    std::error_code ignored;
    fs::remove(socket_, ignored);
  }

 private:
  // However often the socket is removed.
  static constexpr size_t kServersMax = 3;

  static ino_t InodeOf(const std::string& path) {
    struct stat info;
    return lstat(path.c_str(), &info) == 0 ? info.st_ino : 0;
  }

  Region& region_;
  const ServiceOptions options_;
  const std::string socket_;
  // Those of a socket that was removed go on for who is connected.
  std::vector<std::vector<std::unique_ptr<grpc::Service>>> services_;
  std::vector<std::unique_ptr<grpc::Server>> servers_;
  uint64_t opened_ = 0;
  ino_t inode_ = 0;
  std::mutex mutex_;
  std::condition_variable closing_;
  bool closed_ = false;  // guarded by mutex_
  std::thread thread_;
};

// What keeps others from the state directory. Somebody may remove it, alone or with all the rest.
class Tenure {
 public:
  enum class State { kHeld, kAnothers, kDirectoryGone };

  // Takes `lock` over.
  Tenure(const Paths& paths, int lock) : paths_(paths), lock_(lock) {}
  ~Tenure() { close(lock_); }
  Tenure(const Tenure&) = delete;
  Tenure& operator=(const Tenure&) = delete;

  // Takes the lock anew where it is missing and nobody else has it.
  State Look() {
    if (HasLock(lock_, paths_.state)) return State::kHeld;
    if (access(paths_.Store().c_str(), F_OK) != 0) return State::kDirectoryGone;
    const absl::StatusOr<int> again = LockStateDirectory(paths_.state, absl::ZeroDuration());
    if (absl::IsAlreadyExists(again.status())) return State::kAnothers;
    // For lack of space, say. Who comes meanwhile cannot take it either.
    if (!again.ok()) return State::kHeld;
    close(std::exchange(lock_, *again));
    Log(absl::StrCat("somebody has removed the lock of ", paths_.state, "; it is there again"));
    return State::kHeld;
  }

 private:
  const Paths& paths_;
  int lock_;
};

absl::Status ServePrepared(const Paths& paths, const ServeOptions& options, const Prepared& prepared, Tenure& tenure,
                           int& ready_fd) {
  signal(SIGPIPE, SIG_IGN);
  Ending ending;
  base::SystemClock clock;
  base::RandomIdSource ids;
  drivers::ProcessDriver::Options driver = DriverOptions(prepared.shim, paths);
  driver.allow_unisolated = options.allow_unisolated;
  driver.open_files = prepared.usual_files;
  Region region({paths, options.dns_address, options.http_address, MayUsePorts(1, 15), MayUsePorts(53, 53),
                 OwnUsersGranted(), fabrics::BlockLocks::UsersDirectory(), prepared.program, std::move(driver), Log},
                *prepared.store, clock, ids);
  const absl::Status started = region.Start();
  if (absl::IsDataLoss(started)) {
    return absl::DataLossError(
        absl::StrCat("store ", paths.Store(), ": ", started.message(), "; move it away to start anew"));
  }
  NUBO_RETURN_IF_ERROR(started);

  ServiceOptions service_options{options.state_dir,
                                 options.dns_address.ToString(),
                                 options.http_address.ToString(),
                                 options.fabric,
                                 base::kVersion,
                                 prepared.not_isolated,
                                 options.allow_unisolated,
                                 [&ending] { ending.ShutDown(); }};
  Door door(region, service_options, absl::StrCat(paths.Run(), "/", kControlSocket, ".sock"));
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
  Tenure tenure(paths, lock);
  const bool fresh = !fs::exists(paths.Store());
  absl::StatusOr<Prepared> prepared = PrepareToServe(paths, options);
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
