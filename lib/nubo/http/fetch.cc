#include "nubo/http/fetch.h"

#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/http/client.h"
#include "nubo/net/stream.h"

namespace nubo::http {

net::Task<absl::StatusOr<Response>> Fetch(net::Loop& loop, net::SocketAddress address, RequestHead head,
                                          std::string body, FetchOptions options) {
  const absl::Time deadline = loop.Now() + options.timeout;
  NUBO_CO_ASSIGN_OR_RETURN(std::unique_ptr<net::Stream> stream, co_await net::ConnectTcp(loop, address, deadline));
  ClientOptions client_options;
  const std::shared_ptr<ClientConnection> connection =
      StartClient(loop, std::move(stream), options.version, client_options);
  const std::unique_ptr<ClientExchange> exchange = connection->Open();
  if (exchange == nullptr)
    co_return absl::AbortedError(absl::StrCat(address.ToString(), " closed the connection at once"));
  exchange->SetDeadline(deadline);
  if (head.authority.empty()) head.authority = address.ToString();
  if (!body.empty()) head.headers.Set("content-length", absl::StrCat(body.size()));
  NUBO_CO_RETURN_IF_ERROR(co_await exchange->SendHead(std::move(head), body.empty()));
  if (!body.empty()) {
    NUBO_CO_RETURN_IF_ERROR(co_await exchange->SendBody(body));
    Headers none;
    NUBO_CO_RETURN_IF_ERROR(co_await exchange->Finish(none));
  }
  Response response;
  NUBO_CO_ASSIGN_OR_RETURN(response.head, co_await exchange->ReadHead());
  while (true) {
    NUBO_CO_ASSIGN_OR_RETURN(const std::optional<std::string> piece, co_await exchange->ReadBody());
    if (!piece) break;
    if (response.body.size() + piece->size() > options.body_bytes_max) {
      co_return absl::ResourceExhaustedError(
          absl::StrCat("the response of ", address.ToString(), " is longer than ", options.body_bytes_max, " bytes"));
    }
    response.body += *piece;
  }
  response.trailers = exchange->trailers();
  co_return response;
}

}  // namespace nubo::http
