// The server's side of one HTTP/1.1 connection. Not for users.
//
// Thread safety: belongs to its loop's thread.
#ifndef NUBO_HTTP_H1_SERVER_H_
#define NUBO_HTTP_H1_SERVER_H_

#include <functional>
#include <memory>
#include <string>

#include "nubo/http/byte_buffer.h"
#include "nubo/http/h1_parser.h"
#include "nubo/http/server.h"
#include "nubo/net/loop.h"
#include "nubo/net/stream.h"

namespace nubo::http {

// One coroutine (Pump) reads all the time, into a bounded buffer, so that a client which leaves is noticed while its
// request is handled; the other (Run) parses and handles.
class H1ServerConnection final : public std::enable_shared_from_this<H1ServerConnection> {
 public:
  // `received`: what was read from the stream already.
  H1ServerConnection(net::Loop& loop, std::unique_ptr<net::Stream> stream, const ServerOptions& options,
                     absl::string_view received);

  net::Task<void> Run(Handler& handler);
  // The response under way is the last one; an idle connection is closed.
  void Drain();
  void Close();

 private:
  friend class H1Exchange;

  static net::Task<void> Pump(std::shared_ptr<H1ServerConnection> self);
  void Consume(size_t bytes);
  // How much is read ahead of the parser; one head always fits.
  size_t BufferMax() const;
  // True once a whole head is parsed; false when the connection should end.
  net::Task<bool> ReadHead();
  // The connection's last words.
  net::Task<void> AnswerError(int status, std::string reason);
  // Reads over what the handler left of a body. False if that is too much.
  net::Task<bool> DiscardBody();
  net::Task<void> Linger();
  // A write that may not take longer than the body timeout.
  net::Task<absl::Status> Write(absl::Span<const absl::string_view> pieces);

  net::Loop& loop_;
  const std::unique_ptr<net::Stream> stream_;
  const ServerOptions& options_;
  H1Parser parser_;
  // Received and not yet parsed.
  ByteBuffer buffer_;
  bool ended_ = false;       // nothing more will come
  bool timed_out_ = false;   // because the deadline passed
  bool head_begun_ = false;  // a part of a head has come, and not the whole
  bool handling_ = false;
  bool answered_ = false;  // the request at hand was given to the handler
  bool writing_ = false;
  bool draining_ = false;
  bool pump_done_ = false;
  std::function<void()> on_gone_;
  net::Event changed_;
  net::Event written_;
};

}  // namespace nubo::http

#endif  // NUBO_HTTP_H1_SERVER_H_
