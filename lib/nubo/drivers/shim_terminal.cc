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
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace nubo::drivers {
namespace {

constexpr int kPassedOn[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
constexpr size_t kBlock = 4096;
// What a command that has ended may still have in its terminal; more is one that others go on writing to.
constexpr int kLastBlocksMax = 256;
// How long a command may take to end once it was told to.
constexpr int kEndMs = 10'000;

int64_t NowMs() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

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

// Carries what comes from one descriptor to another, as far as that takes it without waiting.
class Flow {
 public:
  Flow(int from, int to) : from_(from), to_(to) {}

  // Both are polled for one thing at a time.
  pollfd Wanted() const {
    if (!pending_.empty()) return {to_, POLLOUT, 0};
    return {ended_ ? -1 : from_, POLLIN, 0};
  }
  bool open() const { return !ended_ || !pending_.empty(); }
  // True if it got on. `close_when_over`: the other end sees that nothing more comes.
  bool Carry(bool close_when_over) {
    bool got_on = false;
    if (pending_.empty() && !ended_) got_on = Take();
    if (!pending_.empty()) got_on = Give() || got_on;
    if (!open() && close_when_over && to_ >= 0) {
      close(to_);
      to_ = -1;
    }
    return got_on;
  }

 private:
  bool Take() {
    char block[kBlock];
    const ssize_t got = read(from_, block, sizeof block);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) return false;
    if (got > 0) pending_.assign(block, static_cast<size_t>(got));
    // Of a terminal that nobody has open any more it is EIO.
    ended_ = got <= 0;
    return true;
  }
  bool Give() {
    const ssize_t written = write(to_, pending_.data(), pending_.size());
    if (written < 0 && (errno == EINTR || errno == EAGAIN)) return false;
    if (written < 0) {
      ended_ = true;
      pending_.clear();
      return true;
    }
    pending_.erase(0, static_cast<size_t>(written));
    return true;
  }

  const int from_;
  int to_;
  bool ended_ = false;
  std::string pending_;
};

class Carrier {
 public:
  Carrier(pid_t child, const Ends& ends, int signals) : child_(child), ends_(ends), signals_(signals) {
    flows_.emplace_back(STDIN_FILENO, ends.ours[STDIN_FILENO]);
    flows_.emplace_back(ends.ours[STDOUT_FILENO], STDOUT_FILENO);
    if (!ends.terminal) flows_.emplace_back(ends.ours[STDERR_FILENO], STDERR_FILENO);
  }

  int Run() {
    while (!ReadSignals()) {
      std::vector<pollfd> fds = {{signals_, POLLIN, 0}};
      for (const Flow& flow : flows_) fds.push_back(flow.Wanted());
      const int ready = poll(fds.data(), fds.size(), end_by_ms_ < 0 ? -1 : std::max<int64_t>(end_by_ms_ - NowMs(), 0));
      if (ready == 0) kill(-child_, SIGKILL);
      if (ready == 0) end_by_ms_ = -1;
      if (ready <= 0) continue;
      for (size_t i = 0; i < flows_.size(); ++i) {
        if (fds[i + 1].revents != 0) flows_[i].Carry(i == 0 && !ends_.terminal);
      }
    }
    // What it has left behind; of one that others go on writing to not all.
    for (size_t i = 1; i < flows_.size(); ++i) {
      for (int block = 0; block < kLastBlocksMax && flows_[i].open() && flows_[i].Carry(false); ++block) {
      }
    }
    return status_;
  }

 private:
  // True once the command has ended.
  bool ReadSignals() {
    signalfd_siginfo info;
    while (read(signals_, &info, sizeof info) == sizeof info) {
      if (info.ssi_signo == SIGWINCH && ends_.terminal) CopySize(ends_.ours[STDIN_FILENO]);
      for (const int signal : kPassedOn) {
        // It leads a session of its own.
        if (info.ssi_signo == static_cast<uint32_t>(signal)) kill(-child_, signal);
      }
      // Whoever ends us must not be held up by what an instance does not want to end, or has stopped.
      const bool ends = info.ssi_signo == SIGTERM || info.ssi_signo == SIGHUP;
      if (ends) kill(-child_, SIGCONT);
      if (ends && end_by_ms_ < 0) end_by_ms_ = NowMs() + kEndMs;
    }
    return waitpid(child_, &status_, WNOHANG) == child_;
  }

  const pid_t child_;
  const Ends& ends_;
  const int signals_;
  std::vector<Flow> flows_;
  // When it is killed; -1: nobody has asked for its end.
  int64_t end_by_ms_ = -1;
  int status_ = 0;
};

bool OpenTerminal(Ends& ends) {
  const int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (master < 0) return false;
  // By the descriptor: a path could mean another terminal by now.
  const int slave = unlockpt(master) == 0 ? ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC) : -1;
  if (slave < 0) {
    close(master);
    return false;
  }
  CopySize(master);
  fcntl(master, F_SETFL, O_NONBLOCK);
  ends.terminal = true;
  for (int i = 0; i < 3; ++i) {
    ends.ours[i] = master;
    ends.theirs[i] = slave;
  }
  return true;
}

bool OpenPipes(Ends& ends) {
  for (int i = 0; i < 3; ++i) {
    int pair[2];
    if (pipe2(pair, O_CLOEXEC) != 0) return false;
    const bool input = i == STDIN_FILENO;
    ends.theirs[i] = pair[input ? 0 : 1];
    ends.ours[i] = pair[input ? 1 : 0];
    fcntl(ends.ours[i], F_SETFL, O_NONBLOCK);
  }
  return true;
}

}  // namespace

void Ends::CloseTheirs() const {
  for (int i = 0; i < (terminal ? 1 : 3); ++i) close(theirs[i]);
}

void Ends::Close() const {
  CloseTheirs();
  for (int i = 0; i < (terminal ? 1 : 3); ++i) close(ours[i]);
}

Ends OpenEnds(bool terminal) {
  Ends ends;
  if (terminal && OpenTerminal(ends)) return ends;
  if (!OpenPipes(ends)) return Ends();
  return ends;
}

void HoldSignals() {
  const sigset_t held = Held();
  sigprocmask(SIG_BLOCK, &held, nullptr);
}

int AwaitCommand(pid_t child, const Ends& ends) {
  // A command may end, or close its input, before it has taken all that is there for it.
  signal(SIGPIPE, SIG_IGN);
  const sigset_t held = Held();
  const int signals = signalfd(-1, &held, SFD_CLOEXEC | SFD_NONBLOCK);
  if (!ends.terminal) return Carrier(child, ends, signals).Run();
  const RawMode raw;
  return Carrier(child, ends, signals).Run();
}

}  // namespace nubo::drivers
