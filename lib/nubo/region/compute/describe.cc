#include "nubo/region/compute/describe.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "nubo/base/status.h"
#include "nubo/ec2/lifecycle.h"
#include "nubo/ec2/status_checks.h"
#include "nubo/net/ip_address.h"
#include "nubo/region/balancing/target_health.h"
#include "nubo/region/compute/instance_settings.h"
#include "nubo/region/compute/instances.h"
#include "nubo/region/compute/volumes.h"
#include "nubo/region/network/plain_records.h"
#include "nubo/region/resources/list_page.h"
#include "nubo/region/resources/shown.h"
#include "nubo/region/state/instance_facts.h"
#include "nubo/scaling/reconcile.h"

namespace nubo::region {
namespace {

std::string StateText(const v1::InstanceState& record) {
  return std::string(ec2::StateName(ec2::StateFromCode(record.state_code()).value_or(ec2::InstanceState::kTerminated)));
}

std::string MonitoringText(const v1::InstanceState& record) {
  return std::string(ec2::MonitoringName(LifeOf(record).record().monitoring));
}

// "" if it has no address.
std::string PrivateName(const v1::InstanceState& record) {
  const auto ip = net::IpAddress::Parse(record.private_ip());
  return ip.ok() ? ec2::PrivateDnsName(*ip, kRegionName) : "";
}

// What checks every minute have seen by now: this machine runs, and the instance's first process is there. A reboot
// begins the second anew.
ec2::StatusChecks ChecksOf(const v1::InstanceState& record, absl::Time now) {
  ec2::StatusChecks checks;
  const bool runs = record.state_code() == static_cast<int>(ec2::InstanceState::kRunning);
  if (!runs || record.running_time() == 0) return checks;
  const absl::Time begun = FromMicros(record.running_time());
  const absl::Time booted = std::max(begun, FromMicros(record.boot_time()));
  checks.OnState(ec2::InstanceState::kRunning, begun);
  const absl::Duration interval = checks.NextCheck() - begun;
  const absl::Time last = begun + absl::Floor(now - begun, interval);
  const auto observe = [&] {
    const bool is_there = record.pid() != 0;
    checks.Observe({.system = true, .instance = is_there ? std::optional<bool>(true) : std::nullopt}, last);
  };
  const bool seen = last > begun;
  if (seen && last <= booted) observe();
  if (booted > begun) checks.OnReboot(booted);
  if (seen && last > booted) observe();
  return checks;
}

// As of DescribeInstances, of what its record has.
FilterFields<v1::InstanceState> InstanceFilters() {
  using Record = v1::InstanceState;
  return WithTags<Record>(
      WithOwner<Record>({
          {"availability-zone", [](const Record& record) -> Words { return {record.availability_zone()}; }},
          {"dns-name", [](const Record& record) -> Words { return {PublicName(record)}; }},
          {"image-id", [](const Record& record) -> Words { return {record.image_id()}; }},
          {"instance-id", [](const Record& record) -> Words { return {record.id()}; }},
          {"instance-state-code", [](const Record& record) -> Words { return {absl::StrCat(record.state_code())}; }},
          {"instance-state-name", [](const Record& record) -> Words { return {StateText(record)}; }},
          {"instance.group-id",
           [](const Record& record) -> Words {
             return {record.security_group_ids().begin(), record.security_group_ids().end()};
           }},
          {"instance-type", [](const Record& record) -> Words { return {record.instance_type()}; }},
          {"ip-address", [](const Record& record) -> Words { return {record.public_ip()}; }},
          {"key-name", [](const Record& record) -> Words { return {record.settings().key_name()}; }},
          {"launch-time", [](const Record& record) -> Words { return {MicrosText(record.launch_time())}; }},
          {"placement-group-name", [](const Record& record) -> Words { return {record.settings().placement_group()}; }},
          {"placement-partition-number",
           [](const Record& record) -> Words { return {absl::StrCat(record.settings().partition_number())}; }},
          {"monitoring-state", [](const Record& record) -> Words { return {MonitoringText(record)}; }},
          {"private-dns-name", [](const Record& record) -> Words { return {PrivateName(record)}; }},
          {"private-ip-address", [](const Record& record) -> Words { return {record.private_ip()}; }},
          {"state-reason-code", [](const Record& record) -> Words { return {record.reason_code()}; }},
          {"subnet-id", [](const Record& record) -> Words { return {record.subnet_id()}; }},
          {"vpc-id", [](const Record& record) -> Words { return {record.vpc_id()}; }},
          {kLoopbackAddressFilter, [](const Record& record) -> Words { return {record.loopback_ip()}; }},
      }),
      TagsOf);
}

// As of DescribeImages.
FilterFields<v1::ImageState> ImageFilters() {
  return {
      {"image-id", [](const v1::ImageState& image) -> Words { return {image.id()}; }},
      {"name", [](const v1::ImageState& image) -> Words { return {image.name()}; }},
  };
}

void ShowSettings(const Context& context, const v1::InstanceState& record, ec2::v1::Instance* out) {
  out->set_key_name(record.settings().key_name());
  out->set_placement_group(record.settings().placement_group());
  out->set_partition_number(record.settings().partition_number());
  for (const auto& [key, value] : TagsOf(record)) {
    ec2::v1::Tag* tag = out->add_tags();
    tag->set_key(key);
    tag->set_value(value);
  }
  for (const v1::PlainState* volume : VolumesOf(context.model, record.id())) {
    ec2::v1::BlockDevice* device = out->add_block_devices();
    device->set_device_name(Attribute(*volume, "Device"));
    device->set_volume_id(volume->id());
    device->set_delete_on_termination(!Attribute(*volume, "DeleteOnTermination").empty());
  }
}

}  // namespace

std::string HealthStatus(const Context& context, const v1::InstanceState& record) {
  if (IsTerminated(record)) return "Unhealthy";
  // A group replaces what is stopped; of no group, it is neither.
  if (IsHalted(record)) return record.group_name().empty() ? "" : "Unhealthy";
  std::string reason;
  return ElbHealthOf(context, record, reason) == scaling::ElbHealth::kUnhealthy ? "Unhealthy" : "Healthy";
}

void ShowInstance(const Context& context, const v1::InstanceState& record, ec2::v1::Instance* out) {
  out->set_instance_id(record.id());
  out->set_state(StateText(record));
  out->set_private_ip_address(record.private_ip());
  out->set_loopback_address(record.loopback_ip());
  out->set_private_dns_name(PrivateName(record));
  out->set_public_ip_address(record.public_ip());
  out->set_public_dns_name(PublicName(record));
  out->set_availability_zone(record.availability_zone());
  out->set_subnet_id(record.subnet_id());
  out->set_vpc_id(record.vpc_id());
  out->set_pid(record.pid());
  out->set_image_id(record.image_id());
  out->set_launch_time(MicrosText(record.launch_time()));
  out->mutable_state_reason()->set_code(record.reason_code());
  out->mutable_state_reason()->set_message(record.reason_message());
  out->set_auto_scaling_group_name(record.group_name());
  out->set_lifecycle_state(record.lifecycle_state());
  out->set_health_status(HealthStatus(context, record));
  out->set_isolated(record.pid() != 0 && !record.not_isolated());
  out->set_isolation_reason(record.isolation_reason());
  ShowSettings(context, record, out);
  const ec2::LifeRecord life = LifeOf(record).record();
  const ec2::StatusChecks checks = ChecksOf(record, context.now());
  out->set_instance_type(record.instance_type());
  out->set_state_transition_reason(life.transition_reason);
  out->set_monitoring(std::string(ec2::MonitoringName(life.monitoring)));
  out->set_system_status(std::string(ec2::StatusName(checks.System(context.now()).status)));
  out->set_instance_status(std::string(ec2::StatusName(checks.Instance(context.now()).status)));
  out->set_disable_api_termination(life.disable_api_termination);
  out->set_disable_api_stop(life.disable_api_stop);
  out->set_instance_initiated_shutdown_behavior(std::string(ec2::ShutdownBehaviorName(life.shutdown_behavior)));
  SetOwner(record.owner(), out);
}

ec2::v1::Image ShowImage(const v1::ImageState& image) {
  ec2::v1::Image out;
  out.set_image_id(image.id());
  out.set_name(image.name());
  out.set_creation_date(MicrosText(image.creation_time()));
  out.set_files(image.files());
  return out;
}

absl::Status Describe(const Context& context, const ec2::v1::DescribeInstancesRequest& request,
                      ec2::v1::DescribeInstancesResponse& response) {
  NUBO_ASSIGN_OR_RETURN(ListPage<v1::InstanceState> page, ListPage<v1::InstanceState>::Of(request, InstanceFilters()));
  NUBO_ASSIGN_OR_RETURN(const std::set<std::string> ids, ReadIds(request.instance_ids()));
  for (const std::string& id : ids) {
    NUBO_RETURN_IF_ERROR(ec2::ValidateInstanceId(id));
    if (context.model.instances.Find(id) == nullptr) return ec2::InstanceNotFound(id);
  }
  AddFromTable(context.model.instances, ids, page, [&](const std::string&, const v1::InstanceState& record) {
    ShowInstance(context, record, response.add_instances());
  });
  page.End(response);
  return absl::OkStatus();
}

absl::Status Describe(const Context& context, const ec2::v1::DescribeImagesRequest& request,
                      ec2::v1::DescribeImagesResponse& response) {
  NUBO_ASSIGN_OR_RETURN(ListPage<v1::ImageState> page, ListPage<v1::ImageState>::Of(request, ImageFilters()));
  NUBO_ASSIGN_OR_RETURN(const std::set<std::string> ids, ReadIds(request.image_ids()));
  for (const std::string& id : ids) {
    if (context.model.images.Find(id) != nullptr) continue;
    return base::WithErrorCode(absl::NotFoundError(absl::StrCat("The image id '[", id, "]' does not exist")),
                               "InvalidAMIID.NotFound");
  }
  AddFromTable(context.model.images, ids, page,
               [&](const std::string&, const v1::ImageState& image) { *response.add_images() = ShowImage(image); });
  page.End(response);
  return absl::OkStatus();
}

}  // namespace nubo::region
