// When a process of the region that takes connections and says nothing is hung, and when it is restarted.
//
// Slowness is no hang: only probes whose whole deadline passed without a byte count, several in a row over some time,
// and one that is answered begins all anew. Restarts of one service are ever further apart, so that one that hangs at
// once is not all that the machine does.
//
// Example:
//   const HangWatch::Verdict verdict = watch.Take("dns", pid, status, now);
//   if (verdict == HangWatch::Verdict::kRestart) Restart("dns");
//
// Thread safety: thread-compatible; the region's lock guards it.
#ifndef NUBO_REGION_STATE_HANG_WATCH_H_
#define NUBO_REGION_STATE_HANG_WATCH_H_

#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace nubo::region {

class HangWatch {
 public:
  // Probes in a row, and how long ago the first of them was, until it is told, and until it is restarted.
  static constexpr int kTellAfter = 2;
  static constexpr int kRestartAfter = 4;
  static constexpr absl::Duration kRestartAfterTime = absl::Seconds(8);
  // Between the first two restarts; it doubles up to the longest.
  static constexpr absl::Duration kPauseMin = absl::Minutes(1);
  static constexpr absl::Duration kPauseMax = absl::Minutes(30);
  // One that has answered for so long is as good as new.
  static constexpr absl::Duration kForgetAfter = absl::Hours(1);

  enum class Verdict { kNothing, kHung, kRestart, kAnswersAgain };

  struct State {
    int pid = 0;
    int failures = 0;
    // Of the first of these failures.
    absl::Time hung_since = absl::InfiniteFuture();
    int restarts = 0;
    absl::Time restarted_at = absl::InfinitePast();
  };

  // What a probe of process `pid` came to: DEADLINE_EXCEEDED counts against it, anything else is an answer of a kind.
  Verdict Take(const std::string& service, int pid, const absl::Status& status, absl::Time now);
  // Of a service that is gone.
  void Forget(const std::string& service) { states_.erase(service); }
  // nullptr: never asked.
  const State* Find(const std::string& service) const;

 private:
  std::map<std::string, State> states_;
};

}  // namespace nubo::region

#endif  // NUBO_REGION_STATE_HANG_WATCH_H_
