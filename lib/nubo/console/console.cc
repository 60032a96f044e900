#include "nubo/console/console.h"

#include <sodium.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace nubo::console {
namespace {

using Json = nlohmann::json;

constexpr int kThreads = 4;
constexpr size_t kIdMax = 256;
constexpr int kDesiredMax = 1000;
// Scripts and styles are files of the console's own; nothing from elsewhere, no frames, no forms.
constexpr char kContentSecurityPolicy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

void AddCommonHeaders(http::Headers& headers) {
  headers.Set("content-security-policy", kContentSecurityPolicy);
  headers.Set("x-content-type-options", "nosniff");
  headers.Set("x-frame-options", "DENY");
  headers.Set("referrer-policy", "no-referrer");
  headers.Set("cross-origin-opener-policy", "same-origin");
  headers.Set("cross-origin-resource-policy", "same-origin");
  headers.Set("cache-control", "no-store");
}

http::Response Text(int status, std::string body, absl::string_view content_type = "text/plain; charset=utf-8") {
  http::Response response;
  response.head.status = status;
  response.head.headers.Set("content-type", content_type);
  response.body = std::move(body);
  return response;
}

http::Response Wrong(int status, absl::string_view message) {
  const Json error = {{"error", {{"message", std::string(message)}}}};
  return Text(status, error.dump(-1, ' ', true, Json::error_handler_t::replace), "application/json");
}

int HttpStatusOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
      return 400;
    case absl::StatusCode::kUnauthenticated:
      return 401;
    case absl::StatusCode::kPermissionDenied:
      return 403;
    case absl::StatusCode::kNotFound:
      return 404;
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kResourceExhausted:
      return 409;
    case absl::StatusCode::kUnavailable:
      return 503;
    default:
      return 502;
  }
}

// Equal, in a time that tells nothing about where they differ.
bool Same(absl::string_view a, absl::string_view b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

// Ids, ARNs, names, and STACK/LOGICAL-ID; nothing that needs escaping.
bool IsId(absl::string_view id) {
  if (id.empty() || id.size() > kIdMax) return false;
  for (const char c : id) {
    if (!absl::ascii_isalnum(static_cast<unsigned char>(c)) && !absl::StrContains("-._/:*", c)) return false;
  }
  return true;
}

struct Action {
  std::string id;
  int desired = -1;
};

absl::StatusOr<Action> ParseAction(absl::string_view body, bool wants_desired) {
  const Json json = Json::parse(body.begin(), body.end(), nullptr, false);
  Action action;
  if (!json.is_object()) return absl::InvalidArgumentError("the body must be a JSON object");
  const auto id = json.find("id"), desired = json.find("desired");
  if (id != json.end() && id->is_string()) action.id = id->get<std::string>();
  if (!IsId(action.id)) return absl::InvalidArgumentError("the body needs the id of what is to be changed");
  if (!wants_desired) return action;
  const bool whole = desired != json.end() && desired->is_number_integer();
  if (whole && *desired >= 0 && *desired <= kDesiredMax) action.desired = desired->get<int>();
  if (action.desired < 0) {
    return absl::InvalidArgumentError(absl::StrCat("desired must be a whole number from 0 to ", kDesiredMax));
  }
  return action;
}

}  // namespace

Console::Console(net::Loop& loop, Region& region, const http::StaticFiles& files, ConsoleOptions options)
    : loop_(loop), region_(region), files_(files), options_(std::move(options)), threads_(kThreads) {}

Console::~Console() { threads_.join(); }

// Names that lead to this machine, but are not what was printed, could belong to anybody.
bool Console::Addressed(const http::RequestHead& head) const {
  return head.authority == options_.address.ToString() ||
         head.authority == absl::StrCat("localhost:", options_.address.port);
}

// UNAUTHENTICATED: not the token. PERMISSION_DENIED: by a page that is not the console's own, as the browser says.
absl::Status Console::MayAsk(const http::RequestHead& head) const {
  absl::string_view token = head.headers.Get("authorization").value_or("");
  if (!absl::ConsumePrefix(&token, "Bearer ") || !Same(token, options_.token)) {
    return absl::UnauthenticatedError(
        "this needs the token in the address that `nubo console` printed: open that address");
  }
  const absl::string_view site = head.headers.Get("sec-fetch-site").value_or("same-origin");
  const std::string own = absl::StrCat("http://", head.authority);
  if (site != "same-origin" || head.headers.Get("origin").value_or(own) != own) {
    return absl::PermissionDeniedError("only the console's own page may ask this");
  }
  return absl::OkStatus();
}

net::Task<void> Console::Handle(http::Exchange& exchange) {
  const http::RequestHead& head = exchange.head();
  const bool stream = head.method == "GET" && head.path == "/api/stream";
  if (stream && Addressed(head) && MayAsk(head).ok() && streams_ < options_.streams_max) {
    ++streams_;
    co_await Stream(exchange);
    --streams_;
    co_return;
  }
  http::Response response = co_await Answer(exchange);
  AddCommonHeaders(response.head.headers);
  // Should the browser have gone, nobody is left to tell.
  (void)co_await exchange.SendWhole(std::move(response.head), response.body);
}

net::Task<http::Response> Console::Answer(http::Exchange& exchange) {
  const http::RequestHead& head = exchange.head();
  if (!Addressed(head)) co_return Text(403, "This console is only reached by the address that it printed.\n");
  if (absl::StartsWith(head.path, "/api/")) co_return co_await AnswerApi(exchange);
  co_return files_.Answer(head.method, head.path, head.headers.Get("if-none-match").value_or(""));
}

net::Task<http::Response> Console::AnswerApi(http::Exchange& exchange) {
  const http::RequestHead& head = exchange.head();
  if (const absl::Status may = MayAsk(head); !may.ok()) {
    http::Response response = Wrong(HttpStatusOf(may), may.message());
    if (absl::IsUnauthenticated(may)) response.head.headers.Set("www-authenticate", "Bearer realm=\"nubo console\"");
    co_return response;
  }
  if (head.method == "POST") co_return co_await Change(exchange);
  if (head.method != "GET") co_return Wrong(405, "this is read with GET, or changed with POST");
  absl::string_view id = absl::StripPrefix(head.path, "/api/");
  if (id == "stream") co_return Wrong(503, absl::StrCat("more than ", options_.streams_max, " pages are open"));
  const bool describe = absl::ConsumePrefix(&id, "describe/");
  if (!describe && !absl::ConsumePrefix(&id, "log/")) co_return Wrong(404, "there is no such thing to ask");
  if (!IsId(id)) co_return Wrong(400, "that is no id");
  Work work = [this, describe, id = std::string(id)] { return describe ? region_.Describe(id) : region_.Log(id); };
  co_return co_await Ask(std::move(work), describe ? "application/json" : "text/plain; charset=utf-8");
}

net::Task<http::Response> Console::Ask(Work work, absl::string_view content_type) {
  if (calls_ >= options_.calls_max) co_return Wrong(503, "too many calls are under way");
  ++calls_;
  const absl::StatusOr<std::string> answer = co_await Do(std::move(work));
  --calls_;
  if (!answer.ok()) {
    const absl::string_view message = answer.status().message();
    co_return Wrong(HttpStatusOf(answer.status()), message);
  }
  co_return Text(200, *answer, content_type);
}

net::Task<http::Response> Console::Change(http::Exchange& exchange) {
  const http::RequestHead& head = exchange.head();
  const bool kill = head.path == "/api/kill", terminate = head.path == "/api/terminate";
  const bool scale = head.path == "/api/set-desired";
  if (!kill && !terminate && !scale) co_return Wrong(404, "there is no such change");
  const absl::StatusOr<std::string> body = co_await http::ReadWholeBody(exchange, options_.body_bytes_max);
  if (!body.ok()) co_return Wrong(absl::IsResourceExhausted(body.status()) ? 413 : 400, "the body cannot be read");
  const absl::StatusOr<Action> action = ParseAction(*body, scale);
  if (!action.ok()) co_return Wrong(400, action.status().message());
  Work work = [this, kill, terminate, action = *action]() -> absl::StatusOr<std::string> {
    absl::Status status = kill        ? region_.Kill(action.id)
                          : terminate ? region_.Terminate(action.id)
                                      : region_.SetDesired(action.id, action.desired);
    if (!status.ok()) return status;
    return std::string("{}");
  };
  co_return co_await Ask(std::move(work), "application/json");
}

net::Task<void> Console::Stream(http::Exchange& exchange) {
  http::ResponseHead head;
  AddCommonHeaders(head.headers);
  head.headers.Set("content-type", "text/event-stream");
  if (!(co_await exchange.SendHead(std::move(head), false)).ok()) co_return;
  while (!exchange.gone()) {
    const std::string event = co_await SnapshotEvent();
    if (!(co_await exchange.SendBody(event)).ok()) co_return;
    co_await loop_.SleepFor(options_.interval);
  }
}

net::Task<std::string> Console::SnapshotEvent() {
  if (loop_.Now() - event_at_ < options_.interval / 2) co_return event_;
  Work work = [this] { return region_.Snapshot(); };
  const absl::StatusOr<std::string> snapshot = co_await Do(std::move(work));
  if (snapshot.ok()) {
    event_ = absl::StrCat("data: ", absl::StripAsciiWhitespace(*snapshot), "\n\n");
  } else {
    const Json problem = {{"message", std::string(snapshot.status().message())}};
    event_ =
        absl::StrCat("event: problem\ndata: ", problem.dump(-1, ' ', true, Json::error_handler_t::replace), "\n\n");
  }
  event_at_ = loop_.Now();
  co_return event_;
}

net::Task<absl::StatusOr<std::string>> Console::Do(Work work) {
  const net::Promise<absl::StatusOr<std::string>> answer(loop_);
  boost::asio::post(threads_, [work = std::move(work), answer] { answer.Set(work()); });
  co_return co_await answer.Await();
}

}  // namespace nubo::console
