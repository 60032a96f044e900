// Key pairs, placement groups and tags of instances.
#include "nubo/region/compute/instance_settings.h"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/region/compute/key_pairs.h"
#include "nubo/region/compute/operations.h"
#include "nubo/region/compute/placement_groups.h"
#include "nubo/region/network/operations.h"
#include "nubo/testing/status_matchers.h"
#include "tests/region/world.h"

namespace nubo::region {
namespace {

using ::nubo::testing::IsOk;

constexpr char kKey[] = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAOB3CtwIdFIOARvQb8KXF+EG/V5gf5LbJnpSR8RhzIN me";

bool Refused(const absl::Status& status, absl::string_view code) { return base::ErrorCode(status) == code; }

struct Settings : World {
  Settings()
      : vpc(*CreateVpc(context, {}, {.cidr_block = "10.0.0.0/16"})), subnet(MakeSubnet("10.0.1.0/24", "us-east-1a")) {}

  std::string MakeSubnet(const std::string& block, const std::string& zone) {
    return *CreateSubnet(context, {}, {.vpc_id = vpc, .cidr_block = block, .availability_zone = zone});
  }
  absl::StatusOr<std::string> Run(const InstanceSettings& settings, const std::string& in = "") {
    return RunInstances(context, {}, {.image_id = "web", .subnet_id = in.empty() ? subnet : in, .settings = settings});
  }
  const v1::InstanceSettings& Of(const std::string& id) const { return context.model.instances.Find(id)->settings(); }

  const std::string vpc, subnet;
};

BOOST_FIXTURE_TEST_SUITE(instance_settings, Settings)

BOOST_AUTO_TEST_CASE(an_instance_has_a_key_pair_that_is_there) {
  BOOST_TEST(Refused(Run({.key_name = "mine"}).status(), "InvalidKeyPair.NotFound"));
  BOOST_REQUIRE(IsOk(ImportKeyPair(context, {}, {"mine", kKey})));
  BOOST_TEST(Refused(ImportKeyPair(context, {}, {"mine", kKey}).status(), "InvalidKeyPair.Duplicate"));
  BOOST_TEST(Refused(ImportKeyPair(context, {}, {"other", "ssh-rsa AAAA"}).status(), "InvalidKey.Format"));
  const auto id = Run({.key_name = "mine"});
  BOOST_REQUIRE(IsOk(id));
  BOOST_TEST(Of(*id).key_name() == "mine");
  DeleteKeyPair(context, "mine");
  DeleteKeyPair(context, "mine");
  BOOST_TEST(FindKeyPair(context.model, "mine") == nullptr);
}

BOOST_AUTO_TEST_CASE(a_spread_group_has_seven_running_instances_a_zone) {
  BOOST_TEST(Refused(Run({.placement_group = "quorum"}).status(), "InvalidPlacementGroup.Unknown"));
  BOOST_REQUIRE(IsOk(CreatePlacementGroup(context, {}, {.group_name = "quorum", .strategy = "spread"})));
  std::vector<std::string> ids;
  for (int i = 0; i < 7; ++i) {
    const auto id = Run({.placement_group = "quorum"});
    BOOST_REQUIRE(IsOk(id));
    ids.push_back(*id);
  }
  BOOST_TEST(Refused(Run({.placement_group = "quorum"}).status(), "InsufficientInstanceCapacity"));
  BOOST_TEST(IsOk(Run({.placement_group = "quorum"}, MakeSubnet("10.0.2.0/24", "us-east-1b"))));
  BOOST_TEST(Refused(DeletePlacementGroup(context, "quorum"), "InvalidPlacementGroup.InUse"));
  // One that is stopped makes room, and has none when it is taken meanwhile.
  Settle();
  BOOST_REQUIRE(IsOk(StopInstances(context, {ids[0]})));
  Settle();
  BOOST_TEST(IsOk(Run({.placement_group = "quorum"})));
  BOOST_TEST(Refused(StartInstances(context, {ids[0]}).status(), "InsufficientInstanceCapacity"));
}

BOOST_AUTO_TEST_CASE(partitions_are_filled_evenly) {
  BOOST_REQUIRE(
      IsOk(CreatePlacementGroup(context, {}, {.group_name = "data", .strategy = "partition", .partition_count = 3})));
  for (const int expected : {1, 2, 3, 1}) {
    const auto id = Run({.placement_group = "data"});
    BOOST_REQUIRE(IsOk(id));
    BOOST_TEST(Of(*id).partition_number() == expected);
  }
  BOOST_TEST(Refused(Run({.placement_group = "data", .partition_number = 4}).status(), "InvalidParameterValue"));
}

BOOST_AUTO_TEST_CASE(a_cluster_is_in_one_zone) {
  BOOST_REQUIRE(IsOk(CreatePlacementGroup(context, {}, {.group_name = "near"})));
  BOOST_REQUIRE(IsOk(Run({.placement_group = "near"})));
  BOOST_TEST(Refused(Run({.placement_group = "near"}, MakeSubnet("10.0.2.0/24", "us-east-1b")).status(),
                     "InvalidParameterCombination"));
  BOOST_TEST(
      Refused(CreatePlacementGroup(context, {}, {.group_name = "near"}).status(), "InvalidPlacementGroup.Duplicate"));
  BOOST_TEST(Refused(CreatePlacementGroup(context, {}, {.group_name = "far", .strategy = "apart"}).status(),
                     "InvalidParameterValue"));
}

BOOST_AUTO_TEST_CASE(a_launch_template_says_what_its_instance_does_not_say) {
  const auto id = CreateLaunchTemplate(
      context, {},
      {"small", {.image_id = "web", .settings = {.tags = {{"Name", "web"}, {"Stage", "test"}}}}, "the first"});
  BOOST_REQUIRE(IsOk(id));
  const auto launched = RunInstances(context, {},
                                     {.subnet_id = subnet,
                                      .launch_template = {{.launch_template_id = *id, .version = ""}},
                                      .settings = {.tags = {{"Stage", "live"}}}});
  BOOST_REQUIRE(IsOk(launched));
  const ec2::Tags expected = {{"Name", "web"}, {"Stage", "live"}};
  BOOST_TEST((TagsOf(*context.model.instances.Find(*launched)) == expected));
  BOOST_TEST(Refused(Run({.tags = {{"aws:mine", "a"}}}).status(), "InvalidParameterValue"));
}

BOOST_AUTO_TEST_CASE(no_version_is_the_default_one) {
  const auto id = CreateLaunchTemplate(context, {}, {"small", {.image_id = "web"}});
  BOOST_REQUIRE(IsOk(id));
  BOOST_REQUIRE(IsOk(CreateLaunchTemplateVersion(context, {*id, "", {.image_id = "web", .source = "second"}})));
  const auto number = [&](const char* version) {
    return FindVersion(*context.model.launch_templates.Find(*id), version)->version();
  };
  BOOST_TEST(number("") == 1);
  BOOST_TEST(number("$Latest") == 2);
  BOOST_TEST(IsOk(ModifyLaunchTemplate(context, {*id, "", "2"})));
  BOOST_TEST(number("") == 2);
  BOOST_TEST(number("$Default") == 2);
  BOOST_TEST(Refused(ModifyLaunchTemplate(context, {*id, "", "7"}), "InvalidLaunchTemplateId.VersionNotFound"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace nubo::region
