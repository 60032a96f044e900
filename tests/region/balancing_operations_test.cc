// What Elastic Load Balancing's operations do and refuse, without any stack.
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/ec2/lifecycle.h"
#include "nubo/lb/quotas.h"
#include "nubo/region/balancing/attributes.h"
#include "nubo/region/balancing/balancer_service.h"
#include "nubo/region/balancing/listener_operations.h"
#include "nubo/region/balancing/operations.h"
#include "nubo/region/balancing/registration.h"
#include "nubo/region/balancing/target_group_operations.h"
#include "nubo/region/network/operations.h"
#include "nubo/region/stacks/stacks.h"
#include "nubo/testing/status_matchers.h"
#include "tests/region/world.h"

namespace nubo::region {
namespace {

using ::nubo::testing::IsOk;
using ::nubo::testing::ToStatus;

constexpr char kNothing[] = "arn:aws:elasticloadbalancing:us-east-1:000000000000:nothing";

// That it failed with AWS's `code` and a message that contains `text`.
template <typename T>
boost::test_tools::assertion_result Refused(const T& value, const std::string& code, const std::string& text = "") {
  const absl::Status& status = ToStatus(value);
  boost::test_tools::assertion_result result(!status.ok() && base::ErrorCode(status) == code &&
                                             absl::StrContains(status.message(), text));
  if (!result) result.message() << "status is " << status.ToString() << " (" << base::ErrorCode(status) << ")";
  return result;
}

struct Balancing : World {
  std::string MakeVpc(const std::string& block) {
    const auto id = CreateVpc(context, {}, {.cidr_block = block});
    BOOST_REQUIRE(IsOk(id));
    return *id;
  }
  std::string MakeSubnet(const std::string& vpc_id, const std::string& block, const std::string& zone) {
    const auto id = CreateSubnet(context, {}, {.vpc_id = vpc_id, .cidr_block = block, .availability_zone = zone});
    BOOST_REQUIRE(IsOk(id));
    return *id;
  }
  void MakeInstance(const std::string& id, const std::string& vpc_id,
                    ec2::InstanceState state = ec2::InstanceState::kRunning) {
    v1::InstanceState instance;
    instance.set_id(id);
    instance.set_vpc_id(vpc_id);
    instance.set_state_code(static_cast<int>(state));
    instance.set_loopback_ip("127.0.0.77");
    context.model.instances.Put(id, instance);
  }
  size_t FreeAddresses() const {
    size_t count = 0;
    for (const auto& [id, addresses] : context.addresses) count += addresses.available();
    return count;
  }

  absl::StatusOr<std::string> TryBalancer(CreateLoadBalancerRequest request) {
    if (request.name.empty()) request.name = "front";
    if (request.subnet_mappings.empty()) request.subnet_mappings = {{a}, {b}};
    return CreateLoadBalancer(context, {}, request);
  }
  std::string MakeBalancer(const std::string& name = "front") {
    const auto arn = TryBalancer({.name = name});
    BOOST_REQUIRE(IsOk(arn));
    return *arn;
  }
  absl::StatusOr<std::string> TryGroup(CreateTargetGroupRequest request) {
    if (request.name.empty()) request.name = "web";
    if (request.protocol.empty()) request.protocol = "HTTP";
    if (request.port == 0) request.port = 8080;
    if (request.vpc_id.empty()) request.vpc_id = vpc;
    return CreateTargetGroup(context, {}, request);
  }
  std::string MakeGroup(const std::string& name = "web") {
    const auto arn = TryGroup({.name = name});
    BOOST_REQUIRE(IsOk(arn));
    return *arn;
  }
  absl::StatusOr<std::string> TryListener(const std::string& balancer, const std::vector<Action>& actions,
                                          int port = 80) {
    return CreateListener(
        context, {}, {.load_balancer_arn = balancer, .protocol = "HTTP", .port = port, .default_actions = actions});
  }
  std::string MakeListener(const std::string& balancer, const std::vector<Action>& actions, int port = 80) {
    const auto arn = TryListener(balancer, actions, port);
    BOOST_REQUIRE(IsOk(arn));
    return *arn;
  }
  absl::StatusOr<std::string> TryRule(const std::string& listener, int priority,
                                      const std::vector<RuleCondition>& conditions,
                                      const std::vector<Action>& actions) {
    return CreateRule(context, {},
                      {.listener_arn = listener, .priority = priority, .conditions = conditions, .actions = actions});
  }
  std::string MakeRule(const std::string& listener, int priority) {
    const auto arn = TryRule(listener, priority, {kPath}, {kNotFound});
    BOOST_REQUIRE(IsOk(arn));
    return *arn;
  }

  const v1::LoadBalancerState& BalancerOf(const std::string& arn) { return *context.model.load_balancers.Find(arn); }
  const v1::TargetGroupState& GroupOf(const std::string& arn) { return *context.model.target_groups.Find(arn); }
  const v1::ListenerRuleState& RuleOf(const std::string& arn) { return *context.model.rules.Find(arn); }
  std::vector<std::string> TargetsOfGroup(const std::string& arn) {
    std::vector<std::string> targets;
    const v1::TargetGroupState& group = GroupOf(arn);
    for (int i = 0; i < group.static_targets_size(); ++i) {
      targets.push_back(absl::StrCat(group.static_targets(i), ":", group.static_ports(i)));
    }
    return targets;
  }

  static Action Forward(const std::string& group) { return {.type = "forward", .target_group_arn = group}; }
  static Action Redirect(const RedirectConfig& config) { return {.type = "redirect", .redirect_config = config}; }

  const std::string vpc = MakeVpc("10.0.0.0/16");
  const std::string a = MakeSubnet(vpc, "10.0.1.0/24", "us-east-1a");
  const std::string b = MakeSubnet(vpc, "10.0.2.0/24", "us-east-1b");
  const std::string beside_b = MakeSubnet(vpc, "10.0.3.0/24", "us-east-1b");
  const std::string other_vpc = MakeVpc("10.1.0.0/16");
  const std::string c = MakeSubnet(other_vpc, "10.1.1.0/24", "us-east-1c");
  const std::string d = MakeSubnet(other_vpc, "10.1.2.0/24", "us-east-1d");

  const Action kNotFound = {.type = "fixed-response", .fixed_response_config = FixedResponseConfig{"404"}};
  const RuleCondition kPath = {.field = "path-pattern", .values = {"/a/*"}};
};

BOOST_FIXTURE_TEST_SUITE(balancing_operations, Balancing)

BOOST_AUTO_TEST_CASE(all_is_made_changed_and_deleted_without_a_stack) {
  const size_t free = FreeAddresses();
  const std::string group = MakeGroup();
  const std::string balancer = MakeBalancer();
  BOOST_TEST(FreeAddresses() == free - 2);
  const std::string listener = MakeListener(balancer, {Forward(group)});
  const std::string rule = MakeRule(listener, 1);
  BOOST_TEST(BalancerOf(balancer).owner().stack_name() == "");
  BOOST_TEST(IsOk(ModifyLoadBalancer(
      context, {.load_balancer_arn = balancer, .attributes = {{"idle_timeout.timeout_seconds", "5"}}})));
  BOOST_TEST(IsOk(ModifyTargetGroup(context, {.target_group_arn = group, .health_check_path = "/ready"})));
  BOOST_TEST(IsOk(ModifyListener(context, {.listener_arn = listener, .port = 81})));
  BOOST_TEST(IsOk(ModifyRule(context, {.rule_arn = rule, .priority = 2})));
  BOOST_TEST(context.model.listeners.Find(listener)->local_port() == 81);
  BOOST_TEST(IsOk(DeleteRule(context, rule)));
  BOOST_TEST(IsOk(DeleteListener(context, listener)));
  BOOST_TEST(IsOk(DeleteLoadBalancer(context, balancer)));
  BOOST_TEST(IsOk(DeleteTargetGroup(context, group)));
  BOOST_TEST(context.model.rules.empty());
  BOOST_TEST(context.model.listeners.empty());
  BOOST_TEST(context.model.load_balancers.empty());
  BOOST_TEST(context.model.target_groups.empty());
  BOOST_TEST(FreeAddresses() == free);
}

BOOST_AUTO_TEST_CASE(what_is_not_there_is_told_in_aws_s_words) {
  BOOST_TEST(Refused(ModifyLoadBalancer(context, {.load_balancer_arn = kNothing}), "LoadBalancerNotFound",
                     absl::StrCat("The load balancer '", kNothing, "' does not exist")));
  BOOST_TEST(Refused(ModifyTargetGroup(context, {.target_group_arn = kNothing}), "TargetGroupNotFound"));
  BOOST_TEST(Refused(RegisterTargets(context, {.target_group_arn = kNothing}), "TargetGroupNotFound"));
  BOOST_TEST(Refused(DeregisterTargets(context, {.target_group_arn = kNothing}), "TargetGroupNotFound"));
  BOOST_TEST(Refused(TryListener(kNothing, {kNotFound}), "LoadBalancerNotFound"));
  BOOST_TEST(Refused(ModifyListener(context, {.listener_arn = kNothing}), "ListenerNotFound"));
  BOOST_TEST(Refused(DeleteListener(context, kNothing), "ListenerNotFound"));
  BOOST_TEST(Refused(TryRule(kNothing, 1, {kPath}, {kNotFound}), "ListenerNotFound"));
  BOOST_TEST(Refused(ModifyRule(context, {.rule_arn = kNothing}), "RuleNotFound"));
  BOOST_TEST(Refused(SetRulePriorities(context, {.rule_priorities = {{kNothing, 1}}}), "RuleNotFound"));
  BOOST_TEST(Refused(DeleteRule(context, kNothing), "RuleNotFound"));
}

BOOST_AUTO_TEST_CASE(load_balancers_and_target_groups_may_be_deleted_twice) {
  BOOST_TEST(IsOk(DeleteLoadBalancer(context, kNothing)));
  BOOST_TEST(IsOk(DeleteTargetGroup(context, kNothing)));
}

// --- load balancers ---

BOOST_AUTO_TEST_CASE(a_name_is_one_load_balancer_s) {
  MakeBalancer("front");
  BOOST_TEST(Refused(TryBalancer({.name = "front"}), "DuplicateLoadBalancerName", "choose another name"));
  BOOST_TEST(Refused(TryBalancer({.name = "internal-a"}), "ValidationError", "must not begin with internal-"));
  BOOST_TEST(Refused(TryBalancer({.name = "a.b"}), "ValidationError", "Name must have 1 to 32"));
  CreateLoadBalancerRequest unnamed;
  unnamed.subnet_mappings = {{a}, {b}};
  BOOST_TEST(Refused(CreateLoadBalancer(context, {}, unnamed), "ValidationError", "Name must have 1 to 32"));
  BOOST_TEST(context.model.load_balancers.size() == 1u);
}

BOOST_AUTO_TEST_CASE(the_name_of_an_internal_load_balancer_says_so) {
  const auto arn = TryBalancer({.scheme = "internal"});
  BOOST_REQUIRE(IsOk(arn));
  BOOST_TEST(BalancerOf(*arn).dns_name().starts_with("internal-front-"), BalancerOf(*arn).dns_name());
  BOOST_TEST(Refused(TryBalancer({.name = "other", .scheme = "public"}), "ValidationError",
                     "Scheme must be one of internet-facing, internal, not \"public\""));
  BOOST_TEST(Refused(TryBalancer({.name = "other", .type = "network"}), "ValidationError",
                     "Type must be application, not \"network\""));
}

BOOST_AUTO_TEST_CASE(subnets_go_together_or_none_is_taken) {
  const size_t free = FreeAddresses();
  BOOST_TEST(Refused(TryBalancer({.subnet_mappings = {{a}}}), "ValidationError", "at least two"));
  BOOST_TEST(Refused(TryBalancer({.subnet_mappings = {{a}, {"subnet-0"}}}), "InvalidSubnetID.NotFound"));
  BOOST_TEST(Refused(TryBalancer({.subnet_mappings = {{b}, {beside_b}}}), "InvalidConfigurationRequest",
                     "multiple subnets in the same Availability Zone"));
  BOOST_TEST(Refused(TryBalancer({.subnet_mappings = {{a}, {c}}}), "InvalidConfigurationRequest",
                     "All subnets must belong to the same VPC"));
  BOOST_TEST(!IsOk(TryBalancer({.subnet_mappings = {{a}, {b, "10.9.9.9"}}})));
  BOOST_TEST(Refused(TryBalancer({.security_groups = {"sg-0"}}), "InvalidGroup.NotFound"));
  BOOST_TEST(FreeAddresses() == free);
  BOOST_TEST(context.model.load_balancers.empty());
}

BOOST_AUTO_TEST_CASE(what_a_change_of_a_load_balancer_does_not_name_stays) {
  const auto arn = TryBalancer(
      {.subnet_mappings = {{a, "10.0.1.50"}, {b}}, .attributes = {{"deletion_protection.enabled", "true"}}});
  BOOST_REQUIRE(IsOk(arn));
  BOOST_TEST(IsOk(ModifyLoadBalancer(
      context, {.load_balancer_arn = *arn, .attributes = {{"routing.http.xff_header_processing.mode", "remove"}}})));
  BOOST_TEST(BalancerOf(*arn).xff_mode() == "remove");
  BOOST_TEST(BalancerOf(*arn).deletion_protection());
  BOOST_TEST(BalancerOf(*arn).idle_timeout_s() == 60);
  BOOST_TEST(BalancerOf(*arn).private_ips(0) == "10.0.1.50");
  const std::vector<SubnetMapping> others = {{a}, {beside_b}};
  BOOST_TEST(IsOk(ModifyLoadBalancer(context, {.load_balancer_arn = *arn, .subnet_mappings = others})));
  BOOST_TEST(BalancerOf(*arn).private_ips(0) == "10.0.1.50");
  BOOST_TEST(BalancerOf(*arn).private_ips(1).starts_with("10.0.3."), BalancerOf(*arn).private_ips(1));
  BOOST_TEST(BalancerOf(*arn).xff_mode() == "remove");
}

BOOST_AUTO_TEST_CASE(a_change_that_cannot_be_changes_nothing) {
  const std::string arn = MakeBalancer();
  const std::string before = BalancerOf(arn).SerializeAsString();
  const size_t free = FreeAddresses();
  const std::vector<SubnetMapping> elsewhere = {{c}, {d}};
  BOOST_TEST(Refused(ModifyLoadBalancer(context, {.load_balancer_arn = arn,
                                                  .subnet_mappings = elsewhere,
                                                  .attributes = {{"idle_timeout.timeout_seconds", "5"}}}),
                     "InvalidSubnet", "a load balancer stays in its VPC"));
  for (const auto& [key, value] : Attributes{{"idle_timeout.timeout_seconds", "4001"},
                                             {"deletion_protection.enabled", "maybe"},
                                             {"idle_timeout.seconds", "5"}}) {
    BOOST_TEST(Refused(ModifyLoadBalancer(context, {.load_balancer_arn = arn, .attributes = {{key, value}}}),
                       "ValidationError", key));
  }
  // Known, and nothing comes of it.
  BOOST_TEST(IsOk(
      ModifyLoadBalancer(context, {.load_balancer_arn = arn, .attributes = {{"routing.http2.enabled", "false"}}})));
  BOOST_TEST(BalancerOf(arn).SerializeAsString() == before);
  BOOST_TEST(FreeAddresses() == free);
}

BOOST_AUTO_TEST_CASE(a_load_balancer_goes_with_its_listeners_once_it_is_not_protected) {
  const std::string group = MakeGroup();
  const std::string kept = MakeListener(MakeBalancer("other"), {Forward(group)});
  const std::string arn = MakeBalancer();
  MakeRule(MakeListener(arn, {Forward(group)}), 1);
  const auto protect = [&](const std::string& on) {
    return ModifyLoadBalancer(context, {.load_balancer_arn = arn, .attributes = {{"deletion_protection.enabled", on}}});
  };
  BOOST_REQUIRE(IsOk(protect("true")));
  BOOST_TEST(Refused(DeleteLoadBalancer(context, arn), "OperationNotPermitted", "deletion protection is enabled"));
  BOOST_TEST(context.model.listeners.size() == 2u);
  BOOST_REQUIRE(IsOk(protect("false")));
  BOOST_TEST(IsOk(DeleteLoadBalancer(context, arn)));
  BOOST_TEST(context.model.rules.empty());
  BOOST_REQUIRE(context.model.listeners.size() == 1u);
  BOOST_TEST(context.model.listeners.begin()->first == kept);
}

// --- target groups ---

BOOST_AUTO_TEST_CASE(a_target_group_has_aws_s_defaults) {
  const v1::TargetGroupState& group = GroupOf(MakeGroup());
  BOOST_TEST(group.protocol_version() == "HTTP1");
  BOOST_TEST(group.health_interval_s() == 30);
  BOOST_TEST(group.health_timeout_s() == 5);
  BOOST_TEST(group.healthy_threshold() == 5);
  BOOST_TEST(group.unhealthy_threshold() == 2);
  BOOST_TEST(group.deregistration_delay_s() == 300);
  BOOST_TEST(group.stickiness_type() == "");
  BOOST_TEST((AttributesOf(group) == DefaultTargetGroupAttributes()));
}

BOOST_AUTO_TEST_CASE(a_target_group_that_cannot_be_is_refused) {
  BOOST_TEST(Refused(TryGroup({.name = "-"}), "ValidationError", "Name must have 1 to 32"));
  BOOST_TEST(Refused(TryGroup({.protocol = "TCP"}), "ValidationError", "Protocol must be HTTP, not \"TCP\""));
  BOOST_TEST(Refused(TryGroup({.port = 65536}), "ValidationError", "Port must be from 1 to 65535"));
  BOOST_TEST(Refused(TryGroup({.vpc_id = "vpc-0"}), "InvalidVpcID.NotFound"));
  BOOST_TEST(Refused(TryGroup({.target_type = "lambda"}), "ValidationError", "TargetType must be one of"));
  BOOST_TEST(Refused(TryGroup({.health_check_enabled = false}), "InvalidConfigurationRequest", "must be true"));
  BOOST_TEST(Refused(TryGroup({.health_check_protocol = "TCP"}), "InvalidConfigurationRequest", "must be 'HTTP'"));
  BOOST_TEST(Refused(TryGroup({.health_check_interval_seconds = 5}), "ValidationError", "they are 5 and 5"));
  BOOST_TEST(Refused(TryGroup({.protocol_version = "GRPC", .matcher = "200"}), "ValidationError", "GrpcCode"));
  BOOST_TEST(Refused(TryGroup({.attributes = {{"load_balancing.algorithm.type", "fastest"}}}), "ValidationError"));
  BOOST_TEST(Refused(TryGroup({.attributes = {{"slow_start.duration_seconds", "29"}}}), "InvalidConfigurationRequest"));
  BOOST_TEST(Refused(TryGroup({.attributes = {{"stickiness.enabled", "true"}, {"stickiness.type", "app_cookie"}}}),
                     "InvalidConfigurationRequest"));
  BOOST_TEST(context.model.target_groups.empty());
  MakeGroup("web");
  BOOST_TEST(Refused(TryGroup({.name = "web"}), "DuplicateTargetGroupName"));
}

BOOST_AUTO_TEST_CASE(what_a_change_of_a_target_group_does_not_name_stays) {
  MakeInstance("i-1", vpc);
  const auto arn = TryGroup({.health_check_path = "/ready",
                             .attributes = {{"deregistration_delay.timeout_seconds", "7"}},
                             .targets = {{"i-1"}}});
  BOOST_REQUIRE(IsOk(arn));
  BOOST_TEST(IsOk(ModifyTargetGroup(context, {.target_group_arn = *arn, .health_check_interval_seconds = 10})));
  BOOST_TEST(GroupOf(*arn).health_interval_s() == 10);
  BOOST_TEST(GroupOf(*arn).health_path() == "/ready");
  BOOST_TEST(GroupOf(*arn).deregistration_delay_s() == 7);
  BOOST_TEST(TargetsOfGroup(*arn).size() == 1u);
  const std::string before = GroupOf(*arn).SerializeAsString();
  BOOST_TEST(Refused(
      ModifyTargetGroup(context,
                        {.target_group_arn = *arn, .health_check_path = "/other", .health_check_timeout_seconds = 10}),
      "ValidationError", "they are 10 and 10"));
  BOOST_TEST(GroupOf(*arn).SerializeAsString() == before);
}

BOOST_AUTO_TEST_CASE(stickiness_that_is_switched_off_comes_back_as_it_was) {
  const auto arn = TryGroup({.attributes = {{"stickiness.enabled", "true"},
                                            {"stickiness.type", "app_cookie"},
                                            {"stickiness.app_cookie.cookie_name", "SESSION"},
                                            {"stickiness.app_cookie.duration_seconds", "600"}}});
  BOOST_REQUIRE(IsOk(arn));
  const auto enable = [&](const std::string& on) {
    return ModifyTargetGroup(context, {.target_group_arn = *arn, .attributes = {{"stickiness.enabled", on}}});
  };
  BOOST_REQUIRE(IsOk(enable("false")));
  BOOST_TEST(GroupOf(*arn).stickiness_type() == "");
  BOOST_REQUIRE(IsOk(enable("true")));
  BOOST_TEST(GroupOf(*arn).stickiness_type() == "app_cookie");
  BOOST_TEST(GroupOf(*arn).app_cookie_name() == "SESSION");
  BOOST_TEST(GroupOf(*arn).stickiness_duration_s() == 600);
}

BOOST_AUTO_TEST_CASE(targets_come_and_go) {
  const std::string arn = MakeGroup();
  MakeInstance("i-1", vpc);
  MakeInstance("i-2", vpc);
  const auto add = [&](const std::vector<TargetDescription>& targets) {
    return RegisterTargets(context, {.target_group_arn = arn, .targets = targets});
  };
  const auto remove = [&](const std::vector<TargetDescription>& targets) {
    return DeregisterTargets(context, {.target_group_arn = arn, .targets = targets});
  };
  BOOST_TEST(IsOk(add({{"i-1"}})));
  BOOST_TEST(IsOk(add({{"i-1", 8080}, {"i-1", 9090}, {"i-2"}})));
  BOOST_TEST(TargetsOfGroup(arn) == (std::vector<std::string>{"i-1:0", "i-1:9090", "i-2:0"}),
             boost::test_tools::per_element());
  // Without a port it is the one on the group's.
  BOOST_TEST(IsOk(remove({{"i-1"}, {"i-3"}, {"i-2", 1}})));
  BOOST_TEST(TargetsOfGroup(arn) == (std::vector<std::string>{"i-1:9090", "i-2:0"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_cannot_be_a_target_is_refused_with_all_others) {
  const std::string arn = MakeGroup();
  MakeInstance("i-1", vpc);
  MakeInstance("i-stopped", vpc, ec2::InstanceState::kStopped);
  MakeInstance("i-elsewhere", other_vpc);
  const auto add = [&](const TargetDescription& target) {
    return RegisterTargets(context, {.target_group_arn = arn, .targets = {{"i-1"}, target}});
  };
  BOOST_TEST(Refused(add({"i-0"}), "InvalidInstanceID.NotFound"));
  BOOST_TEST(Refused(add({"i-stopped"}), "InvalidTarget", "not in a running state and cannot be registered"));
  BOOST_TEST(Refused(add({"i-elsewhere"}), "InvalidTarget", absl::StrCat("is in ", other_vpc)));
  BOOST_TEST(Refused(add({"10.0.1.9"}), "InvalidTarget", "is an instance's id"));
  BOOST_TEST(Refused(add({"i-1", 65536}), "ValidationError", "Port must be from 1 to 65535"));
  BOOST_TEST(TargetsOfGroup(arn).empty());
  // An instance that is made with its stack's group need not run yet.
  BOOST_TEST(IsOk(TryGroup({.name = "early", .targets = {{"i-stopped"}}})));
  BOOST_TEST(Refused(TryGroup({.name = "late", .targets = {{"i-0"}}}), "InvalidInstanceID.NotFound"));
  // One that has ended meanwhile stands in nobody's way.
  const std::vector<TargetDescription> ended = {{"i-0"}};
  BOOST_TEST(IsOk(ModifyTargetGroup(context, {.target_group_arn = arn, .targets = ended})));
}

BOOST_AUTO_TEST_CASE(addresses_are_those_of_the_vpc) {
  const auto arn = TryGroup({.target_type = "ip", .targets = {{"10.0.1.9"}}});
  BOOST_REQUIRE(IsOk(arn));
  const auto add = [&](const std::string& ip) {
    return RegisterTargets(context, {.target_group_arn = *arn, .targets = {{ip}}});
  };
  BOOST_TEST(IsOk(add("10.0.2.9")));
  BOOST_TEST(Refused(add("10.1.0.9"), "InvalidTarget", "is not in the block 10.0.0.0/16"));
  BOOST_TEST(Refused(add("i-1"), "InvalidTarget", "is an IP address"));
  BOOST_TEST(TargetsOfGroup(*arn).size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_target_group_has_a_thousand_targets_at_most) {
  std::vector<TargetDescription> targets;
  for (int i = 0; i < lb::kTargetsMax; ++i) targets.push_back({absl::StrCat("10.0.", i / 250, ".", i % 250)});
  const auto arn = TryGroup({.target_type = "ip", .targets = targets});
  BOOST_REQUIRE(IsOk(arn));
  BOOST_TEST(
      Refused(RegisterTargets(context, {.target_group_arn = *arn, .targets = {{"10.0.9.9"}}}), "TooManyTargets"));
}

// A replacement is known by its stack and name, which these have none of.
BOOST_AUTO_TEST_CASE(target_groups_of_no_stack_keep_their_targets_apart) {
  MakeInstance("i-1", vpc);
  const std::string one = MakeGroup("one");
  MakeGroup("two");
  BOOST_REQUIRE(IsOk(RegisterTargets(context, {.target_group_arn = one, .targets = {{"i-1"}}})));
  const std::vector<std::string> groups = RegisteredIn(context, *context.model.instances.Find("i-1"));
  BOOST_TEST(groups == std::vector<std::string>{one}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_target_group_in_use_is_not_deleted) {
  const std::string group = MakeGroup("one");
  const std::string other = MakeGroup("two");
  const std::string listener = MakeListener(MakeBalancer(), {Forward(group)});
  const auto rule = TryRule(listener, 1, {kPath}, {Forward(other)});
  BOOST_REQUIRE(IsOk(rule));
  BOOST_TEST(
      Refused(DeleteTargetGroup(context, group), "ResourceInUse", "is currently in use by a listener or a rule"));
  BOOST_TEST(Refused(DeleteTargetGroup(context, other), "ResourceInUse"));
  const std::vector<Action> fixed = {kNotFound};
  BOOST_REQUIRE(IsOk(ModifyListener(context, {.listener_arn = listener, .default_actions = fixed})));
  BOOST_REQUIRE(IsOk(DeleteRule(context, *rule)));
  BOOST_TEST(IsOk(DeleteTargetGroup(context, group)));
  BOOST_TEST(IsOk(DeleteTargetGroup(context, other)));
}

BOOST_AUTO_TEST_CASE(a_change_is_in_force_once_the_load_balancer_says_so) {
  const std::string group = MakeGroup();
  const std::string balancer = MakeBalancer();
  const std::string listener = MakeListener(balancer, {Forward(group)});
  const std::string rule = MakeRule(listener, 1);
  const std::vector<absl::Status (*)(Context&, const std::string&, const std::string&, const std::string&)> changes = {
      [](Context& c, const std::string& arn, const std::string&, const std::string&) {
        return ModifyTargetGroup(c, {.target_group_arn = arn, .health_check_path = "/new"});
      },
      [](Context& c, const std::string&, const std::string& arn, const std::string&) {
        return ModifyListener(c, {.listener_arn = arn, .port = 81});
      },
      [](Context& c, const std::string&, const std::string&, const std::string& arn) {
        return SetRulePriorities(c, {.rule_priorities = {{arn, 7}}});
      },
  };
  for (const auto& change : changes) {
    PlayDataPlane();
    BOOST_REQUIRE(*HasApplied(context, balancer));
    BOOST_REQUIRE(IsOk(change(context, group, listener, rule)));
    BOOST_TEST(!*HasApplied(context, balancer));
  }
}

// --- listeners ---

BOOST_AUTO_TEST_CASE(a_port_has_one_listener) {
  const std::string balancer = MakeBalancer();
  const std::string listener = MakeListener(balancer, {kNotFound}, 80);
  const std::string other = MakeListener(balancer, {kNotFound}, 81);
  BOOST_TEST(Refused(TryListener(balancer, {kNotFound}, 80), "DuplicateListener",
                     "load balancer front has a listener on port 80 already"));
  BOOST_TEST(Refused(ModifyListener(context, {.listener_arn = other, .port = 80}), "DuplicateListener"));
  BOOST_TEST(IsOk(ModifyListener(context, {.listener_arn = listener, .port = 80})));
  BOOST_TEST(IsOk(TryListener(MakeBalancer("other"), {kNotFound}, 80)));
}

BOOST_AUTO_TEST_CASE(a_listener_that_cannot_be_is_refused) {
  const std::string balancer = MakeBalancer();
  BOOST_TEST(Refused(TryListener(balancer, {kNotFound}, 0), "ValidationError", "a listener needs Port"));
  BOOST_TEST(Refused(TryListener(balancer, {kNotFound}, 65536), "ValidationError", "from 1 to 65535"));
  const std::vector<Action> fixed = {kNotFound};
  BOOST_TEST(Refused(
      CreateListener(context, {},
                     {.load_balancer_arn = balancer, .protocol = "HTTPS", .port = 443, .default_actions = fixed}),
      "UnsupportedProtocol", "Protocol must be HTTP, not \"HTTPS\""));
  BOOST_TEST(context.model.listeners.empty());
}

BOOST_AUTO_TEST_CASE(actions_that_cannot_be_are_refused) {
  const std::string balancer = MakeBalancer();
  const std::string group = MakeGroup();
  constexpr char kCode[] = "InvalidLoadBalancerAction";
  const auto with = [&](const std::vector<Action>& actions) { return TryListener(balancer, actions); };
  const auto forward = [&](const ForwardConfig& config) {
    return TryListener(balancer, {{.type = "forward", .forward_config = config}});
  };
  BOOST_TEST(Refused(with({}), kCode, "must not be empty"));
  BOOST_TEST(Refused(with({kNotFound, kNotFound}), kCode, "exactly one forward, redirect or fixed-response, not 2"));
  BOOST_TEST(Refused(with({{.type = "authenticate-oidc"}}), kCode, "Type must be one of"));
  BOOST_TEST(Refused(with({{.type = "forward"}}), kCode, "at least one target group"));
  BOOST_TEST(Refused(with({Forward(kNothing)}), "TargetGroupNotFound"));
  BOOST_TEST(Refused(forward({.target_groups = {{group}, {group}}}), "ValidationError", "each target group once"));
  BOOST_TEST(Refused(forward({.target_groups = {{group, 1000}}}), kCode, "must be between 0 and 999"));
  BOOST_TEST(Refused(forward({.target_groups = {{group}}, .stickiness_enabled = true}), "ValidationError",
                     "needs DurationSeconds"));
  BOOST_TEST(Refused(with({{.type = "redirect"}}), kCode, "needs RedirectConfig"));
  BOOST_TEST(Refused(with({Redirect({.path = "/new", .status_code = "HTTP_307"})}), kCode, "StatusCode"));
  BOOST_TEST(Refused(with({Redirect({.host = "a b", .status_code = "HTTP_302"})}), kCode, "Host has letters"));
  BOOST_TEST(Refused(with({Redirect({.status_code = "HTTP_302"})}), kCode, "creates a loop"));
  BOOST_TEST(Refused(with({{.type = "fixed-response"}}), kCode, "needs FixedResponseConfig"));
  Action moved = kNotFound;
  moved.fixed_response_config->status_code = "301";
  BOOST_TEST(Refused(with({moved}), kCode, "must be 2XX, 4XX or 5XX"));
  Action image = kNotFound;
  image.fixed_response_config->content_type = "image/png";
  BOOST_TEST(Refused(with({image}), kCode, "ContentType must be one of text/plain"));
  BOOST_TEST(context.model.listeners.empty());
}

BOOST_AUTO_TEST_CASE(a_redirect_that_another_port_makes_a_loop_is_refused) {
  const std::string listener =
      MakeListener(MakeBalancer(), {Redirect({.port = "8080", .status_code = "HTTP_302"})}, 80);
  BOOST_TEST(Refused(ModifyListener(context, {.listener_arn = listener, .port = 8080}), "InvalidLoadBalancerAction",
                     "creates a loop"));
  BOOST_TEST(context.model.listeners.Find(listener)->port() == 80);
}

BOOST_AUTO_TEST_CASE(a_forward_that_changes_keeps_its_clients) {
  const std::string one = MakeGroup("one");
  const std::string two = MakeGroup("two");
  ForwardConfig config = {.target_groups = {{one, 1}, {two, 2}}};
  config.stickiness_enabled = true;
  config.stickiness_duration_seconds = 60;
  const std::string listener = MakeListener(MakeBalancer(), {{.type = "forward", .forward_config = config}});
  const v1::Action before = context.model.listeners.Find(listener)->default_action();
  BOOST_TEST(before.stickiness_key().size() == 32u);
  config.target_groups[0].weight = 9;
  const std::vector<Action> changed = {{.type = "forward", .forward_config = config}};
  BOOST_REQUIRE(IsOk(ModifyListener(context, {.listener_arn = listener, .default_actions = changed})));
  const v1::Action& after = context.model.listeners.Find(listener)->default_action();
  BOOST_TEST(after.groups(0).weight() == 9);
  BOOST_TEST(after.stickiness_key() == before.stickiness_key());
}

BOOST_AUTO_TEST_CASE(a_load_balancer_has_fifty_listeners_at_most) {
  const std::string balancer = MakeBalancer();
  for (int i = 0; i < lb::kListenersMax; ++i) MakeListener(balancer, {kNotFound}, 8000 + i);
  BOOST_TEST(Refused(TryListener(balancer, {kNotFound}, 80), "TooManyListeners", "has 50 listeners already"));
}

// --- rules ---

BOOST_AUTO_TEST_CASE(every_kind_of_condition_is_kept) {
  const std::string listener = MakeListener(MakeBalancer(), {kNotFound});
  const auto arn = TryRule(listener, 1,
                           {{.field = "host-header", .values = {"a.test"}},
                            {.field = "http-header", .http_header_name = "X-A", .values = {"b*"}},
                            {.field = "http-request-method", .values = {"GET"}},
                            {.field = "query-string", .query_strings = {{"k", "v"}}},
                            {.field = "source-ip", .values = {"127.0.0.0/8"}}},
                           {kNotFound});
  BOOST_REQUIRE(IsOk(arn));
  const v1::ListenerRuleState& rule = RuleOf(*arn);
  BOOST_TEST(rule.hosts(0) == "a.test");
  BOOST_TEST(rule.headers(0).name() == "X-A");
  BOOST_TEST(rule.headers(0).patterns(0) == "b*");
  BOOST_TEST(rule.methods(0) == "GET");
  BOOST_TEST(rule.queries(0).patterns(0).key() == "k");
  BOOST_TEST(rule.queries(0).patterns(0).value() == "v");
  BOOST_TEST(rule.source_cidrs(0) == "127.0.0.0/8");
  const std::vector<RuleCondition> other = {kPath};
  BOOST_REQUIRE(IsOk(ModifyRule(context, {.rule_arn = *arn, .conditions = other})));
  BOOST_TEST(RuleOf(*arn).hosts().empty());
  BOOST_TEST(RuleOf(*arn).paths(0) == "/a/*");
  BOOST_TEST(RuleOf(*arn).action().status_code() == "404");
}

BOOST_AUTO_TEST_CASE(rules_that_cannot_be_are_refused) {
  const std::string listener = MakeListener(MakeBalancer(), {kNotFound});
  const auto on = [&](const std::vector<RuleCondition>& conditions) {
    return TryRule(listener, 1, conditions, {kNotFound});
  };
  BOOST_TEST(Refused(on({}), "ValidationError", "1 to 5 conditions"));
  BOOST_TEST(Refused(on({{.field = "cookie", .values = {"a"}}}), "ValidationError", "Field must be one of"));
  BOOST_TEST(Refused(on({{.field = "path-pattern"}}), "ValidationError", "at least one value"));
  BOOST_TEST(Refused(on({kPath, kPath}), "ValidationError", "at most one condition on path-pattern"));
  BOOST_TEST(Refused(on({{.field = "source-ip", .values = {"10.0.0.1"}}}), "ValidationError", "is a CIDR block"));
  BOOST_TEST(Refused(on({{.field = "query-string", .query_strings = {{"k", ""}}}}), "ValidationError",
                     "has 1 to 128 characters"));
  BOOST_TEST(Refused(TryRule(listener, 0, {kPath}, {kNotFound}), "ValidationError", "Priority must be from 1"));
  BOOST_TEST(Refused(TryRule(listener, 50001, {kPath}, {kNotFound}), "ValidationError", "to 50000, not 50001"));
  BOOST_TEST(Refused(TryRule(listener, 1, {kPath}, {}), "InvalidLoadBalancerAction", "must not be empty"));
  BOOST_TEST(context.model.rules.empty());
}

BOOST_AUTO_TEST_CASE(rules_change_places_at_once_or_not_at_all) {
  const std::string listener = MakeListener(MakeBalancer(), {kNotFound});
  const std::string one = MakeRule(listener, 1);
  const std::string two = MakeRule(listener, 2);
  const std::string three = MakeRule(listener, 3);
  // Those of another listener are another order.
  MakeRule(MakeListener(MakeBalancer("other"), {kNotFound}), 4);
  BOOST_TEST(Refused(TryRule(listener, 1, {kPath}, {kNotFound}), "PriorityInUse", "priority 1 is taken by"));
  BOOST_TEST(Refused(ModifyRule(context, {.rule_arn = one, .priority = 2}), "PriorityInUse"));
  BOOST_TEST(IsOk(SetRulePriorities(context, {.rule_priorities = {{one, 2}, {two, 1}}})));
  BOOST_TEST(RuleOf(one).priority() == 2);
  BOOST_TEST(RuleOf(two).priority() == 1);
  BOOST_TEST(Refused(SetRulePriorities(context, {.rule_priorities = {{one, 4}, {two, 3}}}), "PriorityInUse"));
  BOOST_TEST(Refused(SetRulePriorities(context, {.rule_priorities = {{one, 4}, {one, 5}}}), "ValidationError"));
  BOOST_TEST(Refused(SetRulePriorities(context, {.rule_priorities = {{one, 4}, {two, 0}}}), "ValidationError"));
  BOOST_TEST(RuleOf(one).priority() == 2);
  BOOST_TEST(IsOk(SetRulePriorities(context, {.rule_priorities = {{three, 4}}})));
}

BOOST_AUTO_TEST_CASE(a_listener_goes_with_its_rules) {
  const std::string balancer = MakeBalancer();
  const std::string listener = MakeListener(balancer, {kNotFound}, 80);
  const std::string kept = MakeRule(MakeListener(balancer, {kNotFound}, 81), 1);
  MakeRule(listener, 1);
  MakeRule(listener, 2);
  BOOST_REQUIRE(IsOk(DeleteListener(context, listener)));
  BOOST_REQUIRE(context.model.rules.size() == 1u);
  BOOST_TEST(context.model.rules.begin()->first == kept);
}

BOOST_AUTO_TEST_CASE(a_load_balancer_has_a_hundred_rules_at_most) {
  const std::string balancer = MakeBalancer();
  const std::string one = MakeListener(balancer, {kNotFound}, 80);
  const std::string two = MakeListener(balancer, {kNotFound}, 81);
  for (int i = 1; i <= lb::kRulesMax; ++i) MakeRule(i % 2 == 0 ? one : two, i);
  BOOST_TEST(Refused(TryRule(one, 1000, {kPath}, {kNotFound}), "TooManyRules", "has 100 rules already"));
}

BOOST_AUTO_TEST_SUITE_END()

// What one stack has and another's listener needs: as at AWS, it does not go before that listener.
BOOST_FIXTURE_TEST_CASE(a_target_group_that_another_s_listener_needs_stays, World) {
  const std::string groups = absl::StrCat(
      kNetwork,
      "  Targets: {Type: AWS::ElasticLoadBalancingV2::TargetGroup, Properties: {VpcId: !Ref Vpc, Protocol: HTTP, Port: "
      "80}}\n");
  BOOST_REQUIRE(IsOk(Create(groups)));
  Settle();
  BOOST_REQUIRE_EQUAL(StackStatus(), "CREATE_COMPLETE");
  std::vector<SubnetMapping> subnets;
  for (const auto& [id, subnet] : context.model.subnets) subnets.push_back({id});
  const auto balancer = CreateLoadBalancer(context, {}, {.name = "front", .subnet_mappings = subnets});
  BOOST_REQUIRE(IsOk(balancer));
  const std::vector<Action> forward = {
      {.type = "forward", .target_group_arn = context.model.target_groups.begin()->first}};
  BOOST_REQUIRE(IsOk(CreateListener(
      context, {}, {.load_balancer_arn = *balancer, .protocol = "HTTP", .port = 80, .default_actions = forward})));
  BOOST_REQUIRE(IsOk(DeleteStack(context, "shop", false)));
  Settle();
  BOOST_TEST(StackStatus() == "DELETE_FAILED");
  BOOST_TEST(Told("is currently in use by a listener or a rule"));
  BOOST_TEST(context.model.target_groups.size() == 1u);
  BOOST_REQUIRE(IsOk(DeleteLoadBalancer(context, *balancer)));
  BOOST_REQUIRE(IsOk(DeleteStack(context, "shop", false)));
  Settle();
  BOOST_TEST(StackStatus() == "");
}

// As a stack may be called, and a load balancer may not.
BOOST_FIXTURE_TEST_CASE(a_load_balancer_of_a_stack_called_internal_has_a_name, World) {
  const std::string body = absl::StrCat(
      kNetwork,
      "  L: {Type: AWS::ElasticLoadBalancingV2::LoadBalancer, Properties: {Subnets: [!Ref SubnetA, !Ref SubnetB]}}\n");
  BOOST_REQUIRE(IsOk(Create(body, "internal-shop")));
  Settle();
  BOOST_REQUIRE(context.model.load_balancers.size() == 1u);
  const std::string& name = context.model.load_balancers.begin()->second.name();
  BOOST_TEST(name.starts_with("shop-L-"), name);
}

}  // namespace
}  // namespace nubo::region
