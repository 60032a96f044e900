// nubo-shim: starts one instance, watches it, and answers for it on a unix socket, whatever becomes of the control
// plane.
//
//   nubo-shim --spec FILE
//
// The program returns once the socket listens; what stays is a process in the background. Whoever connects is told the
// state, then every change of it, a line each:
//   running pid=N isolated=0|1 REASON      exited code=N | exited signal=N      failed WHY
// and may say: terminate GRACE_MS, kill, quit (which counts once the instance has ended). It stays until then, so that
// the end is never lost; a copy of the last line is in SOCKET.exit.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "nubo/drivers/shim_sandbox.h"
#include "nubo/drivers/shim_spec.h"

namespace nubo::drivers {
namespace {

constexpr size_t kClientsMax = 8;
constexpr size_t kCommandMax = 256;
constexpr off_t kLogBytesMax = 10 << 20;

int64_t NowMs() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1000000;
}

// The instance's output, in a file that is turned over once it is large.
class Log {
 public:
  explicit Log(std::string path) : path_(std::move(path)) { Open(); }

  void Append(const char* data, size_t size) {
    if (size_ + static_cast<off_t>(size) > kLogBytesMax) {
      close(fd_);
      rename(path_.c_str(), (path_ + ".1").c_str());
      Open();
    }
    // A full disk loses output, not the instance.
    const ssize_t written = write(fd_, data, size);
    if (written > 0) size_ += written;
  }

 private:
  void Open() {
    fd_ = open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    struct stat info;
    size_ = fstat(fd_, &info) == 0 ? info.st_size : 0;
  }

  const std::string path_;
  int fd_ = -1;
  off_t size_ = 0;
};

struct Client {
  int fd;
  std::string pending;
};

class Supervisor {
 public:
  Supervisor(ShimSpec spec, int listener) : spec_(std::move(spec)), listener_(listener), log_(spec_.log_path) {}

  void Run() {
    Prepare();
    Start();
    while (!quit_) {
      std::vector<pollfd> fds = {{signals_, POLLIN, 0}, {listener_, POLLIN, 0}};
      fds.push_back({output_, POLLIN, 0});
      fds.push_back({status_, POLLIN, 0});
      for (const Client& client : clients_) fds.push_back({client.fd, POLLIN, 0});
      poll(fds.data(), fds.size(), PollTimeout());
      if (fds[2].revents != 0) ReadOutput();
      if (fds[3].revents != 0) ReadStatus();
      if (fds[0].revents != 0) ReadSignals();
      for (size_t i = 4; i < fds.size(); ++i) {
        if (fds[i].revents != 0) ReadClient(fds[i].fd);
      }
      if (fds[1].revents != 0) Accept();
      if (kill_at_ > 0 && NowMs() >= kill_at_) Kill();
    }
    unlink(spec_.socket_path.c_str());
    unlink(ExitPath(spec_.socket_path).c_str());
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
  }

  void Start() {
    int output[2];
    if (pipe2(output, O_CLOEXEC | O_NONBLOCK) != 0) return Ended("failed no pipe for the output");
    // The instance's own end blocks as pipes do.
    fcntl(output[1], F_SETFL, 0);
    output_ = output[0];
    const Started started = StartInstance(spec_, output[1]);
    close(output[1]);
    if (started.pid < 0) return Ended("failed " + started.reason);
    pid_ = started.pid;
    isolated_ = started.isolated;
    status_ = started.status_fd;
    fcntl(status_, F_SETFL, O_NONBLOCK);
    running_line_ =
        "running pid=" + std::to_string(pid_) + " isolated=" + (isolated_ ? "1" : "0") + " " + started.reason;
  }

  // While the instance starts, the status pipe is open; exec closes it for a plain process, and init keeps it for the
  // end.
  void ReadStatus() {
    char buffer[512];
    const ssize_t got = read(status_, buffer, sizeof buffer);
    if (got > 0) {
      status_text_.append(buffer, got);
    } else if (got == 0 || errno != EAGAIN) {
      close(status_);
      status_ = -1;
    }
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
    if (kill_at_ > 0) return static_cast<int>(std::max<int64_t>(0, kill_at_ - NowMs()));
    return -1;
  }

  void ReadOutput() {
    char buffer[64 << 10];
    ssize_t got;
    while ((got = read(output_, buffer, sizeof buffer)) > 0) log_.Append(buffer, got);
    if (got == 0) {
      close(output_);
      output_ = -1;
    }
  }

  void ReadSignals() {
    signalfd_siginfo info;
    while (read(signals_, &info, sizeof info) == sizeof info) {
      if (info.ssi_signo == SIGTERM) Terminate(10000);
    }
    int status = 0;
    pid_t ended;
    while ((ended = waitpid(-1, &status, WNOHANG)) > 0) {
      if (ended == pid_) OnInstanceEnded(status);
    }
  }

  void OnInstanceEnded(int status) {
    pid_ = -1;
    kill_at_ = 0;
    if (!isolated_) KillChildren();
    while (status_ >= 0) {
      const int before = status_;
      ReadStatus();
      if (status_ == before && status_text_.empty()) break;
      if (status_ == before) break;
    }
    if (output_ >= 0) ReadOutput();
    if (status_text_.rfind("E ", 0) == 0) {
      return Ended("failed " + status_text_.substr(2, status_text_.find('\n') - 2));
    }
    const size_t told = status_text_.find("X ");
    if (told != std::string::npos) status = atoi(status_text_.c_str() + told + 2);
    if (WIFSIGNALED(status)) return Ended("exited signal=" + std::to_string(WTERMSIG(status)));
    Ended("exited code=" + std::to_string(WEXITSTATUS(status)));
  }

  void Ended(const std::string& line) {
    ended_ = true;
    // Whole or not at all, also if the machine stops here.
    const std::string path = ExitPath(spec_.socket_path), scratch = path + ".new";
    const int fd = open(scratch.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd >= 0) {
      if (write(fd, line.data(), line.size()) == static_cast<ssize_t>(line.size()))
        rename(scratch.c_str(), path.c_str());
      close(fd);
    }
    Announce(line);
  }

  // Whatever the main process left behind; as subreaper all of it has become ours.
  void KillChildren() {
    for (int round = 0; round < 100; ++round) {
      std::ifstream list("/proc/self/task/" + std::to_string(getpid()) + "/children");
      int child = 0;
      bool any = false;
      while (list >> child) {
        any = true;
        kill(child, SIGKILL);
        waitpid(child, nullptr, 0);
      }
      if (!any) return;
    }
  }

  void Terminate(int grace_ms) {
    if (pid_ < 0) return;
    kill(pid_, SIGTERM);
    kill_at_ = NowMs() + std::max(1, grace_ms);
  }

  void Kill() {
    kill_at_ = 0;
    if (pid_ > 0) kill(pid_, SIGKILL);
  }

  void Accept() {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) return;
    if (clients_.size() >= kClientsMax) {
      close(fd);
      return;
    }
    clients_.push_back({fd, ""});
    Send(fd, "shim id=" + spec_.id);
    Send(fd, ended_ ? state_ : running_line_);
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
      Terminate(std::clamp(atoi(command.c_str() + 10), 0, 3600 * 1000));
    } else if (command == "kill") {
      Kill();
    } else if (command == "quit" && ended_) {
      quit_ = true;
    }
  }

  const ShimSpec spec_;
  const int listener_;
  Log log_;
  std::vector<Client> clients_;
  int signals_ = -1;
  int output_ = -1;
  int status_ = -1;
  std::string status_text_;
  int pid_ = -1;
  bool isolated_ = false;
  std::string running_line_;
  std::string state_;
  bool ended_ = false;
  bool quit_ = false;
  int64_t kill_at_ = 0;
};

int Listen(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return -1;
  memcpy(address.sun_path, path.data(), path.size());
  unlink(path.c_str());
  const mode_t usual = umask(0077);
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || listen(fd, 8) != 0) return -1;
  umask(usual);
  return fd;
}

int Main(int argc, char** argv) {
  if (argc != 3 || strcmp(argv[1], "--spec") != 0) {
    fprintf(stderr, "usage: nubo-shim --spec FILE\n");
    return 2;
  }
  std::ifstream file(argv[2], std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  ShimSpec spec;
  if (!Parse(text, spec)) {
    fprintf(stderr, "%s is not a shim's specification\n", argv[2]);
    return 2;
  }
  // It may hold secrets, and is not needed again.
  unlink(argv[2]);
  (void)syscall(SYS_close_range, 3, ~0u, 0);
  const int listener = Listen(spec.socket_path);
  if (listener < 0) {
    fprintf(stderr, "cannot listen on %s: %s\n", spec.socket_path.c_str(), strerror(errno));
    return 1;
  }
  const pid_t child = fork();
  if (child < 0) {
    fprintf(stderr, "cannot fork: %s\n", strerror(errno));
    return 1;
  }
  if (child > 0) return 0;
  setsid();
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
