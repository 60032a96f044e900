#include "examples/todo/frontend/api_request.h"

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace nubo::examples::todo {
namespace {

using Json = nlohmann::json;

constexpr size_t kTokenBytesMax = 128;
constexpr absl::string_view kTodoPrefix = "/todo/";

ApiError BadRequest(absl::string_view message) {
  return {.status = 400, .code = "INVALID_ARGUMENT", .message = std::string(message)};
}

ApiError NoSession(absl::string_view message) {
  return {.status = 401, .code = "UNAUTHENTICATED", .message = std::string(message)};
}

absl::string_view WithoutQuery(absl::string_view path) { return path.substr(0, path.find('?')); }

std::optional<int> HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = absl::ascii_tolower(c);
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return std::nullopt;
}

// RFC 3986 §2.1. nullopt: a '%' without two hexadecimal digits.
std::optional<std::string> PercentDecode(absl::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const std::optional<int> high = HexDigit(text[i + 1]);
    const std::optional<int> low = HexDigit(text[i + 2]);
    if (!high || !low) return std::nullopt;
    out += static_cast<char>(*high * 16 + *low);
    i += 2;
  }
  return out;
}

ApiResult<std::string> SessionToken(const http::RequestHead& head) {
  constexpr absl::string_view kScheme = "Bearer ";
  const std::optional<absl::string_view> value = head.headers.Get("authorization");
  if (!value) return NoSession("sign in first: the request has no Authorization header");
  if (!absl::StartsWithIgnoreCase(*value, kScheme)) return NoSession("the Authorization header is not a Bearer token");
  const absl::string_view token = absl::StripAsciiWhitespace(value->substr(kScheme.size()));
  const bool plausible = !token.empty() && token.size() <= kTokenBytesMax &&
                         token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") ==
                             absl::string_view::npos;
  if (!plausible) return NoSession("the Authorization header does not hold a session token");
  return std::string(token);
}

ApiResult<Json> ParseObject(const http::RequestHead& head, absl::string_view body) {
  const absl::string_view type = head.headers.Get("content-type").value_or("");
  const absl::string_view media_type = absl::StripAsciiWhitespace(type.substr(0, type.find(';')));
  if (!absl::EqualsIgnoreCase(media_type, "application/json")) {
    return ApiError{
        .status = 415, .code = "UNSUPPORTED_MEDIA_TYPE", .message = "the body's Content-Type must be application/json"};
  }
  Json object = Json::parse(body.begin(), body.end(), nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) return BadRequest("the body is not a JSON object");
  return object;
}

// The text called `name`; nullopt if there is none. `wrong` is set when it is there and no text.
std::optional<std::string> FindText(const Json& object, const char* name, bool& wrong) {
  const auto it = object.find(name);
  if (it == object.end()) return std::nullopt;
  if (const auto* text = it->get_ptr<const std::string*>()) return *text;
  wrong = true;
  return std::nullopt;
}

template <typename Credentials>
ApiResult<ApiRequest> ParseCredentials(const http::RequestHead& head, absl::string_view body) {
  const ApiResult<Json> object = ParseObject(head, body);
  if (const auto* error = std::get_if<ApiError>(&object)) return *error;
  bool wrong = false;
  const std::optional<std::string> username = FindText(std::get<Json>(object), "username", wrong);
  const std::optional<std::string> password = FindText(std::get<Json>(object), "password", wrong);
  if (!username || !password) return BadRequest("the body needs \"username\" and \"password\", both text");
  Credentials message;
  message.set_username(*username);
  message.set_password(*password);
  return ApiRequest{.message = std::move(message)};
}

ApiResult<ApiRequest> ParseList(const http::RequestHead& head, std::string token) {
  v1::ListTodosRequest message;
  const std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(head.path, absl::MaxSplits('?', 1));
  for (const absl::string_view pair : absl::StrSplit(parts.second, '&', absl::SkipEmpty())) {
    const std::pair<absl::string_view, absl::string_view> parameter = absl::StrSplit(pair, absl::MaxSplits('=', 1));
    const std::optional<std::string> value = PercentDecode(parameter.second);
    if (!value) return BadRequest(absl::StrCat("the query has a broken escape: ", pair));
    if (parameter.first == "pageSize") {
      int32_t size = 0;
      if (!absl::SimpleAtoi(*value, &size) || size < 1) {
        return BadRequest(absl::StrCat("pageSize is \"", *value, "\"; it must be a number from 1 to 200"));
      }
      message.set_page_size(size);
    } else if (parameter.first == "pageToken") {
      // Tokens are base64url; anything else could not travel as a protobuf string.
      if (!std::all_of(value->begin(), value->end(), [](char c) { return absl::ascii_isprint(c); })) {
        return BadRequest("the page token is not one that a list gave out");
      }
      message.set_page_token(*value);
    }
  }
  return ApiRequest{.token = std::move(token), .message = std::move(message)};
}

ApiResult<ApiRequest> ParseAdd(const http::RequestHead& head, absl::string_view body, std::string token) {
  const ApiResult<Json> object = ParseObject(head, body);
  if (const auto* error = std::get_if<ApiError>(&object)) return *error;
  bool wrong = false;
  const std::optional<std::string> title = FindText(std::get<Json>(object), "title", wrong);
  if (!title) return BadRequest("the body needs a \"title\" that is text");
  v1::AddTodoRequest message;
  message.set_title(*title);
  return ApiRequest{.token = std::move(token), .message = std::move(message)};
}

ApiResult<ApiRequest> ParseEdit(const Route& route, const http::RequestHead& head, absl::string_view body,
                                std::string token) {
  const ApiResult<Json> parsed = ParseObject(head, body);
  if (const auto* error = std::get_if<ApiError>(&parsed)) return *error;
  const Json& object = std::get<Json>(parsed);
  v1::EditTodoRequest message;
  message.set_id(route.id);
  bool wrong = false;
  if (const std::optional<std::string> title = FindText(object, "title", wrong)) message.set_title(*title);
  if (wrong) return BadRequest("\"title\" must be text");
  if (const auto done = object.find("done"); done != object.end()) {
    const auto* value = done->get_ptr<const Json::boolean_t*>();
    if (value == nullptr) return BadRequest("\"done\" must be true or false");
    message.set_done(*value);
  }
  if (!message.has_title() && !message.has_done()) return BadRequest("the body needs \"title\" or \"done\"");
  return ApiRequest{.token = std::move(token), .message = std::move(message)};
}

ApiError NotAllowed(absl::string_view method, absl::string_view allow) {
  return {.status = 405,
          .code = "METHOD_NOT_ALLOWED",
          .message = absl::StrCat("this path does not take ", method, "; it takes ", allow),
          .allow = std::string(allow)};
}

ApiResult<Route> RouteTodo(absl::string_view method, absl::string_view escaped_id) {
  const std::optional<std::string> id = PercentDecode(escaped_id);
  const bool plain =
      id && !id->empty() && std::all_of(id->begin(), id->end(), [](char c) { return absl::ascii_isalnum(c); });
  if (!plain) return ApiError{.status = 404, .code = "NOT_FOUND", .message = "there is no such todo"};
  if (method == "PUT") return Route{.operation = Operation::kEditTodo, .id = *id};
  if (method == "DELETE") return Route{.operation = Operation::kDeleteTodo, .id = *id};
  return NotAllowed(method, "PUT, DELETE");
}

}  // namespace

bool IsApiPath(absl::string_view path) {
  path = WithoutQuery(path);
  return path == "/todo" || absl::StartsWith(path, kTodoPrefix) || path == "/auth" || absl::StartsWith(path, "/auth/");
}

bool IsPageRequest(const http::RequestHead& head) {
  const bool reads = head.method == "GET" || head.method == "HEAD";
  if (!reads || WithoutQuery(head.path) != "/todo" || head.headers.Has("authorization")) return false;
  return !absl::StrContains(absl::AsciiStrToLower(head.headers.Get("accept").value_or("")), "application/json");
}

ApiResult<Route> RouteApi(absl::string_view method, absl::string_view path) {
  path = WithoutQuery(path);
  if (path == "/todo") {
    if (method == "GET") return Route{.operation = Operation::kListTodos};
    if (method == "POST") return Route{.operation = Operation::kAddTodo};
    return NotAllowed(method, "GET, POST");
  }
  if (absl::ConsumePrefix(&path, kTodoPrefix)) return RouteTodo(method, path);
  const std::pair<absl::string_view, Operation> accounts[] = {{"/auth/signup", Operation::kSignUp},
                                                              {"/auth/signin", Operation::kSignIn},
                                                              {"/auth/signout", Operation::kSignOut}};
  for (const auto& [name, operation] : accounts) {
    if (path != name) continue;
    if (method == "POST") return Route{.operation = operation};
    return NotAllowed(method, "POST");
  }
  return ApiError{.status = 404, .code = "NOT_FOUND", .message = "there is no such path in the API"};
}

ApiResult<ApiRequest> ParseApiRequest(const Route& route, const http::RequestHead& head, absl::string_view body) {
  if (route.operation == Operation::kSignUp) return ParseCredentials<v1::SignUpRequest>(head, body);
  if (route.operation == Operation::kSignIn) return ParseCredentials<v1::SignInRequest>(head, body);
  ApiResult<std::string> session = SessionToken(head);
  if (const auto* error = std::get_if<ApiError>(&session)) return *error;
  std::string token = std::get<std::string>(std::move(session));
  switch (route.operation) {
    case Operation::kListTodos:
      return ParseList(head, std::move(token));
    case Operation::kAddTodo:
      return ParseAdd(head, body, std::move(token));
    case Operation::kEditTodo:
      return ParseEdit(route, head, body, std::move(token));
    case Operation::kDeleteTodo: {
      v1::DeleteTodoRequest message;
      message.set_id(route.id);
      return ApiRequest{.token = std::move(token), .message = std::move(message)};
    }
    default:
      return ApiRequest{.token = std::move(token), .message = v1::SignOutRequest()};
  }
}

}  // namespace nubo::examples::todo
