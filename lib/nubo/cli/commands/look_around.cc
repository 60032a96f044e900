// What LookAround() asks of the machine: proc(5), statvfs(3), adjtimex(2).
#include "nubo/cli/commands/doctor.h"

#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "nubo/cli/args/names.h"
#include "nubo/drivers/isolation_probe.h"
#include "nubo/region/state/state_directory.h"
#include "nubo/store/sqlite_store.h"

namespace nubo::cli {
namespace {

namespace fs = std::filesystem;

// An address of a subnet that nobody is likely to use.
constexpr uint32_t kSomeLoopback = 0x7f2a0105;
// One line a socket; a machine with more of them is busy enough to be asked only in part.
constexpr int kSocketsMax = 100000;

constexpr const char* kDatabasePrograms[] = {"mariadbd", "mariadb-install-db"};

// Isolates one, in a directory of its own, as a region would.
std::string TryIsolation(const std::string& shim_path) {
  char room[] = "/tmp/nubo-doctor-XXXXXX";
  if (::mkdtemp(room) == nullptr) return absl::StrCat("it cannot be tried in /tmp: ", std::strerror(errno));
  const drivers::ProcessDriver::Options options{.shim_path = shim_path, .run_dir = room};
  const std::string problem = drivers::WhyNotIsolated(options, absl::StrCat(room, "/probe"));
  ::rmdir(room);
  return problem;
}

socklen_t ToSockaddr(const net::SocketAddress& address, sockaddr_storage& storage) {
  const std::string bytes = address.ip.ToBytes();
  if (address.ip.is_v4()) {
    auto& v4 = reinterpret_cast<sockaddr_in&>(storage);
    v4.sin_family = AF_INET;
    v4.sin_port = htons(address.port);
    std::memcpy(&v4.sin_addr, bytes.data(), bytes.size());
    return sizeof(v4);
  }
  auto& v6 = reinterpret_cast<sockaddr_in6&>(storage);
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(address.port);
  std::memcpy(&v6.sin6_addr, bytes.data(), bytes.size());
  return sizeof(v6);
}

std::string TryBind(const net::SocketAddress& address, bool tcp) {
  sockaddr_storage storage = {};
  const socklen_t size = ToSockaddr(address, storage);
  const int fd = ::socket(storage.ss_family, (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0);
  if (fd < 0) return std::strerror(errno);
  const int yes = 1;
  // As servers do: what was closed a moment ago is free.
  if (tcp) ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  const bool bound =
      ::bind(fd, reinterpret_cast<const sockaddr*>(&storage), size) == 0 && (!tcp || ::listen(fd, 1) == 0);
  const int problem = errno;
  ::close(fd);
  return bound ? "" : std::strerror(problem);
}

// The inode of the socket that is bound to this port, as /proc/net/tcp and its like tell; its address may be any.
std::optional<std::string> InodeOfPort(const char* table, uint16_t port, bool listening) {
  std::ifstream file(table);
  std::string line;
  for (int i = 0; i < kSocketsMax && std::getline(file, line); ++i) {
    const std::vector<std::string> words = absl::StrSplit(line, ' ', absl::SkipEmpty());
    if (words.size() < 10) continue;
    const size_t colon = words[1].rfind(':');
    if (colon == std::string::npos || ::strtoul(words[1].c_str() + colon + 1, nullptr, 16) != port) continue;
    // 0A is LISTEN.
    if (!listening || words[3] == "0A") return words[9];
  }
  return std::nullopt;
}

bool HasSocket(const fs::path& descriptors, const std::string& inode) {
  std::error_code error;
  for (fs::directory_iterator it(descriptors, error), end; !error && it != end; it.increment(error)) {
    std::error_code unreadable;
    if (fs::read_symlink(it->path(), unreadable).string() == absl::StrCat("socket:[", inode, "]")) return true;
  }
  return false;
}

// "nginx (process 812)"; "" if it is a process that we may not look into.
std::string HolderOf(const std::string& inode) {
  std::error_code error;
  for (fs::directory_iterator it("/proc", error), end; !error && it != end; it.increment(error)) {
    const std::string pid = it->path().filename().string();
    if (!absl::ascii_isdigit(static_cast<unsigned char>(pid[0])) || !HasSocket(it->path() / "fd", inode)) continue;
    std::ifstream comm(it->path() / "comm");
    std::string name;
    std::getline(comm, name);
    return absl::StrCat(name, " (process ", pid, ")");
  }
  return "";
}

AddressSeen LookAtAddress(const net::SocketAddress& address, bool tcp) {
  AddressSeen seen;
  seen.address = address;
  seen.tcp = tcp;
  seen.problem = TryBind(address, tcp);
  if (seen.problem.empty()) return seen;
  for (const char* table : tcp ? std::initializer_list<const char*>{"/proc/net/tcp", "/proc/net/tcp6"}
                               : std::initializer_list<const char*>{"/proc/net/udp", "/proc/net/udp6"}) {
    const auto inode = InodeOfPort(table, address.port, tcp);
    if (inode.has_value() && seen.holder.empty()) seen.holder = HolderOf(*inode);
  }
  return seen;
}

std::string NearestExisting(fs::path path) {
  std::error_code error;
  while (!fs::exists(path, error) && path.has_parent_path() && path != path.parent_path()) path = path.parent_path();
  return path.string();
}

bool InPath(const std::string& program) {
  const char* path = ::getenv("PATH");
  std::vector<std::string> directories = absl::StrSplit(path == nullptr ? "" : path, ':', absl::SkipEmpty());
  // Where Debian keeps servers, which is not on everybody's PATH.
  directories.push_back("/usr/sbin");
  for (const std::string& directory : directories) {
    if (::access(absl::StrCat(directory, "/", program).c_str(), X_OK) == 0) return true;
  }
  return false;
}

void LookAtState(const std::string& state_dir, MachineSeen& seen) {
  seen.state_parent = NearestExisting(state_dir);
  if (::access(seen.state_parent.c_str(), W_OK | X_OK) != 0) {
    seen.state_problem = absl::StrCat(seen.state_parent, " cannot be written: ", std::strerror(errno));
  }
  absl::Status usable = region::CheckStateDirectory(state_dir);
  if (usable.ok()) usable = store::SqliteStore::Check(absl::StrCat(state_dir, "/state.db"));
  if (seen.state_problem.empty() && !usable.ok()) {
    // What would be right is advice that doctor gives for all of them.
    const std::string problem(usable.message());
    seen.state_problem = problem.substr(0, problem.find("; choose"));
  }
  struct statvfs info;
  if (::statvfs(seen.state_parent.c_str(), &info) == 0) {
    seen.disk_free_bytes = uint64_t{info.f_bavail} * info.f_frsize;
  }
}

}  // namespace

MachineSeen LookAround(const DoctorOptions& options) {
  MachineSeen seen;
  seen.isolation_problem = TryIsolation(options.shim_path);
  seen.http = {LookAtAddress(options.http_address, true)};
  seen.dns = {LookAtAddress(options.dns_address, true), LookAtAddress(options.dns_address, false)};
  rlimit files = {};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0) seen.files_max = files.rlim_max;
  LookAtState(options.state_dir, seen);
  const std::string problem = TryBind({net::IpAddress::V4(kSomeLoopback), 0}, true);
  if (!problem.empty()) {
    seen.loopback_problem =
        absl::StrCat(net::IpAddress::V4(kSomeLoopback).ToString(), " cannot be listened on: ", problem);
  }
  seen.shim_path = options.shim_path;
  if (::access(options.shim_path.c_str(), X_OK) != 0) seen.shim_problem = std::strerror(errno);
  for (const char* program : kDatabasePrograms) {
    if (!InPath(program)) seen.missing_programs.push_back(program);
  }
  seen.now = absl::Now();
  timex clock = {};
  const int state = ::adjtimex(&clock);
  seen.clock_synchronized = state != TIME_ERROR && (clock.status & STA_UNSYNC) == 0;
  return seen;
}

}  // namespace nubo::cli
