#include "nubo/cli/shut_down.h"

#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace nubo::cli {
namespace {

// How long a region that was told to shut down may take: it ends every process, and a database writes out what it has.
constexpr absl::Duration kShutdownMax = absl::Seconds(60);
// And how long its own process may take after that.
constexpr absl::Duration kExitMax = absl::Seconds(10);
constexpr std::chrono::milliseconds kExitPoll(10);

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

absl::Status ShutDown(std::unique_ptr<Client> client) {
  const auto status = client->Call(client->region(), &Region::StubInterface::GetStatus, {});
  const auto answer = client->Call(client->region(), &Region::StubInterface::Shutdown, {}, kShutdownMax);
  // One that ended before it could answer may have done what it was told.
  if (!answer.ok() && !absl::IsUnavailable(answer.status())) return answer.status();
  client.reset();
  const pid_t pid = status.ok() ? status->pid() : 0;
  if (pid <= 0 || pid == ::getpid()) return absl::OkStatus();
  const absl::Time deadline = absl::Now() + kExitMax;
  while (Alive(pid)) {
    if (absl::Now() > deadline) {
      return absl::DeadlineExceededError(
          absl::StrCat("the region (process ", pid, ") has not ended within ", absl::FormatDuration(kExitMax)));
    }
    std::this_thread::sleep_for(kExitPoll);
  }
  return absl::OkStatus();
}

}  // namespace nubo::cli
