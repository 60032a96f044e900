#include "examples/todo/backend/backend_server.h"

#include <grpcpp/health_check_service_interface.h>

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"

namespace nubo::examples::todo {
namespace {

// Room for a todo of 1 MB to arrive and be refused by its title's own rule rather than by a transport's.
constexpr int kMessageBytesMax = 2 << 20;
// All of gRPC's buffers together; past it gRPC gives up connections instead of the process.
constexpr size_t kBufferBytesMax = 512u << 20;

}  // namespace

BackendServer::BackendServer(BackendOptions options, TodoCore& core, Ready ready, const base::Clock& clock,
                             Dispatcher::Log log)
    : options_(std::move(options)),
      core_(core),
      ready_(std::move(ready)),
      clock_(clock),
      log_(log),
      dispatcher_(clock, options_.call_max, std::move(log)),
      limits_(clock, options_.attempts),
      calls_(options_.calls),
      hashes_(options_.hashes),
      accounts_(core, dispatcher_, limits_, calls_, hashes_),
      todos_(core, dispatcher_, calls_),
      next_sweep_(clock.Now() + options_.sweep_interval) {}

BackendServer::~BackendServer() { Shutdown(); }

absl::StatusOr<std::unique_ptr<BackendServer>> BackendServer::Start(BackendOptions options, TodoCore& core, Ready ready,
                                                                    const base::Clock& clock, Dispatcher::Log log) {
  std::unique_ptr<BackendServer> server(
      new BackendServer(std::move(options), core, std::move(ready), clock, std::move(log)));
  NUBO_RETURN_IF_ERROR(server->Listen());
  server->housekeeper_ = std::thread([raw = server.get()] { raw->Housekeep(); });
  return server;
}

absl::Status BackendServer::Listen() {
  grpc::EnableDefaultHealthCheckService(true);
  grpc::ServerBuilder builder;
  builder.AddListeningPort(options_.listen_address, grpc::InsecureServerCredentials(), &port_);
  // Two processes must not share a port without knowing.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.SetMaxReceiveMessageSize(kMessageBytesMax);
  builder.SetResourceQuota(grpc::ResourceQuota("todo-backend").Resize(kBufferBytesMax));
  builder.RegisterService(&accounts_);
  builder.RegisterService(&todos_);
  server_ = builder.BuildAndStart();
  if (server_ == nullptr || port_ == 0) {
    server_.reset();
    return absl::UnavailableError(absl::StrCat("cannot listen on ", options_.listen_address));
  }
  server_->GetHealthCheckService()->SetServingStatus(false);
  return absl::OkStatus();
}

void BackendServer::Probe() {
  const absl::Status probed = ready_(clock_.Now() + options_.call_max);
  if (probed.ok()) dispatcher_.Open();
  server_->GetHealthCheckService()->SetServingStatus(probed.ok());
  if (probed.ok() != last_probe_.ok() || (!probed.ok() && probed != last_probe_)) {
    log_(probed.ok() ? "the database is reachable and migrated: SERVING"
                     : absl::StrCat("NOT_SERVING: ", probed.ToString()));
  }
  last_probe_ = probed;
}

void BackendServer::Housekeep() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    Probe();
    if (last_probe_.ok() && clock_.Now() >= next_sweep_) {
      next_sweep_ = clock_.Now() + options_.sweep_interval;
      const absl::StatusOr<int64_t> swept = core_.SweepSessions(clock_.Now() + options_.call_max);
      if (!swept.ok()) log_(absl::StrCat("sweeping sessions failed: ", swept.status().ToString()));
    }
    lock.lock();
    wake_.wait_for(lock, absl::ToChronoNanoseconds(options_.probe_interval), [this] { return stopping_; });
  }
}

void BackendServer::Shutdown() {
  {
    std::lock_guard lock(mutex_);
    if (stopping_) return;
    stopping_ = true;
  }
  wake_.notify_all();
  // Never SERVING again, whatever a probe that is under way says.
  if (server_ != nullptr) server_->GetHealthCheckService()->Shutdown();
  if (housekeeper_.joinable()) housekeeper_.join();
  if (server_ == nullptr) return;
  server_->Shutdown(std::chrono::system_clock::now() + absl::ToChronoNanoseconds(options_.drain_max));
  server_->Wait();
}

}  // namespace nubo::examples::todo
