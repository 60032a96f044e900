// Listeners and their rules as templates have them. What they may be operations say.
#include <string>
#include <vector>

#include "nubo/base/status.h"
#include "nubo/region/balancing/balancer_service.h"
#include "nubo/region/balancing/listener_operations.h"
#include "nubo/region/balancing/listener_types.h"

namespace nubo::region {
namespace {

using stack::Progress;
using stack::Value;

Value Text(absl::string_view text) { return Value::String(text); }

int Number(const Value& value, int fallback) { return static_cast<int>(value.AsInteger().value_or(fallback)); }

ForwardConfig ForwardFrom(const Value& given) {
  ForwardConfig forward;
  for (const Value& group : given.Get("TargetGroups").items()) {
    forward.target_groups.push_back({group.Get("TargetGroupArn").text(), Number(group.Get("Weight"), 1)});
  }
  const Value& sticky = given.Get("TargetGroupStickinessConfig");
  forward.stickiness_enabled = sticky.Get("Enabled").AsBool().value_or(false);
  const Value& duration = sticky.Get("DurationSeconds");
  if (!duration.is_null()) forward.stickiness_duration_seconds = Number(duration, 0);
  return forward;
}

RedirectConfig RedirectFrom(const Value& given) {
  return {.protocol = given.Get("Protocol").text(),
          .host = given.Get("Host").text(),
          .port = given.Get("Port").text(),
          .path = given.Get("Path").text(),
          .query = given.Get("Query").text(),
          .status_code = given.Get("StatusCode").text()};
}

FixedResponseConfig FixedResponseFrom(const Value& given) {
  return {.status_code = given.Get("StatusCode").text(),
          .content_type = given.Get("ContentType").text(),
          .message_body = given.Get("MessageBody").text()};
}

std::vector<Action> ActionsFrom(const Value& list) {
  std::vector<Action> actions;
  for (const Value& given : list.items()) {
    Action& action = actions.emplace_back();
    action.type = given.Get("Type").text();
    action.target_group_arn = given.Get("TargetGroupArn").text();
    if (given.Has("ForwardConfig")) action.forward_config = ForwardFrom(given.Get("ForwardConfig"));
    if (given.Has("RedirectConfig")) action.redirect_config = RedirectFrom(given.Get("RedirectConfig"));
    if (given.Has("FixedResponseConfig")) {
      action.fixed_response_config = FixedResponseFrom(given.Get("FixedResponseConfig"));
    }
  }
  return actions;
}

// Which of the six kinds a condition is: it says so, or has the object that is called after it.
struct ConditionKind {
  const char* field;
  const char* config;
};
constexpr ConditionKind kConditionKinds[] = {
    {"host-header", "HostHeaderConfig"},   {"http-header", "HttpHeaderConfig"},
    {"path-pattern", "PathPatternConfig"}, {"http-request-method", "HttpRequestMethodConfig"},
    {"query-string", "QueryStringConfig"}, {"source-ip", "SourceIpConfig"},
};

// Its values stand in that object, or, of a host or a path, beside Field.
std::vector<RuleCondition> ConditionsFrom(const Value& list) {
  std::vector<RuleCondition> conditions;
  for (const Value& given : list.items()) {
    RuleCondition& condition = conditions.emplace_back();
    condition.field = given.Get("Field").text();
    condition.values = given.Get("Values").ItemTexts();
    for (const ConditionKind& kind : kConditionKinds) {
      if (!given.Has(kind.config)) continue;
      const Value& config = given.Get(kind.config);
      condition.field = kind.field;
      condition.http_header_name = config.Get("HttpHeaderName").text();
      condition.values = config.Get("Values").ItemTexts();
      for (const Value& pair : config.Get("Values").items()) {
        if (pair.is_object()) condition.query_strings.push_back({pair.Get("Key").text(), pair.Get("Value").text()});
      }
    }
  }
  return conditions;
}

void AddListener(ResourceTypes& types) {
  ResourceType& type = types.Add("AWS::ElasticLoadBalancingV2::Listener");
  type.create = [](Context& context, const stack::ResourceContext& resource, const Value& properties) {
    return CreateListener(context, OwnerOf(resource),
                          {.load_balancer_arn = properties.Get("LoadBalancerArn").text(),
                           .protocol = properties.Get("Protocol").text(),
                           .port = Number(properties.Get("Port"), 0),
                           .default_actions = ActionsFrom(properties.Get("DefaultActions"))});
  };
  type.update = [](Context& context, const stack::ResourceContext&, const std::string& arn, const Value& properties) {
    return ModifyListener(context, {.listener_arn = arn,
                                    .protocol = properties.Get("Protocol").text(),
                                    .port = Number(properties.Get("Port"), 0),
                                    .default_actions = ActionsFrom(properties.Get("DefaultActions"))});
  };
  // Complete once the load balancer has bound it, failed if it could not.
  type.poll = [](Context& context, const std::string& arn) -> absl::StatusOr<Progress> {
    const v1::ListenerState* record = context.model.listeners.Find(arn);
    if (record == nullptr) return Progress::Failed("the listener is gone");
    const auto status = context.proxy_status.find(BalancerServiceId(record->load_balancer_arn()));
    NUBO_ASSIGN_OR_RETURN(const bool applied, HasApplied(context, record->load_balancer_arn()));
    if (!applied || status == context.proxy_status.end()) return Progress::InProgress();
    for (const proxy::v1::ListenerStatus& listener : status->second.listeners()) {
      if (listener.id() != arn) continue;
      if (!listener.error().empty()) return Progress::Failed(listener.error());
      return Progress::Complete({{"ListenerArn", Text(arn)}});
    }
    return Progress::InProgress();
  };
  type.remove = [](Context& context, const stack::ResourceContext&, const std::string& arn) {
    return DeleteListener(context, arn);
  };
  type.disown = [](Model& model, const std::string& arn) { Disown(model.listeners, arn); };
}

void AddRule(ResourceTypes& types) {
  ResourceType& type = types.Add("AWS::ElasticLoadBalancingV2::ListenerRule");
  type.create = [](Context& context, const stack::ResourceContext& resource, const Value& properties) {
    return CreateRule(context, OwnerOf(resource),
                      {.listener_arn = properties.Get("ListenerArn").text(),
                       .priority = Number(properties.Get("Priority"), 0),
                       .conditions = ConditionsFrom(properties.Get("Conditions")),
                       .actions = ActionsFrom(properties.Get("Actions"))});
  };
  type.update = [](Context& context, const stack::ResourceContext&, const std::string& arn, const Value& properties) {
    return ModifyRule(context, {.rule_arn = arn,
                                .priority = Number(properties.Get("Priority"), 0),
                                .conditions = ConditionsFrom(properties.Get("Conditions")),
                                .actions = ActionsFrom(properties.Get("Actions"))});
  };
  type.poll = [](Context& context, const std::string& arn) -> absl::StatusOr<Progress> {
    const v1::ListenerRuleState* record = context.model.rules.Find(arn);
    const v1::ListenerState* listener =
        record == nullptr ? nullptr : context.model.listeners.Find(record->listener_arn());
    if (listener == nullptr) return Progress::Failed("the rule, or its listener, is gone");
    NUBO_ASSIGN_OR_RETURN(const bool applied, HasApplied(context, listener->load_balancer_arn()));
    if (!applied) return Progress::InProgress();
    return Progress::Complete({{"RuleArn", Text(arn)}, {"IsDefault", Text("false")}});
  };
  type.remove = [](Context& context, const stack::ResourceContext&, const std::string& arn) {
    return DeleteRule(context, arn);
  };
  type.disown = [](Model& model, const std::string& arn) { Disown(model.rules, arn); };
}

}  // namespace

void AddListenerTypes(ResourceTypes& types) {
  AddListener(types);
  AddRule(types);
}

}  // namespace nubo::region
