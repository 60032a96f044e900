#include "nubo/http/h1_server.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/http/syntax.h"

namespace nubo::http {
namespace {

// While a request is handled, so much is read ahead: of its body, or of the requests behind it.
constexpr size_t kReadAheadBytes = 32 << 10;
// Beyond a head that is as large as may be.
constexpr size_t kBesideHeadBytes = 4 << 10;
// An unread body is read over up to here, so that the connection can be kept.
constexpr size_t kDiscardMax = 256 << 10;
constexpr absl::Duration kLinger = absl::Seconds(1);
// For the rest of a body that nobody wants.
constexpr absl::Duration kDiscardTimeout = absl::Seconds(5);
// Until a silent client is first asked whether it is there; then twice as long every time.
constexpr absl::Duration kProbeFirst = absl::Milliseconds(250);
constexpr absl::Duration kProbeLongest = absl::Seconds(64);
// What every response begins with, and what any chunk's size may.
constexpr absl::string_view kStatusLineStart = "HTTP/1.1 ";
constexpr absl::string_view kChunkSizeStart = "000000";

bool BodyForbidden(int status) { return status < 200 || status == 204 || status == 304; }

// What is answered for a handler that did not, by what went wrong while its request was read.
int StatusFor(const absl::Status& read_error, int parser_status) {
  if (absl::IsInvalidArgument(read_error)) return parser_status;
  // Half a request (RFC 9112 §8).
  if (absl::IsAborted(read_error)) return 400;
  return absl::IsDeadlineExceeded(read_error) ? 408 : 500;
}

}  // namespace

class H1Exchange final : public Exchange {
 public:
  explicit H1Exchange(H1ServerConnection& connection)
      : connection_(connection), head_(std::move(connection.parser_.request())) {
    head_.scheme = connection.options_->scheme;
  }

  const RequestHead& head() const override { return head_; }
  net::SocketAddress peer() const override { return connection_.stream_->peer(); }
  net::SocketAddress local() const override { return connection_.stream_->local(); }

  net::Task<absl::StatusOr<std::optional<std::string>>> ReadBody() override {
    if (broken_) co_return absl::AbortedError("the client is gone");
    while (true) {
      const H1Parser::Step step = connection_.parser_.Next(connection_.buffer_.data());
      std::string piece(step.body);
      connection_.Consume(step.consumed);
      if (step.event == H1Parser::Event::kBody) co_return std::optional<std::string>(std::move(piece));
      if (step.event == H1Parser::Event::kEnd) co_return std::optional<std::string>();
      if (step.event == H1Parser::Event::kError) co_return read_error_ = connection_.parser_.error();
      if (connection_.ended_) {
        co_return read_error_ = absl::AbortedError("the client left before the end of its request");
      }
      NUBO_CO_RETURN_IF_ERROR(co_await Continue());
      connection_.read_since_ = connection_.loop_.Now();
      const absl::Time deadline = connection_.read_since_ + connection_.options_->body_timeout;
      const bool more = co_await connection_.changed_.WaitUntil(deadline);
      connection_.read_since_ = absl::InfiniteFuture();
      if (!more) co_return read_error_ = absl::DeadlineExceededError("the client sends its request too slowly");
    }
  }

  const Headers& trailers() const override { return connection_.parser_.trailers(); }

  net::Task<absl::Status> SendInterim(ResponseHead head) override {
    if (head_sent_) co_return absl::FailedPreconditionError("an interim response comes before SendHead");
    NUBO_CO_RETURN_IF_ERROR(CheckInterimHead(head));
    if (head_.version == Version::kHttp10) co_return absl::OkStatus();
    RemoveHopByHop(head.headers);
    head.headers.Remove("content-length");
    const std::string bytes = SerializeResponseHead(head, /*chunked=*/false, /*close=*/false);
    const absl::string_view view = bytes;
    const absl::Span<const absl::string_view> pieces(&view, 1);
    co_return co_await WriteHead(pieces, kStatusLineStart);
  }

  net::Task<absl::Status> SendHead(ResponseHead head, bool end) override {
    NUBO_CO_RETURN_IF_ERROR(PrepareHead(head, end));
    const std::string bytes = SerializeResponseHead(head, chunked_, close_);
    const absl::string_view view = bytes;
    const absl::Span<const absl::string_view> pieces(&view, 1);
    co_return co_await WriteHead(pieces, chunked_ ? kChunkSizeStart : "");
  }

  net::Task<absl::Status> SendBody(absl::string_view bytes) override {
    if (!head_sent_ || finished_) co_return absl::FailedPreconditionError("a body goes between SendHead and Finish");
    if (bytes.empty() || bodiless_) co_return absl::OkStatus();
    if (chunked_) {
      const std::string size = absl::StrCat(absl::Hex(bytes.size()), "\r\n");
      const std::array<absl::string_view, 3> pieces = {size, bytes, "\r\n"};
      const absl::Span<const absl::string_view> span = pieces;
      co_return co_await Write(span, kChunkSizeStart);
    }
    if (has_length_ && bytes.size() > remaining_) {
      Abort();
      co_return absl::InvalidArgumentError("the response is longer than its Content-Length");
    }
    remaining_ -= has_length_ ? bytes.size() : 0;
    const absl::Span<const absl::string_view> pieces(&bytes, 1);
    co_return co_await Write(pieces, "");
  }

  net::Task<size_t> WaitForRoom() override {
    // A write returns when its bytes are gone, so that nothing is ever queued; it is only not to be long, and less so
    // where all clients together have much to take.
    if (broken_) co_return 0;
    co_return connection_.budget_->exhausted() ? ByteBudget::kShareBytes : ByteBuffer::kRoomMax;
  }

  net::Task<absl::Status> Finish(Headers trailers) override {
    if (!head_sent_ || finished_) co_return absl::FailedPreconditionError("Finish comes once, after SendHead");
    if (has_length_ && remaining_ > 0 && !bodiless_) {
      Abort();
      co_return absl::InvalidArgumentError("the response is shorter than its Content-Length");
    }
    finished_ = true;
    if (!chunked_ || bodiless_) co_return absl::OkStatus();
    std::string bytes = "0\r\n";
    for (const Field& field : trailers) {
      if (AllowedInTrailers(field.name)) absl::StrAppend(&bytes, field.name, ": ", field.value, "\r\n");
    }
    bytes += "\r\n";
    const absl::string_view view = bytes;
    const absl::Span<const absl::string_view> pieces(&view, 1);
    co_return co_await Write(pieces, "");
  }

  net::Task<absl::Status> SendWhole(ResponseHead head, absl::string_view body) override {
    if (!BodyForbidden(head.status)) head.headers.Set("content-length", absl::StrCat(body.size()));
    NUBO_CO_RETURN_IF_ERROR(PrepareHead(head, /*end=*/false));
    finished_ = true;
    const std::string bytes = SerializeResponseHead(head, chunked_, close_);
    const std::array<absl::string_view, 2> pieces = {bytes, bodiless_ ? absl::string_view() : body};
    const absl::Span<const absl::string_view> span = pieces;
    co_return co_await WriteHead(span, "");
  }

  void Abort() override {
    broken_ = true;
    connection_.stream_->Reset();
    connection_.Close();
  }

  bool gone() const override { return broken_ || connection_.gone_; }
  void OnGone(std::function<void()> callback) override { connection_.on_gone_ = std::move(callback); }

  bool head_sent() const { return head_sent_; }
  bool finished() const { return finished_; }
  const absl::Status& read_error() const { return read_error_; }
  // The connection may go on to another request.
  bool Reusable() const { return finished_ && !broken_ && !close_; }

 private:
  // Settles how the response is framed, and says so in its fields.
  absl::Status PrepareHead(ResponseHead& head, bool end) {
    if (head_sent_) return absl::FailedPreconditionError("SendHead comes once");
    NUBO_RETURN_IF_ERROR(CheckResponseHead(head));
    RemoveHopByHop(head.headers);
    bodiless_ = head_.method == "HEAD" || BodyForbidden(head.status);
    if (head.status == 204) head.headers.Remove("content-length");
    const auto length = head.headers.Get("content-length");
    has_length_ = length.has_value();
    if (has_length_) remaining_ = *ParseContentLength(*length);
    if (end && !bodiless_ && remaining_ > 0) {
      return absl::InvalidArgumentError("a response without a body has a Content-Length above 0");
    }
    head_sent_ = true;
    // A client that was not asked for its body may send it or not, and one that is late or wrong with it may yet send
    // the rest: what comes next on the connection is unknown.
    close_ = !connection_.parser_.keep_alive() || connection_.draining_ || AwaitsContinue() || !read_error_.ok();
    if (end) {
      finished_ = true;
      if (!has_length_ && !bodiless_) head.headers.Set("content-length", "0");
    } else if (!has_length_ && !bodiless_) {
      chunked_ = head_.version != Version::kHttp10;
      close_ = close_ || !chunked_;
    }
    // HTTP/1.0 clients have to be told that the connection stays.
    if (!close_ && head_.version == Version::kHttp10) head.headers.Set("connection", "keep-alive");
    return absl::OkStatus();
  }

  bool AwaitsContinue() const {
    return !continued_ && head_.version == Version::kHttp11 && connection_.buffer_.empty() &&
           connection_.parser_.has_body() && head_.headers.HasToken("expect", "100-continue");
  }

  net::Task<absl::Status> WriteHead(absl::Span<const absl::string_view> pieces, absl::string_view certain) {
    if (broken_) co_return absl::AbortedError("the client is gone");
    absl::Status status = co_await connection_.Write(pieces, /*head=*/true, certain);
    if (!status.ok()) broken_ = true;
    co_return status;
  }
  net::Task<absl::Status> Write(absl::Span<const absl::string_view> pieces, absl::string_view certain) {
    if (broken_) co_return absl::AbortedError("the client is gone");
    absl::Status status = co_await connection_.Write(pieces, /*head=*/false, certain);
    if (!status.ok()) broken_ = true;
    co_return status;
  }

  // Tells a client that waits for it to send its body (RFC 9110 §10.1.1).
  net::Task<absl::Status> Continue() {
    if (head_sent_ || !AwaitsContinue()) co_return absl::OkStatus();
    continued_ = true;
    const absl::string_view bytes = "HTTP/1.1 100 Continue\r\n\r\n";
    const absl::Span<const absl::string_view> pieces(&bytes, 1);
    co_return co_await WriteHead(pieces, kStatusLineStart);
  }

  H1ServerConnection& connection_;
  RequestHead head_;
  bool continued_ = false;
  bool head_sent_ = false;
  bool finished_ = false;
  bool bodiless_ = false;
  bool chunked_ = false;
  bool close_ = false;
  bool has_length_ = false;
  bool broken_ = false;
  uint64_t remaining_ = 0;
  absl::Status read_error_;
};

H1ServerConnection::H1ServerConnection(net::Loop& loop, std::unique_ptr<net::Stream> stream,
                                       std::shared_ptr<const ServerOptions> options, std::shared_ptr<ByteBudget> budget,
                                       absl::string_view received)
    : loop_(loop),
      stream_(std::move(stream)),
      options_(std::move(options)),
      budget_(std::move(budget)),
      parser_(H1Parser::Kind::kRequest, options_->limits),
      idle_since_(loop.Now()),
      unwatched_(loop),
      changed_(loop),
      written_(loop) {
  buffer_.Append(received);
}

size_t H1ServerConnection::BufferMax() const {
  return handling_ ? kReadAheadBytes : options_->limits.head_bytes_max + kBesideHeadBytes;
}

void H1ServerConnection::Consume(size_t bytes) {
  const bool was_full = buffer_.size() >= BufferMax();
  buffer_.Consume(bytes);
  consumed_ += bytes;
  if (was_full && bytes > 0) changed_.Notify();
}

net::Task<void> H1ServerConnection::Pump(std::shared_ptr<H1ServerConnection> self) {
  absl::Status status;
  while (true) {
    while (!self->ended_ && self->buffer_.size() >= self->BufferMax()) {
      self->Watch();
      co_await self->changed_.Wait();
    }
    const absl::Span<char> room = self->buffer_.Prepare(self->BufferMax() - self->buffer_.size());
    const absl::StatusOr<size_t> got = co_await self->stream_->Read(room);
    status = got.status();
    if (!got.ok() || *got == 0) break;
    self->buffer_.Commit(*got);
    self->changed_.Notify();
  }
  self->timed_out_ = absl::IsDeadlineExceeded(status);
  self->ended_ = true;
  self->pump_done_ = true;
  self->changed_.Notify();
  if (status.ok()) {
    self->Watch();
  } else {
    self->Gone();
  }
}

void H1ServerConnection::Gone() {
  gone_ = true;
  unwatched_.Notify();
  if (handling_ && on_gone_) std::exchange(on_gone_, nullptr)();
}

void H1ServerConnection::Watch() {
  if (!handling_ || gone_ || probed_ == request_ || !Blind()) return;
  probed_ = request_;
  loop_.Spawn(Probe(shared_from_this(), request_));
}

net::Task<void> H1ServerConnection::Probe(std::shared_ptr<H1ServerConnection> self, uint64_t request) {
  absl::Duration pause = kProbeFirst;
  while (true) {
    const uint64_t consumed = self->consumed_;
    co_await self->unwatched_.WaitUntil(self->loop_.Now() + pause);
    if (!self->handling_ || self->request_ != request || self->gone_) co_return;
    // While its request is still taken in, there is nothing to ask.
    if (!self->Blind() || (!self->ended_ && self->consumed_ != consumed)) continue;
    pause = std::min(2 * pause, kProbeLongest);
    if (!self->writing_ && self->ahead_ < self->certain_.size()) {
      const absl::string_view byte = self->certain_.substr(self->ahead_++, 1);
      const absl::Span<const absl::string_view> pieces(&byte, 1);
      // A failure shows below.
      (void)co_await self->Put(pieces);
    }
    if (self->stream_->Broken()) co_return self->Gone();
  }
}

absl::Time H1ServerConnection::WaitingSince() const {
  if (!handling_) return idle_since_;
  return std::min(read_since_, write_since_) + ServerOptions::kStalledMin;
}

net::Task<void> H1ServerConnection::Run(Handler& handler) {
  loop_.Spawn(Pump(shared_from_this()));
  while (co_await ReadHead()) {
    if (++request_ >= options_->requests_per_connection_max) draining_ = true;
    H1Exchange exchange(*this);
    answered_ = handling_ = true;
    certain_ = kStatusLineStart;
    Watch();
    co_await handler.Handle(exchange);
    handling_ = false;
    idle_since_ = loop_.Now();
    on_gone_ = nullptr;
    unwatched_.Notify();
    // More may be read ahead again.
    changed_.Notify();
    if (!exchange.head_sent() && !exchange.gone()) {
      ResponseHead head;
      head.status = StatusFor(exchange.read_error(), parser_.error_status());
      (void)co_await exchange.SendWhole(std::move(head), "");
    } else if (!exchange.finished()) {
      exchange.Abort();
    }
    if (!exchange.Reusable() || draining_) break;
    if (!co_await DiscardBody()) break;
    parser_.Reset();
    answered_ = false;
  }
  if (!answered_ && !parser_.error().ok()) {
    co_await AnswerError(parser_.error_status(), std::string(parser_.error().message()));
  } else if (!answered_ && timed_out_ && head_begun_) {
    co_await AnswerError(408, "the request's head did not come in time");
  }
  co_await Linger();
  stream_->Close();
  while (!pump_done_) co_await changed_.Wait();
}

net::Task<bool> H1ServerConnection::ReadHead() {
  head_begun_ = false;
  stream_->SetDeadline(loop_.Now() + options_->idle_timeout);
  while (true) {
    const H1Parser::Step step = parser_.Next(buffer_.data());
    Consume(step.consumed);
    if (step.event == H1Parser::Event::kHead) {
      stream_->SetDeadline(absl::InfiniteFuture());
      co_return true;
    }
    // Empty lines, which the parser reads over, begin nothing.
    if (!head_begun_ && !buffer_.empty()) {
      head_begun_ = true;
      stream_->SetDeadline(loop_.Now() + options_->head_timeout);
    }
    if (step.event == H1Parser::Event::kError || ended_ || (draining_ && !head_begun_)) co_return false;
    co_await changed_.Wait();
  }
}

net::Task<void> H1ServerConnection::AnswerError(int status, std::string reason) {
  ResponseHead head;
  head.status = status;
  reason += "\n";
  head.headers = {{"content-type", "text/plain; charset=utf-8"}, {"content-length", absl::StrCat(reason.size())}};
  const std::string bytes = SerializeResponseHead(head, /*chunked=*/false, /*close=*/true);
  const std::array<absl::string_view, 2> pieces = {bytes, reason};
  const absl::Span<const absl::string_view> span = pieces;
  (void)co_await Write(span, /*head=*/true, "");
}

net::Task<bool> H1ServerConnection::DiscardBody() {
  // For all of it: a body that nobody wants is not worth waiting for piece by piece.
  const absl::Time deadline = loop_.Now() + std::min(options_->body_timeout, kDiscardTimeout);
  size_t discarded = 0;
  while (discarded <= kDiscardMax) {
    const H1Parser::Step step = parser_.Next(buffer_.data());
    discarded += step.consumed;
    Consume(step.consumed);
    if (step.event == H1Parser::Event::kEnd) co_return true;
    if (step.event == H1Parser::Event::kError) co_return false;
    if (step.event != H1Parser::Event::kNeedMore) continue;
    if (ended_) co_return false;
    if (!co_await changed_.WaitUntil(deadline)) co_return false;
  }
  co_return false;
}

// Closing at once with bytes unread would reset the connection, and the client might lose the response.
net::Task<void> H1ServerConnection::Linger() {
  if (ended_) co_return;
  stream_->ShutdownWrite();
  const absl::Time deadline = loop_.Now() + kLinger;
  stream_->SetDeadline(deadline);
  while (!ended_ && loop_.Now() < deadline) {
    Consume(buffer_.size());
    co_await changed_.WaitUntil(deadline);
  }
}

net::Task<absl::Status> H1ServerConnection::Write(absl::Span<const absl::string_view> pieces, bool head,
                                                  absl::string_view certain) {
  // An interim response or a probe may still be on its way when the final one begins.
  while (writing_) co_await written_.Wait();
  absl::InlinedVector<absl::string_view, 4> rest(pieces.begin(), pieces.end());
  if (head) rest[0].remove_prefix(ahead_);
  ahead_ = 0;
  certain_ = certain;
  const absl::Span<const absl::string_view> view = rest;
  co_return co_await Put(view);
}

net::Task<absl::Status> H1ServerConnection::Put(absl::Span<const absl::string_view> pieces) {
  writing_ = true;
  write_since_ = loop_.Now();
  size_t bytes = 0;
  for (const absl::string_view piece : pieces) bytes += piece.size();
  budget_->Take(bytes);
  stream_->SetDeadline(write_since_ + options_->body_timeout);
  absl::Status status = co_await stream_->Write(pieces);
  budget_->GiveBack(bytes);
  if (handling_) stream_->SetDeadline(absl::InfiniteFuture());
  write_since_ = absl::InfiniteFuture();
  writing_ = false;
  written_.Notify();
  co_return status;
}

void H1ServerConnection::Drain() {
  draining_ = true;
  changed_.Notify();
}

void H1ServerConnection::Close() {
  ended_ = true;
  unwatched_.Notify();
  stream_->Close();
  changed_.Notify();
}

}  // namespace nubo::http
