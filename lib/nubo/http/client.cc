#include "nubo/http/client.h"

#include <utility>

#include "nubo/http/h1_client.h"
#include "nubo/http/h2_client.h"

namespace nubo::http {

std::shared_ptr<ClientConnection> StartClient(net::Loop& loop, std::unique_ptr<net::Stream> stream, Version version,
                                              ClientOptions options) {
  if (version == Version::kHttp2) return std::make_shared<H2ClientConnection>(loop, std::move(stream), options);
  return std::make_shared<H1ClientConnection>(std::move(stream), options);
}

}  // namespace nubo::http
