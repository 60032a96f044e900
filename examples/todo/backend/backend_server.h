// The backend as a running server: gRPC, health, and the two jobs that repeat.
//
// Health (grpc.health.v1) answers SERVING only while the last probe of the database succeeded, and NOT_SERVING from
// the moment Shutdown begins. Probes use whatever `ready` uses, so give it a connection of its own: a backend whose
// connections are all busy is loaded, not ill.
//
// Example:
//   auto server = *BackendServer::Start({.listen_address = "127.0.0.1:50051"}, core, ready, clock, log);
//   WaitForSigterm();
//   server->Shutdown();
//
// Thread safety: Start and Shutdown belong to one thread.
#ifndef EXAMPLES_TODO_BACKEND_BACKEND_SERVER_H_
#define EXAMPLES_TODO_BACKEND_BACKEND_SERVER_H_

#include <grpcpp/grpcpp.h>

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "examples/todo/backend/attempt_limits.h"
#include "examples/todo/backend/grpc_service.h"
#include "examples/todo/backend/todo_core.h"
#include "examples/todo/backend/worker_pool.h"
#include "nubo/base/clock.h"

namespace nubo::examples::todo {

struct BackendOptions {
  // "ADDRESS:PORT"; port 0 takes a free one.
  std::string listen_address;
  WorkerPoolOptions calls = {.threads = 32, .queue_max = 8'192};
  // Two hashes at once; the queue is what they can work off within a caller's patience.
  WorkerPoolOptions hashes = {.threads = 2, .queue_max = 256};
  AttemptLimitOptions attempts;
  absl::Duration call_max = absl::Seconds(30);
  absl::Duration probe_interval = absl::Seconds(1);
  absl::Duration sweep_interval = absl::Minutes(1);
  // How long calls in flight may take to end at shutdown.
  absl::Duration drain_max = absl::Seconds(10);
};

class BackendServer {
 public:
  // OK when the database is reachable and migrated; may bring that about. Called from one thread, every probe_interval.
  using Ready = std::function<absl::Status(absl::Time deadline)>;

  // `core` and `clock` must outlive the server. UNAVAILABLE: the address cannot be listened on.
  static absl::StatusOr<std::unique_ptr<BackendServer>> Start(BackendOptions options, TodoCore& core, Ready ready,
                                                              const base::Clock& clock, Dispatcher::Log log);
  ~BackendServer();

  int port() const { return port_; }
  // NOT_SERVING, then no new calls; returns when those in flight have ended. Idempotent.
  void Shutdown();

 private:
  BackendServer(BackendOptions options, TodoCore& core, Ready ready, const base::Clock& clock, Dispatcher::Log log);
  absl::Status Listen();
  void Probe();
  void Housekeep();

  const BackendOptions options_;
  TodoCore& core_;
  const Ready ready_;
  const base::Clock& clock_;
  const Dispatcher::Log log_;
  Dispatcher dispatcher_;
  // Before the pools: attempts are held by what is queued there.
  AttemptLimits limits_;
  WorkerPool calls_;
  WorkerPool hashes_;
  AccountGrpcService accounts_;
  TodoGrpcService todos_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;

  // The outcome of the last probe; of the housekeeper's thread.
  absl::Status last_probe_ = absl::UnavailableError("the database has not been asked yet");
  absl::Time next_sweep_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread housekeeper_;
};

}  // namespace nubo::examples::todo

#endif  // EXAMPLES_TODO_BACKEND_BACKEND_SERVER_H_
