// What a load balancer's process is told to be: the values that its configuration message is turned into, once.
//
// Example:
//   NUBO_ASSIGN_OR_RETURN(Configuration config, FromProto(message));
//
// Everything in a Configuration has been checked: ids are unique, forwards name groups that exist, patterns and
// bodies are within bounds.
//
// Thread safety: values and a pure function.
#ifndef NUBO_PROXY_CONFIG_H_
#define NUBO_PROXY_CONFIG_H_

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "nubo/lb/group_health.h"
#include "nubo/lb/slow_start.h"
#include "nubo/lb/stickiness.h"
#include "nubo/lb/target.h"
#include "nubo/lb/target_health.h"
#include "nubo/net/ip_address.h"
#include "nubo/proxy/v1/proxy.pb.h"

namespace nubo::proxy {

// AWS's quotas, beside those of nubo/lb/quotas.h, and ours where it has none.
inline constexpr int kAddressesPerListenerMax = 64;
// AWS's 100 are of one load balancer; the listener of names under .localhost has a rule for each of them.
inline constexpr int kRulesPerListenerMax = 4000;
inline constexpr int kPatternsPerRuleMax = 32;
inline constexpr int kPatternSizeMax = 256;
inline constexpr int kTargetGroupsMax = 4000;

struct ForwardAction {
  struct Part {
    std::string target_group_id;
    int weight = 1;
  };
  std::vector<Part> parts;
  // How long a client stays with the group it got first; zero: not at all.
  absl::Duration stickiness;
  lb::StickinessKey stickiness_key;
};

struct FixedResponseAction {
  int status = 503;
  std::string content_type;
  std::string body;
};

struct RedirectAction {
  int status = 302;
  std::string protocol, host, port, path, query;
};

using Action = std::variant<ForwardAction, FixedResponseAction, RedirectAction>;

struct HeaderCondition {
  std::string name;
  std::vector<std::string> patterns;
};

struct QueryPattern {
  // "" stands for any key.
  std::string key;
  std::string value;
};
// Any of them may match.
using QueryCondition = std::vector<QueryPattern>;

// An empty list asks for nothing.
struct RuleConfig {
  int priority = 0;
  std::vector<std::string> host_patterns;
  std::vector<std::string> path_patterns;
  Action action;
  std::vector<HeaderCondition> headers;
  std::vector<std::string> methods;
  std::vector<QueryCondition> queries;
  std::vector<net::Prefix> sources;
};

struct ListenerConfig {
  std::string id;
  std::vector<net::SocketAddress> addresses;
  int public_port = 0;
  Action default_action;
  // By ascending priority.
  std::vector<RuleConfig> rules;
};

enum class ProtocolVersion { kHttp1, kHttp2, kGrpc };

struct HealthCheckConfig {
  bool grpc = false;
  std::string path;
  // 0: the target's.
  uint16_t port = 0;
  lb::HealthCheckSettings settings;
};

struct TargetGroupConfig {
  std::string id;
  std::string name;
  ProtocolVersion protocol_version = ProtocolVersion::kHttp1;
  std::string policy;
  HealthCheckConfig health_check;
  absl::Duration deregistration_delay = absl::Seconds(300);
  lb::SlowStart slow_start;
  bool outlier_detection = false;
  lb::HealthyTargetsMin healthy_min;
  lb::Stickiness stickiness;
  lb::StickinessKey stickiness_key;
  std::vector<lb::TargetSpec> targets;
};

enum class ForwardedForMode { kAppend, kPreserve, kRemove };

// What of a request's header fields reaches targets.
struct HeaderConfig {
  bool drop_invalid = false;
  bool client_port = false;
  ForwardedForMode forwarded_for = ForwardedForMode::kAppend;
};

struct LimitsConfig {
  absl::Duration idle_timeout = absl::Seconds(60);
  absl::Duration client_idle_timeout = absl::Seconds(60);
  absl::Duration connect_timeout = absl::Seconds(5);
  int connections_max = 8192;
  int pending_requests_max = 2048;
  int connections_per_target_max = 1024;
};

struct Configuration {
  uint64_t revision = 0;
  std::string load_balancer_id;
  std::vector<ListenerConfig> listeners;
  std::vector<TargetGroupConfig> target_groups;
  LimitsConfig limits;
  bool access_log = false;
  HeaderConfig headers;
};

// INVALID_ARGUMENT: anything that is missing, contradictory or out of bounds; the message names the place.
absl::StatusOr<Configuration> FromProto(const v1::Configuration& proto);

// Parts of a configuration by themselves, so that whoever makes one can leave out what would cost all the rest: OK for
// what FromProto takes, whatever stands beside it.
absl::Status CheckAction(const v1::Action& proto);
absl::Status CheckRule(const v1::Rule& proto);
absl::Status CheckTargetGroup(const v1::TargetGroup& proto);

}  // namespace nubo::proxy

#endif  // NUBO_PROXY_CONFIG_H_
