// What an instance prints, in a file that cannot grow without end.
//
// A process of its own writes the file, so that a disk that stalls holds up neither the shim nor, for long, the
// instance. While it takes nothing the instance waits for kLogPatienceMs at most; then what it prints is dropped, and a
// line in the file says so once the disk goes on.
//
// Thread safety: thread-compatible.
#ifndef NUBO_DRIVERS_SHIM_LOG_H_
#define NUBO_DRIVERS_SHIM_LOG_H_

#include <stdint.h>
#include <sys/types.h>

#include <string>
#include <utility>

#include "nubo/drivers/log_times.h"

namespace nubo::drivers {

// Beyond this the file becomes PATH.1, and a new one is begun.
inline constexpr off_t kLogBytesMax = 10 << 20;
// How long a disk may take nothing before output is dropped.
inline constexpr int kLogPatienceMs = 2000;
// How long the last output of an instance may take to reach its file before its end is told.
inline constexpr int kLogFinishMs = 1000;

// Runs in the writing process.
class LogFile {
 public:
  explicit LogFile(std::string path, int64_t (*now_us)() = &NowUs) : path_(std::move(path)), times_(path_, now_us) {
    Open();
  }
  ~LogFile();
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;
  // A full disk loses output, and the file says how much once there is room.
  void Append(const char* data, size_t size);

 private:
  void Open();
  bool Write(const char* data, size_t size);

  const std::string path_;
  LogTimes times_;
  int fd_ = -1;
  off_t size_ = 0;
  // Of the line that is being written.
  off_t line_start_ = 0;
  uint64_t lost_ = 0;
};

class Log {
 public:
  // The process is started with the first output.
  explicit Log(std::string path) : path_(std::move(path)) {}

  // Takes what the instance has printed; never waits. Not while full().
  void Append(const char* data, size_t size);
  // Something waits for the writer, who may still take it soon: nothing more is to be read of the instance. `now_ms` as
  // everywhere: of a monotonic clock.
  bool full(int64_t now_ms);
  // To be polled for POLLOUT while full, and how long at most; then OnWritable().
  int fd() const { return to_writer_; }
  int64_t patient_until() const { return waiting_.empty() ? 0 : waiting_since_ + kLogPatienceMs; }
  void OnWritable();
  // Waits, kLogFinishMs at most, until all is in the file. The process ends then, or when its disk goes on.
  void Finish();
  // The process; -1: none. A child of this one that ends only once nothing is left to write.
  pid_t writer() const { return writer_; }
  // True if `child`, which has ended, was the writer.
  bool OnEnded(pid_t child);

 private:
  bool Start();

  const std::string path_;
  pid_t writer_ = -1;
  int to_writer_ = -1;
  // Ends when the writer does.
  int writer_ended_ = -1;
  std::string waiting_;
  int64_t waiting_since_ = 0;
  uint64_t dropped_ = 0;
};

// Does `work` in a process of its own and waits for it, `patience_ms` at most: it may hang on a disk.
void DoOnDisk(int patience_ms, void (*work)(const std::string& path, const std::string& text), const std::string& path,
              const std::string& text);

int64_t NowMs();

}  // namespace nubo::drivers

#endif  // NUBO_DRIVERS_SHIM_LOG_H_
