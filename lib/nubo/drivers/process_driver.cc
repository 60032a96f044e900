#include "nubo/drivers/process_driver.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "nubo/base/files.h"
#include "nubo/base/status.h"
#include "nubo/drivers/instance_files.h"
#include "nubo/drivers/shim_client.h"
#include "nubo/drivers/shim_hunt.h"
#include "nubo/drivers/shim_spec.h"

namespace nubo::drivers {
namespace {

constexpr size_t kIdLengthMax = 64;
// How soon a shim that could not be asked is asked again.
constexpr int kAskAgainMs = 200;
// How long after an instance's grace its shim may take to say that it has ended; and, once it was told to go on.
constexpr absl::Duration kShimPatience = absl::Seconds(5);
constexpr absl::Duration kWokenPatience = absl::Seconds(2);
// A shim without an instance ends within milliseconds; one that is stopped is not waited for.
constexpr absl::Duration kDismissPatience = absl::Seconds(1);

// It becomes part of file names.
bool IsPlainName(absl::string_view name) {
  const auto plain = [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_' || c == '.';
  };
  return !name.empty() && name.size() <= kIdLengthMax && name[0] != '.' && std::all_of(name.begin(), name.end(), plain);
}

bool HasNul(const std::vector<std::string>& texts) {
  return std::any_of(texts.begin(), texts.end(),
                     [](const std::string& text) { return text.find('\0') != std::string::npos; });
}

absl::Status Check(const process::Spec& spec, const ShimSpec& shim) {
  const auto bad = [&](absl::string_view why) {
    return absl::InvalidArgumentError(absl::StrCat(spec.id.substr(0, kIdLengthMax), ": ", why));
  };
  if (!IsPlainName(spec.id)) return bad("an id is at most 64 letters, digits and hyphens");
  if (spec.script.empty() == spec.argv.empty()) return bad("either a program or a script is needed");
  if (!spec.script.empty() && !absl::StartsWith(spec.script, "#!")) return bad("a script's first line begins with #!");
  if (shim.socket_path.size() >= sizeof(sockaddr_un{}.sun_path)) {
    return bad(absl::StrCat("the socket's path ", shim.socket_path, " is longer than ",
                            sizeof(sockaddr_un{}.sun_path) - 1, " bytes; use a shorter directory"));
  }
  for (const auto& [name, content] : spec.private_files) {
    if (!IsPlainName(name)) return bad(absl::StrCat("\"", name, "\" is not the plain name of a file"));
  }
  if (!spec.network.name.empty() && !IsPlainName(spec.network.name)) {
    return bad(absl::StrCat("\"", spec.network.name, "\" is not the plain name of a network"));
  }
  for (const ShimFile& file : shim.files) {
    if (HasNul({file.seen_at, file.file})) return bad("no path may hold a NUL");
  }
  const bool nul = HasNul({shim.directory, shim.hostname, shim.log_path, shim.socket_path, shim.network_socket}) ||
                   HasNul(shim.argv) || HasNul(shim.environment) || HasNul(shim.writable) || HasNul(shim.read_only) ||
                   HasNul(shim.hidden);
  if (nul) return bad("no argument, variable or path may hold a NUL");
  return absl::OkStatus();
}

// A script that was written elsewhere: its first line would name an interpreter with a carriage return in its name.
std::string WithUnixLineEnds(const std::string& script) {
  const size_t end = script.find('\n');
  const bool foreign = end != std::string::npos && end > 0 && script[end - 1] == '\r';
  return foreign ? absl::StrReplaceAll(script, {{"\r\n", "\n"}}) : script;
}

int64_t Milliseconds(absl::Duration grace) { return std::max<int64_t>(0, absl::ToInt64Milliseconds(grace)); }

}  // namespace

bool IsLive(const std::string& run_dir, absl::string_view id) {
  const absl::StatusOr<int> fd = ConnectToShim(absl::StrCat(run_dir, "/", id, ".sock"));
  if (fd.ok()) close(*fd);
  return fd.ok() || absl::IsUnavailable(fd.status());
}

ProcessDriver::ProcessDriver(Options options, std::function<void(const process::Event&)> callback)
    : options_(std::move(options)), callback_(std::move(callback)), program_(options_.shim_path) {
  int ends[2] = {-1, -1};
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0) {
    wake_read_ = ends[0];
    wake_write_ = ends[1];
  }
  thread_ = std::thread([this] { Run(); });
}

ProcessDriver::~ProcessDriver() {
  {
    base::MutexLock lock(mutex_);
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
    base::MutexLock lock(mutex_);
    commands_.push_back(std::move(command));
  }
  Wake();
}

std::string ProcessDriver::SocketPath(absl::string_view id) const {
  return absl::StrCat(options_.run_dir, "/", id, ".sock");
}

std::string ProcessDriver::SpecPath(absl::string_view id) const {
  return absl::StrCat(options_.run_dir, "/", id, ".spec");
}

absl::Status ProcessDriver::Prepare(const process::Spec& spec, std::string& spec_path) {
  const base::FileOwner owner =
      spec.uid == 0 ? base::FileOwner{options_.uid, options_.gid} : base::FileOwner{spec.uid, spec.uid};
  ShimSpec shim;
  shim.id = spec.id;
  shim.directory = spec.directory;
  shim.argv = spec.argv;
  for (const auto& [name, value] : spec.environment) shim.environment.push_back(absl::StrCat(name, "=", value));
  shim.writable = spec.writable_dirs;
  shim.read_only = spec.read_only_dirs;
  shim.hidden = spec.hidden_dirs;
  shim.hidden.insert(shim.hidden.end(), options_.hidden_dirs.begin(), options_.hidden_dirs.end());
  for (const auto& [seen_at, file] : spec.files_in_place) shim.files.push_back({seen_at, file});
  shim.hostname = spec.hostname;
  shim.log_path = spec.log_path;
  shim.socket_path = SocketPath(spec.id);
  shim.uid = owner.uid;
  shim.gid = owner.gid;
  shim.bind_low_ports = spec.bind_low_ports;
  shim.keep_running = spec.keep_running;
  shim.network = spec.network.name;
  shim.network_socket = spec.network.holder_socket;
  shim.listens_outside = spec.network.listens_outside;
  shim.holds_networks = spec.holds_networks;
  shim.nested_namespaces = spec.nested_namespaces;
  shim.allow_unisolated = options_.allow_unisolated;
  shim.limits = {.processes = spec.limits.processes,
                 .file_bytes = spec.limits.file_bytes,
                 .open_files = spec.limits.open_files > 0 ? spec.limits.open_files : options_.open_files,
                 .oom_score = spec.limits.oom_score};
  NUBO_RETURN_IF_ERROR(Check(spec, shim));
  NUBO_RETURN_IF_ERROR(MakeOwnDirectory(spec.directory, owner));
  for (const std::string& path : spec.writable_dirs) NUBO_RETURN_IF_ERROR(MakeOwnDirectory(path, owner));
  for (const auto& [name, content] : spec.private_files) {
    NUBO_RETURN_IF_ERROR(base::ReplaceFile(absl::StrCat(spec.directory, "/", name), content, 0600, owner));
  }
  if (!spec.script.empty()) {
    shim.argv = {absl::StrCat(spec.directory, "/user-data")};
    NUBO_RETURN_IF_ERROR(base::ReplaceFile(shim.argv[0], WithUnixLineEnds(spec.script), 0700, owner));
  }
  spec_path = SpecPath(spec.id);
  return base::ReplaceFile(spec_path, Serialize(shim), 0600);
}

absl::Status ProcessDriver::Launch(process::Spec spec) {
  std::string spec_path;
  NUBO_RETURN_IF_ERROR(Prepare(spec, spec_path));
  Do([this, id = spec.id, spec_path] { StartShim(id, spec_path); });
  return absl::OkStatus();
}

void ProcessDriver::Reboot(absl::string_view id, absl::Duration grace) {
  Do([this, id = std::string(id), grace] { Tell(id, absl::StrCat("reboot ", Milliseconds(grace), "\n")); });
}

void ProcessDriver::Terminate(absl::string_view id, absl::Duration grace) {
  Do([this, id = std::string(id), grace] {
    Tell(id, absl::StrCat("terminate ", Milliseconds(grace), "\n"));
    const auto shim = shims_.find(id);
    const bool there =
        (shim != shims_.end() && shim->second.fd >= 0 && !shim->second.exited()) || unasked_.count(id) > 0;
    if (!there) return;
    const auto due = std::chrono::steady_clock::now() +
                     absl::ToChronoNanoseconds(absl::Milliseconds(Milliseconds(grace)) + kShimPatience);
    const auto [ending, first] = endings_.try_emplace(id, Ending{due});
    if (!first) ending->second.due = std::min(ending->second.due, due);
  });
}

void ProcessDriver::Adopt(const std::vector<std::string>& ids) {
  Do([this, ids] {
    for (const std::string& id : ids) Connect(id, process::End::Unknown("ended while nobody was watching"));
  });
}

void ProcessDriver::Forget(absl::string_view id) {
  Do([this, id = std::string(id)] {
    unasked_.erase(id);
    endings_.erase(id);
    const auto it = shims_.find(id);
    if (it == shims_.end()) return;
    // It must be gone before another of this name starts: it takes its socket with it.
    if (it->second.fd >= 0 && it->second.exited()) {
      DismissShim(it->second.fd, kDismissPatience);
    } else if (it->second.fd >= 0) {
      close(it->second.fd);
    }
    shims_.erase(it);
  });
}

void ProcessDriver::StartShim(const std::string& id, const std::string& spec_path) {
  const auto it = shims_.find(id);
  if (it != shims_.end() && it->second.exited()) {
    if (it->second.fd >= 0) DismissShim(it->second.fd, kDismissPatience);
    shims_.erase(it);
  }
  // What runs already is not started twice.
  if (TryConnect(id).ok()) {
    unlink(spec_path.c_str());
    return;
  }
  unlink(ExitPath(SocketPath(id)).c_str());
  const absl::StatusOr<std::string> program = program_.Path();
  const absl::Status started = program.ok() ? RunShim(*program, "--spec", spec_path) : program.status();
  if (!started.ok()) unlink(spec_path.c_str());
  if (!started.ok() && !absl::IsAlreadyExists(started)) {
    return Exited(id, process::End::NotStarted(std::string(started.message())));
  }
  Connect(id, process::End::Unknown("lost its shim at once"));
}

void ProcessDriver::Connect(const std::string& id, const process::End& unless_told) {
  const absl::Status status = TryConnect(id);
  if (absl::IsUnavailable(status)) {
    unasked_[id] = unless_told;
    return;
  }
  unasked_.erase(id);
  if (!status.ok()) Lost(id, unless_told);
}

absl::Status ProcessDriver::TryConnect(const std::string& id) {
  const auto known = shims_.find(id);
  if (known != shims_.end() && known->second.fd >= 0) {
    if (known->second.told.has_value()) callback_(*known->second.told);
    return absl::OkStatus();
  }
  NUBO_ASSIGN_OR_RETURN(const int fd, ConnectToShim(SocketPath(id)));
  Shim& shim = shims_[id];
  shim.fd = fd;
  shim.pending.clear();
  shim.identified = false;
  return absl::OkStatus();
}

// Its shim does not answer: it has ended as its last line says, if it had time to leave one.
void ProcessDriver::Lost(const std::string& id, const process::End& unless_told) {
  const std::string path = SocketPath(id);
  const ShimLine last = ParseShimLine(base::ReadFile(ExitPath(path), kShimLineMax).value_or(""));
  unlink(path.c_str());
  unlink(ExitPath(path).c_str());
  Exited(id, last.kind == ShimLine::Kind::kEnded ? last.end : unless_told);
}

void ProcessDriver::ReadShim(const std::string& id) {
  const auto it = shims_.find(id);
  if (it == shims_.end() || it->second.fd < 0) return;
  char buffer[kShimLineMax];
  const ssize_t got = recv(it->second.fd, buffer, sizeof buffer, MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0 || it->second.pending.size() > kShimLineMax) {
    close(std::exchange(it->second.fd, -1));
    // A shim may have closed this connection only.
    if (!it->second.exited()) Connect(id, HowItEnded(id));
    return;
  }
  std::string& pending = it->second.pending;
  pending.append(buffer, got);
  for (size_t end = pending.find('\n'); end != std::string::npos; end = pending.find('\n')) {
    const std::string line = pending.substr(0, end);
    pending.erase(0, end + 1);
    OnLine(id, line);
  }
}

void ProcessDriver::OnLine(const std::string& id, const std::string& line) {
  Shim& shim = shims_[id];
  const ShimLine parsed = ParseShimLine(line);
  if (parsed.kind == ShimLine::Kind::kShim) {
    shim.identified = parsed.id == id;
    if (shim.identified || shim.exited()) return;
    close(std::exchange(shim.fd, -1));
    return Exited(id, process::End::Unknown(absl::StrCat("is not what its socket answers for: that is ", parsed.id)));
  }
  if (!shim.identified) return;
  if (parsed.kind == ShimLine::Kind::kEnded) return Exited(id, parsed.end);
  if (parsed.kind == ShimLine::Kind::kRestarting && !shim.exited()) {
    return Announce(
        {.id = id, .kind = process::Event::Kind::kRestarting, .end = parsed.end, .restarts_in = parsed.restarts_in});
  }
  if (parsed.kind != ShimLine::Kind::kRunning || shim.exited()) return;
  // After a connection was lost and made again, the same is told again.
  if (shim.told.has_value() && shim.told->pid == parsed.pid) return;
  Announce({.id = id,
            .kind = process::Event::Kind::kRunning,
            .pid = parsed.pid,
            .isolated = parsed.isolated,
            .message = parsed.message});
}

process::End ProcessDriver::HowItEnded(const std::string& id) const {
  const auto ending = endings_.find(id);
  const bool hunted = ending != endings_.end() && ending->second.killed != 0;
  return process::End::KilledWithWatcher(hunted ? absl::StrCat("was killed together with its shim, process ",
                                                               ending->second.killed, ", which did not answer")
                                                : "ended because its shim was killed");
}

void ProcessDriver::Exited(const std::string& id, process::End end) {
  endings_.erase(id);
  if (shims_[id].exited()) return;
  Announce({.id = id, .kind = process::Event::Kind::kExited, .end = std::move(end)});
}

void ProcessDriver::Announce(process::Event event) {
  shims_[event.id].told = event;
  callback_(event);
}

void ProcessDriver::Tell(absl::string_view id, absl::string_view command) {
  const auto it = shims_.find(id);
  if (it == shims_.end() || it->second.fd < 0) return;
  (void)send(it->second.fd, command.data(), command.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

void ProcessDriver::Run() {
  while (true) {
    std::deque<Command> commands;
    bool stopping = false;
    {
      base::MutexLock lock(mutex_);
      commands.swap(commands_);
      stopping = stopping_;
    }
    for (const Command& command : commands) command();
    if (stopping) return;
    for (const auto& [id, unless_told] : std::map<std::string, process::End>(unasked_)) Connect(id, unless_told);
    Escalate();
    WaitForShims();
  }
}

void ProcessDriver::Escalate() {
  const auto now = std::chrono::steady_clock::now();
  std::set<std::string> late;
  for (const auto& [id, ending] : endings_) {
    if (now >= ending.due) late.insert(SpecPath(id));
  }
  if (late.empty()) return;
  const std::map<std::string, std::vector<Hunted>> found = FindShims(late);
  for (auto& [id, ending] : endings_) {
    if (now < ending.due) continue;
    const auto processes = found.find(SpecPath(id));
    const bool kills = ending.woken;
    ending.due = now + absl::ToChronoNanoseconds(kills ? kShimPatience : kWokenPatience);
    ending.woken = true;
    if (processes == found.end()) continue;
    if (!kills) {
      Signal(processes->second[0], SIGCONT);
      continue;
    }
    // The instance first: a shim cannot be asked who its children were.
    ending.killed = processes->second[0].pid;
    for (auto process = processes->second.rbegin(); process != processes->second.rend(); ++process) {
      Signal(*process, SIGKILL);
    }
  }
}

int ProcessDriver::PollTimeout() const {
  int timeout_ms = unasked_.empty() ? -1 : kAskAgainMs;
  const auto now = std::chrono::steady_clock::now();
  for (const auto& [id, ending] : endings_) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(ending.due - now).count();
    const int left_ms = static_cast<int>(std::max<int64_t>(0, left));
    timeout_ms = timeout_ms < 0 ? left_ms : std::min(timeout_ms, left_ms);
  }
  return timeout_ms;
}

void ProcessDriver::WaitForShims() {
  std::vector<pollfd> fds = {{wake_read_, POLLIN, 0}};
  std::vector<std::string> ids = {""};
  for (const auto& [id, shim] : shims_) {
    if (shim.fd < 0) continue;
    fds.push_back({shim.fd, POLLIN, 0});
    ids.push_back(id);
  }
  if (poll(fds.data(), fds.size(), PollTimeout()) <= 0) return;
  char drained[64];
  while (fds[0].revents != 0 && read(wake_read_, drained, sizeof drained) > 0) {
  }
  for (size_t i = 1; i < fds.size(); ++i) {
    if (fds[i].revents != 0) ReadShim(ids[i]);
  }
}

}  // namespace nubo::drivers
