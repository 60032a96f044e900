#include "nubo/region/grpc_services.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "nubo/autoscaling/v1/autoscaling.grpc.pb.h"
#include "nubo/base/status.h"
#include "nubo/cloudformation/v1/cloudformation.grpc.pb.h"
#include "nubo/drivers/log_times.h"
#include "nubo/drivers/shim_probe.h"
#include "nubo/ec2/lifecycle.h"
#include "nubo/ec2/v1/ec2.grpc.pb.h"
#include "nubo/elbv2/v1/elbv2.grpc.pb.h"
#include "nubo/rds/v1/rds.grpc.pb.h"
#include "nubo/region/describe.h"
#include "nubo/region/groups.h"
#include "nubo/region/images.h"
#include "nubo/region/instance_names.h"
#include "nubo/region/instances.h"
#include "nubo/region/protection.h"
#include "nubo/region/retained.h"
#include "nubo/region/services.h"
#include "nubo/region/stacks.h"
#include "nubo/region/v1/region.grpc.pb.h"
#include "nubo/route53/v1/route53.grpc.pb.h"
#include "nubo/vpc/v1/vpc.grpc.pb.h"

namespace nubo::region {
namespace {

constexpr absl::Duration kFollowPoll = absl::Milliseconds(200);
constexpr size_t kLogChunk = 64 << 10;
// What a tail may have at most, however long its lines are.
constexpr size_t kTailBytesMax = 8 << 20;
constexpr int kCopyDigits = 8;
// Calls that follow something; each holds a thread for as long as it lasts.
constexpr int kFollowersMax = 64;
// How long each process may take to answer when it is asked for `status`.
constexpr absl::Duration kProbeLimit = absl::Seconds(1);

grpc::Status ToGrpc(grpc::ServerContext* call, const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  std::string code = base::ErrorCode(status);
  // With one of AWS's codes it is the region that says so, and not gRPC of a region that does not answer.
  if (code.empty() && absl::IsUnavailable(status)) code = "ServiceUnavailable";
  if (!code.empty()) call->AddTrailingMetadata("aws-error-code", code);
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), std::string(status.message()));
}

// A place among the followers, until it is destroyed.
class Follower {
 public:
  explicit Follower(std::atomic<int>& count) : count_(count), admitted_(++count <= kFollowersMax) {}
  ~Follower() { --count_; }
  Follower(const Follower&) = delete;
  Follower& operator=(const Follower&) = delete;
  absl::Status status() const {
    if (admitted_) return absl::OkStatus();
    return absl::ResourceExhaustedError(absl::StrCat("the region is being followed ", kFollowersMax,
                                                     " times already; end another nubo events or logs"));
  }

 private:
  std::atomic<int>& count_;
  const bool admitted_;
};

// A log file, read to its end and then, if followed, beyond it, also when a new file takes its place.
class LogReader {
 public:
  // From `start` on, which is in the log at `path` or in the one before it.
  LogReader(std::string path, const drivers::LogPlace& start) : path_(std::move(path)), fd_(Open(start.path)) {
    struct stat info;
    // It has turned over since it was looked at.
    if (fd_ >= 0 && start.path == path_ && fstat(fd_, &info) == 0 && info.st_size < start.offset) {
      close(fd_);
      fd_ = Open(drivers::FormerLogPath(path_));
    }
    if (fd_ < 0) {
      fd_ = Open(path_);
    } else {
      (void)lseek(fd_, start.offset, SEEK_SET);
    }
  }
  ~LogReader() {
    if (fd_ >= 0) close(fd_);
  }
  LogReader(const LogReader&) = delete;
  LogReader& operator=(const LogReader&) = delete;

  bool ok() const { return fd_ >= 0; }
  // 0: there is no more for now.
  ssize_t Read(std::string& block) {
    const ssize_t got = read(fd_, block.data(), block.size());
    if (got != 0 || !TurnedOver()) return got;
    close(fd_);
    fd_ = Open(path_);
    return read(fd_, block.data(), block.size());
  }

 private:
  static int Open(const std::string& path) { return open(path.c_str(), O_RDONLY | O_CLOEXEC); }
  bool TurnedOver() const {
    struct stat ours, current;
    return fstat(fd_, &ours) == 0 && stat(path_.c_str(), &current) == 0 && ours.st_ino != current.st_ino;
  }

  const std::string path_;
  int fd_;
};

// The last lines of what is added to it, of a bounded size.
class LogTail {
 public:
  explicit LogTail(int lines) : lines_(lines) {}
  void Add(absl::string_view more) {
    kept_.append(more.data(), more.size());
    if (kept_.size() > 2 * kTailBytesMax) kept_.erase(0, kept_.size() - kTailBytesMax);
  }
  std::string Take() {
    if (lines_ == 0) return "";
    if (kept_.size() > kTailBytesMax) kept_.erase(0, kept_.size() - kTailBytesMax);
    size_t begin = kept_.size();
    // The last line's own end is none of those that are counted.
    if (begin > 0 && kept_.back() == '\n') --begin;
    for (int line = 0; line < lines_ && begin > 0; ++line) {
      const size_t end = kept_.rfind('\n', begin - 1);
      if (end == std::string::npos) return std::move(kept_);
      begin = end;
    }
    return begin == 0 ? std::move(kept_) : kept_.substr(begin + 1);
  }

 private:
  const int lines_;
  std::string kept_;
};

template <typename Response>
grpc::Status Show(const Region& region, Response* response) {
  region.Look([&](const Context& context) { Describe(context, *response); });
  return grpc::Status::OK;
}

class Ec2Service final : public ec2::v1::Ec2::Service {
 public:
  explicit Ec2Service(Region& region) : region_(region) {}

  grpc::Status DescribeInstances(grpc::ServerContext*, const ec2::v1::DescribeInstancesRequest*,
                                 ec2::v1::DescribeInstancesResponse* response) override {
    return Show(region_, response);
  }
  grpc::Status DescribeImages(grpc::ServerContext*, const ec2::v1::DescribeImagesRequest*,
                              ec2::v1::DescribeImagesResponse* response) override {
    return Show(region_, response);
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
    std::lock_guard importing(importing_);
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
  std::mutex importing_;
};

class VpcService final : public vpc::v1::Vpcs::Service {
 public:
  explicit VpcService(Region& region) : region_(region) {}
  grpc::Status DescribeVpcs(grpc::ServerContext*, const vpc::v1::DescribeVpcsRequest*,
                            vpc::v1::DescribeVpcsResponse* response) override {
    return Show(region_, response);
  }
  grpc::Status DescribeSubnets(grpc::ServerContext*, const vpc::v1::DescribeSubnetsRequest*,
                               vpc::v1::DescribeSubnetsResponse* response) override {
    return Show(region_, response);
  }

 private:
  Region& region_;
};

class AutoScalingService final : public autoscaling::v1::AutoScaling::Service {
 public:
  explicit AutoScalingService(Region& region) : region_(region) {}
  grpc::Status DescribeAutoScalingGroups(grpc::ServerContext*, const autoscaling::v1::DescribeAutoScalingGroupsRequest*,
                                         autoscaling::v1::DescribeAutoScalingGroupsResponse* response) override {
    return Show(region_, response);
  }
  grpc::Status SetDesiredCapacity(grpc::ServerContext* call, const autoscaling::v1::SetDesiredCapacityRequest* request,
                                  autoscaling::v1::SetDesiredCapacityResponse* response) override {
    return ToGrpc(call, region_.Change([&](Context& context) -> absl::Status {
      NUBO_ASSIGN_OR_RETURN(const int former, region::SetDesiredCapacity(context, request->auto_scaling_group_name(),
                                                                         request->desired_capacity()));
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
  grpc::Status DescribeLoadBalancers(grpc::ServerContext*, const elbv2::v1::DescribeLoadBalancersRequest*,
                                     elbv2::v1::DescribeLoadBalancersResponse* response) override {
    return Show(region_, response);
  }
  grpc::Status DescribeTargetGroups(grpc::ServerContext*, const elbv2::v1::DescribeTargetGroupsRequest*,
                                    elbv2::v1::DescribeTargetGroupsResponse* response) override {
    return Show(region_, response);
  }
  grpc::Status DescribeTargetHealth(grpc::ServerContext*, const elbv2::v1::DescribeTargetHealthRequest*,
                                    elbv2::v1::DescribeTargetHealthResponse* response) override {
    return Show(region_, response);
  }

 private:
  Region& region_;
};

class Route53Service final : public route53::v1::Route53::Service {
 public:
  explicit Route53Service(Region& region) : region_(region) {}
  grpc::Status ListHostedZones(grpc::ServerContext*, const route53::v1::ListHostedZonesRequest*,
                               route53::v1::ListHostedZonesResponse* response) override {
    return Show(region_, response);
  }
  grpc::Status ListResourceRecordSets(grpc::ServerContext*, const route53::v1::ListResourceRecordSetsRequest*,
                                      route53::v1::ListResourceRecordSetsResponse* response) override {
    return Show(region_, response);
  }

 private:
  Region& region_;
};

class RdsService final : public rds::v1::Rds::Service {
 public:
  explicit RdsService(Region& region) : region_(region) {}
  grpc::Status DescribeDbInstances(grpc::ServerContext*, const rds::v1::DescribeDbInstancesRequest*,
                                   rds::v1::DescribeDbInstancesResponse* response) override {
    return Show(region_, response);
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
  grpc::Status DescribeStacks(grpc::ServerContext*, const cloudformation::v1::DescribeStacksRequest*,
                              cloudformation::v1::DescribeStacksResponse* response) override {
    return Show(region_, response);
  }
  grpc::Status DescribeStackResources(grpc::ServerContext*, const cloudformation::v1::DescribeStackResourcesRequest*,
                                      cloudformation::v1::DescribeStackResourcesResponse* response) override {
    return Show(region_, response);
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

void ShowService(const Region::Answer& answer, v1::GetStatusResponse* response) {
  v1::Probe* probe = response->add_probes();
  probe->set_kind(ToString(answer.target.kind));
  probe->set_name(answer.target.name);
  probe->set_pid(answer.target.pid);
  probe->set_answers(answer.status.ok());
  probe->set_hung(absl::IsDeadlineExceeded(answer.status));
  probe->set_hung_seconds(static_cast<int>(absl::ToInt64Seconds(answer.hung_for)));
  probe->set_restarts(answer.restarts);
  probe->set_error(std::string(answer.status.message()));
}

void ShowShim(const std::string& id, const drivers::ShimAnswer& answer, v1::GetStatusResponse* response) {
  v1::Probe* probe = response->add_probes();
  probe->set_kind("shim");
  probe->set_name(id);
  probe->set_pid(answer.pid);
  probe->set_answers(answer.status.ok());
  probe->set_hung(absl::IsDeadlineExceeded(answer.status));
  if (probe->hung()) probe->set_hung_seconds(static_cast<int>(absl::ToInt64Seconds(kProbeLimit)));
  probe->set_error(std::string(answer.status.message()));
}

// Services on the region's loop, shims here, at the same time.
void ProbeAll(Region& region, v1::GetStatusResponse* response) {
  std::vector<std::string> ids, sockets;
  region.Look([&](const Context& context) {
    const auto add = [&](const std::string& id, int pid) {
      if (pid == 0) return;
      ids.push_back(id);
      sockets.push_back(absl::StrCat(context.paths.Run(), "/", id, ".sock"));
    };
    for (const auto& [id, instance] : context.model.instances) add(id, instance.pid());
    for (const auto& [id, service] : context.model.services) add(id, service.pid());
  });
  std::vector<Region::Answer> answers;
  std::thread asker([&] { answers = region.AskServices(kProbeLimit); });
  const std::vector<drivers::ShimAnswer> shims = drivers::AskShims(sockets, kProbeLimit);
  asker.join();
  for (const Region::Answer& answer : answers) ShowService(answer, response);
  for (size_t i = 0; i < ids.size(); ++i) ShowShim(ids[i], shims[i], response);
}

class RegionService final : public v1::Region::Service {
 public:
  RegionService(Region& region, ServiceOptions options)
      : region_(region), options_(std::move(options)), start_time_(TimeText(absl::Now())) {}

  grpc::Status GetStatus(grpc::ServerContext*, const v1::GetStatusRequest* request,
                         v1::GetStatusResponse* response) override {
    response->set_pid(getpid());
    response->set_version(options_.version);
    response->set_state_directory(options_.state_dir);
    response->set_dns_address(options_.dns_address);
    response->set_http_address(options_.http_address);
    response->set_fabric(options_.fabric);
    response->set_start_time(start_time_);
    if (request->probe()) ProbeAll(region_, response);
    region_.Look([response](const Context& context) {
      for (const auto& [about, trouble] : context.troubles) response->add_troubles(trouble);
      for (const VpcResolver& resolver : VpcResolvers(context)) {
        v1::VpcResolver* shown = response->add_resolvers();
        shown->set_vpc_id(resolver.vpc_id);
        shown->set_address(resolver.address.ToString());
        shown->set_listens(resolver.listens);
        shown->set_error(resolver.error);
      }
    });
    response->set_isolation_granted(options_.not_isolated.empty());
    response->set_isolation_reason(options_.not_isolated);
    response->set_allow_unisolated(options_.allow_unisolated);
    return grpc::Status::OK;
  }

  grpc::Status DescribeEvents(grpc::ServerContext*, const v1::DescribeEventsRequest*,
                              v1::DescribeEventsResponse* response) override {
    for (v1::Event& event : region_.events().WaitAfter(0, absl::ZeroDuration()))
      *response->add_events() = std::move(event);
    return grpc::Status::OK;
  }

  grpc::Status WatchEvents(grpc::ServerContext* call, const v1::WatchEventsRequest* request,
                           grpc::ServerWriter<v1::Event>* writer) override {
    const Follower follower(followers_);
    if (!follower.status().ok()) return ToGrpc(call, follower.status());
    int32_t last = request->after_id();
    while (!call->IsCancelled()) {
      for (const v1::Event& event : region_.events().WaitAfter(last, kFollowPoll)) {
        last = event.id();
        if (!writer->Write(event)) return grpc::Status::OK;
      }
      if (region_.events().closed()) break;
    }
    return grpc::Status::OK;
  }

  grpc::Status Describe(grpc::ServerContext* call, const v1::DescribeRequest* request,
                        v1::DescribeResponse* response) override {
    absl::Status status;
    region_.Look([&](const Context& context) {
      auto found = DescribeOne(context, request->id());
      status = found.status();
      if (found.ok()) *response = *std::move(found);
    });
    return ToGrpc(call, status);
  }

  grpc::Status ReadLog(grpc::ServerContext* call, const v1::ReadLogRequest* request,
                       grpc::ServerWriter<v1::LogChunk>* writer) override {
    const Follower follower(followers_);
    if (!follower.status().ok()) return ToGrpc(call, follower.status());
    const std::string path = LogPath(request->id());
    drivers::LogPlace start = {path, 0};
    if (!request->since().empty()) {
      absl::Time since;
      std::string why;
      if (!absl::ParseTime(absl::RFC3339_full, request->since(), &since, &why)) {
        return ToGrpc(call, absl::InvalidArgumentError(absl::StrCat("'", request->since(), "' is not a time: ", why)));
      }
      start = drivers::FindLogPlace(path, ToMicros(since));
    }
    LogReader log(path, start);
    if (!log.ok()) {
      return ToGrpc(call, absl::NotFoundError(absl::StrCat("there is no log of ", request->id(),
                                                           "; instances, databases, load balancers and dns have one")));
    }
    std::string block(kLogChunk, '\0');
    v1::LogChunk chunk;
    // Of a tail, what is there is read to its end before any of it is sent.
    std::optional<LogTail> tail;
    if (request->has_tail_lines()) tail.emplace(std::max(0, request->tail_lines()));
    while (!call->IsCancelled()) {
      const ssize_t got = log.Read(block);
      if (got > 0 && tail.has_value()) {
        tail->Add(absl::string_view(block.data(), got));
        continue;
      }
      if (tail.has_value()) {
        chunk.set_data(tail->Take());
        tail.reset();
        if (!chunk.data().empty() && !writer->Write(chunk)) break;
      }
      if (got > 0) {
        chunk.set_data(block.data(), got);
        if (!writer->Write(chunk)) break;
        continue;
      }
      if (!request->follow() || got < 0 || region_.events().closed()) break;
      absl::SleepFor(kFollowPoll);
    }
    return grpc::Status::OK;
  }

  grpc::Status DeleteRetained(grpc::ServerContext* call, const v1::DeleteRetainedRequest* request,
                              v1::DeleteRetainedResponse* response) override {
    return ToGrpc(call, region_.End([&](Context& context) -> absl::Status {
      NUBO_ASSIGN_OR_RETURN(const std::vector<std::string> ids, region::DeleteRetained(context, request->id()));
      response->mutable_ids()->Assign(ids.begin(), ids.end());
      return absl::OkStatus();
    }));
  }
  grpc::Status SetProtection(grpc::ServerContext* call, const v1::SetProtectionRequest* request,
                             v1::SetProtectionResponse* response) override {
    return ToGrpc(call, region_.Change([&](Context& context) -> absl::Status {
      NUBO_ASSIGN_OR_RETURN(const bool former, request->scale_in()
                                                   ? ProtectFromScaleIn(context, request->id(), request->on())
                                                   : Protect(context, request->id(), request->on()));
      response->set_former(former);
      return absl::OkStatus();
    }));
  }

  grpc::Status Shutdown(grpc::ServerContext* call, const v1::ShutdownRequest*, v1::ShutdownResponse*) override {
    const absl::Status begun = region_.BeginEnding();
    if (begun.ok()) options_.shut_down();
    return ToGrpc(call, begun);
  }

 private:
  std::string LogPath(const std::string& name) {
    std::string path;
    region_.Look([&](const Context& context) {
      const absl::StatusOr<v1::DescribeResponse> described = DescribeOne(context, name);
      const std::string id = described.ok() ? described->id() : name;
      std::string service = id;
      if (context.model.databases.Find(id) != nullptr) service = DatabaseServiceId(id);
      for (const auto& [arn, balancer] : context.model.load_balancers) {
        if (arn == id || balancer.name() == id) service = BalancerServiceId(arn);
      }
      const bool known = context.model.instances.Find(id) != nullptr || context.model.services.Find(service) != nullptr;
      if (known) path = context.paths.Log(service);
    });
    return path;
  }

  Region& region_;
  const ServiceOptions options_;
  const std::string start_time_;
  std::atomic<int> followers_{0};
};

}  // namespace

std::vector<std::unique_ptr<grpc::Service>> MakeServices(Region& region, const ServiceOptions& options) {
  std::vector<std::unique_ptr<grpc::Service>> services;
  services.push_back(std::make_unique<Ec2Service>(region));
  services.push_back(std::make_unique<VpcService>(region));
  services.push_back(std::make_unique<AutoScalingService>(region));
  services.push_back(std::make_unique<BalancingService>(region));
  services.push_back(std::make_unique<Route53Service>(region));
  services.push_back(std::make_unique<RdsService>(region));
  services.push_back(std::make_unique<CloudFormationService>(region));
  services.push_back(std::make_unique<RegionService>(region, options));
  return services;
}

}  // namespace nubo::region
