#include "nubo/base/log_writer.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "nubo/base/mutex.h"

namespace nubo::base {
namespace {

uint64_t LinesOf(absl::string_view text) { return std::count(text.begin(), text.end(), '\n'); }

std::string Notice(uint64_t lines) {
  return absl::StrCat("nubo: ", lines, lines == 1 ? " log line was" : " log lines were",
                      " dropped here: the log could not be written as fast as it grew\n");
}

// False: it cannot be written.
bool WriteAll(int fd, absl::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && errno == EAGAIN) {
      pollfd writable = {fd, POLLOUT, 0};
      poll(&writable, 1, -1);
      continue;
    }
    if (written <= 0) return false;
    text.remove_prefix(written);
  }
  return true;
}

}  // namespace

struct LogWriter::State {
  explicit State(int fd) : fd(fcntl(fd, F_DUPFD_CLOEXEC, 0)) {}
  ~State() {
    if (fd >= 0) close(fd);
  }

  const int fd;
  Mutex mutex;
  std::string waiting NUBO_GUARDED_BY(mutex);
  bool scheduled NUBO_GUARDED_BY(mutex) = false;
  uint64_t dropped NUBO_GUARDED_BY(mutex) = 0;
  uint64_t untold NUBO_GUARDED_BY(mutex) = 0;
};

LogWriter::LogWriter(int fd, size_t waiting_max, absl::Duration patience)
    : state_(std::make_shared<State>(fd)), waiting_max_(waiting_max), background_(patience) {}

LogWriter::~LogWriter() = default;

void LogWriter::Write(absl::string_view lines) {
  {
    MutexLock lock(state_->mutex);
    const std::string notice = state_->untold > 0 ? Notice(state_->untold) : "";
    if (state_->waiting.size() + notice.size() + lines.size() > waiting_max_) {
      state_->dropped += LinesOf(lines);
      state_->untold += LinesOf(lines);
      return;
    }
    state_->untold = 0;
    state_->waiting.append(notice);
    state_->waiting.append(lines.data(), lines.size());
    if (std::exchange(state_->scheduled, true)) return;
  }
  background_.Post([state = state_] { WriteWaiting(state); });
}

void LogWriter::WriteWaiting(const std::shared_ptr<State>& state) {
  MutexLock lock(state->mutex);
  while (!state->waiting.empty()) {
    const std::string lines = std::exchange(state->waiting, "");
    lock.Unlock();
    const bool written = WriteAll(state->fd, lines);
    lock.Lock();
    if (written) continue;
    state->dropped += LinesOf(lines);
    state->untold += LinesOf(lines);
  }
  state->scheduled = false;
}

uint64_t LogWriter::dropped() const {
  MutexLock lock(state_->mutex);
  return state_->dropped;
}

}  // namespace nubo::base
