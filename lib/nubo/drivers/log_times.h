// When what is in a log was printed: an index beside it, so that the log itself stays what the instance has printed.
//
// PATH.times has an entry for each second in which something was written: from which line on. It turns over with its
// log. What a log holds from before it had an index has no times.
//
// Example:
//   LogTimes times("/state/log/i-1.log", &NowUs);
//   times.Note(0);                                              // what follows begins with the first byte
//   LogPlace place = FindLogPlace("/state/log/i-1.log", NowUs() - 300 * 1000000);
//
// Thread safety: LogTimes is thread-compatible; FindLogPlace is a free function.
#ifndef NUBO_DRIVERS_LOG_TIMES_H_
#define NUBO_DRIVERS_LOG_TIMES_H_

#include <stdint.h>

#include <string>
#include <utility>

namespace nubo::drivers {

// How finely times are told.
inline constexpr int64_t kLogTimesStepUs = 1000000;
// An index that is full makes its log turn over.
inline constexpr int64_t kLogTimesBytesMax = 4 << 20;

// Microseconds since 1970.
int64_t NowUs();

// Of the log at `path`, and of the former one.
std::string LogTimesPath(const std::string& path);
std::string FormerLogPath(const std::string& path);

class LogTimes {
 public:
  // Goes on where a former writer has ended.
  LogTimes(const std::string& log_path, int64_t (*now_us)());
  ~LogTimes();
  LogTimes(const LogTimes&) = delete;
  LogTimes& operator=(const LogTimes&) = delete;

  // Something is written now, in the line that begins at `offset`. What cannot be noted has the time of what is before
  // it.
  void Note(int64_t offset);
  bool full() const { return size_ >= kLogTimesBytesMax; }
  // Renames the log and its index; the next of both begin.
  void TurnOver();

 private:
  void Open();

  const std::string log_path_;
  int64_t (*const now_us_)();
  int fd_ = -1;
  int64_t size_ = 0;
  bool noted_ = false;
  int64_t last_us_ = 0;
};

struct LogPlace {
  std::string path;
  int64_t offset = 0;
};

// Where to begin to read, to read on in the log at `log_path`: all that was printed from `since_us` on is behind it,
// with at most kLogTimesStepUs of what was printed before, and what has no times if it may be as new.
LogPlace FindLogPlace(const std::string& log_path, int64_t since_us);

}  // namespace nubo::drivers

#endif  // NUBO_DRIVERS_LOG_TIMES_H_
