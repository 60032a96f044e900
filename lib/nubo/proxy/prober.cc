#include "nubo/proxy/prober.h"

#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "nubo/http/fetch.h"
#include "nubo/proxy/grpc_health.h"

namespace nubo::proxy {
namespace {

constexpr size_t kProbeBodySizeMax = 1 << 20;
constexpr int kGrpcUnavailable = 14;

lb::CheckResult ReadFailure(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
      return lb::CheckResult::Refused();
    case absl::StatusCode::kDeadlineExceeded:
      return lb::CheckResult::Timeout();
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kPermissionDenied:
      return lb::CheckResult::InternalError();
    default:
      return lb::CheckResult::Failed();
  }
}

lb::CheckResult ReadGrpc(const http::Response& response, const HealthCheckConfig& check) {
  // A response without a body has its trailers in its head.
  std::optional<absl::string_view> status = response.trailers.Get("grpc-status");
  if (!status.has_value()) status = response.head.headers.Get("grpc-status");
  int code = 0;
  if (!status.has_value() || !absl::SimpleAtoi(*status, &code)) return lb::CheckResult::Failed();
  if (code == 0 && check.path == kGrpcHealthPath && ParseGrpcHealthResponse(response.body) != GrpcServing::kServing) {
    code = kGrpcUnavailable;
  }
  return lb::CheckResult::Answered(code);
}

}  // namespace

lb::CheckResult ReadProbe(const absl::StatusOr<http::Response>& response, const HealthCheckConfig& check) {
  if (!response.ok()) return ReadFailure(response.status());
  return check.grpc ? ReadGrpc(*response, check) : lb::CheckResult::Answered(response->head.status);
}

net::Task<lb::CheckResult> Probe(net::Loop& loop, net::SocketAddress target, HealthCheckConfig check,
                                 ProtocolVersion version) {
  if (check.port != 0) target.port = check.port;
  http::RequestHead head;
  head.authority = target.ToString();
  head.path = check.path;
  head.headers = {{"user-agent", "ELB-HealthChecker/2.0"}};
  std::string body;
  if (check.grpc) {
    head.method = "POST";
    head.headers.Add("content-type", "application/grpc");
    head.headers.Add("te", "trailers");
    body = GrpcHealthRequest();
  }
  http::FetchOptions options;
  options.timeout = check.settings.timeout;
  options.body_bytes_max = kProbeBodySizeMax;
  options.version = check.grpc || version != ProtocolVersion::kHttp1 ? http::Version::kHttp2 : http::Version::kHttp11;
  const absl::StatusOr<http::Response> response =
      co_await http::Fetch(loop, target, std::move(head), std::move(body), options);
  co_return ReadProbe(response, check);
}

}  // namespace nubo::proxy
