#include "nubo/region/groups/describe.h"

#include <optional>
#include <set>
#include <string>
#include <utility>

#include "nubo/base/status.h"
#include "nubo/region/compute/describe.h"
#include "nubo/region/compute/launch_templates.h"
#include "nubo/region/groups/groups.h"
#include "nubo/region/resources/list_page.h"
#include "nubo/region/resources/shown.h"
#include "nubo/region/state/instance_facts.h"
#include "nubo/region/state/view.h"

namespace nubo::region {
namespace {

void ShowGroup(const Context& context, const std::string& name, const v1::GroupState& record,
               autoscaling::v1::Group* shown) {
  const v1::LaunchTemplateState* from = context.model.launch_templates.Find(record.launch_template_id());
  const auto version = from == nullptr ? std::nullopt : FindVersion(*from, record.launch_template_version());
  const std::string digest = version ? version->data_digest() : "";
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

FilterFields<v1::GroupState> GroupFilters() {
  using Record = v1::GroupState;
  return WithOwner<Record>({
      {"auto-scaling-group-name", [](const Record& record) -> Words { return {record.name()}; }},
      {"health-check-type", [](const Record& record) -> Words { return {record.health_check_type()}; }},
      {"launch-template-id", [](const Record& record) -> Words { return {record.launch_template_id()}; }},
      {"subnet-id",
       [](const Record& record) -> Words { return {record.subnet_ids().begin(), record.subnet_ids().end()}; }},
      {"target-group-arn",
       [](const Record& record) -> Words {
         return {record.target_group_arns().begin(), record.target_group_arns().end()};
       }},
  });
}

}  // namespace

absl::Status Describe(const Context& context, const autoscaling::v1::DescribeAutoScalingGroupsRequest& request,
                      autoscaling::v1::DescribeAutoScalingGroupsResponse& response) {
  NUBO_ASSIGN_OR_RETURN(ListPage<v1::GroupState> page, ListPage<v1::GroupState>::Of(request, GroupFilters()));
  NUBO_ASSIGN_OR_RETURN(const std::set<std::string> names, ReadIds(request.auto_scaling_group_names()));
  AddFromTable(context.model.groups, names, page, [&](const std::string& name, const v1::GroupState& record) {
    ShowGroup(context, name, record, response.add_groups());
  });
  page.End(response);
  return absl::OkStatus();
}

void Describe(const Context& context, autoscaling::v1::DescribeAutoScalingGroupsResponse& out) {
  for (const auto& [name, record] : context.model.groups) ShowGroup(context, name, record, out.add_groups());
}

}  // namespace nubo::region
