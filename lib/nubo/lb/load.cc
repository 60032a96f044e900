#include "nubo/lb/load.h"

#include <algorithm>
#include <utility>

namespace nubo::lb {

std::optional<absl::Duration> Load::latency() const {
  const int64_t ns = latency_ns_.load(std::memory_order_relaxed);
  if (ns < 0) return std::nullopt;
  return absl::Nanoseconds(ns);
}

void Load::Begin() {
  in_flight_.fetch_add(1, std::memory_order_relaxed);
  calls_.fetch_add(1, std::memory_order_relaxed);
}

void Load::End() { in_flight_.fetch_sub(1, std::memory_order_relaxed); }

void Load::AddLatency(absl::Duration latency) {
  const int64_t sample = std::max<int64_t>(0, absl::ToInt64Nanoseconds(latency));
  int64_t old = latency_ns_.load(std::memory_order_relaxed);
  int64_t next;
  do {
    next = old < 0 ? sample : old + static_cast<int64_t>(static_cast<double>(sample - old) * kLatencyDecay);
  } while (!latency_ns_.compare_exchange_weak(old, next, std::memory_order_relaxed));
}

Call::Call(std::shared_ptr<Load> load, absl::Time start) : load_(std::move(load)), start_(start) {
  if (load_ != nullptr) load_->Begin();
}

Call::~Call() { Finish(Outcome::kCanceled, start_); }

Call& Call::operator=(Call&& other) noexcept {
  if (this == &other) return *this;
  Finish(Outcome::kCanceled, start_);
  load_ = std::move(other.load_);
  start_ = other.start_;
  return *this;
}

void Call::Finish(Outcome outcome, absl::Time now) {
  const std::shared_ptr<Load> load = std::move(load_);
  load_ = nullptr;
  if (load == nullptr) return;
  if (outcome == Outcome::kSuccess) load->AddLatency(now - start_);
  if (outcome == Outcome::kError) load->AddError();
  load->End();
}

}  // namespace nubo::lb
