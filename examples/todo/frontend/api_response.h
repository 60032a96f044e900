// The JSON API's answers: from the backend's messages and statuses to HTTP.
//
//   a status of the backend        HTTP
//   INVALID_ARGUMENT, OUT_OF_RANGE 400
//   UNAUTHENTICATED                401
//   PERMISSION_DENIED              403
//   NOT_FOUND                      404
//   ALREADY_EXISTS, ABORTED,
//   FAILED_PRECONDITION            409
//   RESOURCE_EXHAUSTED             429
//   UNAVAILABLE                    503
//   DEADLINE_EXCEEDED              504
//   anything else                  502
//
// Thread safety: pure functions.
#ifndef EXAMPLES_TODO_FRONTEND_API_RESPONSE_H_
#define EXAMPLES_TODO_FRONTEND_API_RESPONSE_H_

#include "absl/status/status.h"
#include "examples/todo/frontend/api_request.h"
#include "nubo/examples/todo/v1/todo.pb.h"
#include "nubo/http/message.h"

namespace nubo::examples::todo {

// What the backend's failure is to a browser. Never the backend's own words when the fault is not the browser's.
ApiError ToApiError(const absl::Status& status);

// {"error": {"code", "message"}}
http::Response Render(const ApiError& error);

// {"token"}: 201 for sign-up, 200 for sign-in.
http::Response Render(const v1::SignUpResponse& response);
http::Response Render(const v1::SignInResponse& response);
// 204
http::Response Render(const v1::SignOutResponse& response);
http::Response Render(const v1::DeleteTodoResponse& response);
// {"data": [{"id", "title", "done"}], "nextPageToken"}
http::Response Render(const v1::ListTodosResponse& response);
// {"id", "title", "done"}: 201 for a new todo, 200 for a changed one.
http::Response Render(const v1::AddTodoResponse& response);
http::Response Render(const v1::EditTodoResponse& response);

}  // namespace nubo::examples::todo

#endif  // EXAMPLES_TODO_FRONTEND_API_RESPONSE_H_
