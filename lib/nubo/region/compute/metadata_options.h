// What an instance lets be known of itself at 169.254.169.254: its MetadataOptions and its tags, on record.
//
// Example:
//   NUBO_ASSIGN_OR_RETURN(*record.mutable_metadata_options(), RecordOf({.http_tokens = "required"}));
//   MetadataOptionsOf(record.metadata_options()).tokens_required;  // true
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_COMPUTE_METADATA_OPTIONS_H_
#define NUBO_REGION_COMPUTE_METADATA_OPTIONS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "nubo/ec2/launch_template.h"
#include "nubo/ec2/metadata.h"
#include "nubo/ec2/tags.h"
#include "nubo/region/state/context.h"

namespace nubo::region {

v1::Tags RecordOf(const ec2::Tags& tags);
ec2::Tags TagsOf(const v1::Tags& record);

// As ec2::MetadataOptionsOf().
absl::StatusOr<v1::MetadataOptions> RecordOf(const ec2::LaunchMetadataOptions& asked);
// AWS's defaults for what is not there.
ec2::MetadataOptions MetadataOptionsOf(const v1::MetadataOptions& record);

// Whether an instance with these options may have such tags, as ec2::CheckMetadataTagKey().
absl::Status CheckShownTags(const v1::MetadataOptions& options, const ec2::Tags& tags);

struct ModifyInstanceMetadataOptionsRequest {
  std::string instance_id;
  // What it leaves open stays as it is.
  ec2::LaunchMetadataOptions options;
};
// INVALID_ARGUMENT (InvalidInstanceID.Malformed, InvalidParameterValue). NOT_FOUND (InvalidInstanceID.NotFound).
// FAILED_PRECONDITION (IncorrectInstanceState): it is terminated.
absl::Status ModifyInstanceMetadataOptions(Context& context, const ModifyInstanceMetadataOptionsRequest& request);

}  // namespace nubo::region

#endif  // NUBO_REGION_COMPUTE_METADATA_OPTIONS_H_
