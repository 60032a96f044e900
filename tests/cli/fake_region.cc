#include "tests/cli/fake_region.h"

#include <stdlib.h>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <set>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "nubo/cli/args/names.h"
#include "nubo/region/resources/list_filters.h"

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

namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

std::string TextOf(const Message& entry, const FieldDescriptor* field) {
  const bool text = field != nullptr && !field->is_repeated() && field->cpp_type() == FieldDescriptor::CPPTYPE_STRING;
  return text ? entry.GetReflection()->GetString(entry, field) : "";
}

// "nubo:stack-name" is held against stack_name, and so on; nullptr: there is no such field.
const FieldDescriptor* FieldOf(const Message& entry, const std::string& filter) {
  const std::string name = filter == "instance-state-name" ? "state" : filter;
  return entry.GetDescriptor()->FindFieldByName(absl::StrReplaceAll(name, {{"nubo:", ""}, {"-", "_"}}));
}

// The words of an entry that a filter looks at.
std::set<std::string> WordsOf(const Message& entry, const std::string& filter) {
  const auto& type = *entry.GetDescriptor();
  const std::string path = absl::StrCat(TextOf(entry, type.FindFieldByName("stack_name")), "/",
                                        TextOf(entry, type.FindFieldByName("logical_id")));
  if (filter != region::kAnyFilter) {
    std::set<std::string> words = {TextOf(entry, FieldOf(entry, filter))};
    if (filter == region::kLogicalIdFilter) words.insert(path);
    return words;
  }
  std::set<std::string> words = {path};
  for (int i = 0; i < type.field_count(); ++i) words.insert(TextOf(entry, type.field(i)));
  return words;
}

// As the region, but without wildcards.
bool Passes(const Message& entry, const google::protobuf::RepeatedPtrField<region::v1::Filter>& filters) {
  return std::all_of(filters.begin(), filters.end(), [&](const region::v1::Filter& filter) {
    const std::set<std::string> words = WordsOf(entry, filter.name());
    return std::any_of(filter.values().begin(), filter.values().end(), [&](const std::string& value) {
      return words.count(absl::StrReplaceAll(value, {{"\\*", "*"}, {"\\?", "?"}})) > 0;
    });
  });
}

// What a request names beside its filters: "stack_name" is that of the entries, one of "group_names" their
// "group_name".
bool IsAskedFor(const Message& entry, const Message& request) {
  const auto& reflection = *request.GetReflection();
  for (int i = 0; i < request.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor* field = request.GetDescriptor()->field(i);
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_STRING || field->name() == "next_token") continue;
    std::set<std::string> asked;
    if (!field->is_repeated()) asked.insert(reflection.GetString(request, field));
    for (int j = 0; field->is_repeated() && j < reflection.FieldSize(request, field); ++j) {
      asked.insert(reflection.GetRepeatedString(request, field, j));
    }
    asked.erase("");
    const std::string name(absl::StripSuffix(field->name(), field->is_repeated() ? "s" : ""));
    if (!asked.empty() && asked.count(TextOf(entry, entry.GetDescriptor()->FindFieldByName(name))) == 0) return false;
  }
  return true;
}

}  // namespace

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

    // A page of that list.
    template <typename Request, typename Response>
    Status List(ServerContext* context, const Request& request, const Response State::* from, Response* to) {
      std::lock_guard lock(fake.mutex_);
      return ListLocked(context, request, fake.state_.*from, to);
    }
    template <typename Request, typename Response>
    Status ListLocked(ServerContext* context, const Request& request, const Response& all, Response* to) {
      State& state = fake.state_;
      ++state.pages;
      state.filters.insert(state.filters.end(), request.filters().begin(), request.filters().end());
      const int entries_max =
          request.max_results() > 0 ? std::min(request.max_results(), state.page_max) : state.page_max;
      int at = request.next_token().empty() ? 0 : std::stoi(request.next_token());
      const FieldDescriptor& entries = *Response::descriptor()->field(0);
      const auto& reflection = *all.GetReflection();
      for (int taken = 0; at < reflection.FieldSize(all, &entries); ++at) {
        const Message& entry = reflection.GetRepeatedMessage(all, &entries, at);
        for (const region::v1::Filter& filter : request.filters()) {
          if (filter.name() == region::kAnyFilter || FieldOf(entry, filter.name()) != nullptr) continue;
          context->AddTrailingMetadata(kErrorCodeKey, "InvalidParameterValue");
          return Status(grpc::StatusCode::INVALID_ARGUMENT,
                        absl::StrCat("The filter '", filter.name(), "' is invalid"));
        }
        if (!IsAskedFor(entry, request) || !Passes(entry, request.filters())) continue;
        if (taken++ == entries_max) {
          to->set_next_token(absl::StrCat(at));
          break;
        }
        to->GetReflection()->AddMessage(to, &entries)->CopyFrom(entry);
      }
      return Status::OK;
    }
  };

  static Status NotFound(ServerContext* context, const std::string& code, const std::string& message) {
    context->AddTrailingMetadata(kErrorCodeKey, code);
    return Status(grpc::StatusCode::NOT_FOUND, message);
  }

  struct AutoScalingService final : Of<AutoScaling> {
    using Of::Of;
    Status DescribeAutoScalingGroups(ServerContext* context,
                                     const autoscaling::v1::DescribeAutoScalingGroupsRequest* request,
                                     autoscaling::v1::DescribeAutoScalingGroupsResponse* answer) override {
      return List(context, *request, &State::groups, answer);
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
    Status DescribeStacks(ServerContext* context, const cloudformation::v1::DescribeStacksRequest* request,
                          cloudformation::v1::DescribeStacksResponse* answer) override {
      std::lock_guard lock(fake.mutex_);
      if (fake.state_.on_poll) fake.state_.on_poll(fake.state_);
      return Told(ListLocked(context, *request, fake.state_.stacks, answer));
    }
    Status DescribeStackResources(ServerContext* context,
                                  const cloudformation::v1::DescribeStackResourcesRequest* request,
                                  cloudformation::v1::DescribeStackResourcesResponse* answer) override {
      return List(context, *request, &State::resources, answer);
    }

   private:
    Status Told(Status status) {
      fake.changed_.notify_all();
      return status;
    }
  };

  struct Ec2Service final : Of<Ec2> {
    using Of::Of;
    Status DescribeInstances(ServerContext* context, const ec2::v1::DescribeInstancesRequest* request,
                             ec2::v1::DescribeInstancesResponse* answer) override {
      return List(context, *request, &State::instances, answer);
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
    Status DescribeImages(ServerContext* context, const ec2::v1::DescribeImagesRequest* request,
                          ec2::v1::DescribeImagesResponse* answer) override {
      return List(context, *request, &State::images, answer);
    }
  };

  struct ElbService final : Of<ElasticLoadBalancing> {
    using Of::Of;
    Status DescribeLoadBalancers(ServerContext* context, const elbv2::v1::DescribeLoadBalancersRequest* request,
                                 elbv2::v1::DescribeLoadBalancersResponse* answer) override {
      return List(context, *request, &State::load_balancers, answer);
    }
    Status DescribeTargetGroups(ServerContext* context, const elbv2::v1::DescribeTargetGroupsRequest* request,
                                elbv2::v1::DescribeTargetGroupsResponse* answer) override {
      return List(context, *request, &State::target_groups, answer);
    }
    Status DescribeTargetHealth(ServerContext* context, const elbv2::v1::DescribeTargetHealthRequest* request,
                                elbv2::v1::DescribeTargetHealthResponse* answer) override {
      return List(context, *request, &State::targets, answer);
    }
  };

  struct RdsService final : Of<Rds> {
    using Of::Of;
    Status DescribeDbInstances(ServerContext* context, const rds::v1::DescribeDbInstancesRequest* request,
                               rds::v1::DescribeDbInstancesResponse* answer) override {
      return List(context, *request, &State::databases, answer);
    }
  };

  struct RegionService final : Of<Region> {
    using Of::Of;
    Status GetStatus(ServerContext*, const region::v1::GetStatusRequest*,
                     region::v1::GetStatusResponse* answer) override {
      std::lock_guard lock(fake.mutex_);
      *answer = fake.state_.status;
      return Status::OK;
    }
    Status DescribeEvents(ServerContext* context, const region::v1::DescribeEventsRequest* request,
                          region::v1::DescribeEventsResponse* answer) override {
      std::lock_guard lock(fake.mutex_);
      region::v1::DescribeEventsResponse events = fake.state_.events;
      auto& list = *events.mutable_events();
      const auto first = std::find_if(list.begin(), list.end(),
                                      [&](const region::v1::Event& event) { return event.id() > request->after_id(); });
      list.erase(list.begin(), first);
      if (request->newest_first()) std::reverse(list.begin(), list.end());
      return ListLocked(context, *request, events, answer);
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
    Status ListHostedZones(ServerContext* context, const route53::v1::ListHostedZonesRequest* request,
                           route53::v1::ListHostedZonesResponse* answer) override {
      return List(context, *request, &State::zones, answer);
    }
    Status ListResourceRecordSets(ServerContext* context, const route53::v1::ListResourceRecordSetsRequest* request,
                                  route53::v1::ListResourceRecordSetsResponse* answer) override {
      return List(context, *request, &State::records, answer);
    }
  };

  struct VpcService final : Of<Vpcs> {
    using Of::Of;
    Status DescribeVpcs(ServerContext* context, const vpc::v1::DescribeVpcsRequest* request,
                        vpc::v1::DescribeVpcsResponse* answer) override {
      return List(context, *request, &State::vpcs, answer);
    }
    Status DescribeSubnets(ServerContext* context, const vpc::v1::DescribeSubnetsRequest* request,
                           vpc::v1::DescribeSubnetsResponse* answer) override {
      return List(context, *request, &State::subnets, answer);
    }
    Status Reach(ServerContext* context, const vpc::v1::ReachRequest* request,
                 vpc::v1::ReachResponse* answer) override {
      fake.Edit([&](State& state) { state.reach_requests.push_back(*request); });
      return Answer(context, request->to(), &State::reach, answer);
    }
    Status Explain(ServerContext* context, const vpc::v1::ExplainRequest* request,
                   vpc::v1::ExplainResponse* answer) override {
      return Answer(context, request->id(), &State::explanation, answer);
    }
    Status DescribeAddressSpaces(ServerContext* context, const vpc::v1::DescribeAddressSpacesRequest* request,
                                 vpc::v1::DescribeAddressSpacesResponse* answer) override {
      fake.Edit([&](State& state) { state.address_space_requests.push_back(*request); });
      return Answer(context, request->id(), &State::address_spaces, answer);
    }

   private:
    template <typename Response>
    Status Answer(ServerContext* context, const std::string& id, const Response State::* from, Response* to) {
      if (absl::EndsWith(id, "unknown")) return NotFound(context, "", absl::StrCat("nothing here is called ", id));
      std::lock_guard lock(fake.mutex_);
      *to = fake.state_.*from;
      return Status::OK;
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
