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

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "nubo/http/h1_parser.h"
#include "nubo/http/message.h"
#include "nubo/net/loop.h"
#include "nubo/net/stream.h"

namespace nubo::http {

// One request and its response.
class Exchange {
 public:
  virtual ~Exchange() = default;

  virtual const RequestHead& head() const = 0;
  virtual net::SocketAddress peer() const = 0;
  virtual net::SocketAddress local() const = 0;

  // The next piece of the request's body, never empty; nullopt at its end.
  // ABORTED: the client is gone. DEADLINE_EXCEEDED: it sends too slowly. INVALID_ARGUMENT: its framing is broken.
  virtual net::Task<absl::StatusOr<std::optional<std::string>>> ReadBody() = 0;
  // After the end of the body.
  virtual const Headers& trailers() const = 0;

  // An interim response (102 to 199, but not 100 and 101), any number before SendHead. Clients that know none
  // (HTTP/1.0) are not told.
  virtual net::Task<absl::Status> SendInterim(ResponseHead head) = 0;
  // Begins the response; with `end` that is all of it. Call once. Framing fields (Content-Length excepted, which must
  // then be right) and Connection are the server's business.
  virtual net::Task<absl::Status> SendHead(ResponseHead head, bool end) = 0;
  virtual net::Task<absl::Status> SendBody(absl::string_view bytes) = 0;
  // How much SendBody would take without keeping it for long: for whoever can read the next piece when there is room
  // for it, and no larger one. Of HTTP/2 this waits for a client that does not read; of HTTP/1.1, where nothing is
  // queued, SendBody does. 0: it is gone, or has not read for the body timeout.
  virtual net::Task<size_t> WaitForRoom() = 0;
  // Ends the response; trailers reach HTTP/2 clients, and HTTP/1.1 clients when the body is chunked.
  virtual net::Task<absl::Status> Finish(Headers trailers) = 0;
  // A whole response: head, body with its Content-Length, end. Instead of the three above.
  virtual net::Task<absl::Status> SendWhole(ResponseHead head, absl::string_view body) = 0;
  // Gives up: the client sees a broken response (a reset stream, a closed connection), never a complete one.
  virtual void Abort() = 0;

  // The client has closed the connection or reset the stream. One that has only stopped sending still gets its answer;
  // since both look the same until something is sent, HTTP/1.1 takes a moment to tell (docs/adr/0013).
  virtual bool gone() const = 0;
  // Called once when the client goes while the request is handled; nullptr takes it back. Of one that has gone before,
  // only gone() tells.
  virtual void OnGone(std::function<void()> callback) = 0;
};

class Handler {
 public:
  virtual ~Handler() = default;
  // The exchange ends with it: what has not been finished is aborted. Before SendHead it is answered: with 500, or
  // with what fits the error that ReadBody gave (400, 408).
  virtual net::Task<void> Handle(Exchange& exchange) = 0;
};

// The whole body. RESOURCE_EXHAUSTED: it has more than `bytes_max` bytes; else as ReadBody.
net::Task<absl::StatusOr<std::string>> ReadWholeBody(Exchange& exchange, size_t bytes_max);

struct ServerOptions {
  // How long the client of a request under way may keep it waiting before its connection may be closed for another's.
  static constexpr absl::Duration kStalledMin = absl::Seconds(5);

  Limits limits;
  // Also counts HTTP/2's. For further ones room is made by closing those whose clients have been silent for longest
  // while it was their turn: without a request under way, or amid one for at least kStalledMin. If there are none, the
  // further ones are closed.
  int connections_max = 20000;
  // HTTP/2: at once, each connection.
  uint32_t streams_max = 128;
  // A connection is told to go after so many requests.
  uint64_t requests_per_connection_max = 1'000'000;
  // What waits to be taken by all clients together, beyond a few KiB for each response.
  size_t queued_bytes_max = 64 << 20;
  absl::Duration head_timeout = absl::Seconds(30);
  absl::Duration idle_timeout = absl::Seconds(60);
  // How long one piece of a body may take to come or to go.
  absl::Duration body_timeout = absl::Seconds(60);
  // HTTP/2: streams the client may reset, a second, with ten seconds' worth as a burst (CVE-2023-44487).
  int resets_per_second_max = 100;
  // "http" or "https", for what HTTP/1.1 does not say.
  std::string scheme = "http";
};

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
