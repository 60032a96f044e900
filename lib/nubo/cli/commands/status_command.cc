// Whether all is well, on one screen: nubo status.
#include "nubo/cli/commands/commands.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nubo/base/status.h"
#include "nubo/cli/client/client.h"
#include "nubo/cli/commands/checks.h"
#include "nubo/cli/commands/probe_checks.h"
#include "nubo/cli/output/progress.h"

namespace nubo::cli {
namespace {

// Of many targets that are not well so many are named.
constexpr int kNamedMax = 3;

Check Of(const std::string& what, const std::string& name, bool ok, const std::string& seen,
         const std::string& advice) {
  return {what, name, ok ? Health::kOk : Health::kBad, seen, ok ? "" : advice};
}

Check RegionCheck(const region::v1::GetStatusResponse& status) {
  Check check = {"region", "", Health::kOk,
                 absl::StrCat("nubo ", status.version(), " is process ", status.pid(), " since ", status.start_time(),
                              ", state in ", status.state_directory(), ", names served on ", status.http_address())};
  check.pid = status.pid();
  return check;
}

Check IsolationCheck(const region::v1::GetStatusResponse& status) {
  if (status.isolation_granted()) {
    return {"isolation", "", Health::kOk, "instances are isolated from this machine and from each other"};
  }
  if (status.allow_unisolated()) {
    return {"isolation", "", Health::kWarning,
            absl::StrCat("instances see this user's files, as --allow-unisolated allows: ", status.isolation_reason()),
            "see: nubo doctor"};
  }
  return {"isolation", "", Health::kBad,
          absl::StrCat("this machine grants none, and nothing is started: ", status.isolation_reason()),
          "see: nubo doctor"};
}

// How what runs in a VPC finds names. Without a resolver it finds them all the same, but for wildcards.
Check NamesCheck(const region::v1::VpcResolver& resolver) {
  Check check = {"names", resolver.vpc_id(), Health::kOk, absl::StrCat("instances ask ", resolver.address())};
  if (resolver.listens()) return check;
  check.seen = absl::StrCat(
      "instances have them in /etc/hosts: ",
      resolver.error().empty() ? absl::StrCat("nobody listens on ", resolver.address()) : resolver.error());
  if (resolver.error().empty()) return check;
  check.health = Health::kWarning;
  check.advice = "see who has port 53: ss -lntup 'sport = 53'";
  return check;
}

Check StackCheck(const cloudformation::v1::Stack& stack) {
  const std::string why =
      stack.stack_status_reason().empty() ? absl::StrJoin(stack.waiting_for(), "; ") : stack.stack_status_reason();
  const bool ok = stack.ready() && absl::EndsWith(stack.stack_status(), "_COMPLETE");
  return Of("stack", stack.stack_name(), ok,
            ok ? absl::StrCat(stack.stack_status(), ", ready")
               : absl::StrCat(stack.stack_status(), why.empty() ? "" : "; waits for: ", why),
            "see: nubo events");
}

Check GroupCheck(const autoscaling::v1::Group& group) {
  const auto in_service =
      std::count_if(group.instances().begin(), group.instances().end(),
                    [](const autoscaling::v1::GroupInstance& i) { return i.lifecycle_state() == "InService"; });
  const auto former = std::count_if(group.instances().begin(), group.instances().end(),
                                    [](const autoscaling::v1::GroupInstance& i) { return i.launched_otherwise(); });
  const bool ok = in_service >= group.desired_capacity();
  return Of("group", group.auto_scaling_group_name(), ok,
            absl::StrCat(in_service, " of ", group.desired_capacity(), " in service",
                         former == 0 ? "" : absl::StrCat("; ", former, " of a former launch template"),
                         group.status_reason().empty() ? "" : "; ", group.status_reason()),
            absl::StrCat("see: nubo describe ", group.auto_scaling_group_name()));
}

bool IsMadeInstance(const cloudformation::v1::StackResource& resource) {
  return resource.type() == "AWS::EC2::Instance" && absl::EndsWith(resource.status(), "_COMPLETE") &&
         !absl::StartsWith(resource.status(), "DELETE");
}

// One that a stack made by itself, of no group: nobody replaces it.
Check InstanceCheck(const cloudformation::v1::StackResource& resource,
                    const ec2::v1::DescribeInstancesResponse& instances) {
  std::string seen = "gone";
  bool ok = false;
  const std::string name = absl::StrCat(resource.stack_name(), "/", resource.logical_id());
  for (const auto& instance : instances.instances()) {
    if (instance.instance_id() != resource.physical_id()) continue;
    // Somebody wanted it so.
    if (instance.state() == "stopping" || instance.state() == "stopped") {
      return {"instance", name, Health::kWarning, instance.state(), absl::StrCat("start it again: nubo start ", name)};
    }
    ok = instance.state() == "running" || instance.state() == "pending";
    const std::string& why = instance.state_reason().message();
    seen = absl::StrCat(instance.state(), ok || why.empty() ? "" : ": ", ok ? "" : why);
  }
  return Of("instance", name, ok, seen, "nobody replaces an instance of no group; make it anew: nubo down, nubo up");
}

// What no stack has any more is there because somebody wanted it so.
Check RetainedCheck(const cloudformation::v1::StackResource& resource) {
  return Of("retained", resource.physical_id(), resource.status() != "DELETE_FAILED",
            absl::StrCat(resource.type(), ", ", resource.status_reason()),
            absl::StrCat("try again: nubo delete ", resource.physical_id()));
}

Check BalancerCheck(const elbv2::v1::LoadBalancer& balancer) {
  std::vector<std::string> problems;
  for (const auto& listener : balancer.listeners()) {
    if (!listener.error().empty()) problems.push_back(absl::StrCat("port ", listener.port(), ": ", listener.error()));
  }
  const bool ok = balancer.state() == "active" && problems.empty();
  return Of("balancer", balancer.load_balancer_name(), ok,
            absl::StrCat(balancer.state(), problems.empty() ? "" : "; ", absl::StrJoin(problems, "; ")),
            absl::StrCat("see: nubo logs ", balancer.load_balancer_name()));
}

// One that is leaving was asked to.
bool Leaving(const elbv2::v1::Target& target) { return target.state() == "draining" || target.state() == "unused"; }

Check TargetsCheck(const elbv2::v1::TargetGroup& group, const elbv2::v1::DescribeTargetHealthResponse& health) {
  std::vector<std::string> sick;
  std::string advice;
  int healthy = 0, expected = 0;
  for (const auto& target : health.targets()) {
    if (target.target_group_name() != group.target_group_name() || Leaving(target)) continue;
    ++expected;
    if (target.state() == "healthy") {
      ++healthy;
      continue;
    }
    const std::string reason = target.reason().empty() ? "" : absl::StrCat(": ", target.reason());
    if (sick.size() < kNamedMax) sick.push_back(absl::StrCat(target.target_id(), " is ", target.state(), reason));
    if (advice.empty()) advice = absl::StrCat("see: nubo logs ", target.target_id());
  }
  return Of("targets", group.target_group_name(), healthy == expected,
            absl::StrCat(healthy, " of ", expected, " healthy", sick.empty() ? "" : "; ", absl::StrJoin(sick, "; ")),
            advice);
}

Check DatabaseCheck(const rds::v1::DbInstance& database) {
  return Of("database", database.db_instance_identifier(), database.db_instance_status() == "available",
            database.db_instance_status(), absl::StrCat("see: nubo logs ", database.db_instance_identifier()));
}

absl::StatusOr<std::vector<Check>> LookAtRegion(const Client& client) {
  region::v1::GetStatusRequest ask;
  ask.set_probe(true);
  NUBO_ASSIGN_OR_RETURN(const auto status, client.Call(client.region(), &Region::StubInterface::GetStatus, ask));
  NUBO_ASSIGN_OR_RETURN(const auto stacks,
                        client.List(client.cloudformation(), &CloudFormation::StubInterface::DescribeStacks, {}));
  NUBO_ASSIGN_OR_RETURN(const auto resources, client.List(client.cloudformation(),
                                                          &CloudFormation::StubInterface::DescribeStackResources, {}));
  NUBO_ASSIGN_OR_RETURN(const auto instances, client.List(client.ec2(), &Ec2::StubInterface::DescribeInstances, {}));
  NUBO_ASSIGN_OR_RETURN(const auto groups,
                        client.List(client.autoscaling(), &AutoScaling::StubInterface::DescribeAutoScalingGroups, {}));
  NUBO_ASSIGN_OR_RETURN(const auto balancers,
                        client.List(client.elbv2(), &ElasticLoadBalancing::StubInterface::DescribeLoadBalancers, {}));
  NUBO_ASSIGN_OR_RETURN(const auto target_groups,
                        client.List(client.elbv2(), &ElasticLoadBalancing::StubInterface::DescribeTargetGroups, {}));
  NUBO_ASSIGN_OR_RETURN(const auto targets,
                        client.List(client.elbv2(), &ElasticLoadBalancing::StubInterface::DescribeTargetHealth, {}));
  NUBO_ASSIGN_OR_RETURN(const auto databases, client.List(client.rds(), &Rds::StubInterface::DescribeDbInstances, {}));
  std::vector<Check> checks = {RegionCheck(status), IsolationCheck(status)};
  for (const std::string& trouble : status.troubles())
    checks.push_back(Of("region", "", false, trouble, "see: nubo events"));
  for (const auto& stack : stacks.stacks()) checks.push_back(StackCheck(stack));
  for (const auto& resource : resources.resources()) {
    if (IsMadeInstance(resource)) checks.push_back(InstanceCheck(resource, instances));
  }
  for (const auto& resource : resources.resources()) {
    if (IsRetained(resource)) checks.push_back(RetainedCheck(resource));
  }
  for (const auto& group : groups.groups()) checks.push_back(GroupCheck(group));
  for (const auto& balancer : balancers.load_balancers()) {
    checks.push_back(BalancerCheck(balancer));
    AddProbe(FindProbe(status, "balancer", balancer.load_balancer_name()), checks.back());
  }
  for (const auto& group : target_groups.target_groups()) checks.push_back(TargetsCheck(group, targets));
  checks.push_back(DnsCheck(status));
  for (const auto& resolver : status.resolvers()) checks.push_back(NamesCheck(resolver));
  checks.push_back(ListenerCheck(status));
  for (const auto& database : databases.databases()) {
    checks.push_back(DatabaseCheck(database));
    AddProbe(FindProbe(status, "database", database.db_instance_identifier()), checks.back());
  }
  for (Check& check : ShimChecks(status)) checks.push_back(std::move(check));
  return checks;
}

}  // namespace

absl::Status PrintStatus(const StatusOptions& options, Context& context) {
  NUBO_ASSIGN_OR_RETURN(const auto client, Client::Connect(options.state_dir));
  NUBO_ASSIGN_OR_RETURN(const std::vector<Check> checks, LookAtRegion(*client));
  NUBO_ASSIGN_OR_RETURN(const std::string text, Print(checks, options.format, context.style.color));
  context.out << text;
  return Verdict(checks);
}

}  // namespace nubo::cli
