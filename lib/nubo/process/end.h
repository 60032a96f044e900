// How a process ended.
//
// Example:
//   if (event.end.kind == process::End::Kind::kNotStarted) return StartElsewhere();
//   Tell(process::ToString(event.end));  // "exited with status 1"
//
// Thread safety: a value, and a pure function.
#ifndef NUBO_PROCESS_END_H_
#define NUBO_PROCESS_END_H_

#include <string>
#include <utility>

namespace nubo::process {

struct End {
  enum class Kind {
    // By itself, with `code`.
    kExited,
    // By `signal`.
    kSignaled,
    // It never ran: `why`.
    kNotStarted,
    // Somebody ended what watched over it, and it with that: `why`.
    kKilledWithWatcher,
    // Nobody saw how: `why` says what is known.
    kUnknown,
  };

  static End Exited(int code) { return {Kind::kExited, code, 0, ""}; }
  static End Signaled(int signal) { return {Kind::kSignaled, 0, signal, ""}; }
  static End NotStarted(std::string why) { return {Kind::kNotStarted, 0, 0, std::move(why)}; }
  static End KilledWithWatcher(std::string why) { return {Kind::kKilledWithWatcher, 0, 0, std::move(why)}; }
  static End Unknown(std::string why) { return {Kind::kUnknown, 0, 0, std::move(why)}; }

  // By a signal, or with its watcher. Whose doing that was is not known.
  bool killed() const { return kind == Kind::kSignaled || kind == Kind::kKilledWithWatcher; }
  friend bool operator==(const End& a, const End& b) {
    return a.kind == b.kind && a.code == b.code && a.signal == b.signal && a.why == b.why;
  }

  Kind kind = Kind::kUnknown;
  int code = 0;
  int signal = 0;
  std::string why;
};

// What follows the process's name in a sentence: "exited with status 1", "was killed by signal 9", "could not be
// started: no such file", or `why`.
std::string ToString(const End& end);

}  // namespace nubo::process

#endif  // NUBO_PROCESS_END_H_
