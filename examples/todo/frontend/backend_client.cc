#include "examples/todo/frontend/backend_client.h"

#include <algorithm>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace nubo::examples::todo {
namespace {

using Finished = std::function<void(grpc::Status)>;

absl::Status ToAbsl(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
}

// One attempt: everything that gRPC points into until its callback has run.
template <typename Request>
struct Rpc {
  grpc::ClientContext context;
  Request request;
  typename Method<Request>::Response response;
};

void Start(v1::AccountService::Stub& stub, Rpc<v1::SignUpRequest>& rpc, Finished finished) {
  stub.async()->SignUp(&rpc.context, &rpc.request, &rpc.response, std::move(finished));
}
void Start(v1::AccountService::Stub& stub, Rpc<v1::SignInRequest>& rpc, Finished finished) {
  stub.async()->SignIn(&rpc.context, &rpc.request, &rpc.response, std::move(finished));
}
void Start(v1::AccountService::Stub& stub, Rpc<v1::SignOutRequest>& rpc, Finished finished) {
  stub.async()->SignOut(&rpc.context, &rpc.request, &rpc.response, std::move(finished));
}
void Start(v1::TodoService::Stub& stub, Rpc<v1::ListTodosRequest>& rpc, Finished finished) {
  stub.async()->ListTodos(&rpc.context, &rpc.request, &rpc.response, std::move(finished));
}
void Start(v1::TodoService::Stub& stub, Rpc<v1::AddTodoRequest>& rpc, Finished finished) {
  stub.async()->AddTodo(&rpc.context, &rpc.request, &rpc.response, std::move(finished));
}
void Start(v1::TodoService::Stub& stub, Rpc<v1::EditTodoRequest>& rpc, Finished finished) {
  stub.async()->EditTodo(&rpc.context, &rpc.request, &rpc.response, std::move(finished));
}
void Start(v1::TodoService::Stub& stub, Rpc<v1::DeleteTodoRequest>& rpc, Finished finished) {
  stub.async()->DeleteTodo(&rpc.context, &rpc.request, &rpc.response, std::move(finished));
}

std::shared_ptr<grpc::Channel> MakeChannel(const std::vector<net::SocketAddress>& addresses,
                                           const std::string& authority) {
  constexpr int kReconnectFirstMs = 50;
  constexpr int kReconnectMaxMs = 500;
  grpc::ChannelArguments arguments;
  arguments.SetLoadBalancingPolicyName("round_robin");
  // Left alone, gRPC takes the whole list of addresses for it, which is no authority (RFC 3986 §3.2).
  arguments.SetString(GRPC_ARG_DEFAULT_AUTHORITY, authority.empty() ? addresses.front().ToString() : authority);
  // A load balancer that is restarted is back within a moment; gRPC's own pauses grow to two minutes.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kReconnectFirstMs);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, kReconnectMaxMs);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kReconnectMaxMs);
  // The addresses are those of our own network: a proxy named by the environment has no business between.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  const absl::string_view scheme = addresses.front().ip.is_v4() ? "ipv4:" : "ipv6:";
  const std::string list =
      absl::StrJoin(addresses, ",", [](std::string* out, const net::SocketAddress& a) { *out += a.ToString(); });
  return grpc::CreateCustomChannel(absl::StrCat(scheme, list), grpc::InsecureChannelCredentials(), arguments);
}

}  // namespace

BackendClient::BackendClient(net::Loop& loop, BackendClientOptions options, absl::BitGenRef rng)
    : loop_(loop), options_(options), rng_(rng), stubs_changed_(loop) {}

BackendClient::~BackendClient() {
  std::unique_lock lock(mutex_);
  const std::set<std::shared_ptr<grpc::ClientContext>> in_flight = in_flight_;
  lock.unlock();
  // Not under the lock: gRPC may run the callback, and with it Forget, within TryCancel.
  for (const std::shared_ptr<grpc::ClientContext>& context : in_flight) context->TryCancel();
  lock.lock();
  none_in_flight_.wait(lock, [this] { return in_flight_.empty(); });
}

void BackendClient::SetAddresses(std::vector<net::SocketAddress> addresses) {
  std::sort(addresses.begin(), addresses.end());
  // gRPC takes a list of one family.
  std::erase_if(addresses, [&](const net::SocketAddress& a) { return a.ip.is_v4() != addresses.front().ip.is_v4(); });
  if (addresses == addresses_) return;
  addresses_ = std::move(addresses);
  stubs_.reset();
  if (!addresses_.empty()) {
    const std::shared_ptr<grpc::Channel> channel = MakeChannel(addresses_, options_.authority);
    stubs_ = std::make_shared<Stubs>(
        Stubs{.accounts = v1::AccountService::NewStub(channel), .todos = v1::TodoService::NewStub(channel)});
  }
  stubs_changed_.Notify();
}

void BackendClient::Forget(const std::shared_ptr<grpc::ClientContext>& context) {
  std::lock_guard lock(mutex_);
  in_flight_.erase(context);
  // Under the lock: once it is released with nothing in flight, this object may be gone.
  if (in_flight_.empty()) none_in_flight_.notify_all();
}

template <typename Request>
net::Task<absl::StatusOr<typename Method<Request>::Response>> BackendClient::Attempt(const Caller& caller,
                                                                                     const Request& request,
                                                                                     absl::Time deadline) {
  while (stubs_ == nullptr) {
    if (!co_await stubs_changed_.WaitUntil(deadline)) {
      co_return absl::UnavailableError("the backend's address is not known");
    }
  }
  const std::shared_ptr<Stubs> stubs = stubs_;
  auto rpc = std::make_shared<Rpc<Request>>();
  rpc->request = request;
  if (!caller.token.empty()) rpc->context.AddMetadata("authorization", absl::StrCat("Bearer ", caller.token));
  if (!caller.client.empty()) rpc->context.AddMetadata("x-client-address", caller.client);
  rpc->context.set_deadline(std::chrono::system_clock::now() +
                            std::chrono::duration_cast<std::chrono::system_clock::duration>(
                                absl::ToChronoNanoseconds(deadline - loop_.Now())));
  rpc->context.set_wait_for_ready(Method<Request>::kRetry == RetryClass::kOnce);
  const std::shared_ptr<grpc::ClientContext> context(rpc, &rpc->context);
  {
    std::lock_guard lock(mutex_);
    in_flight_.insert(context);
  }
  const net::Promise<absl::Status> answered(loop_);
  Finished finished = [this, context, stubs, mine = std::optional(answered)](grpc::Status status) mutable {
    mine->Set(ToAbsl(status));
    // Given back first: once nothing is in flight, the loop that it belongs to may be gone.
    mine.reset();
    Forget(context);
  };
  if constexpr (std::is_same_v<typename Method<Request>::Service, v1::AccountService>) {
    Start(*stubs->accounts, *rpc, std::move(finished));
  } else {
    Start(*stubs->todos, *rpc, std::move(finished));
  }
  const absl::Status status = co_await answered.Await();
  if (!status.ok()) co_return status;
  co_return std::move(rpc->response);
}

template <typename Request>
net::Task<absl::StatusOr<typename Method<Request>::Response>> BackendClient::Call(Caller caller, Request request) {
  constexpr RetryClass kRetry = Method<Request>::kRetry;
  const absl::Time deadline = loop_.Now() + options_.call_timeout;
  for (int attempt = 1;; ++attempt) {
    const absl::Time attempt_deadline =
        kRetry == RetryClass::kOnce ? deadline : std::min(deadline, loop_.Now() + options_.attempt_timeout);
    absl::StatusOr<typename Method<Request>::Response> response = co_await Attempt(caller, request, attempt_deadline);
    if constexpr (std::is_same_v<Request, v1::DeleteTodoRequest>) {
      // What is not there has been deleted: perhaps by this very request, when a load balancer sent it again after the
      // instance that had served it died.
      if (absl::IsNotFound(response.status())) co_return v1::DeleteTodoResponse();
    }
    const std::optional<absl::Duration> pause =
        options_.retry.Next(kRetry, response.status().code(), attempt, deadline - loop_.Now(), rng_);
    if (response.ok() || !pause) co_return response;
    co_await loop_.SleepFor(*pause);
  }
}

#define INSTANTIATE_CALL(Request)                                                                      \
  template net::Task<absl::StatusOr<Method<v1::Request>::Response>> BackendClient::Call(Caller caller, \
                                                                                        v1::Request request)
INSTANTIATE_CALL(SignUpRequest);
INSTANTIATE_CALL(SignInRequest);
INSTANTIATE_CALL(SignOutRequest);
INSTANTIATE_CALL(ListTodosRequest);
INSTANTIATE_CALL(AddTodoRequest);
INSTANTIATE_CALL(EditTodoRequest);
INSTANTIATE_CALL(DeleteTodoRequest);
#undef INSTANTIATE_CALL

}  // namespace nubo::examples::todo
