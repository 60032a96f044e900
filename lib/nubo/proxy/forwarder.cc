#include "nubo/proxy/forwarder.h"

#include <string>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "nubo/proxy/forwarding.h"
#include "nubo/proxy/relay.h"
#include "nubo/proxy/sticky_session.h"

namespace nubo::proxy {
namespace {

// AWS's own status: the request's protocol does not go with that of the target group.
constexpr int kIncompatibleProtocol = 464;

constexpr char kHttpPort[] = "80";

bool Compatible(const http::RequestHead& head, ProtocolVersion version) {
  const bool http2 = head.version == http::Version::kHttp2;
  switch (version) {
    case ProtocolVersion::kHttp1:
      return !IsGrpc(head);
    case ProtocolVersion::kHttp2:
      return http2;
    case ProtocolVersion::kGrpc:
      return http2 && head.method == "POST";
  }
  return false;
}

absl::string_view TypeOf(const http::RequestHead& head) {
  if (head.version != http::Version::kHttp2) return "http";
  return IsGrpc(head) ? "grpc" : "h2";
}

absl::string_view VersionText(http::Version version) {
  switch (version) {
    case http::Version::kHttp10:
      return "HTTP/1.0";
    case http::Version::kHttp11:
      return "HTTP/1.1";
    case http::Version::kHttp2:
      return "HTTP/2.0";
  }
  return "";
}

struct PathAndQuery {
  absl::string_view path;
  absl::string_view query;
};

PathAndQuery Split(absl::string_view target) {
  const size_t mark = target.find('?');
  if (mark == absl::string_view::npos) return {target, ""};
  return {target.substr(0, mark), target.substr(mark + 1)};
}

std::string Get(const http::Headers& headers, absl::string_view name) {
  return std::string(headers.Get(name).value_or(""));
}

}  // namespace

Forwarder::Forwarder(net::Loop& loop, absl::BitGenRef rng, AccessLog& access_log)
    : loop_(loop), rng_(rng), access_log_(access_log) {}

net::Task<void> Forwarder::Handle(http::Exchange& client) {
  ++counters_.requests;
  // The exchange outlives its handling, and keeps its head.
  const http::RequestHead& head = client.head();
  Request request;
  request.snapshot = snapshot_;
  request.listener = FindListener(*request.snapshot, client.local());
  // `request` is this frame's own, and outlives it.
  AccessLogEntry& log = request.log;
  log.received = loop_.Now();
  log.client = client.peer();
  log.received_bytes = HeadSize(head);
  if (request.listener == nullptr) {
    // Its listener was deleted while the connection stayed.
    log.error_reason = "ListenerDeleted";
    co_await RespondError(client, 503, "the listener was deleted", counters_, log);
  } else {
    co_await Act(client, request);
  }
  counters_.received_bytes += log.received_bytes;
  counters_.sent_bytes += log.sent_bytes;
  if (!request.snapshot->access_log) co_return;
  log.ended = loop_.Now();
  log.type = TypeOf(head);
  log.load_balancer_id = request.snapshot->load_balancer_id;
  log.user_agent = Get(head.headers, "user-agent");
  log.domain_name = std::string(HostWithoutPort(head.authority));
  log.request_line = absl::StrCat(head.method, " http://", HostWithoutPort(head.authority), ":", request.port,
                                  head.path, " ", VersionText(head.version));
  access_log_.Write(FormatAccessLogLine(log));
}

net::Task<void> Forwarder::Act(http::Exchange& client, Request& request) {
  const http::RequestHead& head = client.head();
  request.port = request.listener->public_port != 0 ? request.listener->public_port : client.local().port;
  const PathAndQuery target = Split(head.path);
  const RouteRequest asked = {.host = HostWithoutPort(head.authority),
                              .path = target.path,
                              .query = target.query,
                              .method = head.method,
                              .headers = &head.headers,
                              .source = client.peer().ip};
  request.match = request.listener->routes.Find(asked);
  request.log.rule_priority = request.match.priority;
  // In the listener's routes, which the request keeps.
  const Action& action = *request.match.action;
  if (const auto* forward = std::get_if<ForwardAction>(&action)) {
    co_await Forward(client, request, *forward);
  } else if (const auto* fixed = std::get_if<FixedResponseAction>(&action)) {
    co_await Answer(client, request, *fixed);
  } else {
    co_await SendRedirect(client, request, std::get<RedirectAction>(action));
  }
}

net::Task<void> Forwarder::Forward(http::Exchange& client, Request& request, const ForwardAction& action) {
  request.log.actions = "forward";
  const ForwardAction::Part* part = WantedGroup(action, client.head().headers, loop_.Now());
  if (part == nullptr) part = ChooseGroup(action, rng_);
  const auto group =
      part == nullptr ? request.snapshot->groups.end() : request.snapshot->groups.find(part->target_group_id);
  if (group == request.snapshot->groups.end()) {
    co_await RespondError(client, 503, "every target group of the rule has a weight of 0", counters_, request.log);
    co_return;
  }
  request.log.target_group_id = group->first;
  if (!Compatible(client.head(), group->second->protocol_version())) {
    co_await RespondError(client, kIncompatibleProtocol, "the target group speaks another protocol", counters_,
                          request.log);
    co_return;
  }
  ForwardedBy by;
  by.peer = client.peer();
  by.port = request.port;
  by.headers = request.snapshot->headers;
  by.trace_id = NewTraceId(request.log.received, rng_);
  http::RequestHead head = ForwardedRequest(client.head(), by);
  request.log.trace_id = Get(head.headers, "x-amzn-trace-id");
  Relay relay(loop_, rng_, request.snapshot, group->second, client, kept_bodies_, counters_, request.log);
  relay.SetCookies(GroupCookies(action, group->first, loop_.Now()));
  co_await relay.Run(std::move(head));
}

net::Task<void> Forwarder::Answer(http::Exchange& client, Request& request, const FixedResponseAction& action) {
  request.log.actions = "fixed-response";
  request.log.elb_status = action.status;
  CountResponse(counters_, action.status);
  http::ResponseHead head;
  head.status = action.status;
  head.headers = {{"content-type", action.content_type}};
  request.log.sent_bytes = HeadSize(head) + action.body.size();
  (void)co_await client.SendWhole(std::move(head), action.body);
}

net::Task<void> Forwarder::SendRedirect(http::Exchange& client, Request& request, const RedirectAction& action) {
  const PathAndQuery target = Split(client.head().path);
  // The port that the client sees, which is the listener's only where nothing forwards to that: Host has it, unless it
  // is the one that goes without saying (RFC 9110 §7.2). Without a Host the listener's is all that is known.
  const absl::string_view authority = client.head().authority;
  std::string port = authority.empty() ? absl::StrCat(request.port) : kHttpPort;
  if (!PortOf(authority).empty()) port = std::string(PortOf(authority));
  const RedirectContext context{
      .protocol = "http", .host = HostWithoutPort(authority), .port = port, .path = target.path, .query = target.query};
  request.log.actions = "redirect";
  request.log.elb_status = action.status;
  request.log.redirect_url = RedirectLocation(action, context);
  CountResponse(counters_, action.status);
  http::ResponseHead head;
  head.status = action.status;
  head.headers = {{"location", request.log.redirect_url}};
  request.log.sent_bytes = HeadSize(head);
  (void)co_await client.SendWhole(std::move(head), "");
}

}  // namespace nubo::proxy
