// What can be done to target groups and their targets, as AWS's API has it. operations.h says what operations are.
//
// Example:
//   NUBO_ASSIGN_OR_RETURN(
//       const std::string arn,
//       CreateTargetGroup(context, owner, {.name = "web", .protocol = "HTTP", .port = 80, .vpc_id = vpc}));
//   NUBO_RETURN_IF_ERROR(RegisterTargets(context, {.target_group_arn = arn, .targets = {{"i-1"}, {"i-2", 8080}}}));
//
// Source: the API reference's CreateTargetGroup, ModifyTargetGroup, ModifyTargetGroupAttributes, RegisterTargets,
// DeregisterTargets and DeleteTargetGroup.
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_BALANCING_TARGET_GROUP_OPERATIONS_H_
#define NUBO_REGION_BALANCING_TARGET_GROUP_OPERATIONS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "nubo/region/balancing/attributes.h"
#include "nubo/region/state/context.h"
#include "nubo/region/state/model.h"

namespace nubo::region {

struct TargetDescription {
  // An instance's id, or an address of the group's VPC: what the group's type says.
  std::string id = {};
  // 0: the group's.
  int port = 0;
};

struct CreateTargetGroupRequest {
  // 1 to 32 letters, digits and hyphens.
  std::string name = {};
  // HTTP; others are not offered.
  std::string protocol = {};
  // HTTP1, HTTP2 or GRPC.
  std::string protocol_version = "HTTP1";
  int port = 0;
  std::string vpc_id = {};
  // instance or ip; others are not offered.
  std::string target_type = "instance";
  // Targets of these types are always checked, over HTTP.
  bool health_check_enabled = true;
  std::string health_check_protocol = "HTTP";
  // "": /, or of GRPC /AWS.ALB/healthcheck.
  std::string health_check_path = {};
  std::string health_check_port = "traffic-port";
  int health_check_interval_seconds = 30;
  int health_check_timeout_seconds = 5;
  int healthy_threshold_count = 5;
  int unhealthy_threshold_count = 2;
  // Codes that pass: of HTTP, or of gRPC. "": 200, or of GRPC 12.
  std::string matcher = {};
  // Those that are not given have their defaults.
  Attributes attributes = {};
  // As RegisterTargets, but that they need not run yet.
  std::vector<TargetDescription> targets = {};
};

// The ARN.
// ALREADY_EXISTS (DuplicateTargetGroupName). NOT_FOUND (InvalidVpcID.NotFound, InvalidInstanceID.NotFound).
// INVALID_ARGUMENT: what AWS does not take (ValidationError), what does not go together (InvalidConfigurationRequest),
// a target of another type or VPC (InvalidTarget). RESOURCE_EXHAUSTED (TooManyTargets).
absl::StatusOr<std::string> CreateTargetGroup(Context& context, const v1::Owner& owner,
                                              const CreateTargetGroupRequest& request);

// What is not given stays: AWS's ModifyTargetGroup and ModifyTargetGroupAttributes in one, and its targets, so that a
// change of a template is made whole or not at all.
struct ModifyTargetGroupRequest {
  std::string target_group_arn = {};
  std::optional<bool> health_check_enabled = {};
  std::optional<std::string> health_check_protocol = {};
  std::optional<std::string> health_check_path = {};
  std::optional<std::string> health_check_port = {};
  std::optional<int> health_check_interval_seconds = {};
  std::optional<int> health_check_timeout_seconds = {};
  std::optional<int> healthy_threshold_count = {};
  std::optional<int> unhealthy_threshold_count = {};
  std::optional<std::string> matcher = {};
  Attributes attributes = {};
  // All of them from now on. Instances may be gone: they end by themselves.
  std::optional<std::vector<TargetDescription>> targets = {};
};

// NOT_FOUND (TargetGroupNotFound). Else as CreateTargetGroup.
absl::Status ModifyTargetGroup(Context& context, const ModifyTargetGroupRequest& request);

struct RegisterTargetsRequest {
  std::string target_group_arn = {};
  std::vector<TargetDescription> targets = {};
};

// What is registered already stays. NOT_FOUND (TargetGroupNotFound, InvalidInstanceID.NotFound). INVALID_ARGUMENT: an
// instance that does not run, a target of another type or VPC (InvalidTarget). RESOURCE_EXHAUSTED (TooManyTargets).
absl::Status RegisterTargets(Context& context, const RegisterTargetsRequest& request);

struct DeregisterTargetsRequest {
  std::string target_group_arn = {};
  // With the port, where a target was registered with one.
  std::vector<TargetDescription> targets = {};
};

// One that is not registered does no harm. Those that a scaling group has in the target group are the scaling group's.
// NOT_FOUND (TargetGroupNotFound).
absl::Status DeregisterTargets(Context& context, const DeregisterTargetsRequest& request);

// OK as well if there is none of that ARN, as at AWS.
// FAILED_PRECONDITION (ResourceInUse): a listener or a rule forwards to it.
absl::Status DeleteTargetGroup(Context& context, const std::string& target_group_arn);

// ALREADY_EXISTS (DuplicateTargetGroupName): another one than `owner`'s is called so. Nobody is called "".
absl::Status CheckTargetGroupNameFree(const Model& model, const v1::Owner& owner, const std::string& name);

}  // namespace nubo::region

#endif  // NUBO_REGION_BALANCING_TARGET_GROUP_OPERATIONS_H_
