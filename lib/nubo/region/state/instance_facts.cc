#include "nubo/region/state/instance_facts.h"

#include "nubo/ec2/lifecycle.h"
#include "nubo/net/ip_address.h"
#include "nubo/region/state/model.h"

namespace nubo::region {
namespace {

bool Is(const v1::InstanceState& instance, ec2::InstanceState state) {
  return instance.state_code() == static_cast<int>(state);
}

}  // namespace

bool IsTarget(const v1::InstanceState& instance) {
  return Is(instance, ec2::InstanceState::kRunning) && instance.drain_until() == 0;
}

bool IsTerminated(const v1::InstanceState& instance) { return Is(instance, ec2::InstanceState::kTerminated); }

bool IsHalted(const v1::InstanceState& instance) {
  return IsStopped(instance) || Is(instance, ec2::InstanceState::kStopping);
}

bool IsStopped(const v1::InstanceState& instance) { return Is(instance, ec2::InstanceState::kStopped); }

std::string PublicName(const v1::InstanceState& instance) {
  const auto ip = net::IpAddress::Parse(instance.public_ip());
  return ip.ok() ? ec2::PublicDnsName(*ip, kRegionName, kPublicDomain) : "";
}

}  // namespace nubo::region
