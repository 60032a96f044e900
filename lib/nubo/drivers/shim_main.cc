// nubo-shim: starts one instance, watches it, and answers for it on a unix socket, whatever becomes of the control
// plane.
//
//   nubo-shim --spec FILE
//   nubo-shim --probe FILE       tries whether such an instance can be isolated; says why not, and ends with 1
//   nubo-shim --enter SOCKET [--no-terminal] -- COMMAND [ARGUMENT…]      (see shim_enter.h)
//   nubo-shim --idle             does nothing, in every instance that is a machine (see shim_machine.h)
//
// The program returns once the socket listens; what stays is a process in the background. Whoever connects is told the
// state, then every change of it, a line each:
//   running pid=N isolated=0|1 REASON      exited code=N | exited signal=N      failed WHY
//   restarting ms=N exited …               it ended by itself, is kept running, and starts again after that time
// and may say: terminate GRACE_MS, reboot GRACE_MS, quit (which counts once the instance has ended). It stays until
// then, so that the end is never lost; a copy of the last line is in SOCKET.exit.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "nubo/drivers/shim_enter.h"
#include "nubo/drivers/shim_fd_store.h"
#include "nubo/drivers/shim_log.h"
#include "nubo/drivers/shim_machine.h"
#include "nubo/drivers/shim_network.h"
#include "nubo/drivers/shim_sandbox.h"
#include "nubo/drivers/shim_socket.h"
#include "nubo/drivers/shim_spec.h"

namespace nubo::drivers {
namespace {

constexpr size_t kClientsMax = 8;
constexpr size_t kCommandMax = 256;
// How often it looks whether its socket is still there, and how often in a row not even its directory is before it ends
// what nobody could find any more.
constexpr int kLookRoundMs = 5000;
constexpr int kHomelessMax = 3;
constexpr int kHomelessGraceMs = 10000;
// How long the disk may take for the copy of the last line before the line is told without.
constexpr int kExitPatienceMs = 1000;
constexpr int kGraceMsMax = 3600 * 1000;
// What is read of the instance's output before others get their turn: more than a pipe holds.
constexpr int kReadsMax = 16;
// One that is kept running starts again at once; if it ends again before it has run for a while, after ever longer
// pauses.
constexpr int kSettledMs = 10000;
constexpr int kPauseMinMs = 100;
constexpr int kPauseMaxMs = 30000;
constexpr int kDoublingsMax = 10;

// Whole or not at all, also if the machine stops here.
void WriteWhole(const std::string& path, const std::string& text) {
  const std::string scratch = path + ".new";
  const int fd = open(scratch.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return;
  const bool whole = write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && fsync(fd) == 0;
  close(fd);
  if (whole) rename(scratch.c_str(), path.c_str());
}

struct Client {
  int fd;
  std::string pending;
};

class Supervisor {
 public:
  Supervisor(ShimSpec spec, Listener listener)
      : spec_(std::move(spec)),
        listener_(listener.fd),
        inode_(listener.inode),
        log_(spec_.log_path),
        store_(spec_.listens_outside, spec_.holds_networks ? FdStore::kNetworksMax : FdStore::kHeldMax) {}

  void Run() {
    Prepare();
    Start();
    while (!quit_) {
      const bool full = log_.full(NowMs());
      std::vector<pollfd> fds = {{signals_, POLLIN, 0},
                                 {listener_, POLLIN, 0},
                                 {full ? -1 : output_, POLLIN, 0},
                                 {store_.fd(), POLLIN, 0},
                                 {full ? log_.fd() : -1, POLLOUT, 0}};
      const size_t first_client = fds.size();
      for (const Client& client : clients_) fds.push_back({client.fd, POLLIN, 0});
      poll(fds.data(), fds.size(), PollTimeout());
      if (fds[4].revents != 0) log_.OnWritable();
      if (fds[2].revents != 0) ReadOutput();
      // Before the end of who has sent them.
      if (fds[3].revents != 0) store_.Read();
      if (fds[0].revents != 0) ReadSignals();
      for (size_t i = first_client; i < fds.size(); ++i) {
        if (fds[i].revents != 0) ReadClient(fds[i].fd);
      }
      if (fds[1].revents != 0) Accept();
      if (kill_at_ > 0 && NowMs() >= kill_at_) Kill();
      if (start_at_ > 0 && NowMs() >= start_at_) Start();
      if (NowMs() >= look_at_) LookAround();
    }
    const int lock = LockDirectoryOf(spec_.socket_path);
    // A successor may listen there by now.
    if (InodeOf(spec_.socket_path) == inode_) {
      unlink(spec_.socket_path.c_str());
      unlink(ExitPath(spec_.socket_path).c_str());
    }
    close(lock);
  }

 private:
  void Prepare() {
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    sigset_t watched;
    sigemptyset(&watched);
    sigaddset(&watched, SIGCHLD);
    sigaddset(&watched, SIGTERM);
    sigprocmask(SIG_BLOCK, &watched, nullptr);
    signals_ = signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK);
    // What it keeps of networks is one for each instance.
    rlimit files;
    if (spec_.holds_networks && getrlimit(RLIMIT_NOFILE, &files) == 0) {
      files.rlim_cur = files.rlim_max;
      setrlimit(RLIMIT_NOFILE, &files);
    }
  }

  void Start() {
    start_at_ = 0;
    started_at_ = NowMs();
    int output[2];
    if (pipe2(output, O_CLOEXEC | O_NONBLOCK) != 0) return Over("failed no pipe for the output");
    // The instance's own end blocks as pipes do.
    fcntl(output[1], F_SETFL, 0);
    output_ = output[0];
    const int store = spec_.keep_running ? store_.Open() : -1;
    const std::string problem = network_.Prepare(spec_);
    if (network_.renewed()) store_.Drop();
    const Started started = problem.empty()
                                ? StartInstance(WithGeneration(), output[1], {store_.held(), store}, network_)
                                : Started{-1, false, problem, -1};
    close(output[1]);
    if (store >= 0) close(store);
    if (started.pid < 0) return Over("failed " + started.reason);
    pid_ = started.pid;
    has_run_ = true;
    status_ = started.status_fd;
    if (status_ >= 0) fcntl(status_, F_SETFL, O_NONBLOCK);
    Announce("running pid=" + std::to_string(pid_) + " isolated=" + (started.isolated ? "1 " : "0 ") + started.reason);
  }

  // Who holds networks tells them from those of a former holder by it.
  ShimSpec WithGeneration() const {
    ShimSpec spec = spec_;
    if (spec.holds_networks) spec.environment.push_back("NUBO_NETWORK_GENERATION=" + network_.generation());
    return spec;
  }

  void Announce(const std::string& line) {
    state_ = line;
    for (const Client& client : clients_) Send(client.fd, line);
  }

  static void Send(int fd, const std::string& line) {
    const std::string whole = line + "\n";
    (void)send(fd, whole.data(), whole.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  }

  int PollTimeout() const {
    int64_t at = 0;
    for (const int64_t one : {kill_at_, start_at_, log_.patient_until(), look_at_}) {
      if (one > 0 && (at == 0 || one < at)) at = one;
    }
    return static_cast<int>(std::max<int64_t>(0, at - NowMs()));
  }

  // Somebody may have removed its socket, or the whole directory of the region.
  void LookAround() {
    look_at_ = NowMs() + kLookRoundMs;
    const bool there = InodeOf(spec_.socket_path) == inode_;
    if (there || !clients_.empty()) homeless_ = 0;
    if (there) return;
    if (ended_) {
      // Where it cannot be asked any more, there is nothing left to wait for.
      quit_ = clients_.empty();
      return;
    }
    const Listener again = Listen(spec_.socket_path);
    if (again.fd >= 0) {
      close(listener_);
      listener_ = again.fd;
      inode_ = again.inode;
      return;
    }
    // Who is connected can still end it.
    const bool homeless = InodeOf(spec_.socket_path.substr(0, spec_.socket_path.rfind('/'))) == 0;
    if (homeless && clients_.empty() && ++homeless_ == kHomelessMax) Terminate(kHomelessGraceMs);
  }

  void ReadOutput() {
    char buffer[64 << 10];
    for (int i = 0; i < kReadsMax && !log_.full(NowMs()); ++i) {
      const ssize_t got = read(output_, buffer, sizeof buffer);
      if (got == 0) CloseOutput();
      if (got <= 0) return;
      log_.Append(buffer, got);
    }
  }

  // Nobody writes any more: what the pipe holds is all there will be.
  void ReadLastOutput() {
    const int64_t until = NowMs() + kLogFinishMs;
    while (output_ >= 0 && NowMs() < until) {
      if (log_.full(NowMs())) {
        pollfd writable = {log_.fd(), POLLOUT, 0};
        if (poll(&writable, 1, kLogFinishMs) > 0) log_.OnWritable();
        continue;
      }
      char buffer[64 << 10];
      const ssize_t got = read(output_, buffer, sizeof buffer);
      if (got <= 0) break;
      log_.Append(buffer, got);
    }
    CloseOutput();
    log_.Finish();
  }

  void CloseOutput() {
    if (output_ >= 0) close(output_);
    output_ = -1;
  }

  void ReadSignals() {
    signalfd_siginfo info;
    while (read(signals_, &info, sizeof info) == sizeof info) {
      if (info.ssi_signo == SIGTERM) Terminate(10000);
    }
    int status = 0;
    pid_t ended;
    while ((ended = waitpid(-1, &status, WNOHANG)) > 0) {
      if (!log_.OnEnded(ended) && ended == pid_) OnInstanceEnded(status);
    }
  }

  void OnInstanceEnded(int status) {
    pid_ = -1;
    kill_at_ = 0;
    KillChildren();
    ReadLastOutput();
    store_.Read();
    status = MainStatus(status);
    if (reboot_) {
      reboot_ = false;
      return Start();
    }
    if (WIFSIGNALED(status)) return Over("exited signal=" + std::to_string(WTERMSIG(status)));
    Over("exited code=" + std::to_string(WEXITSTATUS(status)));
  }

  // For good, unless it is kept running: then what ran once is not given up. One that never ran never will.
  void Over(const std::string& line) {
    if (!spec_.keep_running || !has_run_ || terminated_) return Ended(line);
    failures_ = NowMs() - started_at_ >= kSettledMs ? 1 : failures_ + 1;
    const int pause = failures_ == 1 ? 0 : std::min(kPauseMaxMs, kPauseMinMs << std::min(failures_ - 2, kDoublingsMax));
    start_at_ = NowMs() + pause;
    last_end_ = line;
    Announce("restarting ms=" + std::to_string(pause) + " " + line);
  }

  // What process 1 wrote of the main process; its own status if it had no time to, or is the main process.
  int MainStatus(int status) {
    if (status_ < 0) return status;
    char buffer[64] = {};
    const ssize_t got = read(status_, buffer, sizeof buffer - 1);
    close(status_);
    status_ = -1;
    return got > 2 && strncmp(buffer, "X ", 2) == 0 ? atoi(buffer + 2) : status;
  }

  void Ended(const std::string& line) {
    ended_ = true;
    DoOnDisk(kExitPatienceMs, WriteWhole, ExitPath(spec_.socket_path), line);
    Announce(line);
  }

  // Whatever a main process without namespaces left behind; as subreaper all of it has become ours.
  void KillChildren() {
    for (int round = 0; round < 100; ++round) {
      std::ifstream list("/proc/self/task/" + std::to_string(getpid()) + "/children");
      int child = 0;
      bool any = false;
      while (list >> child) {
        // It ends by itself, and may hang until the disk goes on.
        if (child == log_.writer()) continue;
        any = true;
        kill(child, SIGKILL);
        waitpid(child, nullptr, 0);
      }
      if (!any) return;
    }
  }

  void Terminate(int grace_ms) {
    reboot_ = false;
    terminated_ = true;
    if (start_at_ > 0) {
      start_at_ = 0;
      return Ended(last_end_);
    }
    End(grace_ms);
  }

  void Reboot(int grace_ms) {
    // One that is on its way out stays there.
    if (pid_ < 0 || kill_at_ > 0) return;
    reboot_ = true;
    End(grace_ms);
  }

  void End(int grace_ms) {
    if (pid_ < 0) return;
    if (grace_ms == 0) return Kill();
    // Asked again, it does not get more time.
    const int64_t kill_at = NowMs() + grace_ms;
    kill_at_ = kill_at_ > 0 ? std::min(kill_at_, kill_at) : kill_at;
    kill(pid_, SIGTERM);
  }

  void Kill() {
    kill_at_ = 0;
    if (pid_ > 0) kill(pid_, SIGKILL);
  }

  void Accept() {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) return;
    // The newest is the control plane that was just started; one that was pushed out connects again.
    if (clients_.size() >= kClientsMax) {
      close(clients_.front().fd);
      clients_.erase(clients_.begin());
    }
    clients_.push_back({fd, ""});
    Send(fd, "shim id=" + spec_.id);
    Send(fd, state_);
  }

  void ReadClient(int fd) {
    const auto client = std::find_if(clients_.begin(), clients_.end(), [fd](const Client& c) { return c.fd == fd; });
    if (client == clients_.end()) return;
    char buffer[256];
    const ssize_t got = recv(fd, buffer, sizeof buffer, 0);
    if (got > 0) client->pending.append(buffer, got);
    if (got == 0 || (got < 0 && errno != EAGAIN) || client->pending.size() > kCommandMax) {
      close(fd);
      clients_.erase(client);
      return;
    }
    size_t end;
    while ((end = client->pending.find('\n')) != std::string::npos) {
      const std::string command = client->pending.substr(0, end);
      client->pending.erase(0, end + 1);
      Obey(command);
    }
  }

  void Obey(const std::string& command) {
    if (command.rfind("terminate ", 0) == 0) {
      Terminate(std::clamp(atoi(command.c_str() + 10), 0, kGraceMsMax));
    } else if (command.rfind("reboot ", 0) == 0) {
      Reboot(std::clamp(atoi(command.c_str() + 7), 0, kGraceMsMax));
    } else if (command == "quit" && ended_) {
      quit_ = true;
    }
  }

  const ShimSpec spec_;
  int listener_;
  ino_t inode_;
  Log log_;
  ShimNetwork network_;
  FdStore store_;
  std::vector<Client> clients_;
  int signals_ = -1;
  int output_ = -1;
  int status_ = -1;
  int pid_ = -1;
  // The last line told of the instance.
  std::string state_;
  bool ended_ = false;
  bool reboot_ = false;
  bool quit_ = false;
  int64_t kill_at_ = 0;
  int64_t look_at_ = NowMs() + kLookRoundMs;
  int homeless_ = 0;
  // Of one that is kept running.
  bool has_run_ = false;
  bool terminated_ = false;
  int failures_ = 0;
  int64_t started_at_ = 0;
  int64_t start_at_ = 0;
  std::string last_end_;
};

bool ReadSpec(const char* path, ShimSpec& spec) {
  std::ifstream file(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (!Parse(text, spec)) {
    fprintf(stderr, "%s is not a shim's specification\n", path);
    return false;
  }
  // It may hold secrets, and is not needed again.
  unlink(path);
  return true;
}

// All that starting it does, but for its program.
int Probe(ShimSpec spec) {
  spec.argv.clear();
  spec.allow_unisolated = false;
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  ShimNetwork network;
  const std::string problem = network.Prepare(spec);
  const Started started = problem.empty() ? StartInstance(spec, null, {}, network) : Started{-1, false, problem, -1};
  if (started.pid < 0) {
    fprintf(stderr, "%s\n", started.reason.c_str());
    return 1;
  }
  int status = 0;
  waitpid(started.pid, &status, 0);
  return 0;
}

int Main(int argc, char** argv) {
  if (argc == 2 && strcmp(argv[1], kIdleArgument) == 0) Idle();
  // It may have been run by a descriptor's number.
  (void)prctl(PR_SET_NAME, "nubo-shim", 0, 0, 0);
  if (argc > 1 && strcmp(argv[1], "--enter") == 0) return EnterMain(argc, argv);
  const bool probe = argc == 3 && strcmp(argv[1], "--probe") == 0;
  if (argc != 3 || (!probe && strcmp(argv[1], "--spec") != 0)) {
    fprintf(stderr, "usage: nubo-shim --spec FILE, or nubo-shim --enter SOCKET -- COMMAND\n");
    return 2;
  }
  ShimSpec spec;
  if (!ReadSpec(argv[2], spec)) return 2;
  (void)syscall(SYS_close_range, 3, ~0u, 0);
  if (probe) return Probe(std::move(spec));
  const Listener listener = Listen(spec.socket_path);
  if (listener.fd < 0) {
    const int problem = errno;
    fprintf(stderr, "cannot listen on %s: %s\n", spec.socket_path.c_str(), strerror(problem));
    return problem == EADDRINUSE ? kRunsAlready : 1;
  }
  const pid_t child = fork();
  if (child < 0) {
    fprintf(stderr, "cannot fork: %s\n", strerror(errno));
    return 1;
  }
  if (child > 0) return 0;
  setsid();
  // Whoever connects is told of the process that last said so.
  if (!ListenAgain(listener)) return 1;
  if (chdir("/") != 0) return 1;
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  dup2(null, STDIN_FILENO);
  dup2(null, STDOUT_FILENO);
  dup2(null, STDERR_FILENO);
  Supervisor(std::move(spec), listener).Run();
  return 0;
}

}  // namespace
}  // namespace nubo::drivers

int main(int argc, char** argv) { return nubo::drivers::Main(argc, argv); }
