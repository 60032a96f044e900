#include "nubo/scaling/reconcile.h"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::scaling {
namespace {

using absl::StatusCode;
using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;
using Kind = Termination::Kind;

const absl::Time kNow = absl::FromUnixSeconds(1893456000);  // 2030-01-01T00:00:00Z

GroupSpec Group(int min_size, int desired, int max_size) {
  return {.name = "web",
          .min_size = min_size,
          .max_size = max_size,
          .desired = desired,
          .subnets = {{"subnet-a", "a"}, {"subnet-b", "b"}}};
}

GroupSpec ElbGroup(int desired) {
  GroupSpec spec = Group(0, desired, 100);
  spec.health_check_type = HealthCheckType::kElb;
  spec.grace_period = absl::Seconds(300);
  return spec;
}

// In service for an hour.
Member Serving(const std::string& id, const std::string& zone = "a") {
  return {.id = id,
          .zone = zone,
          .lifecycle = LifecycleState::kInService,
          .ec2 = Ec2Health::kRunning,
          .launch_time = kNow - absl::Hours(1) - absl::Minutes(1),
          .in_service_time = kNow - absl::Hours(1)};
}

Member Pending(const std::string& id, const std::string& zone = "a") {
  return {.id = id, .zone = zone, .launch_time = kNow - absl::Seconds(1)};
}

std::string Launches(const Plan& plan) {
  std::vector<std::string> subnets;
  for (const Launch& launch : plan.launches) subnets.push_back(launch.subnet_id);
  return absl::StrJoin(subnets, " ");
}

std::string Ends(const Plan& plan, Kind kind) {
  std::vector<std::string> ids;
  for (const Termination& end : plan.terminations) {
    if (end.kind == kind) ids.push_back(end.instance_id);
  }
  return absl::StrJoin(ids, " ");
}

BOOST_AUTO_TEST_SUITE(termination_policies)

struct PolicyRow {
  std::vector<TerminationPolicy> policies;
  const char* goes;
};

// Of three in one zone: the oldest, of the newest template; one in the middle, 55 minutes into its hour; the newest.
std::vector<Member> Three() {
  std::vector<Member> members = {Serving("oldest"), Serving("middle"), Serving("newest")};
  members[0].launch_time = kNow - absl::Hours(5) - absl::Minutes(5);
  members[1].launch_time = kNow - absl::Hours(3) - absl::Minutes(55);
  members[2].launch_time = kNow - absl::Hours(1) - absl::Minutes(10);
  members[0].template_version = 3;
  members[1].template_version = 2;
  members[2].template_version = 2;
  return members;
}

const PolicyRow kPolicyRows[] = {
    {{}, "middle"},
    {{TerminationPolicy::kDefault}, "middle"},
    {{TerminationPolicy::kOldestInstance}, "oldest"},
    {{TerminationPolicy::kNewestInstance}, "newest"},
    {{TerminationPolicy::kOldestLaunchTemplate}, "middle"},
    {{TerminationPolicy::kOldestLaunchTemplate, TerminationPolicy::kNewestInstance}, "newest"},
    {{TerminationPolicy::kClosestToNextInstanceHour}, "middle"},
    {{TerminationPolicy::kOldestLaunchConfiguration, TerminationPolicy::kNewestInstance}, "newest"},
    {{TerminationPolicy::kAllocationStrategy}, "oldest"},
};

BOOST_AUTO_TEST_CASE(the_first_that_tells_instances_apart_decides) {
  for (const PolicyRow& row : kPolicyRows) {
    GroupSpec spec = Group(0, 2, 4);
    spec.termination_policies = row.policies;
    BOOST_TEST(Ends(Reconcile(spec, {.members = Three()}, kNow), Kind::kScaleIn) == row.goes);
  }
}

BOOST_AUTO_TEST_CASE(the_fullest_zone_comes_before_them) {
  std::vector<Member> members = Three();
  members[2].zone = "b";
  GroupSpec spec = Group(0, 2, 4);
  spec.termination_policies = {TerminationPolicy::kNewestInstance};
  BOOST_TEST(Ends(Reconcile(spec, {.members = members}, kNow), Kind::kScaleIn) == "middle");
}

BOOST_AUTO_TEST_CASE(only_aws_names_are_known) {
  BOOST_TEST(IsOk(ParseTerminationPolicy("OldestLaunchTemplate")));
  BOOST_TEST(StatusIs(ParseTerminationPolicy("Oldest"), StatusCode::kInvalidArgument,
                      "there is no termination policy \"Oldest\""));
  for (const std::string& name : TerminationPolicyNames()) BOOST_TEST(IsOk(ParseTerminationPolicy(name)), name);
}

BOOST_AUTO_TEST_CASE(one_word_of_elb_among_health_checks_is_enough) {
  BOOST_CHECK(*ParseHealthCheckType("EC2") == HealthCheckType::kEc2);
  BOOST_CHECK(*ParseHealthCheckType("ELB") == HealthCheckType::kElb);
  BOOST_CHECK(*ParseHealthCheckType("EC2, ELB") == HealthCheckType::kElb);
}

BOOST_AUTO_TEST_CASE(health_checks_that_mean_nothing_here_are_refused) {
  BOOST_TEST(StatusIs(ParseHealthCheckType("ELB,EBS"), StatusCode::kInvalidArgument, "EBS are not offered yet"));
  BOOST_TEST(StatusIs(ParseHealthCheckType("VPC_LATTICE"), StatusCode::kInvalidArgument, "not offered yet"));
  BOOST_TEST(StatusIs(ParseHealthCheckType("EC2,ELP"), StatusCode::kInvalidArgument, "no health checks of type"));
  BOOST_TEST(StatusIs(ParseHealthCheckType(""), StatusCode::kInvalidArgument, "no health checks of type"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(sizes)

BOOST_AUTO_TEST_CASE(an_empty_group_is_filled_zone_by_zone) {
  const Plan plan = Reconcile(Group(1, 3, 4), {}, kNow);
  BOOST_TEST(Launches(plan) == "subnet-a subnet-b subnet-a");
  BOOST_TEST(plan.terminations.empty());
  BOOST_TEST(plan.launches[1].cause ==
             "At 2030-01-01T00:00:00Z an instance was started in response to a difference between desired and actual "
             "capacity, increasing the capacity from 1 to 2.");
}

BOOST_AUTO_TEST_CASE(the_zone_with_fewest_comes_first) {
  const Plan plan = Reconcile(Group(1, 5, 5), {.members = {Serving("1", "a"), Pending("2", "a")}}, kNow);
  BOOST_TEST(Launches(plan) == "subnet-b subnet-b subnet-a");
}

BOOST_AUTO_TEST_CASE(desired_capacity_stays_within_the_bounds) {
  BOOST_TEST(Reconcile(Group(2, 0, 4), {}, kNow).launches.size() == 2u);
  BOOST_TEST(Reconcile(Group(0, 9, 4), {}, kNow).launches.size() == 4u);
  BOOST_TEST(Reconcile(Group(5, 5, 3), {}, kNow).launches.size() == 3u);
  BOOST_TEST(Reconcile(Group(-2, -1, -1), {}, kNow).launches.empty());
}

BOOST_AUTO_TEST_CASE(a_group_at_its_size_rests) {
  const Plan plan = Reconcile(Group(1, 2, 4), {.members = {Serving("1"), Serving("2", "b")}}, kNow);
  BOOST_TEST(plan.launches.empty());
  BOOST_TEST(plan.terminations.empty());
  BOOST_TEST(plan.waiting == "");
  BOOST_TEST((plan.next == absl::InfiniteFuture()));
}

BOOST_AUTO_TEST_CASE(a_group_without_subnets_says_so) {
  GroupSpec spec = Group(1, 1, 1);
  spec.subnets.clear();
  BOOST_TEST(Reconcile(spec, {}, kNow).waiting == "the group has no subnet to launch into");
  BOOST_TEST(StatusIs(Validate(spec), StatusCode::kInvalidArgument, "subnet"));
}

BOOST_AUTO_TEST_CASE(sizes_that_contradict_each_other_are_refused) {
  BOOST_TEST(IsOk(Validate(Group(1, 2, 4))));
  BOOST_TEST(StatusIs(Validate(Group(-1, 2, 4)), StatusCode::kInvalidArgument, "not negative"));
  BOOST_TEST(StatusIs(Validate(Group(5, 5, 4)), StatusCode::kInvalidArgument, "max size 4"));
  BOOST_TEST(StatusIs(Validate(Group(2, 1, 4)), StatusCode::kInvalidArgument, "desired capacity 1"));
  BOOST_TEST(StatusIs(Validate(Group(2, 5, 4)), StatusCode::kInvalidArgument, "desired capacity 5"));
  BOOST_TEST(IsOk(Validate(Group(1, 2, 10000))));
  BOOST_TEST(StatusIs(Validate(Group(1, 2, 10001)), StatusCode::kInvalidArgument, "max size 10001 is above 10000"));
}

BOOST_AUTO_TEST_CASE(a_grace_period_is_not_negative) {
  GroupSpec spec = Group(1, 2, 4);
  spec.grace_period = absl::Seconds(-1);
  BOOST_TEST(StatusIs(Validate(spec), StatusCode::kInvalidArgument, "not negative"));
}

BOOST_AUTO_TEST_CASE(names_of_groups_are_visible_and_have_no_colon) {
  BOOST_TEST(IsOk(ValidateGroupName("web/1#!~")));
  BOOST_TEST(IsOk(ValidateGroupName(std::string(255, 'a'))));
  for (const std::string& name :
       {std::string(), std::string("a b"), std::string("a:b"), std::string("a\xc3\xa4"), std::string(256, 'a')}) {
    BOOST_TEST(StatusIs(ValidateGroupName(name), StatusCode::kInvalidArgument, "1 to 255 visible ASCII characters"));
  }
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE(scale_in)

BOOST_AUTO_TEST_CASE(takes_from_the_zone_with_most) {
  const Plan plan =
      Reconcile(Group(0, 2, 4), {.members = {Serving("1", "a"), Serving("2", "b"), Serving("3", "b")}}, kNow);
  BOOST_TEST(Ends(plan, Kind::kScaleIn) == "2");
  BOOST_TEST(absl::StrContains(plan.terminations[0].cause, "shrinking the capacity from 3 to 2."));
}

BOOST_AUTO_TEST_CASE(takes_the_oldest_template_then_the_oldest_instance) {
  Member old_template = Serving("2"), old_instance = Serving("3"), other = Serving("4");
  old_template.template_version = 1;
  old_instance.template_version = other.template_version = 2;
  old_instance.launch_time -= absl::Hours(1);
  const Observed observed = {.members = {other, old_instance, old_template}};
  BOOST_TEST(Ends(Reconcile(Group(0, 2, 4), observed, kNow), Kind::kScaleIn) == "2");
  BOOST_TEST(Ends(Reconcile(Group(0, 1, 4), observed, kNow), Kind::kScaleIn) == "2 3");
  BOOST_TEST(Ends(Reconcile(Group(0, 0, 4), observed, kNow), Kind::kScaleIn) == "2 3 4");
}

BOOST_AUTO_TEST_CASE(takes_what_is_not_in_service_first) {
  const Plan plan =
      Reconcile(Group(0, 1, 4), {.members = {Serving("1", "a"), Serving("2", "a"), Pending("3", "b")}}, kNow);
  BOOST_TEST(Ends(plan, Kind::kScaleIn) == "3 1");
}

BOOST_AUTO_TEST_CASE(never_takes_a_protected_one) {
  Member kept = Serving("1");
  kept.protected_from_scale_in = true;
  const Plan plan = Reconcile(Group(0, 0, 4), {.members = {kept, Serving("2", "b")}}, kNow);
  BOOST_TEST(Ends(plan, Kind::kScaleIn) == "2");
  BOOST_TEST(plan.waiting == "every instance that could go is protected from scale-in");
}

BOOST_AUTO_TEST_CASE(what_is_going_already_is_not_counted) {
  Member going = Serving("1");
  going.lifecycle = LifecycleState::kTerminating;
  const Plan plan = Reconcile(Group(0, 1, 4), {.members = {going, Serving("2", "b")}}, kNow);
  BOOST_TEST(plan.terminations.empty());
  BOOST_TEST(plan.launches.empty());
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE(health)

BOOST_AUTO_TEST_CASE(a_dead_one_is_replaced_at_once_within_the_grace_too) {
  GroupSpec spec = ElbGroup(2);
  Member dead = Serving("1", "a");
  dead.in_service_time = kNow - absl::Seconds(1);
  dead.ec2 = Ec2Health::kGone;
  const Plan plan = Reconcile(spec, {.members = {dead, Serving("2", "b")}}, kNow);
  BOOST_TEST(Ends(plan, Kind::kGone) == "1");
  BOOST_TEST(Launches(plan) == "subnet-a");
  BOOST_TEST(absl::StrContains(plan.terminations[0].cause, "EC2 health check"));
}

BOOST_AUTO_TEST_CASE(all_dead_ones_are_replaced_together) {
  Observed observed;
  for (int i = 0; i < 20; ++i) {
    observed.members.push_back(Serving(absl::StrCat(i)));
    observed.members.back().ec2 = Ec2Health::kGone;
  }
  BOOST_TEST(Reconcile(ElbGroup(20), observed, kNow).launches.size() == 20u);
}

BOOST_AUTO_TEST_CASE(running_is_in_service_unless_the_load_balancer_has_a_say) {
  Member member = Pending("1");
  BOOST_TEST(Reconcile(Group(1, 1, 1), {.members = {member}}, kNow).in_service.empty());
  member.ec2 = Ec2Health::kRunning;
  member.elb = ElbHealth::kInitial;
  BOOST_TEST(Reconcile(Group(1, 1, 1), {.members = {member}}, kNow).in_service == std::vector<std::string>{"1"});
  BOOST_TEST(Reconcile(ElbGroup(1), {.members = {member}}, kNow).in_service.empty());
  member.elb = ElbHealth::kHealthy;
  BOOST_TEST(Reconcile(ElbGroup(1), {.members = {member}}, kNow).in_service == std::vector<std::string>{"1"});
  // A group that asks a load balancer, but is registered with none.
  member.elb = ElbHealth::kNone;
  BOOST_TEST(Reconcile(ElbGroup(1), {.members = {member}}, kNow).in_service == std::vector<std::string>{"1"});
}

BOOST_AUTO_TEST_CASE(an_unhealthy_one_is_replaced_after_the_grace) {
  Member sick = Serving("1");
  sick.elb = ElbHealth::kUnhealthy;
  sick.elb_reason = "Health checks failed with these codes: [500]";
  sick.in_service_time = kNow - absl::Seconds(299);
  Plan plan = Reconcile(ElbGroup(1), {.members = {sick}}, kNow);
  BOOST_TEST(plan.terminations.empty());
  BOOST_TEST((plan.next == kNow + absl::Seconds(1)));
  plan = Reconcile(ElbGroup(1), {.members = {sick}}, plan.next);
  BOOST_TEST(Ends(plan, Kind::kUnhealthy) == "1");
  BOOST_TEST(Launches(plan) == "subnet-a");
  BOOST_TEST(absl::StrContains(plan.terminations[0].cause, "codes: [500]."));
  // Whom nobody asked does not count.
  BOOST_TEST(Reconcile(Group(0, 1, 1), {.members = {sick}}, kNow + absl::Hours(1)).terminations.empty());
}

BOOST_AUTO_TEST_CASE(unhealthy_ones_are_replaced_a_tenth_at_a_time) {
  Observed observed;
  for (int i = 0; i < 30; ++i) {
    observed.members.push_back(Serving(absl::StrCat(i)));
    observed.members.back().elb = ElbHealth::kUnhealthy;
  }
  const Plan plan = Reconcile(ElbGroup(30), observed, kNow);
  BOOST_TEST(plan.terminations.size() == 3u);
  BOOST_TEST(plan.launches.size() == 3u);
  BOOST_TEST(absl::StrContains(plan.waiting, "waits for other replacements"));
}

BOOST_AUTO_TEST_CASE(an_unhealthy_one_stays_while_its_successor_is_not_there) {
  Member sick = Serving("1");
  sick.elb = ElbHealth::kUnhealthy;
  // One of two is already being replaced.
  BOOST_TEST(Reconcile(ElbGroup(2), {.members = {sick, Pending("2", "b")}}, kNow).terminations.empty());
  // Or cannot be: launches keep failing.
  const Observed failing = {
      .members = {sick}, .failed_launches = 3, .last_failure = kNow, .last_failure_reason = "exited with status 1"};
  BOOST_TEST(Reconcile(ElbGroup(2), failing, kNow).terminations.empty());
}

BOOST_AUTO_TEST_CASE(one_that_never_got_into_service_does_not_wait_for_others) {
  Member first = Pending("1"), second = Pending("2", "b");
  first.ec2 = second.ec2 = Ec2Health::kRunning;
  first.elb = second.elb = ElbHealth::kUnhealthy;
  first.launch_time = second.launch_time = kNow - absl::Seconds(301);
  BOOST_TEST(Ends(Reconcile(ElbGroup(2), {.members = {first, second}}, kNow), Kind::kUnhealthy) == "1 2");
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE(failing_launches)

BOOST_AUTO_TEST_CASE(the_pause_doubles_up_to_a_minute) {
  const int seconds[] = {1, 2, 4, 8, 16, 32, 60, 60};
  for (int i = 0; i < 8; ++i) BOOST_TEST((LaunchBackoff(i + 1) == absl::Seconds(seconds[i])));
  BOOST_TEST((LaunchBackoff(1000000) == absl::Seconds(60)));
}

BOOST_AUTO_TEST_CASE(a_launch_waits_for_its_turn_and_says_why) {
  const Observed observed = {
      .failed_launches = 3, .last_failure = kNow, .last_failure_reason = "i-1: exited with status 1 after 200ms"};
  Plan plan = Reconcile(Group(1, 1, 1), observed, kNow + absl::Seconds(1));
  BOOST_TEST(plan.launches.empty());
  BOOST_TEST((plan.next == kNow + absl::Seconds(4)));
  BOOST_TEST(plan.waiting == "3 launches in a row failed (i-1: exited with status 1 after 200ms): next try 00:00:04.0");
  BOOST_TEST(Reconcile(Group(1, 1, 1), observed, plan.next).launches.size() == 1u);
}

BOOST_AUTO_TEST_CASE(the_first_replacement_is_immediate) {
  BOOST_TEST(Reconcile(Group(1, 1, 1), {.last_failure = kNow}, kNow).launches.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_short_life_is_a_failed_launch_unless_a_load_balancer_vouched_for_it) {
  for (const HealthCheckType type : {HealthCheckType::kEc2, HealthCheckType::kElb}) {
    BOOST_TEST(FailedLaunch(type, absl::InfinitePast(), kNow));
    BOOST_TEST(!FailedLaunch(type, kNow - kProvenAfter, kNow));
  }
  BOOST_TEST(FailedLaunch(HealthCheckType::kEc2, kNow - absl::Seconds(9), kNow));
  BOOST_TEST(!FailedLaunch(HealthCheckType::kElb, kNow - absl::Seconds(9), kNow));
}

BOOST_AUTO_TEST_CASE(launches_succeed_once_one_is_proven) {
  Member young = Serving("1");
  young.in_service_time = kNow - absl::Seconds(9);
  BOOST_TEST(!Reconcile(Group(1, 1, 1), {.members = {young}}, kNow).launches_succeed);
  BOOST_TEST(Reconcile(Group(1, 1, 1), {.members = {young}}, kNow + absl::Seconds(1)).launches_succeed);
  young.elb = ElbHealth::kHealthy;
  BOOST_TEST(Reconcile(ElbGroup(1), {.members = {young}}, kNow).launches_succeed);
  young.elb = ElbHealth::kUnhealthy;
  BOOST_TEST(!Reconcile(ElbGroup(1), {.members = {young}}, kNow + absl::Hours(1)).launches_succeed);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace nubo::scaling
