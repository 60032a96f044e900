// A gRPC client that balances by a policy of its own. It starts three servers for itself, one of which is slow, and
// counts who gets its calls.
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <iostream>
#include <map>
#include <random>
#include <thread>

#include "nubo/base/clock.h"
#include "nubo/examples/echo/v1/echo.grpc.pb.h"
#include "nubo/lb/policy_registry.h"
#include "nubo/lb_grpc/grpc_pool.h"
#include "quicker_of_two.h"

namespace {

namespace echo = nubo::examples::echo::v1;
using Stub = echo::EchoService::Stub;
using Pool = nubo::lb_grpc::GrpcPool<Stub>;

// Answers with its name, after a while.
class Server final : public echo::EchoService::Service {
 public:
  Server(std::string name, std::chrono::milliseconds takes) : name_(std::move(name)), takes_(takes) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }
  nubo::lb::TargetSpec spec() const {
    return {.id = name_, .address = {nubo::net::IpAddress::V4(0x7f000001), static_cast<uint16_t>(port_)}};
  }
  grpc::Status Echo(grpc::ServerContext*, const echo::EchoRequest*, echo::EchoResponse* response) override {
    std::this_thread::sleep_for(takes_);
    response->set_server(name_);
    return grpc::Status::OK;
  }

 private:
  const std::string name_;
  const std::chrono::milliseconds takes_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

// [call]
// Who answered; empty if nobody did.
std::string Ask(Pool& pool) {
  echo::EchoRequest request;
  echo::EchoResponse response;
  const grpc::Status status =
      pool.Call([&](Stub& stub, grpc::ClientContext& context) { return stub.Echo(&context, request, &response); },
                {.timeout = absl::Seconds(5), .idempotent = true});
  if (!status.ok()) std::cerr << status.error_message() << "\n";
  return response.server();
}
// [/call]

}  // namespace

int main() {
  Server quick("quick", std::chrono::milliseconds(1));
  Server brisk("brisk", std::chrono::milliseconds(1));
  Server slow("slow", std::chrono::milliseconds(20));
  // [pool]
  const nubo::lb::PolicyRegistry registry = nubo::lb::PolicyRegistry::Builder()
                                                .AddBuiltins()
                                                .Add("quicker_of_two", [] { return std::make_unique<QuickerOfTwo>(); })
                                                .Build();
  const nubo::base::SystemClock clock;
  std::mt19937_64 rng(std::random_device{}());
  nubo::lb_grpc::ChannelPoolOptions options;
  options.name = "echo";
  auto pool = Pool::Create(options, *registry.Create("quicker_of_two"), clock, rng);
  if (!pool.ok()) return 1;
  absl::Status status = (*pool)->SetEndpoints({quick.spec(), brisk.spec(), slow.spec()});
  // [/pool]
  if (!status.ok()) return 1;
  std::map<std::string, int> answers;
  for (int i = 0; i < 300; ++i) ++answers[Ask(**pool)];
  std::cout << "answered: " << 300 - answers[""] << " of 300\n";
  const bool fewest = answers["slow"] < answers["quick"] && answers["slow"] < answers["brisk"];
  std::cout << "the slow server got the fewest: " << (fewest ? "yes" : "no") << "\n";
}
