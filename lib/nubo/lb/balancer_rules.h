// What AWS demands of load balancers and target groups: of names, subnets, health checks, algorithms and targets.
//
// Each function looks at one value or a few, so that a template of which the others are not known yet is checked by the
// same ones as a request that is complete. All of them return INVALID_ARGUMENT with a sentence for people; which of
// AWS's codes goes with it says whoever calls.
//
// Source: Elastic Load Balancing, Application Load Balancers, "Target groups for your Application Load Balancers" and
// "Health checks for Application Load Balancer target groups"; the API reference's CreateLoadBalancer and
// CreateTargetGroup.
//
// Example:
//   NUBO_RETURN_IF_ERROR(lb::CheckLoadBalancerName("front"));
//   NUBO_RETURN_IF_ERROR(lb::CheckHealthCheck({.path = "/ready", .interval_s = 10}));
//
// Thread safety: pure functions.
#ifndef NUBO_LB_BALANCER_RULES_H_
#define NUBO_LB_BALANCER_RULES_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace nubo::lb {

// `allowed` are words, comma-separated; `what` is the parameter's name.
absl::Status CheckOneOf(absl::string_view what, absl::string_view word, absl::string_view allowed);
absl::Status CheckBetween(absl::string_view what, int value, int min, int max);

inline constexpr int kPortMax = 65535;

// Names of load balancers and target groups: they are part of names in DNS.
inline constexpr size_t kNameSizeMax = 32;
absl::Status CheckName(absl::string_view name);
// AWS puts internal- before the names of internal ones itself.
inline constexpr char kInternalPrefix[] = "internal-";
absl::Status CheckLoadBalancerName(absl::string_view name);

// Of an Application Load Balancer.
absl::Status CheckSubnetCount(size_t subnets);

// Bounds of health checks.
inline constexpr int kHealthCheckIntervalSecondsMin = 5;
inline constexpr int kHealthCheckIntervalSecondsMax = 300;
inline constexpr int kHealthCheckTimeoutSecondsMin = 2;
inline constexpr int kHealthCheckTimeoutSecondsMax = 120;
inline constexpr int kThresholdCountMin = 2;
inline constexpr int kThresholdCountMax = 10;

struct HealthCheckValues {
  // "": the protocol's own.
  std::string path;
  // A number; "" is traffic-port.
  std::string port;
  int interval_s = 30;
  int timeout_s = 5;
  int healthy_threshold = 5;
  int unhealthy_threshold = 2;
  // "": the protocol's own.
  std::string codes;
  bool grpc = false;
};

absl::Status CheckHealthCheckPath(absl::string_view path);
absl::Status CheckHealthCheckPort(absl::string_view port);
absl::Status CheckHealthCheckTimes(int64_t interval_s, int64_t timeout_s);
absl::Status CheckHealthCheckCodes(absl::string_view codes, bool grpc);
// All of the above, and the bounds.
absl::Status CheckHealthCheck(const HealthCheckValues& values);

// What goes with an algorithm (load_balancing.algorithm.type; "" is round_robin). Only AWS's own ones are restricted.
absl::Status CheckSlowStartOf(absl::string_view algorithm, int64_t slow_start_s);
absl::Status CheckAnomalyMitigationOf(absl::string_view algorithm, bool on);

// `type` is instance or ip. That a target is the one and not the other.
absl::Status CheckTargetId(absl::string_view type, absl::string_view id);

}  // namespace nubo::lb

#endif  // NUBO_LB_BALANCER_RULES_H_
