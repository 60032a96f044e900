#include "nubo/stack/update_plan.h"

#include <boost/test/unit_test.hpp>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "nubo/stack/parse.h"
#include "nubo/stack/runner.h"
#include "nubo/stack/schema.h"
#include "nubo/stack/update_rules.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::stack {
namespace {

using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

constexpr char kTemplate[] = R"(
Parameters:
  Password: {Type: String, NoEcho: true, Default: swordfish}
Resources:
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}
  Subnet: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.0.0/24}}
  Template: {Type: AWS::EC2::LaunchTemplate, Properties: {LaunchTemplateData: {ImageId: one}}}
  Group:
    Type: AWS::AutoScaling::AutoScalingGroup
    Properties:
      MinSize: 1
      MaxSize: 2
      LaunchTemplate: {LaunchTemplateId: !Ref Template, Version: !GetAtt Template.LatestVersionNumber}
      VPCZoneIdentifier: [!Ref Subnet]
  Db:
    Type: AWS::RDS::DBInstance
    Properties: {Engine: mysql, MasterUsername: u, MasterUserPassword: !Ref Password}
Outputs:
  Network: {Value: !Ref Vpc}
)";

class EasyHandler final : public ResourceHandler {
 public:
  absl::StatusOr<std::string> Create(const ResourceContext& context, const Value&) override {
    return absl::StrCat(context.logical_id, "-1");
  }
  absl::StatusOr<Progress> Poll(const ResourceContext& context, absl::string_view) override {
    Attributes attributes;
    for (const char* name : FindSchema(context.type)->attributes) attributes[name] = Value::String("1");
    return Progress::Complete(attributes);
  }
  absl::Status Delete(const ResourceContext&, absl::string_view) override { return absl::OkStatus(); }
  absl::StatusOr<Progress> PollDelete(const ResourceContext&, absl::string_view) override {
    return Progress::Complete();
  }
};

struct Bound {
  explicit Bound(const std::string& text, const std::map<std::string, std::string>& parameters = {})
      : parsed(Parse(text, "t.yaml").value()), bindings(Bind(parsed, parameters, StackContext()).value()) {}
  Template parsed;
  Bindings bindings;
};

absl::StatusOr<std::vector<PlannedChange>> Plan(const std::string& after,
                                                const std::map<std::string, std::string>& parameters = {},
                                                const std::string& before = kTemplate) {
  const Bound present(before);
  const Bound wanted(after, parameters);
  EasyHandler handler;
  HandlerRegistry handlers;
  for (const Schema& schema : AllSchemas()) handlers.Register(schema.type, &handler);
  Executor executor(Executor::NewStack(present.parsed, present.bindings).value());
  RunOnce(executor, present.parsed, present.bindings, handlers, absl::UnixEpoch());
  BOOST_REQUIRE(executor.Done());
  return PlanUpdate(executor.state(), {present.parsed, present.bindings}, {wanted.parsed, wanted.bindings});
}

// One change a line: "Modify Vpc True [CidrBlock: 10.0.0.0/16 -> 10.1.0.0/16]".
std::string Shown(const absl::StatusOr<std::vector<PlannedChange>>& plan) {
  BOOST_REQUIRE(IsOk(plan));
  const auto text = [](const Value& value) { return value.is_scalar() ? value.text() : ToJson(value); };
  std::string shown;
  for (const PlannedChange& planned : *plan) {
    absl::StrAppend(&shown, ChangeActionName(planned.change.action), " ", planned.change.logical_id, " ",
                    ReplacementName(planned.change.replacement));
    for (const PropertyChange& property : planned.properties) {
      absl::StrAppend(&shown, " [", property.name, ": ", text(property.before), " -> ", text(property.after), "]");
    }
    absl::StrAppend(&shown, "\n");
  }
  return shown;
}

std::string With(absl::string_view from, absl::string_view to, std::string text = kTemplate) {
  const std::string changed = absl::StrReplaceAll(text, {{from, to}});
  BOOST_REQUIRE(changed != text);
  return changed;
}

BOOST_AUTO_TEST_CASE(the_same_is_no_change) { BOOST_TEST(Shown(Plan(kTemplate)) == ""); }

BOOST_AUTO_TEST_CASE(what_reads_differently_and_is_the_same_is_no_change) {
  BOOST_TEST(Shown(Plan(With("CidrBlock: 10.0.0.0/16", "CidrBlock: !Join ['', ['10.0.', '0.0/16']]"))) == "");
  BOOST_TEST(Shown(Plan(With("{CidrBlock: 10.0.0.0/16}", "{CidrBlock: 10.0.0.0/16, EnableDnsSupport: true}"))) == "");
}

BOOST_AUTO_TEST_CASE(a_change_in_place_shows_both_values) {
  BOOST_TEST(Shown(Plan(With("MaxSize: 2", "MaxSize: 3"))) == "Modify Group False [MaxSize: 2 -> 3]\n");
}

BOOST_AUTO_TEST_CASE(who_follows_a_replacement_is_in_the_plan) {
  BOOST_TEST(Shown(Plan(With("10.0.0.0/24", "10.1.0.0/24", With("10.0.0.0/16", "10.1.0.0/16")))) ==
             "Modify Vpc True [CidrBlock: 10.0.0.0/16 -> 10.1.0.0/16]\n"
             "Modify Subnet True [CidrBlock: 10.0.0.0/24 -> 10.1.0.0/24] [VpcId: Vpc-1 -> (known after apply)]\n"
             "Modify Group False [VPCZoneIdentifier: [\"Subnet-1\"] -> [\"(known after apply)\"]]\n");
}

BOOST_AUTO_TEST_CASE(only_attributes_that_may_change_are_unknown) {
  BOOST_TEST(Shown(Plan(With("ImageId: one", "ImageId: two"))) ==
             "Modify Template False [LaunchTemplateData: {\"ImageId\":\"one\"} -> {\"ImageId\":\"two\"}]\n"
             "Modify Group False [LaunchTemplate: {\"LaunchTemplateId\":\"Template-1\",\"Version\":\"1\"} -> "
             "{\"LaunchTemplateId\":\"Template-1\",\"Version\":\"(known after apply)\"}]\n");
}

BOOST_AUTO_TEST_CASE(additions_and_removals_show_all_they_have) {
  const std::string edited = With(
      "  Db:\n    Type: AWS::RDS::DBInstance\n    Properties: {Engine: mysql, "
      "MasterUsername: u, MasterUserPassword: !Ref Password}\n",
      "  Zone: {Type: AWS::Route53::HostedZone, Properties: {Name: a.localhost}}\n");
  BOOST_TEST(
      Shown(Plan(edited)) ==
      "Add Zone False [Name: null -> a.localhost]\n"
      "Remove Db False [Engine: mysql -> null] [MasterUserPassword: **** -> null] [MasterUsername: u -> null]\n");
}

BOOST_AUTO_TEST_CASE(what_is_not_to_be_echoed_is_hidden) {
  BOOST_TEST(Shown(Plan(kTemplate, {{"Password", "tunafish"}})) ==
             "Modify Db False [MasterUserPassword: **** -> ****]\n");
}

BOOST_AUTO_TEST_CASE(a_policy_alone_is_a_change) {
  const auto plan = Plan(With("Vpc: {Type: AWS::EC2::VPC,", "Vpc: {Type: AWS::EC2::VPC, DeletionPolicy: Retain,"));
  BOOST_TEST(Shown(plan) == "Modify Vpc False\n");
  BOOST_TEST(absl::StrJoin((*plan)[0].change.scope, " ") == "DeletionPolicy");
}

BOOST_AUTO_TEST_CASE(what_becomes_of_the_old_one_is_known) {
  const auto plan = Plan(With("Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}",
                              "Vpc: {Type: AWS::EC2::VPC, UpdateReplacePolicy: Retain, Properties: {CidrBlock: "
                              "10.0.0.0/20}}"));
  BOOST_REQUIRE(IsOk(plan));
  BOOST_TEST(((*plan)[0].removal_policy == RemovalPolicy::kRetain));
}

BOOST_AUTO_TEST_CASE(a_fixed_name_in_the_way_of_a_replacement_is_refused_at_once) {
  const std::string named = With("{Engine: mysql,", "{DBInstanceIdentifier: shop, Engine: mysql,");
  BOOST_TEST(StatusIs(Plan(With("Engine: mysql", "Engine: mariadb", named), {}, named).status(),
                      absl::StatusCode::kFailedPrecondition, "Rename shop and update the stack again."));
}

BOOST_AUTO_TEST_CASE(a_type_that_changes_is_refused) {
  BOOST_TEST(StatusIs(Plan(With("Subnet: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Vpc, CidrBlock: "
                                "10.0.0.0/24}}",
                                "Subnet: {Type: AWS::EC2::RouteTable, Properties: {VpcId: !Ref Vpc}}"))
                          .status(),
                      absl::StatusCode::kInvalidArgument, "Update of resource type is not permitted."));
}

BOOST_AUTO_TEST_CASE(a_new_stack_is_all_additions) {
  const Bound wanted(kTemplate);
  const auto plan = PlanCreation({wanted.parsed, wanted.bindings});
  BOOST_REQUIRE(IsOk(plan));
  BOOST_TEST(plan->size() == 5u);
  for (const PlannedChange& planned : *plan) BOOST_TEST((planned.change.action == ChangeAction::kAdd));
}

BOOST_AUTO_TEST_CASE(outputs_count_on_their_own) {
  const Bound before(kTemplate);
  const Bound same(kTemplate);
  const Bound after(With("Value: !Ref Vpc", "Value: !Ref Subnet"));
  BOOST_TEST(!OutputsDiffer({before.parsed, before.bindings}, {same.parsed, same.bindings}));
  BOOST_TEST(OutputsDiffer({before.parsed, before.bindings}, {after.parsed, after.bindings}));
}

// Whoever changes a property does one of three things, and which is in the schema for every one of them.
BOOST_AUTO_TEST_CASE(every_property_of_every_type_is_decided) {
  for (const Schema& schema : AllSchemas()) {
    for (const PropertySpec& spec : schema.properties) {
      Value before = Value::Object();
      Value after = Value::Object();
      before.Set(spec.name, Value::String("one"));
      after.Set(spec.name, Value::String("two"));
      const UpdateDecision decision = DecideUpdate(schema.type, before, after, Value());
      BOOST_TEST((decision.kind == (spec.replaces ? UpdateKind::kReplace : UpdateKind::kInPlace)),
                 schema.type << " " << spec.name);
    }
  }
}

}  // namespace
}  // namespace nubo::stack
