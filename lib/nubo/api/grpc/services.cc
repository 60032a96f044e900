#include "nubo/api/grpc/services.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nubo/api/grpc/calls.h"
#include "nubo/autoscaling/v1/autoscaling.grpc.pb.h"
#include "nubo/base/status.h"
#include "nubo/cloudformation/v1/cloudformation.grpc.pb.h"
#include "nubo/elbv2/v1/elbv2.grpc.pb.h"
#include "nubo/rds/v1/rds.grpc.pb.h"
#include "nubo/region/balancing/describe.h"
#include "nubo/region/databases/describe.h"
#include "nubo/region/dns/describe.h"
#include "nubo/region/groups/describe.h"
#include "nubo/region/groups/operations.h"
#include "nubo/region/network/describe.h"
#include "nubo/region/reach/address_spaces.h"
#include "nubo/region/reach/reach.h"
#include "nubo/region/stacks/describe.h"
#include "nubo/region/stacks/stacks.h"
#include "nubo/route53/v1/route53.grpc.pb.h"
#include "nubo/vpc/v1/vpc.grpc.pb.h"

namespace nubo::region {
namespace {

class VpcService final : public vpc::v1::Vpcs::Service {
 public:
  explicit VpcService(Region& region) : region_(region) {}
  grpc::Status DescribeVpcs(grpc::ServerContext* call, const vpc::v1::DescribeVpcsRequest* request,
                            vpc::v1::DescribeVpcsResponse* response) override {
    return Show(call, region_, *request, response);
  }
  grpc::Status DescribeSubnets(grpc::ServerContext* call, const vpc::v1::DescribeSubnetsRequest* request,
                               vpc::v1::DescribeSubnetsResponse* response) override {
    return Show(call, region_, *request, response);
  }
  grpc::Status Reach(grpc::ServerContext* call, const vpc::v1::ReachRequest* request,
                     vpc::v1::ReachResponse* response) override {
    return ToGrpc(call, Answer([&](const Context& context) { return region::Reach(context, *request); }, response));
  }
  grpc::Status Explain(grpc::ServerContext* call, const vpc::v1::ExplainRequest* request,
                       vpc::v1::ExplainResponse* response) override {
    return ToGrpc(call, Answer([&](const Context& context) { return ExplainNetwork(context, *request); }, response));
  }
  grpc::Status DescribeAddressSpaces(grpc::ServerContext* call, const vpc::v1::DescribeAddressSpacesRequest* request,
                                     vpc::v1::DescribeAddressSpacesResponse* response) override {
    return Show(call, region_, *request, response);
  }

 private:
  template <typename Ask, typename Response>
  absl::Status Answer(Ask ask, Response* response) {
    absl::Status status;
    region_.Look([&](const Context& context) {
      auto answer = ask(context);
      status = answer.status();
      if (answer.ok()) *response = *std::move(answer);
    });
    return status;
  }

  Region& region_;
};

class AutoScalingService final : public autoscaling::v1::AutoScaling::Service {
 public:
  explicit AutoScalingService(Region& region) : region_(region) {}
  grpc::Status DescribeAutoScalingGroups(grpc::ServerContext* call,
                                         const autoscaling::v1::DescribeAutoScalingGroupsRequest* request,
                                         autoscaling::v1::DescribeAutoScalingGroupsResponse* response) override {
    return Show(call, region_, *request, response);
  }
  grpc::Status SetDesiredCapacity(grpc::ServerContext* call, const autoscaling::v1::SetDesiredCapacityRequest* request,
                                  autoscaling::v1::SetDesiredCapacityResponse* response) override {
    return ToGrpc(call, region_.Change([&](Context& context) -> absl::Status {
      NUBO_ASSIGN_OR_RETURN(const int former, region::SetDesiredCapacity(context, {request->auto_scaling_group_name(),
                                                                                   request->desired_capacity()}));
      response->set_former_desired_capacity(former);
      return absl::OkStatus();
    }));
  }

 private:
  Region& region_;
};

class BalancingService final : public elbv2::v1::ElasticLoadBalancing::Service {
 public:
  explicit BalancingService(Region& region) : region_(region) {}
  grpc::Status DescribeLoadBalancers(grpc::ServerContext* call, const elbv2::v1::DescribeLoadBalancersRequest* request,
                                     elbv2::v1::DescribeLoadBalancersResponse* response) override {
    return Show(call, region_, *request, response);
  }
  grpc::Status DescribeTargetGroups(grpc::ServerContext* call, const elbv2::v1::DescribeTargetGroupsRequest* request,
                                    elbv2::v1::DescribeTargetGroupsResponse* response) override {
    return Show(call, region_, *request, response);
  }
  grpc::Status DescribeTargetHealth(grpc::ServerContext* call, const elbv2::v1::DescribeTargetHealthRequest* request,
                                    elbv2::v1::DescribeTargetHealthResponse* response) override {
    return Show(call, region_, *request, response);
  }

 private:
  Region& region_;
};

class Route53Service final : public route53::v1::Route53::Service {
 public:
  explicit Route53Service(Region& region) : region_(region) {}
  grpc::Status ListHostedZones(grpc::ServerContext* call, const route53::v1::ListHostedZonesRequest* request,
                               route53::v1::ListHostedZonesResponse* response) override {
    return Show(call, region_, *request, response);
  }
  grpc::Status ListResourceRecordSets(grpc::ServerContext* call,
                                      const route53::v1::ListResourceRecordSetsRequest* request,
                                      route53::v1::ListResourceRecordSetsResponse* response) override {
    return Show(call, region_, *request, response);
  }

 private:
  Region& region_;
};

class RdsService final : public rds::v1::Rds::Service {
 public:
  explicit RdsService(Region& region) : region_(region) {}
  grpc::Status DescribeDbInstances(grpc::ServerContext* call, const rds::v1::DescribeDbInstancesRequest* request,
                                   rds::v1::DescribeDbInstancesResponse* response) override {
    return Show(call, region_, *request, response);
  }

 private:
  Region& region_;
};

class CloudFormationService final : public cloudformation::v1::CloudFormation::Service {
 public:
  explicit CloudFormationService(Region& region) : region_(region) {}

  grpc::Status CreateStack(grpc::ServerContext* call, const cloudformation::v1::CreateStackRequest* request,
                           cloudformation::v1::CreateStackResponse* response) override {
    const StackRequest wanted = Wanted(*request);
    return ToGrpc(call, region_.Change([&](Context& context) -> absl::Status {
      NUBO_ASSIGN_OR_RETURN(const StackAnswer answer, region::CreateStack(context, wanted));
      response->set_stack_id(answer.id);
      response->set_unchanged(answer.unchanged);
      return absl::OkStatus();
    }));
  }
  grpc::Status UpdateStack(grpc::ServerContext* call, const cloudformation::v1::UpdateStackRequest* request,
                           cloudformation::v1::UpdateStackResponse* response) override {
    const StackRequest wanted = Wanted(*request);
    return ToGrpc(call, region_.Change([&](Context& context) -> absl::Status {
      NUBO_ASSIGN_OR_RETURN(const StackAnswer answer, region::UpdateStack(context, wanted));
      response->set_stack_id(answer.id);
      response->set_unchanged(answer.unchanged);
      return absl::OkStatus();
    }));
  }
  grpc::Status DescribeChangeSet(grpc::ServerContext* call, const cloudformation::v1::DescribeChangeSetRequest* request,
                                 cloudformation::v1::DescribeChangeSetResponse* response) override {
    const StackRequest wanted = Wanted(*request);
    absl::Status status;
    region_.Look([&](const Context& context) {
      auto answer = region::DescribeChangeSet(context, wanted);
      status = answer.status();
      if (answer.ok()) *response = *std::move(answer);
    });
    return ToGrpc(call, status);
  }
  grpc::Status DeleteStack(grpc::ServerContext* call, const cloudformation::v1::DeleteStackRequest* request,
                           cloudformation::v1::DeleteStackResponse*) override {
    return ToGrpc(call, region_.End([&](Context& context) {
      return region::DeleteStack(context, request->stack_name(), request->delete_data());
    }));
  }
  grpc::Status DescribeStacks(grpc::ServerContext* call, const cloudformation::v1::DescribeStacksRequest* request,
                              cloudformation::v1::DescribeStacksResponse* response) override {
    return Show(call, region_, *request, response);
  }
  grpc::Status DescribeStackResources(grpc::ServerContext* call,
                                      const cloudformation::v1::DescribeStackResourcesRequest* request,
                                      cloudformation::v1::DescribeStackResourcesResponse* response) override {
    return Show(call, region_, *request, response);
  }

 private:
  template <typename Request>
  static StackRequest Wanted(const Request& request) {
    StackRequest wanted{request.stack_name(),
                        request.template_body(),
                        request.template_name().empty() ? "template" : request.template_name(),
                        {}};
    if constexpr (std::is_same_v<Request, cloudformation::v1::DescribeChangeSetRequest>) {
      wanted.images.insert(request.image_names().begin(), request.image_names().end());
    }
    for (const auto& parameter : request.parameters()) wanted.parameters[parameter.key()] = parameter.value();
    wanted.template_path = request.template_path();
    return wanted;
  }

  Region& region_;
};

}  // namespace

std::vector<std::unique_ptr<grpc::Service>> MakeServices(Region& region, const ServiceOptions& options) {
  std::vector<std::unique_ptr<grpc::Service>> services;
  services.push_back(MakeEc2Service(region));
  services.push_back(std::make_unique<VpcService>(region));
  services.push_back(std::make_unique<AutoScalingService>(region));
  services.push_back(std::make_unique<BalancingService>(region));
  services.push_back(std::make_unique<Route53Service>(region));
  services.push_back(std::make_unique<RdsService>(region));
  services.push_back(std::make_unique<CloudFormationService>(region));
  services.push_back(MakeRegionService(region, options));
  return services;
}

}  // namespace nubo::region
