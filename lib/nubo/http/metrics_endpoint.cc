#include "nubo/http/metrics_endpoint.h"

#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "nubo/base/status.h"
#include "nubo/net/stream.h"

namespace nubo::http {
namespace {

constexpr char kPath[] = "/metrics";
constexpr char kContentType[] = "text/plain; version=0.0.4; charset=utf-8";
// A client that does not read keeps its text here for as long.
constexpr absl::Duration kBodyTimeout = absl::Seconds(10);

ServerOptions Few() {
  ServerOptions options;
  options.connections_max = MetricsEndpoint::kConnectionsMax;
  options.streams_max = 4;
  options.body_timeout = kBodyTimeout;
  return options;
}

Response Refusal(int status, std::string why) {
  Response response;
  response.head.status = status;
  response.head.headers = {{"content-type", "text/plain; charset=utf-8"}};
  response.body = std::move(why);
  return response;
}

Response Answer(const RequestHead& head, const MetricsText& text) {
  const absl::string_view path = absl::string_view(head.path).substr(0, head.path.find('?'));
  if (path != kPath) return Refusal(404, "what is counted is at /metrics\n");
  if (head.method != "GET") {
    Response response = Refusal(405, "/metrics takes GET alone\n");
    response.head.headers.Set("allow", "GET");
    return response;
  }
  Response response;
  response.head.headers = {{"content-type", kContentType}};
  response.body = text();
  return response;
}

}  // namespace

MetricsEndpoint::MetricsEndpoint(net::Loop& loop, MetricsText text)
    : loop_(loop), text_(std::move(text)), server_(loop, *this, Few()) {}

absl::Status MetricsEndpoint::Listen(const net::SocketAddress& address) {
  absl::StatusOr<std::unique_ptr<net::Listener>> listener = net::ListenTcp(loop_, address);
  if (!listener.ok()) return base::Annotate(listener.status(), "metrics");
  address_ = (*listener)->local();
  loop_.Spawn(server_.Serve(*std::move(listener)));
  return absl::OkStatus();
}

net::Task<void> MetricsEndpoint::Handle(Exchange& exchange) {
  Response response = Answer(exchange.head(), text_);
  // A client that has gone wants no answer.
  (void)co_await exchange.SendWhole(std::move(response.head), response.body);
}

MetricsServer::MetricsServer(MetricsText text) : endpoint_(loop_, std::move(text)) {}

MetricsServer::~MetricsServer() {
  loop_.Stop();
  if (thread_.joinable()) thread_.join();
}

void MetricsServer::Start() {
  // The loop outlives the thread.
  thread_ = std::thread([this] { loop_.Run(); });
}

}  // namespace nubo::http
