#include "nubo/region/lookup/protection.h"

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/region/resources/resource_types.h"
#include "nubo/region/state/instance_facts.h"

namespace nubo::region {

absl::StatusOr<bool> Protect(Context& context, const std::string& name, bool on) {
  for (const auto& [type_name, type] : *context.types) {
    if (!type.protect) continue;
    const std::string found = type.find ? type.find(context, name) : "";
    absl::StatusOr<bool> former = type.protect(context, found.empty() ? name : found, on);
    if (!absl::IsNotFound(former.status())) return former;
  }
  return absl::NotFoundError(absl::StrCat("no instance, load balancer or database is called ", name,
                                          "; nubo get resources lists what there is"));
}

absl::StatusOr<bool> ProtectFromScaleIn(Context& context, const std::string& id, bool on) {
  const v1::InstanceState* instance = context.model.instances.Find(id);
  if (instance == nullptr || IsTerminated(*instance) || instance->group_name().empty()) {
    return base::WithErrorCode(absl::InvalidArgumentError(absl::StrCat("The instance ", id, " is not part of a group")),
                               "ValidationError");
  }
  const bool former = instance->protected_from_scale_in();
  context.model.instances.Update(id, [&](v1::InstanceState& record) { record.set_protected_from_scale_in(on); });
  return former;
}

}  // namespace nubo::region
