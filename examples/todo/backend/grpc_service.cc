#include "examples/todo/backend/grpc_service.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "examples/todo/backend/rules.h"
#include "nubo/base/status.h"

namespace nubo::examples::todo {
namespace {

// RFC 6750 §2.1, in the metadata that stands for the HTTP header. "" when there is none.
std::string SessionToken(const grpc::CallbackServerContext& context) {
  constexpr absl::string_view kScheme = "Bearer ";
  const auto it = context.client_metadata().find("authorization");
  if (it == context.client_metadata().end()) return "";
  const absl::string_view value(it->second.data(), it->second.size());
  return absl::StartsWithIgnoreCase(value, kScheme) ? std::string(value.substr(kScheme.size())) : "";
}

std::string ClientOf(const grpc::CallbackServerContext& context) {
  const auto it = context.client_metadata().find("x-client-address");
  if (it != context.client_metadata().end()) return std::string(it->second.data(), it->second.size());
  // "ipv4:ADDRESS:PORT": without the port, which is another with every connection.
  const std::string peer = context.peer();
  return peer.substr(0, peer.rfind(':'));
}

void ToProto(const Todo& todo, v1::Todo& out) {
  out.set_id(todo.id);
  out.set_title(todo.title);
  out.set_done(todo.done);
}

}  // namespace

absl::Time Dispatcher::Deadline(const grpc::CallbackServerContext& context) const {
  const auto now = std::chrono::system_clock::now();
  const absl::Time at_most = clock_.Now() + call_max_;
  // gRPC's "no deadline" is the far end of its clock, where adding would overflow.
  if (context.deadline() - now > absl::ToChronoSeconds(call_max_)) return at_most;
  return std::min(at_most, clock_.Now() + absl::FromChrono(context.deadline() - now));
}

grpc::Status Dispatcher::ToGrpc(const absl::Status& status) const {
  if (status.ok()) return grpc::Status::OK;
  if (absl::IsInternal(status) || absl::IsUnknown(status)) {
    // SQL and the like are for the log, not for whoever calls.
    log_(absl::StrCat("a call failed: ", status.ToString()));
    return grpc::Status(grpc::StatusCode::INTERNAL, "the backend failed; its log says why");
  }
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), std::string(status.message()));
}

grpc::ServerUnaryReactor* Dispatcher::Refuse(grpc::CallbackServerContext* context, const absl::Status& status) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(grpc::Status(static_cast<grpc::StatusCode>(status.code()), std::string(status.message())));
  return reactor;
}

grpc::ServerUnaryReactor* Dispatcher::Run(grpc::CallbackServerContext* context, WorkerPool& pool, Work work) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  if (!open_) {
    reactor->Finish(grpc::Status(grpc::StatusCode::UNAVAILABLE, "the database is not ready yet"));
    return reactor;
  }
  const absl::Time deadline = Deadline(*context);
  const bool taken = pool.TrySubmit([this, context, reactor, deadline, work = std::move(work)] {
    if (context->IsCancelled()) {
      reactor->Finish(grpc::Status::CANCELLED);
    } else if (clock_.Now() >= deadline) {
      reactor->Finish(grpc::Status(grpc::StatusCode::DEADLINE_EXCEEDED, "the deadline passed in this backend's queue"));
    } else {
      reactor->Finish(ToGrpc(work(deadline)));
    }
  });
  if (!taken) {
    reactor->Finish(grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED, "this backend's queue is full; try again soon"));
  }
  return reactor;
}

grpc::ServerUnaryReactor* AccountGrpcService::SignUp(grpc::CallbackServerContext* context,
                                                     const v1::SignUpRequest* request, v1::SignUpResponse* response) {
  absl::StatusOr<AttemptLimits::Attempt> attempt = limits_.SignUp(ClientOf(*context));
  if (!attempt.ok()) return Dispatcher::Refuse(context, attempt.status());
  const auto held = std::make_shared<AttemptLimits::Attempt>(*std::move(attempt));
  return dispatcher_.Run(context, hashes_, [this, request, response, held](absl::Time deadline) -> absl::Status {
    NUBO_ASSIGN_OR_RETURN(*response->mutable_token(), core_.SignUp(request->username(), request->password(), deadline));
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* AccountGrpcService::SignIn(grpc::CallbackServerContext* context,
                                                     const v1::SignInRequest* request, v1::SignInResponse* response) {
  // Whatever could not be a name counts for one and the same: there is nothing to be guessed.
  absl::StatusOr<AttemptLimits::Attempt> attempt =
      limits_.SignIn(UsernameKey(request->username()).value_or(""), ClientOf(*context));
  if (!attempt.ok()) return Dispatcher::Refuse(context, attempt.status());
  const auto held = std::make_shared<AttemptLimits::Attempt>(*std::move(attempt));
  return dispatcher_.Run(context, hashes_, [this, request, response, held](absl::Time deadline) -> absl::Status {
    absl::StatusOr<std::string> token = core_.SignIn(request->username(), request->password(), deadline);
    if (absl::IsUnauthenticated(token.status())) held->Failed();
    NUBO_RETURN_IF_ERROR(token.status());
    response->set_token(*std::move(token));
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* AccountGrpcService::SignOut(grpc::CallbackServerContext* context, const v1::SignOutRequest*,
                                                      v1::SignOutResponse*) {
  return dispatcher_.Run(context, calls_,
                         [=, this](absl::Time deadline) { return core_.SignOut(SessionToken(*context), deadline); });
}

grpc::ServerUnaryReactor* TodoGrpcService::ListTodos(grpc::CallbackServerContext* context,
                                                     const v1::ListTodosRequest* request,
                                                     v1::ListTodosResponse* response) {
  return dispatcher_.Run(context, calls_, [=, this](absl::Time deadline) -> absl::Status {
    NUBO_ASSIGN_OR_RETURN(const TodoPage page,
                          core_.List(SessionToken(*context), request->page_size(), request->page_token(), deadline));
    for (const Todo& todo : page.todos) ToProto(todo, *response->add_todos());
    response->set_next_page_token(page.next_page_token);
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* TodoGrpcService::AddTodo(grpc::CallbackServerContext* context,
                                                   const v1::AddTodoRequest* request, v1::AddTodoResponse* response) {
  return dispatcher_.Run(context, calls_, [=, this](absl::Time deadline) -> absl::Status {
    NUBO_ASSIGN_OR_RETURN(const Todo todo,
                          core_.Add(SessionToken(*context), request->title(), request->request_id(), deadline));
    ToProto(todo, *response->mutable_todo());
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* TodoGrpcService::EditTodo(grpc::CallbackServerContext* context,
                                                    const v1::EditTodoRequest* request,
                                                    v1::EditTodoResponse* response) {
  return dispatcher_.Run(context, calls_, [=, this](absl::Time deadline) -> absl::Status {
    TodoChange change;
    if (request->has_title()) change.title = request->title();
    if (request->has_done()) change.done = request->done();
    NUBO_ASSIGN_OR_RETURN(const Todo todo, core_.Change(SessionToken(*context), request->id(), change, deadline));
    ToProto(todo, *response->mutable_todo());
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* TodoGrpcService::CompleteTodo(grpc::CallbackServerContext* context,
                                                        const v1::CompleteTodoRequest* request,
                                                        v1::CompleteTodoResponse* response) {
  return dispatcher_.Run(context, calls_, [=, this](absl::Time deadline) -> absl::Status {
    TodoChange change;
    change.done = request->done();
    NUBO_ASSIGN_OR_RETURN(const Todo todo, core_.Change(SessionToken(*context), request->id(), change, deadline));
    ToProto(todo, *response->mutable_todo());
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* TodoGrpcService::DeleteTodo(grpc::CallbackServerContext* context,
                                                      const v1::DeleteTodoRequest* request, v1::DeleteTodoResponse*) {
  return dispatcher_.Run(context, calls_, [=, this](absl::Time deadline) {
    return core_.Delete(SessionToken(*context), request->id(), deadline);
  });
}

}  // namespace nubo::examples::todo
