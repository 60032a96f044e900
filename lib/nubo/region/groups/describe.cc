#include "nubo/region/groups/describe.h"

#include <optional>
#include <string>

#include "nubo/region/compute/describe.h"
#include "nubo/region/compute/launch_templates.h"
#include "nubo/region/groups/groups.h"
#include "nubo/region/resources/shown.h"
#include "nubo/region/state/instance_facts.h"
#include "nubo/region/state/view.h"

namespace nubo::region {

void Describe(const Context& context, autoscaling::v1::DescribeAutoScalingGroupsResponse& out) {
  for (const auto& [name, record] : context.model.groups) {
    const v1::LaunchTemplateState* from = context.model.launch_templates.Find(record.launch_template_id());
    const auto version = from == nullptr ? std::nullopt : FindVersion(*from, record.launch_template_version());
    const std::string digest = version ? version->data_digest() : "";
    autoscaling::v1::Group* shown = out.add_groups();
    shown->set_auto_scaling_group_name(name);
    shown->set_min_size(record.min_size());
    shown->set_max_size(record.max_size());
    shown->set_desired_capacity(record.desired());
    shown->set_health_check_type(record.health_check_type());
    shown->set_health_check_grace_period(record.grace_period_s());
    for (const std::string& id : record.subnet_ids()) {
      const v1::SubnetState* subnet = context.model.subnets.Find(id);
      if (subnet != nullptr) shown->add_availability_zones(subnet->availability_zone());
    }
    *shown->mutable_target_group_arns() = record.target_group_arns();
    for (const auto& [id, instance] : View(context.model).InstancesOfGroup(name)) {
      if (IsTerminated(instance)) continue;
      autoscaling::v1::GroupInstance* member = shown->add_instances();
      member->set_instance_id(id);
      member->set_availability_zone(instance.availability_zone());
      member->set_lifecycle_state(instance.lifecycle_state());
      member->set_health_status(HealthStatus(context, instance));
      member->set_launched_otherwise(!digest.empty() && !instance.launch_data_digest().empty() &&
                                     instance.launch_data_digest() != digest);
    }
    shown->set_status_reason(record.deleting() ? "Delete in progress" : WaitingReason(context, record));
    SetOwner(record.owner(), shown);
  }
}

}  // namespace nubo::region
