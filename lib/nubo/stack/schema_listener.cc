// Checks of listeners and their rules: AWS's "Listener rules for your Application Load Balancer", and the API
// reference's Action and RuleCondition.
#include "nubo/stack/schema_checks.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nubo/lb/quotas.h"
#include "nubo/net/ip_address.h"
#include "nubo/stack/names.h"
#include "nubo/stack/schema_literals.h"

namespace nubo::stack::tables {
namespace {

constexpr size_t kConditionsMax = 5;
// Of all conditions of a rule.
constexpr size_t kValuesMax = 5;
constexpr size_t kValueSizeMax = 128;
constexpr size_t kHeaderNameMax = 40;
constexpr size_t kMethodMax = 40;

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
  const bool three = status.has_value() && status->size() == 3 &&
                     std::all_of(status->begin(), status->end(), [](char c) { return absl::ascii_isdigit(c); });
  const bool fits = three && ((*status)[0] == '2' || (*status)[0] == '4' || (*status)[0] == '5');
  if (status.has_value() && fixed.Has("StatusCode") && !fits) {
    Add(problems, fixed.Get("StatusCode"),
        absl::StrCat("FixedResponseConfig StatusCode must be 2XX, 4XX or 5XX, not \"", *status, "\""));
  }
  if (fixed.Get("MessageBody").text().size() > lb::kFixedBodySizeMax) {
    Add(problems, fixed.Get("MessageBody"),
        absl::StrCat("FixedResponseConfig MessageBody has at most ", lb::kFixedBodySizeMax, " characters, not ",
                     fixed.Get("MessageBody").text().size()));
  }
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
  // May stand in a rule more than once.
  bool repeats;
  // May have its values beside Field as well.
  bool plain_values;
};
constexpr ConditionKind kKinds[] = {
    {"host-header", "HostHeaderConfig", false, true},
    {"http-header", "HttpHeaderConfig", true, false},
    {"http-request-method", "HttpRequestMethodConfig", false, false},
    {"path-pattern", "PathPatternConfig", false, true},
    {"query-string", "QueryStringConfig", true, false},
    {"source-ip", "SourceIpConfig", false, false},
};

// What is wrong with one value of a condition, or "".
std::string WrongValue(absl::string_view field, const std::string& text) {
  if (text.empty() || text.size() > kValueSizeMax) return absl::StrCat("has 1 to ", kValueSizeMax, " characters");
  if (field == "host-header" && !HasOnly(text, "-.*?")) return "has letters, digits and - . * ? only";
  if (field == "path-pattern" && !HasOnly(text, "_-.$/~\"'@:+&*?")) {
    return "has letters, digits and _ - . $ / ~ \" ' @ : + & * ? only";
  }
  if (field == "http-request-method") {
    const bool upper = std::none_of(text.begin(), text.end(), [](char c) { return absl::ascii_islower(c); });
    if (text.size() > kMethodMax || !upper || !HasOnly(text, "-_")) {
      return absl::StrCat("has 1 to ", kMethodMax, " upper case letters, hyphens and underscores");
    }
  }
  if (field == "source-ip" && (!absl::StrContains(text, '/') || !net::Prefix::Parse(text).ok())) {
    return "is a CIDR block such as 192.0.2.0/24";
  }
  return "";
}

void CheckValues(const ConditionKind& kind, const Value& values, size_t& count, Problems& problems) {
  if (!values.is_list()) return;
  if (values.items().empty()) {
    Add(problems, values, absl::StrCat("a condition on ", kind.field, " needs at least one value"));
  }
  count += values.items().size();
  for (const Value& value : values.items()) {
    // A query string's are objects.
    const Value& text = value.is_object() ? value.Get("Value") : value;
    if (!text.is_scalar()) continue;
    const std::string wrong = WrongValue(kind.field, text.text());
    if (wrong.empty()) continue;
    Add(problems, text,
        absl::StrCat("a value of a condition on ", kind.field, " ", wrong, ", not \"", text.text(), "\""));
  }
}

void CheckHeaderName(const Value& config, Problems& problems) {
  const Value& name = config.Get("HttpHeaderName");
  if (name.is_null()) return Add(problems, config, "HttpHeaderConfig needs the property \"HttpHeaderName\"");
  if (!name.is_scalar()) return;
  if (absl::EqualsIgnoreCase(name.text(), "host")) {
    return Add(problems, name, "HttpHeaderName cannot be Host; use a condition on host-header");
  }
  // RFC 9110 §5.6.2.
  if (name.text().empty() || name.text().size() > kHeaderNameMax || !HasOnly(name.text(), "!#$%&'*+-.^_`|~")) {
    Add(problems, name,
        absl::StrCat("HttpHeaderName must be the name of a header field of 1 to ", kHeaderNameMax,
                     " characters, not \"", name.text(), "\""));
  }
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
  if (!object.Has("Values")) {
    Add(problems, object, absl::StrCat("a condition on ", kind->field, " needs at least one value"));
  }
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
  if (conditions.is_list() && (conditions.items().empty() || conditions.items().size() > kConditionsMax)) {
    Add(problems, conditions,
        absl::StrCat("a rule has 1 to ", kConditionsMax, " conditions, not ", conditions.items().size()));
  }
  size_t values = 0;
  std::map<const ConditionKind*, int> seen;
  for (const Value& condition : conditions.items()) {
    const ConditionKind* kind = CheckCondition(condition, values, problems);
    if (kind == nullptr || kind->repeats || ++seen[kind] < 2) continue;
    Add(problems, condition,
        absl::StrCat("a rule has at most one condition on ", kind->field, "; give that one several values"));
  }
  if (values > kValuesMax) {
    Add(problems, conditions,
        absl::StrCat("the conditions of a rule have at most ", kValuesMax, " values in all, not ", values));
  }
  CheckActions(properties.Get("Actions"), Value(), problems);
}

}  // namespace nubo::stack::tables
