// What can be done to listeners and their rules, as AWS's API has it. operations.h says what operations are.
//
// Example:
//   const Action forward = {.type = "forward", .target_group_arn = group};
//   NUBO_ASSIGN_OR_RETURN(const std::string listener, CreateListener(context, owner,
//                                                                    {.load_balancer_arn = balancer,
//                                                                     .protocol = "HTTP",
//                                                                     .port = 80,
//                                                                     .default_actions = {forward}}));
//   NUBO_ASSIGN_OR_RETURN(const std::string rule,
//                         CreateRule(context, owner, {.listener_arn = listener,
//                                                     .priority = 10,
//                                                     .conditions = {{.field = "path-pattern", .values = {"/img/*"}}},
//                                                     .actions = {forward}}));
//
// Source: the API reference's CreateListener, ModifyListener, DeleteListener, CreateRule, ModifyRule,
// SetRulePriorities and DeleteRule.
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_BALANCING_LISTENER_OPERATIONS_H_
#define NUBO_REGION_BALANCING_LISTENER_OPERATIONS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "nubo/region/state/context.h"

namespace nubo::region {

struct TargetGroupTuple {
  std::string target_group_arn = {};
  int weight = 1;
};

struct ForwardConfig {
  // At most five. None: the one that the action names itself.
  std::vector<TargetGroupTuple> target_groups = {};
  // AWS's TargetGroupStickinessConfig. The duration is needed while it is enabled.
  bool stickiness_enabled = false;
  std::optional<int> stickiness_duration_seconds = {};
};

// A part that is "" stays as in the request.
struct RedirectConfig {
  std::string protocol = {};
  std::string host = {};
  std::string port = {};
  std::string path = {};
  std::string query = {};
  // HTTP_301 or HTTP_302.
  std::string status_code = {};
};

struct FixedResponseConfig {
  // "404"; 2XX, 4XX or 5XX.
  std::string status_code = {};
  // "": text/plain.
  std::string content_type = {};
  std::string message_body = {};
};

struct Action {
  // forward, redirect or fixed-response; others are not offered.
  std::string type = {};
  // Of a forward to one group.
  std::string target_group_arn = {};
  std::optional<ForwardConfig> forward_config = {};
  std::optional<RedirectConfig> redirect_config = {};
  std::optional<FixedResponseConfig> fixed_response_config = {};
};

struct CreateListenerRequest {
  std::string load_balancer_arn = {};
  // HTTP; others are not offered.
  std::string protocol = {};
  int port = 0;
  // Exactly one.
  std::vector<Action> default_actions = {};
};

// The ARN. It is bound once its load balancer says so.
// NOT_FOUND (LoadBalancerNotFound, TargetGroupNotFound). ALREADY_EXISTS (DuplicateListener): there is one on that port.
// INVALID_ARGUMENT: what AWS does not take (ValidationError), of actions (InvalidLoadBalancerAction).
// RESOURCE_EXHAUSTED (TooManyListeners).
absl::StatusOr<std::string> CreateListener(Context& context, const v1::Owner& owner,
                                           const CreateListenerRequest& request);

// What is not given stays.
struct ModifyListenerRequest {
  std::string listener_arn = {};
  std::optional<std::string> protocol = {};
  std::optional<int> port = {};
  std::optional<std::vector<Action>> default_actions = {};
};

// NOT_FOUND (ListenerNotFound). Else as CreateListener.
absl::Status ModifyListener(Context& context, const ModifyListenerRequest& request);

// With its rules. NOT_FOUND (ListenerNotFound).
absl::Status DeleteListener(Context& context, const std::string& listener_arn);

struct QueryStringPair {
  // "": whatever the key.
  std::string key = {};
  std::string value = {};
};

// AWS has the values of a condition in an object that is called after its field, or, of some, beside it.
struct RuleCondition {
  // host-header, http-header, http-request-method, path-pattern, query-string or source-ip.
  std::string field = {};
  // Of http-header.
  std::string http_header_name = {};
  // Of all but query-string.
  std::vector<std::string> values = {};
  // Of query-string.
  std::vector<QueryStringPair> query_strings = {};
};

struct CreateRuleRequest {
  std::string listener_arn = {};
  // 1 to 50000, and no other rule's of its listener.
  int priority = 0;
  std::vector<RuleCondition> conditions = {};
  // Exactly one.
  std::vector<Action> actions = {};
};

// The ARN.
// NOT_FOUND (ListenerNotFound, TargetGroupNotFound). ALREADY_EXISTS (PriorityInUse). INVALID_ARGUMENT: what AWS does
// not take (ValidationError), of actions (InvalidLoadBalancerAction). RESOURCE_EXHAUSTED (TooManyRules).
absl::StatusOr<std::string> CreateRule(Context& context, const v1::Owner& owner, const CreateRuleRequest& request);

// What is not given stays: AWS's ModifyRule, and SetRulePriorities of this one, so that a change of a template is made
// whole or not at all.
struct ModifyRuleRequest {
  std::string rule_arn = {};
  std::optional<int> priority = {};
  std::optional<std::vector<RuleCondition>> conditions = {};
  std::optional<std::vector<Action>> actions = {};
};

// NOT_FOUND (RuleNotFound). Else as CreateRule.
absl::Status ModifyRule(Context& context, const ModifyRuleRequest& request);

struct RulePriorityPair {
  std::string rule_arn = {};
  int priority = 0;
};

// All of them at once, so that two can change places.
struct SetRulePrioritiesRequest {
  std::vector<RulePriorityPair> rule_priorities = {};
};

// Rules that are not named keep theirs. NOT_FOUND (RuleNotFound). ALREADY_EXISTS (PriorityInUse).
// INVALID_ARGUMENT: a priority that is none, or a rule that is named twice (ValidationError).
absl::Status SetRulePriorities(Context& context, const SetRulePrioritiesRequest& request);

// NOT_FOUND (RuleNotFound).
absl::Status DeleteRule(Context& context, const std::string& rule_arn);

}  // namespace nubo::region

#endif  // NUBO_REGION_BALANCING_LISTENER_OPERATIONS_H_
