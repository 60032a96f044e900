// Launch templates: what instances are launched with, in versions that do not change.
//
// Versions are numbered from 1 in the order they are made, and a number is never given again. One of them is the
// default; the first is, until another is made so. A version is named by its number, by "$Latest" or by "$Default".
//
// What a template says is not checked until an instance is launched with it, as at AWS. LaunchTemplateData has what is
// acted on, and keeps all else as it was written; every part that is absent is left to the launch. A version made from
// another has that one's parts, but for those that it says itself; so has a launch what its template does not overrule.
//
// Rules: Amazon EC2 user guide, "Launch templates", "Restrictions"; API reference, CreateLaunchTemplate,
// CreateLaunchTemplateVersion, ModifyLaunchTemplate, DeleteLaunchTemplateVersions, ResponseError.
//
// Example:
//   NUBO_ASSIGN_OR_RETURN(LaunchTemplate web, LaunchTemplate::Create("web", {.image_id = "ami-1"}, "first", now));
//   NUBO_ASSIGN_OR_RETURN(int64_t second, web.AddVersion({.instance_type = "t3.micro"}, "larger", "1", now));  // 2
//   NUBO_ASSIGN_OR_RETURN(const LaunchTemplateVersion* latest, web.Find("$Latest"));
//   Use(latest->data.image_id);  // "ami-1"
//   NUBO_RETURN_IF_ERROR(web.SetDefault("2"));
//
// Thread safety: a value.
#ifndef NUBO_EC2_LAUNCH_TEMPLATE_H_
#define NUBO_EC2_LAUNCH_TEMPLATE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "nubo/ec2/lifecycle.h"
#include "nubo/ec2/metadata.h"
#include "nubo/ec2/tags.h"

namespace nubo::ec2 {

inline constexpr size_t kLaunchTemplatesMax = 5000;
inline constexpr size_t kLaunchTemplateVersionsMax = 10000;
inline constexpr size_t kVersionDescriptionMax = 255;
// Of one DeleteLaunchTemplateVersions.
inline constexpr size_t kVersionsDeletedMax = 200;

struct LaunchNetworkInterface {
  int device_index = 0;
  std::string network_interface_id = {};
  std::string subnet_id = {};
  std::string private_ip_address = {};
  std::vector<std::string> security_group_ids = {};
  std::optional<bool> associate_public_ip_address = std::nullopt;
  std::optional<bool> delete_on_termination = std::nullopt;
  std::string description = {};

  friend bool operator==(const LaunchNetworkInterface&, const LaunchNetworkInterface&) = default;
};

struct LaunchBlockDevice {
  // "/dev/sdf"
  std::string device_name;
  std::string snapshot_id = {};
  // "gp3"; "": as the region does.
  std::string volume_type = {};
  std::optional<int64_t> size_gib = std::nullopt;
  std::optional<bool> delete_on_termination = std::nullopt;

  friend bool operator==(const LaunchBlockDevice&, const LaunchBlockDevice&) = default;
};

struct LaunchPlacement {
  std::string availability_zone = {};
  std::string group_name = {};
  // 0: as it comes.
  int partition_number = 0;
  // "default", "dedicated", "host", or "".
  std::string tenancy = {};
  std::string host_id = {};

  friend bool operator==(const LaunchPlacement&, const LaunchPlacement&) = default;
};

// Of the instance metadata.
struct LaunchMetadataOptions {
  // "required", "optional", or "".
  std::string http_tokens = {};
  // "enabled", "disabled", or "".
  std::string http_endpoint = {};
  std::optional<int> http_put_response_hop_limit = std::nullopt;
  // "enabled", "disabled", or "".
  std::string http_protocol_ipv6 = {};
  // "enabled", "disabled", or "".
  std::string instance_metadata_tags = {};

  friend bool operator==(const LaunchMetadataOptions&, const LaunchMetadataOptions&) = default;
};

// What an instance has that is launched with them; what they leave open is as MetadataOptions has it. INVALID_ARGUMENT
// (InvalidParameterValue): another word, or as CheckMetadataOptions().
absl::StatusOr<MetadataOptions> MetadataOptionsOf(const LaunchMetadataOptions& asked);

struct LaunchTagSpecification {
  // "instance", "volume", "network-interface", …
  std::string resource_type;
  Tags tags;

  friend bool operator==(const LaunchTagSpecification&, const LaunchTagSpecification&) = default;
};

struct LaunchTemplateData {
  std::optional<std::string> image_id = std::nullopt;
  std::optional<std::string> instance_type = std::nullopt;
  std::optional<std::string> key_name = std::nullopt;
  // Base64.
  std::optional<std::string> user_data = std::nullopt;
  std::optional<std::vector<std::string>> security_group_ids = std::nullopt;
  // By name.
  std::optional<std::vector<std::string>> security_groups = std::nullopt;
  std::optional<std::vector<LaunchNetworkInterface>> network_interfaces = std::nullopt;
  std::optional<std::vector<LaunchBlockDevice>> block_device_mappings = std::nullopt;
  std::optional<LaunchPlacement> placement = std::nullopt;
  std::optional<LaunchMetadataOptions> metadata_options = std::nullopt;
  std::optional<std::vector<LaunchTagSpecification>> tag_specifications = std::nullopt;
  std::optional<bool> monitoring = std::nullopt;
  std::optional<bool> ebs_optimized = std::nullopt;
  std::optional<bool> disable_api_termination = std::nullopt;
  std::optional<bool> disable_api_stop = std::nullopt;
  std::optional<ShutdownBehavior> instance_initiated_shutdown_behavior = std::nullopt;
  // What is only recorded: by AWS's name for it ("IamInstanceProfile"), as it was written.
  std::map<std::string, std::string, std::less<>> rest = {};

  bool empty() const { return *this == LaunchTemplateData(); }
  friend bool operator==(const LaunchTemplateData&, const LaunchTemplateData&) = default;
};

// `source` with the parts of `overrides` in the place of its own; a part is taken whole.
LaunchTemplateData Merge(const LaunchTemplateData& source, const LaunchTemplateData& overrides);

struct LaunchTemplateVersion {
  int64_t number = 1;
  std::string description;
  absl::Time create_time;
  LaunchTemplateData data;
};

// What came of one of the versions that were to be deleted.
struct VersionDeletion {
  std::string version;
  // 0: there is none of it.
  int64_t number = 0;
  // "": it is gone. Else AWS's code: "launchTemplateVersionDoesNotExist", "unexpectedError".
  std::string error_code;
  std::string message;
};

class LaunchTemplate {
 public:
  // One with its first version. INVALID_ARGUMENT: not a name (InvalidLaunchTemplateName.MalformedException), data that
  // says nothing (MissingParameter), a description that is too long (InvalidParameterValue).
  static absl::StatusOr<LaunchTemplate> Create(absl::string_view name, LaunchTemplateData data,
                                               absl::string_view description, absl::Time now);
  // One that was kept: its versions in the order of their numbers, the default one, and the highest number there was.
  // INVALID_ARGUMENT: they do not go together.
  static absl::StatusOr<LaunchTemplate> Restore(absl::string_view name, std::vector<LaunchTemplateVersion> versions,
                                                int64_t default_version, int64_t last_number);

  const std::string& name() const { return name_; }
  int64_t default_version() const { return default_version_; }
  int64_t latest_version() const { return versions_.rbegin()->first; }
  // The highest that was ever given.
  int64_t last_number() const { return last_number_; }
  // By number; the default one is always among them.
  const std::map<int64_t, LaunchTemplateVersion>& versions() const { return versions_; }

  // A number, "$Latest", "$Default"; "" is the default, as at AWS. NOT_FOUND
  // (InvalidLaunchTemplateId.VersionNotFound); INVALID_ARGUMENT (InvalidParameterValue): not a version's name.
  absl::StatusOr<const LaunchTemplateVersion*> Find(absl::string_view version) const;

  // The new version's number. `source`: the version it has the rest of; "": none. Errors as of Create() and Find();
  // RESOURCE_EXHAUSTED (MaxTemplateVersionLimitExceeded).
  absl::StatusOr<int64_t> AddVersion(const LaunchTemplateData& data, absl::string_view description,
                                     absl::string_view source, absl::Time now);
  // Errors as of Find().
  absl::Status SetDefault(absl::string_view version);
  // Each for itself, in the order given; the default one stays. INVALID_ARGUMENT (InvalidParameterValue): none, or more
  // than kVersionsDeletedMax.
  absl::StatusOr<std::vector<VersionDeletion>> DeleteVersions(const std::vector<std::string>& versions);

 private:
  LaunchTemplate() = default;

  std::string name_;
  std::map<int64_t, LaunchTemplateVersion> versions_;
  int64_t default_version_ = 1;
  int64_t last_number_ = 1;
};

// Whether one more template may be made where there are so many. RESOURCE_EXHAUSTED (MaxTemplateLimitExceeded).
absl::Status CheckLaunchTemplateCount(size_t there_are);

// INVALID_ARGUMENT (InvalidLaunchTemplateId.Malformed): not "lt-" and 8 or 17 hexadecimal digits.
absl::Status ValidateLaunchTemplateId(absl::string_view id);
// Errors for what nothing has: NOT_FOUND (InvalidLaunchTemplateId.NotFound;
// InvalidLaunchTemplateName.NotFoundException).
absl::Status LaunchTemplateNotFound(absl::string_view id);
absl::Status LaunchTemplateNameNotFound(absl::string_view name);
// For a name that another has: ALREADY_EXISTS (InvalidLaunchTemplateName.AlreadyExistsException).
absl::Status LaunchTemplateNameInUse(absl::string_view name);
// A template is named by its id or by its name. INVALID_ARGUMENT: neither (MissingParameter), or both
// (InvalidParameterCombination).
absl::Status CheckLaunchTemplateReference(absl::string_view id, absl::string_view name);

}  // namespace nubo::ec2

#endif  // NUBO_EC2_LAUNCH_TEMPLATE_H_
