// One request, one whole response: for health checks and tools.
//
// Example:
//   auto response = co_await http::Fetch(loop, address, {.authority = "a", .path = "/healthz"}, "", {});
//
// Thread safety: belongs to its loop's thread.
#ifndef NUBO_HTTP_FETCH_H_
#define NUBO_HTTP_FETCH_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "nubo/http/message.h"
#include "nubo/net/ip_address.h"
#include "nubo/net/loop.h"

namespace nubo::http {

struct FetchOptions {
  // For all of it, connecting included.
  absl::Duration timeout = absl::Seconds(5);
  size_t body_bytes_max = 1 << 20;
  Version version = Version::kHttp11;
};

// RESOURCE_EXHAUSTED: the body is larger than allowed; else as net::ConnectTcp and ClientExchange.
net::Task<absl::StatusOr<Response>> Fetch(net::Loop& loop, net::SocketAddress address, RequestHead head,
                                          std::string body, FetchOptions options);

}  // namespace nubo::http

#endif  // NUBO_HTTP_FETCH_H_
