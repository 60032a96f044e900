#include "nubo/region/model.h"

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"

namespace nubo::region {

absl::Status Model::Load(Store& store) {
  NUBO_RETURN_IF_ERROR(stacks.Load(store));
  NUBO_RETURN_IF_ERROR(vpcs.Load(store));
  NUBO_RETURN_IF_ERROR(subnets.Load(store));
  NUBO_RETURN_IF_ERROR(plain.Load(store));
  NUBO_RETURN_IF_ERROR(launch_templates.Load(store));
  NUBO_RETURN_IF_ERROR(instances.Load(store));
  NUBO_RETURN_IF_ERROR(groups.Load(store));
  NUBO_RETURN_IF_ERROR(load_balancers.Load(store));
  NUBO_RETURN_IF_ERROR(target_groups.Load(store));
  NUBO_RETURN_IF_ERROR(listeners.Load(store));
  NUBO_RETURN_IF_ERROR(rules.Load(store));
  NUBO_RETURN_IF_ERROR(zones.Load(store));
  NUBO_RETURN_IF_ERROR(records.Load(store));
  NUBO_RETURN_IF_ERROR(databases.Load(store));
  NUBO_RETURN_IF_ERROR(services.Load(store));
  NUBO_RETURN_IF_ERROR(images.Load(store));
  NUBO_RETURN_IF_ERROR(retained.Load(store));
  return secrets.Load(store);
}

std::string Arn(const std::string& service, const std::string& rest) {
  return absl::StrCat("arn:aws:", service, ":", kRegionName, ":", kAccountId, ":", rest);
}

}  // namespace nubo::region
