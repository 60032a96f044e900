#include "nubo/daemon/preparation.h"

#include <pwd.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "nubo/base/status.h"
#include "nubo/drivers/isolation_probe.h"
#include "nubo/net/datagram.h"
#include "nubo/net/loop.h"
#include "nubo/net/stream.h"
#include "nubo/region/loop/catalog.h"
#include "nubo/region/loop/recovery.h"
#include "nubo/region/state/state_directory.h"
#include "nubo/store/crashing_store.h"
#include "nubo/store/sqlite_store.h"

namespace nubo::region {
namespace {

namespace fs = std::filesystem;

// The longest path below it, of a control socket, has to fit 107 bytes.
constexpr size_t kStateDirMax = 76;
constexpr uint32_t kNobody = 65534;
// Five seconds of grace, and the time until those whose shims hang are ended without them.
constexpr absl::Duration kEndTimeout = absl::Seconds(30);

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
  for (const std::string& path :
       {paths.state, paths.Run(), paths.Logs(), paths.state + "/instances", paths.state + "/svc",
        paths.state + "/names", paths.Images(), paths.Programs(), paths.Data(), paths.Trash()}) {
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

// A region that was not taken down has left stacks, or processes of its own. One that cannot be read has, too.
bool InUse(store::Store& store) {
  for (const char* table : {"services/", "stacks/"}) {
    const auto records = store.List(table);
    if (!records.ok() || !records->empty()) return true;
  }
  return false;
}

// The addresses that the store's region was started with hold for its successor, whose processes still have them.
absl::Status KeepAddresses(store::Store& store, ServeOptions& options) {
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
  store::Batch batch;
  batch.Put("settings/dns-address", options.dns_address.ToString());
  batch.Put("settings/http-address", options.http_address.ToString());
  return store.Apply(batch).status();
}

// Its other addresses are listened on only later, by others: they would not be in use yet.
absl::Status CheckMetricsAddress(const ServeOptions& options) {
  if (!options.metrics_address.has_value()) return absl::OkStatus();
  const net::SocketAddress& metrics = *options.metrics_address;
  for (const net::SocketAddress& other : {options.http_address, options.dns_address}) {
    const bool same_ip = metrics.ip == other.ip || metrics.ip.IsUnspecified() || other.ip.IsUnspecified();
    if (metrics.port == 0 || metrics.port != other.port || !same_ip) continue;
    return absl::InvalidArgumentError(absl::StrCat("--metrics ", metrics.ToString(), " takes ", other.ToString(),
                                                   ", which the region needs; choose another port"));
  }
  return CheckFree(metrics, /*udp=*/false, "metrics", "--metrics");
}

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
absl::Status KeepPermission(store::Store& store, ServeOptions& options) {
  const auto former = store.Get("settings/allow-unisolated");
  if (InUse(store) && former.ok() && former->value == "yes") options.allow_unisolated = true;
  const char* permission = options.allow_unisolated ? "yes" : "no";
  // Where nothing differs nothing is written: a region whose disk is full can be started, to be ended.
  if (former.ok() && former->value == permission) return absl::OkStatus();
  store::Batch batch;
  batch.Put("settings/allow-unisolated", permission);
  return store.Apply(batch).status();
}

// Once for all that is started later. A region that has something already goes on, so that it can be ended; but what
// it starts from now on is not started.
absl::Status CheckIsolation(const Paths& paths, const ServeOptions& options, bool in_use, Preparation& prepared) {
  prepared.not_isolated = drivers::WhyNotIsolated(DriverOptions(options.shim_path, paths), paths.state + "/probe");
  if (prepared.not_isolated.empty() || options.allow_unisolated || in_use) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("instances cannot be kept apart from this user's files here: ", prepared.not_isolated,
                   "; what would help says nubo doctor; to run them all the same, give --allow-unisolated"));
}

// What runs is to be ended, and needs no store for that. One that cannot be read is kept for whoever wants to look at
// it; one of a newer version can be read, by the program that wrote it, and is refused.
absl::Status SetAsideIfDamaged(const Paths& paths, const StartLog& log) {
  (void)chmod(paths.Store().c_str(), S_IRUSR | S_IWUSR);
  const absl::Status readable = store::SqliteStore::Check(paths.Store());
  // Of a file a passing trouble says nothing: too many open files, somebody else who reads it.
  std::error_code looked;
  const bool no_file = absl::IsUnavailable(readable) && !fs::is_regular_file(paths.Store(), looked);
  if (!absl::IsDataLoss(readable) && !no_file) return absl::OkStatus();
  const std::string aside = absl::StrCat(paths.state, "/", kDamagedStore);
  std::error_code error, ignored;
  fs::remove_all(aside, ignored);
  fs::rename(paths.Store(), aside, error);
  if (error) return readable;
  for (const char* suffix : {"-wal", "-shm"}) {
    fs::remove(aside + suffix, ignored);
    fs::rename(paths.Store() + suffix, aside + suffix, ignored);
  }
  log(absl::StrCat(readable.message(), "; it is kept as ", aside, ", and all that runs is ended"));
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckOptions(const ServeOptions& options) {
  if (options.fabric != "loopback" && options.fabric != "namespaces") {
    return absl::InvalidArgumentError(
        absl::StrCat("there is no fabric ", options.fabric, "; use --fabric namespaces or --fabric loopback"));
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

absl::StatusOr<Preparation> PrepareToServe(const Paths& paths, ServeOptions& options, const StartLog& log) {
  Preparation prepared;
  NUBO_RETURN_IF_ERROR(MakeDirectories(paths));
  if (options.end_strays) NUBO_RETURN_IF_ERROR(SetAsideIfDamaged(paths, log));
  NUBO_ASSIGN_OR_RETURN(prepared.store, store::SqliteStore::Open(paths.Store()));
  if (options.crash_at > 0) {
    prepared.store = std::make_unique<store::CrashingStore>(std::move(prepared.store), options.crash_at,
                                                            [] { kill(getpid(), SIGKILL); });
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
  NUBO_RETURN_IF_ERROR(CheckMetricsAddress(options));
  NUBO_ASSIGN_OR_RETURN(prepared.program, InstallProgram(paths, "nubo", options.nubo_path));
  NUBO_ASSIGN_OR_RETURN(prepared.shim, InstallProgram(paths, "nubo-shim", options.shim_path));
  RemoveOldPrograms(paths, *prepared.store, AllServiceKinds(), {prepared.program, prepared.shim});
  return prepared;
}

}  // namespace nubo::region
