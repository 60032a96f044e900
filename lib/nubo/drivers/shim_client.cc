#include "nubo/drivers/shim_client.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "nubo/drivers/shim_spec.h"

namespace nubo::drivers {
namespace {

// "pid=17" for the key "pid="; false: it is not there, or no number.
bool TakeNumber(absl::string_view word, absl::string_view key, int& number) {
  return absl::ConsumePrefix(&word, key) && absl::SimpleAtoi(word, &number);
}

ShimLine ParseRunning(absl::string_view rest) {
  const std::vector<absl::string_view> words = absl::StrSplit(rest, absl::MaxSplits(' ', 2));
  ShimLine line;
  int isolated = 0;
  if (words.size() < 2 || !TakeNumber(words[0], "pid=", line.pid) || !TakeNumber(words[1], "isolated=", isolated) ||
      line.pid <= 0) {
    return {};
  }
  line.kind = ShimLine::Kind::kRunning;
  line.isolated = isolated == 1;
  if (words.size() == 3) line.message = std::string(words[2]);
  return line;
}

ShimLine Ended(process::End end) {
  ShimLine line;
  line.kind = ShimLine::Kind::kEnded;
  line.end = std::move(end);
  return line;
}

ShimLine ParseExited(absl::string_view rest) {
  int number = 0;
  if (TakeNumber(rest, "signal=", number)) return Ended(process::End::Signaled(number));
  return TakeNumber(rest, "code=", number) ? Ended(process::End::Exited(number)) : ShimLine();
}

ShimLine ParseEnded(absl::string_view line) {
  if (absl::ConsumePrefix(&line, "exited ")) return ParseExited(line);
  return absl::ConsumePrefix(&line, "failed ") ? Ended(process::End::NotStarted(std::string(line))) : ShimLine();
}

// "ms=100 exited signal=9"
ShimLine ParseRestarting(absl::string_view rest) {
  const std::pair<absl::string_view, absl::string_view> words = absl::StrSplit(rest, absl::MaxSplits(' ', 1));
  int pause_ms = 0;
  ShimLine line = ParseEnded(words.second);
  if (line.kind != ShimLine::Kind::kEnded || !TakeNumber(words.first, "ms=", pause_ms)) return {};
  line.kind = ShimLine::Kind::kRestarting;
  line.restarts_in = absl::Milliseconds(pause_ms);
  return line;
}

// How long a shim may take to listen: it waits a second for a former one, and for the disk.
constexpr std::chrono::seconds kSpawnPatience(20);

// The background process keeps no copy of the pipe, so its end comes with that of the process in front. False: it has
// not come in time.
bool ReadComplaint(int fd, std::string& complaint) {
  const auto until = std::chrono::steady_clock::now() + kSpawnPatience;
  char buffer[512];
  while (complaint.size() < kShimLineMax) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now()).count();
    if (left <= 0) return false;
    pollfd ready = {fd, POLLIN, 0};
    if (poll(&ready, 1, static_cast<int>(left)) <= 0) continue;
    const ssize_t got = read(fd, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    complaint.append(buffer, got);
  }
  complaint = std::string(absl::StripSuffix(complaint, "\n"));
  return true;
}

int Spawn(const std::string& program, const char* mode, const std::string& spec_path, int error_fd, pid_t& pid) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, error_fd, STDERR_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  const char* argv[] = {"nubo-shim", mode, spec_path.c_str(), nullptr};
  char* environment[] = {nullptr};
  const int code = posix_spawn(&pid, program.c_str(), &actions, &attributes, const_cast<char**>(argv), environment);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return code;
}

}  // namespace

ShimLine ParseShimLine(absl::string_view line) {
  if (absl::ConsumePrefix(&line, "restarting ")) return ParseRestarting(line);
  if (absl::ConsumePrefix(&line, "running ")) return ParseRunning(line);
  if (ShimLine ended = ParseEnded(line); ended.kind == ShimLine::Kind::kEnded) return ended;
  if (absl::ConsumePrefix(&line, "shim id="))
    return {.kind = ShimLine::Kind::kShim, .id = std::string(line), .message = "", .end = {}, .restarts_in = {}};
  return {};
}

absl::Status RunShim(const std::string& program, const char* mode, const std::string& spec_path) {
  int errors[2];
  if (pipe2(errors, O_CLOEXEC) != 0) return absl::UnavailableError(absl::StrCat("no pipe: ", std::strerror(errno)));
  pid_t pid = -1;
  const int code = Spawn(program, mode, spec_path, errors[1], pid);
  close(errors[1]);
  std::string complaint = code == 0 ? "" : std::strerror(code);
  const bool in_time = code != 0 || ReadComplaint(errors[0], complaint);
  close(errors[0]);
  if (!in_time) {
    // It may hang in the disk: who waits for its end is a thread that nobody waits for.
    kill(pid, SIGKILL);
    std::thread([pid] {
      while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
      }
    }).detach();
    return absl::UnavailableError(
        absl::StrCat("nubo-shim, process ", pid, ", has not begun within ", kSpawnPatience.count(), " s"));
  }
  if (code != 0) return absl::UnavailableError(absl::StrCat("cannot run nubo-shim: ", complaint));
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (status == 0) return absl::OkStatus();
  if (WIFEXITED(status) && WEXITSTATUS(status) == kRunsAlready) return absl::AlreadyExistsError(complaint);
  return absl::UnavailableError(complaint.empty() ? absl::StrCat("nubo-shim ended with status ", status) : complaint);
}

absl::StatusOr<int> ConnectToShim(const std::string& socket_path) {
  const auto nobody = [&] { return absl::NotFoundError(absl::StrCat("nobody answers on ", socket_path)); };
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (socket_path.size() >= sizeof address.sun_path) return nobody();
  std::memcpy(address.sun_path, socket_path.data(), socket_path.size());
  // One that is stopped, and has as many callers as may wait, is asked again later.
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return absl::UnavailableError(absl::StrCat("no socket: ", std::strerror(errno)));
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    const int problem = errno;
    close(fd);
    // ENOTSOCK and the like are no shim's either.
    const bool passes = problem == ENOMEM || problem == ENOBUFS || problem == EINTR || problem == EAGAIN;
    if (!passes) return nobody();
    return absl::UnavailableError(absl::StrCat("cannot connect to ", socket_path, ": ", std::strerror(problem)));
  }
  ucred peer = {};
  socklen_t size = sizeof peer;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == getuid()) return fd;
  close(fd);
  return nobody();
}

void DismissShim(int fd, absl::Duration patience) {
  (void)send(fd, "quit\n", 5, MSG_NOSIGNAL);
  const auto until = std::chrono::steady_clock::now() + absl::ToChronoMilliseconds(patience);
  char ignored[512];
  for (auto now = std::chrono::steady_clock::now(); now < until; now = std::chrono::steady_clock::now()) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - now);
    pollfd end = {fd, POLLIN, 0};
    if (poll(&end, 1, static_cast<int>(left.count())) <= 0) continue;
    if (recv(fd, ignored, sizeof ignored, MSG_DONTWAIT) == 0) break;
  }
  close(fd);
}

}  // namespace nubo::drivers
