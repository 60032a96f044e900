#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nubo/api/grpc/calls.h"
#include "nubo/base/mutex.h"
#include "nubo/base/status.h"
#include "nubo/ec2/lifecycle.h"
#include "nubo/ec2/v1/ec2.grpc.pb.h"
#include "nubo/region/compute/describe.h"
#include "nubo/region/compute/image_files.h"
#include "nubo/region/compute/images.h"
#include "nubo/region/compute/instances.h"
#include "nubo/region/lookup/protection.h"
#include "nubo/region/state/instance_facts.h"

namespace nubo::region {
namespace {

constexpr int kCopyDigits = 8;

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
      for (const std::string& id : request->instance_ids()) {
        NUBO_RETURN_IF_ERROR(ec2::ValidateInstanceId(id));
        if (context.model.instances.Find(id) == nullptr) return ec2::InstanceNotFound(id);
        NUBO_RETURN_IF_ERROR(CheckTerminable(context, id));
      }
      for (const std::string& id : request->instance_ids()) {
        ec2::v1::InstanceStateChange* change = response->add_terminating_instances();
        change->set_instance_id(id);
        change->set_previous_state(StateOf(context, id));
        DrainAndTerminate(context, id);
        change->set_current_state(IsTerminated(*context.model.instances.Find(id)) ? "terminated" : "shutting-down");
      }
      return absl::OkStatus();
    }));
  }

  grpc::Status StopInstances(grpc::ServerContext* call, const ec2::v1::StopInstancesRequest* request,
                             ec2::v1::StopInstancesResponse* response) override {
    return ToGrpc(call, region_.Change([&](Context& context) -> absl::Status {
      NUBO_RETURN_IF_ERROR(CheckAll(context, request->instance_ids(), ec2::Call::kStop));
      for (const std::string& id : request->instance_ids()) {
        ec2::v1::InstanceStateChange* change = response->add_stopping_instances();
        Do(context, id, StopInstance, *change);
        change->set_replaced_by_group(context.model.instances.Find(id)->group_name());
      }
      return absl::OkStatus();
    }));
  }
  grpc::Status StartInstances(grpc::ServerContext* call, const ec2::v1::StartInstancesRequest* request,
                              ec2::v1::StartInstancesResponse* response) override {
    return ToGrpc(call, region_.Change([&](Context& context) -> absl::Status {
      NUBO_RETURN_IF_ERROR(CheckAll(context, request->instance_ids(), ec2::Call::kStart));
      for (const std::string& id : request->instance_ids()) {
        Do(context, id, StartInstance, *response->add_starting_instances());
      }
      return absl::OkStatus();
    }));
  }
  grpc::Status RebootInstances(grpc::ServerContext* call, const ec2::v1::RebootInstancesRequest* request,
                               ec2::v1::RebootInstancesResponse*) override {
    return ToGrpc(call, region_.Change([&](Context& context) -> absl::Status {
      NUBO_RETURN_IF_ERROR(CheckAll(context, request->instance_ids(), ec2::Call::kReboot));
      for (const std::string& id : request->instance_ids()) RebootInstance(context, id);
      return absl::OkStatus();
    }));
  }

  grpc::Status ImportImage(grpc::ServerContext* call, const ec2::v1::ImportImageRequest* request,
                           ec2::v1::ImportImageResponse* response) override {
    return ToGrpc(call, Import(*request, *response));
  }

 private:
  static std::string StateOf(const Context& context, const std::string& id) {
    const auto state = ec2::StateFromCode(context.model.instances.Find(id)->state_code());
    return std::string(ec2::StateName(state.value_or(ec2::InstanceState::kTerminated)));
  }
  template <typename Ids>
  static absl::Status CheckAll(const Context& context, const Ids& ids, ec2::Call call) {
    for (const std::string& id : ids) NUBO_RETURN_IF_ERROR(CheckCall(context, id, call));
    return absl::OkStatus();
  }
  static void Do(Context& context, const std::string& id, void (*what)(Context&, const std::string&),
                 ec2::v1::InstanceStateChange& change) {
    change.set_instance_id(id);
    change.set_previous_state(StateOf(context, id));
    what(context, id);
    change.set_current_state(StateOf(context, id));
  }

  // The same directory under the same name again is the same image; another under that name takes the name over.
  absl::Status Import(const ec2::v1::ImportImageRequest& request, ec2::v1::ImportImageResponse& response) {
    NUBO_RETURN_IF_ERROR(ValidateImageName(request.name()));
    // One at a time: two of the same would write into each other's copy.
    base::MutexLock importing(importing_);
    NUBO_ASSIGN_OR_RETURN(const ImageSummary summary, InspectDirectory(request.directory()));
    v1::ImageState image;
    image.set_id(ImageId(request.name(), summary));
    image.set_name(request.name());
    image.set_files(summary.files);
    bool known = false;
    region_.Look([&](const Context& context) {
      // One of its own each time: that of a former copy of the same may still be on its way out.
      image.set_directory(absl::StrCat(context.paths.Images(), "/", image.id(), "-", context.ids.NewHex(kCopyDigits)));
      const v1::ImageState* former = context.model.images.Find(image.id());
      known = former != nullptr;
      if (known) image = *former;
    });
    if (!known) NUBO_RETURN_IF_ERROR(CopyImage(request.directory(), image.directory()));
    NUBO_RETURN_IF_ERROR(region_.Change([&](Context& context) {
      if (!known) image.set_creation_time(ToMicros(context.now()));
      image.set_name(request.name());
      RegisterImage(context, image);
      return absl::OkStatus();
    }));
    *response.mutable_image() = ShowImage(image);
    return absl::OkStatus();
  }

  Region& region_;
  base::Mutex importing_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeEc2Service(Region& region) { return std::make_unique<Ec2Service>(region); }

}  // namespace nubo::region
