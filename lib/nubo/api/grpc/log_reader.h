// The log of a process as those see it who ask the region for it.
//
// Thread safety: thread-compatible.
#ifndef NUBO_API_GRPC_LOG_READER_H_
#define NUBO_API_GRPC_LOG_READER_H_

#include <sys/types.h>

#include <string>

#include "absl/strings/string_view.h"
#include "nubo/drivers/log_times.h"

namespace nubo::region {

// A log file, read to its end and then, if followed, beyond it, also when a new file takes its place.
class LogReader {
 public:
  // From `start` on, which is in the log at `path` or in the one before it.
  LogReader(std::string path, const drivers::LogPlace& start);
  ~LogReader();
  LogReader(const LogReader&) = delete;
  LogReader& operator=(const LogReader&) = delete;

  bool ok() const { return fd_ >= 0; }
  // Bytes into `block`, at most its size; 0: there is no more for now.
  ssize_t Read(std::string& block);

 private:
  static int Open(const std::string& path);
  bool TurnedOver() const;

  const std::string path_;
  int fd_;
};

// The last lines of what is added to it, of a bounded size.
class LogTail {
 public:
  // What there may be at most, however long lines are.
  static constexpr size_t kBytesMax = 8 << 20;

  explicit LogTail(int lines) : lines_(lines) {}
  void Add(absl::string_view more);
  std::string Take();

 private:
  const int lines_;
  std::string kept_;
};

}  // namespace nubo::region

#endif  // NUBO_API_GRPC_LOG_READER_H_
