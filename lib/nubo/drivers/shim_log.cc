#include "nubo/drivers/shim_log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>

namespace nubo::drivers {
namespace {

constexpr size_t kBlock = 64 << 10;
// Holds what comes in bursts.
constexpr int kPipeBytes = 256 << 10;

std::string Notice(uint64_t bytes, const char* why) {
  return "\nnubo-shim: " + std::to_string(bytes) + " bytes of output are missing here: " + why + "\n";
}

// Only the two descriptors stay; whatever else is open is none of its business.
void KeepOnly(int& first, int& second) {
  const int a = fcntl(first, F_DUPFD, 10), b = fcntl(second, F_DUPFD, 10);
  dup2(a, 0);
  dup2(b, 1);
  (void)syscall(SYS_close_range, 3, ~0u, 0);
  first = 0;
  second = 1;
}

[[noreturn]] void WriteUntilEnd(int input, int ended, const std::string& path) {
  signal(SIGTERM, SIG_IGN);
  prctl(PR_SET_NAME, "nubo-log");
  KeepOnly(input, ended);
  LogFile file(path);
  char buffer[kBlock];
  ssize_t got;
  while ((got = read(input, buffer, sizeof buffer)) > 0 || (got < 0 && errno == EINTR)) {
    if (got > 0) file.Append(buffer, got);
  }
  _exit(0);
}

// True: it has ended, or `patience_ms` is over without.
bool AwaitEnd(int fd, int patience_ms) {
  const int64_t until = NowMs() + patience_ms;
  pollfd ended = {fd, 0, 0};
  for (int64_t left = patience_ms; left > 0; left = until - NowMs()) {
    if (poll(&ended, 1, static_cast<int>(left)) > 0) return true;
  }
  return false;
}

}  // namespace

int64_t NowMs() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1000000;
}

LogFile::~LogFile() {
  if (fd_ >= 0) close(fd_);
}

bool LogFile::Write(const char* data, size_t size) {
  times_.Note(line_start_);
  const char* const begin = data;
  const off_t start = size_;
  while (size > 0) {
    const ssize_t written = write(fd_, data, size);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) break;
    size_ += written;
    data += written;
    size -= written;
  }
  const void* const last_end = memrchr(begin, '\n', data - begin);
  if (last_end != nullptr) line_start_ = start + (static_cast<const char*>(last_end) - begin) + 1;
  lost_ += size;
  return size == 0;
}

void LogFile::Append(const char* data, size_t size) {
  // There was no room to make it, and there may be by now.
  if (fd_ < 0) Open();
  if (size_ + static_cast<off_t>(size) > kLogBytesMax || times_.full()) {
    close(fd_);
    times_.TurnOver();
    Open();
  }
  if (lost_ > 0) {
    const uint64_t lost = lost_;
    const std::string notice = Notice(lost, "the disk was full");
    if (!Write(notice.data(), notice.size())) {
      lost_ = lost + size;
      return;
    }
    lost_ = 0;
  }
  (void)Write(data, size);
}

void LogFile::Open() {
  fd_ = open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  struct stat info;
  size_ = fstat(fd_, &info) == 0 ? info.st_size : 0;
  line_start_ = size_;
}

bool Log::Start() {
  // One that hangs, after its instance has ended, stays the only one.
  if (writer_ >= 0) return to_writer_ >= 0;
  int input[2], ended[2];
  if (pipe2(input, O_CLOEXEC) != 0) return false;
  if (pipe2(ended, O_CLOEXEC) != 0) {
    close(input[0]);
    close(input[1]);
    return false;
  }
  writer_ = fork();
  if (writer_ == 0) WriteUntilEnd(input[0], ended[1], path_);
  close(input[0]);
  close(ended[1]);
  to_writer_ = input[1];
  writer_ended_ = ended[0];
  fcntl(to_writer_, F_SETFL, O_NONBLOCK);
  (void)fcntl(to_writer_, F_SETPIPE_SZ, kPipeBytes);
  if (writer_ > 0) return true;
  close(to_writer_);
  close(writer_ended_);
  to_writer_ = writer_ended_ = -1;
  return false;
}

void Log::Append(const char* data, size_t size) {
  if (!Start()) {
    dropped_ += size;
    return;
  }
  std::string text(data, size);
  if (dropped_ > 0) text.insert(0, Notice(dropped_, "the log could not be written as fast as it grew"));
  const ssize_t written = write(to_writer_, text.data(), text.size());
  const size_t taken = written > 0 ? written : 0;
  if (taken == 0 && dropped_ > 0) {
    // It has waited already, and the disk still takes nothing.
    dropped_ += size;
    return;
  }
  dropped_ = 0;
  waiting_ = text.substr(taken);
  waiting_since_ = NowMs();
}

bool Log::full(int64_t now_ms) {
  if (waiting_.empty()) return false;
  if (now_ms < patient_until()) return true;
  dropped_ += waiting_.size();
  waiting_.clear();
  return false;
}

void Log::OnWritable() {
  if (waiting_.empty() || to_writer_ < 0) return;
  const ssize_t written = write(to_writer_, waiting_.data(), waiting_.size());
  if (written <= 0) return;
  waiting_.erase(0, written);
  waiting_since_ = NowMs();
}

void Log::Finish() {
  if (to_writer_ < 0) return;
  const int64_t until = NowMs() + kLogFinishMs;
  for (int64_t left = kLogFinishMs; !waiting_.empty() && left > 0; left = until - NowMs()) {
    pollfd writable = {to_writer_, POLLOUT, 0};
    if (poll(&writable, 1, static_cast<int>(left)) > 0) OnWritable();
    if ((writable.revents & POLLERR) != 0) break;
  }
  dropped_ += waiting_.size();
  waiting_.clear();
  close(to_writer_);
  to_writer_ = -1;
  const bool ended = AwaitEnd(writer_ended_, std::max<int64_t>(1, until - NowMs()));
  close(writer_ended_);
  writer_ended_ = -1;
  if (!ended) return;
  while (waitpid(writer_, nullptr, 0) < 0 && errno == EINTR) {
  }
  writer_ = -1;
}

bool Log::OnEnded(pid_t child) {
  if (child != writer_) return false;
  writer_ = -1;
  if (to_writer_ >= 0) close(to_writer_);
  if (writer_ended_ >= 0) close(writer_ended_);
  to_writer_ = writer_ended_ = -1;
  dropped_ += waiting_.size();
  waiting_.clear();
  return true;
}

void DoOnDisk(int patience_ms, void (*work)(const std::string& path, const std::string& text), const std::string& path,
              const std::string& text) {
  int ended[2];
  if (pipe2(ended, O_CLOEXEC) != 0) return work(path, text);
  const pid_t child = fork();
  if (child == 0) {
    // Should it hang, it does not hold the shim's socket with it.
    int input = ended[0];
    KeepOnly(input, ended[1]);
    work(path, text);
    _exit(0);
  }
  close(ended[1]);
  if (child < 0) {
    work(path, text);
  } else if (AwaitEnd(ended[0], patience_ms)) {
    while (waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  close(ended[0]);
}

}  // namespace nubo::drivers
