#include "nubo/region/balancing/attributes.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "nubo/base/status.h"
#include "nubo/lb/balancer_rules.h"
#include "nubo/lb/group_health.h"
#include "nubo/lb/quotas.h"
#include "nubo/lb/slow_start.h"
#include "nubo/lb/stickiness.h"
#include "nubo/stack/diagnostic.h"
#include "nubo/stack/schema.h"
#include "nubo/stack/value.h"

namespace nubo::region {
namespace {

constexpr char kIdleTimeout[] = "idle_timeout.timeout_seconds";
constexpr char kDeletionProtection[] = "deletion_protection.enabled";
constexpr char kDropInvalid[] = "routing.http.drop_invalid_header_fields.enabled";
constexpr char kClientPort[] = "routing.http.xff_client_port.enabled";
constexpr char kForwardedFor[] = "routing.http.xff_header_processing.mode";

constexpr char kDeregistrationDelay[] = "deregistration_delay.timeout_seconds";
constexpr char kAlgorithm[] = "load_balancing.algorithm.type";
constexpr char kAnomalyMitigation[] = "load_balancing.algorithm.anomaly_mitigation";
constexpr char kSlowStart[] = "slow_start.duration_seconds";
constexpr char kHealthyCount[] = "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count";
constexpr char kHealthyPercentage[] = "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage";
constexpr char kStickinessEnabled[] = "stickiness.enabled";
constexpr char kStickinessType[] = "stickiness.type";
constexpr char kLbCookieDuration[] = "stickiness.lb_cookie.duration_seconds";
constexpr char kAppCookieDuration[] = "stickiness.app_cookie.duration_seconds";
constexpr char kAppCookieName[] = "stickiness.app_cookie.cookie_name";

constexpr int kStickinessDefaultSeconds = 86400;

// Whose they are: what messages call it, and where a template gives them.
struct Kind {
  const char* what;
  const char* type;
  const char* property;
};
constexpr Kind kLoadBalancer = {"load balancer", "AWS::ElasticLoadBalancingV2::LoadBalancer", "LoadBalancerAttributes"};
constexpr Kind kTargetGroup = {"target group", "AWS::ElasticLoadBalancingV2::TargetGroup", "TargetGroupAttributes"};

absl::Status CheckValues(const Kind& kind, const Attributes& changes) {
  const auto known = stack::FindProperty(stack::FindSchema(kind.type)->properties, kind.property)->keys;
  const std::string whose = absl::StrCat(kind.what, " attribute");
  for (const auto& [key, value] : changes) {
    const stack::PropertySpec* spec = stack::FindProperty(known, key);
    if (spec == nullptr) return absl::InvalidArgumentError(absl::StrCat(whose, " key '", key, "' is not recognized"));
    // An attribute is checked as if it were a property.
    const stack::Schema alone = {whose.c_str(), absl::MakeConstSpan(spec, 1), {}, ""};
    stack::Value given = stack::Value::Object();
    given.Set(key, stack::Value::String(value));
    std::vector<stack::Diagnostic> problems;
    stack::CheckProperties(alone, given, problems);
    if (!problems.empty()) return absl::InvalidArgumentError(problems[0].message);
  }
  return absl::OkStatus();
}

const std::string& TextOf(const Attributes& attributes, const char* key) { return attributes.at(key); }
// 0 for "off".
int NumberOf(const Attributes& attributes, const char* key) {
  int number = 0;
  return absl::SimpleAtoi(attributes.at(key), &number) ? number : 0;
}
bool FlagOf(const Attributes& attributes, const char* key) {
  return absl::EqualsIgnoreCase(attributes.at(key), "true");
}
std::string Text(int number) { return absl::StrCat(number); }
std::string Text(bool flag) { return flag ? "true" : "false"; }

void Apply(const Attributes& all, v1::LoadBalancerState& record) {
  record.set_idle_timeout_s(NumberOf(all, kIdleTimeout));
  record.set_deletion_protection(FlagOf(all, kDeletionProtection));
  record.set_drop_invalid_header_fields(FlagOf(all, kDropInvalid));
  record.set_xff_client_port(FlagOf(all, kClientPort));
  record.set_xff_mode(TextOf(all, kForwardedFor));
}

void Apply(const Attributes& all, v1::TargetGroupState& record) {
  record.set_deregistration_delay_s(NumberOf(all, kDeregistrationDelay));
  record.set_algorithm(TextOf(all, kAlgorithm));
  record.set_anomaly_mitigation(TextOf(all, kAnomalyMitigation) == "on");
  record.set_slow_start_s(NumberOf(all, kSlowStart));
  record.set_healthy_count_min(NumberOf(all, kHealthyCount));
  record.set_healthy_percentage_min(NumberOf(all, kHealthyPercentage));
  const bool app = TextOf(all, kStickinessType) == "app_cookie";
  record.set_stickiness_type(FlagOf(all, kStickinessEnabled) ? TextOf(all, kStickinessType) : "");
  record.set_stickiness_duration_s(NumberOf(all, app ? kAppCookieDuration : kLbCookieDuration));
  record.set_app_cookie_name(TextOf(all, kAppCookieName));
}

// What the load balancer would refuse is refused before there is anything to refuse.
absl::Status CheckTogether(const v1::TargetGroupState& group) {
  lb::Stickiness stickiness;
  if (group.stickiness_type() == "lb_cookie") stickiness.type = lb::StickinessType::kLbCookie;
  if (group.stickiness_type() == "app_cookie") stickiness.type = lb::StickinessType::kAppCookie;
  stickiness.duration = absl::Seconds(group.stickiness_duration_s());
  stickiness.app_cookie_name = group.app_cookie_name();
  lb::GroupHealthRequirements required;
  required.unhealthy_state_routing = {.count = group.healthy_count_min(), .percentage = group.healthy_percentage_min()};
  required.dns_failover = {.count = 0};
  absl::Status status = lb::CheckStickiness(stickiness);
  status.Update(lb::CheckSlowStart({.window = absl::Seconds(group.slow_start_s())}));
  status.Update(lb::CheckGroupHealth(required, lb::kTargetsMax));
  status.Update(lb::CheckSlowStartOf(group.algorithm(), group.slow_start_s()));
  status.Update(lb::CheckAnomalyMitigationOf(group.algorithm(), group.anomaly_mitigation()));
  return status;
}

// All that `record` has, with `changes`.
template <typename Record>
void Merge(const Attributes& changes, Record& record) {
  Attributes all = AttributesOf(record);
  for (const auto& [key, value] : changes) all[key] = value;
  Apply(all, record);
}

}  // namespace

const Attributes& DefaultLoadBalancerAttributes() {
  static const Attributes& defaults = *new Attributes{{kIdleTimeout, "60"},
                                                      {kDeletionProtection, "false"},
                                                      {kDropInvalid, "false"},
                                                      {kClientPort, "false"},
                                                      {kForwardedFor, "append"}};
  return defaults;
}

const Attributes& DefaultTargetGroupAttributes() {
  static const Attributes& defaults = *new Attributes{{kDeregistrationDelay, "300"},
                                                      {kAlgorithm, "round_robin"},
                                                      {kAnomalyMitigation, "off"},
                                                      {kSlowStart, "0"},
                                                      {kHealthyCount, "1"},
                                                      {kHealthyPercentage, "off"},
                                                      {kStickinessEnabled, "false"},
                                                      {kStickinessType, "lb_cookie"},
                                                      {kLbCookieDuration, Text(kStickinessDefaultSeconds)},
                                                      {kAppCookieDuration, Text(kStickinessDefaultSeconds)},
                                                      {kAppCookieName, ""}};
  return defaults;
}

Attributes AttributesOf(const v1::LoadBalancerState& record) {
  return {{kIdleTimeout, Text(record.idle_timeout_s())},
          {kDeletionProtection, Text(record.deletion_protection())},
          {kDropInvalid, Text(record.drop_invalid_header_fields())},
          {kClientPort, Text(record.xff_client_port())},
          {kForwardedFor, record.xff_mode().empty() ? "append" : record.xff_mode()}};
}

Attributes AttributesOf(const v1::TargetGroupState& record) {
  const bool sticky = !record.stickiness_type().empty();
  const std::string last_type = record.app_cookie_name().empty() ? "lb_cookie" : "app_cookie";
  const int stored = record.stickiness_duration_s();
  const std::string duration = Text(stored == 0 ? kStickinessDefaultSeconds : stored);
  const int percentage = record.healthy_percentage_min();
  return {{kDeregistrationDelay, Text(record.deregistration_delay_s())},
          {kAlgorithm, record.algorithm().empty() ? "round_robin" : record.algorithm()},
          {kAnomalyMitigation, record.anomaly_mitigation() ? "on" : "off"},
          {kSlowStart, Text(record.slow_start_s())},
          {kHealthyCount, Text(std::max(1, record.healthy_count_min()))},
          {kHealthyPercentage, percentage == 0 ? "off" : Text(percentage)},
          {kStickinessEnabled, Text(sticky)},
          {kStickinessType, sticky ? record.stickiness_type() : last_type},
          {kLbCookieDuration, duration},
          {kAppCookieDuration, duration},
          {kAppCookieName, record.app_cookie_name()}};
}

absl::Status SetAttributes(const Attributes& changes, v1::LoadBalancerState& record) {
  NUBO_RETURN_IF_ERROR(base::WithErrorCode(CheckValues(kLoadBalancer, changes), "ValidationError"));
  Merge(changes, record);
  return absl::OkStatus();
}

absl::Status SetAttributes(const Attributes& changes, v1::TargetGroupState& record) {
  NUBO_RETURN_IF_ERROR(base::WithErrorCode(CheckValues(kTargetGroup, changes), "ValidationError"));
  v1::TargetGroupState changed = record;
  Merge(changes, changed);
  NUBO_RETURN_IF_ERROR(base::WithErrorCode(CheckTogether(changed), "InvalidConfigurationRequest"));
  record = std::move(changed);
  return absl::OkStatus();
}

}  // namespace nubo::region
