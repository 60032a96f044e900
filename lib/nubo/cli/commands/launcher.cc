#include "nubo/cli/commands/launcher.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/owned_fd.h"
#include "nubo/base/status.h"
#include "nubo/cli/args/names.h"
#include "nubo/region/state/state_directory.h"

extern char** environ;

namespace nubo::cli {
namespace {

// The region's end of the pipe, as a descriptor of the new process.
constexpr int kReadyFd = 3;
// Ours is moved here or above, out of the way of what the new process gets.
constexpr int kOutOfTheWay = 10;
// What a region says about its start is a line; more is cut.
constexpr size_t kSaidBytesMax = 4096;

absl::Status MakeDirectories(const std::string& state_dir) {
  for (const std::string& directory : {state_dir, absl::StrCat(state_dir, "/log")}) {
    std::error_code error;
    std::filesystem::create_directories(directory, error);
    if (error) {
      return absl::FailedPreconditionError(absl::StrCat("cannot make the directory ", directory, ": ", error.message(),
                                                        "; choose another with --state"));
    }
  }
  // Whoever may enter may command the region.
  if (::chmod(state_dir.c_str(), 0700) != 0) {
    return absl::FailedPreconditionError(absl::StrCat("cannot keep others out of ", state_dir, ": ",
                                                      std::strerror(errno), "; choose another with --state"));
  }
  return absl::OkStatus();
}

// What the new process starts with.
class SpawnSettings {
 public:
  SpawnSettings(int ready_fd, const std::string& log_path) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions_, STDOUT_FILENO, log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    posix_spawn_file_actions_adddup2(&actions_, STDOUT_FILENO, STDERR_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, ready_fd, kReadyFd);
    posix_spawn_file_actions_addclosefrom_np(&actions_, kReadyFd + 1);
    // A working directory would be kept from being unmounted.
    posix_spawn_file_actions_addchdir_np(&actions_, "/");
    posix_spawnattr_init(&attributes_);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  const posix_spawn_file_actions_t* actions() const { return &actions_; }
  const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

absl::Status Spawn(const std::string& executable, std::vector<std::string> arguments, int ready_fd,
                   const std::string& log_path) {
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  const SpawnSettings settings(ready_fd, log_path);
  pid_t pid = 0;
  const int error =
      ::posix_spawn(&pid, executable.c_str(), settings.actions(), settings.attributes(), argv.data(), environ);
  if (error == 0) return absl::OkStatus();
  return absl::UnavailableError(
      absl::StrCat("cannot start ", executable, " with its log in ", log_path, ": ", std::strerror(error)));
}

// All that comes through the pipe until its other end is closed.
absl::StatusOr<std::string> ReadUntilClosed(int fd, absl::Duration timeout) {
  const auto deadline = std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(timeout);
  std::string said;
  while (said.size() < kSaidBytesMax) {
    const int64_t left_ms =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
    if (left_ms <= 0) return absl::DeadlineExceededError("nothing came");
    pollfd ready = {fd, POLLIN, 0};
    if (::poll(&ready, 1, static_cast<int>(left_ms)) <= 0) continue;
    char buffer[512];
    const ssize_t count = ::read(fd, buffer, sizeof(buffer));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    said.append(buffer, static_cast<size_t>(count));
    if (absl::StartsWith(said, "ok\n")) break;
  }
  return said;
}

// The last line of the log that says something, to go with an error.
std::string LastLine(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  const std::streamoff size = file.tellg();
  if (!file || size <= 0) return "";
  file.seekg(std::max<std::streamoff>(0, size - static_cast<std::streamoff>(kSaidBytesMax)));
  std::string text(std::istreambuf_iterator<char>(file), {});
  absl::StripTrailingAsciiWhitespace(&text);
  return text.substr(text.find_last_of('\n') + 1);
}

std::vector<std::string> ServeArguments(const LaunchOptions& options) {
  std::vector<std::string> arguments = {"nubo",
                                        "serve",
                                        absl::StrCat("--state=", options.state_dir),
                                        absl::StrCat("--http-address=", options.http_address.ToString()),
                                        absl::StrCat("--dns-address=", options.dns_address.ToString()),
                                        absl::StrCat("--fabric=", options.fabric),
                                        absl::StrCat("--ready-fd=", kReadyFd)};
  if (options.end_strays) arguments.push_back("--end-strays");
  if (options.allow_unisolated) arguments.push_back("--allow-unisolated");
  return arguments;
}

}  // namespace

ProcessLauncher::ProcessLauncher(std::string executable, absl::Duration start_max)
    : executable_(std::move(executable)), start_max_(start_max) {}

absl::Status ProcessLauncher::Launch(const LaunchOptions& options) {
  NUBO_RETURN_IF_ERROR(region::CheckStateDirectory(options.state_dir));
  NUBO_RETURN_IF_ERROR(MakeDirectories(options.state_dir));
  const std::string log_path = LogPath(options.state_dir);
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    return absl::ResourceExhaustedError(absl::StrCat("cannot make a pipe: ", std::strerror(errno)));
  }
  base::OwnedFd read_end(ends[0]);
  base::OwnedFd low_write_end(ends[1]);
  base::OwnedFd write_end(::fcntl(ends[1], F_DUPFD_CLOEXEC, kOutOfTheWay));
  low_write_end.Close();
  NUBO_RETURN_IF_ERROR(Spawn(executable_, ServeArguments(options), write_end.get(), log_path));
  write_end.Close();
  const absl::StatusOr<std::string> said = ReadUntilClosed(read_end.get(), start_max_);
  if (!said.ok()) {
    return absl::DeadlineExceededError(absl::StrCat("the region has not started within ",
                                                    absl::FormatDuration(start_max_), "; its log is ", log_path));
  }
  if (absl::StartsWith(*said, "ok\n")) return absl::OkStatus();
  const std::string reason(absl::StripAsciiWhitespace(*said));
  if (!reason.empty()) return absl::UnavailableError(reason);
  const std::string last = LastLine(log_path);
  return absl::UnavailableError(
      absl::StrCat("the region ended as it started", last.empty() ? "" : ": ", last, "; its log is ", log_path));
}

}  // namespace nubo::cli
