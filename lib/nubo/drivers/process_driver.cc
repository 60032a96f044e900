#include "nubo/drivers/process_driver.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "nubo/base/status.h"
#include "nubo/drivers/shim_spec.h"

namespace nubo::drivers {
namespace {

// A line from a shim is short; more without an end is not one of ours.
constexpr size_t kLineMax = 4096;

absl::Status SystemError(absl::string_view what) {
  return absl::InternalError(absl::StrCat(what, ": ", std::strerror(errno)));
}

// Writes a file of this mode, owned by `uid` if that can be.
absl::Status WriteFile(const std::string& path, absl::string_view text, mode_t mode, uint32_t uid, uint32_t gid) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
  if (fd < 0) return SystemError(absl::StrCat("cannot write ", path));
  absl::Status status;
  if (write(fd, text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    status = SystemError(absl::StrCat("cannot write ", path));
  }
  fchmod(fd, mode);
  if (getuid() == 0 && fchown(fd, uid, gid) != 0) status = SystemError(absl::StrCat("cannot give away ", path));
  close(fd);
  return status;
}

absl::Status MakeOwnDirectory(const std::string& path, uint32_t uid, uint32_t gid) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return absl::InternalError(absl::StrCat("cannot make ", path, ": ", error.message()));
  if (chmod(path.c_str(), 0700) != 0) return SystemError(absl::StrCat("cannot protect ", path));
  if (getuid() == 0 && chown(path.c_str(), uid, gid) != 0) return SystemError(absl::StrCat("cannot give away ", path));
  return absl::OkStatus();
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
}

// The number after `key` in a shim's line.
int NumberAfter(absl::string_view line, absl::string_view key) {
  const size_t at = line.find(key);
  int number = 0;
  if (at == absl::string_view::npos) return 0;
  const absl::string_view rest = line.substr(at + key.size());
  return absl::SimpleAtoi(rest.substr(0, rest.find(' ')), &number) ? number : 0;
}

// How a shim's last line reads to people.
std::string DescribeEnd(absl::string_view line) {
  if (absl::StartsWith(line, "failed ")) return absl::StrCat("could not be started: ", line.substr(7));
  if (absl::StrContains(line, "signal=")) return absl::StrCat("was killed by signal ", NumberAfter(line, "signal="));
  return absl::StrCat("exited with status ", NumberAfter(line, "code="));
}

bool IsEnd(absl::string_view line) { return absl::StartsWith(line, "exited ") || absl::StartsWith(line, "failed "); }

}  // namespace

ProcessDriver::ProcessDriver(Options options, std::function<void(const ProcessEvent&)> callback)
    : options_(std::move(options)), callback_(std::move(callback)) {
  int ends[2] = {-1, -1};
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0) {
    wake_read_ = ends[0];
    wake_write_ = ends[1];
  }
  thread_ = std::thread([this] { Run(); });
}

ProcessDriver::~ProcessDriver() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  Wake();
  thread_.join();
  for (auto& [id, shim] : shims_) {
    if (shim.fd >= 0) close(shim.fd);
  }
  close(wake_read_);
  close(wake_write_);
}

void ProcessDriver::Wake() {
  // A full pipe wakes just as well.
  (void)!write(wake_write_, "w", 1);
}

void ProcessDriver::Do(Command command) {
  {
    std::lock_guard lock(mutex_);
    commands_.push_back(std::move(command));
  }
  Wake();
}

std::string ProcessDriver::SocketPath(absl::string_view id) const {
  return absl::StrCat(options_.run_dir, "/", id, ".sock");
}

absl::Status ProcessDriver::Prepare(const ProcessSpec& spec, std::string& spec_path) {
  ShimSpec shim;
  shim.id = spec.id;
  shim.directory = spec.directory;
  shim.argv = spec.argv;
  for (const auto& [name, value] : spec.environment) shim.environment.push_back(absl::StrCat(name, "=", value));
  shim.writable = spec.writable_dirs;
  shim.read_only = spec.read_only_dirs;
  shim.hidden = spec.hidden_dirs;
  shim.hostname = spec.hostname;
  shim.log_path = spec.log_path;
  shim.socket_path = SocketPath(spec.id);
  shim.uid = options_.uid;
  shim.gid = options_.gid;
  shim.bind_low_ports = spec.bind_low_ports;
  NUBO_RETURN_IF_ERROR(MakeOwnDirectory(spec.directory, shim.uid, shim.gid));
  for (const std::string& path : spec.writable_dirs) NUBO_RETURN_IF_ERROR(MakeOwnDirectory(path, shim.uid, shim.gid));
  for (const auto& [name, content] : spec.private_files) {
    NUBO_RETURN_IF_ERROR(WriteFile(absl::StrCat(spec.directory, "/", name), content, 0600, shim.uid, shim.gid));
  }
  if (!spec.script.empty()) {
    const std::string path = absl::StrCat(spec.directory, "/user-data");
    NUBO_RETURN_IF_ERROR(WriteFile(path, spec.script, 0700, shim.uid, shim.gid));
    shim.argv = {path};
  }
  unlink(ExitPath(shim.socket_path).c_str());
  spec_path = absl::StrCat(options_.run_dir, "/", spec.id, ".spec");
  return WriteFile(spec_path, Serialize(shim), 0600, getuid(), getgid());
}

absl::Status ProcessDriver::Launch(ProcessSpec spec) {
  if (spec.script.empty() == spec.argv.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(spec.id, ": either a program or a script is needed"));
  }
  if (!spec.script.empty() && !absl::StartsWith(spec.script, "#!")) {
    return absl::InvalidArgumentError(absl::StrCat(spec.id, ": a script's first line begins with #!"));
  }
  std::string spec_path;
  NUBO_RETURN_IF_ERROR(Prepare(spec, spec_path));
  Do([this, id = spec.id, spec_path] { StartShim(id, spec_path); });
  return absl::OkStatus();
}

void ProcessDriver::Terminate(absl::string_view id, absl::Duration grace) {
  Do([this, id = std::string(id), grace] {
    Tell(id, absl::StrCat("terminate ", std::max<int64_t>(0, absl::ToInt64Milliseconds(grace)), "\n"));
  });
}

void ProcessDriver::Kill(absl::string_view id) {
  Do([this, id = std::string(id)] { Tell(id, "kill\n"); });
}

void ProcessDriver::Adopt(const std::vector<std::string>& ids) {
  Do([this, ids] {
    for (const std::string& id : ids) Connect(id, /*adopting=*/true);
  });
}

void ProcessDriver::Forget(absl::string_view id) {
  Do([this, id = std::string(id)] {
    Tell(id, "quit\n");
    const auto it = shims_.find(id);
    if (it != shims_.end()) {
      if (it->second.fd >= 0) close(it->second.fd);
      shims_.erase(it);
    }
  });
}

void ProcessDriver::StartShim(const std::string& id, const std::string& spec_path) {
  int errors[2];
  if (pipe2(errors, O_CLOEXEC) != 0) return Exited(id, "could not be started: no pipe");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, errors[1], STDERR_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  const char* argv[] = {"nubo-shim", "--spec", spec_path.c_str(), nullptr};
  char* environment[] = {nullptr};
  pid_t pid = -1;
  const int code =
      posix_spawn(&pid, options_.shim_path.c_str(), &actions, &attributes, const_cast<char**>(argv), environment);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  close(errors[1]);
  std::string complaint;
  char buffer[512];
  ssize_t got;
  while (code == 0 && (got = read(errors[0], buffer, sizeof buffer)) > 0 && complaint.size() < kLineMax) {
    complaint.append(buffer, got);
  }
  close(errors[0]);
  int status = 0;
  if (code == 0) {
    // Returns as soon as the shim listens and has put itself into the background.
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
  }
  if (code != 0 || status != 0) {
    unlink(spec_path.c_str());
    return Exited(id, absl::StrCat("could not be started: ", options_.shim_path, ": ",
                                   code != 0 ? std::strerror(code) : complaint));
  }
  Connect(id, /*adopting=*/false);
}

void ProcessDriver::Connect(const std::string& id, bool adopting) {
  const std::string path = SocketPath(id);
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool fits = path.size() < sizeof address.sun_path;
  if (fits) std::memcpy(address.sun_path, path.data(), path.size());
  ucred peer = {};
  socklen_t size = sizeof peer;
  const bool connected = fits && connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
                         getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == getuid();
  if (!connected) {
    close(fd);
    const std::string last = ReadFile(ExitPath(path));
    unlink(path.c_str());
    unlink(ExitPath(path).c_str());
    return Exited(id, IsEnd(last) ? DescribeEnd(last)
                      : adopting  ? "ended while nobody was watching"
                                  : "lost its shim at once");
  }
  shims_[id] = {fd, "", false};
}

void ProcessDriver::ReadShim(const std::string& id) {
  const auto it = shims_.find(id);
  if (it == shims_.end()) return;
  char buffer[kLineMax];
  const ssize_t got = recv(it->second.fd, buffer, sizeof buffer, MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0 || it->second.pending.size() > kLineMax) {
    close(it->second.fd);
    it->second.fd = -1;
    const bool known = it->second.exited;
    unlink(SocketPath(id).c_str());
    if (!known) Exited(id, "ended because its shim was killed");
    return;
  }
  it->second.pending.append(buffer, got);
  while (true) {
    const auto again = shims_.find(id);
    if (again == shims_.end()) return;
    std::string& pending = again->second.pending;
    const size_t end = pending.find('\n');
    if (end == std::string::npos) return;
    const std::string line = pending.substr(0, end);
    pending.erase(0, end + 1);
    OnLine(id, line);
  }
}

void ProcessDriver::OnLine(const std::string& id, absl::string_view line) {
  if (IsEnd(line)) return Exited(id, DescribeEnd(line));
  if (!absl::StartsWith(line, "running ")) return;
  ProcessEvent event{.id = id, .kind = ProcessEvent::Kind::kRunning, .pid = NumberAfter(line, "pid=")};
  event.isolated = NumberAfter(line, "isolated=") == 1;
  const std::vector<absl::string_view> parts = absl::StrSplit(line, absl::MaxSplits(' ', 3));
  if (parts.size() == 4) event.message = std::string(parts[3]);
  callback_(event);
}

void ProcessDriver::Exited(const std::string& id, std::string message) {
  Shim& shim = shims_[id];
  if (shim.exited) return;
  shim.exited = true;
  callback_({.id = id, .kind = ProcessEvent::Kind::kExited, .message = std::move(message)});
}

void ProcessDriver::Tell(absl::string_view id, absl::string_view command) {
  const auto it = shims_.find(id);
  if (it == shims_.end() || it->second.fd < 0) return;
  (void)send(it->second.fd, command.data(), command.size(), MSG_NOSIGNAL);
}

void ProcessDriver::Run() {
  while (true) {
    std::deque<Command> commands;
    {
      std::lock_guard lock(mutex_);
      if (stopping_) return;
      commands.swap(commands_);
    }
    for (const Command& command : commands) command();
    std::vector<pollfd> fds = {{wake_read_, POLLIN, 0}};
    std::vector<std::string> ids = {""};
    for (const auto& [id, shim] : shims_) {
      if (shim.fd < 0) continue;
      fds.push_back({shim.fd, POLLIN, 0});
      ids.push_back(id);
    }
    if (poll(fds.data(), fds.size(), -1) <= 0) continue;
    char drained[64];
    if (fds[0].revents != 0) {
      while (read(wake_read_, drained, sizeof drained) > 0) {
      }
    }
    for (size_t i = 1; i < fds.size(); ++i) {
      if (fds[i].revents != 0) ReadShim(ids[i]);
    }
  }
}

}  // namespace nubo::drivers
