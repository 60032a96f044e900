// The backend's gRPC services, as coroutines of a net::Loop, with the retries that each call allows.
//
// Calls go to the backend's load balancer: one channel over all its addresses, round robin, re-made when they change.
// Calls that are safe to repeat fail fast and are repeated (retry_policy.h). Sign-up and adding a todo wait for a
// connection and are then sent once: should the answer be lost, nobody can know whether they were done.
//
// Example:
//   BackendClient backend(loop, {}, rng);
//   backend.SetAddresses({*net::SocketAddress::Parse("127.44.1.7:50051")});
//   absl::StatusOr<v1::ListTodosResponse> todos = co_await backend.Call(caller, request);
//
// Thread safety: belongs to its loop's thread.
#ifndef EXAMPLES_TODO_FRONTEND_BACKEND_CLIENT_H_
#define EXAMPLES_TODO_FRONTEND_BACKEND_CLIENT_H_

#include <grpcpp/grpcpp.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "absl/random/bit_gen_ref.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "examples/todo/frontend/retry_policy.h"
#include "nubo/examples/todo/v1/todo.grpc.pb.h"
#include "nubo/net/ip_address.h"
#include "nubo/net/loop.h"

namespace nubo::examples::todo {

// Which service, method and answer belong to a request message, and whether it may be repeated.
template <typename Request>
struct Method;

struct BackendClientOptions {
  // For one call with all its attempts.
  absl::Duration call_timeout = absl::Seconds(10);
  // For one attempt of a call that may be repeated: one that hangs leaves time for another.
  absl::Duration attempt_timeout = absl::Seconds(4);
  RetryPolicy retry;
  // NAME:PORT that calls are addressed to, whatever the addresses; the first address if empty.
  std::string authority;
};

// On whose behalf a call is made.
struct Caller {
  // Empty for sign-up and sign-in.
  std::string token;
  // The address that limits on sign-ups and sign-ins go by; empty: this frontend's.
  std::string client;
};

class BackendClient {
 public:
  // `loop` and what `rng` refers to outlive it.
  BackendClient(net::Loop& loop, BackendClientOptions options, absl::BitGenRef rng);
  // Cancels calls under way and waits for gRPC to let go of them.
  ~BackendClient();

  // Where the backend's load balancer is now. Empty: unknown, and calls wait for better. No change: nothing happens.
  void SetAddresses(std::vector<net::SocketAddress> addresses);

  // Sends `request`. UNAVAILABLE, DEADLINE_EXCEEDED, or what the backend
  // says.
  template <typename Request>
  net::Task<absl::StatusOr<typename Method<Request>::Response>> Call(Caller caller, Request request);

 private:
  struct Stubs {
    std::unique_ptr<v1::AccountService::Stub> accounts;
    std::unique_ptr<v1::TodoService::Stub> todos;
  };

  template <typename Request>
  net::Task<absl::StatusOr<typename Method<Request>::Response>> Attempt(const Caller& caller, const Request& request,
                                                                        absl::Time deadline);
  // gRPC's thread is done with a call.
  void Forget(const std::shared_ptr<grpc::ClientContext>& context);

  net::Loop& loop_;
  const BackendClientOptions options_;
  absl::BitGenRef rng_;
  std::vector<net::SocketAddress> addresses_;
  std::shared_ptr<Stubs> stubs_;
  net::Event stubs_changed_;

  std::mutex mutex_;
  std::condition_variable none_in_flight_;
  std::set<std::shared_ptr<grpc::ClientContext>> in_flight_;
};

template <>
struct Method<v1::SignUpRequest> {
  using Response = v1::SignUpResponse;
  using Service = v1::AccountService;
  static constexpr RetryClass kRetry = RetryClass::kOnce;
};
template <>
struct Method<v1::SignInRequest> {
  using Response = v1::SignInResponse;
  using Service = v1::AccountService;
  // A repeat makes one more session, which nobody uses and which expires.
  static constexpr RetryClass kRetry = RetryClass::kRepeatable;
};
template <>
struct Method<v1::SignOutRequest> {
  using Response = v1::SignOutResponse;
  using Service = v1::AccountService;
  static constexpr RetryClass kRetry = RetryClass::kRepeatable;
};
template <>
struct Method<v1::ListTodosRequest> {
  using Response = v1::ListTodosResponse;
  using Service = v1::TodoService;
  static constexpr RetryClass kRetry = RetryClass::kRepeatable;
};
template <>
struct Method<v1::AddTodoRequest> {
  using Response = v1::AddTodoResponse;
  using Service = v1::TodoService;
  static constexpr RetryClass kRetry = RetryClass::kOnce;
};
template <>
struct Method<v1::EditTodoRequest> {
  using Response = v1::EditTodoResponse;
  using Service = v1::TodoService;
  static constexpr RetryClass kRetry = RetryClass::kRepeatable;
};
template <>
struct Method<v1::DeleteTodoRequest> {
  using Response = v1::DeleteTodoResponse;
  using Service = v1::TodoService;
  static constexpr RetryClass kRetry = RetryClass::kRepeatable;
};

}  // namespace nubo::examples::todo

#endif  // EXAMPLES_TODO_FRONTEND_BACKEND_CLIENT_H_
