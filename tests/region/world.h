// The region's model and reconcilers, without processes: the test plays the driver and the load balancers.
//
// Example:
//   BOOST_FIXTURE_TEST_CASE(a_stack_comes_up_whole, Shop) { BOOST_TEST(Alive().size() == 2u); }
//
// Thread safety: thread-compatible.
#ifndef NUBO_TESTS_REGION_WORLD_H_
#define NUBO_TESTS_REGION_WORLD_H_

#include <boost/test/unit_test.hpp>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/id_source.h"
#include "nubo/fabrics/fabric.h"
#include "nubo/fabrics/loopback_fabric.h"
#include "nubo/fabrics/namespaces_fabric.h"
#include "nubo/process/driver.h"
#include "nubo/region/balancing/balancer_service.h"
#include "nubo/region/balancing/proxy_config.h"
#include "nubo/region/compute/instances.h"
#include "nubo/region/databases/databases.h"
#include "nubo/region/edge/edge_config.h"
#include "nubo/region/groups/groups.h"
#include "nubo/region/loop/catalog.h"
#include "nubo/region/resources/handlers.h"
#include "nubo/region/stacks/prepared_templates.h"
#include "nubo/region/stacks/stacks.h"
#include "nubo/region/state/context.h"
#include "nubo/region/state/instance_facts.h"
#include "nubo/region/supervisor/services.h"
#include "nubo/testing/simulated_clock.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::region {

inline constexpr char kNetwork[] = R"(
Resources:
  Vpc:
    Type: AWS::EC2::VPC
    Properties: {CidrBlock: 10.0.0.0/16}
  SubnetA:
    Type: AWS::EC2::Subnet
    Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.1.0/24, AvailabilityZone: us-east-1a}
  SubnetB:
    Type: AWS::EC2::Subnet
    Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.2.0/24, AvailabilityZone: us-east-1b}
)";

inline constexpr char kService[] = R"(
  Balancer:
    Type: AWS::ElasticLoadBalancingV2::LoadBalancer
    Properties: {Subnets: [!Ref SubnetA, !Ref SubnetB]}
  Targets:
    Type: AWS::ElasticLoadBalancingV2::TargetGroup
    Properties: {VpcId: !Ref Vpc, Protocol: HTTP, Port: 8080}
  Listener:
    Type: AWS::ElasticLoadBalancingV2::Listener
    Properties:
      LoadBalancerArn: !Ref Balancer
      Port: 80
      Protocol: HTTP
      DefaultActions: [{Type: forward, TargetGroupArn: !Ref Targets}]
  Template:
    Type: AWS::EC2::LaunchTemplate
    Properties:
      LaunchTemplateData:
        ImageId: web
        UserData: {"Fn::Base64": "#!/bin/sh\nexec web\n"}
  Group:
    Type: AWS::AutoScaling::AutoScalingGroup
    DependsOn: Listener
    Properties:
      MinSize: 2
      MaxSize: 4
      VPCZoneIdentifier: [!Ref SubnetA, !Ref SubnetB]
      LaunchTemplate: {LaunchTemplateId: !Ref Template, Version: !GetAtt Template.LatestVersionNumber}
      TargetGroupARNs: [!Ref Targets]
      HealthCheckType: ELB
  Zone:
    Type: AWS::Route53::HostedZone
    Properties: {Name: shop.localhost}
  Record:
    Type: AWS::Route53::RecordSet
    Properties:
      HostedZoneId: !Ref Zone
      Name: www.shop.localhost
      Type: A
      AliasTarget: {DNSName: !GetAtt Balancer.DNSName, HostedZoneId: !GetAtt Balancer.CanonicalHostedZoneID}
)";

struct World {
  World() : World(std::make_unique<fabrics::LoopbackFabric>(fabrics::LoopbackFabric::Options())) {}
  explicit World(std::unique_ptr<fabrics::Fabric> made)
      : fabric(std::move(made)),
        context(Paths{"/nowhere/state"}, clock, ids, *fabric, types, kinds, templates),
        handlers(context) {
    context.dns_address = *net::SocketAddress::Parse("127.0.0.1:10053");
    context.http_address = *net::SocketAddress::Parse("127.0.0.1:8080");
    context.low_ports = true;
    v1::ImageState image;
    image.set_id("ami-1");
    image.set_name("web");
    image.set_directory("/nowhere/image");
    context.model.images.Put("ami-1", image);
  }

  absl::StatusOr<StackAnswer> Create(const std::string& body, const std::string& name = "shop") {
    return CreateStack(context, {name, body, "shop.yaml", {}});
  }

  // Of a stack that is there; runs until all is at rest.
  absl::Status Update(const std::string& body, const std::map<std::string, std::string>& parameters = {}) {
    const auto answer = UpdateStack(context, {"shop", body, "shop.yaml", parameters});
    if (answer.ok()) Settle(absl::Seconds(1));
    return answer.status();
  }

  // Passes, with processes that start at once and load balancers that apply what they are told, until all is at rest.
  void Settle(absl::Duration between = absl::ZeroDuration()) {
    for (int i = 0; i < 60; ++i) {
      clock.Advance(between);
      TickStacks(context, handlers);
      TickGroups(context);
      TickInstances(context);
      TickServices(context);
      (void)context.model.transaction.TakeEffects();
      PlayProcesses();
      PlayDataPlane();
    }
  }

  void PlayProcesses() {
    std::vector<std::string> ids, broken;
    for (const auto& [id, instance] : context.model.instances) {
      if (instance.pid() != 0 || IsTerminated(instance) || IsStopped(instance) || hold.count(id) > 0) continue;
      // What a broken image is launched as ends at once.
      if (absl::StrContains(instance.user_data(), "broken")) {
        broken.push_back(id);
      } else {
        ids.push_back(id);
      }
    }
    for (const auto& [id, service] : context.model.services) {
      if (service.launched() && service.pid() == 0 && !service.stopping()) ids.push_back(id);
    }
    for (const std::string& id : ids) Runs(id);
    for (const std::string& id : broken) Exits(id, process::End::Exited(3));
    ids.clear();
    for (const auto& [id, instance] : context.model.instances) {
      const bool halts = IsHalted(instance) && !IsStopped(instance);
      if ((instance.terminate_sent() || halts) && !IsTerminated(instance)) ids.push_back(id);
    }
    for (const auto& [id, service] : context.model.services) {
      if (service.stopping()) ids.push_back(id);
    }
    for (const std::string& id : ids) Exits(id, process::End::Exited(0));
    for (const std::string& id : Running()) {
      const ServiceKind& kind = *kinds.Find(context.model.services.Find(id)->kind());
      if (kind.HasToRestart(context, id)) Exits(id, process::End::Unknown("ended"));
    }
    for (const std::string& id : Running()) {
      const ServiceKind& kind = *kinds.Find(context.model.services.Find(id)->kind());
      if (kind.AwaitsReady(context, id).has_value()) kind.OnReady(context, id);
    }
  }

  void PlayDataPlane() {
    for (const auto& [arn, balancer] : context.model.load_balancers) {
      const std::string service = BalancerServiceId(arn);
      const proxy::v1::Configuration config = BalancerConfig(context, balancer);
      context.proxy_sent[service] = config;
      proxy::v1::Status& status = context.proxy_status[service];
      status.Clear();
      if (!refusal.empty()) {
        context.proxy_sent[service].set_revision(2);
        status.set_revision(1);
        status.set_refused_revision(2);
        status.set_error(refusal);
      }
      for (const auto& listener : config.listeners()) {
        auto* shown = status.add_listeners();
        shown->set_id(listener.id());
        if (listener.public_port() == port_in_use) shown->set_error("port in use");
      }
      for (const auto& group : config.target_groups()) {
        for (const auto& target : group.targets()) {
          auto* shown = status.add_targets();
          shown->set_target_group_id(group.id());
          shown->set_target_id(target.id());
          shown->set_requests_in_flight(in_flight);
          shown->set_state(target.draining() ? "draining" : unhealthy.count(target.id()) > 0 ? "unhealthy" : "healthy");
        }
      }
    }
    context.proxy_status[kEdgeService] = {};
    context.proxy_sent[kEdgeService] = {};
    context.dns_sent.set_revision(1);
    context.dns_status.set_applied_revision(1);
  }

  void Runs(const std::string& id, const std::string& message = "") {
    Hear({.id = id, .kind = process::Event::Kind::kRunning, .pid = 4711, .isolated = true, .message = message});
  }
  void Exits(const std::string& id, process::End end) {
    Hear({.id = id, .kind = process::Event::Kind::kExited, .end = std::move(end)});
  }
  void Hear(const process::Event& event) {
    if (!OnInstanceEvent(context, event)) BOOST_REQUIRE(OnServiceEvent(context, event));
  }

  std::vector<std::string> Alive() const {
    std::vector<std::string> ids;
    for (const auto& [id, instance] : context.model.instances) {
      if (!IsTerminated(instance)) ids.push_back(id);
    }
    return ids;
  }
  // All that has happened so far, as if it had just been stored.
  std::vector<v1::Event> AllEvents() {
    context.model.transaction.Committed();
    return context.events.WaitAfter(0, absl::ZeroDuration());
  }
  // The first reason why something failed, for a test that did not expect it.
  std::string Failure() {
    for (const v1::Event& event : AllEvents()) {
      if (absl::EndsWith(event.status(), "FAILED")) return absl::StrCat(event.logical_id(), ": ", event.message());
    }
    return "";
  }
  std::vector<std::string> Running() const {
    std::vector<std::string> running;
    for (const auto& [id, service] : context.model.services) {
      if (service.pid() != 0) running.push_back(id);
    }
    return running;
  }
  std::string StackStatus() const {
    const v1::StackState* stack = context.model.stacks.Find("shop");
    return stack == nullptr ? "" : stack->status();
  }
  bool Told(absl::string_view text) {
    for (const v1::Event& event : AllEvents()) {
      if (absl::StrContains(event.message(), text)) return true;
    }
    return false;
  }
  const v1::GroupState& Group() const { return context.model.groups.begin()->second; }

  testing::SimulatedClock clock;
  base::SequentialIdSource ids;
  const std::unique_ptr<fabrics::Fabric> fabric;
  ResourceTypes types = AllResourceTypes();
  const ServiceKinds kinds = AllServiceKinds();
  PreparedTemplates templates;
  Context context;
  Handlers handlers;
  std::set<std::string> unhealthy;
  std::set<std::string> hold;
  int in_flight = 0;
  int port_in_use = 0;
  // Why load balancers take nothing more, if they do not.
  std::string refusal;
};

// Of a region whose instances have networks of their own.
struct NetworkedWorld : World {
  NetworkedWorld() : World(std::make_unique<fabrics::NamespacesFabric>(fabrics::LoopbackFabric::Options())) {}
};

struct Shop : World {
  Shop() {
    BOOST_REQUIRE(testing::IsOk(Create(absl::StrCat(kNetwork, kService))));
    Settle();
    BOOST_REQUIRE_EQUAL(StackStatus(), "CREATE_COMPLETE");
  }
};

}  // namespace nubo::region

#endif  // NUBO_TESTS_REGION_WORLD_H_
