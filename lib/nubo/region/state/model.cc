#include "nubo/region/state/model.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/region/state/digest.h"

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

namespace {

template <typename Record>
IndexKeys Stack(const Record& record) {
  return {record.owner().stack_name()};
}

IndexKeys TargetGroups(const v1::Action& action) {
  IndexKeys arns;
  for (const v1::Action::WeightedGroup& group : action.groups()) arns.insert(group.target_group_arn());
  return arns;
}

}  // namespace

Model::Model()
    : subnets_by_vpc(subnets, [](const v1::SubnetState& subnet) { return IndexKeys{subnet.vpc_id()}; }),
      instances_by_group(instances, [](const v1::InstanceState& instance) { return IndexKeys{instance.group_name()}; }),
      instances_by_subnet(instances, [](const v1::InstanceState& instance) { return IndexKeys{instance.subnet_id()}; }),
      instances_by_stack(instances, Stack<v1::InstanceState>),
      groups_by_target_group(groups,
                             [](const v1::GroupState& group) {
                               return IndexKeys(group.target_group_arns().begin(), group.target_group_arns().end());
                             }),
      groups_by_stack(groups, Stack<v1::GroupState>),
      load_balancers_by_dns_name(
          load_balancers,
          [](const v1::LoadBalancerState& balancer) { return IndexKeys{absl::AsciiStrToLower(balancer.dns_name())}; }),
      load_balancers_by_token(load_balancers,
                              [](const v1::LoadBalancerState& balancer) {
                                return IndexKeys{balancer.arn().substr(balancer.arn().rfind('/') + 1)};
                              }),
      target_groups_by_target(target_groups,
                              [](const v1::TargetGroupState& group) {
                                return IndexKeys(group.static_targets().begin(), group.static_targets().end());
                              }),
      target_groups_by_stack(target_groups, Stack<v1::TargetGroupState>),
      listeners_by_load_balancer(
          listeners, [](const v1::ListenerState& listener) { return IndexKeys{listener.load_balancer_arn()}; }),
      listeners_by_target_group(
          listeners, [](const v1::ListenerState& listener) { return TargetGroups(listener.default_action()); }),
      listeners_by_stack(listeners, Stack<v1::ListenerState>),
      rules_by_listener(rules, [](const v1::ListenerRuleState& rule) { return IndexKeys{rule.listener_arn()}; }),
      rules_by_target_group(rules, [](const v1::ListenerRuleState& rule) { return TargetGroups(rule.action()); }),
      records_by_zone(records, [](const v1::RecordSetState& record) { return IndexKeys{record.zone_id()}; }),
      records_by_stack(records, Stack<v1::RecordSetState>),
      databases_by_subnet(databases, [](const v1::DatabaseState& database) { return IndexKeys{database.subnet_id()}; }),
      databases_by_digest(databases,
                          [](const v1::DatabaseState& database) { return IndexKeys{Digest(database.id())}; }),
      databases_by_stack(databases, Stack<v1::DatabaseState>) {}

Model::~Model() = default;

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
