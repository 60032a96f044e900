// What a connection of the client's side is, and an exchange on it, whatever version of HTTP it speaks. How one is
// begun stands in client.h, which most callers include; the errors, too.
//
// Thread safety: belongs to its loop's thread.
#ifndef NUBO_HTTP_CLIENT_CONNECTION_H_
#define NUBO_HTTP_CLIENT_CONNECTION_H_

#include <cstddef>
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

class ClientExchange {
 public:
  // Cancels what is not finished.
  virtual ~ClientExchange() = default;

  // With `end` the request has no body. A body over HTTP/1.1 is chunked unless the head has a Content-Length.
  virtual net::Task<absl::Status> SendHead(RequestHead head, bool end) = 0;
  virtual net::Task<absl::Status> SendBody(absl::string_view bytes) = 0;
  virtual net::Task<absl::Status> Finish(Headers trailers) = 0;

  // The head that comes next: of an interim response (102 to 199), or of the final one.
  virtual net::Task<absl::StatusOr<ResponseHead>> ReadNextHead() = 0;
  // The final response's head; interim ones are passed over.
  net::Task<absl::StatusOr<ResponseHead>> ReadHead();
  // From now on ReadBody takes no more from the connection at once: for whoever has no room for the pieces. HTTP/2
  // pieces are bounded by its windows alone.
  virtual void SetPieceMax(size_t bytes) = 0;
  // After ReadHead: no body and no trailers follow, as far as is known already. Takes nothing from the body.
  virtual bool response_ended() const = 0;
  // The next piece of the body, never empty; nullopt at its end.
  virtual net::Task<absl::StatusOr<std::optional<std::string>>> ReadBody() = 0;
  // After the end of the body.
  virtual const Headers& trailers() const = 0;

  // From then on every operation, pending or later, ends with DEADLINE_EXCEEDED.
  virtual void SetDeadline(absl::Time deadline) = 0;
  // Pending operations end with CANCELLED. HTTP/1.1: the connection is lost with it.
  virtual void Cancel() = 0;

  // At least one byte of the request may have been read by the server.
  virtual bool request_bytes_sent() const = 0;
  // At least one byte of the response, an interim one included, has come.
  virtual bool response_bytes_seen() const = 0;
  // HTTP/2: the server has not begun to process it. It says so (REFUSED_STREAM, or above GOAWAY's last stream), or it
  // is certain that it has read nothing of it (net::Stream::NothingRead).
  virtual bool refused() const = 0;
};

struct ClientOptions {
  Limits limits;
  // HTTP/2: what this side opens at once at most, whatever the server allows.
  uint32_t streams_max = 100;
};

class ClientConnection {
 public:
  virtual ~ClientConnection() = default;

  // nullptr: nothing can be opened on it now. The exchange keeps the connection alive.
  virtual std::unique_ptr<ClientExchange> Open() = 0;
  // Open() would give an exchange. HTTP/1.1: idle, unbroken, and the peer keeps it open. HTTP/2: below the
  // limits, no GOAWAY.
  virtual bool Usable() = 0;
  // It will never be usable again.
  virtual bool Finished() const = 0;
  // Exchanges that are not finished.
  virtual int open_exchanges() const = 0;
  // Everything on it ends with CANCELLED.
  virtual void Close() = 0;
  // Called whenever Usable() or Finished() may have changed; nullptr takes it back.
  virtual void OnChange(std::function<void()> callback) = 0;
};

}  // namespace nubo::http

#endif  // NUBO_HTTP_CLIENT_CONNECTION_H_
