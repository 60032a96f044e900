// The JSON API's requests: from a path and a body to the backend's own messages.
//
//   POST   /auth/signup   {"username", "password"}
//   POST   /auth/signin   {"username", "password"}
//   POST   /auth/signout
//   GET    /todo          ?pageToken=&pageSize=
//   POST   /todo          {"title"}
//   PUT    /todo/{id}     {"title"?, "done"?}
//   DELETE /todo/{id}
//
// Only shapes are judged here (JSON, types, a session present); what a title or a name may be is the backend's to say.
//
// Example:
//   ApiResult<Route> route = RouteApi(head.method, head.path);
//   ApiResult<ApiRequest> request = ParseApiRequest(std::get<Route>(route), head, body);
//
// Thread safety: values and pure functions.
#ifndef EXAMPLES_TODO_FRONTEND_API_REQUEST_H_
#define EXAMPLES_TODO_FRONTEND_API_REQUEST_H_

#include <string>
#include <variant>

#include "absl/strings/string_view.h"
#include "nubo/examples/todo/v1/todo.pb.h"
#include "nubo/http/message.h"

namespace nubo::examples::todo {

// What a request is answered with when it cannot be done.
struct ApiError {
  int status = 500;
  // A word for programs, such as "INVALID_ARGUMENT".
  std::string code;
  // A sentence for people.
  std::string message;
  // Of a 405: the methods that there are.
  std::string allow;
};

template <typename T>
using ApiResult = std::variant<T, ApiError>;

enum class Operation { kSignUp, kSignIn, kSignOut, kListTodos, kAddTodo, kEditTodo, kDeleteTodo };

struct Route {
  Operation operation;
  // Of kEditTodo and kDeleteTodo.
  std::string id;
};

struct ApiRequest {
  // Empty for sign-up and sign-in.
  std::string token;
  std::variant<v1::SignUpRequest, v1::SignInRequest, v1::SignOutRequest, v1::ListTodosRequest, v1::AddTodoRequest,
               v1::EditTodoRequest, v1::DeleteTodoRequest>
      message;
};

// Whether `path` (a query may follow) belongs to the API rather than to the page.
bool IsApiPath(absl::string_view path);

// Whether it asks for the page at /todo: the API's list is for those who are signed in or who ask for JSON.
bool IsPageRequest(const http::RequestHead& head);

// 404: no such path. 405: the path has other methods.
ApiResult<Route> RouteApi(absl::string_view method, absl::string_view path);

// 400: not the JSON or query that the route takes. 401: no session token. 415: the body is not said to be JSON.
ApiResult<ApiRequest> ParseApiRequest(const Route& route, const http::RequestHead& head, absl::string_view body);

}  // namespace nubo::examples::todo

#endif  // EXAMPLES_TODO_FRONTEND_API_REQUEST_H_
