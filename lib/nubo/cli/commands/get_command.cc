#include "nubo/cli/commands/commands.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <memory>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/cli/client/client.h"
#include "nubo/cli/output/output.h"
#include "nubo/cli/output/rows.h"
#include "nubo/cli/output/wide.h"
#include "nubo/cli/output/yaml_text.h"
#include "nubo/region/resources/list_filters.h"

namespace nubo::cli {
namespace {

using google::protobuf::FieldDescriptor;

// The entries of an answer, which come first in it.
const FieldDescriptor& ListOf(const google::protobuf::Descriptor& answer) { return *answer.field(0); }

// What the region is asked to leave out.
template <typename Request>
Request Narrowed(const GetOptions& options) {
  Request request;
  if (!options.id.empty()) AddFilter(request, region::kAnyFilter, {options.id});
  if (!options.stack_name.empty()) AddFilter(request, region::kStackNameFilter, {options.stack_name});
  for (const auto& [name, values] : options.filters) {
    region::v1::Filter* filter = request.add_filters();
    filter->set_name(name);
    // With the wildcards that the user wrote.
    for (const std::string& value : values) filter->add_values(value);
  }
  return request;
}

// What is to be printed.
template <typename Stub, typename Request, typename Response>
absl::StatusOr<std::string> List(const Client& client, Stub& stub,
                                 grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                                 const GetOptions& options) {
  const FieldDescriptor& list = ListOf(*Response::descriptor());
  const absl::string_view kind = KindNames()[static_cast<size_t>(options.kind)];
  if (!options.stack_name.empty() && list.message_type()->FindFieldByName("stack_name") == nullptr) {
    return UsageError(absl::StrCat(kind, " are not known by their stack; leave --stack out"));
  }
  NUBO_ASSIGN_OR_RETURN(const Response answer, client.List(stub, method, Narrowed<Request>(options)));
  if (!options.id.empty() && answer.GetReflection()->FieldSize(answer, &list) == 0) {
    return absl::NotFoundError(absl::StrCat("none of the ", kind, " is called ", options.id, "; nubo get ", kind,
                                            " lists what there is, and nubo describe ", options.id,
                                            " looks in all of it"));
  }
  if (options.format != Format::kTable && options.format != Format::kWide) return Text(answer, options.format);
  Table table = Rows(answer);
  if (options.format == Format::kWide) Widen(answer, table);
  return table.Text();
}

absl::StatusOr<std::string> ListKind(const GetOptions& options, const std::unique_ptr<Client>& client) {
  const auto list = [&](auto& stub, auto method) { return List(*client, stub, method, options); };
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

// How often it is looked whether something differs.
constexpr absl::Duration kWatchPoll = absl::Milliseconds(500);

absl::Status Watch(const GetOptions& options, const std::unique_ptr<Client>& client, Context& context) {
  std::string before;
  while (!context.interrupted.load() && context.out.good()) {
    NUBO_ASSIGN_OR_RETURN(const std::string text, ListKind(options, client));
    if (text != before) {
      context.out << (before.empty() || options.format == Format::kJson ? "" : "\n") << text;
      context.out.flush();
      before = text;
    }
    std::this_thread::sleep_for(absl::ToChronoMilliseconds(kWatchPoll));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status Get(const GetOptions& options, Context& context) {
  NUBO_ASSIGN_OR_RETURN(const auto client, Client::Connect(options.state_dir));
  if (options.watch) return Watch(options, client, context);
  NUBO_ASSIGN_OR_RETURN(const std::string text, ListKind(options, client));
  context.out << text;
  return absl::OkStatus();
}

}  // namespace nubo::cli
