#include "nubo/base/metrics.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <system_error>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "nubo/base/status.h"

namespace nubo::base {
namespace {

// Above it a double has no fractions, nor each whole number.
constexpr double kWholeMax = 1e15;

bool IsName(absl::string_view name, bool colons) {
  const auto may_be_in = [colons](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || (colons && c == ':');
  };
  return !name.empty() && !absl::ascii_isdigit(static_cast<unsigned char>(name[0])) &&
         std::all_of(name.begin(), name.end(), may_be_in);
}

absl::Status CheckLabels(absl::string_view metric, const MetricLabels& sorted) {
  if (sorted.size() > Metrics::kLabelsMax) {
    return absl::InvalidArgumentError(
        absl::StrCat(metric, " has ", sorted.size(), " labels; at most ", Metrics::kLabelsMax));
  }
  for (size_t i = 0; i < sorted.size(); ++i) {
    const std::string& name = sorted[i].first;
    if (!IsName(name, /*colons=*/false) || absl::StartsWith(name, "__")) {
      return absl::InvalidArgumentError(absl::StrCat("\"", name, "\" is no name of a label, for ", metric,
                                                     ": letters, digits and _, a letter or one _ first"));
    }
    if (i > 0 && sorted[i - 1].first == name) {
      return absl::InvalidArgumentError(absl::StrCat(metric, " has the label ", name, " twice"));
    }
  }
  return absl::OkStatus();
}

// {a="b",c="d"}, or nothing.
std::string LabelsText(const MetricLabels& labels) {
  std::string text;
  for (const auto& [name, value] : labels) {
    absl::StrAppend(&text, text.empty() ? "{" : ",", name, "=\"",
                    absl::StrReplaceAll(value, {{"\\", "\\\\"}, {"\n", "\\n"}, {"\"", "\\\""}}), "\"");
  }
  return text.empty() ? text : text + "}";
}

std::string NumberText(double number) {
  if (std::isnan(number)) return "NaN";
  if (std::isinf(number)) return number > 0 ? "+Inf" : "-Inf";
  if (std::trunc(number) == number && std::abs(number) < kWholeMax) {
    return absl::StrCat(static_cast<int64_t>(number));
  }
  // The shortest that is read as the same number; 24 characters at most.
  char digits[32];
  const std::to_chars_result end = std::to_chars(std::begin(digits), std::end(digits), number);
  return {digits, end.ptr};
}

}  // namespace

void TimeCounter::Add(absl::Duration time) {
  if (time < absl::ZeroDuration() || time > absl::Hours(24 * 365 * 290)) return;
  nanoseconds_.fetch_add(absl::ToInt64Nanoseconds(time), std::memory_order_relaxed);
}

Metrics::Value& Metrics::NewValue(Series& series, const std::string& labels, Kind kind, std::function<double()> read) {
  if (kind == Kind::kCounter) return series.try_emplace(labels, std::in_place_type<Counter>).first->second;
  if (kind == Kind::kTimeCounter) return series.try_emplace(labels, std::in_place_type<TimeCounter>).first->second;
  if (read == nullptr) return series.try_emplace(labels, std::in_place_type<Gauge>).first->second;
  return series.try_emplace(labels, std::in_place_type<std::function<double()>>, std::move(read)).first->second;
}

absl::StatusOr<Metrics::Value*> Metrics::TryToAdd(Kind kind, absl::string_view name, absl::string_view help,
                                                  MetricLabels labels, std::function<double()> read) {
  if (!IsName(name, /*colons=*/true)) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", name, "\" is no name of a metric: letters, digits, _ and :, no digit first"));
  }
  std::sort(labels.begin(), labels.end());
  NUBO_RETURN_IF_ERROR(CheckLabels(name, labels));
  const std::string text = LabelsText(labels);

  MutexLock lock(mutex_);
  const auto known = families_.find(name);
  if (known != families_.end()) {
    Family& family = known->second;
    if (family.kind != kind) return absl::AlreadyExistsError(absl::StrCat(name, " has another type"));
    if (family.help != help) return absl::AlreadyExistsError(absl::StrCat(name, " has another help: ", family.help));
    const auto found = family.series.find(text);
    if (found != family.series.end()) {
      if (read == nullptr && !std::holds_alternative<std::function<double()>>(found->second)) return &found->second;
      return absl::AlreadyExistsError(absl::StrCat(name, text, " is there already"));
    }
  }
  if (series_ >= kSeriesMax) {
    return absl::ResourceExhaustedError(
        absl::StrCat("there are ", series_, " series already: no room for ", name, text));
  }
  ++series_;
  Family& family = families_.try_emplace(std::string(name), Family{kind, std::string(help), {}}).first->second;
  return &NewValue(family.series, text, kind, std::move(read));
}

absl::StatusOr<Metrics::Value*> Metrics::Add(Kind kind, absl::string_view name, absl::string_view help,
                                             MetricLabels labels, std::function<double()> read) {
  absl::StatusOr<Value*> added = TryToAdd(kind, name, help, std::move(labels), std::move(read));
  if (!added.ok()) refused_.fetch_add(1, std::memory_order_relaxed);
  return added;
}

absl::StatusOr<Counter*> Metrics::AddCounter(absl::string_view name, absl::string_view help, MetricLabels labels) {
  NUBO_ASSIGN_OR_RETURN(Value* const value, Add(Kind::kCounter, name, help, std::move(labels)));
  return &std::get<Counter>(*value);
}

absl::StatusOr<TimeCounter*> Metrics::AddTimeCounter(absl::string_view name, absl::string_view help,
                                                     MetricLabels labels) {
  NUBO_ASSIGN_OR_RETURN(Value* const value, Add(Kind::kTimeCounter, name, help, std::move(labels)));
  return &std::get<TimeCounter>(*value);
}

absl::StatusOr<Gauge*> Metrics::AddGauge(absl::string_view name, absl::string_view help, MetricLabels labels) {
  NUBO_ASSIGN_OR_RETURN(Value* const value, Add(Kind::kGauge, name, help, std::move(labels)));
  return &std::get<Gauge>(*value);
}

absl::Status Metrics::AddGaugeFunction(absl::string_view name, absl::string_view help, MetricLabels labels,
                                       std::function<double()> read) {
  return Add(Kind::kGauge, name, help, std::move(labels), std::move(read)).status();
}

std::string Metrics::ValueText(const Value& value) {
  if (const auto* counter = std::get_if<Counter>(&value)) return absl::StrCat(counter->value());
  if (const auto* time = std::get_if<TimeCounter>(&value)) return NumberText(absl::ToDoubleSeconds(time->value()));
  if (const auto* gauge = std::get_if<Gauge>(&value)) return NumberText(gauge->value());
  return NumberText(std::get<std::function<double()>>(value)());
}

std::string Metrics::Exposition() const {
  struct Named {
    const std::string* name;
    const Family* family;
    std::vector<const Series::value_type*> series;
  };
  std::vector<Named> all;
  {
    MutexLock lock(mutex_);
    for (const auto& [name, family] : families_) {
      Named named{&name, &family, {}};
      for (const auto& series : family.series) named.series.push_back(&series);
      all.push_back(std::move(named));
    }
  }
  // Without the lock: a function may take another one, and whoever has that may be about to add a series.
  std::string text;
  for (const Named& named : all) {
    absl::StrAppend(&text, "# HELP ", *named.name, " ",
                    absl::StrReplaceAll(named.family->help, {{"\\", "\\\\"}, {"\n", "\\n"}}), "\n# TYPE ", *named.name,
                    named.family->kind == Kind::kGauge ? " gauge\n" : " counter\n");
    for (const Series::value_type* series : named.series) {
      absl::StrAppend(&text, *named.name, series->first, " ", ValueText(series->second), "\n");
    }
  }
  return text;
}

MetricLabels With(MetricLabels labels, const MetricLabels& more) {
  labels.insert(labels.end(), more.begin(), more.end());
  return labels;
}

void ShowCounter(Metrics& metrics, absl::string_view name, absl::string_view help, MetricLabels labels,
                 uint64_t count) {
  const absl::StatusOr<Counter*> counter = metrics.AddCounter(name, help, std::move(labels));
  if (counter.ok()) (*counter)->Add(count);
}

void ShowTime(Metrics& metrics, absl::string_view name, absl::string_view help, MetricLabels labels,
              absl::Duration time) {
  const absl::StatusOr<TimeCounter*> counter = metrics.AddTimeCounter(name, help, std::move(labels));
  if (counter.ok()) (*counter)->Add(time);
}

void ShowGauge(Metrics& metrics, absl::string_view name, absl::string_view help, MetricLabels labels, double value) {
  const absl::StatusOr<Gauge*> gauge = metrics.AddGauge(name, help, std::move(labels));
  if (gauge.ok()) (*gauge)->Add(value);
}

void ShowRefused(Metrics& metrics) {
  // It is asked by the registry itself, which outlives that.
  (void)metrics.AddGaugeFunction("nubo_metrics_refused_series", "Series that are not shown: there is no room for them.",
                                 {}, [&metrics] { return static_cast<double>(metrics.refused()); });
}

}  // namespace nubo::base
