// Launch templates and their versions.
//
// Every change makes a new version; a group names the one it launches from. "$Default" is the first version until
// another is made so; as at AWS, a new version does not move it.
//
// Example:
//   const auto version = FindVersion(*launch_template, group.launch_template_version());
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_COMPUTE_LAUNCH_TEMPLATES_H_
#define NUBO_REGION_COMPUTE_LAUNCH_TEMPLATES_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "nubo/region/state/context.h"

namespace nubo::region {

// Of those that nobody launches from, beside the first, the default and the latest.
inline constexpr int kFormerVersionsMax = 20;

// `version`, under this number, is the latest.
void SetLatest(int number, const v1::LaunchTemplateState::Version& version, v1::LaunchTemplateState& launch_template);

// "$Latest", a number, "$Default", or "", which is the default. nullopt: there is no such version.
std::optional<v1::LaunchTemplateState::Version> FindVersion(const v1::LaunchTemplateState& launch_template,
                                                            const std::string& version);

// The number of "$Default".
int DefaultVersion(const v1::LaunchTemplateState& launch_template);

// How requests name a launch template: by its id or by its name, and a version as FindVersion has it.
struct LaunchTemplateSpecification {
  std::string launch_template_id;
  std::string launch_template_name;
  std::string version = "$Default";
};
// It has that version. INVALID_ARGUMENT (ValidationError): neither an id nor a name, or both. NOT_FOUND
// (InvalidLaunchTemplateId.NotFound, InvalidLaunchTemplateName.NotFoundException,
// InvalidLaunchTemplateId.VersionNotFound).
absl::StatusOr<const v1::LaunchTemplateState*> FindTemplate(const Context& context,
                                                            const LaunchTemplateSpecification& reference);

// Makes `next` the latest version, and forgets the oldest ones that no group launches from.
void AddVersion(const Context& context, const v1::LaunchTemplateState::Version& next,
                v1::LaunchTemplateState& launch_template);

// A rollback: if the version before the latest is `wanted`, it is the latest again, under its old number, so that
// nobody who refers to it has to change. False: it is not.
bool DropVersion(const v1::LaunchTemplateState::Version& wanted, v1::LaunchTemplateState& launch_template);

}  // namespace nubo::region

#endif  // NUBO_REGION_COMPUTE_LAUNCH_TEMPLATES_H_
