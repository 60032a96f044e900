#include "nubo/region/dns/dns_config.h"

#include <algorithm>
#include <map>
#include <utility>

#include "nubo/dns/wire/route53.h"
#include "nubo/ec2/lifecycle.h"
#include "nubo/region/balancing/balancer_service.h"
#include "nubo/region/dns/instance_names.h"
#include "nubo/region/state/instance_facts.h"
#include "nubo/region/state/names.h"
#include "nubo/region/state/view.h"

namespace nubo::region {
namespace {

// As AWS's own: of load balancers 60 s; the rest changes with its instance.
constexpr int kBalancerTtl = 60;
constexpr int kDatabaseTtl = 5;
constexpr int kInstanceTtl = 60;

void AddAddress(dns::v1::Zone* zone, const std::string& name, int ttl, const std::vector<std::string>& ips) {
  dns::v1::RecordSet* record = zone->add_records();
  record->set_name(name);
  record->set_type("A");
  record->set_ttl(ttl);
  for (const std::string& ip : ips) record->add_values(ip);
}

// Every target group it forwards to has targets, and none of them is healthy.
bool NothingHealthy(const Context& context, const v1::LoadBalancerState& balancer) {
  int targets = 0;
  const auto status = context.proxy_status.find(BalancerServiceId(balancer.arn()));
  if (status == context.proxy_status.end()) return false;
  for (const proxy::v1::TargetStatus& target : status->second.targets()) {
    if (target.state() == "healthy") return false;
    ++targets;
  }
  return targets > 0;
}

}  // namespace

dns::v1::Config DnsConfig(const Context& context) {
  dns::v1::Config config;
  dns::v1::Listener* listener = config.add_listeners();
  listener->set_ip(context.dns_address.ip.ToString());
  listener->set_port(context.dns_address.port);
  if (context.dns_port) {
    for (const VpcResolver& resolver : VpcResolvers(context)) {
      dns::v1::Listener* own = config.add_listeners();
      own->set_ip(resolver.address.ip.ToString());
      own->set_port(resolver.address.port);
    }
  }

  dns::v1::Zone* balancers = config.add_zones();
  balancers->set_name(kBalancerZone);
  for (const auto& [arn, balancer] : context.model.load_balancers) {
    AddAddress(balancers, balancer.dns_name(), kBalancerTtl,
               {balancer.loopback_ips().begin(), balancer.loopback_ips().end()});
    if (NothingHealthy(context, balancer)) config.add_unhealthy_targets(balancer.dns_name());
  }
  dns::v1::Zone* databases = config.add_zones();
  databases->set_name(kDatabaseZone);
  for (const auto& [id, database] : context.model.databases) {
    AddAddress(databases, database.endpoint_name(), kDatabaseTtl, {database.loopback_ip()});
  }
  dns::v1::Zone* instances = config.add_zones();
  instances->set_name(kInstanceZone);
  // Two VPCs may have the same private addresses; then the name has both.
  std::map<std::string, std::vector<std::string>> by_name;
  for (const auto& [id, instance] : context.model.instances) {
    const auto ip = net::IpAddress::Parse(instance.private_ip());
    if (IsTerminated(instance) || !ip.ok()) continue;
    by_name[ec2::PrivateDnsName(*ip, kRegionName)].push_back(instance.loopback_ip());
  }
  for (const auto& [name, ips] : by_name) AddAddress(instances, name, kInstanceTtl, ips);

  dns::v1::Zone* public_instances = config.add_zones();
  public_instances->set_name(kPublicInstanceZone);
  for (const auto& [id, instance] : context.model.instances) {
    if (IsTerminated(instance) || instance.public_ip().empty()) continue;
    AddAddress(public_instances, PublicName(instance), kInstanceTtl, {instance.public_ip()});
  }

  for (const auto& [id, zone] : context.model.zones) *config.add_zones() = ZoneConfig(context, zone);
  return config;
}

dns::v1::Zone ZoneConfig(const Context& context, const v1::HostedZoneState& zone) {
  dns::v1::Zone out;
  out.set_name(zone.name());
  for (const auto& [id, record] : View(context.model).RecordsOf(zone.id())) *out.add_records() = RecordConfig(record);
  return out;
}

dns::v1::RecordSet RecordConfig(const v1::RecordSetState& record) {
  dns::v1::RecordSet out;
  out.set_name(record.name());
  out.set_type(record.type());
  out.set_ttl(record.ttl());
  for (const std::string& value : record.values()) {
    // What is no value as it is written is none for the name server either.
    out.add_values(dns::route53::ToMasterFile(value).value_or(value));
  }
  if (record.alias_name().empty()) return out;
  out.mutable_alias()->set_target(record.alias_name());
  out.mutable_alias()->set_evaluate_target_health(record.evaluate_target_health());
  return out;
}

}  // namespace nubo::region
