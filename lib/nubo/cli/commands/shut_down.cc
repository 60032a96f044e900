#include "nubo/cli/commands/shut_down.h"

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <fstream>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "nubo/region/state/state_directory.h"

namespace nubo::cli {
namespace {

// How long a region that was told to shut down may take: it ends every process, and a database writes out what it has.
constexpr absl::Duration kShutdownMax = absl::Seconds(60);
// And how long its own process may take after that, for what instances have left: a million files take minutes.
constexpr std::chrono::minutes kExitMax(30);
constexpr std::chrono::seconds kExitTold(5);
constexpr std::chrono::milliseconds kExitPoll(10);
// How long one that does not answer may take to end by itself, and when it was killed.
constexpr int kHungMs = 5000;

// True of a process that has ended but that nobody has waited for yet.
bool IsZombie(pid_t pid) {
  std::ifstream file(absl::StrCat("/proc/", pid, "/stat"));
  std::string stat;
  std::getline(file, stat);
  // The state follows the program's name, which may hold anything, parentheses included.
  const size_t name_end = stat.rfind(") ");
  return name_end != std::string::npos && name_end + 2 < stat.size() && stat[name_end + 2] == 'Z';
}

bool Alive(pid_t pid) { return ::kill(pid, 0) == 0 && !IsZombie(pid); }

}  // namespace

absl::Status ShutDown(std::unique_ptr<Client> client, std::ostream& out, const std::atomic<bool>& interrupted) {
  const auto status = client->Call(client->region(), &Region::StubInterface::GetStatus, {});
  const auto answer = client->Call(client->region(), &Region::StubInterface::Shutdown, {}, kShutdownMax);
  // One that ended before it could answer may have done what it was told.
  if (!answer.ok() && !absl::IsUnavailable(answer.status())) return answer.status();
  client.reset();
  const pid_t pid = status.ok() ? status->pid() : 0;
  if (pid <= 0 || pid == ::getpid()) return absl::OkStatus();
  const auto began = std::chrono::steady_clock::now();
  bool told = false;
  while (Alive(pid)) {
    if (interrupted.load()) {
      return absl::CancelledError(absl::StrCat("interrupted; the region (process ", pid, ") goes on ending"));
    }
    const auto taken = std::chrono::steady_clock::now() - began;
    if (taken > kExitMax) {
      return absl::DeadlineExceededError(
          absl::StrCat("the region (process ", pid, ") has not ended within ", kExitMax.count(), " minutes"));
    }
    if (taken > kExitTold && !std::exchange(told, true)) {
      out << "the region (process " << pid << ") still removes what its instances have left\n";
      out.flush();
    }
    std::this_thread::sleep_for(kExitPoll);
  }
  return absl::OkStatus();
}

absl::Status EndHung(const std::string& state_dir, std::ostream& out) {
  const pid_t pid = region::LockHolder(state_dir);
  if (pid <= 0) {
    return absl::UnavailableError(absl::StrCat("a region has ", state_dir,
                                               ", does not answer, and has not left the number of its process; "
                                               "find it with: fuser ",
                                               state_dir, "/run/lock"));
  }
  const int fd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  if (fd < 0 && errno == ESRCH) return absl::OkStatus();
  // From here on the descriptor is of the process that had the lock a moment ago and still has it.
  if (fd < 0 || region::LockHolder(state_dir) != pid) {
    if (fd >= 0) ::close(fd);
    return absl::UnavailableError(
        absl::StrCat("the region (process ", pid, ") does not answer; try again, or: kill ", pid));
  }
  out << "the region in " << state_dir << " (process " << pid
      << ") does not answer; it is ended, what it runs goes on\n";
  out.flush();
  const auto ended = [fd] {
    pollfd end = {fd, POLLIN, 0};
    return ::poll(&end, 1, kHungMs) > 0;
  };
  (void)::syscall(SYS_pidfd_send_signal, fd, SIGTERM, nullptr, 0);
  (void)::syscall(SYS_pidfd_send_signal, fd, SIGCONT, nullptr, 0);
  bool over = ended();
  if (!over) {
    (void)::syscall(SYS_pidfd_send_signal, fd, SIGKILL, nullptr, 0);
    over = ended();
  }
  ::close(fd);
  if (over) return absl::OkStatus();
  return absl::DeadlineExceededError(
      absl::StrCat("the region (process ", pid, ") has been killed and has not ended; its disk may hang"));
}

}  // namespace nubo::cli
