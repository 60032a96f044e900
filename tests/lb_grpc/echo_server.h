// A real gRPC server on a loopback address, of a test's own, with a hand on how it answers.
#ifndef TESTS_LB_GRPC_ECHO_SERVER_H_
#define TESTS_LB_GRPC_ECHO_SERVER_H_

#include <grpcpp/ext/health_check_service_server_builder_option.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "nubo/examples/echo/v1/echo.grpc.pb.h"
#include "nubo/lb/target.h"

namespace nubo::lb_grpc {

namespace echo = ::nubo::examples::echo::v1;

class EchoServer final : public echo::EchoService::Service {
 public:
  explicit EchoServer(std::string name, int port = 0, const std::string& ip = "127.0.0.1") : name_(std::move(name)) {
    grpc::EnableDefaultHealthCheckService(true);
    grpc::ServerBuilder builder;
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    builder.AddListeningPort(absl::StrCat(ip, ":", port), grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }
  ~EchoServer() override { Kill(); }

  const std::string& name() const { return name_; }
  int port() const { return port_; }
  int calls() const { return calls_; }
  int cancelled() const { return cancelled_; }
  lb::TargetSpec spec() const {
    return {.id = name_, .address = {net::IpAddress::V4(0x7f000001), static_cast<uint16_t>(port_)}};
  }

  // Every call waits until Release, or until it is cancelled.
  void Hold() {
    Set([this] { held_ = true; });
  }
  void Release() {
    Set([this] { held_ = false; });
  }
  // Every call ends so.
  void AnswerWith(grpc::Status status) {
    Set([this, &status] { answer_ = std::move(status); });
  }
  void SetServing(bool serving) { server_->GetHealthCheckService()->SetServingStatus(serving); }
  // Nobody listens any more, and what is under way is broken off.
  void Kill() {
    Release();
    server_->Shutdown(std::chrono::system_clock::now());
  }

  grpc::Status Echo(grpc::ServerContext* context, const echo::EchoRequest* request,
                    echo::EchoResponse* response) override {
    ++calls_;
    response->set_text(request->text());
    response->set_server(name_);
    return Wait(*context);
  }

  grpc::Status EchoStream(grpc::ServerContext* context, const echo::EchoRequest* request,
                          grpc::ServerWriter<echo::EchoResponse>* writer) override {
    ++calls_;
    for (int i = 0; i < request->repeat(); ++i) {
      echo::EchoResponse response;
      response.set_text(absl::StrCat(request->text(), " ", i));
      response.set_server(name_);
      if (!writer->Write(response)) break;
    }
    return Wait(*context);
  }

 private:
  template <typename Change>
  void Set(Change change) {
    const std::lock_guard lock(mutex_);
    change();
    changed_.notify_all();
  }

  grpc::Status Wait(const grpc::ServerContext& context) {
    std::unique_lock lock(mutex_);
    // A cancelled call notifies nobody: hence a look every few milliseconds.
    while (held_ && !context.IsCancelled()) changed_.wait_for(lock, std::chrono::milliseconds(2));
    if (context.IsCancelled()) ++cancelled_;
    return answer_;
  }

  const std::string name_;
  int port_ = 0;
  std::atomic<int> calls_{0};
  std::atomic<int> cancelled_{0};
  std::mutex mutex_;
  std::condition_variable changed_;
  bool held_ = false;
  grpc::Status answer_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace nubo::lb_grpc

#endif  // TESTS_LB_GRPC_ECHO_SERVER_H_
