#include "nubo/stack/change_set.h"

#include <boost/test/unit_test.hpp>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "nubo/stack/parse.h"
#include "nubo/testing/status_matchers.h"
#include "tests/stack/todo_template.h"

namespace nubo::stack {
namespace {

using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

absl::StatusOr<std::vector<Change>> Changes(absl::string_view before, absl::string_view after,
                                            const std::map<std::string, std::string>& parameters = {}) {
  const auto old_template = Parse(before, "before");
  const auto new_template = Parse(after, "after");
  BOOST_REQUIRE(IsOk(old_template));
  BOOST_REQUIRE(IsOk(new_template));
  const auto old_bindings = Bind(*old_template, {}, {});
  const auto new_bindings = Bind(*new_template, parameters, {});
  BOOST_REQUIRE(IsOk(old_bindings));
  BOOST_REQUIRE(IsOk(new_bindings));
  return Compare({*old_template, *old_bindings}, {*new_template, *new_bindings});
}

// One change a line: "Modify Vpc True CidrBlock".
std::string Story(const absl::StatusOr<std::vector<Change>>& changes) {
  BOOST_REQUIRE(IsOk(changes));
  std::string story;
  for (const Change& change : *changes) {
    absl::StrAppend(&story, ChangeActionName(change.action), " ", change.logical_id);
    if (change.action == ChangeAction::kModify) {
      absl::StrAppend(&story, " ", ReplacementName(change.replacement), " ", absl::StrJoin(change.scope, ","));
    }
    absl::StrAppend(&story, "\n");
  }
  return story;
}

std::string Edited(absl::string_view from, absl::string_view to) {
  const std::string edited = absl::StrReplaceAll(kTodoTemplate, {{from, to}});
  BOOST_REQUIRE(edited != kTodoTemplate);
  return edited;
}

BOOST_AUTO_TEST_CASE(the_same_template_changes_nothing) {
  BOOST_TEST(Story(Changes(kTodoTemplate, kTodoTemplate)) == "");
}

BOOST_AUTO_TEST_CASE(what_is_written_differently_but_means_the_same_changes_nothing) {
  BOOST_TEST(Story(Changes(kTodoTemplate, Edited("MinSize: \"1\"", "MinSize: 1"))) == "");
  BOOST_TEST(
      Story(Changes(kTodoTemplate, Edited("CidrBlock: 10.0.1.0/24", "CidrBlock: !Join ['', [10.0.1.0, /24]]"))) == "");
}

BOOST_AUTO_TEST_CASE(a_parameter_changes_what_uses_it) {
  BOOST_TEST(Story(Changes(kTodoTemplate, kTodoTemplate, {{"Size", "3"}})) == "Modify Group False DesiredCapacity\n");
}

BOOST_AUTO_TEST_CASE(a_condition_adds_and_removes) {
  const std::string text(kTodoTemplate);
  BOOST_TEST(Story(Changes(text, text, {{"Size", "1"}})) == "Modify Group False DesiredCapacity\nRemove Record\n");
}

BOOST_AUTO_TEST_CASE(a_launch_template_reaches_the_group_by_its_version) {
  BOOST_TEST(Story(Changes(kTodoTemplate, Edited("exec server", "exec server --fast"))) ==
             "Modify Template False LaunchTemplateData\nModify Group False LaunchTemplate\n");
}

BOOST_AUTO_TEST_CASE(a_replacement_reaches_what_refers_to_it) {
  constexpr char kBefore[] = R"(
Resources:
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}
  Routes: {Type: AWS::EC2::RouteTable, Properties: {VpcId: !Ref Vpc}}
  Route: {Type: AWS::EC2::Route, Properties: {RouteTableId: !Ref Routes, DestinationCidrBlock: 0.0.0.0/0, GatewayId: g}}
  Other: {Type: AWS::EC2::InternetGateway}
)";
  const std::string after = absl::StrReplaceAll(kBefore, {{"10.0.0.0/16", "10.1.0.0/16"}});
  BOOST_TEST(Story(Changes(kBefore, after)) ==
             "Modify Vpc True CidrBlock\n"
             "Modify Routes Conditional VpcId\n"
             "Modify Route Conditional RouteTableId\n");
}

BOOST_AUTO_TEST_CASE(additions_and_removals_are_in_order) {
  constexpr char kBefore[] = R"(
Resources:
  Kept: {Type: AWS::EC2::InternetGateway}
  A: {Type: AWS::EC2::InternetGateway}
  B: {Type: AWS::EC2::InternetGateway, DependsOn: A}
)";
  constexpr char kAfter[] = R"(
Resources:
  D: {Type: AWS::EC2::InternetGateway, DependsOn: E}
  E: {Type: AWS::EC2::InternetGateway}
  Kept: {Type: AWS::EC2::InternetGateway}
)";
  BOOST_TEST(Story(Changes(kBefore, kAfter)) == "Add E\nAdd D\nRemove B\nRemove A\n");
}

BOOST_AUTO_TEST_CASE(policies_and_metadata_are_changes_too) {
  BOOST_TEST(
      Story(Changes("Resources: {A: {Type: AWS::EC2::InternetGateway}}",
                    "Resources: {A: {Type: AWS::EC2::InternetGateway, DeletionPolicy: Retain, Metadata: {a: b}}}")) ==
      "Modify A False DeletionPolicy,Metadata\n");
}

BOOST_AUTO_TEST_CASE(a_type_cannot_change) {
  BOOST_TEST(
      StatusIs(Changes("Resources: {A: {Type: AWS::EC2::InternetGateway}}",
                       "Resources: {A: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}}"),
               absl::StatusCode::kInvalidArgument,
               "after:1:23: Update of resource type is not permitted. The new template modifies resource type of the "
               "following resources: [A]"));
}

}  // namespace
}  // namespace nubo::stack
