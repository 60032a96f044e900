#include "nubo/stack/graph.h"

#include <boost/test/unit_test.hpp>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nubo/stack/parse.h"
#include "nubo/testing/status_matchers.h"
#include "tests/stack/todo_template.h"

namespace nubo::stack {
namespace {

using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;
constexpr auto kBad = absl::StatusCode::kInvalidArgument;

absl::StatusOr<Graph> GraphOf(absl::string_view text, const std::map<std::string, std::string>& parameters = {}) {
  const auto parsed = Parse(text, "t.yaml");
  if (!parsed.ok()) return parsed.status();
  const auto bindings = Bind(*parsed, parameters, {});
  if (!bindings.ok()) return bindings.status();
  return BuildGraph(*parsed, *bindings);
}

std::string Needs(const absl::StatusOr<Graph>& graph, absl::string_view id) {
  return absl::StrJoin(graph->dependencies.find(id)->second, " ");
}

std::string Levels(const Graph& graph) {
  std::string text;
  for (const auto& level : graph.levels) absl::StrAppend(&text, absl::StrJoin(level, " "), "\n");
  return text;
}

// A gateway each, whose one tag holds the expression given.
std::string Gateway(absl::string_view id, absl::string_view expression) {
  return absl::StrCat("  ", id, ": {Type: AWS::EC2::InternetGateway, Properties: {Tags: [{Key: k, Value: ", expression,
                      "}]}}\n");
}

BOOST_AUTO_TEST_CASE(every_kind_of_reference_is_an_edge) {
  const auto graph = GraphOf(absl::StrCat(
      "Resources:\n", Gateway("A", "x"), Gateway("ByRef", "!Ref A"), Gateway("ByGetAtt", "!GetAtt A.InternetGatewayId"),
      Gateway("BySub", "!Sub 'a${A}'"), Gateway("BySubAttribute", "!Sub '${A.InternetGatewayId}'"),
      Gateway("ByVariable", "!Sub ['${x}', {x: !Ref A}]"), Gateway("ByJoin", "!Join ['', [!Ref A]]"),
      Gateway("ByLongForm", "{'Fn::GetAtt': A.InternetGatewayId}"), Gateway("Literal", "!Sub '${!A}'"),
      Gateway("Shadowed", "!Sub ['${A}', {A: x}]"), "  ByName: {Type: AWS::EC2::InternetGateway, DependsOn: A}\n"));
  BOOST_REQUIRE(IsOk(graph));
  for (const char* id :
       {"ByRef", "ByGetAtt", "BySub", "BySubAttribute", "ByVariable", "ByJoin", "ByLongForm", "ByName"}) {
    BOOST_TEST(Needs(graph, id) == "A", id);
  }
  for (const char* id : {"A", "Literal", "Shadowed"}) BOOST_TEST(Needs(graph, id) == "", id);
}

BOOST_AUTO_TEST_CASE(levels_are_sorted_and_need_only_former_ones) {
  const auto graph = GraphOf(kTodoTemplate);
  BOOST_REQUIRE(IsOk(graph));
  BOOST_TEST(Levels(*graph) ==
             "Gateway Vpc Zone\n"
             "Attachment Routes SubnetA SubnetB Targets WebGroup\n"
             "Balancer DataGroup DefaultRoute RoutesOfA\n"
             "Database Listener Record\n"
             "Template\n"
             "Group\n");
}

BOOST_AUTO_TEST_CASE(what_is_left_out_is_no_part) {
  const auto graph = GraphOf(kTodoTemplate, {{"Size", "1"}});
  BOOST_REQUIRE(IsOk(graph));
  BOOST_TEST(graph->dependencies.count("Record") == 0u);
}

constexpr char kBranches[] = R"(
Parameters: {Use: {Type: String}}
Conditions: {UseA: !Equals [!Ref Use, a]}
Resources:
  A: {Type: AWS::EC2::InternetGateway, Condition: UseA}
  B: {Type: AWS::EC2::InternetGateway}
  C:
    Type: AWS::EC2::InternetGateway
    DependsOn: A
    Properties: {Tags: [{Key: k, Value: !If [UseA, !Ref A, !Ref B]}]}
)";

BOOST_AUTO_TEST_CASE(only_the_branch_taken_counts) {
  BOOST_TEST(Needs(GraphOf(kBranches, {{"Use", "a"}}), "C") == "A");
  BOOST_TEST(Needs(GraphOf(kBranches, {{"Use", "b"}}), "C") == "B");
}

BOOST_AUTO_TEST_CASE(needing_what_is_left_out_is_refused) {
  const auto graph = GraphOf(
      "Conditions: {No: !Equals [a, b]}\n"
      "Resources:\n"
      "  A: {Type: AWS::EC2::InternetGateway, Condition: No}\n"
      "  B: {Type: AWS::EC2::InternetGateway, Properties: {Tags: [{Key: k, Value: !Ref A}]}}\n");
  BOOST_TEST(
      StatusIs(graph, kBad,
               "t.yaml:4:3: Template format error: Unresolved resource dependencies [A] in the Resources block of the "
               "template: B needs it, and its condition No is false"));
}

BOOST_AUTO_TEST_CASE(circles_are_named) {
  BOOST_TEST(StatusIs(GraphOf(absl::StrCat("Resources:\n", Gateway("A", "!Ref B"), Gateway("B", "!Ref C"),
                                           Gateway("C", "!Sub '${A}'"), Gateway("D", "!Ref A"))),
                      kBad, "t.yaml:2:3: Circular dependency between resources: [A, B, C]"));
  BOOST_TEST(StatusIs(
      GraphOf(absl::StrCat("Resources:\n", Gateway("Z", "!Ref B"), Gateway("B", "!Ref C"), Gateway("C", "!Ref B"))),
      kBad, "t.yaml:3:3: Circular dependency between resources: [B, C]"));
  BOOST_TEST(StatusIs(GraphOf(absl::StrCat("Resources:\n", Gateway("A", "!Ref A"))), kBad,
                      "Circular dependency between resources: [A]"));
}

BOOST_AUTO_TEST_CASE(a_circle_through_a_branch_is_one_only_if_the_branch_is_taken) {
  constexpr char kText[] = R"(
Parameters: {Use: {Type: String}}
Conditions: {Loop: !Equals [!Ref Use, loop]}
Resources:
  A: {Type: AWS::EC2::InternetGateway, Properties: {Tags: [{Key: k, Value: !If [Loop, !Ref B, x]}]}}
  B: {Type: AWS::EC2::InternetGateway, Properties: {Tags: [{Key: k, Value: !Ref A}]}}
)";
  BOOST_TEST(IsOk(GraphOf(kText, {{"Use", "b"}})));
  BOOST_TEST(StatusIs(GraphOf(kText, {{"Use", "loop"}}), kBad, "Circular dependency between resources: [A, B]"));
}

BOOST_AUTO_TEST_CASE(a_long_chain_is_ordered) {
  std::string text = "Resources:\n  A000: {Type: AWS::EC2::InternetGateway}\n";
  for (int i = 1; i < 500; ++i) {
    const std::string digits = absl::StrCat(1000 + i).substr(1);
    const std::string former = absl::StrCat(1000 + i - 1).substr(1);
    absl::StrAppend(&text, "  A", digits, ": {Type: AWS::EC2::InternetGateway, DependsOn: A", former, "}\n");
  }
  const auto graph = GraphOf(text);
  BOOST_REQUIRE(IsOk(graph));
  BOOST_TEST(graph->levels.size() == 500u);
}

}  // namespace
}  // namespace nubo::stack
