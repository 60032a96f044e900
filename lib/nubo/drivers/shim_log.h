// What an instance prints, in a file that cannot grow without end.
//
// Thread safety: thread-compatible.
#ifndef NUBO_DRIVERS_SHIM_LOG_H_
#define NUBO_DRIVERS_SHIM_LOG_H_

#include <sys/types.h>

#include <string>
#include <utility>

namespace nubo::drivers {

// Beyond this the file becomes PATH.1, and a new one is begun.
inline constexpr off_t kLogBytesMax = 10 << 20;

class Log {
 public:
  explicit Log(std::string path) : path_(std::move(path)) { Open(); }
  // A full disk loses output, not the instance.
  void Append(const char* data, size_t size);

 private:
  void Open();

  const std::string path_;
  int fd_ = -1;
  off_t size_ = 0;
};

}  // namespace nubo::drivers

#endif  // NUBO_DRIVERS_SHIM_LOG_H_
