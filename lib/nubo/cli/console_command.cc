// nubo console: the page that draws the running region.
#include <signal.h>
#include <sys/random.h>

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nubo/base/status.h"
#include "nubo/cli/client.h"
#include "nubo/cli/commands.h"
#include "nubo/cli/json.h"
#include "nubo/console/console.h"
#include "nubo/http/server.h"
#include "nubo/http/static_files.h"
#include "nubo/net/loop.h"
#include "nubo/net/stream.h"

namespace nubo::cli {
namespace {

constexpr size_t kTokenBytes = 16;
constexpr size_t kLogBytesMax = 64 << 10;
constexpr int kEventsMax = 200;
constexpr absl::Duration kLookInterval = absl::Milliseconds(100);

// The region over its socket. Connects anew with every call, so that it finds the next control plane too.
class RemoteRegion final : public console::Region {
 public:
  explicit RemoteRegion(std::string state_dir) : state_dir_(std::move(state_dir)) {}

  absl::StatusOr<std::string> Snapshot() override {
    NUBO_ASSIGN_OR_RETURN(const auto client, Client::Connect(state_dir_));
    std::vector<std::string> parts;
    NUBO_RETURN_IF_ERROR(
        Add("status", *client, client->region(), &region::v1::Region::StubInterface::GetStatus, parts));
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
    NUBO_RETURN_IF_ERROR(
        Add("targets", *client, elb, &ElasticLoadBalancing::StubInterface::DescribeTargetHealth, parts));
    NUBO_RETURN_IF_ERROR(
        Add("records", *client, client->route53(), &Route53::StubInterface::ListResourceRecordSets, parts));
    NUBO_RETURN_IF_ERROR(Add("subnets", *client, client->vpcs(), &Vpcs::StubInterface::DescribeSubnets, parts));
    NUBO_RETURN_IF_ERROR(Add("databases", *client, client->rds(), &Rds::StubInterface::DescribeDbInstances, parts));
    NUBO_RETURN_IF_ERROR(AddEvents(*client, parts));
    return absl::StrCat("{", absl::StrJoin(parts, ","), "}");
  }

  absl::StatusOr<std::string> Describe(const std::string& id) override {
    NUBO_ASSIGN_OR_RETURN(const auto client, Client::Connect(state_dir_));
    region::v1::DescribeRequest request;
    request.set_id(id);
    NUBO_ASSIGN_OR_RETURN(const auto answer,
                          client->Call(client->region(), &region::v1::Region::StubInterface::Describe, request));
    return JsonLine(answer);
  }

  absl::StatusOr<std::string> Log(const std::string& id) override {
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

  absl::Status Kill(const std::string& id) override {
    NUBO_ASSIGN_OR_RETURN(const auto client, Client::Connect(state_dir_));
    NUBO_ASSIGN_OR_RETURN(const auto answer, client->Call(client->ec2(), &Ec2::StubInterface::DescribeInstances, {}));
    for (const auto& instance : answer.instances()) {
      if (instance.instance_id() != id || instance.state() != "running" || instance.pid() <= 1) continue;
      if (::kill(instance.pid(), SIGKILL) == 0) return absl::OkStatus();
      return absl::FailedPreconditionError(absl::StrCat(id, " cannot be killed: its process has ended"));
    }
    return absl::NotFoundError(absl::StrCat("no instance ", id, " is running"));
  }

  absl::Status Terminate(const std::string& id) override {
    NUBO_ASSIGN_OR_RETURN(const auto client, Client::Connect(state_dir_));
    ec2::v1::TerminateInstancesRequest request;
    request.add_instance_ids(id);
    return client->Call(client->ec2(), &Ec2::StubInterface::TerminateInstances, request).status();
  }

  absl::Status SetDesired(const std::string& group, int desired) override {
    NUBO_ASSIGN_OR_RETURN(const auto client, Client::Connect(state_dir_));
    autoscaling::v1::SetDesiredCapacityRequest request;
    request.set_auto_scaling_group_name(group);
    request.set_desired_capacity(desired);
    return client->Call(client->autoscaling(), &AutoScaling::StubInterface::SetDesiredCapacity, request).status();
  }

 private:
  template <typename Stub, typename Request, typename Response>
  static absl::Status Add(absl::string_view name, const Client& client, Stub& stub,
                          grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                          std::vector<std::string>& parts) {
    NUBO_ASSIGN_OR_RETURN(const Response answer, client.Call(stub, method, {}));
    NUBO_ASSIGN_OR_RETURN(const std::string json, JsonLine(answer));
    parts.push_back(absl::StrCat("\"", name, "\":", absl::StripAsciiWhitespace(json)));
    return absl::OkStatus();
  }

  // The newest only: the page is told again every second.
  static absl::Status AddEvents(const Client& client, std::vector<std::string>& parts) {
    NUBO_ASSIGN_OR_RETURN(auto answer,
                          client.Call(client.region(), &region::v1::Region::StubInterface::DescribeEvents, {}));
    auto* events = answer.mutable_events();
    if (events->size() > kEventsMax) events->DeleteSubrange(0, events->size() - kEventsMax);
    NUBO_ASSIGN_OR_RETURN(const std::string json, JsonLine(answer));
    parts.push_back(absl::StrCat("\"events\":", absl::StripAsciiWhitespace(json)));
    return absl::OkStatus();
  }

  const std::string state_dir_;
};

absl::StatusOr<std::string> MakeToken() {
  unsigned char bytes[kTokenBytes];
  if (::getrandom(bytes, sizeof bytes, 0) != static_cast<ssize_t>(sizeof bytes)) {
    return absl::UnavailableError("this machine gives no random bytes for a token");
  }
  return absl::BytesToHexString(absl::string_view(reinterpret_cast<const char*>(bytes), sizeof bytes));
}

net::Task<void> StopWhenInterrupted(net::Loop& loop, const std::atomic<bool>& interrupted) {
  while (!interrupted.load()) co_await loop.SleepFor(kLookInterval);
  loop.Stop();
}

}  // namespace

absl::Status ServeConsole(const ConsoleCommandOptions& options, Context& context) {
  // Says so at once if there is nothing to show.
  NUBO_RETURN_IF_ERROR(Client::Connect(options.state_dir).status());
  NUBO_ASSIGN_OR_RETURN(const http::StaticFiles files, http::StaticFiles::Load(options.page_dir, {}));
  NUBO_ASSIGN_OR_RETURN(const std::string token, MakeToken());
  RemoteRegion region(options.state_dir);
  net::Loop loop;
  NUBO_ASSIGN_OR_RETURN(std::unique_ptr<net::Listener> listener, net::ListenTcp(loop, options.address));
  const net::SocketAddress address = listener->local();
  console::Console console(loop, region, files, {.token = token, .address = address});
  http::Server server(loop, console, {});
  loop.Spawn(server.Serve(std::move(listener)));
  loop.Spawn(StopWhenInterrupted(loop, context.interrupted));
  context.out << "http://" << address.ToString() << "/?token=" << token << "\n";
  context.out.flush();
  context.err << "nubo: open it in a browser; Ctrl-C ends it\n";
  context.err.flush();
  loop.Run();
  return absl::OkStatus();
}

}  // namespace nubo::cli
