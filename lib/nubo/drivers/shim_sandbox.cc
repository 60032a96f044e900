#include "nubo/drivers/shim_sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/mount.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

namespace nubo::drivers {
namespace {

// Debian 12's libc has no wrappers for these; the numbers are the same on every architecture.
constexpr long kOpenTree = 428;
constexpr long kMoveMount = 429;
constexpr long kMountSetattr = 442;
constexpr int kRecursive = 0x8000;            // AT_RECURSIVE
constexpr int kEmptyPath = 0x1000;            // AT_EMPTY_PATH
constexpr uint64_t kReadOnlyAttribute = 0x1;  // MOUNT_ATTR_RDONLY
constexpr int kLastCapability = 63;

// Why set-up failed; goes to the shim before the process ends.
[[noreturn]] void Fail(int status_fd, const std::string& what) {
  const std::string line = "E " + what + (errno != 0 ? std::string(": ") + strerror(errno) : "") + "\n";
  if (write(status_fd, line.data(), line.size()) < 0) _exit(126);
  _exit(127);
}

bool WriteFile(const std::string& path, const std::string& text) {
  const int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool written = write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  close(fd);
  return written;
}

int SetReadOnly(int at, const char* path, int flags) {
  struct {
    uint64_t set, clear, propagation, userns;
  } attributes = {kReadOnlyAttribute, 0, 0, 0};
  return static_cast<int>(syscall(kMountSetattr, at, path, flags, &attributes, sizeof attributes));
}

void MakeDirectories(const std::string& path) {
  for (size_t slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    mkdir(path.substr(0, slash).c_str(), 0755);
  }
  mkdir(path.c_str(), 0755);
}

bool Exists(const std::string& path) {
  struct stat info;
  return lstat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

struct Kept {
  std::string path;
  int fd;
};

Kept Keep(const std::string& path, bool read_only, int status_fd) {
  const int fd =
      static_cast<int>(syscall(kOpenTree, AT_FDCWD, path.c_str(), 1 /* OPEN_TREE_CLONE */ | O_CLOEXEC | kRecursive));
  if (fd < 0) Fail(status_fd, "cannot keep " + path + " visible");
  if (read_only && SetReadOnly(fd, "", kEmptyPath | kRecursive) != 0)
    Fail(status_fd, "cannot make " + path + " read-only");
  return {path, fd};
}

// The host read-only, what is private covered, what is the instance's own put back in place.
void BuildView(const ShimSpec& spec, int status_fd) {
  if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) Fail(status_fd, "cannot make mounts private");
  std::vector<Kept> kept;
  kept.push_back(Keep(spec.directory, false, status_fd));
  for (const std::string& path : spec.writable) kept.push_back(Keep(path, false, status_fd));
  for (const std::string& path : spec.read_only) kept.push_back(Keep(path, true, status_fd));
  // Before everything becomes read-only: a new /proc may not be more writable than one that is visible.
  // Where it is refused the host's stays, in which the instance sees names of processes it cannot touch.
  (void)mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr);
  if (SetReadOnly(AT_FDCWD, "/", kRecursive) != 0) Fail(status_fd, "cannot make the host's files read-only");

  std::vector<std::string> covered = {"/tmp", "/var/tmp", "/dev/shm"};
  const size_t scratch = covered.size();
  for (const char* path : {"/root", "/home", "/run"}) covered.push_back(path);
  covered.insert(covered.end(), spec.hidden.begin(), spec.hidden.end());
  for (size_t i = 0; i < covered.size(); ++i) {
    // A directory below one that is covered already is not there any more.
    if (!Exists(covered[i])) continue;
    const char* options = i < scratch ? "mode=1777,size=64m" : "mode=0755,size=1m";
    if (mount("tmpfs", covered[i].c_str(), "tmpfs", MS_NOSUID | MS_NODEV, options) != 0) {
      Fail(status_fd, "cannot cover " + covered[i]);
    }
  }
  std::sort(kept.begin(), kept.end(), [](const Kept& a, const Kept& b) { return a.path.size() < b.path.size(); });
  for (const Kept& tree : kept) {
    MakeDirectories(tree.path);
    if (syscall(kMoveMount, tree.fd, "", AT_FDCWD, tree.path.c_str(), 4 /* MOVE_MOUNT_F_EMPTY_PATH */) != 0) {
      Fail(status_fd, "cannot put " + tree.path + " in place");
    }
    close(tree.fd);
  }
  for (size_t i = scratch; i < covered.size(); ++i) (void)SetReadOnly(AT_FDCWD, covered[i].c_str(), 0);
}

// Never root, no capabilities, and no way back to either.
void DropPrivileges(const ShimSpec& spec, bool from_root, int status_fd) {
  const bool bind = from_root && spec.bind_low_ports;
  for (int capability = 0; capability <= kLastCapability; ++capability) {
    if (bind && capability == CAP_NET_BIND_SERVICE) continue;
    (void)prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
  }
  if (from_root) {
    if (bind) (void)prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
    if (setgroups(0, nullptr) != 0 || setresgid(spec.gid, spec.gid, spec.gid) != 0 ||
        setresuid(spec.uid, spec.uid, spec.uid) != 0) {
      Fail(status_fd, "cannot become user " + std::to_string(spec.uid));
    }
  }
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  if (bind) data[0].effective = data[0].permitted = data[0].inheritable = 1u << CAP_NET_BIND_SERVICE;
  if (syscall(SYS_capset, &header, data) != 0) Fail(status_fd, "cannot drop capabilities");
  (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  if (bind) (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_BIND_SERVICE, 0, 0);
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) Fail(status_fd, "cannot give up new privileges");
  if (getuid() == 0) Fail(status_fd, "an instance never runs as root");
}

void ResetSignals() {
  for (int signal = 1; signal < 32; ++signal) ::signal(signal, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

[[noreturn]] void Execute(const ShimSpec& spec, int output_fd, int status_fd) {
  ResetSignals();
  setsid();
  const int null = open("/dev/null", O_RDONLY);
  dup2(null, STDIN_FILENO);
  dup2(output_fd, STDOUT_FILENO);
  dup2(output_fd, STDERR_FILENO);
  rlimit files;
  if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
  }
  if (chdir(spec.directory.c_str()) != 0) Fail(status_fd, "cannot enter " + spec.directory);
  std::vector<char*> argv, environment;
  for (const std::string& arg : spec.argv) argv.push_back(const_cast<char*>(arg.c_str()));
  for (const std::string& entry : spec.environment) environment.push_back(const_cast<char*>(entry.c_str()));
  argv.push_back(nullptr);
  environment.push_back(nullptr);
  // Everything but the standard three, the status pipe among them, closes by itself.
  (void)syscall(SYS_close_range, 3, ~0u, 4 /* CLOSE_RANGE_CLOEXEC */);
  execve(argv[0], argv.data(), environment.data());
  Fail(status_fd, "cannot run " + spec.argv[0]);
}

volatile pid_t main_process = 0;

void ForwardSignal(int signal) {
  if (main_process > 0) kill(main_process, signal);
}

// Process 1 of the instance: passes SIGTERM and SIGINT on, reaps, and tells the shim how the main process ended. Its
// end, from whatever cause, ends every process of the instance.
[[noreturn]] void RunInit(const ShimSpec& spec, int output_fd, int status_fd) {
  struct sigaction action = {};
  action.sa_handler = ForwardSignal;
  sigset_t none;
  sigemptyset(&none);
  const pid_t child = fork();
  if (child < 0) Fail(status_fd, "cannot fork");
  if (child == 0) Execute(spec, output_fd, status_fd);
  main_process = child;
  sigaction(SIGTERM, &action, nullptr);
  sigaction(SIGINT, &action, nullptr);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  // What it holds open would keep others from seeing an end; the status pipe goes to descriptor 3.
  dup2(status_fd, 3);
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
};

// In the new namespaces.
[[noreturn]] void BecomeInstance(const ShimSpec& spec, bool from_root, int go_fd, int output_fd, int status_fd) {
  // Until its user is mapped it has no rights even in its own namespace.
  char go = 0;
  if (read(go_fd, &go, 1) != 1) _exit(126);
  errno = 0;
  umask(0022);
  if (!spec.hostname.empty()) (void)sethostname(spec.hostname.data(), spec.hostname.size());
  BuildView(spec, status_fd);
  DropPrivileges(spec, from_root, status_fd);
  // After the change of user, which would clear it. A shim that dies takes the instance along.
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  RunInit(spec, output_fd, status_fd);
}

bool MapUser(pid_t child) {
  const std::string proc = "/proc/" + std::to_string(child);
  const std::string uid = std::to_string(getuid()), gid = std::to_string(getgid());
  return WriteFile(proc + "/setgroups", "deny") && WriteFile(proc + "/uid_map", uid + " " + uid + " 1") &&
         WriteFile(proc + "/gid_map", gid + " " + gid + " 1");
}

Started StartPlain(const ShimSpec& spec, int output_fd, const Pipe& status, std::string reason) {
  const pid_t child = fork();
  if (child == 0) {
    const bool from_root = getuid() == 0;
    errno = 0;
    DropPrivileges(spec, from_root, status.write_end);
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    Execute(spec, output_fd, status.write_end);
  }
  close(status.write_end);
  if (child < 0) return {-1, false, std::string("cannot fork: ") + strerror(errno), status.read_end};
  return {child, false, std::move(reason), status.read_end};
}

}  // namespace

Started StartInstance(const ShimSpec& spec, int output_fd) {
  Pipe status, go;
  if (!status.Open() || !go.Open()) return {-1, false, std::string("no pipe: ") + strerror(errno), -1};
  const bool from_root = getuid() == 0;
  const int flags = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | (from_root ? 0 : CLONE_NEWUSER);
  // Without a stack of its own clone is fork with namespaces.
  const long child = syscall(SYS_clone, flags | SIGCHLD, nullptr, nullptr, nullptr, nullptr);
  if (child == 0) {
    close(go.write_end);
    BecomeInstance(spec, from_root, go.read_end, output_fd, status.write_end);
  }
  close(go.read_end);
  if (child > 0 && (from_root || MapUser(static_cast<pid_t>(child)))) {
    close(status.write_end);
    const bool told = write(go.write_end, "g", 1) == 1;
    close(go.write_end);
    if (told) return {static_cast<int>(child), true, "", status.read_end};
    return {-1, false, "the instance's first process died at once", status.read_end};
  }
  const std::string reason = std::string("this machine grants no namespaces: ") + strerror(errno);
  if (child > 0) {
    kill(static_cast<pid_t>(child), SIGKILL);
    waitpid(static_cast<pid_t>(child), nullptr, 0);
  }
  close(go.write_end);
  return StartPlain(spec, output_fd, status, reason);
}

}  // namespace nubo::drivers
