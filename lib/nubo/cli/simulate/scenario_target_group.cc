#include "nubo/cli/simulate/scenario_target_group.h"

#include "nubo/base/status.h"
#include "nubo/cli/simulate/fields.h"
#include "nubo/simulation/queueing.h"

namespace nubo::cli {
namespace {

using simulation::Simulation;
using stack::Value;

// `status` with the place of `at` before it.
absl::Status At(absl::string_view file, const Value& at, const absl::Status& status) {
  return status.ok() ? status : stack::ErrorAt(file, at.location(), status.message());
}

absl::Status ReadMinimum(absl::string_view file, const Value& value, lb::HealthyTargetsMin* minimum) {
  Fields fields(file, value, "the minimum of healthy targets");
  int64_t count = minimum->count;
  int64_t percentage = minimum->percentage;
  fields.Count("count", 1, Simulation::kServersMax, &count);
  fields.Count("percentage", 0, 100, &percentage);
  minimum->count = static_cast<int>(count);
  minimum->percentage = static_cast<int>(percentage);
  return fields.Done();
}

absl::Status ReadSlowStart(absl::string_view file, const Value& value, lb::SlowStart* slow_start) {
  Fields fields(file, value, "the slow start");
  fields.Time("window", lb::kSlowStartWindowMin, lb::kSlowStartWindowMax, &slow_start->window);
  fields.Number("aggression", 0.01, 100, &slow_start->aggression);
  fields.Number("fraction_min", 0.001, 1, &slow_start->fraction_min);
  return fields.Done();
}

absl::Status ReadOutliers(absl::string_view file, const Value& value, lb::OutlierDetectionOptions* options) {
  Fields fields(file, value, "the outlier detection");
  int64_t failures = options->consecutive_failures;
  int64_t percentage = options->ejection_percent_max;
  bool success_rate = true;
  bool failure_percentage = true;
  fields.Count("consecutive_failures", 0, 1'000'000, &failures);
  fields.Time("interval", absl::Milliseconds(1), absl::Hours(1), &options->interval);
  fields.Time("ejection_time_base", absl::Milliseconds(1), absl::Hours(1), &options->ejection_time_base);
  fields.Time("ejection_time_max", absl::Milliseconds(1), absl::Hours(1), &options->ejection_time_max);
  fields.Count("ejection_percent_max", 0, 100, &percentage);
  fields.Flag("success_rate", &success_rate);
  fields.Flag("failure_percentage", &failure_percentage);
  options->consecutive_failures = static_cast<int>(failures);
  options->ejection_percent_max = static_cast<int>(percentage);
  if (!success_rate) options->success_rate.reset();
  if (!failure_percentage) options->failure_percentage.reset();
  return fields.Done();
}

absl::Status ReadHealthCheck(absl::string_view file, const Value& check, lb::HealthCheckSettings* settings) {
  Fields fields(file, check, "the health check");
  int64_t healthy = settings->healthy_threshold;
  int64_t unhealthy = settings->unhealthy_threshold;
  fields.Time("interval", absl::Milliseconds(1), absl::Hours(1), &settings->interval);
  fields.Time("timeout", absl::Milliseconds(1), absl::Hours(1), &settings->timeout);
  fields.Count("healthy_threshold", 1, 10, &healthy);
  fields.Count("unhealthy_threshold", 1, 10, &unhealthy);
  NUBO_RETURN_IF_ERROR(fields.Done());
  settings->healthy_threshold = static_cast<int>(healthy);
  settings->unhealthy_threshold = static_cast<int>(unhealthy);
  return At(file, check, lb::CheckSettings(*settings));
}

}  // namespace

absl::StatusOr<lb::TargetGroupOptions> ReadTargetGroup(absl::string_view file, const Value& value,
                                                       bool* fail_health_checks) {
  lb::TargetGroupOptions options;
  options.targets_max = Simulation::kServersMax;
  Fields fields(file, value, "the target group");
  fields.Time("deregistration_delay", absl::ZeroDuration(), lb::kDeregistrationDelayMax, &options.deregistration_delay);
  fields.Flag("fail_health_checks", fail_health_checks);
  const Value* check = fields.Object("health_check");
  const Value* healthy = fields.Object("minimum_healthy_targets");
  const Value* slow_start = fields.Object("slow_start");
  const Value* outliers = fields.Object("outlier_detection");
  NUBO_RETURN_IF_ERROR(fields.Done());
  if (check != nullptr) NUBO_RETURN_IF_ERROR(ReadHealthCheck(file, *check, &options.health_check));
  if (healthy != nullptr) {
    NUBO_RETURN_IF_ERROR(ReadMinimum(file, *healthy, &options.health_requirements.unhealthy_state_routing));
    options.health_requirements.dns_failover = options.health_requirements.unhealthy_state_routing;
  }
  if (slow_start != nullptr) NUBO_RETURN_IF_ERROR(ReadSlowStart(file, *slow_start, &options.slow_start));
  if (outliers != nullptr) {
    options.outlier_detection.emplace();
    NUBO_RETURN_IF_ERROR(ReadOutliers(file, *outliers, &*options.outlier_detection));
  }
  NUBO_RETURN_IF_ERROR(At(file, value, lb::CheckTargetGroupOptions(options)));
  return options;
}

}  // namespace nubo::cli
