#include "nubo/api/grpc/calls.h"

#include <string>
#include <vector>

#include "nubo/base/mutex.h"
#include "nubo/base/status.h"
#include "nubo/ec2/lifecycle.h"
#include "nubo/ec2/v1/ec2.grpc.pb.h"
#include "nubo/region/compute/describe.h"
#include "nubo/region/compute/operations.h"

namespace nubo::region {
namespace {

class Ec2Service final : public ec2::v1::Ec2::Service {
 public:
  explicit Ec2Service(Region& region) : region_(region) {}

  grpc::Status DescribeInstances(grpc::ServerContext* call, const ec2::v1::DescribeInstancesRequest* request,
                                 ec2::v1::DescribeInstancesResponse* response) override {
    return Show(call, region_, *request, response);
  }
  grpc::Status DescribeImages(grpc::ServerContext* call, const ec2::v1::DescribeImagesRequest* request,
                              ec2::v1::DescribeImagesResponse* response) override {
    return Show(call, region_, *request, response);
  }

  grpc::Status TerminateInstances(grpc::ServerContext* call, const ec2::v1::TerminateInstancesRequest* request,
                                  ec2::v1::TerminateInstancesResponse* response) override {
    return ToGrpc(call, region_.End([&](Context& context) -> absl::Status {
      NUBO_ASSIGN_OR_RETURN(const auto changes, region::TerminateInstances(context, IdsOf(*request)));
      for (const InstanceStateChange& change : changes) Fill(change, *response->add_terminating_instances());
      return absl::OkStatus();
    }));
  }

  grpc::Status StopInstances(grpc::ServerContext* call, const ec2::v1::StopInstancesRequest* request,
                             ec2::v1::StopInstancesResponse* response) override {
    return ToGrpc(call, region_.Change([&](Context& context) -> absl::Status {
      const ec2::CallOptions options = {.force = request->force(), .hibernate = request->hibernate()};
      NUBO_ASSIGN_OR_RETURN(const auto changes, region::StopInstances(context, IdsOf(*request), options));
      for (const InstanceStateChange& change : changes) Fill(change, *response->add_stopping_instances());
      return absl::OkStatus();
    }));
  }
  grpc::Status StartInstances(grpc::ServerContext* call, const ec2::v1::StartInstancesRequest* request,
                              ec2::v1::StartInstancesResponse* response) override {
    return ToGrpc(call, region_.Change([&](Context& context) -> absl::Status {
      NUBO_ASSIGN_OR_RETURN(const auto changes, region::StartInstances(context, IdsOf(*request)));
      for (const InstanceStateChange& change : changes) Fill(change, *response->add_starting_instances());
      return absl::OkStatus();
    }));
  }
  grpc::Status RebootInstances(grpc::ServerContext* call, const ec2::v1::RebootInstancesRequest* request,
                               ec2::v1::RebootInstancesResponse*) override {
    return ToGrpc(call,
                  region_.Change([&](Context& context) { return region::RebootInstances(context, IdsOf(*request)); }));
  }

  grpc::Status MonitorInstances(grpc::ServerContext* call, const ec2::v1::MonitorInstancesRequest* request,
                                ec2::v1::MonitorInstancesResponse* response) override {
    return ToGrpc(call, region_.Change([&](Context& context) -> absl::Status {
      NUBO_ASSIGN_OR_RETURN(const auto monitorings, region::MonitorInstances(context, IdsOf(*request)));
      for (const InstanceMonitoring& one : monitorings) Fill(one, *response->add_instance_monitorings());
      return absl::OkStatus();
    }));
  }
  grpc::Status UnmonitorInstances(grpc::ServerContext* call, const ec2::v1::UnmonitorInstancesRequest* request,
                                  ec2::v1::UnmonitorInstancesResponse* response) override {
    return ToGrpc(call, region_.Change([&](Context& context) -> absl::Status {
      NUBO_ASSIGN_OR_RETURN(const auto monitorings, region::UnmonitorInstances(context, IdsOf(*request)));
      for (const InstanceMonitoring& one : monitorings) Fill(one, *response->add_instance_monitorings());
      return absl::OkStatus();
    }));
  }

  grpc::Status ImportImage(grpc::ServerContext* call, const ec2::v1::ImportImageRequest* request,
                           ec2::v1::ImportImageResponse* response) override {
    return ToGrpc(call, Import(*request, *response));
  }

 private:
  template <typename Request>
  static std::vector<std::string> IdsOf(const Request& request) {
    return {request.instance_ids().begin(), request.instance_ids().end()};
  }
  static void Fill(const InstanceStateChange& change, ec2::v1::InstanceStateChange& shown) {
    shown.set_instance_id(change.instance_id);
    shown.set_previous_state(std::string(ec2::StateName(change.previous_state)));
    shown.set_current_state(std::string(ec2::StateName(change.current_state)));
    shown.set_replaced_by_group(change.replaced_by_group);
  }
  static void Fill(const InstanceMonitoring& one, ec2::v1::InstanceMonitoring& shown) {
    shown.set_instance_id(one.instance_id);
    shown.set_monitoring(std::string(ec2::MonitoringName(one.monitoring)));
  }

  absl::Status Import(const ec2::v1::ImportImageRequest& request, ec2::v1::ImportImageResponse& response) {
    const RegisterImageRequest wanted = {.name = request.name(), .image_location = request.directory()};
    // One at a time: two of the same would be copied twice.
    base::MutexLock importing(importing_);
    NUBO_ASSIGN_OR_RETURN(ImageCopy copy, InspectImage(wanted));
    region_.Look([&](const Context& context) { PlaceImage(context, copy); });
    NUBO_RETURN_IF_ERROR(CopyImage(wanted, copy));
    return region_.Change([&](Context& context) -> absl::Status {
      NUBO_ASSIGN_OR_RETURN(const v1::ImageState image, RegisterImage(context, wanted, copy));
      *response.mutable_image() = ShowImage(image);
      return absl::OkStatus();
    });
  }

  Region& region_;
  base::Mutex importing_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeEc2Service(Region& region) { return std::make_unique<Ec2Service>(region); }

}  // namespace nubo::region
