// EC2 as its API changes it: instances, launch templates and images. Stacks (resource_types.h), the command line and
// whoever else changes any of them do it by these functions; each is AWS's call of that name, for what there is here.
//
// Each checks everything itself, and does all that it is asked for or nothing; its errors carry AWS's codes. An owner
// is optional: what has an empty one belongs to no stack.
//
// Example:
//   NUBO_ASSIGN_OR_RETURN(const std::string id,
//                         RunInstances(context, {}, {.image_id = "web", .subnet_id = "subnet-0123456789abcdef0"}));
//   NUBO_RETURN_IF_ERROR(TerminateInstances(context, {id}).status());
//
// Thread safety: guarded by the region's lock, but for what says that it works without.
#ifndef NUBO_REGION_COMPUTE_OPERATIONS_H_
#define NUBO_REGION_COMPUTE_OPERATIONS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "nubo/ec2/lifecycle.h"
#include "nubo/region/compute/instance_settings.h"
#include "nubo/region/compute/launch_templates.h"
#include "nubo/region/state/context.h"

namespace nubo::region {

// Instances.

struct InstanceNetworkInterfaceSpecification {
  std::string subnet_id;
  std::string private_ip_address;
  // Absent: as the subnet says.
  std::optional<bool> associate_public_ip_address;
  // Security groups, by id.
  std::vector<std::string> groups;
};

// Of one instance. What it says stands in the place of what its launch template says.
struct RunInstancesRequest {
  // An ami-… id, or the name of a registered image.
  std::string image_id;
  std::string subnet_id;
  // "": the subnet's next free one.
  std::string private_ip_address;
  std::vector<std::string> security_group_ids;
  // One, in place of the three above.
  std::vector<InstanceNetworkInterfaceSpecification> network_interfaces;
  // Placement.AvailabilityZone. "": the subnet's.
  std::string availability_zone;
  // Base64.
  std::optional<std::string> user_data;
  std::optional<bool> disable_api_termination;
  std::optional<LaunchTemplateSpecification> launch_template;
  InstanceSettings settings = {};
};

// The new instance's id; it is pending. INVALID_ARGUMENT: user data that are no script (InvalidUserData.Malformed), a
// subnet or an address beside interfaces (InvalidParameterCombination), more than one interface
// (AttachmentLimitExceeded), no subnet (MissingInput), a zone that is not the subnet's (InvalidParameterValue), an
// address that the subnet does not have or that is taken. NOT_FOUND: as FindTemplate; InvalidAMIID.NotFound,
// InvalidSubnetID.NotFound, InvalidGroup.NotFound. RESOURCE_EXHAUSTED (InsufficientFreeAddressesInSubnet). Of settings
// as MakeSettings(), CheckNamed() and Place() (instance_settings.h).
absl::StatusOr<std::string> RunInstances(Context& context, const v1::Owner& owner, const RunInstancesRequest& request);

// What is given changes.
struct ModifyInstanceAttributeRequest {
  std::string instance_id;
  std::optional<bool> disable_api_termination;
  // The security groups that it has from now on.
  std::optional<std::vector<std::string>> groups;
  // CreateTags and DeleteTags at once: those that it has from now on.
  std::optional<ec2::Tags> tags = {};
};
// INVALID_ARGUMENT (InvalidInstanceID.Malformed). NOT_FOUND (InvalidInstanceID.NotFound, InvalidGroup.NotFound).
// FAILED_PRECONDITION (IncorrectInstanceState): it is terminated.
absl::Status ModifyInstanceAttribute(Context& context, const ModifyInstanceAttributeRequest& request);

// CloudFormation's change in place: the attributes above become those that RunInstances would give it by `wanted`. As
// both of them.
absl::Status SetInstanceAttributes(Context& context, const std::string& instance_id, const RunInstancesRequest& wanted);

struct InstanceStateChange {
  std::string instance_id;
  ec2::InstanceState previous_state = ec2::InstanceState::kPending;
  ec2::InstanceState current_state = ec2::InstanceState::kPending;
  // Of one that is stopped: the group that will terminate and replace it; "" outside a group.
  std::string replaced_by_group;
};
// All of them or none; one change each, in their order. What is already so, or on its way, is no error.
// INVALID_ARGUMENT (InvalidInstanceID.Malformed). NOT_FOUND (InvalidInstanceID.NotFound). FAILED_PRECONDITION
// (IncorrectInstanceState; of a termination OperationNotPermitted: DisableApiTermination).
absl::StatusOr<std::vector<InstanceStateChange>> StartInstances(Context& context,
                                                                const std::vector<std::string>& instance_ids);
absl::StatusOr<std::vector<InstanceStateChange>> StopInstances(Context& context,
                                                               const std::vector<std::string>& instance_ids);
// Their processes are ended and started again.
absl::Status RebootInstances(Context& context, const std::vector<std::string>& instance_ids);
// Those that a load balancer sends requests to are drained first.
absl::StatusOr<std::vector<InstanceStateChange>> TerminateInstances(Context& context,
                                                                    const std::vector<std::string>& instance_ids);

// Launch templates.

struct RequestLaunchTemplateData {
  // As RunInstancesRequest has them; "" and absent: who launches says it.
  std::string image_id;
  // Base64.
  std::string user_data;
  // With those of the interface.
  std::vector<std::string> security_group_ids;
  std::vector<InstanceNetworkInterfaceSpecification> network_interfaces;
  // Placement.AvailabilityZone.
  std::string availability_zone;
  bool disable_api_termination = false;
  // Tags: those of TagSpecifications for instances.
  InstanceSettings settings = {};
  // All that its author said, also what nobody acts on here (InstanceType), as a text that is the same for the same:
  // instances are launched alike by versions of one text, and otherwise by others. "": what is above is all.
  std::string source;
};

// AWS's error where another has the name. ALREADY_EXISTS (InvalidLaunchTemplateName.AlreadyExistsException): a template
// that is not `owner`'s has it; "" is nobody's.
absl::Status CheckLaunchTemplateName(const Model& model, const v1::Owner& owner, const std::string& name);

struct CreateLaunchTemplateRequest {
  // 3 to 128 letters, digits and any of -()./_
  std::string launch_template_name;
  RequestLaunchTemplateData launch_template_data;
  // At most 255 characters.
  std::string version_description = {};
};
// Its id. INVALID_ARGUMENT (InvalidLaunchTemplateName.MalformedException, InvalidUserData.Malformed,
// AttachmentLimitExceeded). ALREADY_EXISTS: as CheckLaunchTemplateName. NOT_FOUND: an image, a subnet or a security
// group that it names, each with its code.
absl::StatusOr<std::string> CreateLaunchTemplate(Context& context, const v1::Owner& owner,
                                                 const CreateLaunchTemplateRequest& request);

struct CreateLaunchTemplateVersionRequest {
  // One of both.
  std::string launch_template_id;
  std::string launch_template_name;
  RequestLaunchTemplateData launch_template_data;
  std::string version_description = {};
};
// The new version's number; it is the latest. As FindTemplate and CreateLaunchTemplate.
absl::StatusOr<int> CreateLaunchTemplateVersion(Context& context, const CreateLaunchTemplateVersionRequest& request);

// CloudFormation's change in place: its latest version has `data`, a new one if it has not yet. Of a `rollback` the
// version before the latest, if that has them, is the latest again, under its old number, so that nobody who refers to
// it has to change. As CreateLaunchTemplateVersion.
absl::Status SetLaunchTemplateData(Context& context, const std::string& launch_template_id,
                                   const RequestLaunchTemplateData& data, bool rollback,
                                   const std::string& description = "");

struct ModifyLaunchTemplateRequest {
  // One of both.
  std::string launch_template_id;
  std::string launch_template_name;
  // As FindVersion has it.
  std::string default_version;
};
// What "$Default" is from now on. As FindTemplate.
absl::Status ModifyLaunchTemplate(Context& context, const ModifyLaunchTemplateRequest& request);

struct DeleteLaunchTemplateRequest {
  // One of both.
  std::string launch_template_id;
  std::string launch_template_name;
};
// With all its versions; groups that launch from it launch no more. As FindTemplate.
absl::Status DeleteLaunchTemplate(Context& context, const DeleteLaunchTemplateRequest& request);

// Images. A directory is read and copied without the region's lock, so its registration has steps:
//
//   NUBO_ASSIGN_OR_RETURN(ImageCopy copy, InspectImage(request));
//   region.Look([&](const Context& context) { PlaceImage(context, copy); });
//   NUBO_RETURN_IF_ERROR(CopyImage(request, copy));
//   NUBO_RETURN_IF_ERROR(region.Change([&](Context& context) { return RegisterImage(context, request, copy).status();
//   }));

struct RegisterImageRequest {
  // 3 to 128 letters, digits, dots, hyphens, underscores or slashes.
  std::string name;
  // An absolute path on this machine: the directory whose content it has.
  std::string image_location;
};
struct ImageCopy {
  // Of its name and its content.
  std::string image_id;
  int files = 0;
  // Where the copy goes, or is.
  std::string directory;
  // That image is there.
  bool made = false;
};

// Without the lock. INVALID_ARGUMENT, RESOURCE_EXHAUSTED: as ValidateImageName and InspectDirectory (image_files.h).
absl::StatusOr<ImageCopy> InspectImage(const RegisterImageRequest& request);
// A directory of its own, or that of the same image if it is there.
void PlaceImage(const Context& context, ImageCopy& copy);
// Without the lock. Nothing is done for one that is made. UNAVAILABLE: it cannot be copied.
absl::Status CopyImage(const RegisterImageRequest& request, const ImageCopy& copy);
// The image has its name alone from now on: another that was called so keeps its id, and goes once nobody needs it. The
// same directory under the same name again is the same image. UNAVAILABLE: that has been removed meanwhile.
absl::StatusOr<v1::ImageState> RegisterImage(Context& context, const RegisterImageRequest& request,
                                             const ImageCopy& copy);

}  // namespace nubo::region

#endif  // NUBO_REGION_COMPUTE_OPERATIONS_H_
