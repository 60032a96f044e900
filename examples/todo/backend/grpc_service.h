// The core behind gRPC: conversion, sessions from metadata, and which thread does the work.
//
// Calls arrive on gRPC's threads and are worked off by two bounded pools: one for what asks the database, and one of
// two threads for sign-up and sign-in, whose password hashes cost 64 MiB and tens of milliseconds each. A full pool
// answers RESOURCE_EXHAUSTED at once. A call whose caller has gone, or whose deadline passed while it was queued, is
// not worked at all. What is over an account's or a client's own limits (attempt_limits.h) is not even queued; the
// client is who the metadata `x-client-address` names, which the frontend sets, else the caller.
//
// Example:
//   AccountGrpcService accounts(core, dispatcher);
//   builder.RegisterService(&accounts);
//
// Thread safety: thread-safe.
#ifndef EXAMPLES_TODO_BACKEND_GRPC_SERVICE_H_
#define EXAMPLES_TODO_BACKEND_GRPC_SERVICE_H_

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <functional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "examples/todo/backend/attempt_limits.h"
#include "examples/todo/backend/todo_core.h"
#include "examples/todo/backend/worker_pool.h"
#include "nubo/base/clock.h"
#include "nubo/examples/todo/v1/todo.grpc.pb.h"

namespace nubo::examples::todo {

// Hands calls to pools and answers them.
class Dispatcher {
 public:
  using Work = std::function<absl::Status(absl::Time deadline)>;
  using Log = std::function<void(absl::string_view)>;

  // `log` hears of errors that callers are not told about. Calls get at most `call_max`, whatever their deadline.
  Dispatcher(const base::Clock& clock, absl::Duration call_max, Log log)
      : clock_(clock), call_max_(call_max), log_(std::move(log)) {}

  // Until this is called, calls are answered UNAVAILABLE: the database has never been ready.
  void Open() { open_ = true; }

  grpc::ServerUnaryReactor* Run(grpc::CallbackServerContext* context, WorkerPool& pool, Work work);
  // Answers at once.
  static grpc::ServerUnaryReactor* Refuse(grpc::CallbackServerContext* context, const absl::Status& status);

 private:
  absl::Time Deadline(const grpc::CallbackServerContext& context) const;
  grpc::Status ToGrpc(const absl::Status& status) const;

  const base::Clock& clock_;
  const absl::Duration call_max_;
  const Log log_;
  std::atomic<bool> open_ = false;
};

class AccountGrpcService final : public v1::AccountService::CallbackService {
 public:
  AccountGrpcService(TodoCore& core, Dispatcher& dispatcher, AttemptLimits& limits, WorkerPool& calls,
                     WorkerPool& hashes)
      : core_(core), dispatcher_(dispatcher), limits_(limits), calls_(calls), hashes_(hashes) {}

  grpc::ServerUnaryReactor* SignUp(grpc::CallbackServerContext* context, const v1::SignUpRequest* request,
                                   v1::SignUpResponse* response) override;
  grpc::ServerUnaryReactor* SignIn(grpc::CallbackServerContext* context, const v1::SignInRequest* request,
                                   v1::SignInResponse* response) override;
  grpc::ServerUnaryReactor* SignOut(grpc::CallbackServerContext* context, const v1::SignOutRequest* request,
                                    v1::SignOutResponse* response) override;

 private:
  TodoCore& core_;
  Dispatcher& dispatcher_;
  AttemptLimits& limits_;
  WorkerPool& calls_;
  WorkerPool& hashes_;
};

class TodoGrpcService final : public v1::TodoService::CallbackService {
 public:
  TodoGrpcService(TodoCore& core, Dispatcher& dispatcher, WorkerPool& calls)
      : core_(core), dispatcher_(dispatcher), calls_(calls) {}

  grpc::ServerUnaryReactor* ListTodos(grpc::CallbackServerContext* context, const v1::ListTodosRequest* request,
                                      v1::ListTodosResponse* response) override;
  grpc::ServerUnaryReactor* AddTodo(grpc::CallbackServerContext* context, const v1::AddTodoRequest* request,
                                    v1::AddTodoResponse* response) override;
  grpc::ServerUnaryReactor* EditTodo(grpc::CallbackServerContext* context, const v1::EditTodoRequest* request,
                                     v1::EditTodoResponse* response) override;
  grpc::ServerUnaryReactor* CompleteTodo(grpc::CallbackServerContext* context, const v1::CompleteTodoRequest* request,
                                         v1::CompleteTodoResponse* response) override;
  grpc::ServerUnaryReactor* DeleteTodo(grpc::CallbackServerContext* context, const v1::DeleteTodoRequest* request,
                                       v1::DeleteTodoResponse* response) override;

 private:
  TodoCore& core_;
  Dispatcher& dispatcher_;
  WorkerPool& calls_;
};

}  // namespace nubo::examples::todo

#endif  // EXAMPLES_TODO_BACKEND_GRPC_SERVICE_H_
