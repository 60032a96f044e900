// Writes a log without ever holding up who has something to say.
//
// What it writes to may stop taking anything: a pipe to a process that is stopped, a disk that stalls. Then lines wait,
// up to a bound; beyond it they are dropped and counted, and a line in their place says how many, once there is room.
//
// Example:
//   base::LogWriter log(STDOUT_FILENO);
//   log.Write("127.0.0.1 asked for www.example.com\n");
//
// Thread safety: thread-safe.
#ifndef NUBO_BASE_LOG_WRITER_H_
#define NUBO_BASE_LOG_WRITER_H_

#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "nubo/base/background.h"

namespace nubo::base {

class LogWriter {
 public:
  // Bytes that wait at most.
  static constexpr size_t kWaitingMax = 1 << 20;

  // `fd` stays the caller's, who may close it at any time. What waits at the end gets `patience`.
  explicit LogWriter(int fd, size_t waiting_max = kWaitingMax, absl::Duration patience = Background::kPatience);
  ~LogWriter();

  // Whole lines, each with its newline: all of them are written, in order, or none. Never waits.
  void Write(absl::string_view lines);
  // Lines that have been dropped, or could not be written.
  uint64_t dropped() const;

 private:
  struct State;
  static void WriteWaiting(const std::shared_ptr<State>& state);

  const std::shared_ptr<State> state_;
  const size_t waiting_max_;
  Background background_;
};

}  // namespace nubo::base

#endif  // NUBO_BASE_LOG_WRITER_H_
