// Instances: launching, stopping and starting, draining, terminating, and hearing of their ends.
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_COMPUTE_INSTANCES_H_
#define NUBO_REGION_COMPUTE_INSTANCES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "nubo/ec2/instance_types.h"
#include "nubo/ec2/lifecycle.h"
#include "nubo/ec2/tags.h"
#include "nubo/process/driver.h"
#include "nubo/region/state/context.h"

namespace nubo::region {

// An instance that has lived this long was a launch that worked.
inline constexpr absl::Duration kSettled = absl::Seconds(10);

// What one instance may take of this machine.
inline constexpr uint64_t kInstanceProcessesMax = 4096;
inline constexpr uint64_t kInstanceFileBytesMax = uint64_t{4} << 30;
// Of all that run here instances are the first to be ended when memory runs out.
inline constexpr uint64_t kInstanceOomScore = 300;

struct LaunchRequest {
  v1::Owner owner;
  std::string subnet_id;
  // A name given to `nubo image import`, or an ami-… id.
  std::string image;
  std::string user_data;
  // "" outside a group.
  std::string group_name;
  std::string private_ip;
  // Whether it has a public address; unless given, as its subnet says.
  std::optional<bool> public_ip;
  std::vector<std::string> security_group_ids;
  int template_version = 0;
  // Of the launch template's version; see LaunchTemplateState.
  std::string data_digest;
  bool disable_api_termination = false;
  bool protected_from_scale_in = false;
  bool disable_api_stop = false;
  std::string instance_type = ec2::kDefaultInstanceType;
  // Detailed monitoring.
  bool monitored = false;
  ec2::ShutdownBehavior shutdown_behavior = ec2::ShutdownBehavior::kStop;
  v1::InstanceSettings settings = {};
  v1::MetadataOptions metadata_options = {};
  // Beside those of the settings, and before them.
  ec2::Tags tags = {};
};

// What an instance has of its launch template, where it is launched apart.
void FillFromVersion(const v1::LaunchTemplateState::Version& version, LaunchRequest& request);

// The new instance's id; it is pending. NOT_FOUND (InvalidAMIID.NotFound, InvalidSubnetID.NotFound); RESOURCE_EXHAUSTED
// (InsufficientFreeAddressesInSubnet, and of a placement group InsufficientInstanceCapacity); INVALID_ARGUMENT
// (InvalidUserData.Malformed): user data that are too large once their secrets stand in them.
absl::StatusOr<std::string> LaunchInstance(Context& context, const LaunchRequest& request);

// Starts the process of an instance that is recorded and was never seen to run.
void LaunchAgain(Context& context, const std::string& id);

// FAILED_PRECONDITION (OperationNotPermitted): it is protected (DisableApiTermination, DisableApiStop).
absl::Status CheckTerminable(const Context& context, const std::string& id);

// Its life as it is recorded.
ec2::Lifecycle LifeOf(const v1::InstanceState& record);

// Whether an instance may be stopped, started, rebooted, monitored and so on. INVALID_ARGUMENT
// (InvalidInstanceID.Malformed); NOT_FOUND (InvalidInstanceID.NotFound); FAILED_PRECONDITION, as ec2::Lifecycle says.
absl::Status CheckCall(const Context& context, const std::string& id, ec2::Call call,
                       const ec2::CallOptions& options = {});

// Each of one that CheckCall() lets pass; nothing happens to one that is so already. A stopped one has no process, and
// keeps its directory and its address. One that stops already and is told to by force waits no longer.
void StopInstance(Context& context, const std::string& id, const ec2::CallOptions& options = {});
void StartInstance(Context& context, const std::string& id);
// Its process is ended and started again.
void RebootInstance(Context& context, const std::string& id);
// Detailed monitoring on or off; the next TickInstances() completes it.
void MonitorInstance(Context& context, const std::string& id, bool on);

// Takes the instance out of its target groups and ends it once it is idle there, or when `delay` is over. Idempotent.
void DrainAndTerminate(Context& context, const std::string& id);

// True if `event` was of an instance that has not been terminated.
bool OnInstanceEvent(Context& context, const process::Event& event);

// Goes on with what drains, and forgets what has been terminated for a while. The time of the next change by itself.
absl::Time TickInstances(Context& context);

}  // namespace nubo::region

#endif  // NUBO_REGION_COMPUTE_INSTANCES_H_
