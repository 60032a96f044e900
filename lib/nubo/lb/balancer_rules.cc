#include "nubo/lb/balancer_rules.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "nubo/base/status.h"
#include "nubo/lb/code_matcher.h"
#include "nubo/lb/policies.h"
#include "nubo/net/ip_address.h"

namespace nubo::lb {
namespace {

constexpr size_t kApplicationSubnetsMin = 2;
constexpr size_t kPathMax = 1024;
// Of a value that is shown because it is wrong.
constexpr size_t kShownMax = 100;
// Of Application Load Balancers; others may have more.
constexpr CodeMatcher::Range kHttpCodes = {200, 499};

absl::Status Invalid(std::string message) { return absl::InvalidArgumentError(message); }

}  // namespace

absl::Status CheckOneOf(absl::string_view what, absl::string_view word, absl::string_view allowed) {
  const std::vector<absl::string_view> words = absl::StrSplit(allowed, ',');
  if (std::find(words.begin(), words.end(), word) != words.end()) return absl::OkStatus();
  return Invalid(absl::StrCat(what, " must be ", words.size() > 1 ? "one of " : "", absl::StrJoin(words, ", "),
                              ", not \"", word, "\""));
}

absl::Status CheckBetween(absl::string_view what, int value, int min, int max) {
  if (value >= min && value <= max) return absl::OkStatus();
  return Invalid(absl::StrCat(what, " must be from ", min, " to ", max, ", not ", value));
}

absl::Status CheckName(absl::string_view name) {
  const bool letters =
      std::all_of(name.begin(), name.end(), [](unsigned char c) { return absl::ascii_isalnum(c) || c == '-'; });
  if (!name.empty() && name.size() <= kNameSizeMax && letters && name.front() != '-' && name.back() != '-') {
    return absl::OkStatus();
  }
  return Invalid(absl::StrCat("Name must have 1 to ", kNameSizeMax,
                              " letters, digits and hyphens, and neither begin nor end with a hyphen, not \"",
                              name.substr(0, 2 * kNameSizeMax), "\""));
}

absl::Status CheckLoadBalancerName(absl::string_view name) {
  NUBO_RETURN_IF_ERROR(CheckName(name));
  if (!absl::StartsWith(name, kInternalPrefix)) return absl::OkStatus();
  return Invalid(absl::StrCat("Name must not begin with ", kInternalPrefix));
}

absl::Status CheckSubnetCount(size_t subnets) {
  if (subnets >= kApplicationSubnetsMin) return absl::OkStatus();
  return Invalid(
      absl::StrCat("an application load balancer needs subnets in at least two Availability Zones, not ", subnets));
}

absl::Status CheckHealthCheckPath(absl::string_view path) {
  const bool visible = std::all_of(path.begin(), path.end(), [](char c) { return c > 32 && c < 127; });
  if (absl::StartsWith(path, "/") && path.size() <= kPathMax && visible) return absl::OkStatus();
  return Invalid(absl::StrCat("HealthCheckPath must begin with / and have at most ", kPathMax,
                              " visible ASCII characters, not \"", path.substr(0, kShownMax), "\""));
}

absl::Status CheckHealthCheckPort(absl::string_view port) {
  int number = 0;
  if (port == "traffic-port" || (absl::SimpleAtoi(port, &number) && number >= 1 && number <= kPortMax)) {
    return absl::OkStatus();
  }
  return Invalid(absl::StrCat("HealthCheckPort must be traffic-port or from 1 to 65535, not \"", port, "\""));
}

absl::Status CheckHealthCheckTimes(int64_t interval_s, int64_t timeout_s) {
  if (timeout_s < interval_s) return absl::OkStatus();
  return Invalid(absl::StrCat("HealthCheckIntervalSeconds must be greater than HealthCheckTimeoutSeconds; they are ",
                              interval_s, " and ", timeout_s));
}

absl::Status CheckHealthCheckCodes(absl::string_view codes, bool grpc) {
  const CodeMatcher::Range allowed = grpc ? CodeMatcher::kGrpc : kHttpCodes;
  if (CodeMatcher::Parse(codes, allowed).ok()) return absl::OkStatus();
  return Invalid(absl::StrCat("Matcher ", grpc ? "GrpcCode" : "HttpCode", " must have codes from ", allowed.first,
                              " to ", allowed.last, ", as 200, 200,202 or 200-299 are lists of them, not \"",
                              codes.substr(0, kShownMax), "\""));
}

absl::Status CheckHealthCheck(const HealthCheckValues& values) {
  NUBO_RETURN_IF_ERROR(CheckBetween("HealthCheckIntervalSeconds", values.interval_s, kHealthCheckIntervalSecondsMin,
                                    kHealthCheckIntervalSecondsMax));
  NUBO_RETURN_IF_ERROR(CheckBetween("HealthCheckTimeoutSeconds", values.timeout_s, kHealthCheckTimeoutSecondsMin,
                                    kHealthCheckTimeoutSecondsMax));
  NUBO_RETURN_IF_ERROR(CheckHealthCheckTimes(values.interval_s, values.timeout_s));
  NUBO_RETURN_IF_ERROR(
      CheckBetween("HealthyThresholdCount", values.healthy_threshold, kThresholdCountMin, kThresholdCountMax));
  NUBO_RETURN_IF_ERROR(
      CheckBetween("UnhealthyThresholdCount", values.unhealthy_threshold, kThresholdCountMin, kThresholdCountMax));
  if (!values.path.empty()) NUBO_RETURN_IF_ERROR(CheckHealthCheckPath(values.path));
  if (!values.port.empty()) NUBO_RETURN_IF_ERROR(CheckHealthCheckPort(values.port));
  return values.codes.empty() ? absl::OkStatus() : CheckHealthCheckCodes(values.codes, values.grpc);
}

absl::Status CheckSlowStartOf(absl::string_view algorithm, int64_t slow_start_s) {
  const bool starts_at_once = algorithm == kLeastOutstandingRequests || algorithm == kWeightedRandom;
  if (!starts_at_once || slow_start_s == 0) return absl::OkStatus();
  return Invalid(
      absl::StrCat(algorithm, " cannot have a slow start; set slow_start.duration_seconds to 0 or choose round_robin"));
}

absl::Status CheckAnomalyMitigationOf(absl::string_view algorithm, bool on) {
  // A policy of the library's own may have it as well.
  const bool is_awss = algorithm.empty() || algorithm == kRoundRobin || algorithm == kLeastOutstandingRequests;
  if (!on || !is_awss) return absl::OkStatus();
  return Invalid("load_balancing.algorithm.anomaly_mitigation on needs load_balancing.algorithm.type weighted_random");
}

absl::Status CheckTargetId(absl::string_view type, absl::string_view id) {
  const bool is_address = net::IpAddress::Parse(id).ok();
  if (is_address == (type == "ip")) return absl::OkStatus();
  return Invalid(absl::StrCat("a target of a group of TargetType ", type, " is an ",
                              type == "ip" ? "IP address" : "instance's id", ", not \"", id, "\""));
}

}  // namespace nubo::lb
