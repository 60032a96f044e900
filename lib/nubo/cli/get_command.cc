#include "nubo/base/status.h"
#include "nubo/cli/client.h"
#include "nubo/cli/commands.h"
#include "nubo/cli/rows.h"
#include "nubo/cli/wide.h"
#include "nubo/cli/yaml_text.h"

namespace nubo::cli {
namespace {

template <typename Stub, typename Request, typename Response>
absl::Status List(const Client& client, Stub& stub,
                  grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*), Format format,
                  Context& context) {
  NUBO_ASSIGN_OR_RETURN(const Response answer, client.Call(stub, method, {}));
  if (format == Format::kTable || format == Format::kWide) {
    Table table = Rows(answer);
    if (format == Format::kWide) Widen(answer, table);
    context.out << table.Text();
    return absl::OkStatus();
  }
  NUBO_ASSIGN_OR_RETURN(const std::string text, Text(answer, format));
  context.out << text;
  return absl::OkStatus();
}

}  // namespace

absl::Status Get(const GetOptions& options, Context& context) {
  NUBO_ASSIGN_OR_RETURN(const auto client, Client::Connect(options.state_dir));
  const auto list = [&](auto& stub, auto method) { return List(*client, stub, method, options.format, context); };
  switch (options.kind) {
    case Kind::kStacks:
      return list(client->cloudformation(), &CloudFormation::StubInterface::DescribeStacks);
    case Kind::kResources:
      return list(client->cloudformation(), &CloudFormation::StubInterface::DescribeStackResources);
    case Kind::kInstances:
      return list(client->ec2(), &Ec2::StubInterface::DescribeInstances);
    case Kind::kGroups:
      return list(client->autoscaling(), &AutoScaling::StubInterface::DescribeAutoScalingGroups);
    case Kind::kLoadBalancers:
      return list(client->elbv2(), &ElasticLoadBalancing::StubInterface::DescribeLoadBalancers);
    case Kind::kTargetGroups:
      return list(client->elbv2(), &ElasticLoadBalancing::StubInterface::DescribeTargetGroups);
    case Kind::kTargets:
      return list(client->elbv2(), &ElasticLoadBalancing::StubInterface::DescribeTargetHealth);
    case Kind::kZones:
      return list(client->route53(), &Route53::StubInterface::ListHostedZones);
    case Kind::kRecords:
      return list(client->route53(), &Route53::StubInterface::ListResourceRecordSets);
    case Kind::kVpcs:
      return list(client->vpcs(), &Vpcs::StubInterface::DescribeVpcs);
    case Kind::kSubnets:
      return list(client->vpcs(), &Vpcs::StubInterface::DescribeSubnets);
    case Kind::kDatabases:
      return list(client->rds(), &Rds::StubInterface::DescribeDbInstances);
    case Kind::kEvents:
      return list(client->region(), &Region::StubInterface::DescribeEvents);
    case Kind::kImages:
      return list(client->ec2(), &Ec2::StubInterface::DescribeImages);
  }
  return absl::InternalError("there is a kind that get does not list");
}

}  // namespace nubo::cli
