#include "nubo/http/h2_server.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/http/syntax.h"

namespace nubo::http {
namespace {

class H2Exchange final : public Exchange {
 public:
  H2Exchange(H2Session& session, H2Stream& stream, const ServerOptions& options)
      : session_(session), stream_(stream), options_(options) {}

  const RequestHead& head() const override { return stream_.request(); }
  net::SocketAddress peer() const override { return session_.peer(); }
  net::SocketAddress local() const override { return session_.local(); }
  net::Task<absl::StatusOr<std::optional<std::string>>> ReadBody() override {
    NUBO_CO_RETURN_IF_ERROR(Continue());
    const absl::Time deadline = Deadline();
    absl::StatusOr<std::optional<std::string>> piece = co_await stream_.ReadBody(deadline);
    if (!piece.ok()) read_error_ = piece.status();
    co_return piece;
  }
  const Headers& trailers() const override { return stream_.trailers(); }

  net::Task<absl::Status> SendInterim(ResponseHead head) override {
    if (head_sent_) co_return absl::FailedPreconditionError("an interim response comes before SendHead");
    NUBO_CO_RETURN_IF_ERROR(CheckInterimHead(head));
    co_return session_.RespondInterim(stream_, head);
  }
  net::Task<absl::Status> SendHead(ResponseHead head, bool end) override {
    NUBO_CO_RETURN_IF_ERROR(PrepareHead(head, end));
    co_return absl::OkStatus();
  }
  net::Task<absl::Status> SendBody(absl::string_view bytes) override {
    if (!head_sent_) co_return absl::FailedPreconditionError("a body goes between SendHead and Finish");
    if (bytes.empty() || bodiless_) co_return absl::OkStatus();
    if (has_length_ && bytes.size() > remaining_) {
      Abort();
      co_return absl::InvalidArgumentError("the response is longer than its Content-Length");
    }
    remaining_ -= has_length_ ? bytes.size() : 0;
    const absl::Time deadline = Deadline();
    co_return co_await stream_.SendBody(bytes, deadline);
  }
  net::Task<size_t> WaitForRoom() override {
    const absl::Time deadline = Deadline();
    co_return co_await stream_.WaitForRoom(deadline);
  }
  net::Task<absl::Status> Finish(Headers trailers) override {
    if (!head_sent_) co_return absl::FailedPreconditionError("Finish comes after SendHead");
    if (has_length_ && remaining_ > 0 && !bodiless_) {
      Abort();
      co_return absl::InvalidArgumentError("the response is shorter than its Content-Length");
    }
    const absl::Time deadline = Deadline();
    co_return co_await stream_.Finish(trailers, deadline);
  }
  net::Task<absl::Status> SendWhole(ResponseHead head, absl::string_view body) override {
    if (!BodyForbidden(head.status)) head.headers.Set("content-length", absl::StrCat(body.size()));
    const bool end = body.empty() || BodyForbidden(head.status);
    NUBO_CO_RETURN_IF_ERROR(PrepareHead(head, end));
    if (end || bodiless_) co_return absl::OkStatus();
    const absl::Time deadline = Deadline();
    NUBO_CO_RETURN_IF_ERROR(co_await stream_.SendBody(body, deadline));
    Headers none;
    co_return co_await stream_.Finish(none, deadline);
  }
  void Abort() override { stream_.Reset(NGHTTP2_INTERNAL_ERROR); }

  bool gone() const override { return stream_.closed(); }
  void OnGone(std::function<void()> callback) override { stream_.OnGone(std::move(callback)); }
  bool head_sent() const { return head_sent_; }
  const absl::Status& read_error() const { return read_error_; }

 private:
  // Tells a client that waits for it to send its body (RFC 9110 §10.1.1).
  absl::Status Continue() {
    if (head_sent_ || std::exchange(continued_, true) || stream_.end_received()) return absl::OkStatus();
    if (!stream_.request().headers.HasToken("expect", "100-continue")) return absl::OkStatus();
    ResponseHead head;
    head.status = 100;
    return session_.RespondInterim(stream_, head);
  }

  static bool BodyForbidden(int status) { return status == 204 || status == 304; }

  absl::Status PrepareHead(ResponseHead& head, bool end) {
    if (head_sent_) return absl::FailedPreconditionError("SendHead comes once");
    NUBO_RETURN_IF_ERROR(CheckResponseHead(head));
    bodiless_ = stream_.request().method == "HEAD" || BodyForbidden(head.status);
    if (head.status == 204) head.headers.Remove("content-length");
    const auto length = head.headers.Get("content-length");
    has_length_ = length.has_value();
    if (has_length_) remaining_ = *ParseContentLength(*length);
    if (end && !bodiless_ && remaining_ > 0) {
      return absl::InvalidArgumentError("a response without a body has a Content-Length above 0");
    }
    NUBO_RETURN_IF_ERROR(session_.Respond(stream_, head, end || bodiless_));
    head_sent_ = true;
    return absl::OkStatus();
  }
  absl::Time Deadline() const { return session_.loop().Now() + options_.body_timeout; }

  H2Session& session_;
  H2Stream& stream_;
  const ServerOptions& options_;
  bool continued_ = false;
  bool head_sent_ = false;
  bool bodiless_ = false;
  bool has_length_ = false;
  uint64_t remaining_ = 0;
  absl::Status read_error_;
};

H2Options SessionOptions(const ServerOptions& options, std::shared_ptr<ByteBudget> budget) {
  H2Options session;
  session.budget = std::move(budget);
  session.limits = options.limits;
  session.streams_max = options.streams_max;
  session.resets_per_second_max = options.resets_per_second_max;
  session.write_timeout = options.body_timeout;
  session.idle_timeout = options.idle_timeout;
  return session;
}

}  // namespace

H2ServerConnection::H2ServerConnection(net::Loop& loop, std::unique_ptr<net::Stream> stream,
                                       std::shared_ptr<const ServerOptions> options, std::shared_ptr<ByteBudget> budget)
    : loop_(loop),
      options_(std::move(options)),
      session_(std::make_shared<H2Session>(loop, std::move(stream), H2Session::Side::kServer,
                                           SessionOptions(*options_, std::move(budget)))),
      handled_(loop) {}

net::Task<void> H2ServerConnection::Run(Handler& handler, std::string received) {
  const auto self = shared_from_this();
  // Taken back below, before which this has not ended. The handler outlives the connection.
  session_->OnRequest([this, &handler](std::shared_ptr<H2Stream> stream) { Begin(handler, std::move(stream)); });
  session_->Start(std::move(received));
  co_await session_->Done();
  session_->OnRequest(nullptr);
  while (handling_ > 0) co_await handled_.Wait();
}

void H2ServerConnection::Begin(Handler& handler, std::shared_ptr<H2Stream> stream) {
  // A stream that was reset makes room for another before its handler has noticed.
  if (handling_ >= 2 * static_cast<int64_t>(options_->streams_max)) return stream->Reset(NGHTTP2_REFUSED_STREAM);
  ++handling_;
  if (++requests_ == options_->requests_per_connection_max) session_->GoAway();
  loop_.Spawn(Serve(shared_from_this(), handler, std::move(stream)));
}

// The handler outlives it: Run() waits for each.
net::Task<void> H2ServerConnection::Serve(std::shared_ptr<H2ServerConnection> self, Handler& handler,
                                          std::shared_ptr<H2Stream> stream) {
  {
    H2Exchange exchange(*self->session_, *stream, *self->options_);
    int status = stream->refusal();
    if (status == 0) {
      co_await handler.Handle(exchange);
      stream->OnGone(nullptr);
      status = absl::IsDeadlineExceeded(exchange.read_error()) ? 408 : 500;
    }
    if (!exchange.head_sent() && !exchange.gone()) {
      ResponseHead head;
      head.status = status;
      (void)co_await exchange.SendWhole(std::move(head), "");
    }
  }
  // A reset overtakes what is queued (nghttp2 drops that): what is whole goes first. The handler may have waited for a
  // part of the time.
  const absl::Time deadline = stream->end_queued_since() + self->options_->body_timeout;
  while (stream->end_queued() && !stream->end_sent() && !stream->closed()) {
    if (!co_await stream->changed().WaitUntil(deadline)) break;
  }
  if (!stream->end_sent()) {
    // Broken off, or stuck because the client does not read.
    stream->Reset(NGHTTP2_INTERNAL_ERROR);
  } else if (!stream->end_received()) {
    // The response is whole, and the rest of the request is not wanted (RFC 9113 §8.1).
    stream->Reset(NGHTTP2_NO_ERROR);
  }
  --self->handling_;
  self->handled_.Notify();
}

}  // namespace nubo::http
