#include "nubo/region/state/hang_watch.h"

#include <algorithm>

namespace nubo::region {
namespace {

absl::Duration PauseAfter(int restarts) {
  constexpr int kDoublingsMax = 5;
  if (restarts == 0) return absl::ZeroDuration();
  return std::min(HangWatch::kPauseMax, HangWatch::kPauseMin * (1 << std::min(restarts - 1, kDoublingsMax)));
}

}  // namespace

HangWatch::Verdict HangWatch::Take(const std::string& service, int pid, const absl::Status& status, absl::Time now) {
  State& state = states_[service];
  const bool told = state.failures >= kTellAfter && state.pid == pid;
  if (state.pid != pid) state.failures = 0;
  state.pid = pid;
  if (!absl::IsDeadlineExceeded(status)) {
    state.failures = 0;
    state.hung_since = absl::InfiniteFuture();
    if (now - state.restarted_at >= kForgetAfter) state.restarts = 0;
    return told ? Verdict::kAnswersAgain : Verdict::kNothing;
  }
  if (state.failures == 0) state.hung_since = now;
  ++state.failures;
  const bool due = state.failures >= kRestartAfter && now - state.hung_since >= kRestartAfterTime &&
                   now - state.restarted_at >= PauseAfter(state.restarts);
  if (due) {
    ++state.restarts;
    state.restarted_at = now;
    // One that cannot be restarted is not asked to be in every round.
    state.failures = kTellAfter;
    return Verdict::kRestart;
  }
  return state.failures == kTellAfter ? Verdict::kHung : Verdict::kNothing;
}

const HangWatch::State* HangWatch::Find(const std::string& service) const {
  const auto found = states_.find(service);
  return found == states_.end() ? nullptr : &found->second;
}

}  // namespace nubo::region
