// What the region's answers look like: progress lines, YAML-like text, JSON.
#include <boost/test/unit_test.hpp>

#include "absl/strings/match.h"
#include "nubo/cli/output/json.h"
#include "nubo/cli/output/progress.h"
#include "nubo/cli/output/rows.h"
#include "nubo/cli/output/yaml_text.h"

namespace nubo::cli {
namespace {

using cloudformation::v1::DescribeStackResourcesResponse;
using cloudformation::v1::Stack;
using region::v1::Event;

Event MakeEvent(const std::string& status, const std::string& logical_id, const std::string& message = "") {
  Event event;
  event.set_time("2030-01-01T12:00:03.250Z");
  event.set_source("vpc-1");
  event.set_type("AWS::EC2::VPC");
  event.set_status(status);
  event.set_logical_id(logical_id);
  event.set_message(message);
  return event;
}

Stack MakeStack(const std::string& status, bool ready = false) {
  Stack stack;
  stack.set_stack_name("todo");
  stack.set_stack_status(status);
  stack.set_ready(ready);
  return stack;
}

BOOST_AUTO_TEST_CASE(tells_a_step_in_one_line) {
  BOOST_TEST(EventLine(MakeEvent("CREATE_COMPLETE", "Vpc"), {}) ==
             "12:00:03  CREATE_COMPLETE       Vpc                       AWS::EC2::VPC"
             "                              vpc-1\n");
}

BOOST_AUTO_TEST_CASE(prefers_the_reason_to_the_physical_id) {
  const std::string line = EventLine(MakeEvent("CREATE_FAILED", "Vpc", "no room\nat all"), {});
  BOOST_TEST(absl::EndsWith(line, "  no room at all\n"));
  BOOST_TEST(!absl::StrContains(line, "vpc-1"));
}

BOOST_AUTO_TEST_CASE(names_the_source_where_there_is_no_logical_id) {
  const std::string line = EventLine(MakeEvent("running", ""), {});
  BOOST_TEST(absl::StrContains(line, "  running               vpc-1 "), line);
  BOOST_TEST(absl::EndsWith(line, "AWS::EC2::VPC\n"), line);
}

BOOST_AUTO_TEST_CASE(tells_the_date_and_colours_only_where_asked) {
  LineStyle style;
  style.date = true;
  style.color = true;
  const std::string good = EventLine(MakeEvent("CREATE_COMPLETE", "Vpc"), style);
  BOOST_TEST(absl::StartsWith(good, "2030-01-01 12:00:03  \x1b[32mCREATE_COMPLETE "));
  BOOST_TEST(absl::StrContains(EventLine(MakeEvent("CREATE_FAILED", "Vpc"), style), "\x1b[31m"));
  BOOST_TEST(!absl::StrContains(EventLine(MakeEvent("CREATE_IN_PROGRESS", "Vpc"), style), "\x1b"));
  BOOST_TEST(!absl::StrContains(EventLine(MakeEvent("CREATE_FAILED", "Vpc"), {}), "\x1b"));
}

BOOST_AUTO_TEST_CASE(passes_on_a_time_it_cannot_read) {
  Event event = MakeEvent("CREATE_COMPLETE", "Vpc");
  event.set_time("soon");
  BOOST_TEST(absl::StartsWith(EventLine(event, {}), "soon  CREATE_COMPLETE"));
}

BOOST_AUTO_TEST_CASE(tells_steps_of_stacks_from_other_events) {
  BOOST_TEST(IsStackStep(MakeEvent("CREATE_IN_PROGRESS", "Vpc")));
  BOOST_TEST(IsStackStep(MakeEvent("ROLLBACK_COMPLETE", "todo")));
  BOOST_TEST(!IsStackStep(MakeEvent("running", "Vpc")));
  BOOST_TEST(!IsStackStep(MakeEvent("", "Vpc")));
}

BOOST_AUTO_TEST_CASE(knows_where_a_stack_stands) {
  BOOST_TEST((PhaseOf(MakeStack("CREATE_IN_PROGRESS")) == Phase::kWorking));
  BOOST_TEST((PhaseOf(MakeStack("CREATE_COMPLETE", false)) == Phase::kWorking));
  BOOST_TEST((PhaseOf(MakeStack("CREATE_COMPLETE", true)) == Phase::kReady));
  BOOST_TEST((PhaseOf(MakeStack("ROLLBACK_IN_PROGRESS")) == Phase::kRollingBack));
  BOOST_TEST((PhaseOf(MakeStack("ROLLBACK_COMPLETE")) == Phase::kFailed));
  BOOST_TEST((PhaseOf(MakeStack("ROLLBACK_FAILED")) == Phase::kFailed));
  BOOST_TEST((PhaseOf(MakeStack("CREATE_FAILED")) == Phase::kFailed));
  BOOST_TEST((PhaseOf(MakeStack("DELETE_IN_PROGRESS")) == Phase::kDeleting));
  BOOST_TEST((PhaseOf(MakeStack("DELETE_FAILED")) == Phase::kStuck));
}

BOOST_AUTO_TEST_CASE(finds_the_resource_that_failed_first) {
  const std::vector<Event> events = {
      MakeEvent("CREATE_IN_PROGRESS", "Vpc"), MakeEvent("CREATE_FAILED", "Other", "Resource creation cancelled"),
      MakeEvent("CREATE_FAILED", "Vpc", "no room"), MakeEvent("CREATE_FAILED", "Late", "no room either")};
  BOOST_TEST(FirstFailure(events) == "Vpc (AWS::EC2::VPC): no room");
  BOOST_TEST(FirstFailure({events[1]}) == "Other (AWS::EC2::VPC): Resource creation cancelled");
  BOOST_TEST(FirstFailure({events[0]}) == "");
}

BOOST_AUTO_TEST_CASE(does_not_take_the_stack_for_the_resource_that_failed) {
  Event stack = MakeEvent("CREATE_FAILED", "todo", "it failed");
  stack.set_type("AWS::CloudFormation::Stack");
  BOOST_TEST(FirstFailure({stack}) == "");
}

BOOST_AUTO_TEST_CASE(says_how_long_it_took) {
  BOOST_TEST(Took(absl::Milliseconds(8420)) == "8.4 s");
  BOOST_TEST(Took(absl::Seconds(65)) == "1 min 5 s");
}

BOOST_AUTO_TEST_CASE(ends_with_urls_and_outputs) {
  Stack stack = MakeStack("CREATE_COMPLETE", true);
  stack.add_urls("http://app.todo.localhost:8080/");
  auto* output = stack.add_outputs();
  output->set_key("Name");
  output->set_value("app");
  BOOST_TEST(ReadyText(stack, absl::Seconds(2)) ==
             "stack todo is ready, after 2.0 s\n  http://app.todo.localhost:8080/\n\n"
             "OUTPUT  VALUE  DESCRIPTION\nName    app    -\n");
  stack.clear_outputs();
  BOOST_TEST(ReadyText(stack, absl::Seconds(2)) ==
             "stack todo is ready, after 2.0 s\n  http://app.todo.localhost:8080/\n");
}

BOOST_AUTO_TEST_CASE(names_what_is_waited_for) {
  Stack stack = MakeStack("CREATE_IN_PROGRESS");
  DescribeStackResourcesResponse resources;
  for (const char* status : {"CREATE_COMPLETE", "CREATE_IN_PROGRESS"}) {
    auto* resource = resources.add_resources();
    resource->set_stack_name("todo");
    resource->set_logical_id("Database");
    resource->set_type("AWS::RDS::DBInstance");
    resource->set_status(status);
  }
  resources.add_resources()->set_status("CREATE_IN_PROGRESS");
  BOOST_TEST(WaitsFor(stack, resources) == "Database (AWS::RDS::DBInstance) is CREATE_IN_PROGRESS");
  for (int i = 0; i < 7; ++i) stack.add_waiting_for("t" + std::to_string(i));
  BOOST_TEST(WaitsFor(stack, resources) == "t0; t1; t2; t3; t4; and 2 more");
  BOOST_TEST(WaitsFor(MakeStack("CREATE_COMPLETE"), {}) == "");
}

BOOST_AUTO_TEST_CASE(quotes_what_yaml_would_misread) {
  for (const char* plain : {"abc", "10.0.0.0/16", "a:b", "arn:aws:ec2:x", "a-b"})
    BOOST_TEST(YamlScalar(plain) == plain);
  for (const char* odd : {"", "true", "No", "42", "1e3", "- a", "a: b", "a #b", " a", "a:", "*x", "'"}) {
    BOOST_TEST(absl::StartsWith(YamlScalar(odd), "\""), odd);
  }
  BOOST_TEST(YamlScalar("a\nb") == "\"a\\nb\"");
}

BOOST_AUTO_TEST_CASE(prints_nested_values_as_yaml) {
  google::protobuf::Struct fields;
  (*fields.mutable_fields())["B"].set_number_value(10);
  (*fields.mutable_fields())["A"].set_bool_value(true);
  (*fields.mutable_fields())["Empty"].mutable_list_value();
  auto* list = (*fields.mutable_fields())["List"].mutable_list_value();
  list->add_values()->set_string_value("x");
  auto* inner = list->add_values()->mutable_struct_value();
  (*inner->mutable_fields())["Key"].set_null_value(google::protobuf::NULL_VALUE);
  (*fields.mutable_fields())["Part"].set_number_value(0.5);
  BOOST_TEST(YamlFields(fields, 2) ==
             "  A: true\n  B: 10\n  Empty: []\n  List:\n    - x\n    -\n      Key: null\n  Part: 0.5\n");
}

BOOST_AUTO_TEST_CASE(bounds_how_deep_a_value_is_printed) {
  google::protobuf::Value value;
  google::protobuf::Value* inner = &value;
  for (int i = 0; i < kYamlDepthMax + 10; ++i) inner = inner->mutable_list_value()->add_values();
  google::protobuf::Struct fields;
  (*fields.mutable_fields())["Deep"] = value;
  BOOST_TEST(absl::EndsWith(YamlFields(fields, 0), "- …\n"));
}

BOOST_AUTO_TEST_CASE(json_prints_what_is_empty_and_zero) {
  ec2::v1::DescribeInstancesResponse answer;
  BOOST_TEST(JsonLine(answer).value() == "{\"instances\":[]}\n");
  answer.add_instances()->set_instance_id("i-1");
  const std::string json = JsonLine(answer).value();
  BOOST_TEST(absl::StrContains(json, "\"instanceId\":\"i-1\""), json);
  BOOST_TEST(absl::StrContains(json, "\"pid\":0"), json);
  BOOST_TEST(absl::StrContains(json, "\"isolated\":false"), json);
  BOOST_TEST(absl::StrContains(Json(answer).value(), "\n"));
}

BOOST_AUTO_TEST_CASE(a_listener_says_where_it_differs) {
  elbv2::v1::DescribeLoadBalancersResponse answer;
  auto* balancer = answer.add_load_balancers();
  balancer->set_load_balancer_name("web");
  auto* listener = balancer->add_listeners();
  listener->set_protocol("HTTP");
  listener->set_port(80);
  listener->set_local_port(10080);
  BOOST_TEST(absl::StrContains(Rows(answer).Text(), "HTTP:80(on 10080)"));
  listener->set_local_port(80);
  listener->set_error("in use");
  BOOST_TEST(absl::StrContains(Rows(answer).Text(), "HTTP:80(in use)"));
}

BOOST_AUTO_TEST_CASE(an_alias_is_shown_as_one) {
  route53::v1::ListResourceRecordSetsResponse answer;
  answer.add_records()->mutable_alias_target()->set_dns_name("web.elb.amazonaws.com");
  auto* plain = answer.add_records();
  plain->add_resource_records("10.0.0.1");
  plain->add_resource_records("10.0.0.2");
  plain->set_ttl(60);
  const std::string text = Rows(answer).Text();
  BOOST_TEST(absl::StrContains(text, "-    ALIAS web.elb.amazonaws.com\n"), text);
  BOOST_TEST(absl::StrContains(text, "60   10.0.0.1, 10.0.0.2\n"), text);
}

}  // namespace
}  // namespace nubo::cli
