#include "nubo/drivers/shim_sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "nubo/drivers/shim_limits.h"
#include "nubo/drivers/shim_privileges.h"
#include "nubo/drivers/shim_view.h"

namespace nubo::drivers {
namespace {

constexpr int kBusyAttemptsMax = 100;
constexpr int kStartMsMax = 30000;
constexpr size_t kReportBytesMax = 8 << 10;

bool WriteFile(const std::string& path, const std::string& text) {
  const int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool written = write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  close(fd);
  return written;
}

constexpr int kFirstHanded = 3;

// Puts what is handed on where the program looks for it, and tells it so. Nothing else stays open across exec; the
// report pipe moves out of the way.
void HandOn(const Handed& handed, int& report_fd, std::vector<std::string>& environment) {
  (void)syscall(SYS_close_range, kFirstHanded, ~0u, 4 /* CLOSE_RANGE_CLOEXEC */);
  std::vector<int> all;
  std::string names;
  for (const auto& [name, fd] : handed.held) {
    all.push_back(fd);
    names += (names.empty() ? "" : ":") + name;
    std::replace(names.end() - static_cast<std::ptrdiff_t>(name.size()), names.end(), ':', '_');
  }
  if (handed.store >= 0) all.push_back(handed.store);
  const int beyond = kFirstHanded + static_cast<int>(all.size());
  report_fd = fcntl(report_fd, F_DUPFD_CLOEXEC, beyond);
  for (int& fd : all) fd = fcntl(fd, F_DUPFD_CLOEXEC, beyond);
  for (size_t i = 0; i < all.size(); ++i) dup2(all[i], kFirstHanded + static_cast<int>(i));
  if (handed.store >= 0) environment.push_back("NUBO_FD_STORE=" + std::to_string(beyond - 1));
  // Some servers take even none as all that they are to listen on.
  if (handed.held.empty()) return;
  environment.push_back("LISTEN_FDS=" + std::to_string(handed.held.size()));
  environment.push_back("LISTEN_FDNAMES=" + names);
  environment.push_back("LISTEN_PID=" + std::to_string(getpid()));
}

// What the first line of a script names; "": it is none, or cannot be read.
std::string InterpreterOf(const std::string& path) {
  const int problem = errno;
  char line[256] = {};
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const ssize_t got = fd < 0 ? -1 : read(fd, line, sizeof line - 1);
  if (fd >= 0) close(fd);
  errno = problem;
  if (got < 2 || line[0] != '#' || line[1] != '!') return "";
  const std::string text = line + 2;
  const size_t first = text.find_first_not_of(" \t");
  return first == std::string::npos ? "" : text.substr(first, text.find_first_of(" \t\r\n", first) - first);
}

[[noreturn]] void Execute(const ShimSpec& spec, const Handed& handed, int output_fd, int report_fd) {
  ResetSignals();
  setsid();
  const int null = open("/dev/null", O_RDONLY);
  dup2(null, STDIN_FILENO);
  dup2(output_fd, STDOUT_FILENO);
  dup2(output_fd, STDERR_FILENO);
  if (chdir(spec.directory.c_str()) != 0) Fail(report_fd, "cannot enter " + spec.directory);
  std::vector<std::string> variables = spec.environment;
  HandOn(handed, report_fd, variables);
  std::vector<char*> argv, environment;
  for (const std::string& arg : spec.argv) argv.push_back(const_cast<char*>(arg.c_str()));
  for (const std::string& entry : variables) environment.push_back(const_cast<char*>(entry.c_str()));
  argv.push_back(nullptr);
  environment.push_back(nullptr);
  // What only tries whether it could.
  if (argv.size() == 1) _exit(0);
  // The control plane has just written the script; another child that it is starting at this moment may hold it open.
  for (int attempt = 0; attempt < kBusyAttemptsMax; ++attempt) {
    execve(argv[0], argv.data(), environment.data());
    if (errno != ETXTBSY) break;
    const timespec pause = {0, 5000000};
    nanosleep(&pause, nullptr);
  }
  if (errno != ENOENT) Fail(report_fd, "cannot run " + spec.argv[0]);
  const std::string interpreter = InterpreterOf(spec.argv[0]);
  if (interpreter.empty()) Fail(report_fd, "cannot run " + spec.argv[0]);
  errno = 0;
  Fail(report_fd, "cannot run " + spec.argv[0] + ": its first line names " + interpreter + ", which is not there");
}

struct Pipe {
  int read_end = -1;
  int write_end = -1;
  bool Open() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return false;
    read_end = ends[0];
    write_end = ends[1];
    return true;
  }
  void CloseRead() { Close(read_end); }
  void CloseWrite() { Close(write_end); }

 private:
  static void Close(int& fd) {
    if (fd >= 0) close(fd);
    fd = -1;
  }
};

struct Pipes {
  // A word before the program runs; how it ended; permission to go on.
  Pipe report, status, go;
  bool Open() { return report.Open() && status.Open() && go.Open(); }
  // In the child.
  void KeepChildsEnds() {
    report.CloseRead();
    status.CloseRead();
    go.CloseWrite();
  }
  // In the shim.
  void KeepShimsEnds() {
    report.CloseWrite();
    status.CloseWrite();
    go.CloseRead();
  }
};

// A shim that dies takes the instance along, also one that died before this call: then nobody reads any more.
void DieWithShim(int status_fd) {
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  pollfd reader = {status_fd, 0, 0};
  if (poll(&reader, 1, 0) > 0 && (reader.revents & POLLERR) != 0) _exit(126);
}

volatile pid_t main_process = 0;

void ForwardSignal(int signal) {
  if (main_process > 0) kill(main_process, signal);
}

// Process 1 of the instance: passes SIGTERM and SIGINT on, reaps, and tells the shim how the main process ended. Its
// end, from whatever cause, ends every process of the instance.
[[noreturn]] void RunInit(const ShimSpec& spec, const Handed& handed, int output_fd, Pipes& pipes) {
  // Held back until there is somebody to pass them on to: process 1 would never see what it has no handler for.
  sigset_t forwarded, none;
  sigemptyset(&none);
  sigemptyset(&forwarded);
  sigaddset(&forwarded, SIGTERM);
  sigaddset(&forwarded, SIGINT);
  sigprocmask(SIG_SETMASK, &forwarded, nullptr);
  struct sigaction action = {};
  action.sa_handler = ForwardSignal;
  sigaction(SIGTERM, &action, nullptr);
  sigaction(SIGINT, &action, nullptr);
  const pid_t child = fork();
  if (child < 0) Fail(pipes.report.write_end, "cannot fork");
  if (child == 0) Execute(spec, handed, output_fd, pipes.report.write_end);
  main_process = child;
  sigprocmask(SIG_SETMASK, &none, nullptr);
  // What it holds open would keep others from seeing an end; the status pipe goes to descriptor 3.
  dup2(pipes.status.write_end, 3);
  (void)syscall(SYS_close_range, 4, ~0u, 0);
  close(STDIN_FILENO);
  close(STDOUT_FILENO);
  close(STDERR_FILENO);
  while (true) {
    int status = 0;
    const pid_t ended = waitpid(-1, &status, 0);
    if (ended < 0 && errno == EINTR) continue;
    if (ended < 0) _exit(126);
    if (ended != child) continue;
    const std::string line = "X " + std::to_string(status) + "\n";
    if (write(3, line.data(), line.size()) < 0) _exit(126);
    _exit(0);
  }
}

// In the new namespaces.
[[noreturn]] void BecomeInstance(const ShimSpec& spec, const Handed& handed, const ShimNetwork& network, bool from_root,
                                 int output_fd, Pipes& pipes) {
  pipes.KeepChildsEnds();
  // Until its user is mapped it has no rights even in its own namespace.
  char go = 0;
  if (read(pipes.go.read_end, &go, 1) != 1) _exit(126);
  errno = 0;
  // Others have been started there.
  if (network.net() >= 0 && from_root && !spec.holds_networks && setns(network.net(), CLONE_NEWNET) != 0) {
    Fail(pipes.report.write_end, "cannot enter its network");
  }
  umask(0022);
  // Before nobody may look into this process, itself by way of /proc included.
  LimitResources(spec.limits);
  HideFromOthers();
  errno = 0;
  if (!spec.hostname.empty()) (void)sethostname(spec.hostname.data(), spec.hostname.size());
  BuildView(spec, !from_root && !spec.holds_networks, pipes.report.write_end);
  DropPrivileges(spec, from_root, pipes.report.write_end);
  // After the change of user, which would clear it.
  DieWithShim(pipes.status.write_end);
  Harden(spec, pipes.report.write_end);
  RunInit(spec, handed, output_fd, pipes);
}

bool MapUser(pid_t child) {
  const std::string proc = "/proc/" + std::to_string(child);
  const std::string uid = std::to_string(getuid()), gid = std::to_string(getgid());
  return WriteFile(proc + "/setgroups", "deny") && WriteFile(proc + "/uid_map", uid + " " + uid + " 1") &&
         WriteFile(proc + "/gid_map", gid + " " + gid + " 1");
}

// What the child said before its program ran.
struct Reports {
  // The worst word; 0: none.
  char word = 0;
  std::string text;
};

Reports ReadReports(int fd) {
  std::string all;
  char buffer[512];
  while (all.size() < kReportBytesMax) {
    pollfd ready = {fd, POLLIN, 0};
    if (poll(&ready, 1, kStartMsMax) == 0) return {static_cast<char>(Word::kFailed), "took too long to start"};
    const ssize_t got = read(fd, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    all.append(buffer, got);
  }
  Reports reports;
  while (!all.empty()) {
    const std::string line = all.substr(0, all.find('\n'));
    all.erase(0, line.size() + 1);
    if (line.empty()) continue;
    const bool weaker = line[0] == static_cast<char>(Word::kWeaker);
    const bool without = line[0] == static_cast<char>(Word::kWithout);
    // The last word ends the matter; of several weaknesses all are told.
    if (!weaker && !without) reports.text.clear();
    if (!without || reports.word == 0) reports.word = line[0];
    reports.text += (reports.text.empty() ? "" : "; ") + line.substr(1);
  }
  return reports;
}

// Whether its program has come to run.
bool Runs(const Reports& reports) {
  return reports.word == 0 || reports.word == static_cast<char>(Word::kWithout) ||
         reports.word == static_cast<char>(Word::kWeaker);
}

void Bury(pid_t child) {
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
}

Started StartPlain(const ShimSpec& spec, const Handed& handed, int output_fd, std::string reason) {
  Pipes pipes;
  if (!pipes.Open()) return {-1, false, std::string("no pipe: ") + strerror(errno), -1};
  const bool from_root = getuid() == 0;
  const pid_t child = fork();
  if (child == 0) {
    pipes.KeepChildsEnds();
    ShimLimits limits = spec.limits;
    // Where the user is not its own and there is no namespace, others' would be counted.
    if (!from_root) limits.processes = 0;
    LimitResources(limits);
    errno = 0;
    DropPrivileges(spec, from_root, pipes.report.write_end);
    DieWithShim(pipes.status.write_end);
    Harden(spec, pipes.report.write_end);
    Execute(spec, handed, output_fd, pipes.report.write_end);
  }
  const std::string problem = strerror(errno);
  pipes.KeepShimsEnds();
  pipes.go.CloseWrite();
  const Reports reports = child > 0 ? ReadReports(pipes.report.read_end) : Reports{};
  pipes.report.CloseRead();
  pipes.status.CloseRead();
  if (child < 0) return {-1, false, "cannot fork: " + problem, -1};
  if (reports.word == static_cast<char>(Word::kWeaker)) reason += "; " + reports.text;
  if (Runs(reports)) {
    return {child, false, std::move(reason), -1};
  }
  Bury(child);
  return {-1, false, reports.text, -1};
}

// Starts `child` below the namespace of users that the network belongs to: a process goes there, and makes the new one
// in its own place. The new one's number, or -1 with errno.
template <typename Child>
pid_t CloneWithin(const ShimNetwork& network, int flags, const Child& child) {
  Pipe told;
  if (!told.Open()) return -1;
  const pid_t between = fork();
  if (between < 0) return -1;
  if (between == 0) {
    int said = 0;
    if (setns(network.user(), CLONE_NEWUSER) == 0 && setns(network.net(), CLONE_NEWNET) == 0) {
      said = static_cast<int>(syscall(SYS_clone, flags | CLONE_PARENT | SIGCHLD, nullptr, nullptr, nullptr, nullptr));
      if (said == 0) child();
      // From here alone it can be mapped.
      if (said > 0 && (flags & CLONE_NEWUSER) != 0 && !MapUser(said)) {
        const int problem = errno;
        kill(said, SIGKILL);
        said = -problem;
      }
    }
    if (said <= 0) said = said == -1 || said == 0 ? -errno : said;
    _exit(write(told.write_end, &said, sizeof said) == sizeof said ? 0 : 1);
  }
  told.CloseWrite();
  int said = 0;
  if (read(told.read_end, &said, sizeof said) != sizeof said) said = -ECHILD;
  told.CloseRead();
  waitpid(between, nullptr, 0);
  if (said > 0) return said;
  errno = -said;
  return -1;
}

}  // namespace

Started StartInstance(const ShimSpec& spec, int output_fd, const Handed& handed, const ShimNetwork& network) {
  Pipes pipes;
  if (!pipes.Open()) return {-1, false, std::string("no pipe: ") + strerror(errno), -1};
  const bool from_root = getuid() == 0;
  // Who holds networks is in a namespace of users already, with the rights that it needs there.
  const bool own_users = !from_root && !spec.holds_networks;
  const int flags = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | (own_users ? CLONE_NEWUSER : 0);
  const bool within = network.net() >= 0 && (!from_root || spec.holds_networks);
  const auto become = [&] { BecomeInstance(spec, handed, network, from_root, output_fd, pipes); };
  pid_t child = -1;
  if (within) {
    child = CloneWithin(network, flags, become);
  } else {
    // Without a stack of its own clone is fork with namespaces.
    child = static_cast<pid_t>(syscall(SYS_clone, flags | SIGCHLD, nullptr, nullptr, nullptr, nullptr));
    if (child == 0) become();
  }
  const bool made = child > 0 && (within || !own_users || MapUser(child));
  const std::string refusal = std::string("this machine grants no namespaces: ") + strerror(errno);
  pipes.KeepShimsEnds();
  if (made) (void)!write(pipes.go.write_end, "g", 1);
  pipes.go.CloseWrite();
  const Reports reports = made ? ReadReports(pipes.report.read_end) : Reports{};
  pipes.report.CloseRead();
  if (made && Runs(reports)) {
    const bool isolated = reports.word != static_cast<char>(Word::kWeaker);
    return {child, isolated, reports.text, pipes.status.read_end};
  }
  pipes.status.CloseRead();
  if (child > 0) Bury(child);
  if (made && reports.word == static_cast<char>(Word::kFailed)) return {-1, false, reports.text, -1};
  const std::string reason = made ? "this machine grants no isolation: " + reports.text : refusal;
  // Outside of its network it would be somebody else.
  if (!spec.allow_unisolated || network.net() >= 0) return {-1, false, reason, -1};
  return StartPlain(spec, handed, output_fd, reason);
}

}  // namespace nubo::drivers
