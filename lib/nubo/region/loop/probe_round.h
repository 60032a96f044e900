// Several probes at once, and those who wait for them: the loop's coroutines, or another thread.
//
// Example:
//   const auto round = std::make_shared<ProbeRound>(loop, ProbeTargets(context));
//   loop.Post([round, deadline] { ProbeRound::Start(round, deadline); });
//   for (const auto& [target, status] : round->WaitFor(absl::Seconds(2))) …
//
// Thread safety: as each function says.
#ifndef NUBO_REGION_LOOP_PROBE_ROUND_H_
#define NUBO_REGION_LOOP_PROBE_ROUND_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "nubo/base/mutex.h"
#include "nubo/net/loop.h"
#include "nubo/region/loop/probes.h"

namespace nubo::region {

// Shared by those who ask and those who wait, so that neither outlives it.
class ProbeRound {
 public:
  using Answers = std::vector<std::pair<ProbeTarget, absl::Status>>;

  ProbeRound(net::Loop& loop, std::vector<ProbeTarget> targets);

  // On the loop's thread. Each probe ends by the deadline.
  static void Start(const std::shared_ptr<ProbeRound>& round, absl::Time deadline);
  // On the loop's thread, once they have been started.
  static net::Task<void> Finish(std::shared_ptr<ProbeRound> round);
  // On any other thread. What has not ended by then counts as no answer: DEADLINE_EXCEEDED.
  Answers WaitFor(absl::Duration limit);
  // On any thread: what there is by now.
  Answers Collect();

 private:
  static net::Task<void> RunOne(std::shared_ptr<ProbeRound> round, size_t i, absl::Time deadline);
  void End(size_t i, absl::Status status);
  size_t left();
  Answers CollectLocked() const NUBO_REQUIRES(mutex_);

  net::Loop& loop_;
  std::vector<std::shared_ptr<const ProbeTarget>> targets_;
  base::Mutex mutex_;
  base::CondVar ended_;
  std::vector<std::optional<absl::Status>> answers_ NUBO_GUARDED_BY(mutex_);
  net::Event finished_;
  size_t left_ NUBO_GUARDED_BY(mutex_);
};

}  // namespace nubo::region

#endif  // NUBO_REGION_LOOP_PROBE_ROUND_H_
