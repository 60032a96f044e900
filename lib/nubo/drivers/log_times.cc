#include "nubo/drivers/log_times.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

namespace nubo::drivers {
namespace {

struct Entry {
  int64_t offset;
  int64_t time_us;
};
static_assert(sizeof(Entry) == 16);

std::vector<Entry> ReadEntries(const std::string& path) {
  std::vector<Entry> entries;
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return entries;
  struct stat info;
  if (fstat(fd, &info) == 0) {
    // The last may be half written.
    entries.resize(std::min<int64_t>(info.st_size, kLogTimesBytesMax) / sizeof(Entry));
    const ssize_t got = pread(fd, entries.data(), entries.size() * sizeof(Entry), 0);
    entries.resize(std::max<ssize_t>(got, 0) / sizeof(Entry));
  }
  close(fd);
  return entries;
}

// Where in the log what is as new begins; -1: it holds nothing of it.
int64_t BeginIn(const std::string& log_path, int64_t since_us) {
  struct stat info;
  if (stat(log_path.c_str(), &info) != 0) return -1;
  const int64_t written_us = int64_t{info.st_mtim.tv_sec} * 1000000 + info.st_mtim.tv_nsec / 1000;
  if (written_us < since_us) return -1;
  const std::vector<Entry> entries = ReadEntries(LogTimesPath(log_path));
  if (entries.empty()) return 0;
  const auto first = std::find_if(entries.begin(), entries.end(), [since_us](const Entry& entry) {
    return entry.time_us > since_us - kLogTimesStepUs;
  });
  if (first == entries.end()) return -1;
  // Of what is before the first nobody knows.
  if (first == entries.begin()) return 0;
  return std::clamp<int64_t>(first->offset, 0, info.st_size);
}

}  // namespace

int64_t NowUs() {
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return int64_t{now.tv_sec} * 1000000 + now.tv_nsec / 1000;
}

std::string LogTimesPath(const std::string& path) { return path + ".times"; }

std::string FormerLogPath(const std::string& path) { return path + ".1"; }

LogTimes::LogTimes(const std::string& log_path, int64_t (*now_us)()) : log_path_(log_path), now_us_(now_us) { Open(); }

LogTimes::~LogTimes() {
  if (fd_ >= 0) close(fd_);
}

void LogTimes::Open() {
  fd_ = open(LogTimesPath(log_path_).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  struct stat info;
  size_ = fstat(fd_, &info) == 0 ? info.st_size - info.st_size % static_cast<off_t>(sizeof(Entry)) : 0;
  noted_ = false;
}

void LogTimes::Note(int64_t offset) {
  const int64_t now_us = now_us_();
  // A clock that was set back makes an entry, too.
  if (noted_ && now_us >= last_us_ && now_us - last_us_ < kLogTimesStepUs) return;
  const Entry entry = {offset, now_us};
  if (pwrite(fd_, &entry, sizeof entry, size_) != static_cast<ssize_t>(sizeof entry)) return;
  size_ += sizeof entry;
  noted_ = true;
  last_us_ = now_us;
}

void LogTimes::TurnOver() {
  const std::string former = FormerLogPath(log_path_);
  // Whoever looks meanwhile finds a log without times rather than with those of another.
  unlink(LogTimesPath(former).c_str());
  rename(log_path_.c_str(), former.c_str());
  rename(LogTimesPath(log_path_).c_str(), LogTimesPath(former).c_str());
  if (fd_ >= 0) close(fd_);
  Open();
}

LogPlace FindLogPlace(const std::string& log_path, int64_t since_us) {
  const std::string former = FormerLogPath(log_path);
  if (const int64_t begin = BeginIn(former, since_us); begin >= 0) return {former, begin};
  if (const int64_t begin = BeginIn(log_path, since_us); begin >= 0) return {log_path, begin};
  struct stat info;
  return {log_path, stat(log_path.c_str(), &info) == 0 ? info.st_size : 0};
}

}  // namespace nubo::drivers
