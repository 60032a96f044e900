#include "nubo/proxy/config.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/lb/policies.h"
#include "nubo/lb/quotas.h"

namespace nubo::proxy {
namespace {

constexpr int kPortMax = 65535;

absl::Status Invalid(std::string message) { return absl::InvalidArgumentError(message); }

absl::Status CheckCount(absl::string_view what, int count, int max) {
  if (count <= max) return absl::OkStatus();
  return Invalid(absl::StrCat("there are ", count, " ", what, "; at most ", max, " are allowed"));
}

// `value`, or `fallback` for 0. INVALID_ARGUMENT: below 0 or above `max`.
absl::StatusOr<int> Bounded(absl::string_view what, int value, int fallback, int max) {
  if (value < 0 || value > max) return Invalid(absl::StrCat(what, " is ", value, "; it must be between 0 and ", max));
  return value == 0 ? fallback : value;
}

absl::StatusOr<absl::Duration> Milliseconds(absl::string_view what, int value, absl::Duration fallback) {
  if (value < 0) return Invalid(absl::StrCat(what, " is ", value, " ms; it must not be negative"));
  return value == 0 ? fallback : absl::Milliseconds(value);
}

bool IsFieldText(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c != 0x7f; });
}

absl::StatusOr<net::SocketAddress> ToAddress(const v1::Address& proto, int port_min) {
  NUBO_ASSIGN_OR_RETURN(const net::IpAddress ip, net::IpAddress::Parse(proto.ip()));
  if (proto.port() < port_min || proto.port() > kPortMax) {
    return Invalid(
        absl::StrCat("port ", proto.port(), " of ", proto.ip(), " is not between ", port_min, " and ", kPortMax));
  }
  return net::SocketAddress{ip, static_cast<uint16_t>(proto.port())};
}

absl::StatusOr<lb::StickinessKey> ToKey(const std::string& text) {
  constexpr size_t kDigits = 16;
  lb::StickinessKey key;
  const bool hex = text.size() == 2 * kDigits &&
                   std::all_of(text.begin(), text.end(), [](unsigned char c) { return absl::ascii_isxdigit(c); });
  if (hex && absl::SimpleHexAtoi(text.substr(0, kDigits), &key.high) &&
      absl::SimpleHexAtoi(text.substr(kDigits), &key.low)) {
    return key;
  }
  return Invalid("the key of the stickiness is not 32 hexadecimal digits");
}

absl::StatusOr<ForwardAction> ToForward(const v1::Forward& proto) {
  if (proto.target_groups().empty()) return Invalid("a forward action names no target group; it needs at least one");
  NUBO_RETURN_IF_ERROR(
      CheckCount("target groups in a forward action", proto.target_groups_size(), lb::kGroupsPerForwardMax));
  ForwardAction action;
  for (const v1::WeightedTargetGroup& part : proto.target_groups()) {
    if (part.weight() < 0 || part.weight() > lb::kForwardWeightMax) {
      return Invalid(absl::StrCat("the weight of target group \"", part.target_group_id(), "\" is ", part.weight(),
                                  "; it must be between 0 and ", lb::kForwardWeightMax));
    }
    action.parts.push_back({part.target_group_id(), part.weight()});
  }
  if (action.parts.size() == 1) action.parts[0].weight = 1;
  if (proto.stickiness_ms() == 0) return action;
  action.stickiness = absl::Milliseconds(proto.stickiness_ms());
  NUBO_RETURN_IF_ERROR(lb::CheckStickiness({.type = lb::StickinessType::kLbCookie, .duration = action.stickiness}));
  NUBO_ASSIGN_OR_RETURN(action.stickiness_key, ToKey(proto.stickiness_key()));
  return action;
}

absl::StatusOr<FixedResponseAction> ToFixedResponse(const v1::FixedResponse& proto) {
  if (proto.status_code() < 200 || proto.status_code() > 599) {
    return Invalid(absl::StrCat("a fixed response has the status ", proto.status_code(), "; it must be 200 to 599"));
  }
  NUBO_RETURN_IF_ERROR(
      CheckCount("bytes in a fixed response", static_cast<int>(proto.message_body().size()), lb::kFixedBodySizeMax));
  if (!IsFieldText(proto.content_type())) return Invalid("the content type of a fixed response has control characters");
  return FixedResponseAction{
      .status = proto.status_code(),
      .content_type = proto.content_type().empty() ? "text/plain" : proto.content_type(),
      .body = proto.message_body(),
  };
}

absl::StatusOr<RedirectAction> ToRedirect(const v1::Redirect& proto) {
  if (proto.status_code() != 301 && proto.status_code() != 302) {
    return Invalid(absl::StrCat("a redirect has the status ", proto.status_code(), "; it must be 301 or 302"));
  }
  for (const std::string* part : {&proto.protocol(), &proto.host(), &proto.port(), &proto.path(), &proto.query()}) {
    if (!IsFieldText(*part)) return Invalid("a part of a redirect has control characters");
  }
  return RedirectAction{.status = proto.status_code(),
                        .protocol = proto.protocol(),
                        .host = proto.host(),
                        .port = proto.port(),
                        .path = proto.path(),
                        .query = proto.query()};
}

absl::StatusOr<Action> ToAction(const v1::Action& proto) {
  switch (proto.kind_case()) {
    case v1::Action::kForward:
      return ToForward(proto.forward());
    case v1::Action::kFixedResponse:
      return ToFixedResponse(proto.fixed_response());
    case v1::Action::kRedirect:
      return ToRedirect(proto.redirect());
    case v1::Action::KIND_NOT_SET:
      break;
  }
  return Invalid("an action is empty; it must be a forward, a fixed response or a redirect");
}

// How many strings and blocks the conditions of a rule have in all.
int CountPatterns(const v1::Rule& proto) {
  int count =
      proto.host_patterns_size() + proto.path_patterns_size() + proto.methods_size() + proto.source_cidrs_size();
  // A condition without any would never hold, and counts as well.
  for (const v1::HeaderCondition& header : proto.headers()) count += 1 + header.patterns_size();
  for (const v1::QueryCondition& query : proto.queries()) count += 1 + query.patterns_size();
  return count;
}

absl::Status CheckPattern(absl::string_view pattern) {
  return CheckCount("characters in a pattern", static_cast<int>(pattern.size()), kPatternSizeMax);
}

absl::Status CheckPatterns(const RuleConfig& rule) {
  for (const auto* patterns : {&rule.host_patterns, &rule.path_patterns, &rule.methods}) {
    for (const std::string& pattern : *patterns) NUBO_RETURN_IF_ERROR(CheckPattern(pattern));
  }
  for (const HeaderCondition& header : rule.headers) {
    NUBO_RETURN_IF_ERROR(CheckPattern(header.name));
    for (const std::string& pattern : header.patterns) NUBO_RETURN_IF_ERROR(CheckPattern(pattern));
  }
  for (const QueryCondition& query : rule.queries) {
    for (const QueryPattern& pattern : query) {
      NUBO_RETURN_IF_ERROR(CheckPattern(pattern.key));
      NUBO_RETURN_IF_ERROR(CheckPattern(pattern.value));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<RuleConfig> ToRule(const v1::Rule& proto) {
  if (proto.priority() < 1 || proto.priority() > lb::kRulePriorityMax) {
    return Invalid(absl::StrCat("the priority is not between 1 and ", lb::kRulePriorityMax));
  }
  NUBO_RETURN_IF_ERROR(CheckCount("patterns", CountPatterns(proto), kPatternsPerRuleMax));
  RuleConfig rule;
  rule.priority = proto.priority();
  rule.host_patterns.assign(proto.host_patterns().begin(), proto.host_patterns().end());
  rule.path_patterns.assign(proto.path_patterns().begin(), proto.path_patterns().end());
  for (const v1::HeaderCondition& header : proto.headers()) {
    if (header.name().empty()) return Invalid("a condition on a header field does not name the field");
    rule.headers.push_back({header.name(), {header.patterns().begin(), header.patterns().end()}});
  }
  rule.methods.assign(proto.methods().begin(), proto.methods().end());
  for (const v1::QueryCondition& query : proto.queries()) {
    QueryCondition& added = rule.queries.emplace_back();
    for (const auto& pattern : query.patterns()) added.push_back({pattern.key(), pattern.value()});
  }
  for (const std::string& block : proto.source_cidrs()) {
    NUBO_ASSIGN_OR_RETURN(const net::Prefix source, net::Prefix::Parse(block));
    rule.sources.push_back(source);
  }
  NUBO_RETURN_IF_ERROR(CheckPatterns(rule));
  NUBO_ASSIGN_OR_RETURN(rule.action, ToAction(proto.action()));
  return rule;
}

absl::StatusOr<ListenerConfig> ToListener(const v1::Listener& proto) {
  ListenerConfig listener;
  listener.id = proto.id();
  NUBO_RETURN_IF_ERROR(CheckCount("addresses", proto.addresses_size(), kAddressesPerListenerMax));
  NUBO_RETURN_IF_ERROR(CheckCount("rules", proto.rules_size(), kRulesPerListenerMax));
  NUBO_ASSIGN_OR_RETURN(listener.public_port, Bounded("the public port", proto.public_port(), 0, kPortMax));
  if (proto.addresses().empty()) return Invalid("there is no address to listen on");
  for (const v1::Address& address : proto.addresses()) {
    NUBO_ASSIGN_OR_RETURN(const net::SocketAddress at, ToAddress(address, /*port_min=*/0));
    listener.addresses.push_back(at);
  }
  NUBO_ASSIGN_OR_RETURN(listener.default_action, ToAction(proto.default_action()));
  std::set<int> priorities;
  for (const v1::Rule& rule : proto.rules()) {
    absl::StatusOr<RuleConfig> parsed = ToRule(rule);
    if (!parsed.ok()) return base::Annotate(parsed.status(), absl::StrCat("rule ", rule.priority()));
    if (!priorities.insert(parsed->priority).second) {
      return Invalid(absl::StrCat("two rules have the priority ", parsed->priority, "; priorities must be unique"));
    }
    listener.rules.push_back(*std::move(parsed));
  }
  std::sort(listener.rules.begin(), listener.rules.end(),
            [](const RuleConfig& a, const RuleConfig& b) { return a.priority < b.priority; });
  return listener;
}

absl::StatusOr<HealthCheckConfig> ToHealthCheck(const v1::HealthCheck& proto, ProtocolVersion version) {
  HealthCheckConfig check;
  if (!proto.protocol().empty() && proto.protocol() != "HTTP" && proto.protocol() != "GRPC") {
    return Invalid(absl::StrCat("the protocol is \"", proto.protocol(), "\"; it must be HTTP or GRPC"));
  }
  check.grpc = proto.protocol().empty() ? version == ProtocolVersion::kGrpc : proto.protocol() == "GRPC";
  // AWS's own default for gRPC is a method nobody has, with the matcher 12 that goes with it.
  check.path = !proto.path().empty() ? proto.path() : check.grpc ? "/AWS.ALB/healthcheck" : "/";
  if (check.path[0] != '/' || check.path.size() > 1024 || !IsFieldText(check.path) ||
      absl::StrContains(check.path, ' ')) {
    return Invalid("the path must begin with \"/\" and have at most 1024 characters, none of them blank");
  }
  NUBO_ASSIGN_OR_RETURN(const int port, Bounded("the port", proto.port(), 0, kPortMax));
  check.port = static_cast<uint16_t>(port);
  lb::HealthCheckSettings& settings = check.settings;
  NUBO_ASSIGN_OR_RETURN(settings.interval, Milliseconds("the interval", proto.interval_ms(), settings.interval));
  NUBO_ASSIGN_OR_RETURN(settings.timeout,
                        Milliseconds("the timeout", proto.timeout_ms(), std::min(settings.timeout, settings.interval)));
  if (proto.healthy_threshold() != 0) settings.healthy_threshold = proto.healthy_threshold();
  if (proto.unhealthy_threshold() != 0) settings.unhealthy_threshold = proto.unhealthy_threshold();
  const std::string matcher = !proto.matcher().empty() ? proto.matcher() : check.grpc ? "12" : "200";
  NUBO_ASSIGN_OR_RETURN(settings.matcher,
                        lb::CodeMatcher::Parse(matcher, check.grpc ? lb::CodeMatcher::kGrpc : lb::CodeMatcher::kHttp));
  NUBO_RETURN_IF_ERROR(lb::CheckSettings(settings));
  return check;
}

absl::StatusOr<ProtocolVersion> ToProtocolVersion(v1::ProtocolVersion version) {
  switch (version) {
    case v1::HTTP1:
      return ProtocolVersion::kHttp1;
    case v1::HTTP2:
      return ProtocolVersion::kHttp2;
    case v1::GRPC:
      return ProtocolVersion::kGrpc;
    default:
      return Invalid(absl::StrCat("the protocol version ", static_cast<int>(version), " is unknown"));
  }
}

absl::StatusOr<lb::Stickiness> ToStickiness(const v1::Stickiness& proto) {
  lb::Stickiness stickiness;
  if (proto.type() == "app_cookie") {
    stickiness.type = lb::StickinessType::kAppCookie;
  } else if (proto.type() == "lb_cookie") {
    stickiness.type = lb::StickinessType::kLbCookie;
  } else if (!proto.type().empty()) {
    return Invalid(absl::StrCat("the stickiness is \"", proto.type(), "\"; it must be lb_cookie or app_cookie"));
  }
  if (proto.duration_ms() != 0) stickiness.duration = absl::Milliseconds(proto.duration_ms());
  stickiness.app_cookie_name = proto.app_cookie_name();
  NUBO_RETURN_IF_ERROR(lb::CheckStickiness(stickiness));
  return stickiness;
}

absl::StatusOr<HeaderConfig> ToHeaders(const v1::HeaderOptions& proto) {
  HeaderConfig headers;
  headers.drop_invalid = proto.drop_invalid();
  headers.client_port = proto.xff_client_port();
  if (proto.xff_mode() == "preserve") {
    headers.forwarded_for = ForwardedForMode::kPreserve;
  } else if (proto.xff_mode() == "remove") {
    headers.forwarded_for = ForwardedForMode::kRemove;
  } else if (!proto.xff_mode().empty() && proto.xff_mode() != "append") {
    return Invalid(absl::StrCat("the mode of X-Forwarded-For is \"", proto.xff_mode(),
                                "\"; it must be append, preserve or remove"));
  }
  return headers;
}

absl::StatusOr<TargetGroupConfig> ToTargetGroup(const v1::TargetGroup& proto) {
  TargetGroupConfig group;
  group.id = proto.id();
  group.name = proto.name();
  group.policy = proto.policy().empty() ? std::string(lb::kRoundRobin) : proto.policy();
  NUBO_ASSIGN_OR_RETURN(group.protocol_version, ToProtocolVersion(proto.protocol_version()));
  absl::StatusOr<HealthCheckConfig> check = ToHealthCheck(proto.health_check(), group.protocol_version);
  if (!check.ok()) return base::Annotate(check.status(), "health check");
  group.health_check = *std::move(check);
  if (proto.has_deregistration_delay_ms()) {
    if (proto.deregistration_delay_ms() < 0) return Invalid("the deregistration delay is negative");
    group.deregistration_delay = absl::Milliseconds(proto.deregistration_delay_ms());
  }
  group.slow_start.window = absl::Milliseconds(proto.slow_start_ms());
  NUBO_RETURN_IF_ERROR(lb::CheckSlowStart(group.slow_start));
  group.outlier_detection = proto.outlier_detection();
  if (proto.healthy_count_min() != 0) group.healthy_min.count = proto.healthy_count_min();
  group.healthy_min.percentage = proto.healthy_percentage_min();
  NUBO_ASSIGN_OR_RETURN(group.stickiness, ToStickiness(proto.stickiness()));
  if (group.stickiness.type != lb::StickinessType::kNone) {
    NUBO_ASSIGN_OR_RETURN(group.stickiness_key, ToKey(proto.stickiness().key()));
  }
  for (const v1::Target& target : proto.targets()) {
    absl::StatusOr<net::SocketAddress> address = ToAddress(target.address(), /*port_min=*/1);
    if (!address.ok()) return base::Annotate(address.status(), absl::StrCat("target \"", target.id(), "\""));
    group.targets.push_back(
        {.id = target.id(), .address = *address, .zone = target.availability_zone(), .draining = target.draining()});
  }
  return group;
}

absl::StatusOr<LimitsConfig> ToLimits(const v1::Limits& proto) {
  LimitsConfig limits;
  constexpr int kMax = 1 << 20;
  NUBO_ASSIGN_OR_RETURN(limits.idle_timeout,
                        Milliseconds("the idle timeout", proto.idle_timeout_ms(), limits.idle_timeout));
  NUBO_ASSIGN_OR_RETURN(limits.client_idle_timeout,
                        Milliseconds("the clients' idle timeout", proto.client_idle_timeout_ms(), limits.idle_timeout));
  NUBO_ASSIGN_OR_RETURN(limits.connect_timeout,
                        Milliseconds("the connect timeout", proto.connect_timeout_ms(), limits.connect_timeout));
  NUBO_ASSIGN_OR_RETURN(limits.connections_max,
                        Bounded("the bound on connections", proto.connections_max(), limits.connections_max, kMax));
  NUBO_ASSIGN_OR_RETURN(
      limits.pending_requests_max,
      Bounded("the bound on pending requests", proto.pending_requests_max(), limits.pending_requests_max, kMax));
  NUBO_ASSIGN_OR_RETURN(limits.connections_per_target_max,
                        Bounded("the bound on connections to a target", proto.connections_per_target_max(),
                                limits.connections_per_target_max, kMax));
  return limits;
}

absl::Status CheckForward(const Action& action, const std::set<std::string>& groups) {
  const auto* forward = std::get_if<ForwardAction>(&action);
  if (forward == nullptr) return absl::OkStatus();
  for (const ForwardAction::Part& part : forward->parts) {
    if (groups.contains(part.target_group_id)) continue;
    return Invalid(absl::StrCat("a forward action names the target group \"", part.target_group_id,
                                "\", which the configuration does not have"));
  }
  return absl::OkStatus();
}

absl::Status CheckForwards(const ListenerConfig& listener, const std::set<std::string>& groups) {
  NUBO_RETURN_IF_ERROR(CheckForward(listener.default_action, groups));
  for (const RuleConfig& rule : listener.rules) NUBO_RETURN_IF_ERROR(CheckForward(rule.action, groups));
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckAction(const v1::Action& proto) { return ToAction(proto).status(); }

absl::Status CheckRule(const v1::Rule& proto) { return ToRule(proto).status(); }

absl::Status CheckTargetGroup(const v1::TargetGroup& proto) { return ToTargetGroup(proto).status(); }

absl::StatusOr<Configuration> FromProto(const v1::Configuration& proto) {
  NUBO_RETURN_IF_ERROR(CheckCount("listeners", proto.listeners_size(), lb::kListenersMax));
  NUBO_RETURN_IF_ERROR(CheckCount("target groups", proto.target_groups_size(), kTargetGroupsMax));
  Configuration config;
  config.revision = proto.revision();
  config.load_balancer_id = proto.load_balancer_id();
  config.access_log = proto.access_log();
  NUBO_ASSIGN_OR_RETURN(config.headers, ToHeaders(proto.headers()));
  NUBO_ASSIGN_OR_RETURN(config.limits, ToLimits(proto.limits()));
  std::set<std::string> groups;
  for (const v1::TargetGroup& group : proto.target_groups()) {
    const std::string place = absl::StrCat("target group \"", group.id(), "\"");
    if (group.id().empty() || !groups.insert(group.id()).second)
      return Invalid(place + ": ids must be given and unique");
    absl::StatusOr<TargetGroupConfig> parsed = ToTargetGroup(group);
    if (!parsed.ok()) return base::Annotate(parsed.status(), place);
    config.target_groups.push_back(*std::move(parsed));
  }
  std::set<std::string> listeners;
  for (const v1::Listener& listener : proto.listeners()) {
    const std::string place = absl::StrCat("listener \"", listener.id(), "\"");
    if (listener.id().empty() || !listeners.insert(listener.id()).second) {
      return Invalid(place + ": ids must be given and unique");
    }
    absl::StatusOr<ListenerConfig> parsed = ToListener(listener);
    if (!parsed.ok()) return base::Annotate(parsed.status(), place);
    if (absl::Status status = CheckForwards(*parsed, groups); !status.ok()) return base::Annotate(status, place);
    config.listeners.push_back(*std::move(parsed));
  }
  return config;
}

}  // namespace nubo::proxy
