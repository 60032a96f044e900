#include "nubo/region/balancing/listener_operations.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "nubo/base/status.h"
#include "nubo/lb/balancer_rules.h"
#include "nubo/lb/listener_rules.h"
#include "nubo/lb/quotas.h"
#include "nubo/region/balancing/balancer_service.h"
#include "nubo/region/balancing/proxy_config.h"
#include "nubo/region/network/addresses.h"
#include "nubo/region/resources/ids.h"
#include "nubo/stack/schema.h"

namespace nubo::region {
namespace {

constexpr int kIdDigits = 16;
constexpr int kKeyDigits = 32;

absl::Status Invalid(std::string message) { return absl::InvalidArgumentError(message); }

absl::Status CheckExists(const Context& context, stack::IdKind kind, const std::string& arn) {
  return CheckId(*context.types, context.model, kind, arn);
}

absl::Status TooMany(absl::string_view what, const std::string& balancer_arn, int max, absl::string_view code) {
  return base::WithErrorCode(
      absl::ResourceExhaustedError(absl::StrCat("load balancer ", balancer_arn, " has ", max, " ", what, " already")),
      code);
}

// --- actions ---

std::vector<TargetGroupTuple> GroupsOf(const Action& action) {
  const bool has_list = action.forward_config.has_value() && !action.forward_config->target_groups.empty();
  if (has_list) return action.forward_config->target_groups;
  if (action.target_group_arn.empty()) return {};
  return {{.target_group_arn = action.target_group_arn}};
}

absl::Status CheckGroups(const Context& context, const Action& action) {
  const std::vector<TargetGroupTuple> groups = GroupsOf(action);
  if (groups.empty()) return Invalid("an action of Type forward names at least one target group");
  std::set<std::string> known;
  for (const TargetGroupTuple& group : groups) {
    NUBO_RETURN_IF_ERROR(CheckExists(context, stack::IdKind::kTargetGroup, group.target_group_arn));
    if (!known.insert(group.target_group_arn).second) {
      return base::WithErrorCode(Invalid("an action of Type forward names each target group once"), "ValidationError");
    }
  }
  if (action.target_group_arn.empty() || (groups.size() == 1 && known.count(action.target_group_arn) > 0)) {
    return absl::OkStatus();
  }
  return Invalid(
      "an action of Type forward that has TargetGroupArn and ForwardConfig names the same one target group in both");
}

// `former`: the one whose place it takes, whose cookies stay good.
absl::Status SetForward(Context& context, const Action& given, const v1::Action& former, v1::Action& action) {
  NUBO_RETURN_IF_ERROR(CheckGroups(context, given));
  for (const TargetGroupTuple& group : GroupsOf(given)) {
    v1::Action::WeightedGroup* added = action.add_groups();
    added->set_target_group_arn(group.target_group_arn);
    added->set_weight(group.weight);
  }
  if (!given.forward_config.has_value() || !given.forward_config->stickiness_enabled) return absl::OkStatus();
  const std::optional<int> duration = given.forward_config->stickiness_duration_seconds;
  if (!duration.has_value()) {
    return base::WithErrorCode(Invalid("TargetGroupStickinessConfig with Enabled: true needs DurationSeconds"),
                               "ValidationError");
  }
  action.set_stickiness_duration_s(*duration);
  const bool keeps = !former.stickiness_key().empty();
  action.set_stickiness_key(keeps ? former.stickiness_key() : context.ids.NewHex(kKeyDigits));
  return absl::OkStatus();
}

absl::Status SetRedirect(const Action& given, v1::Action& action) {
  if (!given.redirect_config.has_value()) return Invalid("an action of Type redirect needs RedirectConfig");
  const RedirectConfig& redirect = *given.redirect_config;
  NUBO_RETURN_IF_ERROR(lb::CheckOneOf("RedirectConfig StatusCode", redirect.status_code, lb::kRedirectStatusCodes));
  if (!redirect.protocol.empty()) {
    NUBO_RETURN_IF_ERROR(lb::CheckOneOf("RedirectConfig Protocol", redirect.protocol, lb::kRedirectProtocols));
  }
  action.set_status_code(redirect.status_code);
  action.set_redirect_protocol(redirect.protocol);
  action.set_redirect_host(redirect.host);
  action.set_redirect_port(redirect.port);
  action.set_redirect_path(redirect.path);
  action.set_redirect_query(redirect.query);
  return absl::OkStatus();
}

absl::Status SetFixedResponse(const Action& given, v1::Action& action) {
  if (!given.fixed_response_config.has_value()) {
    return Invalid("an action of Type fixed-response needs FixedResponseConfig");
  }
  const FixedResponseConfig& fixed = *given.fixed_response_config;
  NUBO_RETURN_IF_ERROR(lb::CheckFixedStatus(fixed.status_code));
  NUBO_RETURN_IF_ERROR(lb::CheckFixedBody(fixed.message_body));
  if (!fixed.content_type.empty()) {
    NUBO_RETURN_IF_ERROR(lb::CheckOneOf("FixedResponseConfig ContentType", fixed.content_type, lb::kFixedContentTypes));
  }
  action.set_status_code(fixed.status_code);
  action.set_content_type(fixed.content_type);
  action.set_message_body(fixed.message_body);
  return absl::OkStatus();
}

absl::Status SetAction(Context& context, const std::vector<Action>& given, v1::Action& action) {
  if (given.empty()) return Invalid("a list of actions must not be empty");
  if (given.size() > 1) {
    return Invalid(
        absl::StrCat("a list of actions has exactly one forward, redirect or fixed-response, not ", given.size()));
  }
  const v1::Action former = std::exchange(action, {});
  action.set_type(given[0].type);
  if (given[0].type == "forward") return SetForward(context, given[0], former, action);
  if (given[0].type == "redirect") return SetRedirect(given[0], action);
  if (given[0].type == "fixed-response") return SetFixedResponse(given[0], action);
  return lb::CheckOneOf("Type", given[0].type, "forward,redirect,fixed-response");
}

// Where the action's own redirect leads. `protocol` and `port` are the listener's, "" of a rule's action.
absl::Status CheckRedirect(const v1::Action& action, absl::string_view protocol, absl::string_view port) {
  if (action.type() != "redirect") return absl::OkStatus();
  const auto part = [](const std::string& text) {
    return text.empty() ? std::nullopt : std::optional<std::string>(text);
  };
  const lb::RedirectParts parts = {.protocol = part(action.redirect_protocol()),
                                   .host = part(action.redirect_host()),
                                   .port = part(action.redirect_port()),
                                   .path = part(action.redirect_path()),
                                   .query = part(action.redirect_query())};
  return lb::CheckRedirect(parts, protocol, port);
}

// With the code of actions, unless it has one.
absl::Status OfAction(absl::Status status) {
  return base::ErrorCode(status).empty() ? base::WithErrorCode(std::move(status), "InvalidLoadBalancerAction") : status;
}

// --- listeners ---

absl::Status CheckPort(const Context& context, const v1::ListenerState& record) {
  if (record.port() == 0) return base::WithErrorCode(Invalid("a listener needs Port"), "ValidationError");
  NUBO_RETURN_IF_ERROR(
      base::WithErrorCode(lb::CheckBetween("Port", record.port(), 1, lb::kPortMax), "ValidationError"));
  for (const auto& [arn, other] : context.model.listeners) {
    if (other.load_balancer_arn() != record.load_balancer_arn() || other.local_port() != record.local_port()) continue;
    if (arn == record.arn()) continue;
    const v1::LoadBalancerState* balancer = context.model.load_balancers.Find(record.load_balancer_arn());
    return base::WithErrorCode(
        absl::AlreadyExistsError(
            absl::StrCat("load balancer ", balancer->name(), " has a listener on port ", record.port(), " already")),
        "DuplicateListener");
  }
  return absl::OkStatus();
}

// What of a listener may change while its load balancer serves.
absl::Status Fill(Context& context, const ModifyListenerRequest& request, v1::ListenerState& record) {
  NUBO_RETURN_IF_ERROR(CheckExists(context, stack::IdKind::kLoadBalancer, record.load_balancer_arn()));
  record.set_protocol(request.protocol.value_or(record.protocol()));
  record.set_port(request.port.value_or(record.port()));
  record.set_local_port(LocalPort(context, record.port()));
  NUBO_RETURN_IF_ERROR(
      base::WithErrorCode(lb::CheckOneOf("Protocol", record.protocol(), "HTTP"), "UnsupportedProtocol"));
  NUBO_RETURN_IF_ERROR(CheckPort(context, record));
  if (request.default_actions.has_value()) {
    NUBO_RETURN_IF_ERROR(OfAction(SetAction(context, *request.default_actions, *record.mutable_default_action())));
  }
  NUBO_RETURN_IF_ERROR(
      OfAction(CheckRedirect(record.default_action(), record.protocol(), absl::StrCat(record.port()))));
  return OfAction(WhyClosed(record.default_action()));
}

void Put(Context& context, v1::ListenerState record) {
  const std::string arn = record.arn();
  AwaitApplied(context, record.load_balancer_arn());
  context.model.listeners.Put(arn, std::move(record));
}

// --- rules ---

absl::Status CheckConditions(const std::vector<RuleCondition>& conditions) {
  std::vector<lb::RuleCondition> checked;
  for (const RuleCondition& condition : conditions) {
    NUBO_RETURN_IF_ERROR(lb::CheckOneOf("Field", condition.field, lb::kConditionFields));
    lb::RuleCondition& added = checked.emplace_back();
    added.field = condition.field;
    added.header_name = condition.http_header_name;
    added.values = condition.values;
    for (const QueryStringPair& pair : condition.query_strings) added.values.push_back(pair.value);
  }
  return lb::CheckConditions(checked);
}

void AddCondition(const RuleCondition& condition, v1::ListenerRuleState& record) {
  const auto add = [&](auto* values) { values->Add(condition.values.begin(), condition.values.end()); };
  if (condition.field == "host-header") add(record.mutable_hosts());
  if (condition.field == "path-pattern") add(record.mutable_paths());
  if (condition.field == "http-request-method") add(record.mutable_methods());
  if (condition.field == "source-ip") add(record.mutable_source_cidrs());
  if (condition.field == "http-header") {
    v1::ListenerRuleState::Header* header = record.add_headers();
    header->set_name(condition.http_header_name);
    add(header->mutable_patterns());
  }
  if (condition.field == "query-string") {
    v1::ListenerRuleState::Query* query = record.add_queries();
    for (const QueryStringPair& pair : condition.query_strings) {
      v1::ListenerRuleState::QueryPattern* pattern = query->add_patterns();
      pattern->set_key(pair.key);
      pattern->set_value(pair.value);
    }
  }
}

absl::Status SetConditions(const std::vector<RuleCondition>& conditions, v1::ListenerRuleState& record) {
  NUBO_RETURN_IF_ERROR(base::WithErrorCode(CheckConditions(conditions), "ValidationError"));
  record.clear_hosts();
  record.clear_paths();
  record.clear_headers();
  record.clear_methods();
  record.clear_queries();
  record.clear_source_cidrs();
  for (const RuleCondition& condition : conditions) AddCondition(condition, record);
  return absl::OkStatus();
}

absl::Status CheckPriority(int priority) {
  return base::WithErrorCode(lb::CheckBetween("Priority", priority, 1, lb::kRulePriorityMax), "ValidationError");
}

absl::Status PriorityInUse(int priority, const std::string& by) {
  return base::WithErrorCode(absl::AlreadyExistsError(absl::StrCat("priority ", priority, " is taken by ", by)),
                             "PriorityInUse");
}

// What of a rule may change while its load balancer serves.
absl::Status Fill(Context& context, const ModifyRuleRequest& request, v1::ListenerRuleState& record) {
  NUBO_RETURN_IF_ERROR(CheckExists(context, stack::IdKind::kListener, record.listener_arn()));
  record.set_priority(request.priority.value_or(record.priority()));
  NUBO_RETURN_IF_ERROR(CheckPriority(record.priority()));
  for (const auto& [arn, other] : context.model.rules) {
    if (arn == record.arn() || other.listener_arn() != record.listener_arn()) continue;
    if (other.priority() == record.priority()) return PriorityInUse(record.priority(), arn);
  }
  if (request.conditions.has_value()) NUBO_RETURN_IF_ERROR(SetConditions(*request.conditions, record));
  if (request.actions.has_value()) {
    NUBO_RETURN_IF_ERROR(OfAction(SetAction(context, *request.actions, *record.mutable_action())));
  }
  NUBO_RETURN_IF_ERROR(OfAction(CheckRedirect(record.action(), "", "")));
  return OfAction(WhyClosed(record));
}

// What answered before a rule was there has not acknowledged it.
void Put(Context& context, v1::ListenerRuleState record) {
  const std::string arn = record.arn();
  if (const v1::ListenerState* listener = context.model.listeners.Find(record.listener_arn())) {
    AwaitApplied(context, listener->load_balancer_arn());
  }
  context.model.rules.Put(arn, std::move(record));
}

absl::Status RuleNotFound(const std::string& arn) {
  return base::WithErrorCode(absl::NotFoundError(absl::StrCat("The rule '", arn, "' does not exist")), "RuleNotFound");
}

// Of all listeners of the load balancer of one.
absl::Status CheckRuleCount(const Context& context, const std::string& listener_arn) {
  const std::string& balancer = context.model.listeners.Find(listener_arn)->load_balancer_arn();
  const auto count = std::count_if(context.model.rules.begin(), context.model.rules.end(), [&](const auto& entry) {
    const v1::ListenerState* listener = context.model.listeners.Find(entry.second.listener_arn());
    return listener != nullptr && listener->load_balancer_arn() == balancer;
  });
  return count < lb::kRulesMax ? absl::OkStatus() : TooMany("rules", balancer, lb::kRulesMax, "TooManyRules");
}

}  // namespace

absl::StatusOr<std::string> CreateListener(Context& context, const v1::Owner& owner,
                                           const CreateListenerRequest& request) {
  v1::ListenerState record;
  *record.mutable_owner() = owner;
  record.set_load_balancer_arn(request.load_balancer_arn);
  NUBO_RETURN_IF_ERROR(
      Fill(context, {.protocol = request.protocol, .port = request.port, .default_actions = request.default_actions},
           record));
  const auto count =
      std::count_if(context.model.listeners.begin(), context.model.listeners.end(),
                    [&](const auto& entry) { return entry.second.load_balancer_arn() == request.load_balancer_arn; });
  if (count >= lb::kListenersMax) {
    return TooMany("listeners", request.load_balancer_arn, lb::kListenersMax, "TooManyListeners");
  }
  const std::string arn =
      absl::StrCat(absl::StrReplaceAll(record.load_balancer_arn(), {{":loadbalancer/", ":listener/"}}), "/",
                   context.ids.NewHex(kIdDigits));
  record.set_arn(arn);
  Put(context, std::move(record));
  return arn;
}

absl::Status ModifyListener(Context& context, const ModifyListenerRequest& request) {
  NUBO_RETURN_IF_ERROR(CheckExists(context, stack::IdKind::kListener, request.listener_arn));
  v1::ListenerState record = *context.model.listeners.Find(request.listener_arn);
  NUBO_RETURN_IF_ERROR(Fill(context, request, record));
  Put(context, std::move(record));
  return absl::OkStatus();
}

absl::Status DeleteListener(Context& context, const std::string& listener_arn) {
  NUBO_RETURN_IF_ERROR(CheckExists(context, stack::IdKind::kListener, listener_arn));
  std::vector<std::string> rules;
  for (const auto& [arn, rule] : context.model.rules) {
    if (rule.listener_arn() == listener_arn) rules.push_back(arn);
  }
  for (const std::string& arn : rules) context.model.rules.Erase(arn);
  context.model.listeners.Erase(listener_arn);
  return absl::OkStatus();
}

absl::StatusOr<std::string> CreateRule(Context& context, const v1::Owner& owner, const CreateRuleRequest& request) {
  v1::ListenerRuleState record;
  *record.mutable_owner() = owner;
  record.set_listener_arn(request.listener_arn);
  NUBO_RETURN_IF_ERROR(Fill(
      context, {.priority = request.priority, .conditions = request.conditions, .actions = request.actions}, record));
  NUBO_RETURN_IF_ERROR(CheckRuleCount(context, request.listener_arn));
  const std::string arn = absl::StrCat(absl::StrReplaceAll(record.listener_arn(), {{":listener/", ":listener-rule/"}}),
                                       "/", context.ids.NewHex(kIdDigits));
  record.set_arn(arn);
  Put(context, std::move(record));
  return arn;
}

absl::Status ModifyRule(Context& context, const ModifyRuleRequest& request) {
  const v1::ListenerRuleState* former = context.model.rules.Find(request.rule_arn);
  if (former == nullptr) return RuleNotFound(request.rule_arn);
  v1::ListenerRuleState record = *former;
  NUBO_RETURN_IF_ERROR(Fill(context, request, record));
  Put(context, std::move(record));
  return absl::OkStatus();
}

absl::Status SetRulePriorities(Context& context, const SetRulePrioritiesRequest& request) {
  std::map<std::string, int> wanted;
  for (const RulePriorityPair& pair : request.rule_priorities) {
    if (context.model.rules.Find(pair.rule_arn) == nullptr) return RuleNotFound(pair.rule_arn);
    NUBO_RETURN_IF_ERROR(CheckPriority(pair.priority));
    if (!wanted.emplace(pair.rule_arn, pair.priority).second) {
      return base::WithErrorCode(Invalid(absl::StrCat("the rule '", pair.rule_arn, "' is named twice")),
                                 "ValidationError");
    }
  }
  // As they will be: the rule of each listener that has a priority.
  std::map<std::pair<std::string, int>, std::string> taken;
  for (const auto& [arn, rule] : context.model.rules) {
    const auto found = wanted.find(arn);
    const int priority = found == wanted.end() ? rule.priority() : found->second;
    const auto [other, is_free] = taken.emplace(std::pair(rule.listener_arn(), priority), arn);
    if (!is_free) return PriorityInUse(priority, other->second);
  }
  for (const auto& [arn, priority] : wanted) {
    v1::ListenerRuleState record = *context.model.rules.Find(arn);
    record.set_priority(priority);
    Put(context, std::move(record));
  }
  return absl::OkStatus();
}

absl::Status DeleteRule(Context& context, const std::string& rule_arn) {
  if (context.model.rules.Find(rule_arn) == nullptr) return RuleNotFound(rule_arn);
  context.model.rules.Erase(rule_arn);
  return absl::OkStatus();
}

}  // namespace nubo::region
