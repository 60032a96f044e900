#include "nubo/region/compute/launch_templates.h"

#include <algorithm>
#include <set>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"

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

std::optional<Version> FindVersion(const v1::LaunchTemplateState& launch_template, const std::string& version) {
  int number = kFirstVersion;
  if (version.empty() || version == "$Latest") return LatestOf(launch_template);
  if (version != "$Default" && !absl::SimpleAtoi(version, &number)) return std::nullopt;
  if (number == launch_template.version()) return LatestOf(launch_template);
  for (const Version& former : launch_template.former_versions()) {
    if (former.version() == number) return former;
  }
  return std::nullopt;
}

void AddVersion(const Context& context, const Version& next, v1::LaunchTemplateState& launch_template) {
  std::set<int> used = {kFirstVersion};
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

absl::StatusOr<const v1::LaunchTemplateState*> FindTemplate(const Model& model, const NamedLaunchTemplate& reference) {
  const std::string& id = reference.id;
  const std::string& name = reference.name;
  const v1::LaunchTemplateState* found = model.launch_templates.Find(id);
  for (const auto& [candidate_id, candidate] : model.launch_templates) {
    if (!name.empty() && candidate.name() == name) found = &candidate;
  }
  if (found == nullptr) {
    return base::WithErrorCode(absl::NotFoundError(absl::StrCat("The specified launch template, '",
                                                                id.empty() ? name : id, "', does not exist")),
                               "InvalidLaunchTemplateId.NotFound");
  }
  const std::string& version = reference.version;
  if (!FindVersion(*found, version).has_value()) {
    return base::WithErrorCode(
        absl::NotFoundError(absl::StrCat("Could not find version '", version, "' of launch template ", found->id(),
                                         "; its latest is ", found->version())),
        "InvalidLaunchTemplateId.VersionNotFound");
  }
  return found;
}

NamedLaunchTemplate NamedTemplate(const stack::Value& reference) {
  return {reference.Get("LaunchTemplateId").text(), reference.Get("LaunchTemplateName").text(),
          reference.Get("Version").text()};
}

}  // namespace nubo::region
