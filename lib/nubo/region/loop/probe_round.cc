#include "nubo/region/loop/probe_round.h"

namespace nubo::region {

ProbeRound::ProbeRound(net::Loop& loop, std::vector<ProbeTarget> targets)
    : loop_(loop), answers_(targets.size()), finished_(loop), left_(targets.size()) {
  for (ProbeTarget& target : targets) targets_.push_back(std::make_shared<const ProbeTarget>(std::move(target)));
}

void ProbeRound::Start(const std::shared_ptr<ProbeRound>& round, absl::Time deadline) {
  for (size_t i = 0; i < round->targets_.size(); ++i) round->loop_.Spawn(RunOne(round, i, deadline));
}

net::Task<void> ProbeRound::Finish(std::shared_ptr<ProbeRound> round) {
  while (round->left() > 0) co_await round->finished_.Wait();
}

ProbeRound::Answers ProbeRound::WaitFor(absl::Duration limit) {
  base::MutexLock lock(mutex_);
  ended_.WaitFor(mutex_, limit, [this]() NUBO_REQUIRES(mutex_) { return left_ == 0; });
  return CollectLocked();
}

ProbeRound::Answers ProbeRound::Collect() {
  base::MutexLock lock(mutex_);
  return CollectLocked();
}

net::Task<void> ProbeRound::RunOne(std::shared_ptr<ProbeRound> round, size_t i, absl::Time deadline) {
  absl::Status status = co_await Probe(round->loop_, round->targets_[i], deadline);
  round->End(i, std::move(status));
}

void ProbeRound::End(size_t i, absl::Status status) {
  {
    base::MutexLock lock(mutex_);
    answers_[i] = std::move(status);
    --left_;
  }
  ended_.NotifyAll();
  finished_.Notify();
}

size_t ProbeRound::left() {
  base::MutexLock lock(mutex_);
  return left_;
}

ProbeRound::Answers ProbeRound::CollectLocked() const {
  Answers out;
  for (size_t i = 0; i < targets_.size(); ++i) {
    out.emplace_back(*targets_[i], answers_[i].value_or(absl::DeadlineExceededError("it does not answer")));
  }
  return out;
}

}  // namespace nubo::region
