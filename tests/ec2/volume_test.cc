#include "nubo/ec2/volume.h"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "nubo/base/status.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::ec2 {
namespace {

using absl::StatusCode;
using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

constexpr char kId[] = "vol-0123456789abcdef0";
constexpr char kInstance[] = "i-0123456789abcdef0";
constexpr char kZone[] = "us-east-1a";
const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

AttachTarget Target() { return {.instance_id = kInstance, .availability_zone = kZone}; }

std::string Name(const Volume& volume) {
  std::string name(VolumeStateName(volume.state()));
  const bool held = volume.attachment().has_value() && volume.attachment()->state != AttachmentState::kDetached;
  if (held) name += " " + std::string(AttachmentStateName(volume.attachment()->state));
  return name;
}

Volume Unattached(VolumeState state) { return {kId, kZone, state, std::nullopt}; }

Volume Held(AttachmentState state) {
  return {kId, kZone, VolumeState::kInUse,
          Attachment{.instance_id = kInstance, .device = "/dev/sdf", .state = state, .attach_time = kNow}};
}

// All that a volume may be in.
std::vector<Volume> AllStates() {
  return {Unattached(VolumeState::kCreating), Unattached(VolumeState::kAvailable), Unattached(VolumeState::kDeleting),
          Unattached(VolumeState::kDeleted),  Unattached(VolumeState::kError),     Held(AttachmentState::kAttaching),
          Held(AttachmentState::kAttached),   Held(AttachmentState::kDetaching),   Held(AttachmentState::kBusy)};
}

// What a call or an observation makes of each: the state that follows, "=" for the same, or "!" and the error's code.
struct Row {
  std::string name;
  std::function<absl::Status(Volume&)> call;
  std::vector<std::string> expected;
};
std::ostream& operator<<(std::ostream& out, const Row& row) { return out << row.name; }

std::function<absl::Status(Volume&)> Observed(void (Volume::*what)()) {
  return [what](Volume& volume) {
    (volume.*what)();
    return absl::OkStatus();
  };
}

const std::string kState = "!IncorrectState";
const std::string kInUse = "!VolumeInUse";

const std::vector<Row> kRows = {
    {"attach",
     [](Volume& volume) { return volume.Attach(Target(), "/dev/sdf", kNow); },
     {kState, "in-use attaching", kState, kState, kState, kInUse, kInUse, kInUse, kInUse}},
    {"attach at launch",
     [](Volume& volume) { return volume.AttachAtLaunch(Target(), "/dev/xvda", true, true, kNow); },
     {kState, "in-use attaching", kState, kState, kState, kInUse, kInUse, kInUse, kInUse}},
    {"detach",
     [](Volume& volume) { return volume.Detach({}); },
     {kState, kState, kState, kState, kState, "in-use detaching", "in-use detaching", kState, kState}},
    {"detach, forced",
     [](Volume& volume) { return volume.Detach({.force = true}); },
     {kState, kState, kState, kState, kState, "in-use detaching", "in-use detaching", "in-use detaching",
      "in-use detaching"}},
    {"delete",
     [](Volume& volume) { return volume.Delete(); },
     {kState, "deleting", kState, kState, "deleting", kInUse, kInUse, kInUse, kInUse}},
    {"DeleteOnTermination",
     [](Volume& volume) { return volume.SetDeleteOnTermination(true); },
     {kState, kState, kState, kState, kState, "=", "=", "=", "="}},
    {"created", Observed(&Volume::OnCreated), {"available", "=", "=", "=", "=", "=", "=", "=", "="}},
    {"not created", Observed(&Volume::OnCreateFailed), {"error", "=", "=", "=", "=", "=", "=", "=", "="}},
    {"attached", Observed(&Volume::OnAttached), {"=", "=", "=", "=", "=", "in-use attached", "=", "=", "="}},
    {"not attached",
     Observed(&Volume::OnAttachFailed),
     {"=", "=", "=", "=", "=", "available", "available", "available", "available"}},
    {"busy", Observed(&Volume::OnBusy), {"=", "=", "=", "=", "=", "=", "=", "in-use busy", "="}},
    {"detached",
     Observed(&Volume::OnDetached),
     {"=", "=", "=", "=", "=", "available", "available", "available", "available"}},
    {"instance terminated",
     Observed(&Volume::OnInstanceTerminated),
     {"=", "=", "=", "=", "=", "available", "available", "available", "available"}},
    {"deleted", Observed(&Volume::OnDeleted), {"=", "=", "deleted", "=", "=", "=", "=", "=", "="}},
};

BOOST_DATA_TEST_CASE(each_call_leads_where_aws_says, boost::unit_test::data::make(kRows), row) {
  std::vector<Volume> volumes = AllStates();
  BOOST_TEST_REQUIRE(row.expected.size() == volumes.size());
  for (size_t i = 0; i < volumes.size(); ++i) {
    const std::string before = Name(volumes[i]);
    BOOST_TEST_INFO(before);
    const absl::Status status = row.call(volumes[i]);
    if (row.expected[i][0] == '!') {
      BOOST_TEST(StatusIs(status, StatusCode::kFailedPrecondition, kId));
      BOOST_TEST(base::ErrorCode(status) == row.expected[i].substr(1));
      BOOST_TEST(Name(volumes[i]) == before);
    } else {
      BOOST_TEST(IsOk(status));
      BOOST_TEST(Name(volumes[i]) == (row.expected[i] == "=" ? before : row.expected[i]));
    }
  }
}

BOOST_AUTO_TEST_CASE(the_instance_must_be_in_a_state_for_it) {
  struct {
    InstanceState state;
    bool taken;
  } const rows[] = {{InstanceState::kPending, false},      {InstanceState::kRunning, true},
                    {InstanceState::kShuttingDown, false}, {InstanceState::kTerminated, false},
                    {InstanceState::kStopping, false},     {InstanceState::kStopped, true}};
  for (const auto& row : rows) {
    BOOST_TEST_INFO(std::string(StateName(row.state)));
    AttachTarget target = Target();
    target.state = row.state;
    Volume fresh = Unattached(VolumeState::kAvailable);
    const absl::Status attach = fresh.Attach(target, "/dev/sdf", kNow);
    Volume held = Held(AttachmentState::kAttached);
    const absl::Status detach = held.Detach({.instance_state = row.state});
    for (const absl::Status& status : {attach, detach}) {
      BOOST_TEST(status.ok() == row.taken);
      if (!row.taken) BOOST_TEST(base::ErrorCode(status) == "IncorrectState");
    }
    // A launch brings its own.
    Volume own = Unattached(VolumeState::kAvailable);
    BOOST_TEST(IsOk(own.AttachAtLaunch(target, "/dev/sdf", false, true, kNow)));
  }
}

BOOST_AUTO_TEST_CASE(an_attachment_says_what_and_where) {
  Volume volume = Unattached(VolumeState::kAvailable);
  BOOST_TEST(IsOk(volume.Attach(Target(), "/dev/sdf", kNow)));
  const Attachment& attachment = *volume.attachment();
  BOOST_TEST(attachment.instance_id == kInstance);
  BOOST_TEST(attachment.device == "/dev/sdf");
  BOOST_TEST((attachment.attach_time == kNow));
  BOOST_TEST(!attachment.delete_on_termination);
  BOOST_TEST(IsOk(volume.Detach({.instance_id = kInstance, .device = "xvdf", .force = true})));
  BOOST_TEST(attachment.forced);
  volume.OnDetached();
  BOOST_TEST((volume.attachment()->state == AttachmentState::kDetached));
  BOOST_TEST(!volume.attachment()->forced);
  BOOST_TEST(IsOk(volume.Attach(Target(), "/dev/sdg", kNow)));
}

BOOST_AUTO_TEST_CASE(zones_devices_and_instances_must_fit) {
  const auto refused = [](const absl::Status& status, absl::string_view code, absl::string_view words) {
    BOOST_TEST(StatusIs(status, StatusCode::kInvalidArgument, words));
    BOOST_TEST(base::ErrorCode(status) == std::string(code));
  };
  Volume volume = Unattached(VolumeState::kAvailable);
  AttachTarget elsewhere = Target();
  elsewhere.availability_zone = "us-east-1b";
  refused(volume.Attach(elsewhere, "/dev/sdf", kNow), "InvalidVolume.ZoneMismatch",
          "The volume 'vol-0123456789abcdef0' is not in the same availability zone as instance 'i-0123456789abcdef0'");
  AttachTarget full = Target();
  full.devices = {"/dev/sda1", "/dev/xvdf"};
  refused(volume.Attach(full, "/dev/sdf", kNow), "InvalidParameterValue",
          "Invalid value '/dev/sdf' for unixDevice. Attachment point /dev/sdf is already in use");
  refused(volume.Attach(Target(), "/dev/nvme1n1", kNow), "InvalidParameterValue",
          "Value (/dev/nvme1n1) for parameter device is invalid. /dev/nvme1n1 is not a valid EBS device name.");
  BOOST_TEST(Name(volume) == "available");
  Volume held = Held(AttachmentState::kAttached);
  refused(held.Detach({.instance_id = "i-1"}), "InvalidAttachment.NotFound", "is not attached to instance 'i-1'.");
  refused(held.Detach({.device = "/dev/sdg"}), "InvalidAttachment.NotFound", "as device '/dev/sdg'.");
  BOOST_TEST(Name(held) == "in-use attached");
}

BOOST_AUTO_TEST_CASE(a_root_volume_leaves_what_is_stopped) {
  Volume volume = Unattached(VolumeState::kAvailable);
  BOOST_TEST(IsOk(volume.AttachAtLaunch(Target(), "/dev/xvda", /*root=*/true, /*delete_on_termination=*/true, kNow)));
  volume.OnAttached();
  const absl::Status refused = volume.Detach({});
  BOOST_TEST(StatusIs(refused, StatusCode::kFailedPrecondition,
                      "Unable to detach root volume 'vol-0123456789abcdef0' from instance 'i-0123456789abcdef0'"));
  BOOST_TEST(base::ErrorCode(refused) == "IncorrectState");
  BOOST_TEST(IsOk(volume.Detach({.instance_state = InstanceState::kStopped})));
}

BOOST_AUTO_TEST_CASE(a_terminated_instance_takes_along_what_it_is_to) {
  Volume volume = Held(AttachmentState::kAttached);
  BOOST_TEST(IsOk(volume.SetDeleteOnTermination(true)));
  volume.OnInstanceTerminated();
  BOOST_TEST(Name(volume) == "deleting");
  volume.OnDeleted();
  BOOST_TEST(Name(volume) == "deleted");
  Volume kept = Held(AttachmentState::kAttached);
  kept.OnInstanceTerminated();
  BOOST_TEST(Name(kept) == "available");
}

BOOST_AUTO_TEST_CASE(device_names_have_awss_form) {
  for (const char* good :
       {"/dev/sda", "/dev/sda1", "/dev/sdf", "/dev/sdz15", "sdh", "/dev/xvda", "/dev/xvdf", "xvdba", "/dev/xvddx"}) {
    BOOST_TEST(IsOk(ValidateDeviceName(good)), good);
  }
  for (const std::string& bad :
       {std::string(), std::string("/dev/"), std::string("/dev/sd"), std::string("/dev/sdF"), std::string("/dev/sdf0"),
        std::string("/dev/sdf16"), std::string("/dev/sdf01"), std::string("/dev/sdZZ"), std::string("/dev/sdff"),
        std::string("/dev/xvd"), std::string("/dev/xvdaa"), std::string("/dev/xvdf1"), std::string("/dev/nvme0n1"),
        std::string("Disk_D"), std::string("/dev/sdf "), std::string("/DEV/sdf"), std::string(100000, 's')}) {
    const absl::Status status = ValidateDeviceName(bad);
    BOOST_TEST(StatusIs(status, StatusCode::kInvalidArgument, "is not a valid EBS device name."));
    BOOST_TEST(status.message().size() < 250u);
  }
}

BOOST_AUTO_TEST_CASE(devices_are_the_same_by_their_letters) {
  BOOST_TEST(IsSameDevice("/dev/sdf", "xvdf"));
  BOOST_TEST(IsSameDevice("/dev/sdf1", "sdf1"));
  BOOST_TEST(!IsSameDevice("/dev/sdf", "/dev/sdf1"));
  BOOST_TEST(!IsSameDevice("/dev/sdf", "/dev/sdg"));
  BOOST_TEST(!IsSameDevice("none", "other"));
  BOOST_TEST(FirstFreeDevice({}).value() == "/dev/sdf");
  BOOST_TEST(FirstFreeDevice({"/dev/sdf", "/dev/xvdg", "/dev/sdi"}).value() == "/dev/sdh");
  std::vector<std::string> all;
  for (char letter = 'f'; letter <= 'p'; ++letter) all.push_back(std::string("/dev/sd") + letter);
  BOOST_TEST(!FirstFreeDevice(all).has_value());
}

BOOST_AUTO_TEST_CASE(ids_and_sizes_are_checked) {
  BOOST_TEST(IsOk(ValidateVolumeId(kId)));
  BOOST_TEST(IsOk(ValidateVolumeId("vol-1234abcd")));
  for (const char* bad : {"", "vol-", "vol-123", "i-1234abcd", "vol-1234ABCD"}) {
    BOOST_TEST(StatusIs(ValidateVolumeId(bad), StatusCode::kInvalidArgument, "expecting \"vol-...\""));
    BOOST_TEST(base::ErrorCode(ValidateVolumeId(bad)) == "InvalidVolumeID.Malformed");
  }
  BOOST_TEST(base::ErrorCode(VolumeNotFound(kId)) == "InvalidVolume.NotFound");
  BOOST_TEST(IsOk(ValidateVolumeSize("gp3", 1)));
  BOOST_TEST(IsOk(ValidateVolumeSize("gp2", 16384)));
  BOOST_TEST(base::ErrorCode(ValidateVolumeSize("gp2", 16385)) == "InvalidParameterValue");
  BOOST_TEST(base::ErrorCode(ValidateVolumeSize("gp3", 0)) == "InvalidParameterValue");
  BOOST_TEST(base::ErrorCode(ValidateVolumeSize("io1", 3)) == "InvalidParameterValue");
  BOOST_TEST(StatusIs(ValidateVolumeSize("st1", 124), StatusCode::kInvalidArgument, "124GiB is smaller"));
  BOOST_TEST(base::ErrorCode(ValidateVolumeSize("gp4", 8)) == "UnknownVolumeType");
}

BOOST_AUTO_TEST_CASE(a_device_has_a_name_of_linuxs) {
  BOOST_TEST(LinuxDeviceName("/dev/sdf") == "xvdf");
  BOOST_TEST(LinuxDeviceName("sda1") == "xvda1");
  BOOST_TEST(LinuxDeviceName("/dev/xvdba") == "xvdba");
  BOOST_TEST(LinuxDeviceName("/dev/null") == "null");
}

BOOST_AUTO_TEST_CASE(a_kind_of_volume_has_what_its_type_needs) {
  const auto code = [](const VolumeKind& kind) { return std::string(base::ErrorCode(ValidateVolumeKind(kind))); };
  BOOST_TEST(code({.size_gib = 8}) == "");
  BOOST_TEST(code({}) == "MissingParameter");
  BOOST_TEST(code({.type = "io2", .size_gib = 8}) == "MissingParameter");
  BOOST_TEST(code({.type = "io2", .size_gib = 8, .iops = 100}) == "");
  BOOST_TEST(code({.type = "gp3", .size_gib = 8, .iops = 3000, .throughput = 125}) == "");
  BOOST_TEST(code({.size_gib = 8, .iops = 3000}) == "InvalidParameterCombination");
  BOOST_TEST(code({.type = "st1", .size_gib = 8}) == "InvalidParameterValue");
}

}  // namespace
}  // namespace nubo::ec2
