#include "nubo/stack/executor.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nubo/stack/parse.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::stack {
namespace {

using ::nubo::testing::IsOk;

const absl::Time kStart = absl::FromUnixSeconds(1893456000);

// Vpc; on it SubnetA, SubnetB and Routes; on both subnets Balancer.
constexpr char kTemplate[] = R"(
Resources:
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}
  SubnetA: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.0.0/24}}
  SubnetB: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.1.0/24}}
  Routes: {Type: AWS::EC2::RouteTable, Properties: {VpcId: !Ref Vpc}}
  Balancer:
    Type: AWS::ElasticLoadBalancingV2::LoadBalancer
    Properties: {Subnets: [!Ref SubnetA, !Ref SubnetB]}
)";

StackState NewStack(absl::string_view text, OnFailure on_failure = OnFailure::kRollback) {
  const auto parsed = Parse(text, "t.yaml");
  BOOST_REQUIRE(IsOk(parsed));
  StackContext context;
  context.stack_name = "todo";
  context.stack_id = "stack-1";
  const auto bindings = Bind(*parsed, {}, context);
  BOOST_REQUIRE(IsOk(bindings));
  auto state = Executor::NewStack(*parsed, *bindings, on_failure);
  BOOST_REQUIRE(IsOk(state));
  return *std::move(state);
}

std::string Names(const std::vector<std::string>& ids) { return absl::StrJoin(ids, " "); }

// One event a line: "Vpc CREATE_COMPLETE", with the reason behind if there is one.
std::string Story(Executor& executor) {
  std::string story;
  for (const Event& event : executor.TakeEvents()) {
    absl::StrAppend(&story, event.logical_id, " ", event.status, event.reason.empty() ? "" : ": ", event.reason, "\n");
  }
  return story;
}

// Accepts and completes everything that is wanted until nothing is; returns what was wanted, one step a line.
std::string RunAll(Executor& executor) {
  std::string story;
  for (Work work = executor.Step(kStart); !work.empty(); work = executor.Step(kStart)) {
    for (const std::string& id : work.create) executor.OnAccepted(id, absl::StrCat(id, "-id"), kStart);
    for (const std::string& id : work.create) executor.OnComplete(id, {}, kStart);
    for (const std::string& id : work.remove) executor.OnAccepted(id, "", kStart);
    for (const std::string& id : work.remove) executor.OnComplete(id, {}, kStart);
    if (!work.create.empty()) absl::StrAppend(&story, "create ", Names(work.create), "\n");
    if (!work.remove.empty()) absl::StrAppend(&story, "remove ", Names(work.remove), "\n");
  }
  return story;
}

BOOST_AUTO_TEST_CASE(creates_in_order_and_side_by_side) {
  Executor executor(NewStack(kTemplate));
  BOOST_TEST(RunAll(executor) == "create Vpc\ncreate Routes SubnetA SubnetB\ncreate Balancer\n");
  BOOST_TEST(executor.Done());
  BOOST_TEST((executor.state().status == StackStatus::kCreateComplete));
}

BOOST_AUTO_TEST_CASE(every_step_is_an_event) {
  Executor executor(NewStack("Resources: {Net: {Type: AWS::EC2::InternetGateway}}"));
  RunAll(executor);
  BOOST_TEST(Story(executor) ==
             "todo CREATE_IN_PROGRESS: User Initiated\n"
             "Net CREATE_IN_PROGRESS\n"
             "Net CREATE_IN_PROGRESS: Resource creation Initiated\n"
             "Net CREATE_COMPLETE\n"
             "todo CREATE_COMPLETE\n");
  BOOST_TEST(Story(executor) == "");
}

BOOST_AUTO_TEST_CASE(events_name_the_physical_id_type_and_time) {
  Executor executor(NewStack("Resources: {Net: {Type: AWS::EC2::InternetGateway}}"));
  executor.Step(kStart);
  executor.OnAccepted("Net", "igw-1", kStart + absl::Seconds(1));
  const std::vector<Event> events = executor.TakeEvents();
  BOOST_REQUIRE(events.size() == 3u);
  BOOST_TEST((events[0] ==
              Event{kStart, "todo", "stack-1", "AWS::CloudFormation::Stack", "CREATE_IN_PROGRESS", "User Initiated"}));
  BOOST_TEST((events[2] == Event{kStart + absl::Seconds(1), "Net", "igw-1", "AWS::EC2::InternetGateway",
                                 "CREATE_IN_PROGRESS", "Resource creation Initiated"}));
}

BOOST_AUTO_TEST_CASE(waits_for_what_is_under_way) {
  Executor executor(NewStack(kTemplate));
  BOOST_TEST(Names(executor.Step(kStart).create) == "Vpc");
  executor.OnAccepted("Vpc", "vpc-1", kStart);
  const Work work = executor.Step(kStart);
  BOOST_TEST(work.create.empty());
  BOOST_TEST(Names(work.await_create) == "Vpc");
}

BOOST_AUTO_TEST_CASE(one_slow_resource_does_not_hold_back_others) {
  Executor executor(NewStack(kTemplate));
  executor.Step(kStart);
  executor.OnAccepted("Vpc", "vpc-1", kStart);
  executor.OnComplete("Vpc", {}, kStart);
  executor.Step(kStart);
  for (const char* id : {"SubnetA", "SubnetB"}) {
    executor.OnAccepted(id, "id", kStart);
    executor.OnComplete(id, {}, kStart);
  }
  const Work work = executor.Step(kStart);
  BOOST_TEST(Names(work.create) == "Balancer Routes");
}

BOOST_AUTO_TEST_CASE(the_state_goes_on_where_it_was_stored) {
  StackState stored;
  {
    Executor executor(NewStack(kTemplate));
    executor.Step(kStart);
    stored = executor.state();
  }
  Executor again(stored);
  BOOST_TEST(Names(again.Step(kStart).create) == "Vpc");
  BOOST_TEST(Story(again) == "");
  BOOST_TEST(RunAll(again) == "create Vpc\ncreate Routes SubnetA SubnetB\ncreate Balancer\n");
}

BOOST_AUTO_TEST_CASE(depends_on_orders_what_shares_no_reference) {
  Executor executor(NewStack(R"(
Resources:
  A: {Type: AWS::EC2::InternetGateway, DependsOn: [C, B]}
  B: {Type: AWS::EC2::InternetGateway, DependsOn: C}
  C: {Type: AWS::EC2::InternetGateway}
)"));
  BOOST_TEST(RunAll(executor) == "create C\ncreate B\ncreate A\n");
}

BOOST_AUTO_TEST_CASE(a_failure_cancels_and_rolls_back_in_reverse) {
  Executor executor(NewStack(kTemplate));
  executor.Step(kStart);
  executor.OnAccepted("Vpc", "vpc-1", kStart);
  executor.OnComplete("Vpc", {}, kStart);
  executor.Step(kStart);
  executor.OnAccepted("SubnetA", "subnet-1", kStart);
  executor.OnComplete("SubnetA", {}, kStart);
  executor.OnFailed("SubnetB", "no room", kStart);
  Story(executor);
  const Work work = executor.Step(kStart);
  BOOST_TEST(work.create.empty());
  BOOST_TEST(Names(work.remove) == "Routes SubnetA SubnetB");
  BOOST_TEST(
      Story(executor) ==
      "Routes CREATE_FAILED: Resource creation cancelled\n"
      "todo ROLLBACK_IN_PROGRESS: The following resource(s) failed to create: [SubnetB]. Rollback requested by user.\n"
      "Routes DELETE_IN_PROGRESS\n"
      "SubnetA DELETE_IN_PROGRESS\n"
      "SubnetB DELETE_IN_PROGRESS\n");
  BOOST_TEST(RunAll(executor) == "remove Routes SubnetA SubnetB\nremove Vpc\n");
  BOOST_TEST((executor.state().status == StackStatus::kRollbackComplete));
  BOOST_TEST((executor.state().resources.at("Balancer").status == ResourceStatus::kPending));
}

BOOST_AUTO_TEST_CASE(a_late_result_of_a_cancelled_creation_changes_nothing) {
  Executor executor(NewStack(kTemplate));
  executor.Step(kStart);
  executor.OnAccepted("Vpc", "vpc-1", kStart);
  executor.Delete({}, kStart);
  executor.OnComplete("Vpc", {}, kStart);
  BOOST_TEST((executor.state().resources.at("Vpc").status == ResourceStatus::kCreateFailed));
  BOOST_TEST(Names(executor.Step(kStart).remove) == "Vpc");
}

BOOST_AUTO_TEST_CASE(a_failed_rollback_keeps_what_still_is_needed) {
  Executor executor(NewStack(kTemplate));
  executor.Step(kStart);
  executor.OnAccepted("Vpc", "vpc-1", kStart);
  executor.OnComplete("Vpc", {}, kStart);
  executor.Step(kStart);
  for (const char* id : {"SubnetA", "SubnetB", "Routes"}) executor.OnFailed(id, "no", kStart);
  executor.Step(kStart);
  executor.OnFailed("SubnetA", "in use", kStart);
  executor.OnComplete("SubnetB", {}, kStart);
  executor.OnComplete("Routes", {}, kStart);
  BOOST_TEST(executor.Step(kStart).empty());
  BOOST_TEST((executor.state().status == StackStatus::kRollbackFailed));
  BOOST_TEST(executor.state().reason == "The following resource(s) failed to delete: [SubnetA].");
  BOOST_TEST((executor.state().resources.at("Vpc").status == ResourceStatus::kCreateComplete));
  // Deleting the stack tries again.
  executor.Delete({}, kStart);
  BOOST_TEST(RunAll(executor) == "remove SubnetA\nremove Vpc\n");
  BOOST_TEST((executor.state().status == StackStatus::kDeleteComplete));
}

BOOST_AUTO_TEST_CASE(failures_may_be_left_standing) {
  Executor executor(NewStack(kTemplate, OnFailure::kDoNothing));
  executor.Step(kStart);
  executor.OnFailed("Vpc", "no", kStart);
  BOOST_TEST(executor.Step(kStart).empty());
  BOOST_TEST((executor.state().status == StackStatus::kCreateFailed));
}

BOOST_AUTO_TEST_CASE(failures_may_delete_the_stack) {
  Executor executor(NewStack(kTemplate, OnFailure::kDelete));
  executor.Step(kStart);
  executor.OnFailed("Vpc", "no", kStart);
  RunAll(executor);
  BOOST_TEST((executor.state().status == StackStatus::kDeleteComplete));
}

BOOST_AUTO_TEST_CASE(deletes_in_reverse_order) {
  Executor executor(NewStack(kTemplate));
  RunAll(executor);
  Story(executor);
  executor.Delete({}, kStart);
  BOOST_TEST(RunAll(executor) == "remove Balancer Routes\nremove SubnetA SubnetB\nremove Vpc\n");
  BOOST_TEST((executor.state().status == StackStatus::kDeleteComplete));
  const std::string story = Story(executor);
  BOOST_TEST(story.substr(0, story.find('\n')) == "todo DELETE_IN_PROGRESS: User Initiated");
}

constexpr char kRetained[] = R"(
Resources:
  Net: {Type: AWS::EC2::InternetGateway, DeletionPolicy: Retain}
  User: {Type: AWS::EC2::InternetGateway, DependsOn: Net, DeletionPolicy: RetainExceptOnCreate}
  Last: {Type: AWS::EC2::InternetGateway, DependsOn: User}
)";

BOOST_AUTO_TEST_CASE(retained_resources_stay) {
  Executor executor(NewStack(kRetained));
  RunAll(executor);
  Story(executor);
  executor.Delete({}, kStart);
  BOOST_TEST(RunAll(executor) == "remove Last\n");
  BOOST_TEST((executor.state().status == StackStatus::kDeleteComplete));
  BOOST_TEST(absl::StrContains(Story(executor), "User DELETE_SKIPPED\nNet DELETE_SKIPPED\ntodo DELETE_COMPLETE\n"));
}

BOOST_AUTO_TEST_CASE(a_rollback_removes_what_is_retained_except_on_create) {
  Executor executor(NewStack(kRetained));
  for (const char* id : {"Net", "User"}) {
    executor.Step(kStart);
    executor.OnAccepted(id, "igw", kStart);
    executor.OnComplete(id, {}, kStart);
  }
  executor.Step(kStart);
  executor.OnFailed("Last", "no", kStart);
  BOOST_TEST(RunAll(executor) == "remove Last\nremove User\n");
  BOOST_TEST((executor.state().resources.at("Net").status == ResourceStatus::kDeleteSkipped));
  BOOST_TEST((executor.state().status == StackStatus::kRollbackComplete));
}

BOOST_AUTO_TEST_CASE(resources_can_be_retained_by_name) {
  Executor executor(NewStack(kTemplate));
  RunAll(executor);
  executor.Delete({"Vpc", "Unknown"}, kStart);
  BOOST_TEST(RunAll(executor) == "remove Balancer Routes\nremove SubnetA SubnetB\n");
  BOOST_TEST((executor.state().resources.at("Vpc").status == ResourceStatus::kDeleteSkipped));
}

constexpr char kDatabase[] =
    "Resources: {Db: {Type: AWS::RDS::DBInstance, "
    "Properties: {Engine: mysql, MasterUsername: u, ManageMasterUserPassword: true}}}";

BOOST_AUTO_TEST_CASE(databases_keep_a_snapshot_unless_they_never_were_complete) {
  Executor complete(NewStack(kDatabase));
  RunAll(complete);
  complete.Delete({}, kStart);
  complete.Step(kStart);
  BOOST_TEST((complete.state().resources.at("Db").deletion_policy == RemovalPolicy::kSnapshot));
  Executor failed(NewStack(kDatabase));
  failed.Step(kStart);
  failed.OnFailed("Db", "no", kStart);
  failed.Step(kStart);
  BOOST_TEST((failed.state().resources.at("Db").deletion_policy == RemovalPolicy::kDelete));
}

BOOST_AUTO_TEST_CASE(what_takes_too_long_fails) {
  StackState state = NewStack(kTemplate);
  state.resource_timeout = absl::Minutes(5);
  Executor executor(state);
  executor.Step(kStart);
  executor.OnAccepted("Vpc", "vpc-1", kStart + absl::Minutes(4));
  BOOST_TEST(Names(executor.Step(kStart + absl::Minutes(4)).await_create) == "Vpc");
  BOOST_TEST(Names(executor.Step(kStart + absl::Minutes(5)).remove) == "Vpc");
  BOOST_TEST(absl::StrContains(Story(executor), "Vpc CREATE_FAILED: it was not done within 5m\n"));
}

BOOST_AUTO_TEST_CASE(a_deletion_that_takes_too_long_fails) {
  Executor executor(NewStack("Resources: {Net: {Type: AWS::EC2::InternetGateway}}"));
  RunAll(executor);
  executor.Delete({}, kStart);
  executor.Step(kStart);
  executor.Step(kStart + absl::Hours(1));
  BOOST_TEST((executor.state().status == StackStatus::kDeleteFailed));
}

// A stack of `count` gateways; each needs some of those before it.
StackState RandomStack(int count, std::mt19937& rng) {
  StackState state;
  state.stack_name = "random";
  for (int i = 0; i < count; ++i) {
    ResourceState& resource = state.resources[absl::StrCat("R", 100 + i)];
    resource.logical_id = absl::StrCat("R", 100 + i);
    resource.deletion_policy = rng() % 10 == 0 ? RemovalPolicy::kRetain : RemovalPolicy::kDelete;
    for (int j = 0; j < i; ++j) {
      if (rng() % 4 == 0) resource.dependencies.push_back(absl::StrCat("R", 100 + j));
    }
  }
  return state;
}

// Nothing is begun that needs something unfinished; nothing is removed that something else still needs.
void CheckOrder(const StackState& state, const Work& work) {
  for (const std::string& id : work.create) {
    for (const std::string& need : state.resources.at(id).dependencies) {
      BOOST_TEST((state.resources.at(need).status == ResourceStatus::kCreateComplete));
    }
  }
  const auto is_there = [](ResourceStatus status) {
    return status == ResourceStatus::kCreateComplete || status == ResourceStatus::kDeleteInProgress ||
           status == ResourceStatus::kDeleteFailed;
  };
  for (const std::string& id : work.remove) {
    for (const auto& [other, resource] : state.resources) {
      const auto& needs = resource.dependencies;
      const bool uses = std::find(needs.begin(), needs.end(), id) != needs.end();
      BOOST_TEST(!(uses && is_there(resource.status)));
    }
  }
}

BOOST_AUTO_TEST_CASE(whatever_happens_the_order_holds_and_it_ends) {
  for (int seed = 0; seed < 300; ++seed) {
    std::mt19937 rng(seed);
    Executor executor(RandomStack(12, rng));
    const unsigned failures = seed % 3 == 0 ? 0 : 12;
    for (int step = 0; step < 400 && !executor.Done(); ++step) {
      const Work work = executor.Step(kStart);
      CheckOrder(executor.state(), work);
      // Half of what is under way moves on, some of it fails, and now and then the daemon is killed or the stack
      // deleted.
      for (const auto& ids : {work.create, work.await_create, work.remove, work.await_remove}) {
        for (const std::string& id : ids) {
          const unsigned luck = rng() % 100;
          if (luck < failures) executor.OnFailed(id, "bad luck", kStart);
          if (luck >= 20 && luck < 60) executor.OnAccepted(id, "id", kStart);
          if (luck >= 60) executor.OnComplete(id, {}, kStart);
        }
      }
      if (rng() % 10 == 0) executor = Executor(executor.state());
      if (rng() % 100 == 0) executor.Delete({}, kStart);
    }
    BOOST_TEST(executor.Done(), "seed " << seed);
    for (const auto& [id, resource] : executor.state().resources) {
      BOOST_TEST((resource.status != ResourceStatus::kCreateInProgress));
      BOOST_TEST((resource.status != ResourceStatus::kDeleteInProgress));
    }
    if (failures == 0 && executor.state().status != StackStatus::kDeleteComplete) {
      BOOST_TEST((executor.state().status == StackStatus::kCreateComplete));
    }
  }
}

BOOST_AUTO_TEST_CASE(names_of_statuses_read_back) {
  for (const auto status :
       {StackStatus::kCreateInProgress, StackStatus::kRollbackFailed, StackStatus::kDeleteComplete}) {
    BOOST_TEST((*ParseStackStatus(StatusName(status)) == status));
  }
  for (const auto status : {ResourceStatus::kPending, ResourceStatus::kDeleteSkipped}) {
    BOOST_TEST((*ParseResourceStatus(StatusName(status)) == status));
  }
  BOOST_TEST(!ParseStackStatus("BUSY").ok());
  BOOST_TEST(!ParseResourceStatus("BUSY").ok());
}

BOOST_AUTO_TEST_CASE(the_lookup_knows_what_is_complete) {
  Executor executor(NewStack(kTemplate));
  executor.Step(kStart);
  const StateLookup lookup(executor.state());
  BOOST_TEST(absl::IsNotFound(lookup.Ref("Vpc").status()));
  executor.OnAccepted("Vpc", "vpc-1", kStart);
  BOOST_TEST(*lookup.Ref("Vpc") == "vpc-1");
  BOOST_TEST(absl::IsNotFound(lookup.GetAtt("Vpc", "CidrBlock").status()));
  executor.OnComplete("Vpc", {{"CidrBlock", Value::String("10.0.0.0/16")}}, kStart);
  BOOST_TEST(lookup.GetAtt("Vpc", "CidrBlock")->text() == "10.0.0.0/16");
  BOOST_TEST(absl::IsNotFound(lookup.GetAtt("Vpc", "Nothing").status()));
}

}  // namespace
}  // namespace nubo::stack
