#include "nubo/region/groups/operations.h"

#include <algorithm>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nubo/base/status.h"
#include "nubo/region/compute/operations.h"
#include "nubo/region/groups/groups.h"
#include "nubo/region/network/operations.h"
#include "nubo/region/state/instance_facts.h"
#include "nubo/scaling/rolling_update.h"
#include "nubo/testing/status_matchers.h"
#include "tests/region/world.h"

namespace nubo::region {
namespace {

using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

bool Refused(const absl::Status& status, absl::string_view code) { return base::ErrorCode(status) == code; }

// Everything here belongs to no stack.
struct Fleet : World {
  Fleet()
      : vpc(*CreateVpc(context, {}, {.cidr_block = "10.0.0.0/16"})),
        subnet(MakeSubnet("10.0.1.0/24", "us-east-1a")),
        other_subnet(MakeSubnet("10.0.2.0/24", "us-east-1b")),
        launch_template(*CreateLaunchTemplate(context, {}, {"small", {.image_id = "web"}})) {}

  std::string MakeSubnet(const std::string& block, const std::string& zone) {
    return *CreateSubnet(context, {}, {.vpc_id = vpc, .cidr_block = block, .availability_zone = zone});
  }
  CreateAutoScalingGroupRequest Wanted() const {
    return {.auto_scaling_group_name = "web",
            .min_size = 1,
            .max_size = 4,
            .desired_capacity = 2,
            .vpc_zone_identifier = {subnet, other_subnet},
            .launch_template = {.launch_template_id = launch_template, .version = "$Latest"}};
  }
  void Up() {
    BOOST_REQUIRE(IsOk(CreateAutoScalingGroup(context, {}, Wanted())));
    Settle();
    BOOST_REQUIRE_EQUAL(InService(context, "web"), 2);
  }
  void ChangeTemplate() {
    BOOST_REQUIRE(IsOk(CreateLaunchTemplateVersion(
        context, {.launch_template_id = launch_template,
                  .launch_template_data = {.image_id = "web", .disable_api_termination = true}})));
  }
  std::string Members() const { return absl::StrJoin(Alive(), " "); }

  const std::string vpc;
  const std::string subnet;
  const std::string other_subnet;
  const std::string launch_template;
};

BOOST_AUTO_TEST_SUITE(groups_operations)

BOOST_FIXTURE_TEST_CASE(a_group_needs_no_stack, Fleet) {
  Up();
  BOOST_TEST(Group().owner().stack_name().empty());
  BOOST_TEST(Group().health_check_type() == "EC2");
  const auto former = SetDesiredCapacity(context, {"web", 3});
  BOOST_REQUIRE(IsOk(former));
  BOOST_TEST(*former == 2);
  Settle();
  BOOST_TEST(InService(context, "web") == 3);
  BOOST_TEST(IsOk(UpdateAutoScalingGroup(context, {.auto_scaling_group_name = "web", .max_size = 1})));
  Settle();
  BOOST_TEST(InService(context, "web") == 1);
  BOOST_TEST(IsOk(DeleteAutoScalingGroup(context, {.auto_scaling_group_name = "web", .force_delete = true})));
  Settle();
  BOOST_TEST(context.model.groups.empty());
  BOOST_TEST(Alive().empty());
}

struct Case {
  const char* name;
  void (*change)(CreateAutoScalingGroupRequest&);
  const char* code;
};
std::ostream& operator<<(std::ostream& out, const Case& one) { return out << one.name; }

using Request = CreateAutoScalingGroupRequest;
constexpr Case kRefused[] = {
    {"no name", [](Request& request) { request.auto_scaling_group_name.clear(); }, "ValidationError"},
    {"a name with a colon", [](Request& request) { request.auto_scaling_group_name = "a:b"; }, "ValidationError"},
    {"a minimum above the maximum", [](Request& request) { request.min_size = 5; }, "ValidationError"},
    {"more than it may have", [](Request& request) { request.desired_capacity = 5; }, "ValidationError"},
    {"more than there can be", [](Request& request) { request.max_size = 10001; }, "ValidationError"},
    {"a negative grace period", [](Request& request) { request.health_check_grace_period = -1; }, "ValidationError"},
    {"no subnet", [](Request& request) { request.vpc_zone_identifier.clear(); }, "ValidationError"},
    {"an unknown subnet", [](Request& request) { request.vpc_zone_identifier = {"subnet-0"}; },
     "InvalidSubnetID.NotFound"},
    {"another zone", [](Request& request) { request.availability_zones = {"us-east-1a"}; }, "ValidationError"},
    {"an unknown word of health", [](Request& request) { request.health_check_type = "ELP"; }, "ValidationError"},
    {"an unknown policy", [](Request& request) { request.termination_policies = {"Oldest"}; }, "ValidationError"},
    {"an unknown target group", [](Request& request) { request.target_group_arns = {"arn"}; }, "TargetGroupNotFound"},
    {"no launch template", [](Request& request) { request.launch_template = {}; }, "ValidationError"},
    {"an unknown launch template", [](Request& request) { request.launch_template = {"lt-0", ""}; },
     "InvalidLaunchTemplateId.NotFound"},
    {"an unknown version", [](Request& request) { request.launch_template.version = "7"; },
     "InvalidLaunchTemplateId.VersionNotFound"},
};

BOOST_DATA_TEST_CASE_F(Fleet, a_group_that_cannot_be_is_not_made, kRefused) {
  CreateAutoScalingGroupRequest request = Wanted();
  sample.change(request);
  const absl::Status status = CreateAutoScalingGroup(context, {}, request).status();
  BOOST_TEST(Refused(status, sample.code), status);
  BOOST_TEST(context.model.groups.empty());
}

BOOST_FIXTURE_TEST_CASE(a_group_that_could_launch_nothing_is_not_made, Fleet) {
  BOOST_REQUIRE(IsOk(CreateLaunchTemplate(context, {}, {"empty", {}})));
  CreateAutoScalingGroupRequest request = Wanted();
  request.launch_template = {.launch_template_name = "empty"};
  BOOST_TEST(Refused(CreateAutoScalingGroup(context, {}, request).status(), "InvalidAMIID.NotFound"));
}

BOOST_FIXTURE_TEST_CASE(a_name_is_taken_once, Fleet) {
  Up();
  const auto again = CreateAutoScalingGroup(context, {}, Wanted());
  BOOST_TEST(StatusIs(again, absl::StatusCode::kAlreadyExists, "there is a group 'web' already"));
  BOOST_TEST(Refused(again.status(), "AlreadyExists"));
}

BOOST_FIXTURE_TEST_CASE(without_a_desired_capacity_a_group_has_its_minimum, Fleet) {
  CreateAutoScalingGroupRequest request = Wanted();
  request.desired_capacity.reset();
  BOOST_REQUIRE(IsOk(CreateAutoScalingGroup(context, {}, request)));
  BOOST_TEST(Group().desired() == 1);
}

BOOST_FIXTURE_TEST_CASE(what_an_update_does_not_say_stays, Fleet) {
  Up();
  const std::string before = Members();
  BOOST_TEST(IsOk(UpdateAutoScalingGroup(context, {.auto_scaling_group_name = "web", .health_check_type = "ELB"})));
  BOOST_TEST(Group().health_check_type() == "ELB");
  BOOST_TEST(Group().desired() == 2);
  BOOST_TEST(Group().max_size() == 4);
  BOOST_TEST(Group().subnet_ids_size() == 2);
  BOOST_TEST(Group().launch_template_id() == launch_template);
  BOOST_TEST(IsOk(UpdateAutoScalingGroup(context, {.auto_scaling_group_name = "web", .min_size = 3})));
  BOOST_TEST(Group().desired() == 3, "as far as the sizes allow");
  Settle();
  BOOST_TEST(absl::StartsWith(Members(), before));
}

BOOST_FIXTURE_TEST_CASE(an_update_that_cannot_be_changes_nothing, Fleet) {
  Up();
  const std::string before = Group().SerializeAsString();
  const auto refused = [&](UpdateAutoScalingGroupRequest request, const char* code) {
    request.auto_scaling_group_name = "web";
    const absl::Status status = UpdateAutoScalingGroup(context, request);
    BOOST_TEST(Refused(status, code), status);
    BOOST_TEST(Group().SerializeAsString() == before);
  };
  refused({.max_size = 3, .launch_template = {{.launch_template_name = "large"}}},
          "InvalidLaunchTemplateName.NotFoundException");
  refused({.min_size = 5}, "ValidationError");
  refused({.availability_zones = {{"us-east-1f"}}}, "ValidationError");
  refused({.max_size = 3, .rolling_update = scaling::RollingUpdate{.max_batch_size = 1, .min_in_service = 3}},
          "ValidationError");
}

BOOST_FIXTURE_TEST_CASE(a_rolling_update_replaces_what_would_be_launched_otherwise, Fleet) {
  Up();
  const std::vector<std::string> before = Alive();
  ChangeTemplate();
  BOOST_TEST(IsOk(UpdateAutoScalingGroup(context, {.auto_scaling_group_name = "web"})));
  Settle(absl::Seconds(1));
  BOOST_TEST(Alive() == before, "without a policy they stay");
  BOOST_TEST(IsOk(UpdateAutoScalingGroup(
      context, {.auto_scaling_group_name = "web",
                .rolling_update = scaling::RollingUpdate{.max_batch_size = 1, .min_in_service = 1}})));
  BOOST_TEST(Group().rolling());
  Settle(absl::Seconds(1));
  BOOST_TEST(!Group().rolling());
  BOOST_TEST(InService(context, "web") == 2);
  for (const std::string& id : before) BOOST_TEST(IsTerminated(*context.model.instances.Find(id)));
}

BOOST_FIXTURE_TEST_CASE(instances_leave_a_subnet_that_the_group_no_longer_has, Fleet) {
  Up();
  BOOST_TEST(IsOk(
      UpdateAutoScalingGroup(context, {.auto_scaling_group_name = "web", .vpc_zone_identifier = {{other_subnet}}})));
  Settle(absl::Seconds(1));
  BOOST_TEST(InService(context, "web") == 2);
  for (const std::string& id : Alive()) BOOST_TEST(context.model.instances.Find(id)->subnet_id() == other_subnet);
}

BOOST_FIXTURE_TEST_CASE(a_group_with_instances_is_deleted_by_force_alone, Fleet) {
  Up();
  const absl::Status refused = DeleteAutoScalingGroup(context, {.auto_scaling_group_name = "web"});
  BOOST_TEST(StatusIs(refused, absl::StatusCode::kFailedPrecondition, "there are instances still in the group"));
  BOOST_TEST(Refused(refused, "ResourceInUse"));
  BOOST_REQUIRE(
      IsOk(UpdateAutoScalingGroup(context, {.auto_scaling_group_name = "web", .min_size = 0, .max_size = 0})));
  Settle();
  BOOST_TEST(IsOk(DeleteAutoScalingGroup(context, {.auto_scaling_group_name = "web"})));
  BOOST_TEST(context.model.groups.empty(), "at once");
}

BOOST_FIXTURE_TEST_CASE(a_group_that_is_being_deleted_takes_no_changes_and_keeps_its_name, Fleet) {
  Up();
  in_flight = 1;
  BOOST_REQUIRE(IsOk(DeleteAutoScalingGroup(context, {.auto_scaling_group_name = "web", .force_delete = true})));
  BOOST_TEST(IsOk(DeleteAutoScalingGroup(context, {.auto_scaling_group_name = "web", .force_delete = true})));
  BOOST_TEST(StatusIs(UpdateAutoScalingGroup(context, {.auto_scaling_group_name = "web", .max_size = 5}),
                      absl::StatusCode::kNotFound, "AutoScalingGroup name not found"));
  BOOST_TEST(Refused(SetDesiredCapacity(context, {"web", 1}).status(), "ValidationError"));
  BOOST_TEST(Refused(CreateAutoScalingGroup(context, {}, Wanted()).status(), "AlreadyExists"));
}

BOOST_FIXTURE_TEST_CASE(of_a_group_that_is_not_there_everything_is_refused, Fleet) {
  const DeleteAutoScalingGroupRequest unknown = {.auto_scaling_group_name = "web", .force_delete = true};
  BOOST_TEST(StatusIs(DeleteAutoScalingGroup(context, unknown), absl::StatusCode::kNotFound));
  BOOST_TEST(Refused(DeleteAutoScalingGroup(context, unknown), "ValidationError"));
  BOOST_TEST(Refused(UpdateAutoScalingGroup(context, {.auto_scaling_group_name = "web"}), "ValidationError"));
  BOOST_TEST(StatusIs(SetDesiredCapacity(context, {"web", 1}), absl::StatusCode::kInvalidArgument,
                      "AutoScalingGroup name not found - there is no group web"));
}

BOOST_FIXTURE_TEST_CASE(a_desired_capacity_is_within_the_sizes, Fleet) {
  Up();
  BOOST_TEST(StatusIs(SetDesiredCapacity(context, {"web", 5}), absl::StatusCode::kInvalidArgument,
                      "New SetDesiredCapacity value 5 is above max value 4 for the AutoScalingGroup web"));
  BOOST_TEST(StatusIs(SetDesiredCapacity(context, {"web", 0}), absl::StatusCode::kInvalidArgument,
                      "New SetDesiredCapacity value 0 is below min value 1 for the AutoScalingGroup web"));
  BOOST_TEST(Group().desired() == 2);
}

BOOST_FIXTURE_TEST_CASE(instances_are_protected_from_scaling_in_together, Fleet) {
  Up();
  const std::vector<std::string> ids = Alive();
  const auto protected_ones = [&] {
    return std::count_if(ids.begin(), ids.end(), [&](const std::string& id) {
      return context.model.instances.Find(id)->protected_from_scale_in();
    });
  };
  const auto refused = [&](SetInstanceProtectionRequest request, const std::string& words) {
    request.protected_from_scale_in = true;
    const auto answer = SetInstanceProtection(context, request);
    BOOST_TEST(StatusIs(answer, absl::StatusCode::kInvalidArgument, words));
    BOOST_TEST(Refused(answer.status(), "ValidationError"));
    BOOST_TEST(protected_ones() == 0);
  };
  const auto alone = RunInstances(context, {}, {.image_id = "web", .subnet_id = subnet});
  BOOST_REQUIRE(IsOk(alone));
  refused({.instance_ids = {ids[0], *alone}}, absl::StrCat("The instance ", *alone, " is not part of a group"));
  refused({.auto_scaling_group_name = "other", .instance_ids = ids}, "is not part of Auto Scaling group other");
  refused({.instance_ids = std::vector<std::string>(51, ids[0])}, "at most 50 instances");
  const auto former = SetInstanceProtection(
      context, {.auto_scaling_group_name = "web", .instance_ids = {ids[0]}, .protected_from_scale_in = true});
  BOOST_REQUIRE(IsOk(former));
  BOOST_TEST((*former == std::vector<bool>{false}));
  const auto both = SetInstanceProtection(context, {.instance_ids = ids, .protected_from_scale_in = true});
  BOOST_REQUIRE(IsOk(both));
  BOOST_TEST((*both == std::vector<bool>{true, false}));
  BOOST_TEST(protected_ones() == 2);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace nubo::region
