#include "nubo/api/grpc/calls.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "nubo/api/grpc/log_reader.h"
#include "nubo/base/status.h"
#include "nubo/drivers/log_times.h"
#include "nubo/drivers/shim_probe.h"
#include "nubo/region/dns/instance_names.h"
#include "nubo/region/groups/operations.h"
#include "nubo/region/lookup/describe_events.h"
#include "nubo/region/lookup/describe_one.h"
#include "nubo/region/lookup/protection.h"
#include "nubo/region/stacks/retained.h"
#include "nubo/region/supervisor/services.h"
#include "nubo/region/v1/region.grpc.pb.h"

namespace nubo::region {
namespace {

constexpr absl::Duration kFollowPoll = absl::Milliseconds(200);
constexpr size_t kLogChunk = 64 << 10;
// Calls that follow something; each holds a thread for as long as it lasts.
constexpr int kFollowersMax = 64;
// How long each process may take to answer when it is asked for `status`.
constexpr absl::Duration kProbeLimit = absl::Seconds(1);

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

void ShowService(const Region::Answer& answer, v1::GetStatusResponse* response) {
  v1::Probe* probe = response->add_probes();
  probe->set_kind(answer.target.probe.what);
  probe->set_name(answer.target.probe.name);
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

  grpc::Status DescribeEvents(grpc::ServerContext* call, const v1::DescribeEventsRequest* request,
                              v1::DescribeEventsResponse* response) override {
    return ToGrpc(call, region::Describe(region_.events(), *request, *response));
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
      if (request->scale_in()) {
        NUBO_ASSIGN_OR_RETURN(const std::vector<bool> former,
                              SetInstanceProtection(context, {.instance_ids = {request->id()},
                                                              .protected_from_scale_in = request->on()}));
        response->set_former(former[0]);
      } else {
        NUBO_ASSIGN_OR_RETURN(const bool former, Protect(context, request->id(), request->on()));
        response->set_former(former);
      }
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
      const std::string service = ProcessOf(context, FullId(context, id));
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

std::unique_ptr<grpc::Service> MakeRegionService(Region& region, const ServiceOptions& options) {
  return std::make_unique<RegionService>(region, options);
}

}  // namespace nubo::region
