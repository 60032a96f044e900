#include "tests/e2e/load/tally.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace nubo::e2e {
namespace {

using Json = nlohmann::json;

// More failures than that are counted, and not listed.
constexpr size_t kFailuresListedMax = 1000;
constexpr size_t kBodyShownMax = 300;

double QuantileMs(const std::vector<uint32_t>& sorted_us, double quantile) {
  const auto index = static_cast<size_t>(quantile * static_cast<double>(sorted_us.size() - 1));
  return sorted_us[index] / 1000.0;
}

Json ToJson(const Outcome& failure) {
  return {{"method", failure.method},
          {"path", failure.path},
          {"status", failure.status},
          {"startMs", absl::ToUnixMillis(failure.start)},
          {"endMs", absl::ToUnixMillis(failure.end)},
          {"instance", failure.instance},
          {"error", failure.error.empty() ? failure.body.substr(0, kBodyShownMax) : failure.error}};
}

}  // namespace

void Tally::Started() { in_flight_max_ = std::max(in_flight_max_, ++in_flight_); }

void Tally::Finished(const Outcome& outcome) {
  --in_flight_;
  ++finished_;
  ++counts_[absl::StrCat(outcome.method, " ", outcome.status == 0 ? "none" : absl::StrCat(outcome.status))];
  if (!outcome.instance.empty()) ++by_instance_[outcome.instance];
  latencies_[outcome.method].push_back(static_cast<uint32_t>(absl::ToInt64Microseconds(outcome.end - outcome.start)));
  if (outcome.ok()) return;
  ++failed_;
  if (failures_.size() < kFailuresListedMax) failures_.push_back(outcome);
}

Json Tally::Summary() const {
  Json latencies = Json::object();
  for (const auto& [method, values] : latencies_) {
    std::vector<uint32_t> sorted = values;
    std::sort(sorted.begin(), sorted.end());
    latencies[method] = {
        {"p50", QuantileMs(sorted, 0.5)}, {"p99", QuantileMs(sorted, 0.99)}, {"max", sorted.back() / 1000.0}};
  }
  Json failures = Json::array();
  for (const Outcome& failure : failures_) failures.push_back(ToJson(failure));
  return {{"requests", finished_},     {"failed", failed_},      {"inFlightMax", in_flight_max_}, {"counts", counts_},
          {"instances", by_instance_}, {"latencyMs", latencies}, {"failures", failures}};
}

}  // namespace nubo::e2e
