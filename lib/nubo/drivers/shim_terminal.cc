#include "nubo/drivers/shim_terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <string>

namespace nubo::drivers {
namespace {

constexpr int kPassedOn[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
constexpr size_t kBlock = 4096;
// What a command that has ended may still have in its terminal; more is one that others go on writing to.
constexpr int kLastBlocksMax = 256;

sigset_t Held() {
  sigset_t held;
  sigemptyset(&held);
  sigaddset(&held, SIGCHLD);
  sigaddset(&held, SIGWINCH);
  for (const int signal : kPassedOn) sigaddset(&held, signal);
  return held;
}

void CopySize(int master) {
  winsize size;
  if (ioctl(STDIN_FILENO, TIOCGWINSZ, &size) == 0) ioctl(master, TIOCSWINSZ, &size);
}

bool WriteAll(int fd, const char* data, size_t size) {
  while (size > 0) {
    const ssize_t written = write(fd, data, size);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    data += written;
    size -= static_cast<size_t>(written);
  }
  return true;
}

// Our terminal hands on every key as it is, until this is destroyed.
class RawMode {
 public:
  RawMode() {
    if (tcgetattr(STDIN_FILENO, &former_) != 0) return;
    termios raw = former_;
    cfmakeraw(&raw);
    changed_ = tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) == 0;
  }
  ~RawMode() {
    if (changed_) tcsetattr(STDIN_FILENO, TCSADRAIN, &former_);
  }
  RawMode(const RawMode&) = delete;
  RawMode& operator=(const RawMode&) = delete;

 private:
  termios former_ = {};
  bool changed_ = false;
};

class Carrier {
 public:
  Carrier(pid_t child, int master, int signals) : child_(child), master_(master), signals_(signals) {}

  int Run() {
    while (!ReadSignals()) {
      pollfd fds[] = {{signals_, POLLIN, 0},
                      {input_open_ && pending_.empty() ? STDIN_FILENO : -1, POLLIN, 0},
                      {master_, static_cast<short>(pending_.empty() ? POLLIN : POLLIN | POLLOUT), 0}};
      if (master_ < 0) fds[1].fd = -1;
      if (poll(fds, 3, -1) < 0) continue;
      if (fds[1].revents != 0) TakeInput();
      if ((fds[2].revents & POLLOUT) != 0) GiveInput();
      if ((fds[2].revents & (POLLIN | POLLHUP | POLLERR)) != 0 && !CarryOutput()) master_ = -1;
    }
    for (int i = 0; i < kLastBlocksMax && master_ >= 0 && CarryOutput(); ++i) {
    }
    return status_;
  }

 private:
  // True once the command has ended.
  bool ReadSignals() {
    signalfd_siginfo info;
    while (read(signals_, &info, sizeof info) == sizeof info) {
      if (info.ssi_signo == SIGWINCH && master_ >= 0) CopySize(master_);
      for (const int signal : kPassedOn) {
        // It leads a session of its own.
        if (info.ssi_signo == static_cast<uint32_t>(signal)) kill(-child_, signal);
      }
    }
    return waitpid(child_, &status_, WNOHANG) == child_;
  }

  void TakeInput() {
    char block[kBlock];
    const ssize_t got = read(STDIN_FILENO, block, sizeof block);
    if (got > 0) pending_.assign(block, static_cast<size_t>(got));
    if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN)) input_open_ = false;
  }

  void GiveInput() {
    const ssize_t written = write(master_, pending_.data(), pending_.size());
    if (written > 0) pending_.erase(0, static_cast<size_t>(written));
  }

  // False once nobody has the other end any more, or there is nothing left of one that has ended.
  bool CarryOutput() {
    char block[kBlock];
    const ssize_t got = read(master_, block, sizeof block);
    if (got < 0 && errno == EINTR) return true;
    return got > 0 && WriteAll(STDOUT_FILENO, block, static_cast<size_t>(got));
  }

  const pid_t child_;
  int master_;
  const int signals_;
  int status_ = 0;
  bool input_open_ = true;
  // Keys that the command's terminal has no room for yet.
  std::string pending_;
};

}  // namespace

Terminal OpenTerminal() {
  Terminal terminal;
  terminal.master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (terminal.master < 0) return {};
  // By the descriptor: a path could mean another terminal by now.
  if (unlockpt(terminal.master) == 0) {
    terminal.slave = ioctl(terminal.master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
  }
  if (terminal.slave < 0) {
    close(terminal.master);
    return {};
  }
  CopySize(terminal.master);
  fcntl(terminal.master, F_SETFL, O_NONBLOCK);
  return terminal;
}

void HoldSignals() {
  const sigset_t held = Held();
  sigprocmask(SIG_BLOCK, &held, nullptr);
}

int AwaitCommand(pid_t child, int master) {
  const sigset_t held = Held();
  const int signals = signalfd(-1, &held, SFD_CLOEXEC | SFD_NONBLOCK);
  if (master < 0) return Carrier(child, master, signals).Run();
  const RawMode raw;
  return Carrier(child, master, signals).Run();
}

}  // namespace nubo::drivers
