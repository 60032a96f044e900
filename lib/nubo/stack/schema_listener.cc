// Checks of listeners and their rules: AWS's "Listener rules for your Application Load Balancer", and the API
// reference's Action and RuleCondition.
#include "nubo/stack/schema_checks.h"

#include <map>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "nubo/lb/listener_rules.h"
#include "nubo/lb/quotas.h"

#include "nubo/stack/schema_literals.h"

namespace nubo::stack::tables {
namespace {

// --- actions ---

// Two that are the same function are the same group.
void CheckGroupsDiffer(const Value& groups, Problems& problems) {
  std::set<std::string> known;
  for (const Value& group : groups.items()) {
    const Value& arn = group.Get("TargetGroupArn");
    if (arn.is_null() || known.insert(ToJson(arn)).second) continue;
    Add(problems, arn, "an action of Type forward names each target group once (ValidationError)");
  }
}

void CheckForward(const Value& action, Problems& problems) {
  const Value& groups = action.Get("ForwardConfig").Get("TargetGroups");
  if (!action.Has("TargetGroupArn") && !action.Has("ForwardConfig")) {
    return Add(problems, action, "an action of Type forward needs exactly one of TargetGroupArn, ForwardConfig");
  }
  if (groups.is_list() && groups.items().empty()) {
    Add(problems, groups, "an action of Type forward names at least one target group");
  }
  const Value& sticky = action.Get("ForwardConfig").Get("TargetGroupStickinessConfig");
  if (sticky.Get("Enabled").AsBool().value_or(false) && !sticky.Has("DurationSeconds")) {
    Add(problems, sticky, "TargetGroupStickinessConfig with Enabled: true needs DurationSeconds");
  }
  if (groups.items().size() > lb::kGroupsPerForwardMax) {
    Add(problems, groups,
        absl::StrCat("an action forwards to at most ", lb::kGroupsPerForwardMax, " target groups, not ",
                     groups.items().size()));
  } else {
    CheckGroupsDiffer(groups, problems);
  }
  if (!action.Has("TargetGroupArn") || groups.items().empty()) return;
  const Value& only = groups.items()[0].Get("TargetGroupArn");
  if (groups.items().size() > 1 || only != action.Get("TargetGroupArn")) {
    Add(problems, action.Get("TargetGroupArn"),
        "an action of Type forward that has TargetGroupArn and ForwardConfig names the same one target group in both");
  }
}

void CheckFixedResponse(const Value& fixed, Problems& problems) {
  const auto status = LiteralText(fixed, "StatusCode", "");
  if (status.has_value() && fixed.Has("StatusCode")) {
    AddStatus(problems, fixed.Get("StatusCode"), "", lb::CheckFixedStatus(*status));
  }
  const Value& body = fixed.Get("MessageBody");
  AddStatus(problems, body, "", lb::CheckFixedBody(body.text()));
}

void CheckAction(const Value& action, const Value& listener, Problems& problems) {
  if (IsFunction(action)) return;
  const auto type = LiteralText(action, "Type", "");
  if (type == "forward") CheckForward(action, problems);
  if (type == "redirect" && !action.Has("RedirectConfig")) {
    Add(problems, action, "an action of Type redirect needs RedirectConfig");
  } else if (type == "redirect" && !IsFunction(action.Get("RedirectConfig"))) {
    CheckRedirect(action.Get("RedirectConfig"), listener, problems);
  }
  if (type == "fixed-response" && !action.Has("FixedResponseConfig")) {
    Add(problems, action, "an action of Type fixed-response needs FixedResponseConfig");
  } else if (type == "fixed-response") {
    CheckFixedResponse(action.Get("FixedResponseConfig"), problems);
  }
}

void CheckActions(const Value& actions, const Value& listener, Problems& problems) {
  if (!actions.is_list()) return;
  if (actions.items().empty()) Add(problems, actions, "a list of actions must not be empty");
  if (actions.items().size() > 1) {
    Add(problems, actions.items()[1],
        absl::StrCat("a list of actions has exactly one forward, redirect or fixed-response, not ",
                     actions.items().size()));
  }
  for (const Value& action : actions.items()) CheckAction(action, listener, problems);
}

// --- conditions ---

struct ConditionKind {
  const char* field;
  // The object that has its values, and what it may be given beside Field.
  const char* config;
  // May have its values beside Field as well.
  bool plain_values;
};
constexpr ConditionKind kKinds[] = {
    {"host-header", "HostHeaderConfig", true},
    {"http-header", "HttpHeaderConfig", false},
    {"http-request-method", "HttpRequestMethodConfig", false},
    {"path-pattern", "PathPatternConfig", true},
    {"query-string", "QueryStringConfig", false},
    {"source-ip", "SourceIpConfig", false},
};

void CheckValues(const ConditionKind& kind, const Value& values, size_t& count, Problems& problems) {
  if (!values.is_list()) return;
  AddStatus(problems, values, "", lb::CheckHasValue(kind.field, values.items().size()));
  count += values.items().size();
  for (const Value& value : values.items()) {
    // A query string's are objects.
    const Value& text = value.is_object() ? value.Get("Value") : value;
    if (text.is_scalar()) AddStatus(problems, text, "", lb::CheckConditionValue(kind.field, text.text()));
  }
}

void CheckHeaderName(const Value& config, Problems& problems) {
  const Value& name = config.Get("HttpHeaderName");
  if (name.is_null()) return Add(problems, config, "HttpHeaderConfig needs the property \"HttpHeaderName\"");
  if (name.is_scalar()) AddStatus(problems, name, "", lb::CheckConditionHeader(name.text()));
}

// The kind of a condition, by its Field or by the object it has; nullptr if that is not literal, or wrong.
const ConditionKind* KindOf(const Value& condition, Problems& problems) {
  const ConditionKind* kind = nullptr;
  const Value& field = condition.Get("Field");
  if (IsFunction(field)) return nullptr;
  for (const ConditionKind& candidate : kKinds) {
    if (field.text() == candidate.field) kind = &candidate;
  }
  for (const ConditionKind& candidate : kKinds) {
    if (!condition.Has(candidate.config)) continue;
    if (kind != nullptr && kind != &candidate) {
      Add(problems, condition.Get(candidate.config),
          absl::StrCat("a condition on ", kind->field, " takes ", kind->config, ", not ", candidate.config));
      return nullptr;
    }
    kind = &candidate;
  }
  if (kind == nullptr) Add(problems, condition, "a condition needs Field, or one of the …Config properties");
  return kind;
}

const ConditionKind* CheckCondition(const Value& condition, size_t& values, Problems& problems) {
  if (IsFunction(condition)) return nullptr;
  const ConditionKind* kind = KindOf(condition, problems);
  if (kind == nullptr) return nullptr;
  const Value& config = condition.Get(kind->config);
  if (IsFunction(config)) return kind;
  if (config.is_null() && !kind->plain_values) {
    Add(problems, condition, absl::StrCat("a condition on ", kind->field, " needs ", kind->config));
    return kind;
  }
  if (condition.Has("Values") && (!config.is_null() || !kind->plain_values)) {
    Add(problems, condition.Get("Values"),
        absl::StrCat("a condition on ", kind->field, " has its values in ", kind->config, ", not in Values as well"));
    return kind;
  }
  const Value& object = config.is_null() ? condition : config;
  if (!object.Has("Values")) AddStatus(problems, object, "", lb::CheckHasValue(kind->field, 0));
  if (kind->field == absl::string_view("http-header")) CheckHeaderName(config, problems);
  CheckValues(*kind, object.Get("Values"), values, problems);
  return kind;
}

}  // namespace

void CheckListener(const Value& properties, Problems& problems) {
  for (const char* name : {"Port", "Protocol"}) {
    if (!properties.Has(name)) {
      Add(problems, properties,
          absl::StrCat("AWS::ElasticLoadBalancingV2::Listener needs the property \"", name, "\""));
    }
  }
  CheckActions(properties.Get("DefaultActions"), properties, problems);
}

void CheckListenerRule(const Value& properties, Problems& problems) {
  const Value& conditions = properties.Get("Conditions");
  if (conditions.is_list()) {
    AddStatus(problems, conditions, "", lb::CheckConditionCount(conditions.items().size()));
  }
  size_t values = 0;
  std::map<const ConditionKind*, int> seen;
  for (const Value& condition : conditions.items()) {
    const ConditionKind* kind = CheckCondition(condition, values, problems);
    if (kind != nullptr && ++seen[kind] > 1) AddStatus(problems, condition, "", lb::CheckRepeated(kind->field));
  }
  AddStatus(problems, conditions, "", lb::CheckValueCount(values));
  CheckActions(properties.Get("Actions"), Value(), problems);
}

}  // namespace nubo::stack::tables
