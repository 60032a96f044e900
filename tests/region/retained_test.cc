// What stacks leave behind, and when a stack is ready.
#include <boost/test/unit_test.hpp>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "nubo/region/groups/groups.h"
#include "nubo/region/lookup/describe_one.h"
#include "nubo/region/lookup/protection.h"
#include "nubo/region/stacks/describe.h"
#include "nubo/region/stacks/retained.h"
#include "nubo/region/stacks/stacks.h"
#include "nubo/testing/status_matchers.h"
#include "tests/region/world.h"

namespace nubo::region {
namespace {

using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

constexpr char kKept[] = R"(
Resources:
  Vpc:
    Type: AWS::EC2::VPC
    DeletionPolicy: Retain
    Properties: {CidrBlock: 10.0.0.0/16}
  SubnetA:
    Type: AWS::EC2::Subnet
    DeletionPolicy: Retain
    Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.1.0/24, AvailabilityZone: us-east-1a}
  Alone:
    Type: AWS::EC2::Instance
    DeletionPolicy: Retain
    Properties: {ImageId: web, SubnetId: !Ref SubnetA}
)";

constexpr char kPlainGroup[] = R"(
  Template:
    Type: AWS::EC2::LaunchTemplate
    Properties: {LaunchTemplateData: {ImageId: web, UserData: {"Fn::Base64": "#!/bin/sh\nexec web\n"}}}
  Group:
    Type: AWS::AutoScaling::AutoScalingGroup
    Properties:
      MinSize: 1
      MaxSize: 1
      VPCZoneIdentifier: [!Ref SubnetA]
      LaunchTemplate: {LaunchTemplateId: !Ref Template, Version: !GetAtt Template.LatestVersionNumber}
)";

struct Kept : World {
  void Up(const std::string& body) {
    BOOST_REQUIRE(IsOk(Create(body)));
    Settle();
    BOOST_REQUIRE_MESSAGE(StackStatus() == "CREATE_COMPLETE", Failure());
  }
  void LeaveBehind() {
    Up(kKept);
    BOOST_REQUIRE(IsOk(DeleteStack(context, "shop", false)));
    Settle();
    BOOST_REQUIRE_EQUAL(StackStatus(), "");
  }
  std::string StatusOf(const std::string& id) {
    const auto answer = DescribeOne(context, id);
    return answer.ok() ? answer->status() : "";
  }
  Failing Fails() { return WhatFails(context, *context.model.stacks.Find("shop")); }
  std::vector<std::string> Waits() { return WaitingFor(context, *context.model.stacks.Find("shop")); }
};

BOOST_FIXTURE_TEST_SUITE(retained, Kept)

BOOST_AUTO_TEST_CASE(what_a_stack_leaves_behind_stays_known) {
  LeaveBehind();
  BOOST_TEST(context.model.retained.size() == 3u);
  BOOST_REQUIRE_EQUAL(Alive().size(), 1u);
  BOOST_TEST(StatusOf(Alive()[0]) == "retained by stack shop");
  BOOST_TEST(StatusOf("shop/Alone") == "retained by stack shop");
  cloudformation::v1::DescribeStackResourcesResponse listed;
  BOOST_REQUIRE(IsOk(Describe(context, cloudformation::v1::DescribeStackResourcesRequest(), listed)));
  BOOST_REQUIRE_EQUAL(listed.resources_size(), 3);
  BOOST_TEST(listed.resources(0).status() == "DELETE_SKIPPED");
  BOOST_TEST(listed.resources(0).stack_name() == "");
}

BOOST_AUTO_TEST_CASE(another_stack_of_that_name_does_not_take_it_for_its_own) {
  LeaveBehind();
  Up(absl::StrReplaceAll(kKept, {{"10.0.", "10.1."}}));
  BOOST_TEST(Alive().size() == 2u);
  BOOST_TEST(context.model.retained.size() == 3u);
}

BOOST_AUTO_TEST_CASE(it_is_deleted_by_name_in_whatever_order) {
  LeaveBehind();
  BOOST_TEST(StatusIs(DeleteRetained(context, "i-unknown").status(), absl::StatusCode::kNotFound, "no stack has left"));
  BOOST_REQUIRE(IsOk(DeleteRetained(context, "").status()));
  Settle(absl::Seconds(1));
  BOOST_TEST(context.model.retained.empty());
  BOOST_TEST(Alive().empty());
  BOOST_TEST(context.model.vpcs.empty());
  BOOST_TEST(context.model.subnets.empty());
}

// Users choose the ids of some, and may choose one twice.
BOOST_AUTO_TEST_CASE(two_of_one_id_are_two) {
  v1::DatabaseState database;
  database.set_id("todo");
  database.mutable_owner()->set_stack_name("other");
  context.model.databases.Put("todo", database);
  v1::GroupState group;
  group.set_name("todo");
  group.mutable_owner()->set_stack_name("shop");
  context.model.groups.Put("todo", group);
  stack::Event event;
  event.status = "DELETE_SKIPPED";
  event.physical_id = "todo";
  event.type = "AWS::AutoScaling::AutoScalingGroup";
  KeepRetained(context, "shop", {event});
  BOOST_TEST(context.model.groups.Find("todo")->owner().stack_name() == "");
  BOOST_TEST(context.model.databases.Find("todo")->owner().stack_name() == "other");
  event.type = "AWS::RDS::DBInstance";
  KeepRetained(context, "other", {event});
  BOOST_TEST(context.model.databases.Find("todo")->owner().stack_name() == "");
  BOOST_TEST(context.model.retained.size() == 2u);
}

BOOST_AUTO_TEST_CASE(what_others_need_is_not_deleted_and_says_why) {
  LeaveBehind();
  BOOST_REQUIRE(IsOk(DeleteRetained(context, "shop/Vpc").status()));
  Settle(absl::Seconds(1));
  BOOST_TEST(context.model.retained.size() == 3u);
  BOOST_TEST(Told("still has subnet"));
  const v1::RetainedState* vpc = context.model.retained.Find(context.model.vpcs.begin()->first + " AWS::EC2::VPC");
  BOOST_REQUIRE(vpc != nullptr);
  BOOST_TEST(!vpc->deleting());
}

BOOST_AUTO_TEST_CASE(what_is_protected_is_deleted_once_it_is_not) {
  LeaveBehind();
  BOOST_REQUIRE(IsOk(Protect(context, Alive()[0], true).status()));
  BOOST_REQUIRE(IsOk(DeleteRetained(context, Alive()[0]).status()));
  Settle(absl::Seconds(1));
  BOOST_TEST(Alive().size() == 1u);
  BOOST_REQUIRE(IsOk(Protect(context, Alive()[0], false).status()));
  BOOST_REQUIRE(IsOk(DeleteRetained(context, Alive()[0]).status()));
  Settle(absl::Seconds(1));
  BOOST_TEST(Alive().empty());
}

BOOST_AUTO_TEST_CASE(what_an_update_replaces_and_keeps_stays_known) {
  const std::string body = absl::StrCat(kNetwork, R"(
  Alone:
    Type: AWS::EC2::Instance
    UpdateReplacePolicy: Retain
    Properties: {ImageId: web, SubnetId: !Ref SubnetA}
)");
  Up(body);
  BOOST_REQUIRE(IsOk(Update(absl::StrReplaceAll(body, {{"SubnetId: !Ref SubnetA}\n", "SubnetId: !Ref SubnetB}\n"}}))));
  BOOST_TEST(Alive().size() == 2u);
  BOOST_TEST(context.model.retained.size() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(readiness, Kept)

BOOST_AUTO_TEST_CASE(a_group_is_ready_once_its_instances_have_stayed_up) {
  Up(absl::StrCat(kNetwork, kPlainGroup));
  BOOST_REQUIRE_EQUAL(InService(context, Group().name()), 1);
  BOOST_TEST(!Waits().empty());
  clock.Advance(kSteadyAfter);
  BOOST_TEST(Waits().empty());
}

BOOST_AUTO_TEST_CASE(a_load_balancer_that_holds_them_for_healthy_is_enough) {
  Up(absl::StrCat(kNetwork, kService));
  BOOST_TEST(Waits().empty());
}

BOOST_AUTO_TEST_CASE(a_group_whose_instances_end_at_once_fails_and_names_the_last) {
  Up(absl::StrReplaceAll(absl::StrCat(kNetwork, kPlainGroup), {{"exec web", "broken"}}));
  Settle(absl::Seconds(1));
  BOOST_TEST(absl::StrContains(Fails().what, "launches in a row came to nothing"), Fails().what);
  BOOST_TEST(absl::StartsWith(Fails().instance_id, "i-"));
  BOOST_TEST(!Waits().empty());
}

BOOST_AUTO_TEST_CASE(a_stack_whose_only_instance_is_gone_is_not_ready) {
  Up(kKept);
  clock.Advance(kSteadyAfter);
  BOOST_TEST(Waits().empty());
  BOOST_TEST(Fails().what == "");
  Exits(Alive()[0], process::End::Exited(3));
  BOOST_TEST(!Waits().empty());
  BOOST_TEST(absl::StrContains(Fails().what, "nobody replaces an instance of no group"), Fails().what);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace nubo::region
