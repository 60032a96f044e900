#include "nubo/drivers/shim_enter.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <vector>

#include "nubo/drivers/shim_limits.h"
#include "nubo/drivers/shim_machine.h"
#include "nubo/drivers/shim_memory.h"
#include "nubo/drivers/shim_privileges.h"
#include "nubo/drivers/shim_spec.h"
#include "nubo/drivers/shim_terminal.h"
#include "nubo/drivers/shim_view.h"

namespace nubo::drivers {
namespace {

constexpr int kNoInstance = 1;
constexpr int kWrongArguments = 2;
constexpr int kCannotRun = 126;
constexpr int kNoSuchCommand = 127;
constexpr int kSignalled = 128;
constexpr int kAnswerMs = 5000;
constexpr size_t kAnswerMax = 4096;
// The kernel allows a program arguments and environment of 6 MiB together.
constexpr size_t kEnvironmentMax = 6 << 20;

int Refuse(int code, const std::string& why) {
  fprintf(stderr, "nubo: %s\n", why.c_str());
  return code;
}

// What is asked for, and where.
struct Entry {
  std::string socket_path;
  bool terminal = true;
  std::vector<char*> argv;
};

// What is entered, and what of its program is taken over.
struct Instance {
  // Its first process.
  int pid = -1;
  // Its program: the first process lets nobody look at its namespaces.
  int pidfd = -1;
  // An open directory.
  int directory = -1;
  int namespaces = 0;
  Priority priority;
  ShimSpec user;
  std::vector<std::string> environment;
};

bool ParseArguments(int argc, char** argv, Entry& entry) {
  int next = 2;
  if (next < argc) entry.socket_path = argv[next++];
  if (next < argc && strcmp(argv[next], "--no-terminal") == 0) {
    entry.terminal = false;
    ++next;
  }
  if (next + 1 >= argc || strcmp(argv[next++], "--") != 0) return false;
  while (next < argc) entry.argv.push_back(argv[next++]);
  entry.argv.push_back(nullptr);
  return true;
}

// A connection to a shim of this user's; -1: there is none.
int Connect(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return -1;
  memcpy(address.sun_path, path.data(), path.size());
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ucred peer = {};
  socklen_t size = sizeof peer;
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
      getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == getuid()) {
    return fd;
  }
  if (fd >= 0) close(fd);
  return -1;
}

// The last whole line that the shim tells of the instance: "running pid=17 …".
std::string ReadState(int fd) {
  std::string told;
  char buffer[512];
  while (told.size() < kAnswerMax) {
    // Two lines come at once: who it is, and how its instance is.
    const size_t first = told.find('\n');
    const bool whole = first != std::string::npos && told.find('\n', first + 1) != std::string::npos;
    pollfd ready = {fd, POLLIN, 0};
    if (poll(&ready, 1, whole ? 0 : kAnswerMs) <= 0) break;
    const ssize_t got = recv(fd, buffer, sizeof buffer, 0);
    if (got <= 0) break;
    told.append(buffer, static_cast<size_t>(got));
  }
  const size_t end = told.rfind('\n');
  if (end == std::string::npos || end == 0) return "";
  const size_t start = told.rfind('\n', end - 1);
  return told.substr(start == std::string::npos ? 0 : start + 1, end - (start == std::string::npos ? 0 : start + 1));
}

std::string Proc(int pid, const char* what) { return "/proc/" + std::to_string(pid) + "/" + what; }

// Whether `pid` has another namespace of this kind than we have.
bool Differs(int pid, const char* kind) {
  struct stat ours, theirs;
  const std::string name = std::string("ns/") + kind;
  return stat(("/proc/self/" + name).c_str(), &ours) == 0 && stat(Proc(pid, name.c_str()).c_str(), &theirs) == 0 &&
         (ours.st_ino != theirs.st_ino || ours.st_dev != theirs.st_dev);
}

int NamespacesOf(int pid) {
  const struct {
    const char* name;
    int flag;
  } kinds[] = {{"user", CLONE_NEWUSER}, {"mnt", CLONE_NEWNS},  {"pid", CLONE_NEWPID},
               {"ipc", CLONE_NEWIPC},   {"uts", CLONE_NEWUTS}, {"net", CLONE_NEWNET}};
  int flags = 0;
  for (const auto& kind : kinds) flags |= Differs(pid, kind.name) ? kind.flag : 0;
  return flags;
}

// The effective id in a line like "Uid:\t1000\t1000\t1000\t1000"; false: it cannot be read.
bool ReadIds(int pid, ShimSpec& user) {
  std::ifstream status(Proc(pid, "status"));
  std::string word;
  uint32_t real = 0;
  int found = 0;
  while (status >> word) {
    if (word == "Uid:") found += (status >> real >> user.uid) ? 1 : 0;
    if (word == "Gid:") found += (status >> real >> user.gid) ? 1 : 0;
  }
  return found == 2;
}

// Whether it is process 1 of a namespace of its own: then the last of its numbers is 1.
bool IsFirst(int pid) {
  std::ifstream status(Proc(pid, "status"));
  std::string line;
  while (std::getline(status, line)) {
    if (line.rfind("NSpid:", 0) == 0) return line.size() > 2 && line.substr(line.size() - 2) == "\t1";
  }
  return false;
}

bool IsIdle(int pid) {
  std::ifstream words(Proc(pid, "cmdline"), std::ios::binary);
  std::string first;
  return std::getline(words, first, '\0') && first == kIdleName;
}

// The instance's program: the first child of its process 1, or itself where it runs without. Of a machine that is the
// process which is always there.
int ProgramOf(int pid) {
  std::ifstream children("/proc/" + std::to_string(pid) + "/task/" + std::to_string(pid) + "/children");
  int child = -1;
  if (!(children >> child)) child = -1;
  return IsFirst(pid) || IsIdle(child) ? child : pid;
}

bool ReadEnvironment(int pid, std::vector<std::string>& environment) {
  std::ifstream file(Proc(pid, "environ"), std::ios::binary);
  std::string text, entry;
  size_t size = 0;
  while (std::getline(file, entry, '\0') && (size += entry.size()) < kEnvironmentMax) {
    // A terminal is what the caller has, not what the program was started with.
    if (entry.rfind("TERM=", 0) != 0) environment.push_back(entry);
  }
  return file.eof() && size < kEnvironmentMax;
}

// 0, or the exit status after what is wrong has been said.
int FindInstance(const Entry& entry, Instance& instance) {
  const int shim = Connect(entry.socket_path);
  if (shim < 0) return Refuse(kNoInstance, "no such instance runs here, or it is another user's");
  const std::string state = ReadState(shim);
  if (sscanf(state.c_str(), "running pid=%d", &instance.pid) != 1 || instance.pid <= 0) {
    return Refuse(kNoInstance, "the instance is not running: " + (state.empty() ? "its shim does not answer" : state));
  }
  const int program = ProgramOf(instance.pid);
  instance.pidfd = program > 0 ? static_cast<int>(syscall(SYS_pidfd_open, program, 0)) : -1;
  instance.namespaces = NamespacesOf(program);
  const bool known = instance.pidfd >= 0 && program > 0 && ReadIds(instance.pid, instance.user) &&
                     ReadEnvironment(program, instance.environment);
  if (known) instance.priority = PriorityOf(program);
  if (known) instance.directory = open(Proc(program, "cwd").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  const int problem = errno;
  // Had it ended in between, the number could be another process's: then the shim has told.
  pollfd news = {shim, POLLIN, 0};
  const bool ended = poll(&news, 1, 0) > 0;
  close(shim);
  if (known && instance.directory >= 0 && !ended) return 0;
  return Refuse(kNoInstance,
                std::string("the instance cannot be entered: ") + (ended ? "it has just ended" : strerror(problem)));
}

[[noreturn]] void RunCommand(const Entry& entry, Instance& instance, bool from_root, const Ends& ends, int report_fd) {
  errno = 0;
  setsid();
  if (ends.terminal) {
    ioctl(ends.theirs[0], TIOCSCTTY, 0);
    if (const char* kind = getenv("TERM")) instance.environment.push_back(std::string("TERM=") + kind);
  }
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) dup2(ends.theirs[fd], fd);
  ends.Close();
  umask(0022);
  DropPrivileges(instance.user, from_root, report_fd);
  // The change of user has made it visible again, or not: only the program itself is to be seen.
  HideFromOthers();
  TakeOverLimits((instance.namespaces & CLONE_NEWPID) != 0 ? 1 : instance.pid);
  // After the change of user, which would clear it.
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  ResetSignals();
  Harden(instance.user, report_fd);
  errno = 0;
  // Its program may have closed it even to itself.
  if (fchdir(instance.directory) != 0 && chdir("/") != 0) {
    Report(report_fd, Word::kFailed, "cannot enter the directory of the instance");
    _exit(kCannotRun);
  }
  errno = 0;
  std::vector<char*> environment;
  for (std::string& variable : instance.environment) environment.push_back(variable.data());
  environment.push_back(nullptr);
  // Where the command is looked for is the instance's PATH, not ours.
  environ = environment.data();
  execvp(entry.argv[0], entry.argv.data());
  const int code = errno == ENOENT ? kNoSuchCommand : kCannotRun;
  Report(report_fd, Word::kFailed, std::string("cannot run ") + entry.argv[0]);
  _exit(code);
}

// What the child says before its command runs; "" once that runs. The first letter is the kind of word.
std::string ReadReport(int fd) {
  std::string said;
  char buffer[512];
  ssize_t got = 0;
  while (said.size() < kAnswerMax && ((got = read(fd, buffer, sizeof buffer)) > 0 || (got < 0 && errno == EINTR))) {
    if (got > 0) said.append(buffer, static_cast<size_t>(got));
  }
  return said.empty() ? "" : said.substr(1, said.find('\n') - 1);
}

int Enter(const Entry& entry, Instance& instance) {
  const bool from_root = getuid() == 0;
  if (from_root && instance.user.uid == 0) return Refuse(kNoInstance, "the instance runs as root; that is not entered");
  const bool wants_terminal = entry.terminal && isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1;
  const Ends ends = OpenEnds(wants_terminal);
  if (ends.theirs[0] < 0) return Refuse(kNoInstance, std::string("no pipes: ") + strerror(errno));
  int report[2];
  if (pipe2(report, O_CLOEXEC) != 0) return Refuse(kNoInstance, std::string("no pipe: ") + strerror(errno));
  HoldSignals();
  if (instance.namespaces != 0 && setns(instance.pidfd, instance.namespaces) != 0) {
    return Refuse(kNoInstance, std::string("cannot enter the instance's namespaces: ") + strerror(errno));
  }
  // The namespace of processes is entered by the child alone.
  const pid_t child = fork();
  if (child < 0) return Refuse(kNoInstance, std::string("cannot fork: ") + strerror(errno));
  if (child == 0) RunCommand(entry, instance, from_root, ends, report[1]);
  close(report[1]);
  ends.CloseTheirs();
  const std::string problem = ReadReport(report[0]);
  const int status = AwaitCommand(child, ends);
  if (!problem.empty()) fprintf(stderr, "nubo: %s\n", problem.c_str());
  if (WIFSIGNALED(status)) return kSignalled + WTERMSIG(status);
  return WEXITSTATUS(status);
}

}  // namespace

int EnterMain(int argc, char** argv) {
  Entry entry;
  if (!ParseArguments(argc, argv, entry)) {
    return Refuse(kWrongArguments, "usage: nubo-shim --enter SOCKET [--no-terminal] -- COMMAND");
  }
  (void)syscall(SYS_close_range, 3, ~0u, 0);
  // The caller's variables stay outside, but for the kind of terminal.
  const char* kind = getenv("TERM");
  std::string term = std::string("TERM=") + (kind != nullptr ? kind : "");
  char* environment[] = {kind != nullptr ? term.data() : nullptr, nullptr};
  if (const std::string problem = RunFromMemory(argv, environment); !problem.empty()) {
    return Refuse(kNoInstance, "cannot run from a copy in memory: " + problem);
  }
  Instance instance;
  if (const int problem = FindInstance(entry, instance); problem != 0) return problem;
  // An instance must not get ahead of others because of who looks into it. Once hidden it could not be written any
  // more.
  TakeOverPriority(instance.priority);
  HideFromOthers();
  const int code = Enter(entry, instance);
  // Nothing that runs at an exit, such as a search for leaks that starts processes, is made for foreign namespaces.
  _exit(code);
}

}  // namespace nubo::drivers
