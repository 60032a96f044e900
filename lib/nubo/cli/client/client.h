// The region as the verbs see it: one gRPC channel over its unix socket, every service, answers as StatusOr.
//
// Example:
//   NUBO_ASSIGN_OR_RETURN(auto client, Client::Connect(state_dir));
//   ec2::v1::DescribeInstancesRequest request;
//   AddFilter(request, "instance-state-name", {"running"});
//   NUBO_ASSIGN_OR_RETURN(auto answer, client->List(client->ec2(), &Ec2::StubInterface::DescribeInstances, request));
//
// Thread safety: thread-safe.
#ifndef NUBO_CLI_CLIENT_CLIENT_H_
#define NUBO_CLI_CLIENT_CLIENT_H_

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "nubo/autoscaling/v1/autoscaling.grpc.pb.h"
#include "nubo/base/status.h"
#include "nubo/cloudformation/v1/cloudformation.grpc.pb.h"
#include "nubo/ec2/v1/ec2.grpc.pb.h"
#include "nubo/elbv2/v1/elbv2.grpc.pb.h"
#include "nubo/rds/v1/rds.grpc.pb.h"
#include "nubo/region/v1/list.pb.h"
#include "nubo/region/v1/region.grpc.pb.h"
#include "nubo/route53/v1/route53.grpc.pb.h"
#include "nubo/vpc/v1/vpc.grpc.pb.h"

namespace nubo::cli {

using autoscaling::v1::AutoScaling;
using cloudformation::v1::CloudFormation;
using ec2::v1::Ec2;
using elbv2::v1::ElasticLoadBalancing;
using rds::v1::Rds;
using region::v1::Region;
using route53::v1::Route53;
using vpc::v1::Vpcs;

// Trailing metadata in which the region sends AWS's error code.
constexpr char kErrorCodeKey[] = "aws-error-code";

// What gRPC says, with AWS's error code from the trailing metadata.
absl::Status ToStatus(const grpc::Status& status, const grpc::ClientContext& context);

// What a filter's value is so that it matches `text` alone, be there wildcards in it or not.
std::string LiteralValue(absl::string_view text);

// Asks a list for what has one of these, as they are.
template <typename Request>
void AddFilter(Request& request, absl::string_view name, const std::vector<std::string>& texts) {
  region::v1::Filter* filter = request.add_filters();
  filter->set_name(std::string(name));
  for (const std::string& text : texts) filter->add_values(LiteralValue(text));
}

class Client {
 public:
  // How long an ordinary call may take.
  static constexpr absl::Duration kCallMax = absl::Seconds(30);
  // The largest answer.
  static constexpr int kAnswerBytesMax = 64 << 20;

  // UNAVAILABLE: no region is running with this state directory.
  static absl::StatusOr<std::unique_ptr<Client>> Connect(absl::string_view state_dir);

  AutoScaling::StubInterface& autoscaling() const { return *autoscaling_; }
  CloudFormation::StubInterface& cloudformation() const { return *cloudformation_; }
  Ec2::StubInterface& ec2() const { return *ec2_; }
  ElasticLoadBalancing::StubInterface& elbv2() const { return *elbv2_; }
  Rds::StubInterface& rds() const { return *rds_; }
  Region::StubInterface& region() const { return *region_; }
  Route53::StubInterface& route53() const { return *route53_; }
  Vpcs::StubInterface& vpcs() const { return *vpcs_; }

  // One call of `method` of `stub`. Fails as the region says, or with DEADLINE_EXCEEDED.
  template <typename Stub, typename Request, typename Response>
  absl::StatusOr<Response> Call(Stub& stub,
                                grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                                const std::type_identity_t<Request>& request, absl::Duration timeout = kCallMax) const {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + absl::ToChronoMicroseconds(timeout));
    Response response;
    const grpc::Status status = (stub.*method)(&context, request, &response);
    if (!status.ok()) return Explain(ToStatus(status, context));
    return response;
  }

  // All of a list, from `request` on, page by page: what stays meanwhile is there once. Fails as Call().
  template <typename Stub, typename Request, typename Response>
  absl::StatusOr<Response> List(Stub& stub,
                                grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                                std::type_identity_t<Request> request) const {
    Response all;
    while (true) {
      NUBO_ASSIGN_OR_RETURN(Response page, Call(stub, method, request));
      const std::string next = page.next_token();
      page.clear_next_token();
      all.MergeFrom(page);
      if (next.empty()) return all;
      if (next == request.next_token()) return absl::InternalError("the region gave the same page of a list twice");
      request.set_next_token(next);
    }
  }

  // The physical id of what `name` says: an id, a name that is unique, or STACK/LOGICAL-ID. NOT_FOUND: nothing.
  absl::StatusOr<std::string> PhysicalId(const std::string& name) const;

  // `status` of a call, in words for a user where gRPC's own would not help.
  absl::Status Explain(const absl::Status& status) const;

 private:
  Client(absl::string_view state_dir, const std::shared_ptr<grpc::Channel>& channel);

  const std::string state_dir_;
  const std::unique_ptr<AutoScaling::StubInterface> autoscaling_;
  const std::unique_ptr<CloudFormation::StubInterface> cloudformation_;
  const std::unique_ptr<Ec2::StubInterface> ec2_;
  const std::unique_ptr<ElasticLoadBalancing::StubInterface> elbv2_;
  const std::unique_ptr<Rds::StubInterface> rds_;
  const std::unique_ptr<Region::StubInterface> region_;
  const std::unique_ptr<Route53::StubInterface> route53_;
  const std::unique_ptr<Vpcs::StubInterface> vpcs_;
};

}  // namespace nubo::cli

#endif  // NUBO_CLI_CLIENT_CLIENT_H_
