// A gRPC client that balances by itself: the load balancer's policies, health and retries, in the caller's own process.
//
//   GrpcPool<Todo::Stub> pool = …
//   grpc::Status status = pool.Call([&](Todo::Stub& stub, grpc::ClientContext& context) {
//     return stub.List(&context, request, &response);
//   });
//
// The stub is that of the endpoint that the policy picked; unary or streaming, what is done with it is the function's
// business, as long as it is over when the function returns. The context comes with the call's deadline; metadata may
// be added. With {.idempotent = true} a call whose endpoint cannot be reached is tried on another one.
//
// A hedged read is begun with the stub's callback interface, so that two attempts can be under way:
//
//   ListResponse response;
//   grpc::Status status = pool.CallHedged<ListResponse>(
//       [&](Todo::Stub& stub, grpc::ClientContext& context, ListResponse& response, auto done) {
//         stub.async()->List(&context, &request, &response, std::move(done));
//       },
//       &response);
//
// Endpoints come from a list (SetEndpoints) or a source (Watch): DNS, say, by dns_endpoints.h.
//
// Only gRPC's public interface is used.
//
// Thread safety: as ChannelPool.
#ifndef NUBO_LB_GRPC_GRPC_POOL_H_
#define NUBO_LB_GRPC_GRPC_POOL_H_

#include <functional>
#include <memory>
#include <utility>

#include "nubo/lb_grpc/channel_pool.h"

namespace nubo::lb_grpc {

template <typename Stub>
class GrpcPool {
 public:
  using Function = std::function<grpc::Status(Stub& stub, grpc::ClientContext& context)>;
  template <typename Response>
  using Start = std::function<void(Stub& stub, grpc::ClientContext& context, Response& response,
                                   std::function<void(grpc::Status)> done)>;

  // As ChannelPool::Create.
  static absl::StatusOr<std::unique_ptr<GrpcPool>> Create(ChannelPoolOptions options,
                                                          std::unique_ptr<lb::Policy> policy, const base::Clock& clock,
                                                          absl::BitGenRef rng) {
    const auto make_stub = [](const std::shared_ptr<grpc::Channel>& channel) -> std::shared_ptr<void> {
      return std::make_shared<Stub>(channel);
    };
    absl::StatusOr<std::unique_ptr<ChannelPool>> channels =
        ChannelPool::Create(std::move(options), std::move(policy), make_stub, clock, rng);
    if (!channels.ok()) return channels.status();
    return std::unique_ptr<GrpcPool>(new GrpcPool(*std::move(channels)));
  }

  // As ChannelPool's.
  absl::Status SetEndpoints(absl::Span<const lb::TargetSpec> endpoints) { return channels_->SetEndpoints(endpoints); }
  absl::Status Watch(std::unique_ptr<EndpointSource> source) { return channels_->Watch(std::move(source)); }
  void ReportLoad(absl::string_view endpoint_id, const lb::LoadReport& report) {
    channels_->ReportLoad(endpoint_id, report);
  }
  absl::Status endpoints_status() const { return channels_->endpoints_status(); }
  std::vector<lb::TargetStatus> Describe() const { return channels_->Describe(); }

  grpc::Status Call(const Function& function, const CallOptions& options = {}) {
    return channels_->Call(options, [&function](void* stub, grpc::ClientContext& context) {
      return function(*static_cast<Stub*>(stub), context);
    });
  }

  // `response` is written only if the status is OK. `start` is not called any more once this has returned.
  template <typename Response>
  grpc::Status CallHedged(const Start<Response>& start, Response* response, const CallOptions& options = {}) {
    std::shared_ptr<void> answer;
    const auto begin = [&start](void* stub, grpc::ClientContext& context, ChannelPool::Done done) {
      // Each attempt has a response of its own, which lives as long as gRPC may write to it.
      auto own = std::make_shared<Response>();
      start(*static_cast<Stub*>(stub), context, *own,
            [own, done = std::move(done)](grpc::Status status) { done(std::move(status)); });
      return std::shared_ptr<void>(own);
    };
    grpc::Status status = channels_->CallHedged(options, begin, &answer);
    if (status.ok()) *response = std::move(*static_cast<Response*>(answer.get()));
    return status;
  }

 private:
  explicit GrpcPool(std::unique_ptr<ChannelPool> channels) : channels_(std::move(channels)) {}
  const std::unique_ptr<ChannelPool> channels_;
};

}  // namespace nubo::lb_grpc

#endif  // NUBO_LB_GRPC_GRPC_POOL_H_
