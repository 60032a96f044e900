// What a server hands to a handler: one request and its response. The server itself stands in server.h, with an
// example.
//
// Thread safety: belongs to its loop's thread.
#ifndef NUBO_HTTP_EXCHANGE_H_
#define NUBO_HTTP_EXCHANGE_H_

#include <cstddef>
#include <functional>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nubo/http/message.h"
#include "nubo/net/ip_address.h"
#include "nubo/net/loop.h"

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

}  // namespace nubo::http

#endif  // NUBO_HTTP_EXCHANGE_H_
