#include "nubo/region/dns/dns_config.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "nubo/dns/wire/route53.h"
#include "nubo/ec2/lifecycle.h"
#include "nubo/net/ip_address.h"
#include "nubo/region/balancing/balancer_service.h"
#include "nubo/region/dns/instance_names.h"
#include "nubo/region/network/addresses.h"
#include "nubo/region/state/instance_facts.h"
#include "nubo/region/state/names.h"
#include "nubo/region/state/view.h"

namespace nubo::region {
namespace {

// As AWS's own: of load balancers 60 s; the rest changes with its instance.
constexpr int kBalancerTtl = 60;
constexpr int kDatabaseTtl = 5;
constexpr int kInstanceTtl = 60;
// 169.254.169.253, in every VPC.
constexpr uint32_t kLinkLocalResolver = 0xa9fea9fd;

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

// Who asks: somebody in a VPC, or, with an empty id, anybody on this machine.
struct Asker {
  std::string vpc_id;
};

std::vector<std::string> AddressesOf(const Context& context, const v1::LoadBalancerState& balancer,
                                     const Asker& asker) {
  // An internal one's name leads to its private addresses whoever asks; any one's from within its own VPC.
  const bool inside = balancer.scheme() == "internal" || balancer.vpc_id() == asker.vpc_id;
  const auto& ips = context.has_networks() && inside ? balancer.private_ips() : balancer.loopback_ips();
  return {ips.begin(), ips.end()};
}

void AddBalancers(const Context& context, const Asker& asker, dns::v1::Config& config) {
  dns::v1::Zone* balancers = config.add_zones();
  balancers->set_name(kBalancerZone);
  for (const auto& [arn, balancer] : context.model.load_balancers) {
    AddAddress(balancers, balancer.dns_name(), kBalancerTtl, AddressesOf(context, balancer, asker));
    if (NothingHealthy(context, balancer)) config.add_unhealthy_targets(balancer.dns_name());
  }
}

void AddDatabases(const Context& context, dns::v1::Config& config) {
  dns::v1::Zone* databases = config.add_zones();
  databases->set_name(kDatabaseZone);
  for (const auto& [id, database] : context.model.databases) {
    AddAddress(databases, database.endpoint_name(), kDatabaseTtl,
               {FoundAt(context, database.private_ip(), database.loopback_ip())});
  }
}

void AddInstances(const Context& context, const Asker& asker, dns::v1::Config& config) {
  dns::v1::Zone* instances = config.add_zones();
  instances->set_name(kInstanceZone);
  // Two VPCs may have the same private addresses; then, to who is in neither, the name has both.
  std::map<std::string, std::set<std::string>> by_name;
  for (const auto& [id, instance] : context.model.instances) {
    const auto ip = net::IpAddress::Parse(instance.private_ip());
    if (IsTerminated(instance) || !ip.ok()) continue;
    if (!asker.vpc_id.empty() && instance.vpc_id() != asker.vpc_id) continue;
    by_name[ec2::PrivateDnsName(*ip, kRegionName)].insert(
        FoundAt(context, instance.private_ip(), instance.loopback_ip()));
  }
  for (const auto& [name, ips] : by_name) AddAddress(instances, name, kInstanceTtl, {ips.begin(), ips.end()});

  dns::v1::Zone* public_instances = config.add_zones();
  public_instances->set_name(kPublicInstanceZone);
  for (const auto& [id, instance] : context.model.instances) {
    if (IsTerminated(instance) || instance.public_ip().empty()) continue;
    const bool inside = instance.vpc_id() == asker.vpc_id;
    AddAddress(public_instances, PublicName(instance), kInstanceTtl,
               {inside ? instance.private_ip() : instance.public_ip()});
  }
}

void AddZones(const Context& context, const Asker& asker, dns::v1::Config& config) {
  AddBalancers(context, asker, config);
  AddDatabases(context, config);
  AddInstances(context, asker, config);
  for (const auto& [id, zone] : context.model.zones) *config.add_zones() = ZoneConfig(context, zone);
}

void AddListener(const net::SocketAddress& address, dns::v1::Config& config) {
  dns::v1::Listener* listener = config.add_listeners();
  listener->set_ip(address.ip.ToString());
  listener->set_port(address.port);
}

}  // namespace

dns::v1::Config DnsConfig(const Context& context) {
  dns::v1::Config config;
  AddListener(context.dns_address, config);
  // Where there are networks each VPC has a name server in its own.
  if (context.dns_port && !context.has_networks()) {
    for (const VpcResolver& resolver : VpcResolvers(context)) AddListener(resolver.address, config);
  }
  AddZones(context, {}, config);
  return config;
}

dns::v1::Config VpcDnsConfig(const Context& context, const std::string& vpc_id) {
  dns::v1::Config config;
  const net::SocketAddress resolver = ResolverOf(context, vpc_id);
  AddListener(resolver, config);
  AddListener({net::IpAddress::V4(kLinkLocalResolver), resolver.port}, config);
  AddZones(context, {vpc_id}, config);
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
