// An HTTP server: HTTP/1.1, and HTTP/2 without TLS by prior knowledge, on one port.
//
// Each request is handed to a Handler as an Exchange: read the body as it comes, answer as it goes, both at once if
// need be. Everything a peer controls is bounded by ServerOptions.
//
// Example:
//   class Hello final : public http::Handler {
//     net::Task<void> Handle(http::Exchange& exchange) override {
//       http::ResponseHead head;
//       co_await exchange.SendWhole(std::move(head), "hello\n");
//     }
//   };
//   http::Server server(loop, hello, {});
//   loop.Spawn(server.Serve(std::move(listener)));
//
// Thread safety: belongs to its loop's thread.
#ifndef NUBO_HTTP_SERVER_H_
#define NUBO_HTTP_SERVER_H_

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "nubo/http/exchange.h"
#include "nubo/http/server_options.h"
#include "nubo/net/loop.h"
#include "nubo/net/stream.h"

namespace nubo::http {

// The whole body. RESOURCE_EXHAUSTED: it has more than `bytes_max` bytes; else as ReadBody.
net::Task<absl::StatusOr<std::string>> ReadWholeBody(Exchange& exchange, size_t bytes_max);

class Server {
 public:
  // `loop` and `handler` outlive its connections, which end with Drain() or with the loop.
  Server(net::Loop& loop, Handler& handler, ServerOptions options);
  ~Server();

  // For the connections that are accepted from now on; those there are keep theirs. connections_max and
  // queued_bytes_max hold for all.
  void SetOptions(ServerOptions options);

  // Accepts until Drain or Close; several listeners may be served.
  net::Task<void> Serve(std::unique_ptr<net::Listener> listener);
  // Serves one connection to its end.
  net::Task<void> ServeStream(std::unique_ptr<net::Stream> stream);
  // Stops accepting, lets what is under way finish (GOAWAY, Connection: close) and returns when all is done. At
  // `deadline` what is left is closed; handlers, who can see that by gone() and failing calls, are waited for.
  net::Task<void> Drain(absl::Time deadline);
  // Stops accepting on the listener with this local address; its connections go on.
  void CloseListener(const net::SocketAddress& local);

  int connections() const;
  // What waits to be taken by clients now.
  size_t queued_bytes() const;

 private:
  struct State;
  static net::Task<void> Accept(std::shared_ptr<State> state, std::shared_ptr<net::Listener> listener);
  static net::Task<void> ServeOne(std::shared_ptr<State> state, std::unique_ptr<net::Stream> stream);

  const std::shared_ptr<State> state_;
};

}  // namespace nubo::http

#endif  // NUBO_HTTP_SERVER_H_
