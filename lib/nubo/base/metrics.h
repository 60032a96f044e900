// Figures that a process counts of itself, and the text in which Prometheus reads them (exposition format 0.0.4).
//
// Whoever runs the process makes one Metrics and hands it to the constructors of what counts; there is none for all.
// Counting is one atomic addition, without a lock. What is added stays, and there is a bound on how much that is; so
// figures of things that come and go are put into a Metrics that is made anew for each exposition (ShowCounter).
//
// Example:
//   base::Metrics metrics;
//   NUBO_ASSIGN_OR_RETURN(base::Counter* const hits,
//                         metrics.AddCounter("cache_hits_total", "Lookups that found what they look for."));
//   hits->Add();
//   std::cout << metrics.Exposition();  // cache_hits_total 1, below its HELP and its TYPE
//
// Thread safety: thread-safe, as are the counters and gauges.
#ifndef NUBO_BASE_METRICS_H_
#define NUBO_BASE_METRICS_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "nubo/base/mutex.h"

namespace nubo::base {

// Only ever grows.
class Counter {
 public:
  void Add(uint64_t count = 1) { value_.fetch_add(count, std::memory_order_relaxed); }
  uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_ = 0;
};

// A counter of time; exposed in seconds.
class TimeCounter {
 public:
  // What is negative, or beyond three centuries, counts as nothing.
  void Add(absl::Duration time);
  absl::Duration value() const { return absl::Nanoseconds(nanoseconds_.load(std::memory_order_relaxed)); }

 private:
  std::atomic<int64_t> nanoseconds_ = 0;
};

// Goes up and down.
class Gauge {
 public:
  void Set(double value) { value_.store(value, std::memory_order_relaxed); }
  void Add(double change) { value_.fetch_add(change, std::memory_order_relaxed); }
  double value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_ = 0;
};

// Names and values, in any order: {{"state", "running"}}.
using MetricLabels = std::vector<std::pair<std::string, std::string>>;
// These, and `more`.
MetricLabels With(MetricLabels labels, const MetricLabels& more);

class Metrics {
 public:
  // Each set of labels of a name is a series.
  static constexpr size_t kSeriesMax = 10000;
  static constexpr size_t kLabelsMax = 8;

  Metrics() = default;
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // The series; the one there is if it has been added before. It is the registry's, and lives as long. Names should end
  // in their unit, those of counters in "_total". Help and the values of labels are UTF-8.
  // INVALID_ARGUMENT: the name is not [a-zA-Z_:][a-zA-Z0-9_:]*, that of a label not [a-zA-Z_][a-zA-Z0-9_]*, begins with
  // "__", or is there twice; or there are more than kLabelsMax. ALREADY_EXISTS: the name has another type or another
  // help, or the series is read by a function. RESOURCE_EXHAUSTED: there are kSeriesMax series.
  absl::StatusOr<Counter*> AddCounter(absl::string_view name, absl::string_view help, MetricLabels labels = {});
  absl::StatusOr<TimeCounter*> AddTimeCounter(absl::string_view name, absl::string_view help, MetricLabels labels = {});
  absl::StatusOr<Gauge*> AddGauge(absl::string_view name, absl::string_view help, MetricLabels labels = {});
  // A gauge that is asked for its value by each Exposition(), on the thread that calls it. What `read` refers to
  // outlives the registry. As AddGauge; ALREADY_EXISTS also if the series has been added before.
  absl::Status AddGaugeFunction(absl::string_view name, absl::string_view help, MetricLabels labels,
                                std::function<double()> read);

  // How often a series has been refused, for whatever reason.
  uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }

  // All series: by name and then by labels, whatever the order in which they were added.
  std::string Exposition() const;

 private:
  enum class Kind { kCounter, kTimeCounter, kGauge };
  using Value = std::variant<Counter, TimeCounter, Gauge, std::function<double()>>;
  // By their labels, as they are written.
  using Series = std::map<std::string, Value>;
  // Its kind and its help never change.
  struct Family {
    Kind kind = Kind::kCounter;
    std::string help;
    Series series;
  };

  // `read` only of a gauge that has one.
  absl::StatusOr<Value*> Add(Kind kind, absl::string_view name, absl::string_view help, MetricLabels labels,
                             std::function<double()> read = nullptr) NUBO_EXCLUDES(mutex_);
  absl::StatusOr<Value*> TryToAdd(Kind kind, absl::string_view name, absl::string_view help, MetricLabels labels,
                                  std::function<double()> read) NUBO_EXCLUDES(mutex_);
  static Value& NewValue(Series& series, const std::string& labels, Kind kind, std::function<double()> read);
  static std::string ValueText(const Value& value);

  mutable Mutex mutex_;
  // Nothing in there ever moves or goes.
  std::map<std::string, Family, std::less<>> families_ NUBO_GUARDED_BY(mutex_);
  size_t series_ NUBO_GUARDED_BY(mutex_) = 0;
  std::atomic<uint64_t> refused_ = 0;
};

// For a registry that is made for one exposition, of what is counted elsewhere: add to the series, which begin at 0.
// One that is refused is left out, and among refused().
void ShowCounter(Metrics& metrics, absl::string_view name, absl::string_view help, MetricLabels labels, uint64_t count);
void ShowTime(Metrics& metrics, absl::string_view name, absl::string_view help, MetricLabels labels,
              absl::Duration time);
void ShowGauge(Metrics& metrics, absl::string_view name, absl::string_view help, MetricLabels labels, double value);
// refused(), as the gauge nubo_metrics_refused_series. Come first: it takes room.
void ShowRefused(Metrics& metrics);

}  // namespace nubo::base

#endif  // NUBO_BASE_METRICS_H_
