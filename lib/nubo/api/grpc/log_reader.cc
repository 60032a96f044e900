#include "nubo/api/grpc/log_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

namespace nubo::region {

LogReader::LogReader(std::string path, const drivers::LogPlace& start) : path_(std::move(path)), fd_(Open(start.path)) {
  struct stat info;
  // It has turned over since it was looked at.
  if (fd_ >= 0 && start.path == path_ && fstat(fd_, &info) == 0 && info.st_size < start.offset) {
    close(fd_);
    fd_ = Open(drivers::FormerLogPath(path_));
  }
  if (fd_ < 0) {
    fd_ = Open(path_);
  } else {
    (void)lseek(fd_, start.offset, SEEK_SET);
  }
}

LogReader::~LogReader() {
  if (fd_ >= 0) close(fd_);
}

ssize_t LogReader::Read(std::string& block) {
  const ssize_t got = read(fd_, block.data(), block.size());
  if (got != 0 || !TurnedOver()) return got;
  close(fd_);
  fd_ = Open(path_);
  return read(fd_, block.data(), block.size());
}

int LogReader::Open(const std::string& path) { return open(path.c_str(), O_RDONLY | O_CLOEXEC); }

bool LogReader::TurnedOver() const {
  struct stat ours, current;
  return fstat(fd_, &ours) == 0 && stat(path_.c_str(), &current) == 0 && ours.st_ino != current.st_ino;
}

void LogTail::Add(absl::string_view more) {
  kept_.append(more.data(), more.size());
  if (kept_.size() > 2 * kBytesMax) kept_.erase(0, kept_.size() - kBytesMax);
}

std::string LogTail::Take() {
  if (lines_ == 0) return "";
  if (kept_.size() > kBytesMax) kept_.erase(0, kept_.size() - kBytesMax);
  size_t begin = kept_.size();
  // The last line's own end is none of those that are counted.
  if (begin > 0 && kept_.back() == '\n') --begin;
  for (int line = 0; line < lines_ && begin > 0; ++line) {
    const size_t end = kept_.rfind('\n', begin - 1);
    if (end == std::string::npos) return std::move(kept_);
    begin = end;
  }
  return begin == 0 ? std::move(kept_) : kept_.substr(begin + 1);
}

}  // namespace nubo::region
