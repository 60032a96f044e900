#include "nubo/region/compute/operations.h"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nubo/base/status.h"
#include "nubo/ec2/lifecycle.h"
#include "nubo/region/compute/launch_templates.h"
#include "nubo/region/network/operations.h"
#include "nubo/region/state/model.h"
#include "nubo/testing/status_matchers.h"
#include "tests/region/world.h"

namespace nubo::region {
namespace {

using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

constexpr char kUnknown[] = "i-0123456789abcdef0";

std::string Script(absl::string_view what) { return absl::Base64Escape(absl::StrCat("#!/bin/sh\nexec ", what, "\n")); }
std::string Decoded(absl::string_view what) { return absl::StrCat("#!/bin/sh\nexec ", what, "\n"); }

// Everything here belongs to no stack.
struct Compute : World {
  Compute()
      : vpc(*CreateVpc(context, {}, {.cidr_block = "10.0.0.0/16"})),
        subnet(MakeSubnet("10.0.1.0/24", "us-east-1a")),
        other_subnet(MakeSubnet("10.0.2.0/24", "us-east-1b")) {}

  std::string MakeSubnet(const std::string& block, const std::string& zone) {
    return *CreateSubnet(context, {}, {.vpc_id = vpc, .cidr_block = block, .availability_zone = zone});
  }
  std::string MakeGroup(const std::string& name) {
    return *CreateSecurityGroup(context, {}, {.group_name = name, .vpc_id = vpc});
  }
  std::string Run() {
    const auto id = RunInstances(context, {}, {.image_id = "web", .subnet_id = subnet});
    BOOST_REQUIRE(IsOk(id));
    Settle();
    return *id;
  }
  std::string MakeTemplate(const RequestLaunchTemplateData& data) {
    const auto id = CreateLaunchTemplate(context, {}, {"small", data});
    BOOST_REQUIRE(IsOk(id));
    return *id;
  }
  const v1::InstanceState& Instance(const std::string& id) const { return *context.model.instances.Find(id); }
  const v1::LaunchTemplateState& Template(const std::string& id) const {
    return *context.model.launch_templates.Find(id);
  }
  std::string State(const std::string& id) const {
    return std::string(ec2::StateName(*ec2::StateFromCode(Instance(id).state_code())));
  }

  const std::string vpc;
  const std::string subnet;
  const std::string other_subnet;
};

bool Refused(const absl::Status& status, absl::string_view code) { return base::ErrorCode(status) == code; }

std::string Words(const absl::StatusOr<std::vector<InstanceStateChange>>& changes) {
  if (!changes.ok()) return std::string(changes.status().message());
  std::vector<std::string> words;
  for (const InstanceStateChange& change : *changes) {
    words.push_back(absl::StrCat(ec2::StateName(change.previous_state), " -> ", ec2::StateName(change.current_state)));
  }
  return absl::StrJoin(words, ", ");
}

BOOST_AUTO_TEST_SUITE(compute_operations)

BOOST_FIXTURE_TEST_CASE(an_instance_needs_no_stack, Compute) {
  const std::string id = Run();
  BOOST_TEST(State(id) == "running");
  BOOST_TEST(Instance(id).owner().stack_name().empty());
  BOOST_TEST(Instance(id).availability_zone() == "us-east-1a");
  BOOST_TEST(Words(StopInstances(context, {id})) == "running -> stopping");
  Settle();
  BOOST_TEST(Words(StartInstances(context, {id})) == "stopped -> pending");
  Settle();
  BOOST_TEST(IsOk(RebootInstances(context, {id})));
  BOOST_TEST(IsOk(ModifyInstanceAttribute(context, {.instance_id = id, .disable_api_termination = true})));
  BOOST_TEST(Refused(TerminateInstances(context, {id}).status(), "OperationNotPermitted"));
  BOOST_TEST(IsOk(ModifyInstanceAttribute(context, {.instance_id = id, .disable_api_termination = false})));
  BOOST_TEST(Words(TerminateInstances(context, {id})) == "running -> shutting-down");
  Settle();
  BOOST_TEST(State(id) == "terminated");
  BOOST_TEST(Words(TerminateInstances(context, {id})) == "terminated -> terminated", "twice is once");
}

struct Launch {
  const char* name;
  // Of a launch in the subnet that works: what is wrong with it.
  void (*change)(RunInstancesRequest&);
  const char* code;
};
std::ostream& operator<<(std::ostream& out, const Launch& launch) { return out << launch.name; }

constexpr Launch kRefused[] = {
    {"no subnet", [](RunInstancesRequest& request) { request.subnet_id.clear(); }, "MissingInput"},
    {"an unknown subnet", [](RunInstancesRequest& request) { request.subnet_id = "subnet-0"; },
     "InvalidSubnetID.NotFound"},
    {"no subnet's id", [](RunInstancesRequest& request) { request.subnet_id = "a"; }, "InvalidSubnetID.Malformed"},
    {"an unknown image", [](RunInstancesRequest& request) { request.image_id = "gone"; }, "InvalidAMIID.NotFound"},
    {"no image", [](RunInstancesRequest& request) { request.image_id.clear(); }, "InvalidAMIID.NotFound"},
    {"an unknown security group", [](RunInstancesRequest& request) { request.security_group_ids = {"sg-0"}; },
     "InvalidGroup.NotFound"},
    {"user data that are no base64", [](RunInstancesRequest& request) { request.user_data = "!"; },
     "InvalidUserData.Malformed"},
    {"another zone than the subnet's", [](RunInstancesRequest& request) { request.availability_zone = "us-east-1b"; },
     "InvalidParameterValue"},
    {"a subnet beside an interface", [](RunInstancesRequest& request) { request.network_interfaces.resize(1); },
     "InvalidParameterCombination"},
    {"two interfaces", [](RunInstancesRequest& request) { request.network_interfaces.resize(2); },
     "AttachmentLimitExceeded"},
    {"a launch template without a name", [](RunInstancesRequest& request) { request.launch_template.emplace(); },
     "ValidationError"},
    {"a launch template with two names",
     [](RunInstancesRequest& request) { request.launch_template.emplace() = {"lt-0", "small"}; }, "ValidationError"},
    {"an unknown launch template",
     [](RunInstancesRequest& request) { request.launch_template.emplace() = {"lt-0", ""}; },
     "InvalidLaunchTemplateId.NotFound"},
    {"an unknown launch template's name",
     [](RunInstancesRequest& request) { request.launch_template.emplace() = {"", "large"}; },
     "InvalidLaunchTemplateName.NotFoundException"},
    {"an unknown version", [](RunInstancesRequest& request) { request.launch_template.emplace() = {"", "small", "7"}; },
     "InvalidLaunchTemplateId.VersionNotFound"},
};

BOOST_DATA_TEST_CASE_F(Compute, a_launch_that_cannot_be_is_refused_and_takes_nothing, kRefused) {
  MakeTemplate({.image_id = "web"});
  const auto available = context.addresses.Find(subnet)->available();
  RunInstancesRequest request = {.image_id = "web", .subnet_id = subnet};
  sample.change(request);
  const auto answer = RunInstances(context, {}, request);
  BOOST_TEST(Refused(answer.status(), sample.code), answer.status());
  BOOST_TEST(context.model.instances.empty());
  BOOST_TEST(context.addresses.Find(subnet)->available() == available);
}

BOOST_FIXTURE_TEST_CASE(a_launch_template_says_what_its_instance_does_not, Compute) {
  const std::string group = MakeGroup("web");
  const std::string id = MakeTemplate({.image_id = "web",
                                       .user_data = Script("web"),
                                       .network_interfaces = {{.subnet_id = subnet,
                                                               .private_ip_address = "10.0.1.77",
                                                               .associate_public_ip_address = true,
                                                               .groups = {group}}},
                                       .availability_zone = "us-east-1a",
                                       .disable_api_termination = true});
  const auto launched = RunInstances(context, {}, {.launch_template = {{.launch_template_id = id}}});
  BOOST_REQUIRE(IsOk(launched));
  const v1::InstanceState& record = Instance(*launched);
  BOOST_TEST(record.user_data() == Decoded("web"));
  BOOST_TEST(record.private_ip() == "10.0.1.77");
  BOOST_TEST(!record.public_ip().empty());
  BOOST_TEST(absl::StrJoin(record.security_group_ids(), " ") == group);
  BOOST_TEST(record.disable_api_termination());
  BOOST_TEST(record.template_version() == 1);
}

BOOST_FIXTURE_TEST_CASE(what_an_instance_says_goes_before_its_launch_template, Compute) {
  const std::string group = MakeGroup("web"), own = MakeGroup("own");
  MakeTemplate({.image_id = "web",
                .user_data = Script("web"),
                .network_interfaces = {{.subnet_id = subnet, .associate_public_ip_address = true, .groups = {group}}},
                .disable_api_termination = true});
  const auto launched = RunInstances(context, {},
                                     {.network_interfaces = {{.subnet_id = other_subnet,
                                                              .private_ip_address = "10.0.2.77",
                                                              .associate_public_ip_address = false,
                                                              .groups = {own}}},
                                      .availability_zone = "us-east-1b",
                                      .user_data = "",
                                      .disable_api_termination = false,
                                      .launch_template = {{.launch_template_name = "small"}}});
  BOOST_REQUIRE(IsOk(launched));
  const v1::InstanceState& record = Instance(*launched);
  BOOST_TEST(record.subnet_id() == other_subnet);
  BOOST_TEST(record.private_ip() == "10.0.2.77");
  BOOST_TEST(record.public_ip().empty());
  BOOST_TEST(record.user_data().empty());
  BOOST_TEST(absl::StrJoin(record.security_group_ids(), " ") == own);
  BOOST_TEST(!record.disable_api_termination());
}

BOOST_FIXTURE_TEST_CASE(an_attribute_changes_alone_or_not_at_all, Compute) {
  const std::string group = MakeGroup("web");
  const std::string id = Run();
  BOOST_TEST(IsOk(ModifyInstanceAttribute(context, {.instance_id = id, .groups = {{group}}})));
  BOOST_TEST(absl::StrJoin(Instance(id).security_group_ids(), " ") == group);
  BOOST_TEST(!Instance(id).disable_api_termination());
  BOOST_TEST(Refused(
      ModifyInstanceAttribute(context, {.instance_id = id, .disable_api_termination = true, .groups = {{"sg-0"}}}),
      "InvalidGroup.NotFound"));
  BOOST_TEST(!Instance(id).disable_api_termination());
  BOOST_TEST(Refused(ModifyInstanceAttribute(context, {.instance_id = kUnknown}), "InvalidInstanceID.NotFound"));
  BOOST_TEST(Refused(ModifyInstanceAttribute(context, {.instance_id = "web"}), "InvalidInstanceID.Malformed"));
  BOOST_REQUIRE(IsOk(TerminateInstances(context, {id})));
  Settle();
  const absl::Status over = ModifyInstanceAttribute(context, {.instance_id = id, .disable_api_termination = true});
  BOOST_TEST(StatusIs(over, absl::StatusCode::kFailedPrecondition, "it is terminated"));
  BOOST_TEST(Refused(over, "IncorrectInstanceState"));
}

BOOST_FIXTURE_TEST_CASE(a_change_in_place_is_to_what_a_launch_would_give, Compute) {
  const std::string group = MakeGroup("web");
  const std::string id = Run();
  MakeTemplate({.image_id = "web", .security_group_ids = {group}, .disable_api_termination = true});
  RunInstancesRequest wanted = {.subnet_id = subnet, .launch_template = {{.launch_template_name = "small"}}};
  BOOST_TEST(IsOk(SetInstanceAttributes(context, id, wanted)));
  BOOST_TEST(absl::StrJoin(Instance(id).security_group_ids(), " ") == group);
  BOOST_TEST(Instance(id).disable_api_termination());
  wanted.launch_template.reset();
  BOOST_TEST(IsOk(SetInstanceAttributes(context, id, wanted)));
  BOOST_TEST(Instance(id).security_group_ids().empty());
  BOOST_TEST(!Instance(id).disable_api_termination());
}

BOOST_FIXTURE_TEST_CASE(a_call_is_for_all_instances_or_for_none, Compute) {
  const std::string first = Run(), second = Run();
  BOOST_TEST(Refused(StopInstances(context, {first, kUnknown}).status(), "InvalidInstanceID.NotFound"));
  BOOST_TEST(Refused(StopInstances(context, {first, "web"}).status(), "InvalidInstanceID.Malformed"));
  BOOST_TEST(State(first) == "running");
  BOOST_TEST(Words(StopInstances(context, {first})) == "running -> stopping");
  Settle();
  BOOST_TEST(Refused(RebootInstances(context, {second, first}), "IncorrectInstanceState"));
  BOOST_TEST(Words(StartInstances(context, {first, second})) == "stopped -> pending, running -> running");
  Settle();
  BOOST_REQUIRE(IsOk(ModifyInstanceAttribute(context, {.instance_id = second, .disable_api_termination = true})));
  BOOST_TEST(Refused(TerminateInstances(context, {first, second}).status(), "OperationNotPermitted"));
  BOOST_TEST(Refused(TerminateInstances(context, {first, kUnknown}).status(), "InvalidInstanceID.NotFound"));
  BOOST_TEST(Instance(first).drain_until() == 0);
  BOOST_TEST(IsOk(TerminateInstances(context, {})));
}

BOOST_FIXTURE_TEST_CASE(of_one_that_is_stopped_the_group_is_told_that_replaces_it, Shop) {
  const auto changes = StopInstances(context, {Alive()[0]});
  BOOST_REQUIRE(IsOk(changes));
  BOOST_TEST(changes->at(0).replaced_by_group == Group().name());
}

BOOST_FIXTURE_TEST_CASE(a_launch_template_needs_no_stack, Compute) {
  const std::string id = MakeTemplate({.image_id = "web", .user_data = Script("web")});
  BOOST_TEST(Template(id).owner().stack_name().empty());
  const auto version = CreateLaunchTemplateVersion(
      context, {.launch_template_id = id, .launch_template_data = {.image_id = "web", .user_data = Script("more")}});
  BOOST_REQUIRE(IsOk(version));
  BOOST_TEST(*version == 2);
  BOOST_TEST(FindVersion(Template(id), "$Latest")->user_data() == Decoded("more"));
  BOOST_TEST(FindVersion(Template(id), "$Default")->user_data() == Decoded("web"));
  BOOST_TEST(IsOk(DeleteLaunchTemplate(context, {.launch_template_name = "small"})));
  BOOST_TEST(context.model.launch_templates.empty());
  const absl::Status twice = DeleteLaunchTemplate(context, {.launch_template_id = id});
  BOOST_TEST(StatusIs(twice, absl::StatusCode::kNotFound));
  BOOST_TEST(Refused(twice, "InvalidLaunchTemplateId.NotFound"));
}

BOOST_FIXTURE_TEST_CASE(a_launch_template_that_cannot_be_is_not_made, Compute) {
  const auto refused = [&](const std::string& name, const RequestLaunchTemplateData& data, const char* code) {
    const absl::Status status = CreateLaunchTemplate(context, {}, {name, data}).status();
    BOOST_TEST(Refused(status, code), status);
  };
  refused("", {.image_id = "web"}, "InvalidLaunchTemplateName.MalformedException");
  refused("a b", {.image_id = "web"}, "InvalidLaunchTemplateName.MalformedException");
  refused("small", {.image_id = "gone"}, "InvalidAMIID.NotFound");
  refused("small", {.user_data = "!"}, "InvalidUserData.Malformed");
  refused("small", {.security_group_ids = {"sg-0"}}, "InvalidGroup.NotFound");
  refused("small", {.network_interfaces = {{.subnet_id = "subnet-0"}}}, "InvalidSubnetID.NotFound");
  refused("small", {.network_interfaces = {{}, {}}}, "AttachmentLimitExceeded");
  BOOST_TEST(context.model.launch_templates.empty());
  MakeTemplate({});
  refused("small", {}, "InvalidLaunchTemplateName.AlreadyExistsException");
  BOOST_TEST(Refused(CreateLaunchTemplateVersion(
                         context, {.launch_template_name = "small", .launch_template_data = {.image_id = "gone"}})
                         .status(),
                     "InvalidAMIID.NotFound"));
  BOOST_TEST(context.model.launch_templates.begin()->second.version() == 1);
}

BOOST_FIXTURE_TEST_CASE(a_rollback_brings_the_former_version_back_under_its_number, Compute) {
  const RequestLaunchTemplateData first = {.image_id = "web"},
                                  second = {.image_id = "web", .user_data = Script("more")};
  const std::string id = MakeTemplate(first);
  BOOST_TEST(IsOk(SetLaunchTemplateData(context, id, first, /*rollback=*/false)));
  BOOST_TEST(Template(id).version() == 1);
  BOOST_TEST(IsOk(SetLaunchTemplateData(context, id, second, /*rollback=*/false)));
  BOOST_TEST(Template(id).version() == 2);
  BOOST_TEST(IsOk(SetLaunchTemplateData(context, id, second, /*rollback=*/true)));
  BOOST_TEST(Template(id).version() == 2);
  BOOST_TEST(IsOk(SetLaunchTemplateData(context, id, first, /*rollback=*/true)));
  BOOST_TEST(Template(id).version() == 1);
  BOOST_TEST(Template(id).former_versions().empty());
  // What it was before is another matter.
  BOOST_TEST(IsOk(SetLaunchTemplateData(context, id, second, /*rollback=*/true)));
  BOOST_TEST(Template(id).version() == 2);
  BOOST_TEST(Refused(SetLaunchTemplateData(context, "lt-0", first, false), "InvalidLaunchTemplateId.NotFound"));
}

BOOST_FIXTURE_TEST_CASE(what_nobody_acts_on_makes_a_version_too, Compute) {
  const std::string id = MakeTemplate({.image_id = "web", .source = "t3.micro"});
  BOOST_TEST(IsOk(SetLaunchTemplateData(context, id, {.image_id = "web", .source = "t3.large"}, false)));
  BOOST_TEST(Template(id).version() == 2);
}

BOOST_FIXTURE_TEST_CASE(another_image_takes_the_name_over_and_what_runs_keeps_its_own, Compute) {
  const std::string id = Run();
  const RegisterImageRequest request = {.name = "web", .image_location = "/nowhere/else"};
  const auto registered =
      RegisterImage(context, request, {.image_id = "ami-2", .files = 3, .directory = "/nowhere/image2"});
  BOOST_REQUIRE(IsOk(registered));
  BOOST_TEST(registered->files() == 3);
  BOOST_TEST(FindImage(context.model, "web")->id() == "ami-2");
  BOOST_TEST(context.model.images.Find("ami-1")->name().empty());
  BOOST_TEST(Refused(RunInstances(context, {}, {.subnet_id = subnet}).status(), "InvalidAMIID.NotFound"),
             "no name is nobody's");
  BOOST_REQUIRE(IsOk(TerminateInstances(context, {id})));
  Settle();
  BOOST_REQUIRE(IsOk(RegisterImage(context, request, {.image_id = "ami-2", .made = true})));
  BOOST_TEST(context.model.images.size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(the_same_directory_again_is_the_same_image, Compute) {
  ImageCopy copy = {.image_id = "ami-1", .files = 1};
  PlaceImage(context, copy);
  BOOST_TEST(copy.made);
  BOOST_TEST(copy.directory == "/nowhere/image");
  const RegisterImageRequest request = {.name = "web", .image_location = "/nowhere/else"};
  BOOST_TEST(IsOk(CopyImage(request, copy)), "nothing is left to copy");
  const auto again = RegisterImage(context, request, copy);
  BOOST_REQUIRE(IsOk(again));
  BOOST_TEST(again->directory() == "/nowhere/image");
  // Another import was faster.
  (void)context.model.transaction.TakeEffects();
  const auto late = RegisterImage(context, request, {.image_id = "ami-1", .directory = "/nowhere/late"});
  BOOST_REQUIRE(IsOk(late));
  BOOST_TEST(late->directory() == "/nowhere/image");
  BOOST_TEST(context.model.transaction.effects().size() == 1u, "the later copy goes");
}

BOOST_FIXTURE_TEST_CASE(an_image_that_cannot_be_is_not_registered, Compute) {
  BOOST_TEST(StatusIs(InspectImage({.name = "a b", .image_location = "/"}), absl::StatusCode::kInvalidArgument, "a b"));
  BOOST_TEST(StatusIs(InspectImage({.name = "web", .image_location = "nowhere"}), absl::StatusCode::kInvalidArgument,
                      "is not the absolute path of a directory"));
  ImageCopy copy = {.image_id = "ami-3"};
  PlaceImage(context, copy);
  BOOST_TEST(!copy.made);
  BOOST_TEST(absl::StartsWith(copy.directory, "/nowhere/state/images/ami-3-"));
  copy.made = true;
  BOOST_TEST(StatusIs(RegisterImage(context, {.name = "web"}, copy), absl::StatusCode::kUnavailable, "try again"));
  BOOST_TEST(context.model.images.size() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace nubo::region
