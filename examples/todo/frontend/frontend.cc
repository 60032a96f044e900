#include "examples/todo/frontend/frontend.h"

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "examples/todo/frontend/api_response.h"
#include "nubo/net/ip_address.h"

namespace nubo::examples::todo {
namespace {

constexpr char kHealthPath[] = "/healthz";

// The page's scripts and styles are files of its own: nothing inline, nothing from elsewhere, no frames.
constexpr char kContentSecurityPolicy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

void AddCommonHeaders(http::Headers& headers, const std::string& instance_id) {
  headers.Set("x-instance-id", instance_id);
  headers.Set("content-security-policy", kContentSecurityPolicy);
  headers.Set("x-content-type-options", "nosniff");
  headers.Set("x-frame-options", "DENY");
  headers.Set("referrer-policy", "no-referrer");
  // Answers of the API belong to one user: no cache may keep them.
  if (!headers.Has("cache-control")) headers.Set("cache-control", "no-store");
}

// Shallow on purpose: it says that this process serves. A frontend whose backend is away still serves the page and
// says so; if it asked the backend here, a database's hiccup would make the load balancer take every frontend away.
http::Response Healthy() {
  http::Response response;
  response.head.headers.Add("content-type", "text/plain; charset=utf-8");
  response.body = "ok\n";
  return response;
}

ApiError BodyTooLarge(size_t bytes_max) {
  return {.status = 413,
          .code = "PAYLOAD_TOO_LARGE",
          .message = absl::StrCat("the body is larger than ", bytes_max, " bytes")};
}

ApiError BadBody(const absl::Status& status, size_t bytes_max) {
  if (absl::IsResourceExhausted(status)) return BodyTooLarge(bytes_max);
  if (absl::IsDeadlineExceeded(status)) {
    return {.status = 408, .code = "REQUEST_TIMEOUT", .message = "the body did not arrive in time"};
  }
  return {.status = 400, .code = "INVALID_ARGUMENT", .message = "the body could not be read"};
}

// Sent once and its answer lost: 502, since the caller cannot be told "try again" without doing it twice perhaps.
ApiError OutcomeUnknown() {
  return {.status = 502,
          .code = "UNKNOWN",
          .message = "the backend did not answer; what you asked for may or may not have been done"};
}

// Where the request has come from, as far as our own proxies say.
std::string ClientOf(const http::Exchange& exchange, int proxies) {
  const std::string hops = absl::StrJoin(exchange.head().headers.GetAll("x-forwarded-for"), ",");
  const std::vector<absl::string_view> addresses = absl::StrSplit(hops, ',', absl::SkipWhitespace());
  if (proxies < 1 || addresses.size() < static_cast<size_t>(proxies)) return exchange.peer().ip.ToString();
  const absl::string_view client = absl::StripAsciiWhitespace(addresses[addresses.size() - proxies]);
  if (const auto ip = net::IpAddress::Parse(client); ip.ok()) return ip->ToString();
  // With the client's port, as a load balancer adds it with routing.http.xff_client_port.enabled.
  const auto with_port = net::SocketAddress::Parse(client);
  return with_port.ok() ? with_port->ip.ToString() : exchange.peer().ip.ToString();
}

}  // namespace

net::Task<void> Frontend::Handle(http::Exchange& exchange) {
  http::Response response = co_await Answer(exchange);
  AddCommonHeaders(response.head.headers, options_.instance_id);
  // Should the browser have gone, nobody is left to tell.
  (void)co_await exchange.SendWhole(std::move(response.head), response.body);
}

net::Task<http::Response> Frontend::Answer(http::Exchange& exchange) {
  const http::RequestHead& head = exchange.head();
  if (IsPageRequest(head)) {
    http::Response page = files_.Answer(head.method, "/", head.headers.Get("if-none-match").value_or(""));
    page.head.headers.Set("vary", "Accept, Authorization");
    co_return page;
  }
  if (IsApiPath(head.path)) co_return co_await AnswerApi(exchange);
  const bool reads = head.method == "GET" || head.method == "HEAD";
  if (head.path == kHealthPath && reads) co_return Healthy();
  co_return files_.Answer(head.method, head.path, head.headers.Get("if-none-match").value_or(""));
}

net::Task<http::Response> Frontend::AnswerApi(http::Exchange& exchange) {
  // The exchange outlives its handling, and keeps its head.
  const http::RequestHead& head = exchange.head();
  const ApiResult<Route> route = RouteApi(head.method, head.path);
  if (const auto* error = std::get_if<ApiError>(&route)) co_return Render(*error);
  uint64_t length = 0;
  if (absl::SimpleAtoi(head.headers.Get("content-length").value_or(""), &length) && length > options_.body_bytes_max) {
    co_return Render(BodyTooLarge(options_.body_bytes_max));
  }
  const absl::StatusOr<std::string> body = co_await http::ReadWholeBody(exchange, options_.body_bytes_max);
  if (!body.ok()) co_return Render(BadBody(body.status(), options_.body_bytes_max));
  ApiResult<ApiRequest> parsed = ParseApiRequest(std::get<Route>(route), head, *body);
  if (const auto* error = std::get_if<ApiError>(&parsed)) co_return Render(*error);
  if (calls_ >= options_.calls_max) {
    co_return Render(ApiError{.status = 503, .code = "UNAVAILABLE", .message = "too many calls are under way"});
  }
  ApiRequest& request = std::get<ApiRequest>(parsed);
  ++calls_;
  Caller caller{.token = std::move(request.token), .client = ClientOf(exchange, options_.proxies)};
  net::Task<http::Response> forwarded =
      std::visit([&](auto& message) { return Forward(std::move(caller), std::move(message)); }, request.message);
  http::Response response = co_await std::move(forwarded);
  --calls_;
  co_return response;
}

template <typename Message>
net::Task<http::Response> Frontend::Forward(Caller caller, Message message) {
  const auto response = co_await backend_.Call(std::move(caller), std::move(message));
  if (response.ok()) co_return Render(*response);
  const bool once = Method<Message>::kRetry == RetryClass::kOnce;
  if (once && absl::IsUnavailable(response.status())) co_return Render(OutcomeUnknown());
  co_return Render(ToApiError(response.status()));
}

}  // namespace nubo::examples::todo
