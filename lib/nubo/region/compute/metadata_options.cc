#include "nubo/region/compute/metadata_options.h"

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/ec2/lifecycle.h"
#include "nubo/region/state/instance_facts.h"

namespace nubo::region {
namespace {

ec2::LaunchMetadataOptions AskedBy(const v1::MetadataOptions& record) {
  ec2::LaunchMetadataOptions asked = {.http_tokens = record.http_tokens(),
                                      .http_endpoint = record.http_endpoint(),
                                      .http_protocol_ipv6 = record.http_protocol_ipv6(),
                                      .instance_metadata_tags = record.instance_metadata_tags()};
  if (record.http_put_response_hop_limit() != 0) {
    asked.http_put_response_hop_limit = record.http_put_response_hop_limit();
  }
  return asked;
}

}  // namespace

v1::Tags RecordOf(const ec2::Tags& tags) {
  v1::Tags record;
  for (const auto& [key, value] : tags) {
    v1::Tags::Tag& tag = *record.add_tags();
    tag.set_key(key);
    tag.set_value(value);
  }
  return record;
}

ec2::Tags TagsOf(const v1::Tags& record) {
  ec2::Tags tags;
  for (const v1::Tags::Tag& tag : record.tags()) tags[tag.key()] = tag.value();
  return tags;
}

absl::StatusOr<v1::MetadataOptions> RecordOf(const ec2::LaunchMetadataOptions& asked) {
  NUBO_RETURN_IF_ERROR(ec2::MetadataOptionsOf(asked).status());
  v1::MetadataOptions record;
  record.set_http_tokens(asked.http_tokens);
  record.set_http_endpoint(asked.http_endpoint);
  record.set_http_put_response_hop_limit(asked.http_put_response_hop_limit.value_or(0));
  record.set_http_protocol_ipv6(asked.http_protocol_ipv6);
  record.set_instance_metadata_tags(asked.instance_metadata_tags);
  return record;
}

ec2::MetadataOptions MetadataOptionsOf(const v1::MetadataOptions& record) {
  // What is on record has been checked; what another version may have written beside that is as if it were not there.
  return ec2::MetadataOptionsOf(AskedBy(record)).value_or(ec2::MetadataOptions());
}

absl::Status CheckShownTags(const v1::MetadataOptions& options, const ec2::Tags& tags) {
  if (!MetadataOptionsOf(options).tags_enabled) return absl::OkStatus();
  for (const auto& [key, value] : tags) NUBO_RETURN_IF_ERROR(ec2::CheckMetadataTagKey(key));
  return absl::OkStatus();
}

absl::Status ModifyInstanceMetadataOptions(Context& context, const ModifyInstanceMetadataOptionsRequest& request) {
  const std::string& id = request.instance_id;
  NUBO_RETURN_IF_ERROR(ec2::ValidateInstanceId(id));
  const v1::InstanceState* record = context.model.instances.Find(id);
  if (record == nullptr) return ec2::InstanceNotFound(id);
  if (IsTerminated(*record)) {
    return base::WithErrorCode(
        absl::FailedPreconditionError(absl::StrCat("The instance '", id, "' cannot be modified: it is terminated (",
                                                   record->reason_message(), ")")),
        "IncorrectInstanceState");
  }
  NUBO_ASSIGN_OR_RETURN(const v1::MetadataOptions changes, RecordOf(request.options));
  v1::MetadataOptions options = record->metadata_options();
  // What is "" or 0 in `changes` stays.
  options.MergeFrom(changes);
  NUBO_RETURN_IF_ERROR(
      CheckShownTags(options, ec2::Tags(record->settings().tags().begin(), record->settings().tags().end())));
  context.model.instances.Update(id,
                                 [&](v1::InstanceState& changed) { *changed.mutable_metadata_options() = options; });
  return absl::OkStatus();
}

}  // namespace nubo::region
