#include "examples/todo/frontend/api_response.h"

#include <nlohmann/json.hpp>

#include "absl/strings/string_view.h"

namespace nubo::examples::todo {
namespace {

using Json = nlohmann::json;

http::Response JsonResponse(int status, const Json& body) {
  http::Response response;
  response.head.status = status;
  response.head.headers.Add("content-type", "application/json; charset=utf-8");
  // Bytes that are not UTF-8 become U+FFFD: dump() throws on them otherwise.
  response.body = body.dump(-1, ' ', false, Json::error_handler_t::replace);
  return response;
}

http::Response NoContent() {
  http::Response response;
  response.head.status = 204;
  return response;
}

Json ToJson(const v1::Todo& todo) { return {{"id", todo.id()}, {"title", todo.title()}, {"done", todo.done()}}; }

int ToHttpStatus(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kOutOfRange:
      return 400;
    case absl::StatusCode::kUnauthenticated:
      return 401;
    case absl::StatusCode::kPermissionDenied:
      return 403;
    case absl::StatusCode::kNotFound:
      return 404;
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kFailedPrecondition:
      return 409;
    case absl::StatusCode::kResourceExhausted:
      return 429;
    case absl::StatusCode::kUnavailable:
      return 503;
    case absl::StatusCode::kDeadlineExceeded:
      return 504;
    default:
      return 502;
  }
}

// What a browser is told of failures that are not its own.
absl::string_view Sentence(int status) {
  switch (status) {
    case 503:
      return "the backend cannot be reached just now; try again soon";
    case 504:
      return "the backend did not answer in time";
    default:
      return "the backend failed";
  }
}

}  // namespace

ApiError ToApiError(const absl::Status& status) {
  const int http_status = ToHttpStatus(status.code());
  const std::string code = absl::StatusCodeToString(status.code());
  const absl::string_view message = http_status < 500 ? status.message() : Sentence(http_status);
  return {.status = http_status, .code = code, .message = std::string(message)};
}

http::Response Render(const ApiError& error) {
  http::Response response = JsonResponse(error.status, {{"error", {{"code", error.code}, {"message", error.message}}}});
  if (!error.allow.empty()) response.head.headers.Add("allow", error.allow);
  // RFC 9110 §11.6.1 asks for a challenge with every 401.
  if (error.status == 401) response.head.headers.Add("www-authenticate", "Bearer");
  if (error.status == 429 || error.status == 503) response.head.headers.Add("retry-after", "1");
  return response;
}

http::Response Render(const v1::SignUpResponse& response) { return JsonResponse(201, {{"token", response.token()}}); }

http::Response Render(const v1::SignInResponse& response) { return JsonResponse(200, {{"token", response.token()}}); }

http::Response Render(const v1::SignOutResponse&) { return NoContent(); }

http::Response Render(const v1::DeleteTodoResponse&) { return NoContent(); }

http::Response Render(const v1::ListTodosResponse& response) {
  Json data = Json::array();
  for (const v1::Todo& todo : response.todos()) data.push_back(ToJson(todo));
  return JsonResponse(200, {{"data", std::move(data)}, {"nextPageToken", response.next_page_token()}});
}

http::Response Render(const v1::AddTodoResponse& response) { return JsonResponse(201, ToJson(response.todo())); }

http::Response Render(const v1::EditTodoResponse& response) { return JsonResponse(200, ToJson(response.todo())); }

}  // namespace nubo::examples::todo
