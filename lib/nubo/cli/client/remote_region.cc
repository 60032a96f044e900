#include "nubo/cli/client/remote_region.h"

#include <google/protobuf/message.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nubo/base/status.h"
#include "nubo/cli/client/client.h"
#include "nubo/cli/output/json.h"

namespace nubo::cli {
namespace {

absl::Status AddPart(absl::string_view name, const google::protobuf::Message& answer, std::vector<std::string>& parts) {
  NUBO_ASSIGN_OR_RETURN(const std::string json, JsonLine(answer));
  parts.push_back(absl::StrCat("\"", name, "\":", absl::StripAsciiWhitespace(json)));
  return absl::OkStatus();
}

// A list, all of it.
template <typename Stub, typename Request, typename Response>
absl::Status Add(absl::string_view name, const Client& client, Stub& stub,
                 grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                 std::vector<std::string>& parts) {
  NUBO_ASSIGN_OR_RETURN(const Response answer, client.List(stub, method, {}));
  return AddPart(name, answer, parts);
}

// The newest only: the page is told again every second.
absl::Status AddEvents(const Client& client, std::vector<std::string>& parts) {
  region::v1::DescribeEventsRequest request;
  request.set_newest_first(true);
  request.set_max_results(RemoteRegion::kEventsMax);
  NUBO_ASSIGN_OR_RETURN(auto answer,
                        client.Call(client.region(), &region::v1::Region::StubInterface::DescribeEvents, request));
  answer.clear_next_token();
  std::reverse(answer.mutable_events()->begin(), answer.mutable_events()->end());
  return AddPart("events", answer, parts);
}

absl::StatusOr<pid_t> RunningPid(const Client& client, const std::string& id) {
  ec2::v1::DescribeInstancesRequest request;
  AddFilter(request, "instance-id", {id});
  NUBO_ASSIGN_OR_RETURN(const auto answer, client.List(client.ec2(), &Ec2::StubInterface::DescribeInstances, request));
  for (const auto& instance : answer.instances()) {
    if (instance.state() == "running" && instance.pid() > 1) return instance.pid();
  }
  return absl::NotFoundError(absl::StrCat("no instance ", id, " is running"));
}

// One process, whatever becomes of its number (pidfd_open(2)).
class ProcessHandle {
 public:
  explicit ProcessHandle(pid_t pid) : fd_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))) {}
  ~ProcessHandle() {
    if (fd_ >= 0) ::close(fd_);
  }
  ProcessHandle(const ProcessHandle&) = delete;
  ProcessHandle& operator=(const ProcessHandle&) = delete;

  // False: it has ended.
  bool Kill() const { return fd_ >= 0 && ::syscall(SYS_pidfd_send_signal, fd_, SIGKILL, nullptr, 0) == 0; }

 private:
  const int fd_;
};

}  // namespace

RemoteRegion::RemoteRegion(std::string state_dir) : state_dir_(std::move(state_dir)) {}

absl::StatusOr<std::string> RemoteRegion::Snapshot() {
  NUBO_ASSIGN_OR_RETURN(const auto client, Client::Connect(state_dir_));
  std::vector<std::string> parts;
  NUBO_ASSIGN_OR_RETURN(const auto status,
                        client->Call(client->region(), &region::v1::Region::StubInterface::GetStatus, {}));
  NUBO_RETURN_IF_ERROR(AddPart("status", status, parts));
  NUBO_RETURN_IF_ERROR(
      Add("stacks", *client, client->cloudformation(), &CloudFormation::StubInterface::DescribeStacks, parts));
  NUBO_RETURN_IF_ERROR(Add("instances", *client, client->ec2(), &Ec2::StubInterface::DescribeInstances, parts));
  NUBO_RETURN_IF_ERROR(
      Add("groups", *client, client->autoscaling(), &AutoScaling::StubInterface::DescribeAutoScalingGroups, parts));
  auto& elb = client->elbv2();
  NUBO_RETURN_IF_ERROR(
      Add("loadBalancers", *client, elb, &ElasticLoadBalancing::StubInterface::DescribeLoadBalancers, parts));
  NUBO_RETURN_IF_ERROR(
      Add("targetGroups", *client, elb, &ElasticLoadBalancing::StubInterface::DescribeTargetGroups, parts));
  NUBO_RETURN_IF_ERROR(Add("targets", *client, elb, &ElasticLoadBalancing::StubInterface::DescribeTargetHealth, parts));
  NUBO_RETURN_IF_ERROR(
      Add("records", *client, client->route53(), &Route53::StubInterface::ListResourceRecordSets, parts));
  NUBO_RETURN_IF_ERROR(Add("subnets", *client, client->vpcs(), &Vpcs::StubInterface::DescribeSubnets, parts));
  NUBO_RETURN_IF_ERROR(Add("databases", *client, client->rds(), &Rds::StubInterface::DescribeDbInstances, parts));
  NUBO_RETURN_IF_ERROR(AddEvents(*client, parts));
  return absl::StrCat("{", absl::StrJoin(parts, ","), "}");
}

absl::StatusOr<std::string> RemoteRegion::Describe(const std::string& id) {
  NUBO_ASSIGN_OR_RETURN(const auto client, Client::Connect(state_dir_));
  region::v1::DescribeRequest request;
  request.set_id(id);
  NUBO_ASSIGN_OR_RETURN(const auto answer,
                        client->Call(client->region(), &region::v1::Region::StubInterface::Describe, request));
  return JsonLine(answer);
}

absl::StatusOr<std::string> RemoteRegion::Log(const std::string& id) {
  NUBO_ASSIGN_OR_RETURN(const auto client, Client::Connect(state_dir_));
  region::v1::ReadLogRequest request;
  request.set_id(id);
  grpc::ClientContext call;
  call.set_deadline(std::chrono::system_clock::now() + absl::ToChronoMicroseconds(Client::kCallMax));
  const auto reader = client->region().ReadLog(&call, request);
  region::v1::LogChunk chunk;
  std::string text;
  while (reader->Read(&chunk)) {
    text += chunk.data();
    if (text.size() > 2 * kLogBytesMax) text.erase(0, text.size() - kLogBytesMax);
  }
  NUBO_RETURN_IF_ERROR(ToStatus(reader->Finish(), call));
  return text.size() <= kLogBytesMax ? text : text.substr(text.size() - kLogBytesMax);
}

absl::Status RemoteRegion::Kill(const std::string& id) {
  NUBO_ASSIGN_OR_RETURN(const auto client, Client::Connect(state_dir_));
  NUBO_ASSIGN_OR_RETURN(const pid_t pid, RunningPid(*client, id));
  const ProcessHandle process(pid);
  // A process that ended meanwhile may have left its number to another: what is held is the instance's if the instance
  // still has that number now.
  NUBO_ASSIGN_OR_RETURN(const pid_t still, RunningPid(*client, id));
  if (still == pid && process.Kill()) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(id, " cannot be killed: its process has ended"));
}

absl::Status RemoteRegion::Terminate(const std::string& id) {
  NUBO_ASSIGN_OR_RETURN(const auto client, Client::Connect(state_dir_));
  ec2::v1::TerminateInstancesRequest request;
  request.add_instance_ids(id);
  return client->Call(client->ec2(), &Ec2::StubInterface::TerminateInstances, request).status();
}

absl::Status RemoteRegion::SetDesired(const std::string& group, int desired) {
  NUBO_ASSIGN_OR_RETURN(const auto client, Client::Connect(state_dir_));
  autoscaling::v1::SetDesiredCapacityRequest request;
  request.set_auto_scaling_group_name(group);
  request.set_desired_capacity(desired);
  return client->Call(client->autoscaling(), &AutoScaling::StubInterface::SetDesiredCapacity, request).status();
}

}  // namespace nubo::cli
