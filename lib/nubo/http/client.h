// The client's side of HTTP: one connection, and the exchanges on it.
//
// A ClientConnection speaks HTTP/1.1 (one exchange at a time) or HTTP/2 (many) over a Stream it owns. It does not
// connect, retry or pool; it tells those who do all they need to know.
//
// Example:
//   auto connection = http::StartClient(loop, std::move(stream), http::Version::kHttp11, {});
//   auto exchange = connection->Open();
//   NUBO_CO_RETURN_IF_ERROR(co_await exchange->SendHead(head, /*end=*/true));
//   NUBO_CO_ASSIGN_OR_RETURN(auto response, co_await exchange->ReadHead());
//
// Errors: ABORTED: the connection broke; DEADLINE_EXCEEDED; CANCELLED: cancelled from this side; INTERNAL: the
// server broke the protocol; UNAVAILABLE: the server refused the stream unprocessed.
//
// Thread safety: belongs to its loop's thread.
#ifndef NUBO_HTTP_CLIENT_H_
#define NUBO_HTTP_CLIENT_H_

#include <memory>

#include "nubo/http/client_connection.h"
#include "nubo/http/message.h"
#include "nubo/net/loop.h"
#include "nubo/net/stream.h"

namespace nubo::http {

// `version` kHttp11 or kHttp2. Takes over the connected stream.
std::shared_ptr<ClientConnection> StartClient(net::Loop& loop, std::unique_ptr<net::Stream> stream, Version version,
                                              ClientOptions options);

}  // namespace nubo::http

#endif  // NUBO_HTTP_CLIENT_H_
