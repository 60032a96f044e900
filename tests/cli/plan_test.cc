// What would change, as text and as an exit code; and `up` when something does.
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nubo/cli/output/plan_text.h"
#include "tests/cli/runner.h"

namespace nubo::cli {
namespace {

using cloudformation::v1::DescribeChangeSetResponse;
using cloudformation::v1::PropertyChange;
using cloudformation::v1::ResourceChange;
using cloudformation::v1::UpdateStackRequest;
using cloudformation::v1::UpdateStackResponse;
using State = FakeRegion::State;

ResourceChange Change(const std::string& action, const std::string& id, const std::string& replacement = "False") {
  ResourceChange change;
  change.set_action(action);
  change.set_logical_id(id);
  change.set_type("AWS::EC2::VPC");
  change.set_replacement(replacement);
  if (action != "Add") change.set_physical_id("vpc-1");
  return change;
}

void AddDetail(ResourceChange& change, const std::string& name, const std::string& before, const std::string& after) {
  PropertyChange* property = change.add_details();
  property->set_name(name);
  property->set_has_before(!before.empty());
  property->set_has_after(!after.empty());
  property->set_before_value(before);
  property->set_after_value(after);
  property->set_enforced(true);
  property->set_requires_recreation(change.replacement() == "True" ? "Always" : "Never");
}

DescribeChangeSetResponse OneOfEach() {
  DescribeChangeSetResponse answer;
  answer.set_stack_name("todo");
  answer.set_change_set_type("UPDATE");
  ResourceChange added = Change("Add", "Gate");
  AddDetail(added, "CidrBlock", "", "10.2.0.0/16");
  ResourceChange changed = Change("Modify", "Group");
  AddDetail(changed, "MaxSize", "2", "3");
  AddDetail(changed, "Tags", R"([{"Key":"a","Value":"b"}])", R"([{"Key":"a","Value":"c"}])");
  changed.add_scope("MaxSize");
  changed.add_scope("Tags");
  changed.add_scope("UpdatePolicy");
  ResourceChange replaced = Change("Modify", "Vpc", "True");
  AddDetail(replaced, "CidrBlock", "10.0.0.0/16", "10.1.0.0/16");
  replaced.set_policy_action("ReplaceAndRetain");
  for (const ResourceChange& change : {added, changed, replaced, Change("Remove", "Zone")}) {
    *answer.add_changes() = change;
  }
  return answer;
}

BOOST_AUTO_TEST_CASE(a_plan_reads_like_a_diff) {
  BOOST_TEST(PlanText(OneOfEach(), LineStyle()) ==
             "Stack todo would change:\n"
             "  +   Gate (AWS::EC2::VPC)\n"
             "      CidrBlock: 10.2.0.0/16\n"
             "  ~   Group (AWS::EC2::VPC, vpc-1)\n"
             "      MaxSize: 2 -> 3\n"
             "      Tags[0].Value: b -> c\n"
             "      UpdatePolicy differs\n"
             "  +/- Vpc (AWS::EC2::VPC, vpc-1; the old one is kept)\n"
             "      CidrBlock: 10.0.0.0/16 -> 10.1.0.0/16  # needs a new resource\n"
             "  -   Zone (AWS::EC2::VPC, vpc-1)\n"
             "1 to add (+), 1 to change in place (~), 1 to replace, the new one first (+/-), 1 to delete (-).\n");
}

BOOST_AUTO_TEST_CASE(user_data_are_compared_line_by_line) {
  ResourceChange changed = Change("Modify", "Template");
  // "#!/bin/sh\nexec web --port 80\n" and "…81\n".
  AddDetail(changed, "UserData",
            "IyEvYmluL3NoCmV4ZWMgd2ViIC0tcG9ydCA4MAo=", "IyEvYmluL3NoCmV4ZWMgd2ViIC0tcG9ydCA4MQo=");
  DescribeChangeSetResponse answer;
  *answer.add_changes() = changed;
  const std::string text = PlanText(answer, LineStyle());
  BOOST_TEST(absl::StrContains(text, "      UserData:\n        - exec web --port 80\n        + exec web --port 81\n"),
             text);
}

BOOST_AUTO_TEST_CASE(what_is_long_or_not_enforced_says_so) {
  ResourceChange changed = Change("Modify", "Vpc");
  AddDetail(changed, "InstanceTenancy", "default", std::string(500, 'x') + "\x1b[31m");
  changed.mutable_details(0)->set_enforced(false);
  DescribeChangeSetResponse answer;
  *answer.add_changes() = changed;
  const std::string text = PlanText(answer, LineStyle());
  BOOST_TEST(absl::StrContains(text, "xxx…  # accepted but not enforced\n"), text);
  BOOST_TEST(text.size() < 500u);
  BOOST_TEST(!absl::StrContains(text, "\x1b"));
}

BOOST_AUTO_TEST_CASE(hidden_values_show_that_they_differ) {
  ResourceChange changed = Change("Modify", "Db");
  AddDetail(changed, "MasterUserPassword", "****", "****");
  DescribeChangeSetResponse answer;
  *answer.add_changes() = changed;
  BOOST_TEST(absl::StrContains(PlanText(answer, LineStyle()), "MasterUserPassword: **** -> ****\n"));
}

struct Todo : Runner {
  Todo() {
    work = region.state_dir() + "-work";
    std::filesystem::create_directories(work + "/todo");
    std::ofstream(work + "/todo/template.yaml") << "Resources:\n  Gate: {Type: AWS::EC2::InternetGateway}\n";
    surroundings.current_directory = work;
  }
  ~Todo() { std::filesystem::remove_all(work); }
  std::string work;
};

BOOST_AUTO_TEST_CASE(the_exit_code_says_whether_there_is_anything_to_do) {
  Todo run;
  run.region.Start();
  run.region.Edit([](State& state) { state.changes.set_stack_name("todo"); });
  BOOST_TEST(run("plan todo/template.yaml --param A=1") == 0, run.err());
  BOOST_TEST(run.out() == "No updates are to be performed: stack todo is as the template says.\n");
  const auto planned =
      run.region.Read<cloudformation::v1::DescribeChangeSetRequest>([](State& s) { return s.planned.at(0); });
  BOOST_TEST(planned.stack_name() == "todo");
  BOOST_TEST(planned.parameters(0).value() == "1");
  run.region.Edit([](State& state) { state.changes = OneOfEach(); });
  BOOST_TEST(run("plan todo/template.yaml") == 2);
  BOOST_TEST(run.err() == "");
  BOOST_TEST(run("plan todo/template.yaml -o json") == 2);
  BOOST_TEST(absl::StrContains(run.out(), "\"policyAction\": \"ReplaceAndRetain\""), run.out());
  BOOST_TEST(run("plan todo/nothing.yaml") == 1);
  BOOST_TEST(absl::StrContains(run.err(), "cannot read the template todo/nothing.yaml"), run.err());
}

BOOST_AUTO_TEST_CASE(without_a_region_everything_would_be_added) {
  Todo run;
  BOOST_TEST(run("plan todo/template.yaml") == 2, run.err());
  BOOST_TEST(absl::StrContains(run.out(), "Stack todo would be created:\n  +   Gate (AWS::EC2::InternetGateway)\n"),
             run.out());
  BOOST_TEST(run.launcher.launched.empty());
  std::ofstream(run.work + "/todo/template.yaml") << "Resources: {}\n";
  BOOST_TEST(run("plan todo/template.yaml") == 1);
  BOOST_TEST(absl::StrContains(run.err(), "At least one Resources member must be defined"), run.err());
  // A region that was killed has stacks to compare with.
  std::ofstream(run.region.state_dir() + "/state.db") << "";
  BOOST_TEST(run("plan todo/template.yaml") == 1);
  BOOST_TEST(absl::StrContains(run.err(), "no region is running"), run.err());
  std::filesystem::remove(run.region.state_dir() + "/state.db");
}

// `up` on a stack that is there: an update that ends as `end` says after one look.
void UpdateTo(FakeRegion& region, const std::string& end) {
  region.Edit([&](State& state) {
    state.MakeStack("todo", "CREATE_COMPLETE", true);
    state.on_update = [end](State& s, const UpdateStackRequest& request, UpdateStackResponse*) {
      s.Stack(request.stack_name())->set_stack_status("UPDATE_IN_PROGRESS");
      s.on_poll = [end, polls = 2](State& polled) mutable {
        if (--polls > 0) return;
        polled.Stack("todo")->set_stack_status(end);
        polled.on_poll = nullptr;
      };
      s.Tell("UPDATE_FAILED", "Group", "AWS::AutoScaling::AutoScalingGroup", "3 launches in a row came to nothing");
      return grpc::Status::OK;
    };
  });
}

BOOST_AUTO_TEST_CASE(up_updates_a_stack_that_is_there) {
  Todo run;
  run.region.Start();
  UpdateTo(run.region, "UPDATE_COMPLETE");
  BOOST_TEST(run("up todo/template.yaml --param A=1") == 0, run.err());
  BOOST_TEST(absl::StrContains(run.out(), "stack todo is ready, after "), run.out());
  BOOST_TEST(run.region.Read<bool>([](State& s) { return s.created.empty() && s.updated.size() == 1; }));
}

BOOST_AUTO_TEST_CASE(up_says_why_an_update_was_taken_back) {
  Todo run;
  run.region.Start();
  UpdateTo(run.region, "UPDATE_ROLLBACK_COMPLETE");
  BOOST_TEST(run("up todo/template.yaml") == 1);
  BOOST_TEST(run.err() ==
             "nubo: stack todo could not be updated: Group (AWS::AutoScaling::AutoScalingGroup): 3 launches in a row "
             "came to nothing; it is as it was before\n");
  BOOST_TEST(run.region.Read<bool>([](State& s) { return s.deleted.empty(); }));
}

BOOST_AUTO_TEST_CASE(up_does_not_delete_a_stack_whose_update_failed) {
  Todo run;
  run.region.Start();
  run.region.Edit([](State& state) { state.MakeStack("todo", "UPDATE_ROLLBACK_COMPLETE", true); });
  BOOST_TEST(run("up todo/template.yaml") == 0, run.err());
  BOOST_TEST(run.region.Read<bool>([](State& s) { return s.deleted.empty(); }));
}

}  // namespace
}  // namespace nubo::cli
