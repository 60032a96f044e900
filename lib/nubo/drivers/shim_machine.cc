#include "nubo/drivers/shim_machine.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "nubo/drivers/shim_privileges.h"

namespace nubo::drivers {
namespace {

// TASK_COMM_LEN without its NUL.
constexpr size_t kNameLength = 15;
constexpr size_t kFirstLineMax = 256;
// Who forks faster than it is found is ended with process 1.
constexpr size_t kDescendantsMax = 1 << 16;
// One that cannot run is not tried for ever.
constexpr int kIdleStartsMax = 100;

std::string NameOf(const std::string& path) { return path.substr(path.rfind('/') + 1).substr(0, kNameLength); }

// What env(1) is told to run, of the words of a script's first line after it; "": nothing.
std::string RunByEnv(std::istringstream& words) {
  std::string word;
  while (words >> word) {
    const bool option = word[0] == '-';
    if (!option && word.find('=') == std::string::npos) return word;
  }
  return "";
}

std::string NameOfProcess(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/comm");
  std::string name;
  std::getline(file, name);
  return name;
}

sigset_t MachineSignals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGCHLD}) sigaddset(&set, signal);
  return set;
}

// Of all threads of `parent`.
void AddChildren(pid_t parent, std::vector<pid_t>& all) {
  std::error_code gone;
  const std::string tasks = "/proc/" + std::to_string(parent) + "/task";
  for (std::filesystem::directory_iterator it(tasks, gone), end; !gone && it != end; it.increment(gone)) {
    std::ifstream list(it->path() / "children");
    pid_t child = 0;
    while (all.size() < kDescendantsMax && list >> child) all.push_back(child);
  }
}

void SignalRest(bool among_others, int signal) {
  if (!among_others) {
    (void)kill(-1, signal);
    // One that is stopped would not notice.
    (void)kill(-1, SIGCONT);
    return;
  }
  std::vector<pid_t> all;
  AddChildren(getpid(), all);
  for (size_t i = 0; i < all.size(); ++i) AddChildren(all[i], all);
  for (const pid_t pid : all) {
    (void)kill(pid, signal);
    (void)kill(pid, SIGCONT);
  }
}

// Without it the script runs again at the next boot, which is the lesser evil where nothing can be written.
void WriteDone(const std::string& path) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd >= 0) close(fd);
}

class Watch {
 public:
  Watch(const ShimSpec& spec, const WatchedMachine& machine)
      : spec_(spec), machine_(machine), script_(machine.script), idle_(machine.idle) {}

  int Run() {
    const sigset_t signals = MachineSignals();
    while (!over_) {
      const int signal = sigwaitinfo(&signals, nullptr);
      if (signal == SIGCHLD) {
        Reap();
      } else if (signal > 0) {
        End(signal);
      }
    }
    return status_;
  }

 private:
  void End(int signal) {
    ending_ = true;
    if (script_ > 0) {
      (void)kill(script_, signal);
      return;
    }
    SignalRest(machine_.among_others, signal);
    Reap();
  }

  void Reap() {
    while (!over_) {
      siginfo_t info = {};
      if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0) {
        if (errno == EINTR) continue;
        // Nobody is left. A machine on which nothing runs goes on, unless it was asked to end.
        over_ = ending_ && script_ == 0;
        return;
      }
      if (info.si_pid == 0) return;
      // It can be looked at until it is reaped.
      const bool is_script = info.si_pid == script_;
      const bool same = is_script && machine_.names.count(NameOfProcess(script_)) > 0;
      int status = 0;
      if (waitpid(info.si_pid, &status, 0) != info.si_pid) continue;
      if (is_script) OnScriptEnded(status, same);
      if (info.si_pid == idle_) idle_ = !ending_ && ++idle_starts_ < kIdleStartsMax ? StartIdle(spec_) : 0;
    }
  }

  void OnScriptEnded(int status, bool same) {
    script_ = 0;
    if (ending_) {
      // It is told how the one ended that was asked to; the others get the rest of the time.
      status_ = status;
      SignalRest(machine_.among_others, SIGTERM);
    } else if (status == 0 && same) {
      WriteDone(DonePath(spec_.directory));
    } else {
      status_ = status;
      over_ = true;
    }
  }

  const ShimSpec& spec_;
  const WatchedMachine& machine_;
  pid_t script_;
  pid_t idle_;
  int idle_starts_ = 0;
  int status_ = 0;
  bool ending_ = false;
  bool over_ = false;
};

}  // namespace

const std::vector<std::string>& BootProgram(const ShimSpec& spec) {
  return access(DonePath(spec.directory).c_str(), F_OK) == 0 ? spec.later_argv : spec.argv;
}

std::set<std::string> NamesOf(const std::string& path) {
  std::set<std::string> names = {NameOf(path)};
  std::string line(kFirstLineMax, '\0');
  std::ifstream file(path, std::ios::binary);
  file.read(line.data(), kFirstLineMax);
  line.resize(file.gcount());
  if (line.compare(0, 2, "#!") != 0) return names;
  std::istringstream words(line.substr(2, line.find('\n') - 2));
  std::string interpreter;
  words >> interpreter;
  if (NameOf(interpreter) != "env") return names;
  const std::string run = RunByEnv(words);
  if (!run.empty()) names.insert(NameOf(run));
  return names;
}

void HoldMachineSignals() {
  const sigset_t signals = MachineSignals();
  sigprocmask(SIG_BLOCK, &signals, nullptr);
}

void DieWith(pid_t parent) {
  (void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  // It may have died before that.
  if (getppid() != parent) _exit(126);
}

pid_t StartIdle(const ShimSpec& spec) {
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child != 0) return child;
  DieWith(parent);
  ResetSignals();
  setsid();
  // Nobody who waits for the end of some output waits for this one.
  const int null = open("/dev/null", O_RDWR);
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) dup2(null, fd);
  (void)syscall(SYS_close_range, 3, ~0u, 4 /* CLOSE_RANGE_CLOEXEC */);
  if (chdir(spec.directory.c_str()) != 0) _exit(126);
  std::vector<char*> environment;
  for (const std::string& entry : spec.environment) environment.push_back(const_cast<char*>(entry.c_str()));
  environment.push_back(nullptr);
  char* const argv[] = {const_cast<char*>(kIdleName), const_cast<char*>(kIdleArgument), nullptr};
  execve("/proc/self/exe", argv, environment.data());
  _exit(126);
}

void Idle() {
  while (true) pause();
}

int WatchMachine(const ShimSpec& spec, const WatchedMachine& machine) { return Watch(spec, machine).Run(); }

}  // namespace nubo::drivers
