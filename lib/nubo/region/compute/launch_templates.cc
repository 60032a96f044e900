#include "nubo/region/compute/launch_templates.h"

#include <algorithm>
#include <set>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/region/resources/ids.h"
#include "nubo/stack/schema.h"

namespace nubo::region {
namespace {

using Version = v1::LaunchTemplateState::Version;

constexpr int kFirstVersion = 1;

Version LatestOf(const v1::LaunchTemplateState& launch_template) {
  Version latest = launch_template.latest();
  latest.set_version(launch_template.version());
  latest.set_image_id(launch_template.image_id());
  latest.set_user_data(launch_template.user_data());
  latest.set_data_digest(launch_template.data_digest());
  return latest;
}

}  // namespace

void SetLatest(int number, const Version& version, v1::LaunchTemplateState& launch_template) {
  launch_template.set_version(number);
  launch_template.set_image_id(version.image_id());
  launch_template.set_user_data(version.user_data());
  launch_template.set_data_digest(version.data_digest());
  *launch_template.mutable_latest() = version;
  launch_template.mutable_latest()->set_version(number);
}

int DefaultVersion(const v1::LaunchTemplateState& launch_template) {
  return launch_template.default_version() == 0 ? kFirstVersion : launch_template.default_version();
}

std::optional<Version> FindVersion(const v1::LaunchTemplateState& launch_template, const std::string& version) {
  int number = DefaultVersion(launch_template);
  if (version == "$Latest") return LatestOf(launch_template);
  if (!version.empty() && version != "$Default" && !absl::SimpleAtoi(version, &number)) return std::nullopt;
  if (number == launch_template.version()) return LatestOf(launch_template);
  for (const Version& former : launch_template.former_versions()) {
    if (former.version() == number) return former;
  }
  return std::nullopt;
}

void AddVersion(const Context& context, const Version& next, v1::LaunchTemplateState& launch_template) {
  std::set<int> used = {kFirstVersion, DefaultVersion(launch_template)};
  for (const auto& [name, group] : context.model.groups) {
    int number = 0;
    const bool names_it = group.launch_template_id() == launch_template.id();
    if (names_it && absl::SimpleAtoi(group.launch_template_version(), &number)) used.insert(number);
  }
  *launch_template.add_former_versions() = LatestOf(launch_template);
  SetLatest(launch_template.version() + 1, next, launch_template);
  auto& former = *launch_template.mutable_former_versions();
  for (int i = 0; i < former.size() && former.size() > kFormerVersionsMax;) {
    if (used.count(former[i].version()) > 0) {
      ++i;
    } else {
      former.DeleteSubrange(i, 1);
    }
  }
}

bool DropVersion(const Version& wanted, v1::LaunchTemplateState& launch_template) {
  auto& former = *launch_template.mutable_former_versions();
  if (former.empty() || former[former.size() - 1].data_digest() != wanted.data_digest()) return false;
  const Version last = former[former.size() - 1];
  SetLatest(last.version(), last, launch_template);
  former.RemoveLast();
  return true;
}

absl::StatusOr<const v1::LaunchTemplateState*> FindTemplate(const Context& context,
                                                            const LaunchTemplateSpecification& reference) {
  const std::string& id = reference.launch_template_id;
  const std::string& name = reference.launch_template_name;
  if (id.empty() == name.empty()) {
    return base::WithErrorCode(
        absl::InvalidArgumentError("Valid requests must contain either LaunchTemplateId or LaunchTemplateName"),
        "ValidationError");
  }
  NUBO_RETURN_IF_ERROR(id.empty() ? CheckId(*context.types, context.model, stack::IdKind::kLaunchTemplateName, name)
                                  : CheckId(*context.types, context.model, stack::IdKind::kLaunchTemplate, id));
  const v1::LaunchTemplateState* found = context.model.launch_templates.Find(id);
  for (const auto& [candidate_id, candidate] : context.model.launch_templates) {
    if (!name.empty() && candidate.name() == name) found = &candidate;
  }
  if (FindVersion(*found, reference.version).has_value()) return found;
  return base::WithErrorCode(
      absl::NotFoundError(absl::StrCat("Could not find version '", reference.version, "' of launch template ",
                                       found->id(), "; its latest is ", found->version())),
      "InvalidLaunchTemplateId.VersionNotFound");
}

}  // namespace nubo::region
