#include "nubo/region/state/model.h"

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"

namespace nubo::region {

template class Table<v1::StackState>;
template class Table<v1::VpcState>;
template class Table<v1::SubnetState>;
template class Table<v1::PlainState>;
template class Table<v1::LaunchTemplateState>;
template class Table<v1::InstanceState>;
template class Table<v1::GroupState>;
template class Table<v1::LoadBalancerState>;
template class Table<v1::TargetGroupState>;
template class Table<v1::ListenerState>;
template class Table<v1::ListenerRuleState>;
template class Table<v1::HostedZoneState>;
template class Table<v1::RecordSetState>;
template class Table<v1::DatabaseState>;
template class Table<v1::ServiceState>;
template class Table<v1::ImageState>;
template class Table<v1::RetainedState>;
template class Table<v1::SecretState>;

absl::Status Model::Load(store::Store& store, Damage& damage) {
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

const v1::ImageState* FindImage(const Model& model, absl::string_view name) {
  if (const v1::ImageState* image = model.images.Find(name)) return image;
  for (const auto& [id, image] : model.images) {
    // One that has lost its name to another has none.
    if (!name.empty() && image.name() == name) return &image;
  }
  return nullptr;
}

}  // namespace nubo::region
