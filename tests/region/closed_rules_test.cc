// What a load balancer would refuse: nothing else is lost for it, and nothing is let through for it.
#include <boost/test/unit_test.hpp>
#include <string>

#include "absl/strings/str_cat.h"
#include "nubo/proxy/config.h"
#include "nubo/region/balancing/describe.h"
#include "nubo/region/balancing/proxy_config.h"
#include "tests/region/world.h"

namespace nubo::region {
namespace {

using ::nubo::testing::IsOk;

constexpr char kRules[] = R"(
  Forbidden:
    Type: AWS::ElasticLoadBalancingV2::ListenerRule
    Properties:
      ListenerArn: !Ref Listener
      Priority: 1
      Actions: [{Type: fixed-response, FixedResponseConfig: {StatusCode: 403}}]
      Conditions: [{Field: path-pattern, Values: [/admin/*]}]
  Moved:
    Type: AWS::ElasticLoadBalancingV2::ListenerRule
    Properties:
      ListenerArn: !Ref Listener
      Priority: 2
      Actions: [{Type: redirect, RedirectConfig: {Path: /new, StatusCode: HTTP_302}}]
      Conditions: [{Field: path-pattern, Values: [/old]}]
)";

struct Ruled : World {
  Ruled() {
    BOOST_REQUIRE(IsOk(Create(absl::StrCat(kNetwork, kService, kRules))));
    Settle();
    BOOST_REQUIRE_EQUAL(StackStatus(), "CREATE_COMPLETE");
  }
  // As an older region may have stored it.
  template <typename Change>
  void ChangeRule(int priority, Change change) {
    for (const auto& [arn, rule] : context.model.rules) {
      if (rule.priority() != priority) continue;
      context.model.rules.Update(arn, change);
      return;
    }
  }
  proxy::v1::Listener AsTold() const {
    const auto config = BalancerConfig(context, context.model.load_balancers.begin()->second);
    BOOST_REQUIRE(IsOk(proxy::FromProto(config)));
    return config.listeners(0);
  }
  elbv2::v1::LoadBalancer Shown() const {
    elbv2::v1::DescribeLoadBalancersResponse all;
    Describe(context, all);
    return all.load_balancers(0);
  }
  // By its priority.
  static const proxy::v1::Rule& RuleOf(const proxy::v1::Listener& listener, int priority) {
    for (const auto& rule : listener.rules()) {
      if (rule.priority() == priority) return rule;
    }
    return proxy::v1::Rule::default_instance();
  }
};

BOOST_FIXTURE_TEST_SUITE(closed_rules, Ruled)

BOOST_AUTO_TEST_CASE(a_rule_that_cannot_be_answers_503_and_the_others_stay) {
  ChangeRule(2, [](v1::ListenerRuleState& rule) { rule.mutable_action()->set_redirect_host("a\r\nX: y"); });
  const proxy::v1::Listener told = AsTold();
  BOOST_TEST(RuleOf(told, 2).action().fixed_response().status_code() == 503);
  BOOST_TEST(RuleOf(told, 2).path_patterns(0) == "/old");
  BOOST_TEST(RuleOf(told, 1).action().fixed_response().status_code() == 403);
  BOOST_TEST(told.default_action().has_forward());
  BOOST_TEST(Shown().listeners(0).error() == "rule 2 answers 503: a part of a redirect has control characters");
}

BOOST_AUTO_TEST_CASE(a_rule_of_which_nobody_knows_what_it_is_for_catches_all) {
  ChangeRule(1, [](v1::ListenerRuleState& rule) { rule.add_source_cidrs("nowhere"); });
  const proxy::v1::Listener told = AsTold();
  BOOST_TEST(RuleOf(told, 1).path_patterns().empty());
  BOOST_TEST(RuleOf(told, 1).action().fixed_response().status_code() == 503);
  BOOST_TEST(RuleOf(told, 2).action().has_redirect());
}

BOOST_AUTO_TEST_CASE(what_leads_to_a_group_that_cannot_be_answers_503) {
  const std::string arn = context.model.target_groups.begin()->first;
  context.model.target_groups.Update(arn, [](v1::TargetGroupState& group) { group.set_health_path("health"); });
  const proxy::v1::Listener told = AsTold();
  BOOST_TEST(told.default_action().fixed_response().status_code() == 503);
  BOOST_TEST(RuleOf(told, 1).action().fixed_response().status_code() == 403);
  context.model.target_groups.Update(arn, [](v1::TargetGroupState& group) {
    group.set_health_path("/health");
    group.set_algorithm("fastest");
  });
  BOOST_TEST(AsTold().default_action().fixed_response().status_code() == 503);
  BOOST_TEST(absl::StrContains(Shown().listeners(0).error(), "fastest"));
}

BOOST_AUTO_TEST_CASE(a_load_balancer_that_refuses_what_it_is_told_is_not_called_active) {
  BOOST_TEST(Shown().state() == "active");
  const std::string service = BalancerServiceId(context.model.load_balancers.begin()->first);
  context.proxy_sent[service].set_revision(3);
  context.proxy_status[service].set_refused_revision(3);
  context.proxy_status[service].set_error("there are too many");
  BOOST_TEST(Shown().state() == "failed");
  BOOST_TEST(Shown().listeners(0).error() == "not in force: there are too many");
  context.proxy_status[service].set_revision(2);
  BOOST_TEST(Shown().state() == "active_impaired");
}

BOOST_AUTO_TEST_SUITE_END()

// The rules come after their load balancer, which has acknowledged all that it was told by then.
BOOST_FIXTURE_TEST_CASE(a_rule_is_complete_only_when_its_load_balancer_has_it, World) {
  BOOST_REQUIRE(IsOk(Create(absl::StrCat(kNetwork, kService))));
  Settle();
  BOOST_REQUIRE(IsOk(UpdateStack(context, {"shop", absl::StrCat(kNetwork, kService, kRules), "shop.yaml", {}})));
  for (int i = 0; i < 5; ++i) TickStacks(context, handlers);
  BOOST_TEST(StackStatus() == "UPDATE_IN_PROGRESS");
  BOOST_TEST(context.model.rules.size() == 2u);
  refusal = "no";
  Settle(absl::Seconds(1));
  BOOST_TEST(StackStatus() != "UPDATE_COMPLETE");
  BOOST_TEST(context.model.rules.empty());
}

}  // namespace
}  // namespace nubo::region
