#include "tests/cli/fake_region.h"

#include <stdlib.h>

#include <chrono>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "nubo/cli/args/names.h"

namespace nubo::cli {

using grpc::ServerContext;
using grpc::Status;

void FakeRegion::State::Tell(const std::string& status, const std::string& logical_id, const std::string& type,
                             const std::string& message) {
  const int id = events.events_size() + 1;
  region::v1::Event* event = events.add_events();
  event->set_id(id);
  event->set_time("2030-01-01T12:00:00.000Z");
  event->set_source(absl::StrCat("physical-", logical_id));
  event->set_type(type);
  event->set_status(status);
  event->set_message(message);
  event->set_stack_name("todo");
  event->set_logical_id(logical_id);
}

cloudformation::v1::Stack* FakeRegion::State::Stack(const std::string& name) {
  for (auto& stack : *stacks.mutable_stacks()) {
    if (stack.stack_name() == name) return &stack;
  }
  return nullptr;
}

void FakeRegion::State::MakeStack(const std::string& name, const std::string& status, bool ready) {
  cloudformation::v1::Stack* stack = Stack(name);
  if (stack == nullptr) stack = stacks.add_stacks();
  stack->set_stack_name(name);
  stack->set_stack_status(status);
  stack->set_ready(ready);
}

void FakeRegion::State::RemoveStack(const std::string& name) {
  for (int i = 0; i < stacks.stacks_size(); ++i) {
    if (stacks.stacks(i).stack_name() == name) return stacks.mutable_stacks()->DeleteSubrange(i, 1);
  }
}

// One class per service: they share method names.
class FakeRegion::Services {
 public:
  explicit Services(FakeRegion& fake)
      : autoscaling_(fake),
        cloudformation_(fake),
        ec2_(fake),
        elbv2_(fake),
        rds_(fake),
        region_(fake),
        route53_(fake),
        vpcs_(fake) {}

  void Register(grpc::ServerBuilder& builder) {
    builder.RegisterService(&autoscaling_);
    builder.RegisterService(&cloudformation_);
    builder.RegisterService(&ec2_);
    builder.RegisterService(&elbv2_);
    builder.RegisterService(&rds_);
    builder.RegisterService(&region_);
    builder.RegisterService(&route53_);
    builder.RegisterService(&vpcs_);
  }

 private:
  template <typename Service>
  struct Of : Service::Service {
    explicit Of(FakeRegion& fake) : fake(fake) {}
    FakeRegion& fake;

    template <typename Message>
    Status Give(const Message State::* from, Message* to) {
      std::lock_guard lock(fake.mutex_);
      *to = fake.state_.*from;
      return Status::OK;
    }
  };

  static Status NotFound(ServerContext* context, const std::string& code, const std::string& message) {
    context->AddTrailingMetadata(kErrorCodeKey, code);
    return Status(grpc::StatusCode::NOT_FOUND, message);
  }

  struct AutoScalingService final : Of<AutoScaling> {
    using Of::Of;
    Status DescribeAutoScalingGroups(ServerContext*, const autoscaling::v1::DescribeAutoScalingGroupsRequest*,
                                     autoscaling::v1::DescribeAutoScalingGroupsResponse* answer) override {
      return Give(&State::groups, answer);
    }
  };

  struct CloudFormationService final : Of<CloudFormation> {
    using Of::Of;
    Status CreateStack(ServerContext*, const cloudformation::v1::CreateStackRequest* request,
                       cloudformation::v1::CreateStackResponse* answer) override {
      std::lock_guard lock(fake.mutex_);
      State& state = fake.state_;
      state.created.push_back(*request);
      if (state.on_create) return Told(state.on_create(state, *request, answer));
      answer->set_unchanged(state.Stack(request->stack_name()) != nullptr);
      if (!answer->unchanged()) {
        state.MakeStack(request->stack_name(), "CREATE_COMPLETE", true);
        state.Tell("CREATE_COMPLETE", "Vpc", "AWS::EC2::VPC");
      }
      return Told(Status::OK);
    }
    Status UpdateStack(ServerContext*, const cloudformation::v1::UpdateStackRequest* request,
                       cloudformation::v1::UpdateStackResponse* answer) override {
      std::lock_guard lock(fake.mutex_);
      State& state = fake.state_;
      state.updated.push_back(*request);
      if (state.on_update) return Told(state.on_update(state, *request, answer));
      answer->set_unchanged(true);
      return Told(Status::OK);
    }
    Status DescribeChangeSet(ServerContext*, const cloudformation::v1::DescribeChangeSetRequest* request,
                             cloudformation::v1::DescribeChangeSetResponse* answer) override {
      std::lock_guard lock(fake.mutex_);
      fake.state_.planned.push_back(*request);
      *answer = fake.state_.changes;
      return Told(Status::OK);
    }
    Status DeleteStack(ServerContext*, const cloudformation::v1::DeleteStackRequest* request,
                       cloudformation::v1::DeleteStackResponse*) override {
      std::lock_guard lock(fake.mutex_);
      State& state = fake.state_;
      state.deleted.push_back(*request);
      if (state.on_delete) {
        state.on_delete(state, request->stack_name());
      } else {
        state.RemoveStack(request->stack_name());
        state.Tell("DELETE_COMPLETE", "Vpc", "AWS::EC2::VPC");
      }
      return Told(Status::OK);
    }
    Status DescribeStacks(ServerContext*, const cloudformation::v1::DescribeStacksRequest*,
                          cloudformation::v1::DescribeStacksResponse* answer) override {
      std::lock_guard lock(fake.mutex_);
      if (fake.state_.on_poll) fake.state_.on_poll(fake.state_);
      *answer = fake.state_.stacks;
      return Told(Status::OK);
    }
    Status DescribeStackResources(ServerContext*, const cloudformation::v1::DescribeStackResourcesRequest*,
                                  cloudformation::v1::DescribeStackResourcesResponse* answer) override {
      return Give(&State::resources, answer);
    }

   private:
    Status Told(Status status) {
      fake.changed_.notify_all();
      return status;
    }
  };

  struct Ec2Service final : Of<Ec2> {
    using Of::Of;
    Status DescribeInstances(ServerContext*, const ec2::v1::DescribeInstancesRequest*,
                             ec2::v1::DescribeInstancesResponse* answer) override {
      return Give(&State::instances, answer);
    }
    Status TerminateInstances(ServerContext* context, const ec2::v1::TerminateInstancesRequest* request,
                              ec2::v1::TerminateInstancesResponse* answer) override {
      std::lock_guard lock(fake.mutex_);
      for (const std::string& id : request->instance_ids()) {
        if (id == "i-unknown") return NotFound(context, "InvalidInstanceID.NotFound", "there is no instance i-unknown");
        fake.state_.terminated.push_back(id);
        auto* change = answer->add_terminating_instances();
        change->set_instance_id(id);
        change->set_previous_state("running");
        change->set_current_state("shutting-down");
      }
      return Status::OK;
    }
    Status StopInstances(ServerContext* context, const ec2::v1::StopInstancesRequest* request,
                         ec2::v1::StopInstancesResponse* answer) override {
      return Call(context, "stop", *request, "stopped", [&] { return answer->add_stopping_instances(); });
    }
    Status StartInstances(ServerContext* context, const ec2::v1::StartInstancesRequest* request,
                          ec2::v1::StartInstancesResponse* answer) override {
      return Call(context, "start", *request, "running", [&] { return answer->add_starting_instances(); });
    }
    Status RebootInstances(ServerContext* context, const ec2::v1::RebootInstancesRequest* request,
                           ec2::v1::RebootInstancesResponse*) override {
      ec2::v1::InstanceStateChange ignored;
      return Call(context, "reboot", *request, "running", [&] { return &ignored; });
    }
    // Each instance is in the state it is to come to at once, and another process.
    template <typename Request, typename Add>
    Status Call(ServerContext* context, const std::string& what, const Request& request, const std::string& state,
                Add add) {
      std::lock_guard lock(fake.mutex_);
      for (const std::string& id : request.instance_ids()) {
        if (id == "i-unknown") return NotFound(context, "InvalidInstanceID.NotFound", "there is no instance i-unknown");
        fake.state_.instance_calls.push_back(absl::StrCat(what, " ", id));
        ec2::v1::InstanceStateChange* change = add();
        change->set_instance_id(id);
        for (auto& instance : *fake.state_.instances.mutable_instances()) {
          if (instance.instance_id() != id || fake.state_.keep_instances) continue;
          change->set_previous_state(instance.state());
          if (what == "stop") change->set_replaced_by_group(instance.auto_scaling_group_name());
          instance.set_state(state);
          instance.set_pid(instance.pid() + 1);
        }
        change->set_current_state(state);
      }
      return Status::OK;
    }
    Status ImportImage(ServerContext*, const ec2::v1::ImportImageRequest* request,
                       ec2::v1::ImportImageResponse* answer) override {
      std::lock_guard lock(fake.mutex_);
      fake.state_.imported.push_back(absl::StrCat(request->name(), "=", request->directory()));
      answer->mutable_image()->set_image_id(absl::StrCat("ami-", request->name()));
      answer->mutable_image()->set_name(request->name());
      return Status::OK;
    }
    Status DescribeImages(ServerContext*, const ec2::v1::DescribeImagesRequest*,
                          ec2::v1::DescribeImagesResponse* answer) override {
      return Give(&State::images, answer);
    }
  };

  struct ElbService final : Of<ElasticLoadBalancing> {
    using Of::Of;
    Status DescribeLoadBalancers(ServerContext*, const elbv2::v1::DescribeLoadBalancersRequest*,
                                 elbv2::v1::DescribeLoadBalancersResponse* answer) override {
      return Give(&State::load_balancers, answer);
    }
    Status DescribeTargetGroups(ServerContext*, const elbv2::v1::DescribeTargetGroupsRequest*,
                                elbv2::v1::DescribeTargetGroupsResponse* answer) override {
      return Give(&State::target_groups, answer);
    }
    Status DescribeTargetHealth(ServerContext*, const elbv2::v1::DescribeTargetHealthRequest*,
                                elbv2::v1::DescribeTargetHealthResponse* answer) override {
      return Give(&State::targets, answer);
    }
  };

  struct RdsService final : Of<Rds> {
    using Of::Of;
    Status DescribeDbInstances(ServerContext*, const rds::v1::DescribeDbInstancesRequest*,
                               rds::v1::DescribeDbInstancesResponse* answer) override {
      return Give(&State::databases, answer);
    }
  };

  struct RegionService final : Of<Region> {
    using Of::Of;
    Status GetStatus(ServerContext*, const region::v1::GetStatusRequest*,
                     region::v1::GetStatusResponse* answer) override {
      return Give(&State::status, answer);
    }
    Status DescribeEvents(ServerContext*, const region::v1::DescribeEventsRequest*,
                          region::v1::DescribeEventsResponse* answer) override {
      return Give(&State::events, answer);
    }
    Status WatchEvents(ServerContext* context, const region::v1::WatchEventsRequest* request,
                       grpc::ServerWriter<region::v1::Event>* writer) override {
      int sent = request->after_id();
      std::unique_lock lock(fake.mutex_);
      while (!fake.stopping_ && !context->IsCancelled()) {
        while (sent < fake.state_.events.events_size()) {
          if (!writer->Write(fake.state_.events.events(sent++))) return Status::OK;
        }
        fake.changed_.wait_for(lock, std::chrono::milliseconds(10));
      }
      return Status(grpc::StatusCode::UNAVAILABLE, "stopping");
    }
    Status Describe(ServerContext* context, const region::v1::DescribeRequest* request,
                    region::v1::DescribeResponse* answer) override {
      std::lock_guard lock(fake.mutex_);
      if (const auto known = fake.state_.physical_ids.find(request->id()); known != fake.state_.physical_ids.end()) {
        answer->set_id(known->second);
        return Status::OK;
      }
      if (request->id() != fake.state_.description.id()) {
        return NotFound(context, "ResourceNotFound", absl::StrCat("there is nothing called ", request->id()));
      }
      *answer = fake.state_.description;
      return Status::OK;
    }
    Status ReadLog(ServerContext* context, const region::v1::ReadLogRequest* request,
                   grpc::ServerWriter<region::v1::LogChunk>* writer) override {
      std::lock_guard lock(fake.mutex_);
      fake.state_.log_requests.push_back(*request);
      if (request->id() != "i-1") return NotFound(context, "", absl::StrCat("no log is kept of ", request->id()));
      for (const std::string& text : fake.state_.log) {
        region::v1::LogChunk chunk;
        chunk.set_data(text);
        writer->Write(chunk);
      }
      return Status::OK;
    }
    Status DeleteRetained(ServerContext* context, const region::v1::DeleteRetainedRequest* request,
                          region::v1::DeleteRetainedResponse* answer) override {
      std::lock_guard lock(fake.mutex_);
      auto& all = *fake.state_.resources.mutable_resources();
      for (int i = all.size() - 1; i >= 0; --i) {
        const bool asked = request->id().empty() || all[i].physical_id() == request->id();
        if (!all[i].stack_name().empty() || !asked) continue;
        answer->add_ids(all[i].physical_id());
        all.DeleteSubrange(i, 1);
      }
      if (answer->ids().empty()) return NotFound(context, "ValidationError", "no stack has left that behind");
      return Status::OK;
    }
    Status SetProtection(ServerContext*, const region::v1::SetProtectionRequest* request,
                         region::v1::SetProtectionResponse*) override {
      std::lock_guard lock(fake.mutex_);
      fake.state_.protections.push_back(*request);
      return Status::OK;
    }
    Status Shutdown(ServerContext*, const region::v1::ShutdownRequest*, region::v1::ShutdownResponse*) override {
      std::lock_guard lock(fake.mutex_);
      if (fake.state_.stacks.stacks_size() > 0) return Status(grpc::StatusCode::FAILED_PRECONDITION, "stacks exist");
      ++fake.state_.shutdowns;
      if (std::exchange(fake.state_.dies_in_shutdown, false)) return Status::OK;
      // As the real one: nothing but data and logs stays. A call that is under way is not hurt.
      for (const auto& entry : std::filesystem::directory_iterator(fake.state_dir_)) {
        const std::string name = entry.path().filename();
        if (name != "data" && name != "log") std::filesystem::remove_all(entry.path());
      }
      return Status::OK;
    }
  };

  struct Route53Service final : Of<Route53> {
    using Of::Of;
    Status ListHostedZones(ServerContext*, const route53::v1::ListHostedZonesRequest*,
                           route53::v1::ListHostedZonesResponse* answer) override {
      return Give(&State::zones, answer);
    }
    Status ListResourceRecordSets(ServerContext*, const route53::v1::ListResourceRecordSetsRequest*,
                                  route53::v1::ListResourceRecordSetsResponse* answer) override {
      return Give(&State::records, answer);
    }
  };

  struct VpcService final : Of<Vpcs> {
    using Of::Of;
    Status DescribeVpcs(ServerContext*, const vpc::v1::DescribeVpcsRequest*,
                        vpc::v1::DescribeVpcsResponse* answer) override {
      return Give(&State::vpcs, answer);
    }
    Status DescribeSubnets(ServerContext*, const vpc::v1::DescribeSubnetsRequest*,
                           vpc::v1::DescribeSubnetsResponse* answer) override {
      return Give(&State::subnets, answer);
    }
  };

  AutoScalingService autoscaling_;
  CloudFormationService cloudformation_;
  Ec2Service ec2_;
  ElbService elbv2_;
  RdsService rds_;
  RegionService region_;
  Route53Service route53_;
  VpcService vpcs_;
};

FakeRegion::FakeRegion() {
  char path[] = "/tmp/nubo-cli-XXXXXX";
  state_dir_ = ::mkdtemp(path);
}

FakeRegion::~FakeRegion() {
  Stop();
  std::filesystem::remove_all(state_dir_);
}

void FakeRegion::Start() {
  Stop();
  std::filesystem::create_directories(absl::StrCat(state_dir_, "/run"));
  stopping_ = false;
  services_ = std::make_unique<Services>(*this);
  grpc::ServerBuilder builder;
  builder.AddListeningPort(absl::StrCat("unix:", SocketPath(state_dir_)), grpc::InsecureServerCredentials());
  services_->Register(builder);
  server_ = builder.BuildAndStart();
}

void FakeRegion::Stop() {
  if (server_ == nullptr) return;
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  server_->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(1));
  server_->Wait();
  server_.reset();
  services_.reset();
  std::filesystem::remove_all(absl::StrCat(state_dir_, "/run"));
}

void FakeRegion::Edit(const std::function<void(State&)>& edit) {
  {
    std::lock_guard lock(mutex_);
    edit(state_);
  }
  changed_.notify_all();
}

absl::Status FakeLauncher::Launch(const LaunchOptions& options) {
  launched.push_back(options);
  if (outcome.ok()) region_.Start();
  return outcome;
}

}  // namespace nubo::cli
