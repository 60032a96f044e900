#include "nubo/region/compute/describe.h"

#include <string>

#include "nubo/ec2/lifecycle.h"
#include "nubo/net/ip_address.h"
#include "nubo/region/balancing/target_health.h"
#include "nubo/region/resources/shown.h"
#include "nubo/region/state/instance_facts.h"
#include "nubo/scaling/reconcile.h"

namespace nubo::region {

std::string HealthStatus(const Context& context, const v1::InstanceState& record) {
  if (IsTerminated(record)) return "Unhealthy";
  // A group replaces what is stopped; of no group, it is neither.
  if (IsHalted(record)) return record.group_name().empty() ? "" : "Unhealthy";
  std::string reason;
  return ElbHealthOf(context, record, reason) == scaling::ElbHealth::kUnhealthy ? "Unhealthy" : "Healthy";
}

void ShowInstance(const Context& context, const v1::InstanceState& record, ec2::v1::Instance* out) {
  out->set_instance_id(record.id());
  out->set_state(
      std::string(ec2::StateName(ec2::StateFromCode(record.state_code()).value_or(ec2::InstanceState::kTerminated))));
  out->set_private_ip_address(record.private_ip());
  out->set_loopback_address(record.loopback_ip());
  if (const auto ip = net::IpAddress::Parse(record.private_ip()); ip.ok()) {
    out->set_private_dns_name(ec2::PrivateDnsName(*ip, kRegionName));
  }
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

void Describe(const Context& context, ec2::v1::DescribeInstancesResponse& out) {
  for (const auto& [id, record] : context.model.instances) ShowInstance(context, record, out.add_instances());
}

void Describe(const Context& context, ec2::v1::DescribeImagesResponse& out) {
  for (const auto& [id, image] : context.model.images) *out.add_images() = ShowImage(image);
}

}  // namespace nubo::region
