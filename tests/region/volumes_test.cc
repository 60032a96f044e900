// Volumes, their attachments, and where their directories are.
#include "nubo/region/compute/volumes.h"

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/region/compute/operations.h"
#include "nubo/region/compute/volume_files.h"
#include "nubo/region/network/operations.h"
#include "nubo/region/network/plain_records.h"
#include "nubo/testing/status_matchers.h"
#include "tests/region/world.h"

namespace nubo::region {
namespace {

namespace fs = std::filesystem;
using ::nubo::testing::IsOk;

bool Refused(const absl::Status& status, absl::string_view code) { return base::ErrorCode(status) == code; }

struct Volumes : World {
  Volumes()
      : vpc(*CreateVpc(context, {}, {.cidr_block = "10.0.0.0/16"})),
        subnet(*CreateSubnet(context, {},
                             {.vpc_id = vpc, .cidr_block = "10.0.1.0/24", .availability_zone = "us-east-1a"})) {}

  std::string Make(const std::string& zone = "us-east-1a") {
    return *CreateVolume(context, {}, {.availability_zone = zone, .size = 8});
  }
  std::string Run(const InstanceSettings& settings = {}) {
    const auto id = RunInstances(context, {}, {.image_id = "web", .subnet_id = subnet, .settings = settings});
    BOOST_REQUIRE(IsOk(id));
    Settle();
    return *id;
  }
  void End(const std::string& id) {
    BOOST_REQUIRE(IsOk(TerminateInstances(context, {id})));
    Settle();
  }
  std::string State(const std::string& id) const { return Attribute(*context.model.plain.Find(id), "State"); }

  const std::string vpc, subnet;
};

BOOST_FIXTURE_TEST_SUITE(volumes, Volumes)

BOOST_AUTO_TEST_CASE(a_volume_outlives_its_instance_and_moves_to_another) {
  const std::string volume = Make(), first = Run(), second = Run();
  BOOST_TEST(State(volume) == "available");
  BOOST_TEST(IsOk(AttachVolume(context, {.volume_id = volume, .instance_id = first, .device = "/dev/sdf"})));
  BOOST_TEST(State(volume) == "in-use");
  BOOST_TEST(Told(absl::StrCat("attached: volumes/xvdf of ", first)));
  BOOST_TEST(Refused(AttachVolume(context, {.volume_id = volume, .instance_id = second}), "VolumeInUse"));
  BOOST_TEST(Refused(DeleteVolume(context, volume), "VolumeInUse"));
  End(first);
  BOOST_TEST(State(volume) == "available");
  BOOST_TEST(IsOk(AttachVolume(context, {.volume_id = volume, .instance_id = second})));
  BOOST_TEST(VolumesOf(context.model, second).size() == 1u);
  BOOST_TEST(IsOk(DetachVolume(context, {.volume_id = volume})));
  BOOST_TEST(Refused(DetachVolume(context, {.volume_id = volume}), "IncorrectState"));
  BOOST_TEST(IsOk(DeleteVolume(context, volume)));
  BOOST_TEST(IsOk(DeleteVolume(context, volume)), "twice is once");
}

BOOST_AUTO_TEST_CASE(an_attachment_that_cannot_be_is_refused) {
  const std::string volume = Make(), elsewhere = Make("us-east-1b"), instance = Run();
  const auto attach = [&](const AttachVolumeRequest& request) { return AttachVolume(context, request); };
  BOOST_TEST(Refused(attach({.volume_id = "vol-0", .instance_id = instance}), "InvalidVolume.NotFound"));
  BOOST_TEST(Refused(attach({.volume_id = "a", .instance_id = instance}), "InvalidVolumeID.Malformed"));
  BOOST_TEST(
      Refused(attach({.volume_id = volume, .instance_id = "i-0123456789abcdef0"}), "InvalidInstanceID.NotFound"));
  BOOST_TEST(Refused(attach({.volume_id = elsewhere, .instance_id = instance}), "InvalidVolume.ZoneMismatch"));
  BOOST_TEST(
      Refused(attach({.volume_id = volume, .instance_id = instance, .device = "/dev/nvme"}), "InvalidParameterValue"));
  BOOST_TEST(State(volume) == "available");
  BOOST_REQUIRE(IsOk(attach({.volume_id = volume, .instance_id = instance, .device = "xvdf"})));
  const std::string other = Make();
  BOOST_TEST(
      Refused(attach({.volume_id = other, .instance_id = instance, .device = "/dev/sdf"}), "InvalidParameterValue"));
}

BOOST_AUTO_TEST_CASE(a_volume_that_cannot_be_is_not_made) {
  const auto make = [&](const CreateVolumeRequest& request) { return CreateVolume(context, {}, request).status(); };
  BOOST_TEST(Refused(make({.availability_zone = "us-west-1a", .size = 8}), "InvalidParameterValue"));
  BOOST_TEST(Refused(make({.availability_zone = "us-east-1a"}), "MissingParameter"));
  BOOST_TEST(Refused(make({.availability_zone = "us-east-1a", .size = 0}), "InvalidParameterValue"));
  BOOST_TEST(Refused(make({.availability_zone = "us-east-1a", .size = 8, .volume_type = "gp9"}), "UnknownVolumeType"));
  BOOST_TEST(Refused(make({.availability_zone = "us-east-1a", .size = 8, .volume_type = "io1"}), "MissingParameter"));
  BOOST_TEST(
      Refused(make({.availability_zone = "us-east-1a", .size = 8, .throughput = 125}), "InvalidParameterCombination"));
  for (const auto& [id, record] : context.model.plain) BOOST_TEST(record.type() != kVolumeType);
}

BOOST_AUTO_TEST_CASE(a_volume_grows_and_does_not_shrink) {
  const std::string volume = Make();
  BOOST_TEST(IsOk(ModifyVolume(context, {.volume_id = volume, .size = 16, .volume_type = "gp3"})));
  BOOST_TEST(Attribute(*context.model.plain.Find(volume), "Size") == "16");
  BOOST_TEST(Refused(ModifyVolume(context, {.volume_id = volume, .size = 8}), "InvalidParameterValue"));
}

BOOST_AUTO_TEST_CASE(block_devices_go_with_their_instance_or_stay) {
  const std::string instance =
      Run({.block_device_mappings = {{.device_name = "/dev/xvda", .volume_size = 20},
                                     {.device_name = "/dev/sdf"},
                                     {.device_name = "/dev/sdg", .delete_on_termination = false}}});
  const auto volumes = VolumesOf(context.model, instance);
  BOOST_TEST_REQUIRE(volumes.size() == 2u, "the root device is the instance's directory");
  End(instance);
  size_t left = 0;
  for (const auto& [id, record] : context.model.plain) left += record.type() == kVolumeType ? 1 : 0;
  BOOST_TEST(left == 1u);
}

BOOST_AUTO_TEST_CASE(a_stack_has_volumes) {
  BOOST_REQUIRE(IsOk(Create(absl::StrCat(kNetwork, R"(
  Alone: {Type: AWS::EC2::Instance, Properties: {ImageId: web, SubnetId: !Ref SubnetA}}
  Volume: {Type: AWS::EC2::Volume, Properties: {AvailabilityZone: !GetAtt Alone.AvailabilityZone, Size: 8}}
  Attached:
    Type: AWS::EC2::VolumeAttachment
    Properties: {VolumeId: !Ref Volume, InstanceId: !Ref Alone, Device: /dev/sdf}
)"))));
  Settle();
  BOOST_REQUIRE_MESSAGE(StackStatus() == "CREATE_COMPLETE", Failure());
  BOOST_TEST(VolumesOf(context.model, Alive().at(0)).size() == 1u);
  BOOST_REQUIRE(IsOk(DeleteStack(context, "shop", /*delete_data=*/false)));
  Settle(absl::Seconds(1));
  for (const auto& [id, record] : context.model.plain) BOOST_TEST(record.type() != kVolumeType);
}

BOOST_AUTO_TEST_SUITE_END()

// On a disk.
struct Disk {
  Disk() {
    std::string pattern = (fs::temp_directory_path() / "volumes-XXXXXX").string();
    BOOST_REQUIRE(mkdtemp(pattern.data()) != nullptr);
    data = pattern;
  }
  ~Disk() { fs::remove_all(data); }
  void Write(const std::string& path) const { std::ofstream(data + path) << "kept"; }
  bool Has(const std::string& path) const { return fs::exists(data + path); }
  std::string data;
};

BOOST_FIXTURE_TEST_SUITE(volume_files, Disk)

BOOST_AUTO_TEST_CASE(what_is_in_a_volume_goes_where_it_goes) {
  BOOST_TEST(IsOk(PrepareVolumes(data, "i-1", data + "/home")));
  BOOST_TEST(IsOk(PlaceVolume(data, {"vol-1"})));
  Write("/volumes/vol-1/file");
  for (int i = 0; i < 2; ++i) BOOST_TEST(IsOk(PlaceVolume(data, {"vol-1", "i-1", {"xvdf", "sdf"}})), "twice is once");
  BOOST_TEST(Has("/home/volumes/xvdf/file"));
  BOOST_TEST(Has("/home/volumes/sdf/file"));
  BOOST_TEST(!Has("/volumes/vol-1"));
  BOOST_TEST(!IsOk(ForgetVolumes(data, "i-1")), "a volume is in it");
  BOOST_TEST(IsOk(PlaceVolume(data, {"vol-1", "i-2", {"xvdg"}})));
  BOOST_TEST(Has("/attached/i-2/xvdg/file"));
  BOOST_TEST(!fs::is_symlink(data + "/attached/i-1/xvdf"));
  BOOST_TEST(IsOk(ForgetVolumes(data, "i-1")));
  BOOST_TEST((VolumeHolders(data) == std::vector<std::string>{"i-2"}));
  BOOST_TEST(IsOk(PlaceVolume(data, {"vol-1"})));
  BOOST_TEST(Has("/volumes/vol-1/file"));
}

BOOST_AUTO_TEST_CASE(what_an_instance_puts_in_the_way_is_no_volume) {
  BOOST_TEST(IsOk(PrepareVolumes(data, "i-1", data + "/home")));
  fs::create_directories(data + "/attached/i-1/vol-1/litter");
  fs::create_directories(data + "/volumes/vol-1");
  Write("/volumes/vol-1/file");
  BOOST_TEST(IsOk(PlaceVolume(data, {"vol-1", "i-1", {"xvdf"}})));
  BOOST_TEST(Has("/home/volumes/xvdf/file"));
  BOOST_TEST(!Has("/home/volumes/xvdf/litter"));
}

BOOST_AUTO_TEST_CASE(without_a_data_directory_nothing_is_made) {
  BOOST_TEST(IsOk(PrepareVolumes(data + "/none", "i-1", data + "/home")));
  BOOST_TEST(IsOk(PlaceVolume(data + "/none", {"vol-1", "i-1", {"xvdf"}})));
  BOOST_TEST(!Has("/home"));
  BOOST_TEST(!Has("/none"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace nubo::region
