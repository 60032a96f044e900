#include "nubo/drivers/shim_log.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

namespace nubo::drivers {

void Log::Append(const char* data, size_t size) {
  if (size_ + static_cast<off_t>(size) > kLogBytesMax) {
    close(fd_);
    rename(path_.c_str(), (path_ + ".1").c_str());
    Open();
  }
  const ssize_t written = write(fd_, data, size);
  if (written > 0) size_ += written;
}

void Log::Open() {
  fd_ = open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  struct stat info;
  size_ = fstat(fd_, &info) == 0 ? info.st_size : 0;
}

}  // namespace nubo::drivers
