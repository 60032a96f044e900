#include "nubo/region/balancing/closing.h"

#include <set>
#include <string>
#include <utility>

#include "nubo/base/status.h"
#include "nubo/lb/policy_registry.h"
#include "nubo/proxy/config.h"

namespace nubo::region {
namespace {

void Close(proxy::v1::Action& action) {
  action.Clear();
  proxy::v1::FixedResponse* fixed = action.mutable_fixed_response();
  fixed->set_status_code(503);
  fixed->set_content_type("text/plain");
  fixed->set_message_body("This part of the load balancer's configuration cannot be.\n");
}

// One of which nobody can say what it is for catches all that gets so far.
void CloseIfWrong(proxy::v1::Rule& rule) {
  if (proxy::CheckRule(rule).ok()) return;
  Close(*rule.mutable_action());
  if (proxy::CheckRule(rule).ok()) return;
  proxy::v1::Rule all;
  all.set_priority(rule.priority());
  *all.mutable_action() = rule.action();
  rule = std::move(all);
}

void CloseIfWithout(const std::set<std::string>& groups, proxy::v1::Action& action) {
  for (const proxy::v1::WeightedTargetGroup& group : action.forward().target_groups()) {
    if (groups.count(group.target_group_id()) == 0) return Close(action);
  }
}

}  // namespace

absl::Status CheckProxyGroup(const proxy::v1::TargetGroup& group) {
  static const lb::PolicyRegistry& policies =
      *new lb::PolicyRegistry(lb::PolicyRegistry::Builder().AddBuiltins().Build());
  if (!group.policy().empty()) NUBO_RETURN_IF_ERROR(policies.Create(group.policy()).status());
  return proxy::CheckTargetGroup(group);
}

void CloseWhatIsWrong(proxy::v1::Configuration& config) {
  std::set<std::string> groups;
  for (int i = config.target_groups_size() - 1; i >= 0; --i) {
    if (CheckProxyGroup(config.target_groups(i)).ok()) {
      groups.insert(config.target_groups(i).id());
    } else {
      config.mutable_target_groups()->DeleteSubrange(i, 1);
    }
  }
  for (proxy::v1::Listener& listener : *config.mutable_listeners()) {
    if (!proxy::CheckAction(listener.default_action()).ok()) Close(*listener.mutable_default_action());
    CloseIfWithout(groups, *listener.mutable_default_action());
    for (proxy::v1::Rule& rule : *listener.mutable_rules()) {
      CloseIfWrong(rule);
      CloseIfWithout(groups, *rule.mutable_action());
    }
  }
}

}  // namespace nubo::region
