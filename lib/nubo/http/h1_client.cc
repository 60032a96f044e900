#include "nubo/http/h1_client.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/http/syntax.h"

namespace nubo::http {
class H1ClientExchange final : public ClientExchange {
 public:
  explicit H1ClientExchange(std::shared_ptr<H1ClientConnection> connection) : connection_(std::move(connection)) {
    connection_->parser_.Reset();
  }

  ~H1ClientExchange() override {
    const bool reusable = request_done_ && response_done_ && connection_->parser_.keep_alive() && !cancelled_ &&
                          connection_->buffer_.empty();
    connection_->stream_->SetDeadline(absl::InfiniteFuture());
    connection_->Release(reusable);
  }

  net::Task<absl::Status> SendHead(RequestHead head, bool end) override {
    if (head_sent_) co_return absl::FailedPreconditionError("SendHead comes once");
    NUBO_CO_RETURN_IF_ERROR(CheckRequestHead(head));
    head_sent_ = true;
    connection_->stream_->MarkWritten();
    RemoveHopByHop(head.headers);
    head_request_ = head.method == "HEAD";
    connection_->parser_.set_head_request(head_request_);
    const auto length = head.headers.Get("content-length");
    has_length_ = length.has_value();
    if (has_length_) remaining_ = *ParseContentLength(*length);
    if (end && remaining_ > 0) {
      co_return absl::InvalidArgumentError("a request without a body has a Content-Length above 0");
    }
    chunked_ = !end && !has_length_;
    request_done_ = end;
    const bool wants_length =
        end && !has_length_ && (head.method == "POST" || head.method == "PUT" || head.method == "PATCH");
    if (wants_length) head.headers.Set("content-length", "0");
    const std::string bytes = SerializeRequestHead(head, chunked_);
    const absl::string_view view = bytes;
    const absl::Span<const absl::string_view> pieces(&view, 1);
    co_return co_await Write(pieces);
  }

  net::Task<absl::Status> SendBody(absl::string_view bytes) override {
    if (!head_sent_ || request_done_)
      co_return absl::FailedPreconditionError("a body goes between SendHead and Finish");
    if (bytes.empty()) co_return absl::OkStatus();
    if (chunked_) {
      const std::string size = absl::StrCat(absl::Hex(bytes.size()), "\r\n");
      const std::array<absl::string_view, 3> pieces = {size, bytes, "\r\n"};
      const absl::Span<const absl::string_view> span = pieces;
      co_return co_await Write(span);
    }
    if (bytes.size() > remaining_)
      co_return absl::InvalidArgumentError("the request is longer than its Content-Length");
    remaining_ -= bytes.size();
    const absl::Span<const absl::string_view> pieces(&bytes, 1);
    co_return co_await Write(pieces);
  }

  net::Task<absl::Status> Finish(Headers trailers) override {
    if (request_done_) co_return absl::OkStatus();
    if (!head_sent_) co_return absl::FailedPreconditionError("Finish comes after SendHead");
    if (!chunked_ && remaining_ > 0)
      co_return absl::InvalidArgumentError("the request is shorter than its Content-Length");
    if (chunked_) {
      std::string bytes = "0\r\n";
      for (const Field& field : trailers) {
        if (AllowedInTrailers(field.name)) absl::StrAppend(&bytes, field.name, ": ", field.value, "\r\n");
      }
      bytes += "\r\n";
      const absl::string_view view = bytes;
      const absl::Span<const absl::string_view> pieces(&view, 1);
      NUBO_CO_RETURN_IF_ERROR(co_await Write(pieces));
    }
    request_done_ = true;
    co_return absl::OkStatus();
  }

  net::Task<absl::StatusOr<ResponseHead>> ReadNextHead() override {
    while (interims_ <= connection_->interims_max_) {
      NUBO_CO_ASSIGN_OR_RETURN(const H1Parser::Event event, co_await Advance(nullptr));
      if (event != H1Parser::Event::kHead) co_return absl::InternalError("the server's response has no head");
      ResponseHead head = std::move(connection_->parser_.response());
      if (head.status >= 200) {
        response_done_ = !connection_->parser_.has_body();
        co_return head;
      }
      if (head.status == 101) co_return absl::InternalError("the server switched protocols, which nobody asked for");
      connection_->parser_.Reset();
      connection_->parser_.set_head_request(head_request_);
      ++interims_;
      // 100 says no more than that a body may come, and it comes unasked.
      if (head.status != 100) co_return head;
    }
    co_return absl::InternalError(
        absl::StrCat("the server sent more than ", connection_->interims_max_, " interim responses"));
  }

  net::Task<absl::StatusOr<std::optional<std::string>>> ReadBody() override {
    if (response_done_) co_return std::optional<std::string>();
    std::string piece;
    NUBO_CO_ASSIGN_OR_RETURN(const H1Parser::Event event, co_await Advance(&piece));
    // Where memory is short, none is kept between two pieces: the second may be long in coming.
    if (piece_max_ < ByteBuffer::kRoomMax) connection_->buffer_.Release();
    if (event == H1Parser::Event::kEnd) {
      response_done_ = true;
      co_return std::optional<std::string>();
    }
    co_return std::optional<std::string>(std::move(piece));
  }

  void SetPieceMax(size_t bytes) override { piece_max_ = std::max<size_t>(bytes, 1); }
  bool response_ended() const override { return response_done_; }
  const Headers& trailers() const override { return connection_->parser_.trailers(); }
  void SetDeadline(absl::Time deadline) override { connection_->stream_->SetDeadline(deadline); }
  void Cancel() override {
    cancelled_ = true;
    // Not as one that has only stopped sending: the server need not go on.
    connection_->stream_->Reset();
  }
  bool request_bytes_sent() const override { return bytes_sent_ && !nothing_read_; }
  bool response_bytes_seen() const override { return bytes_seen_; }
  bool refused() const override { return false; }

 private:
  net::Task<absl::Status> Write(absl::Span<const absl::string_view> pieces) {
    bytes_sent_ = true;
    co_return co_await connection_->stream_->Write(pieces);
  }

  // The next head, piece of body, or end.
  net::Task<absl::StatusOr<H1Parser::Event>> Advance(std::string* piece) {
    // The exchange keeps it, and outlives its own coroutines.
    H1ClientConnection& connection = *connection_;
    while (true) {
      const H1Parser::Step step = connection.parser_.Next(connection.buffer_.data());
      if (piece != nullptr) piece->assign(step.body.data(), step.body.size());
      connection.buffer_.Consume(step.consumed);
      if (step.event == H1Parser::Event::kError) {
        co_return absl::InternalError(absl::StrCat("the server's response: ", connection.parser_.error().message()));
      }
      if (step.event != H1Parser::Event::kNeedMore) co_return step.event;
      const absl::Span<char> room = connection.buffer_.Prepare(piece_max_);
      const absl::StatusOr<size_t> got = co_await connection.stream_->Read(room);
      const bool more = got.ok() && *got > 0;
      // A server may close a kept connection at the very moment at which it is used again.
      if (!more && !bytes_seen_) nothing_read_ = connection.stream_->NothingRead();
      if (!got.ok()) co_return got.status();
      if (more) {
        connection.buffer_.Commit(*got);
        bytes_seen_ = true;
        continue;
      }
      // Only a body may end with the connection.
      const bool in_body = piece != nullptr;
      if (in_body && connection.parser_.AtEof(connection.buffer_.empty())) co_return H1Parser::Event::kEnd;
      co_return absl::AbortedError("the server closed the connection before the end of its response");
    }
  }

  const std::shared_ptr<H1ClientConnection> connection_;
  bool head_request_ = false;
  bool head_sent_ = false;
  bool chunked_ = false;
  bool has_length_ = false;
  bool request_done_ = false;
  bool response_done_ = false;
  bool cancelled_ = false;
  bool bytes_sent_ = false;
  bool bytes_seen_ = false;
  bool nothing_read_ = false;
  int interims_ = 0;
  size_t piece_max_ = ByteBuffer::kRoomMax;
  uint64_t remaining_ = 0;
};

H1ClientConnection::H1ClientConnection(std::unique_ptr<net::Stream> stream, const ClientOptions& options)
    : stream_(std::move(stream)),
      interims_max_(options.limits.interims_max),
      parser_(H1Parser::Kind::kResponse, options.limits) {}

std::unique_ptr<ClientExchange> H1ClientConnection::Open() {
  if (!Usable()) return nullptr;
  busy_ = true;
  return std::make_unique<H1ClientExchange>(shared_from_this());
}

bool H1ClientConnection::Usable() {
  if (busy_ || finished_) return false;
  if (stream_->IdleBroken()) Close();
  return !finished_;
}

void H1ClientConnection::Close() {
  finished_ = true;
  stream_->Close();
}

void H1ClientConnection::Release(bool reusable) {
  busy_ = false;
  buffer_.Release();
  if (!reusable) Close();
  if (on_change_) on_change_();
}

}  // namespace nubo::http
