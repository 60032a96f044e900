#include "nubo/region/edge/edge_config.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "nubo/region/balancing/proxy_config.h"
#include "nubo/region/dns/aliases.h"
#include "nubo/region/network/addresses.h"
#include "nubo/region/network/network_service.h"
#include "nubo/region/network/public_port.h"
#include "nubo/region/state/instance_facts.h"
#include "nubo/region/state/names.h"

namespace nubo::region {
namespace {

// Of connections to the region's own listener that bring no request: as long as AWS's load balancers wait by default.
constexpr int kEdgeClientIdleMs = 60'000;

void SetFixedText(int status, const std::string& text, proxy::v1::Action* action) {
  proxy::v1::FixedResponse* fixed = action->mutable_fixed_response();
  fixed->set_status_code(status);
  fixed->set_content_type("text/plain");
  fixed->set_message_body(text);
}

// What the proxy takes in one rule.
constexpr size_t kPatternsPerRuleMax = 32;

// Whether a browser could ask for it: names with other bytes are for DNS alone.
bool IsHostName(const std::string& name) {
  constexpr size_t kSizeMax = 253;
  return name.size() <= kSizeMax && std::all_of(name.begin(), name.end(), [](char c) {
           return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '.' || c == '_' || c == '*';
         });
}

proxy::v1::Rule* AddRule(proxy::v1::Configuration& config) {
  proxy::v1::Listener* listener = config.mutable_listeners(0);
  proxy::v1::Rule* rule = listener->add_rules();
  rule->set_priority(listener->rules_size());
  return rule;
}

// The edge's next rules: requests for `hosts` go to the target group that is returned. As many rules as it takes: one
// that is too long for the proxy would cost all other names theirs.
proxy::v1::TargetGroup* AddRoute(const std::set<std::string>& hosts, const std::string& id, const std::string& name,
                                 proxy::v1::Configuration& config) {
  size_t added = 0;
  proxy::v1::Rule* rule = nullptr;
  for (const std::string& host : hosts) {
    if (added++ % kPatternsPerRuleMax == 0) {
      rule = AddRule(config);
      rule->mutable_action()->mutable_forward()->add_target_groups()->set_target_group_id(id);
    }
    rule->add_host_patterns(host);
  }
  proxy::v1::TargetGroup* group = config.add_target_groups();
  group->set_id(id);
  group->set_name(name);
  // Whatever it answers, it is there; whether it is well is its own business to say.
  group->mutable_health_check()->set_matcher("200-499,500-599");
  return group;
}

void AddBalancerRoutes(const Context& context, proxy::v1::Configuration& config) {
  std::map<std::string, std::set<std::string>> names;
  for (const auto& [id, record] : context.model.records) {
    if (record.type() != "A" || record.alias_name().empty() || !IsLocalhostName(record.name())) continue;
    const v1::LoadBalancerState* balancer = BalancerByDnsName(context.model, record.alias_name());
    if (balancer == nullptr || !IsHostName(record.name())) continue;
    names[balancer->arn()].insert(std::string(WithoutDot(record.name())));
  }
  for (const auto& [arn, hosts] : names) {
    const v1::LoadBalancerState& balancer = *context.model.load_balancers.Find(arn);
    const v1::ListenerState* first = FirstListener(context, arn);
    if (first == nullptr) continue;
    proxy::v1::TargetGroup* group = AddRoute(hosts, arn, balancer.name(), config);
    for (int i = 0; i < balancer.loopback_ips_size(); ++i) {
      proxy::v1::Target* target = group->add_targets();
      target->set_id(balancer.subnet_ids(i));
      // In the networks it listens on the ports that it was given.
      SetAddress(balancer.loopback_ips(i), context.has_networks() ? first->port() : first->local_port(),
                 target->mutable_address());
    }
  }
}

void AddPublicTarget(const Context& context, const v1::InstanceState& instance, proxy::v1::TargetGroup* group) {
  proxy::v1::Target* target = group->add_targets();
  target->set_id(instance.id());
  SetAddress(context.has_networks() ? instance.public_ip() : instance.loopback_ip(), PublicPort(context, instance),
             target->mutable_address());
}

// A public address that is not where the instance itself listens is served here, on the port that it opens.
void AddPublicListener(const Context& context, const v1::InstanceState& instance, proxy::v1::Configuration& config) {
  proxy::v1::Listener* listener = config.add_listeners();
  listener->set_id(absl::StrCat("edge-", instance.public_ip()));
  SetAddress(instance.public_ip(), LocalPort(context, PublicPort(context, instance)), listener->add_addresses());
  listener->mutable_default_action()->mutable_forward()->add_target_groups()->set_target_group_id(instance.id());
}

// Instances with a public address and a port that is open to everybody, by their own names and by the record sets that
// have their addresses.
void AddInstanceRoutes(const Context& context, proxy::v1::Configuration& config) {
  std::map<std::string, const v1::InstanceState*> by_address;
  for (const auto& [id, instance] : context.model.instances) {
    const int port = PublicPort(context, instance);
    const bool open = IsTarget(instance) && !instance.public_ip().empty() && port != 0;
    if (!open || (context.has_networks() && !IsOpenToTheWorld(context, instance.public_ip(), port))) continue;
    by_address[instance.public_ip()] = &instance;
    AddPublicTarget(context, instance, AddRoute({PublicName(instance)}, id, id, config));
    const bool elsewhere = context.has_networks() || instance.public_ip() != instance.loopback_ip();
    if (elsewhere) AddPublicListener(context, instance, config);
  }
  for (const auto& [id, record] : context.model.records) {
    if (record.type() != "A" || !IsLocalhostName(record.name()) || record.values().empty()) continue;
    if (!IsHostName(record.name())) continue;
    std::map<std::string, const v1::InstanceState*> instances;
    for (const std::string& ip : record.values()) {
      if (const auto found = by_address.find(ip); found != by_address.end()) instances.insert(*found);
    }
    const std::string name(WithoutDot(record.name()));
    if (instances.empty()) {
      proxy::v1::Rule* rule = AddRule(config);
      rule->add_host_patterns(name);
      SetFixedText(503, "No running instance has the address of this name.\n", rule->mutable_action());
      continue;
    }
    proxy::v1::TargetGroup* group = AddRoute({name}, id, name, config);
    for (const auto& [ip, instance] : instances) AddPublicTarget(context, *instance, group);
  }
}

}  // namespace

proxy::v1::Configuration EdgeConfig(const Context& context) {
  proxy::v1::Configuration config;
  config.set_load_balancer_id("edge");
  config.set_access_log(false);
  // Longer than any load balancer's own, so that those decide.
  SetLimits(4000, config.mutable_limits());
  config.mutable_limits()->set_client_idle_timeout_ms(kEdgeClientIdleMs);
  proxy::v1::Listener* listener = config.add_listeners();
  listener->set_id("edge");
  SetAddress(context.http_address.ip.ToString(), context.http_address.port, listener->add_addresses());
  SetFixedText(404,
               "Nothing under .localhost has this name; nubo get records and nubo get instances list what there is.\n",
               listener->mutable_default_action());
  AddBalancerRoutes(context, config);
  AddInstanceRoutes(context, config);
  return config;
}

}  // namespace nubo::region
