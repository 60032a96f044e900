// Listeners and their rules.
#include <cstdint>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "nubo/base/status.h"
#include "nubo/region/balancing/balancer_service.h"
#include "nubo/region/balancing/listener_types.h"
#include "nubo/region/balancing/proxy_config.h"
#include "nubo/region/network/addresses.h"

namespace nubo::region {
namespace {

using stack::Progress;
using stack::Value;

constexpr int kIdDigits = 16;
constexpr int kKeyDigits = 32;

Value Text(absl::string_view text) { return Value::String(text); }

int Number(const Value& value, int fallback) { return static_cast<int>(value.AsInteger().value_or(fallback)); }

// `former`: the one whose place it takes, whose cookies stay good.
absl::StatusOr<v1::Action> MakeAction(const Context& context, const Value& actions, const v1::Action& former) {
  v1::Action action;
  const Value& given = actions.items()[0];
  action.set_type(given.Get("Type").text());
  if (!given.Get("TargetGroupArn").is_null()) {
    action.add_groups()->set_target_group_arn(given.Get("TargetGroupArn").text());
  }
  for (const Value& group : given.Get("ForwardConfig").Get("TargetGroups").items()) {
    v1::Action::WeightedGroup* added = action.add_groups();
    added->set_target_group_arn(group.Get("TargetGroupArn").text());
    added->set_weight(Number(group.Get("Weight"), 1));
  }
  for (const v1::Action::WeightedGroup& group : action.groups()) {
    if (context.model.target_groups.Find(group.target_group_arn()) != nullptr) continue;
    return base::WithErrorCode(absl::NotFoundError(absl::StrCat("there is no target group ", group.target_group_arn())),
                               "TargetGroupNotFound");
  }
  const Value& sticky = given.Get("ForwardConfig").Get("TargetGroupStickinessConfig");
  const std::optional<int64_t> duration = sticky.Get("DurationSeconds").AsInteger();
  if (sticky.Get("Enabled").AsBool().value_or(false)) {
    if (!duration.has_value()) {
      return base::WithErrorCode(
          absl::InvalidArgumentError("TargetGroupStickinessConfig with Enabled: true needs DurationSeconds"),
          "ValidationError");
    }
    action.set_stickiness_duration_s(static_cast<int>(*duration));
    const bool keeps = !former.stickiness_key().empty();
    action.set_stickiness_key(keeps ? former.stickiness_key() : context.ids.NewHex(kKeyDigits));
  }
  const Value& fixed = given.Get("FixedResponseConfig");
  const Value& redirect = given.Get("RedirectConfig");
  action.set_status_code(fixed.is_null() ? redirect.Get("StatusCode").text() : fixed.Get("StatusCode").text());
  action.set_content_type(fixed.Get("ContentType").text());
  action.set_message_body(fixed.Get("MessageBody").text());
  action.set_redirect_protocol(redirect.Get("Protocol").text());
  action.set_redirect_host(redirect.Get("Host").text());
  action.set_redirect_port(redirect.Get("Port").text());
  action.set_redirect_path(redirect.Get("Path").text());
  action.set_redirect_query(redirect.Get("Query").text());
  return action;
}

// What of a listener may change while its load balancer serves.
absl::Status FillListener(const Context& context, const Value& properties, v1::ListenerState& record) {
  record.set_protocol(properties.Get("Protocol").text());
  record.set_port(Number(properties.Get("Port"), 0));
  record.set_local_port(LocalPort(context, record.port()));
  if (record.port() == 0) return absl::InvalidArgumentError("a listener needs Port");
  const v1::LoadBalancerState* balancer = context.model.load_balancers.Find(record.load_balancer_arn());
  if (balancer == nullptr) {
    return base::WithErrorCode(
        absl::NotFoundError(absl::StrCat("there is no load balancer ", record.load_balancer_arn())),
        "LoadBalancerNotFound");
  }
  for (const auto& [arn, other] : context.model.listeners) {
    if (other.load_balancer_arn() != record.load_balancer_arn() || other.local_port() != record.local_port()) continue;
    if (arn == record.arn()) continue;
    return base::WithErrorCode(
        absl::AlreadyExistsError(
            absl::StrCat("load balancer ", balancer->name(), " has a listener on port ", record.port(), " already")),
        "DuplicateListener");
  }
  NUBO_ASSIGN_OR_RETURN(*record.mutable_default_action(),
                        MakeAction(context, properties.Get("DefaultActions"), record.default_action()));
  return base::WithErrorCode(WhyClosed(record.default_action()), "InvalidLoadBalancerAction");
}

absl::StatusOr<std::string> CreateListener(Context& context, const v1::Owner& owner, const Value& properties) {
  v1::ListenerState record;
  *record.mutable_owner() = owner;
  record.set_load_balancer_arn(properties.Get("LoadBalancerArn").text());
  NUBO_RETURN_IF_ERROR(FillListener(context, properties, record));
  const std::string arn =
      absl::StrCat(absl::StrReplaceAll(record.load_balancer_arn(), {{":loadbalancer/", ":listener/"}}), "/",
                   context.ids.NewHex(kIdDigits));
  record.set_arn(arn);
  AwaitApplied(context, record.load_balancer_arn());
  context.model.listeners.Put(arn, std::move(record));
  return arn;
}

absl::Status UpdateListener(Context& context, const std::string& arn, const Value& properties) {
  const v1::ListenerState* former = context.model.listeners.Find(arn);
  if (former == nullptr) return absl::NotFoundError(absl::StrCat("there is no listener ", arn));
  v1::ListenerState record = *former;
  NUBO_RETURN_IF_ERROR(FillListener(context, properties, record));
  AwaitApplied(context, record.load_balancer_arn());
  context.model.listeners.Put(arn, std::move(record));
  return absl::OkStatus();
}

void AddListener(ResourceTypes& types) {
  ResourceType& type = types.Add("AWS::ElasticLoadBalancingV2::Listener");
  type.create = [](Context& context, const stack::ResourceContext& resource, const Value& properties) {
    return CreateListener(context, OwnerOf(resource), properties);
  };
  type.update = [](Context& context, const stack::ResourceContext&, const std::string& arn, const Value& properties) {
    return UpdateListener(context, arn, properties);
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
    context.model.listeners.Erase(arn);
    return absl::OkStatus();
  };
  type.disown = [](Model& model, const std::string& arn) { Disown(model.listeners, arn); };
}

// Which of the six kinds a condition is; its values stand in the object that is named after it, or, of a host or a
// path, beside Field.
void FillConditions(const Value& conditions, v1::ListenerRuleState& record) {
  record.clear_hosts();
  record.clear_paths();
  record.clear_headers();
  record.clear_methods();
  record.clear_queries();
  record.clear_source_cidrs();
  for (const Value& condition : conditions.items()) {
    const std::string& field = condition.Get("Field").text();
    const auto is = [&](const char* name, const char* config) { return field == name || condition.Has(config); };
    const std::vector<std::string> plain = condition.Get("Values").ItemTexts();
    const auto values = [&](const char* config) {
      return condition.Has(config) ? condition.Get(config).Get("Values").ItemTexts() : plain;
    };
    if (is("host-header", "HostHeaderConfig")) {
      for (const std::string& value : values("HostHeaderConfig")) record.add_hosts(value);
    } else if (is("path-pattern", "PathPatternConfig")) {
      for (const std::string& value : values("PathPatternConfig")) record.add_paths(value);
    } else if (is("http-request-method", "HttpRequestMethodConfig")) {
      for (const std::string& value : values("HttpRequestMethodConfig")) record.add_methods(value);
    } else if (is("source-ip", "SourceIpConfig")) {
      for (const std::string& value : values("SourceIpConfig")) record.add_source_cidrs(value);
    } else if (is("http-header", "HttpHeaderConfig")) {
      v1::ListenerRuleState::Header* header = record.add_headers();
      header->set_name(condition.Get("HttpHeaderConfig").Get("HttpHeaderName").text());
      for (const std::string& value : values("HttpHeaderConfig")) header->add_patterns(value);
    } else {
      v1::ListenerRuleState::Query* query = record.add_queries();
      for (const Value& pair : condition.Get("QueryStringConfig").Get("Values").items()) {
        v1::ListenerRuleState::QueryPattern* pattern = query->add_patterns();
        pattern->set_key(pair.Get("Key").text());
        pattern->set_value(pair.Get("Value").text());
      }
    }
  }
}

// What of a rule may change while its load balancer serves.
absl::Status FillRule(const Context& context, const Value& properties, v1::ListenerRuleState& record) {
  record.set_priority(Number(properties.Get("Priority"), 0));
  if (context.model.listeners.Find(record.listener_arn()) == nullptr) {
    return base::WithErrorCode(absl::NotFoundError(absl::StrCat("there is no listener ", record.listener_arn())),
                               "ListenerNotFound");
  }
  for (const auto& [arn, other] : context.model.rules) {
    if (arn != record.arn() && other.listener_arn() == record.listener_arn() && other.priority() == record.priority()) {
      return base::WithErrorCode(
          absl::AlreadyExistsError(absl::StrCat("priority ", record.priority(), " is taken by ", arn)),
          "PriorityInUse");
    }
  }
  FillConditions(properties.Get("Conditions"), record);
  NUBO_ASSIGN_OR_RETURN(*record.mutable_action(), MakeAction(context, properties.Get("Actions"), record.action()));
  return base::WithErrorCode(WhyClosed(record), "InvalidLoadBalancerAction");
}

// What answered before a rule was there has not acknowledged it.
void AwaitRule(Context& context, const v1::ListenerRuleState& rule) {
  if (const v1::ListenerState* listener = context.model.listeners.Find(rule.listener_arn())) {
    AwaitApplied(context, listener->load_balancer_arn());
  }
}

absl::StatusOr<std::string> CreateRule(Context& context, const v1::Owner& owner, const Value& properties) {
  v1::ListenerRuleState record;
  *record.mutable_owner() = owner;
  record.set_listener_arn(properties.Get("ListenerArn").text());
  NUBO_RETURN_IF_ERROR(FillRule(context, properties, record));
  const std::string arn = absl::StrCat(absl::StrReplaceAll(record.listener_arn(), {{":listener/", ":listener-rule/"}}),
                                       "/", context.ids.NewHex(kIdDigits));
  record.set_arn(arn);
  AwaitRule(context, record);
  context.model.rules.Put(arn, std::move(record));
  return arn;
}

absl::Status UpdateRule(Context& context, const std::string& arn, const Value& properties) {
  const v1::ListenerRuleState* former = context.model.rules.Find(arn);
  if (former == nullptr) return absl::NotFoundError(absl::StrCat("there is no rule ", arn));
  v1::ListenerRuleState record = *former;
  NUBO_RETURN_IF_ERROR(FillRule(context, properties, record));
  AwaitRule(context, record);
  context.model.rules.Put(arn, std::move(record));
  return absl::OkStatus();
}

void AddRule(ResourceTypes& types) {
  ResourceType& type = types.Add("AWS::ElasticLoadBalancingV2::ListenerRule");
  type.create = [](Context& context, const stack::ResourceContext& resource, const Value& properties) {
    return CreateRule(context, OwnerOf(resource), properties);
  };
  type.update = [](Context& context, const stack::ResourceContext&, const std::string& arn, const Value& properties) {
    return UpdateRule(context, arn, properties);
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
    context.model.rules.Erase(arn);
    return absl::OkStatus();
  };
  type.disown = [](Model& model, const std::string& arn) { Disown(model.rules, arn); };
}

}  // namespace

void AddListenerTypes(ResourceTypes& types) {
  AddListener(types);
  AddRule(types);
}

}  // namespace nubo::region
