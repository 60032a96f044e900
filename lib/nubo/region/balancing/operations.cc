#include "nubo/region/balancing/operations.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "nubo/base/status.h"
#include "nubo/lb/balancer_rules.h"
#include "nubo/region/balancing/balancer_service.h"
#include "nubo/region/balancing/listener_operations.h"
#include "nubo/region/network/addresses.h"
#include "nubo/region/resources/ids.h"
#include "nubo/region/resources/resource_types.h"
#include "nubo/region/state/names.h"
#include "nubo/stack/schema.h"

namespace nubo::region {
namespace {

constexpr int kIdDigits = 16;

absl::Status InvalidConfiguration(std::string message) {
  return base::WithErrorCode(absl::InvalidArgumentError(message), "InvalidConfigurationRequest");
}

// One subnet in each zone, all in one VPC.
absl::Status CheckSubnets(const Context& context, const std::vector<SubnetMapping>& mappings) {
  for (const SubnetMapping& mapping : mappings) {
    NUBO_RETURN_IF_ERROR(CheckId(*context.types, context.model, stack::IdKind::kSubnet, mapping.subnet_id));
  }
  NUBO_RETURN_IF_ERROR(base::WithErrorCode(lb::CheckSubnetCount(mappings.size()), "ValidationError"));
  std::set<std::string> zones;
  std::string vpc;
  for (const SubnetMapping& mapping : mappings) {
    const v1::SubnetState& subnet = *context.model.subnets.Find(mapping.subnet_id);
    if (!zones.insert(subnet.availability_zone()).second) {
      return InvalidConfiguration(
          absl::StrCat("A load balancer cannot be attached to multiple subnets in the same Availability Zone; ",
                       mapping.subnet_id, " is in ", subnet.availability_zone(), ", as another one is"));
    }
    if (!vpc.empty() && vpc != subnet.vpc_id()) {
      return InvalidConfiguration(absl::StrCat("All subnets must belong to the same VPC; ", mapping.subnet_id,
                                               " is in ", subnet.vpc_id(), ", another one in ", vpc));
    }
    vpc = subnet.vpc_id();
  }
  return absl::OkStatus();
}

absl::Status SetSecurityGroups(const Context& context, const std::vector<std::string>& ids,
                               v1::LoadBalancerState& record) {
  record.clear_security_group_ids();
  for (const std::string& id : ids) {
    NUBO_RETURN_IF_ERROR(CheckId(*context.types, context.model, stack::IdKind::kSecurityGroup, id));
    record.add_security_group_ids(id);
  }
  return absl::OkStatus();
}

// Takes an address in each subnet, or none.
absl::Status TakeAddresses(Context& context, const std::vector<SubnetMapping>& mappings,
                           v1::LoadBalancerState& record) {
  const int had = record.subnet_ids_size();
  for (const SubnetMapping& mapping : mappings) {
    absl::StatusOr<Address> address = TakeAddress(context, mapping.subnet_id, mapping.private_ipv4_address);
    if (!address.ok()) {
      for (int i = had; i < record.subnet_ids_size(); ++i) {
        ReleaseAddress(context, record.subnet_ids(i), record.private_ips(i));
      }
      return address.status();
    }
    record.add_subnet_ids(mapping.subnet_id);
    record.add_private_ips(address->private_ip);
    record.add_loopback_ips(address->loopback_ip);
    record.set_vpc_id(context.model.subnets.Find(mapping.subnet_id)->vpc_id());
  }
  return absl::OkStatus();
}

// Addresses in subnets that it keeps stay; the others are given back once the new ones are taken.
absl::Status SetSubnets(Context& context, std::vector<SubnetMapping> wanted, v1::LoadBalancerState& record) {
  NUBO_RETURN_IF_ERROR(CheckSubnets(context, wanted));
  const std::string& vpc = context.model.subnets.Find(wanted[0].subnet_id)->vpc_id();
  if (vpc != record.vpc_id()) {
    return base::WithErrorCode(absl::InvalidArgumentError(absl::StrCat(
                                   "subnet ", wanted[0].subnet_id, " is in ", vpc, ", and load balancer ",
                                   record.name(), " in ", record.vpc_id(), "; a load balancer stays in its VPC")),
                               "InvalidSubnet");
  }
  const v1::LoadBalancerState former = record;
  record.clear_subnet_ids();
  record.clear_private_ips();
  record.clear_loopback_ips();
  std::vector<int> left;
  for (int i = 0; i < former.subnet_ids_size(); ++i) {
    const auto kept = std::find_if(wanted.begin(), wanted.end(), [&](const SubnetMapping& mapping) {
      return mapping.subnet_id == former.subnet_ids(i) &&
             (mapping.private_ipv4_address.empty() || mapping.private_ipv4_address == former.private_ips(i));
    });
    if (kept == wanted.end()) {
      left.push_back(i);
      continue;
    }
    record.add_subnet_ids(former.subnet_ids(i));
    record.add_private_ips(former.private_ips(i));
    record.add_loopback_ips(former.loopback_ips(i));
    wanted.erase(kept);
  }
  NUBO_RETURN_IF_ERROR(TakeAddresses(context, wanted, record));
  for (const int i : left) ReleaseAddress(context, former.subnet_ids(i), former.private_ips(i));
  return absl::OkStatus();
}

// What can be told without looking at the region.
absl::Status CheckRequest(const CreateLoadBalancerRequest& request) {
  absl::Status status = lb::CheckLoadBalancerName(request.name);
  status.Update(lb::CheckOneOf("Scheme", request.scheme, "internet-facing,internal"));
  status.Update(lb::CheckOneOf("Type", request.type, "application"));
  return base::WithErrorCode(status, "ValidationError");
}

}  // namespace

absl::Status CheckLoadBalancerNameFree(const Model& model, const v1::Owner& owner, const std::string& name) {
  const bool taken =
      !name.empty() && IsTaken(model.load_balancers, owner, [&](const auto& other) { return other.name() == name; });
  return taken ? NameInUse("load balancer", name, "DuplicateLoadBalancerName") : absl::OkStatus();
}

absl::StatusOr<std::string> CreateLoadBalancer(Context& context, const v1::Owner& owner,
                                               const CreateLoadBalancerRequest& request) {
  NUBO_RETURN_IF_ERROR(CheckRequest(request));
  NUBO_RETURN_IF_ERROR(CheckLoadBalancerNameFree(context.model, {}, request.name));
  NUBO_RETURN_IF_ERROR(CheckSubnets(context, request.subnet_mappings));
  v1::LoadBalancerState record;
  *record.mutable_owner() = owner;
  record.set_name(request.name);
  record.set_scheme(request.scheme);
  NUBO_RETURN_IF_ERROR(SetSecurityGroups(context, request.security_groups, record));
  NUBO_RETURN_IF_ERROR(SetAttributes(DefaultLoadBalancerAttributes(), record));
  NUBO_RETURN_IF_ERROR(SetAttributes(request.attributes, record));
  const std::string id = context.ids.NewHex(kIdDigits);
  const std::string arn = Arn("elasticloadbalancing", absl::StrCat("loadbalancer/app/", record.name(), "/", id));
  record.set_arn(arn);
  const absl::string_view prefix = record.scheme() == "internal" ? lb::kInternalPrefix : "";
  record.set_dns_name(
      absl::AsciiStrToLower(absl::StrCat(prefix, record.name(), "-", id.substr(0, 10), ".", kBalancerZone)));
  NUBO_RETURN_IF_ERROR(TakeAddresses(context, request.subnet_mappings, record));
  context.model.load_balancers.Put(arn, std::move(record));
  return arn;
}

absl::Status ModifyLoadBalancer(Context& context, const ModifyLoadBalancerRequest& request) {
  const std::string& arn = request.load_balancer_arn;
  NUBO_RETURN_IF_ERROR(CheckId(*context.types, context.model, stack::IdKind::kLoadBalancer, arn));
  v1::LoadBalancerState record = *context.model.load_balancers.Find(arn);
  NUBO_RETURN_IF_ERROR(SetAttributes(request.attributes, record));
  if (request.security_groups.has_value()) {
    NUBO_RETURN_IF_ERROR(SetSecurityGroups(context, *request.security_groups, record));
  }
  // The last that can fail: what it takes it keeps.
  if (request.subnet_mappings.has_value()) {
    NUBO_RETURN_IF_ERROR(SetSubnets(context, *request.subnet_mappings, record));
  }
  context.model.load_balancers.Put(arn, std::move(record));
  AwaitApplied(context, arn);
  return absl::OkStatus();
}

absl::Status DeleteLoadBalancer(Context& context, const std::string& load_balancer_arn) {
  const v1::LoadBalancerState* record = context.model.load_balancers.Find(load_balancer_arn);
  if (record == nullptr) return absl::OkStatus();
  if (record->deletion_protection()) {
    return base::WithErrorCode(
        absl::FailedPreconditionError(absl::StrCat("Load balancer '", load_balancer_arn,
                                                   "' cannot be deleted because deletion protection is enabled")),
        "OperationNotPermitted");
  }
  std::vector<std::string> listeners;
  for (const auto& [arn, listener] : context.model.listeners) {
    if (listener.load_balancer_arn() == load_balancer_arn) listeners.push_back(arn);
  }
  for (const std::string& arn : listeners) NUBO_RETURN_IF_ERROR(DeleteListener(context, arn));
  for (int i = 0; i < record->subnet_ids_size(); ++i) {
    ReleaseAddress(context, record->subnet_ids(i), record->private_ips(i));
  }
  context.model.load_balancers.Erase(load_balancer_arn);
  return absl::OkStatus();
}

}  // namespace nubo::region
