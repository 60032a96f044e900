#include "nubo/region/model.h"

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"

namespace nubo::region {

absl::Status Model::Load(Store& store, Damage& damage) {
  NUBO_RETURN_IF_ERROR(stacks.Load(store, damage));
  NUBO_RETURN_IF_ERROR(vpcs.Load(store, damage));
  NUBO_RETURN_IF_ERROR(subnets.Load(store, damage));
  NUBO_RETURN_IF_ERROR(plain.Load(store, damage));
  NUBO_RETURN_IF_ERROR(launch_templates.Load(store, damage));
  NUBO_RETURN_IF_ERROR(instances.Load(store, damage));
  NUBO_RETURN_IF_ERROR(groups.Load(store, damage));
  NUBO_RETURN_IF_ERROR(load_balancers.Load(store, damage));
  NUBO_RETURN_IF_ERROR(target_groups.Load(store, damage));
  NUBO_RETURN_IF_ERROR(listeners.Load(store, damage));
  NUBO_RETURN_IF_ERROR(rules.Load(store, damage));
  NUBO_RETURN_IF_ERROR(zones.Load(store, damage));
  NUBO_RETURN_IF_ERROR(records.Load(store, damage));
  NUBO_RETURN_IF_ERROR(databases.Load(store, damage));
  NUBO_RETURN_IF_ERROR(services.Load(store, damage));
  NUBO_RETURN_IF_ERROR(images.Load(store, damage));
  NUBO_RETURN_IF_ERROR(retained.Load(store, damage));
  return secrets.Load(store, damage);
}

std::string Arn(const std::string& service, const std::string& rest) {
  return absl::StrCat("arn:aws:", service, ":", kRegionName, ":", kAccountId, ":", rest);
}

}  // namespace nubo::region
