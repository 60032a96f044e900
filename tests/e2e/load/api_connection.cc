#include "tests/e2e/load/api_connection.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/net/stream.h"

namespace nubo::e2e {

net::Task<Outcome> ApiConnection::Send(ApiCall call) {
  Outcome outcome;
  outcome.method = call.method;
  outcome.path = call.path;
  outcome.start = loop_.Now();
  const absl::Status status = co_await Exchange(std::move(call), outcome.start + api_.timeout, &outcome);
  outcome.end = loop_.Now();
  if (!status.ok()) {
    outcome.status = 0;
    outcome.error = status.ToString();
  }
  co_return outcome;
}

net::Task<absl::Status> ApiConnection::EnsureOpen(absl::Time deadline) {
  if (connection_ != nullptr && connection_->Usable()) co_return absl::OkStatus();
  connection_.reset();
  absl::StatusOr<std::unique_ptr<net::Stream>> stream = co_await net::ConnectTcp(loop_, api_.address, deadline);
  if (!stream.ok()) co_return base::Annotate(stream.status(), absl::StrCat("connecting to ", api_.address.ToString()));
  ++opened_;
  http::ClientOptions options;
  connection_ = http::StartClient(loop_, *std::move(stream), http::Version::kHttp11, options);
  co_return absl::OkStatus();
}

net::Task<absl::Status> ApiConnection::Exchange(ApiCall call, absl::Time deadline, Outcome* outcome) {
  NUBO_CO_RETURN_IF_ERROR(co_await EnsureOpen(deadline));
  const std::unique_ptr<http::ClientExchange> exchange = connection_->Open();
  if (exchange == nullptr) co_return absl::AbortedError("the connection was closed as soon as it was made");
  exchange->SetDeadline(deadline);
  http::RequestHead head;
  head.method = call.method;
  head.path = call.path;
  head.authority = api_.host;
  if (!call.token.empty()) head.headers.Set("authorization", absl::StrCat("Bearer ", call.token));
  if (!call.body.empty()) {
    head.headers.Set("content-type", "application/json");
    head.headers.Set("content-length", absl::StrCat(call.body.size()));
  }
  NUBO_CO_RETURN_IF_ERROR(co_await exchange->SendHead(std::move(head), call.body.empty()));
  if (!call.body.empty()) {
    NUBO_CO_RETURN_IF_ERROR(co_await exchange->SendBody(call.body));
    http::Headers none;
    NUBO_CO_RETURN_IF_ERROR(co_await exchange->Finish(none));
  }
  NUBO_CO_ASSIGN_OR_RETURN(const http::ResponseHead response, co_await exchange->ReadHead());
  outcome->instance = std::string(response.headers.Get("x-instance-id").value_or(""));
  while (true) {
    NUBO_CO_ASSIGN_OR_RETURN(const std::optional<std::string> piece, co_await exchange->ReadBody());
    if (!piece) break;
    outcome->body += *piece;
  }
  outcome->status = response.status;
  co_return absl::OkStatus();
}

}  // namespace nubo::e2e
