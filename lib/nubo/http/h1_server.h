// The server's side of one HTTP/1.1 connection. Not for users.
//
// Thread safety: belongs to its loop's thread.
#ifndef NUBO_HTTP_H1_SERVER_H_
#define NUBO_HTTP_H1_SERVER_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "nubo/http/byte_budget.h"
#include "nubo/http/byte_buffer.h"
#include "nubo/http/exchange.h"
#include "nubo/http/h1_parser.h"
#include "nubo/http/server_options.h"
#include "nubo/net/loop.h"
#include "nubo/net/stream.h"

namespace nubo::http {

// One coroutine (Pump) reads all the time, into a bounded buffer, so that a client which leaves is noticed while its
// request is handled; the other (Run) parses and handles. Where reading cannot tell, because the client has stopped
// sending or the buffer is full, a third (Probe) sends ahead, one by one and ever more rarely, bytes that the response
// goes on with whatever it will be: a client that has closed answers with a reset, one that waits has lost nothing
// (docs/adr/0013).
class H1ServerConnection final : public std::enable_shared_from_this<H1ServerConnection> {
 public:
  // `received`: what was read from the stream already.
  H1ServerConnection(net::Loop& loop, std::unique_ptr<net::Stream> stream, std::shared_ptr<const ServerOptions> options,
                     std::shared_ptr<ByteBudget> budget, absl::string_view received);

  net::Task<void> Run(Handler& handler);
  // The response under way is the last one; an idle connection is closed.
  void Drain();
  void Close();
  // Since when it is the client alone that keeps the connection waiting; in the future if it is not. Of a request under
  // way kStalledMin later.
  absl::Time WaitingSince() const;

 private:
  friend class H1Exchange;

  static net::Task<void> Pump(std::shared_ptr<H1ServerConnection> self);
  void Consume(size_t bytes);
  // How much is read ahead of the parser: a head, where one is awaited, always fits.
  size_t BufferMax() const;
  // True once a whole head is parsed; false when the connection should end.
  net::Task<bool> ReadHead();
  // The connection's last words.
  net::Task<void> AnswerError(int status, std::string reason);
  // Reads over what the handler left of a body. False if that is too much.
  net::Task<bool> DiscardBody();
  net::Task<void> Linger();
  // A write that may not take longer than the body timeout. `head`: it begins with a status line, of which a part may
  // have been sent ahead. `certain`: what the next write will begin with, whatever it is.
  net::Task<absl::Status> Write(absl::Span<const absl::string_view> pieces, bool head, absl::string_view certain);
  // While nothing else is being written.
  net::Task<absl::Status> Put(absl::Span<const absl::string_view> pieces);
  static net::Task<void> Probe(std::shared_ptr<H1ServerConnection> self, uint64_t request);
  // Starts Probe if it is needed.
  void Watch();
  // Reading cannot tell whether the client is there.
  bool Blind() const { return ended_ || buffer_.size() >= BufferMax(); }
  void Gone();

  net::Loop& loop_;
  const std::unique_ptr<net::Stream> stream_;
  const std::shared_ptr<const ServerOptions> options_;
  const std::shared_ptr<ByteBudget> budget_;
  H1Parser parser_;
  // Received and not yet parsed.
  ByteBuffer buffer_;
  bool ended_ = false;       // nothing more will come
  bool gone_ = false;        // nor is anybody there
  bool timed_out_ = false;   // because the deadline passed
  bool head_begun_ = false;  // a part of a head has come, and not the whole
  bool handling_ = false;
  bool answered_ = false;  // the request at hand was given to the handler
  bool writing_ = false;
  bool draining_ = false;
  bool pump_done_ = false;
  uint64_t request_ = 0;  // how many have been given to the handler
  uint64_t probed_ = 0;   // which of them has a Probe
  // What the next bytes of the response are for sure, and how many of them have been sent.
  absl::string_view certain_;
  size_t ahead_ = 0;
  uint64_t consumed_ = 0;
  absl::Time idle_since_;
  absl::Time read_since_ = absl::InfiniteFuture();
  absl::Time write_since_ = absl::InfiniteFuture();
  std::function<void()> on_gone_;
  net::Event unwatched_;
  net::Event changed_;
  net::Event written_;
};

}  // namespace nubo::http

#endif  // NUBO_HTTP_H1_SERVER_H_
