#include "nubo/stack/runner.h"

#include <boost/test/unit_test.hpp>
#include <map>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "nubo/stack/parse.h"
#include "nubo/stack/schema.h"
#include "nubo/testing/status_matchers.h"
#include "tests/stack/todo_template.h"

namespace nubo::stack {
namespace {

using ::nubo::testing::IsOk;

const absl::Time kStart = absl::FromUnixSeconds(1893456000);

// Makes anything, one poll later, and remembers what it was asked.
class FakeHandler final : public ResourceHandler {
 public:
  absl::StatusOr<std::string> Create(const ResourceContext& context, const Value& properties) override {
    log.push_back(absl::StrCat("create ", context.logical_id));
    if (context.logical_id == unavailable) return absl::UnavailableError("later");
    if (context.logical_id == failing) return absl::ResourceExhaustedError("no room");
    made[context.logical_id] = properties;
    tokens.insert(context.token);
    return absl::StrCat(context.logical_id, "-id");
  }
  absl::StatusOr<Progress> Poll(const ResourceContext& context, absl::string_view) override {
    if (context.logical_id == slow) return Progress::InProgress();
    if (context.logical_id == failing_later) return Progress::Failed("it broke");
    Attributes attributes;
    for (const char* name : FindSchema(context.type)->attributes) {
      attributes[name] = Value::String(absl::StrCat(context.logical_id, ".", name));
    }
    if (context.type == "AWS::EC2::VPC") attributes["CidrBlock"] = made[context.logical_id].Get("CidrBlock");
    return Progress::Complete(attributes);
  }
  absl::Status Delete(const ResourceContext& context, absl::string_view physical_id) override {
    log.push_back(absl::StrCat("delete ", physical_id));
    if (context.logical_id == vanished) return absl::NotFoundError("gone");
    return absl::OkStatus();
  }
  absl::StatusOr<Progress> PollDelete(const ResourceContext&, absl::string_view) override {
    return Progress::Complete();
  }
  absl::Status Abandon(const ResourceContext& context) override {
    log.push_back(absl::StrCat("abandon ", context.logical_id));
    return absl::OkStatus();
  }

  std::string unavailable, failing, failing_later, slow, vanished;
  std::vector<std::string> log;
  std::map<std::string, Value> made;
  std::set<std::string> tokens;
};

struct Stack {
  explicit Stack(absl::string_view text, const std::map<std::string, std::string>& parameters = {})
      : parsed(Parse(text, "t.yaml").value()),
        bindings(Bind(parsed, parameters, Context()).value()),
        executor(Executor::NewStack(parsed, bindings).value()) {
    for (const Schema& schema : AllSchemas()) handlers.Register(schema.type, &handler);
  }
  static StackContext Context() {
    StackContext context;
    context.stack_name = "todo";
    context.stack_id = "stack-1";
    return context;
  }
  bool Run() { return RunOnce(executor, parsed, bindings, handlers, kStart); }

  Template parsed;
  Bindings bindings;
  FakeHandler handler;
  HandlerRegistry handlers;
  Executor executor;
};

constexpr char kTwo[] = R"(
Resources:
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16, InstanceTenancy: dedicated}}
  Routes: {Type: AWS::EC2::RouteTable, Properties: {VpcId: !Ref Vpc}}
)";

BOOST_AUTO_TEST_CASE(a_whole_application_comes_up_in_one_pass) {
  Stack stack(kTodoTemplate);
  BOOST_TEST(stack.Run());
  BOOST_TEST_REQUIRE(StatusName(stack.executor.state().status) == "CREATE_COMPLETE", stack.executor.state().reason);
  BOOST_TEST(stack.handler.made.size() == stack.parsed.resources.size());
  BOOST_TEST(stack.handler.tokens.size() == stack.parsed.resources.size());
  BOOST_TEST(stack.handler.made["SubnetA"].Get("CidrBlock").text() == "10.0.0.0/24");
  BOOST_TEST(stack.handler.made["SubnetB"].Get("AvailabilityZone").text() == "us-east-1b");
  BOOST_TEST(ToJson(stack.handler.made["Group"].Get("MinSize")) == "1");
  BOOST_TEST(ToJson(stack.handler.made["Group"].Get("DesiredCapacity")) == "2");
  BOOST_TEST(stack.handler.made["Record"].Get("AliasTarget").Get("DNSName").text() == "Balancer.DNSName");
  const auto outputs = ResolveOutputs(stack.parsed, stack.bindings, StateLookup(stack.executor.state()));
  BOOST_REQUIRE(IsOk(outputs));
  BOOST_TEST((*outputs)[0].value == "http://Record-id");
  BOOST_TEST((*outputs)[1].value == "Database.MasterUserSecret.SecretArn");
  BOOST_TEST(!stack.Run());
}

BOOST_AUTO_TEST_CASE(a_whole_application_goes_down_in_one_pass) {
  Stack stack(kTodoTemplate);
  stack.Run();
  stack.executor.Delete({}, kStart);
  stack.Run();
  BOOST_TEST(StatusName(stack.executor.state().status) == "DELETE_COMPLETE");
  BOOST_TEST(stack.handler.log.back() == "delete Vpc-id");
}

BOOST_AUTO_TEST_CASE(unavailable_means_try_again) {
  Stack stack(kTwo);
  stack.handler.unavailable = "Vpc";
  BOOST_TEST(!stack.Run());
  BOOST_TEST(StatusName(stack.executor.state().status) == "CREATE_IN_PROGRESS");
  stack.handler.unavailable = "";
  BOOST_TEST(stack.Run());
  BOOST_TEST(StatusName(stack.executor.state().status) == "CREATE_COMPLETE");
}

BOOST_AUTO_TEST_CASE(slow_resources_are_polled_at_the_next_pass) {
  Stack stack(kTwo);
  stack.handler.slow = "Vpc";
  stack.Run();
  BOOST_TEST(!stack.Run());
  stack.handler.slow = "";
  BOOST_TEST(stack.Run());
  BOOST_TEST(StatusName(stack.executor.state().status) == "CREATE_COMPLETE");
  BOOST_TEST(stack.handler.log.size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_refused_creation_is_abandoned_and_rolled_back) {
  Stack stack(kTwo);
  stack.handler.failing = "Routes";
  stack.Run();
  BOOST_TEST(StatusName(stack.executor.state().status) == "ROLLBACK_COMPLETE");
  const std::vector<std::string> expected = {"create Vpc", "create Routes", "abandon Routes", "delete Vpc-id"};
  BOOST_TEST(stack.handler.log == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_creation_that_breaks_is_deleted) {
  Stack stack(kTwo);
  stack.handler.failing_later = "Routes";
  stack.Run();
  const std::vector<std::string> expected = {"create Vpc", "create Routes", "delete Routes-id", "delete Vpc-id"};
  BOOST_TEST(stack.handler.log == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_is_gone_already_counts_as_deleted) {
  Stack stack(kTwo);
  stack.Run();
  stack.handler.vanished = "Routes";
  stack.executor.Delete({}, kStart);
  stack.Run();
  BOOST_TEST(StatusName(stack.executor.state().status) == "DELETE_COMPLETE");
}

BOOST_AUTO_TEST_CASE(unenforced_properties_are_told) {
  Stack stack(kTwo);
  stack.Run();
  bool told = false;
  for (const Event& event : stack.executor.TakeEvents()) {
    told |= event.logical_id == "Vpc" && event.reason == "InstanceTenancy is accepted but not enforced";
  }
  BOOST_TEST(told);
}

BOOST_AUTO_TEST_CASE(unenforced_policies_are_told) {
  const auto parsed = Parse(
      "Resources:\n"
      "  A: {Type: AWS::EC2::InternetGateway, CreationPolicy: {ResourceSignal: {}}, UpdatePolicy: {}}\n",
      "t");
  BOOST_REQUIRE(IsOk(parsed));
  const std::vector<std::string> expected = {"CreationPolicy", "UpdatePolicy"};
  BOOST_TEST(Unenforced(parsed->resources[0], Value::Object()) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_type_without_a_handler_fails) {
  Stack stack(kTwo);
  stack.handlers = HandlerRegistry();
  stack.Run();
  BOOST_TEST(StatusName(stack.executor.state().status) == "ROLLBACK_COMPLETE");
}

BOOST_AUTO_TEST_CASE(a_property_that_cannot_be_evaluated_fails_its_resource) {
  Stack stack(
      "Resources:\n"
      "  A: {Type: AWS::EC2::InternetGateway}\n"
      "  B: {Type: AWS::EC2::VPC, Properties: {CidrBlock: !GetAtt A.InternetGatewayId}}\n");
  stack.Run();
  BOOST_TEST(StatusName(stack.executor.state().status) == "ROLLBACK_COMPLETE");
  bool told = false;
  for (const Event& event : stack.executor.TakeEvents()) {
    told |=
        event.reason ==
        "t.yaml:3:52: AWS::EC2::VPC CidrBlock must be a CIDR block such as 10.0.0.0/16, not \"A.InternetGatewayId\"";
  }
  BOOST_TEST(told);
}

}  // namespace
}  // namespace nubo::stack
