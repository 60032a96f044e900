// Updates of stacks: order, cleanup, rollback, and what is left when something cannot go.
#include <boost/test/unit_test.hpp>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "nubo/stack/parse.h"
#include "nubo/stack/runner.h"
#include "nubo/stack/schema.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::stack {
namespace {

using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

const absl::Time kStart = absl::FromUnixSeconds(1893456000);

// Makes, changes and removes anything; which of it fails is the test's to say. Physical ids are "Vpc-1", "Vpc-2".
class FakeHandler final : public ResourceHandler {
 public:
  absl::StatusOr<std::string> Create(const ResourceContext& context, const Value& properties) override {
    if (fail_create.count(context.logical_id) > 0) return absl::ResourceExhaustedError("no room");
    BOOST_TEST(tokens.insert(context.token).second, context.token);
    const std::string id = absl::StrCat(context.logical_id, "-", ++made[context.logical_id]);
    there[id] = properties;
    log.push_back(absl::StrCat("create ", id));
    return id;
  }
  absl::StatusOr<Progress> Poll(const ResourceContext& context, absl::string_view id) override {
    if (slow.count(context.logical_id) > 0) return Progress::InProgress();
    if (fail_later.count(std::string(id)) > 0) return Progress::Failed("it broke");
    Attributes attributes;
    for (const char* name : FindSchema(context.type)->attributes) {
      attributes[name] = Value::String(absl::StrCat(id, ".", name, ".", versions[std::string(id)]));
    }
    return Progress::Complete(attributes);
  }
  absl::Status Update(const ResourceContext& context, absl::string_view id, const Value& properties) override {
    if (fail_update.count(context.logical_id) > 0) return absl::InvalidArgumentError("not like this");
    if (busy.count(context.logical_id) > 0) return absl::UnavailableError("later");
    log.push_back(absl::StrCat("update ", id));
    policy = context.update_policy;
    there[std::string(id)] = properties;
    ++versions[std::string(id)];
    return absl::OkStatus();
  }
  absl::Status Delete(const ResourceContext& context, absl::string_view id) override {
    if (fail_delete.count(std::string(id)) > 0) return absl::FailedPreconditionError("it is in use");
    log.push_back(absl::StrCat("delete ", id));
    there.erase(std::string(id));
    return absl::OkStatus();
  }
  absl::StatusOr<Progress> PollDelete(const ResourceContext&, absl::string_view) override {
    return Progress::Complete();
  }

  std::string Log() {
    const std::string text = absl::StrJoin(log, "\n");
    log.clear();
    return text;
  }
  std::string There() const {
    std::vector<std::string> ids;
    for (const auto& [id, properties] : there) ids.push_back(id);
    return absl::StrJoin(ids, " ");
  }

  std::set<std::string> fail_create, fail_update, slow, busy;
  // Physical ids.
  std::set<std::string> fail_later, fail_delete;
  std::vector<std::string> log;
  std::map<std::string, int> made, versions;
  std::map<std::string, Value> there;
  std::set<std::string> tokens;
  Value policy;
};

struct Inputs {
  explicit Inputs(absl::string_view text) : parsed(Parse(text, "t.yaml").value()) {
    StackContext context;
    context.stack_name = "todo";
    context.stack_id = "stack-1";
    bindings = Bind(parsed, {}, context).value();
  }
  Template parsed;
  Bindings bindings;
};

// A stack that is up.
struct Stack {
  explicit Stack(absl::string_view text) {
    for (const Schema& schema : AllSchemas()) handlers.Register(schema.type, &handler);
    present = std::make_unique<Inputs>(text);
    executor = std::make_unique<Executor>(Executor::NewStack(present->parsed, present->bindings).value());
    Run();
    BOOST_REQUIRE_EQUAL(Status(), "CREATE_COMPLETE");
    Story();
    handler.Log();
  }

  absl::Status Begin(absl::string_view text) {
    auto wanted = std::make_unique<Inputs>(text);
    const absl::Status status = executor->Update(wanted->parsed, wanted->bindings, kStart);
    if (!status.ok()) return status;
    former = std::move(present);
    present = std::move(wanted);
    return status;
  }
  // Ends at once if nothing more can happen.
  void Run() {
    while (Pass()) {
      if (restarts) executor = std::make_unique<Executor>(executor->state());
    }
  }
  bool Pass() {
    const bool back = executor->state().status == StackStatus::kUpdateRollbackInProgress;
    const Inputs& inputs = back ? *former : *present;
    return RunOnce(*executor, inputs.parsed, inputs.bindings, handlers, kStart);
  }
  void Update(absl::string_view text) {
    BOOST_REQUIRE(IsOk(Begin(text)));
    Run();
  }

  std::string Status() const { return std::string(StatusName(executor->state().status)); }
  std::string Physical(const std::string& id) const { return executor->state().resources.at(id).physical_id; }
  std::string Story() {
    std::string story;
    for (const Event& event : executor->TakeEvents()) {
      absl::StrAppend(&story, event.logical_id, " ", event.status, event.reason.empty() ? "" : ": ", event.reason,
                      "\n");
    }
    return story;
  }

  FakeHandler handler;
  HandlerRegistry handlers;
  std::unique_ptr<Inputs> present, former;
  std::unique_ptr<Executor> executor;
  bool restarts = false;
};

// Subnet is made in Vpc, Web in Subnet; Zone stands alone.
constexpr char kTemplate[] = R"(
Resources:
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}
  Subnet: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.0.0/24}}
  Web:
    Type: AWS::AutoScaling::AutoScalingGroup
    Properties:
      {MinSize: 1, MaxSize: 1, LaunchTemplate: {LaunchTemplateName: web, Version: 1}, VPCZoneIdentifier: [!Ref Subnet]}
  Zone: {Type: AWS::Route53::HostedZone, Properties: {Name: shop.localhost}}
)";

std::string With(absl::string_view from, absl::string_view to, std::string text = kTemplate) {
  const std::string changed = absl::StrReplaceAll(text, {{from, to}});
  BOOST_REQUIRE(changed != text);
  return changed;
}

const char* const kNewBlock = "10.1.0.0/16";
std::string OtherVpc() { return With("10.0.0.0/24", "10.1.0.0/24", With("10.0.0.0/16", kNewBlock)); }

BOOST_AUTO_TEST_CASE(what_does_not_differ_is_left_alone) {
  Stack stack(kTemplate);
  stack.Update(kTemplate);
  BOOST_TEST(stack.handler.Log() == "");
  BOOST_TEST(stack.Story() ==
             "todo UPDATE_IN_PROGRESS: User Initiated\n"
             "todo UPDATE_COMPLETE_CLEANUP_IN_PROGRESS\n"
             "todo UPDATE_COMPLETE\n");
}

BOOST_AUTO_TEST_CASE(changes_in_place) {
  Stack stack(kTemplate);
  stack.Update(With("{CidrBlock: 10.0.0.0/16}", "{CidrBlock: 10.0.0.0/16, InstanceTenancy: default}"));
  BOOST_TEST(stack.handler.Log() == "update Vpc-1");
  BOOST_TEST(stack.handler.there["Vpc-1"].Get("InstanceTenancy").text() == "default");
  BOOST_TEST(stack.Story() ==
             "todo UPDATE_IN_PROGRESS: User Initiated\n"
             "Vpc UPDATE_IN_PROGRESS\n"
             "Vpc UPDATE_IN_PROGRESS: InstanceTenancy is accepted but not enforced\n"
             "Vpc UPDATE_COMPLETE\n"
             "todo UPDATE_COMPLETE_CLEANUP_IN_PROGRESS\n"
             "todo UPDATE_COMPLETE\n");
}

BOOST_AUTO_TEST_CASE(a_replacement_is_made_first_its_dependents_follow_and_the_old_ones_go_last) {
  Stack stack(kTemplate);
  stack.Update(OtherVpc());
  BOOST_TEST(stack.handler.Log() == "create Vpc-2\ncreate Subnet-2\nupdate Web-1\ndelete Subnet-1\ndelete Vpc-1");
  BOOST_TEST(ToJson(stack.handler.there["Web-1"].Get("VPCZoneIdentifier")) == "[\"Subnet-2\"]");
  BOOST_TEST(stack.Physical("Vpc") == "Vpc-2");
  BOOST_TEST(stack.executor->state().leftovers.empty());
  BOOST_TEST(stack.Story() ==
             "todo UPDATE_IN_PROGRESS: User Initiated\n"
             "Vpc UPDATE_IN_PROGRESS: Requested update requires the creation of a new physical resource; hence "
             "creating one.\n"
             "Vpc UPDATE_IN_PROGRESS: Resource creation Initiated\n"
             "Vpc UPDATE_COMPLETE\n"
             "Subnet UPDATE_IN_PROGRESS: Requested update requires the creation of a new physical resource; hence "
             "creating one.\n"
             "Subnet UPDATE_IN_PROGRESS: Resource creation Initiated\n"
             "Subnet UPDATE_COMPLETE\n"
             "Web UPDATE_IN_PROGRESS\n"
             "Web UPDATE_COMPLETE\n"
             "todo UPDATE_COMPLETE_CLEANUP_IN_PROGRESS\n"
             "Subnet DELETE_IN_PROGRESS\n"
             "Subnet DELETE_COMPLETE\n"
             "Vpc DELETE_IN_PROGRESS\n"
             "Vpc DELETE_COMPLETE\n"
             "todo UPDATE_COMPLETE\n");
}

BOOST_AUTO_TEST_CASE(adds_and_removes) {
  Stack stack(kTemplate);
  const std::string zone = "  Zone: {Type: AWS::Route53::HostedZone, Properties: {Name: shop.localhost}}\n";
  stack.Update(With(zone, "  Gate: {Type: AWS::EC2::InternetGateway, DependsOn: Web}\n"));
  BOOST_TEST(stack.handler.Log() == "create Gate-1\ndelete Zone-1");
  BOOST_TEST(stack.executor->state().resources.count("Zone") == 0u);
  BOOST_TEST(absl::StrContains(stack.Story(), "Gate CREATE_COMPLETE\ntodo UPDATE_COMPLETE_CLEANUP_IN_PROGRESS\n"));
}

BOOST_AUTO_TEST_CASE(a_failure_takes_everything_back) {
  Stack stack(kTemplate);
  stack.handler.fail_update = {"Web"};
  stack.Update(OtherVpc());
  BOOST_TEST(stack.Status() == "UPDATE_ROLLBACK_COMPLETE");
  BOOST_TEST(stack.handler.Log() == "create Vpc-2\ncreate Subnet-2\ndelete Subnet-2\ndelete Vpc-2");
  BOOST_TEST(stack.handler.There() == "Subnet-1 Vpc-1 Web-1 Zone-1");
  BOOST_TEST(stack.Physical("Vpc") == "Vpc-1");
  BOOST_TEST(stack.Physical("Subnet") == "Subnet-1");
  BOOST_TEST(stack.executor->state().leftovers.empty());
  const std::string story = stack.Story();
  BOOST_TEST(absl::StrContains(story,
                               "Web UPDATE_FAILED: not like this\n"
                               "todo UPDATE_ROLLBACK_IN_PROGRESS: The following resource(s) failed to update: [Web].\n"
                               "Vpc UPDATE_COMPLETE\n"
                               "Subnet UPDATE_COMPLETE\n"),
             story);
  BOOST_TEST(absl::StrContains(story,
                               "todo UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS\n"
                               "Subnet DELETE_IN_PROGRESS\n"
                               "Subnet DELETE_COMPLETE\n"
                               "Vpc DELETE_IN_PROGRESS\n"
                               "Vpc DELETE_COMPLETE\n"
                               "todo UPDATE_ROLLBACK_COMPLETE\n"),
             story);
}

BOOST_AUTO_TEST_CASE(what_was_changed_in_place_is_changed_back_and_what_was_added_goes) {
  Stack stack(kTemplate);
  stack.handler.fail_create = {"Last"};
  stack.Update(With("Properties: {CidrBlock: 10.0.0.0/16}}",
                    "Properties: {CidrBlock: 10.0.0.0/16, EnableDnsSupport: false}}\n"
                    "  Gate: {Type: AWS::EC2::InternetGateway}\n"
                    "  Last: {Type: AWS::EC2::InternetGateway, DependsOn: [Gate, Vpc, Web]}"));
  BOOST_TEST(stack.Status() == "UPDATE_ROLLBACK_COMPLETE");
  BOOST_TEST(stack.handler.Log() == "create Gate-1\nupdate Vpc-1\nupdate Vpc-1\ndelete Gate-1");
  BOOST_TEST(stack.handler.there["Vpc-1"].Get("EnableDnsSupport").is_null());
  BOOST_TEST(stack.executor->state().resources.count("Gate") == 0u);
  BOOST_TEST(stack.executor->state().resources.count("Last") == 0u);
  // It can be tried again.
  stack.handler.fail_create.clear();
  stack.present = std::move(stack.former);
  stack.Update(With("Resources:\n", "Resources:\n  Last: {Type: AWS::EC2::InternetGateway}\n"));
  BOOST_TEST(stack.Status() == "UPDATE_COMPLETE");
}

BOOST_AUTO_TEST_CASE(what_is_removed_is_still_there_for_the_rollback) {
  Stack stack(kTemplate);
  stack.handler.fail_create = {"Gate"};
  const std::string zone = "  Zone: {Type: AWS::Route53::HostedZone, Properties: {Name: shop.localhost}}\n";
  stack.Update(With(zone, "  Gate: {Type: AWS::EC2::InternetGateway}\n"));
  BOOST_TEST(stack.Status() == "UPDATE_ROLLBACK_COMPLETE");
  BOOST_TEST(stack.Physical("Zone") == "Zone-1");
  BOOST_TEST(!absl::StrContains(stack.Story(), "Zone DELETE"));
}

BOOST_AUTO_TEST_CASE(what_is_under_way_when_another_fails_is_cancelled) {
  Stack stack(kTemplate);
  stack.handler.slow = {"Gate", "Vpc"};
  const std::string edited = With("Properties: {CidrBlock: 10.0.0.0/16}}",
                                  "Properties: {CidrBlock: 10.0.0.0/16, EnableDnsSupport: false}}\n"
                                  "  Gate: {Type: AWS::EC2::InternetGateway}\n"
                                  "  Last: {Type: AWS::EC2::InternetGateway, DependsOn: Zone}");
  BOOST_REQUIRE(IsOk(stack.Begin(edited)));
  stack.handler.fail_create = {"Last"};
  stack.Run();
  stack.handler.slow.clear();
  stack.Run();
  BOOST_TEST(stack.Status() == "UPDATE_ROLLBACK_COMPLETE");
  const std::string story = stack.Story();
  BOOST_TEST(absl::StrContains(story, "Gate CREATE_FAILED: Resource creation cancelled\n"), story);
  BOOST_TEST(absl::StrContains(story, "Vpc UPDATE_FAILED: Resource update cancelled\n"), story);
  BOOST_TEST(stack.handler.There() == "Subnet-1 Vpc-1 Web-1 Zone-1");
  BOOST_TEST(stack.handler.there["Vpc-1"].Get("EnableDnsSupport").is_null());
}

BOOST_AUTO_TEST_CASE(a_rollback_that_fails_says_so_and_the_stack_can_be_deleted) {
  Stack stack(kTemplate);
  stack.handler.fail_create = {"Last"};
  BOOST_REQUIRE(IsOk(stack.Begin(With("Properties: {CidrBlock: 10.0.0.0/16}}",
                                      "Properties: {CidrBlock: 10.0.0.0/16, EnableDnsSupport: false}}\n"
                                      "  Last: {Type: AWS::EC2::InternetGateway, DependsOn: Vpc}"))));
  while (stack.Status() == "UPDATE_IN_PROGRESS") stack.Pass();
  stack.handler.fail_update = {"Vpc"};
  stack.Run();
  BOOST_TEST(stack.Status() == "UPDATE_ROLLBACK_FAILED");
  BOOST_TEST(stack.executor->state().reason == "The following resource(s) failed to update: [Vpc].");
  BOOST_TEST(StatusIs(stack.executor->Update(stack.present->parsed, stack.present->bindings, kStart),
                      absl::StatusCode::kFailedPrecondition,
                      "is in UPDATE_ROLLBACK_FAILED state and can not be updated."));
  stack.executor->Delete({}, kStart);
  stack.Run();
  BOOST_TEST(stack.Status() == "DELETE_COMPLETE");
  BOOST_TEST(stack.handler.There() == "");
}

BOOST_AUTO_TEST_CASE(what_cannot_be_cleaned_up_does_not_fail_the_update_and_is_tried_again) {
  Stack stack(kTemplate);
  stack.handler.fail_delete = {"Subnet-1"};
  stack.Update(OtherVpc());
  BOOST_TEST(stack.Status() == "UPDATE_COMPLETE");
  BOOST_TEST(stack.executor->state().reason == "Update successful. One or more resources could not be deleted.");
  // The VPC is still needed by the subnet.
  BOOST_TEST(stack.handler.There() == "Subnet-1 Subnet-2 Vpc-1 Vpc-2 Web-1 Zone-1");
  BOOST_TEST(stack.executor->state().leftovers.size() == 2u);
  stack.handler.fail_delete.clear();
  stack.Update(With("Name: shop.localhost", "Name: shop.localhost, HostedZoneConfig: {Comment: again}", OtherVpc()));
  BOOST_TEST(stack.Status() == "UPDATE_COMPLETE");
  BOOST_TEST(stack.handler.There() == "Subnet-2 Vpc-2 Web-1 Zone-1");
  BOOST_TEST(stack.executor->state().leftovers.empty());
}

BOOST_AUTO_TEST_CASE(a_deletion_takes_leftovers_along) {
  Stack stack(kTemplate);
  stack.handler.fail_delete = {"Subnet-1"};
  stack.Update(OtherVpc());
  stack.handler.fail_delete.clear();
  stack.executor->Delete({}, kStart);
  stack.Run();
  BOOST_TEST(stack.Status() == "DELETE_COMPLETE");
  BOOST_TEST(stack.handler.There() == "");
}

BOOST_AUTO_TEST_CASE(a_stack_can_be_deleted_in_the_middle_of_an_update) {
  Stack stack(kTemplate);
  stack.handler.slow = {"Subnet"};
  BOOST_REQUIRE(IsOk(stack.Begin(OtherVpc())));
  stack.Run();
  BOOST_TEST(stack.Status() == "UPDATE_IN_PROGRESS");
  stack.executor->Delete({}, kStart);
  stack.Run();
  BOOST_TEST(stack.Status() == "DELETE_COMPLETE");
  BOOST_TEST(stack.handler.There() == "");
}

BOOST_AUTO_TEST_CASE(retained_resources_stay_when_replaced_and_when_removed) {
  const std::string kept = With(
      "Vpc: {Type: AWS::EC2::VPC,", "Vpc: {Type: AWS::EC2::VPC, UpdateReplacePolicy: Retain,",
      With("Zone: {Type: AWS::Route53::HostedZone,", "Zone: {Type: AWS::Route53::HostedZone, DeletionPolicy: Retain,"));
  Stack stack(kept);
  std::string edited = With("10.0.0.0/24", "10.1.0.0/24", With("10.0.0.0/16", kNewBlock, kept));
  edited = edited.substr(0, edited.find("  Zone:"));
  stack.Update(edited);
  BOOST_TEST(stack.Status() == "UPDATE_COMPLETE");
  BOOST_TEST(stack.handler.There() == "Subnet-2 Vpc-1 Vpc-2 Web-1 Zone-1");
  const std::string story = stack.Story();
  BOOST_TEST(absl::StrContains(story, "Vpc DELETE_SKIPPED\n"), story);
  BOOST_TEST(absl::StrContains(story, "Zone DELETE_SKIPPED\n"), story);
}

constexpr char kGroup[] = R"(
Resources:
  Template:
    Type: AWS::EC2::LaunchTemplate
    Properties: {LaunchTemplateData: {ImageId: one}}
  Group:
    Type: AWS::AutoScaling::AutoScalingGroup
    UpdatePolicy: {AutoScalingRollingUpdate: {MaxBatchSize: !If [Big, 5, 2]}}
    Properties:
      AutoScalingGroupName: web
      MinSize: 1
      MaxSize: 2
      LaunchTemplate: {LaunchTemplateId: !Ref Template, Version: !GetAtt Template.LatestVersionNumber}
      VPCZoneIdentifier: [s]
Conditions: {Big: !Equals [a, a]}
)";

BOOST_AUTO_TEST_CASE(an_attribute_that_changes_changes_who_uses_it_and_the_policy_is_evaluated) {
  Stack stack(kGroup);
  stack.Update(With("ImageId: one", "ImageId: two", kGroup));
  BOOST_TEST(stack.handler.Log() == "update Template-1\nupdate Group-1");
  BOOST_TEST(ToJson(stack.handler.policy) == R"({"AutoScalingRollingUpdate":{"MaxBatchSize":5}})");
}

BOOST_AUTO_TEST_CASE(will_replace_makes_a_new_group_unless_its_name_is_fixed) {
  const std::string replacing =
      With("{AutoScalingRollingUpdate: {MaxBatchSize: !If [Big, 5, 2]}}",
           "{AutoScalingReplacingUpdate: {WillReplace: true}}", With("      AutoScalingGroupName: web\n", "", kGroup));
  Stack stack(replacing);
  stack.Update(With("ImageId: one", "ImageId: two", replacing));
  BOOST_TEST(stack.handler.Log() == "update Template-1\ncreate Group-2\ndelete Group-1");
  const std::string named =
      With("      MinSize: 1\n", "      AutoScalingGroupName: web\n      MinSize: 1\n", replacing);
  Stack second(named);
  second.Update(With("ImageId: one", "ImageId: two", named));
  BOOST_TEST(second.Status() == "UPDATE_ROLLBACK_COMPLETE");
  BOOST_TEST(absl::StrContains(second.Story(),
                               "Group UPDATE_FAILED: CloudFormation cannot update a stack when a custom-named resource "
                               "requires replacing. Rename web and update the stack again."));
}

BOOST_AUTO_TEST_CASE(only_a_stack_at_rest_is_updated) {
  Stack stack(kTemplate);
  stack.handler.slow = {"Vpc"};
  BOOST_REQUIRE(IsOk(stack.Begin(OtherVpc())));
  BOOST_TEST(StatusIs(stack.Begin(kTemplate), absl::StatusCode::kFailedPrecondition,
                      "Stack:stack-1 is in UPDATE_IN_PROGRESS state and can not be updated."));
}

BOOST_AUTO_TEST_CASE(leftovers_are_bounded) {
  Stack stack(kTemplate);
  StackState state = stack.executor->state();
  for (size_t i = 0; i < kLeftoversMax; ++i) state.leftovers[absl::StrCat("Vpc/old-", i)] = state.resources.at("Vpc");
  Executor full(state);
  BOOST_TEST(StatusIs(full.Update(stack.present->parsed, stack.present->bindings, kStart),
                      absl::StatusCode::kResourceExhausted, "has 500 replaced resources, Vpc/old-0 among them"));
}

BOOST_AUTO_TEST_CASE(a_handler_that_is_busy_is_asked_again) {
  Stack stack(kTemplate);
  stack.handler.busy = {"Vpc"};
  BOOST_REQUIRE(
      IsOk(stack.Begin(With("{CidrBlock: 10.0.0.0/16}", "{CidrBlock: 10.0.0.0/16, EnableDnsHostnames: true}"))));
  stack.Run();
  BOOST_TEST(stack.Status() == "UPDATE_IN_PROGRESS");
  stack.handler.busy.clear();
  stack.Run();
  BOOST_TEST(stack.handler.Log() == "update Vpc-1");
  BOOST_TEST(stack.Status() == "UPDATE_COMPLETE");
}

// A random stack of gateways, VPCs' route tables and subnets, in one of several editions.
std::string RandomTemplate(std::mt19937& rng) {
  std::string text = "Resources:\n  Base: {Type: AWS::EC2::InternetGateway}\n";
  for (int i = 0; i < 8; ++i) {
    if (rng() % 4 == 0) continue;
    absl::StrAppend(&text, "  R", i, ":\n    Type: AWS::EC2::VPC\n    DependsOn: Base\n    Properties: {CidrBlock: 10.",
                    i, ".", rng() % 2 * 16, ".0/20, EnableDnsSupport: ", rng() % 2 == 0 ? "true" : "false", "}\n");
    absl::StrAppend(&text, "  S", i, ":\n    Type: AWS::EC2::RouteTable\n    Properties: {VpcId: !Ref R", i, "}\n");
  }
  return text;
}

BOOST_AUTO_TEST_CASE(whatever_fails_a_stack_is_as_one_of_the_two_templates_says) {
  for (int seed = 0; seed < 300; ++seed) {
    std::mt19937 rng(seed);
    Stack stack(RandomTemplate(rng));
    stack.restarts = true;
    const std::string before = stack.handler.There();
    std::map<std::string, Value> there = stack.handler.there;
    const std::string edited = RandomTemplate(rng);
    const std::string luckless = absl::StrCat(rng() % 2 == 0 ? "R" : "S", rng() % 8);
    BOOST_REQUIRE(IsOk(stack.Begin(edited)));
    if (seed % 2 == 0) stack.handler.fail_create = {luckless};
    if (seed % 2 == 0) stack.handler.fail_later = {luckless + "-2"};
    stack.Run();
    if (stack.Status() == "UPDATE_ROLLBACK_COMPLETE") {
      BOOST_TEST(stack.handler.There() == before, "seed " << seed);
      BOOST_TEST((stack.handler.there == there), "seed " << seed);
    } else {
      BOOST_TEST(stack.Status() == "UPDATE_COMPLETE", "seed " << seed);
      const size_t wanted = Inputs(edited).parsed.resources.size();
      BOOST_TEST(stack.handler.there.size() == wanted, "seed " << seed);
    }
    BOOST_TEST(stack.executor->state().leftovers.empty(), "seed " << seed);
    for (const auto& [id, resource] : stack.executor->state().resources) {
      BOOST_TEST(stack.handler.there.count(resource.physical_id) == 1u, "seed " << seed << " " << id);
      BOOST_TEST(!resource.former.has_value());
    }
  }
}

}  // namespace
}  // namespace nubo::stack
