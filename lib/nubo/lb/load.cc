#include "nubo/lb/load.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace nubo::lb {
namespace {

// The part of what is old that still counts.
double Remains(int64_t elapsed_ns, absl::Duration decay_time) {
  const double decay = static_cast<double>(absl::ToInt64Nanoseconds(decay_time));
  return std::exp(-static_cast<double>(std::max<int64_t>(0, elapsed_ns)) / decay);
}

}  // namespace

std::optional<absl::Duration> Load::latency() const {
  const int64_t ns = latency_ns_.load(std::memory_order_relaxed);
  if (ns < 0) return std::nullopt;
  return absl::Nanoseconds(ns);
}

int64_t Load::Begin() {
  calls_.fetch_add(1, std::memory_order_relaxed);
  return in_flight_.fetch_add(1, std::memory_order_relaxed);
}

void Load::End() { in_flight_.fetch_sub(1, std::memory_order_relaxed); }

double Load::PeakLatency(absl::Time now) const {
  const double peak = peak_ns_.load(std::memory_order_relaxed);
  const int64_t at = peak_at_ns_.load(std::memory_order_relaxed);
  if (peak == 0 || now == absl::InfinitePast()) return peak;
  return peak * Remains(absl::ToUnixNanos(now) - at, kPeakDecay);
}

double Load::LatencyAt(int64_t in_flight, absl::Time now) const {
  return latency_by_load_.At(in_flight, now == absl::InfinitePast() ? 0 : absl::ToUnixNanos(now));
}

void Load::AddPeak(double sample_ns, int64_t now_ns) {
  const int64_t at = peak_at_ns_.exchange(now_ns, std::memory_order_relaxed);
  double old = peak_ns_.load(std::memory_order_relaxed);
  double next = 0;
  do {
    const double remains = at == 0 ? 0 : Remains(now_ns - at, kPeakDecay);
    next = sample_ns > old ? sample_ns : old * remains + sample_ns * (1 - remains);
  } while (!peak_ns_.compare_exchange_weak(old, next, std::memory_order_relaxed));
}

void Load::Report(const LoadReport& report, absl::Time now) {
  const bool says_something = report.qps > 0 && report.utilization > 0 && report.eps >= 0 &&
                              std::isfinite(report.qps) && std::isfinite(report.utilization) &&
                              std::isfinite(report.eps);
  if (!says_something) return;
  const int64_t now_ns = absl::ToUnixNanos(now);
  const absl::Time former = FromNs(report_at_ns_.exchange(now_ns, std::memory_order_relaxed));
  double remains = 0;
  if (former == absl::InfinitePast() || now - former >= kReportExpiry) {
    reporting_since_ns_.store(now_ns, std::memory_order_relaxed);
  } else {
    remains = Remains(now_ns - absl::ToUnixNanos(former), kReportDecay);
  }
  const auto blend = [remains](std::atomic<double>& figure, double reported) {
    const double old = figure.load(std::memory_order_relaxed);
    figure.store(old * remains + reported * (1 - remains), std::memory_order_relaxed);
  };
  blend(report_qps_, report.qps);
  blend(report_eps_, report.eps);
  blend(report_utilization_, report.utilization);
}

LoadReport Load::report() const {
  return {report_qps_.load(std::memory_order_relaxed), report_eps_.load(std::memory_order_relaxed),
          report_utilization_.load(std::memory_order_relaxed)};
}

void Load::AddLatency(absl::Duration latency, int64_t met, absl::Time now) {
  const int64_t sample = std::max<int64_t>(0, absl::ToInt64Nanoseconds(latency));
  int64_t old = latency_ns_.load(std::memory_order_relaxed);
  int64_t next;
  do {
    next = old < 0 ? sample : old + static_cast<int64_t>(static_cast<double>(sample - old) * kLatencyDecay);
  } while (!latency_ns_.compare_exchange_weak(old, next, std::memory_order_relaxed));
  const int64_t now_ns = absl::ToUnixNanos(now);
  AddPeak(static_cast<double>(sample), now_ns);
  latency_by_load_.Add(met, static_cast<double>(sample), now_ns);
}

void Load::AddLowerBound(absl::Duration elapsed, int64_t met, absl::Time now) {
  const auto sample = static_cast<double>(std::max<int64_t>(0, absl::ToInt64Nanoseconds(elapsed)));
  const int64_t now_ns = absl::ToUnixNanos(now);
  if (sample > PeakLatency(now)) AddPeak(sample, now_ns);
  if (sample > LatencyAt(met, now)) latency_by_load_.Add(met, sample, now_ns);
}

Call::Call(std::shared_ptr<Load> load, absl::Time start) : load_(std::move(load)), start_(start) {
  if (load_ != nullptr) met_ = load_->Begin();
}

Call::~Call() { Finish(Outcome::kCanceled, start_); }

Call& Call::operator=(Call&& other) noexcept {
  if (this == &other) return *this;
  Finish(Outcome::kCanceled, start_);
  load_ = std::move(other.load_);
  start_ = other.start_;
  met_ = other.met_;
  return *this;
}

void Call::Finish(Outcome outcome, absl::Time now) {
  const std::shared_ptr<Load> load = std::move(load_);
  load_ = nullptr;
  if (load == nullptr) return;
  if (outcome == Outcome::kSuccess) load->AddLatency(now - start_, met_, now);
  if (outcome == Outcome::kError) load->AddError();
  if (outcome != Outcome::kSuccess) load->AddLowerBound(now - start_, met_, now);
  load->End();
}

}  // namespace nubo::lb
