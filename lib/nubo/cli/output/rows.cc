#include "nubo/cli/output/rows.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace nubo::cli {
namespace {

std::string Number(int number) { return absl::StrCat(number); }

// 0 stands for a process that is not there.
std::string Pid(int pid) { return pid == 0 ? "" : absl::StrCat(pid); }

std::string YesNo(bool yes) { return yes ? "yes" : "no"; }

std::string Both(const std::string& code, const std::string& text) {
  return absl::StrCat(code, code.empty() || text.empty() ? "" : ": ", text);
}

std::string Listener(const elbv2::v1::Listener& listener) {
  std::string text = absl::StrCat(listener.protocol(), ":", listener.port());
  if (listener.local_port() != 0 && listener.local_port() != listener.port()) {
    absl::StrAppend(&text, "(on ", listener.local_port(), ")");
  }
  if (!listener.error().empty()) absl::StrAppend(&text, "(", listener.error(), ")");
  return text;
}

int InService(const autoscaling::v1::Group& group) {
  return static_cast<int>(
      std::count_if(group.instances().begin(), group.instances().end(),
                    [](const autoscaling::v1::GroupInstance& i) { return i.lifecycle_state() == "InService"; }));
}

std::string RecordValue(const route53::v1::ResourceRecordSet& record) {
  if (record.has_alias_target()) return absl::StrCat("ALIAS ", record.alias_target().dns_name());
  return absl::StrJoin(record.resource_records(), ", ");
}

}  // namespace

Table Rows(const cloudformation::v1::DescribeStacksResponse& answer) {
  Table table({"name", "status", "ready", "created", "url", "waits-for"});
  for (const auto& stack : answer.stacks()) {
    const std::string waits =
        stack.stack_status_reason().empty() ? absl::StrJoin(stack.waiting_for(), "; ") : stack.stack_status_reason();
    table.Add({stack.stack_name(), stack.stack_status(), YesNo(stack.ready()), stack.creation_time(),
               absl::StrJoin(stack.urls(), ","), waits});
  }
  return table;
}

Table Rows(const cloudformation::v1::DescribeStackResourcesResponse& answer) {
  Table table({"stack", "logical-id", "type", "status", "enforced", "physical-id", "reason"});
  for (const auto& resource : answer.resources()) {
    table.Add({resource.stack_name(), resource.logical_id(), resource.type(), resource.status(),
               YesNo(resource.enforced()), resource.physical_id(), resource.status_reason()});
  }
  return table;
}

Table Rows(const ec2::v1::DescribeInstancesResponse& answer) {
  Table table({"instance-id", "state", "health", "private-ip", "address", "zone", "image", "pid", "isolated",
               "launched", "group", "reason"});
  for (const auto& instance : answer.instances()) {
    table.Add({instance.instance_id(), instance.state(), instance.health_status(), instance.private_ip_address(),
               instance.loopback_address(), instance.availability_zone(), instance.image_id(), Pid(instance.pid()),
               YesNo(instance.isolated()), instance.launch_time(), instance.auto_scaling_group_name(),
               // AWS's messages begin with their code.
               instance.state_reason().message()});
  }
  return table;
}

Table Rows(const ec2::v1::DescribeImagesResponse& answer) {
  Table table({"image-id", "name", "files", "created"});
  for (const auto& image : answer.images()) {
    table.Add({image.image_id(), image.name(), Number(image.files()), image.creation_date()});
  }
  return table;
}

Table Rows(const autoscaling::v1::DescribeAutoScalingGroupsResponse& answer) {
  Table table(
      {"name", "min", "max", "desired", "instances", "in-service", "health-check", "zones", "stack", "waits-for"});
  for (const auto& group : answer.groups()) {
    table.Add({group.auto_scaling_group_name(), Number(group.min_size()), Number(group.max_size()),
               Number(group.desired_capacity()), Number(group.instances_size()), Number(InService(group)),
               group.health_check_type(), absl::StrJoin(group.availability_zones(), ","), group.stack_name(),
               group.status_reason()});
  }
  return table;
}

Table Rows(const elbv2::v1::DescribeLoadBalancersResponse& answer) {
  Table table({"name", "state", "scheme", "dns-name", "addresses", "listeners", "pid", "stack"});
  for (const auto& balancer : answer.load_balancers()) {
    std::vector<std::string> listeners;
    for (const auto& listener : balancer.listeners()) listeners.push_back(Listener(listener));
    table.Add({balancer.load_balancer_name(), balancer.state(), balancer.scheme(), balancer.dns_name(),
               absl::StrJoin(balancer.loopback_addresses(), ","), absl::StrJoin(listeners, ","), Pid(balancer.pid()),
               balancer.stack_name()});
  }
  return table;
}

Table Rows(const elbv2::v1::DescribeTargetGroupsResponse& answer) {
  Table table({"name", "protocol", "version", "port", "healthy", "unhealthy", "total", "stack"});
  for (const auto& group : answer.target_groups()) {
    table.Add({group.target_group_name(), group.protocol(), group.protocol_version(), Number(group.port()),
               Number(group.healthy()), Number(group.unhealthy()), Number(group.total()), group.stack_name()});
  }
  return table;
}

Table Rows(const elbv2::v1::DescribeTargetHealthResponse& answer) {
  Table table({"target-group", "target", "address", "port", "zone", "state", "in-flight", "reason"});
  for (const auto& target : answer.targets()) {
    table.Add({target.target_group_name(), target.target_id(), target.address(), Number(target.port()),
               target.availability_zone(), target.state(), Number(target.requests_in_flight()),
               Both(target.reason(), target.description())});
  }
  return table;
}

Table Rows(const route53::v1::ListHostedZonesResponse& answer) {
  Table table({"id", "name", "records", "managed", "stack"});
  for (const auto& zone : answer.zones()) {
    table.Add(
        {zone.id(), zone.name(), Number(zone.resource_record_set_count()), YesNo(zone.managed()), zone.stack_name()});
  }
  return table;
}

Table Rows(const route53::v1::ListResourceRecordSetsResponse& answer) {
  Table table({"zone", "name", "type", "ttl", "value"});
  for (const auto& record : answer.records()) {
    const std::string ttl = record.has_alias_target() ? "" : Number(record.ttl());
    table.Add({record.hosted_zone_id(), record.name(), record.type(), ttl, RecordValue(record)});
  }
  return table;
}

Table Rows(const vpc::v1::DescribeVpcsResponse& answer) {
  Table table({"vpc-id", "cidr", "loopback-cidr", "state", "stack"});
  for (const auto& vpc : answer.vpcs()) {
    table.Add({vpc.vpc_id(), vpc.cidr_block(), vpc.loopback_cidr_block(), vpc.state(), vpc.stack_name()});
  }
  return table;
}

Table Rows(const vpc::v1::DescribeSubnetsResponse& answer) {
  Table table({"subnet-id", "vpc-id", "cidr", "zone", "free", "state", "stack"});
  for (const auto& subnet : answer.subnets()) {
    table.Add({subnet.subnet_id(), subnet.vpc_id(), subnet.cidr_block(), subnet.availability_zone(),
               Number(subnet.available_ip_address_count()), subnet.state(), subnet.stack_name()});
  }
  return table;
}

Table Rows(const rds::v1::DescribeDbInstancesResponse& answer) {
  Table table({"id", "engine", "version", "status", "endpoint", "address", "user", "pid", "restarts", "stack"});
  for (const auto& database : answer.databases()) {
    const auto& endpoint = database.endpoint();
    const std::string name = endpoint.address().empty() ? "" : absl::StrCat(endpoint.address(), ":", endpoint.port());
    table.Add({database.db_instance_identifier(), database.engine(), database.engine_version(),
               database.db_instance_status(), name, endpoint.loopback_address(), database.master_username(),
               Pid(database.pid()), Number(database.restarts()), database.stack_name()});
  }
  return table;
}

Table Rows(const region::v1::DescribeEventsResponse& answer) {
  Table table({"id", "time", "status", "stack", "logical-id", "type", "source", "message"});
  for (const auto& event : answer.events()) {
    table.Add({Number(event.id()), event.time(), event.status(), event.stack_name(), event.logical_id(), event.type(),
               event.source(), event.message()});
  }
  return table;
}

}  // namespace nubo::cli
