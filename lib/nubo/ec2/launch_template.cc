#include "nubo/ec2/launch_template.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/ec2/launch.h"

namespace nubo::ec2 {
namespace {

constexpr size_t kShownMax = 64;
// Of a version's number, so that it cannot overflow.
constexpr size_t kNumberDigitsMax = 18;

absl::Status Invalid(absl::string_view code, absl::string_view message) {
  return base::WithErrorCode(absl::InvalidArgumentError(message), code);
}

absl::Status NotFound(absl::string_view code, absl::string_view message) {
  return base::WithErrorCode(absl::NotFoundError(message), code);
}

absl::Status Exhausted(absl::string_view code, absl::string_view message) {
  return base::WithErrorCode(absl::ResourceExhaustedError(message), code);
}

absl::Status CheckVersion(const LaunchTemplateData& data, absl::string_view description) {
  if (data.empty()) {
    return Invalid("MissingParameter", "The request must contain the parameter LaunchTemplateData");
  }
  if (description.size() <= kVersionDescriptionMax) return absl::OkStatus();
  return Invalid("InvalidParameterValue",
                 absl::StrCat("The version description has ", description.size(), " characters; at most ",
                              kVersionDescriptionMax, " are allowed"));
}

// Nothing said: as it is by default.
absl::Status ReadWord(absl::string_view what, absl::string_view said, absl::string_view yes, absl::string_view no,
                      bool& value) {
  if (said.empty()) return absl::OkStatus();
  if (said != yes && said != no) {
    return Invalid("InvalidParameterValue", absl::StrCat(what, " must be ", yes, " or ", no, ", not '",
                                                         absl::CHexEscape(said.substr(0, kShownMax)), "'"));
  }
  value = said == yes;
  return absl::OkStatus();
}

template <typename T>
void Override(const std::optional<T>& from, std::optional<T>& into) {
  if (from.has_value()) into = from;
}

}  // namespace

LaunchTemplateData Merge(const LaunchTemplateData& source, const LaunchTemplateData& overrides) {
  LaunchTemplateData all = source;
  Override(overrides.image_id, all.image_id);
  Override(overrides.instance_type, all.instance_type);
  Override(overrides.key_name, all.key_name);
  Override(overrides.user_data, all.user_data);
  Override(overrides.security_group_ids, all.security_group_ids);
  Override(overrides.security_groups, all.security_groups);
  Override(overrides.network_interfaces, all.network_interfaces);
  Override(overrides.block_device_mappings, all.block_device_mappings);
  Override(overrides.placement, all.placement);
  Override(overrides.metadata_options, all.metadata_options);
  Override(overrides.tag_specifications, all.tag_specifications);
  Override(overrides.monitoring, all.monitoring);
  Override(overrides.ebs_optimized, all.ebs_optimized);
  Override(overrides.disable_api_termination, all.disable_api_termination);
  Override(overrides.disable_api_stop, all.disable_api_stop);
  Override(overrides.instance_initiated_shutdown_behavior, all.instance_initiated_shutdown_behavior);
  for (const auto& [name, value] : overrides.rest) all.rest.insert_or_assign(name, value);
  return all;
}

absl::StatusOr<MetadataOptions> MetadataOptionsOf(const LaunchMetadataOptions& asked) {
  constexpr absl::string_view kEnabled = "enabled", kDisabled = "disabled";
  MetadataOptions options;
  NUBO_RETURN_IF_ERROR(ReadWord("HttpTokens", asked.http_tokens, "required", "optional", options.tokens_required));
  NUBO_RETURN_IF_ERROR(ReadWord("HttpEndpoint", asked.http_endpoint, kEnabled, kDisabled, options.endpoint_enabled));
  NUBO_RETURN_IF_ERROR(
      ReadWord("HttpProtocolIpv6", asked.http_protocol_ipv6, kEnabled, kDisabled, options.ipv6_enabled));
  NUBO_RETURN_IF_ERROR(
      ReadWord("InstanceMetadataTags", asked.instance_metadata_tags, kEnabled, kDisabled, options.tags_enabled));
  options.hop_limit = asked.http_put_response_hop_limit.value_or(options.hop_limit);
  NUBO_RETURN_IF_ERROR(CheckMetadataOptions(options));
  return options;
}

absl::StatusOr<LaunchTemplate> LaunchTemplate::Create(absl::string_view name, LaunchTemplateData data,
                                                      absl::string_view description, absl::Time now) {
  NUBO_RETURN_IF_ERROR(ValidateLaunchTemplateName(name));
  NUBO_RETURN_IF_ERROR(CheckVersion(data, description));
  LaunchTemplate made;
  made.name_ = std::string(name);
  made.versions_.emplace(1, LaunchTemplateVersion{1, std::string(description), now, std::move(data)});
  return made;
}

absl::StatusOr<LaunchTemplate> LaunchTemplate::Restore(absl::string_view name,
                                                       std::vector<LaunchTemplateVersion> versions,
                                                       int64_t default_version, int64_t last_number) {
  LaunchTemplate made;
  made.name_ = std::string(name);
  made.default_version_ = default_version;
  made.last_number_ = last_number;
  int64_t before = 0;
  for (LaunchTemplateVersion& version : versions) {
    if (version.number <= before || version.number > last_number) {
      return absl::InvalidArgumentError(absl::StrCat("version ", version.number, " of launch template ", name,
                                                     " is out of order: after ", before, ", at most ", last_number));
    }
    before = version.number;
    made.versions_.emplace(before, std::move(version));
  }
  if (made.versions_.count(default_version) > 0) return made;
  return absl::InvalidArgumentError(
      absl::StrCat("launch template ", name, " has no version ", default_version, ", its default"));
}

absl::StatusOr<const LaunchTemplateVersion*> LaunchTemplate::Find(absl::string_view version) const {
  int64_t number = default_version_;
  if (version == "$Latest") {
    number = latest_version();
  } else if (!version.empty() && version != "$Default") {
    const bool digits = version.size() <= kNumberDigitsMax && std::all_of(version.begin(), version.end(), [](char c) {
                          return absl::ascii_isdigit(static_cast<unsigned char>(c));
                        });
    if (!digits || !absl::SimpleAtoi(version, &number)) {
      return Invalid("InvalidParameterValue",
                     absl::StrCat("Value (", version.substr(0, kShownMax),
                                  ") for parameter version is invalid. It is a number, $Latest ", "or $Default."));
    }
  }
  const auto it = versions_.find(number);
  if (it != versions_.end()) return &it->second;
  return NotFound("InvalidLaunchTemplateId.VersionNotFound",
                  absl::StrCat("Could not find version '", version, "' of launch template ", name_, "; its latest is ",
                               latest_version()));
}

absl::StatusOr<int64_t> LaunchTemplate::AddVersion(const LaunchTemplateData& data, absl::string_view description,
                                                   absl::string_view source, absl::Time now) {
  LaunchTemplateData all = data;
  if (!source.empty()) {
    NUBO_ASSIGN_OR_RETURN(const LaunchTemplateVersion* from, Find(source));
    all = Merge(from->data, data);
  }
  NUBO_RETURN_IF_ERROR(CheckVersion(all, description));
  if (versions_.size() >= kLaunchTemplateVersionsMax) {
    return Exhausted("MaxTemplateVersionLimitExceeded",
                     absl::StrCat("The launch template ", name_, " has ", versions_.size(), " versions, the most"));
  }
  const int64_t number = ++last_number_;
  versions_.emplace(number, LaunchTemplateVersion{number, std::string(description), now, std::move(all)});
  return number;
}

absl::Status LaunchTemplate::SetDefault(absl::string_view version) {
  NUBO_ASSIGN_OR_RETURN(const LaunchTemplateVersion* found, Find(version));
  default_version_ = found->number;
  return absl::OkStatus();
}

absl::StatusOr<std::vector<VersionDeletion>> LaunchTemplate::DeleteVersions(const std::vector<std::string>& versions) {
  if (versions.empty() || versions.size() > kVersionsDeletedMax) {
    return Invalid("InvalidParameterValue", absl::StrCat("The request names ", versions.size(), " versions; 1 to ",
                                                         kVersionsDeletedMax, " are deleted at once"));
  }
  std::vector<VersionDeletion> deletions;
  for (const std::string& version : versions) {
    VersionDeletion deletion;
    deletion.version = version;
    const absl::StatusOr<const LaunchTemplateVersion*> found = Find(version);
    if (!found.ok()) {
      deletion.error_code = "launchTemplateVersionDoesNotExist";
      deletion.message = std::string(found.status().message());
    } else {
      deletion.number = (*found)->number;
      if (deletion.number == default_version_) {
        deletion.error_code = "unexpectedError";
        deletion.message = absl::StrCat("Version ", default_version_, " is the default version of launch template ",
                                        name_, "; make another one the default before it is deleted");
      } else {
        versions_.erase(deletion.number);
      }
    }
    deletions.push_back(std::move(deletion));
  }
  return deletions;
}

absl::Status CheckLaunchTemplateCount(size_t there_are) {
  if (there_are < kLaunchTemplatesMax) return absl::OkStatus();
  return Exhausted("MaxTemplateLimitExceeded",
                   absl::StrCat("There are ", there_are, " launch templates, of ", kLaunchTemplatesMax));
}

absl::Status ValidateLaunchTemplateId(absl::string_view id) {
  const absl::string_view digits = absl::StartsWith(id, "lt-") ? id.substr(3) : "";
  const bool hex = std::all_of(digits.begin(), digits.end(), [](char c) {
    return absl::ascii_isdigit(static_cast<unsigned char>(c)) || (c >= 'a' && c <= 'f');
  });
  if (hex && (digits.size() == 8 || digits.size() == 17)) return absl::OkStatus();
  return Invalid("InvalidLaunchTemplateId.Malformed",
                 absl::StrCat("Invalid launch template ID: \"", id.substr(0, kShownMax), "\" (expecting \"lt-...\")"));
}

absl::Status LaunchTemplateNotFound(absl::string_view id) {
  return NotFound("InvalidLaunchTemplateId.NotFound",
                  absl::StrCat("The specified launch template, with template ID ", id, ", does not exist."));
}

absl::Status LaunchTemplateNameNotFound(absl::string_view name) {
  return NotFound("InvalidLaunchTemplateName.NotFoundException",
                  absl::StrCat("The specified launch template, with template name ", name.substr(0, kShownMax * 2),
                               ", does not exist."));
}

absl::Status LaunchTemplateNameInUse(absl::string_view name) {
  return base::WithErrorCode(
      absl::AlreadyExistsError(absl::StrCat("Launch template name already in use: ", name.substr(0, kShownMax * 2))),
      "InvalidLaunchTemplateName.AlreadyExistsException");
}

absl::Status CheckLaunchTemplateReference(absl::string_view id, absl::string_view name) {
  if (id.empty() != name.empty()) return absl::OkStatus();
  return Invalid(id.empty() ? "MissingParameter" : "InvalidParameterCombination",
                 "Valid requests must contain either LaunchTemplateId or LaunchTemplateName");
}

}  // namespace nubo::ec2
