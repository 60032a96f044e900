#include "nubo/http/h2_server.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"

namespace nubo::http {
namespace {

class H2Exchange final : public Exchange {
 public:
  H2Exchange(H2Session& session, H2Stream& stream, const ServerOptions& options)
      : session_(session), stream_(stream), options_(options) {}

  const RequestHead& head() const override { return stream_.request(); }
  net::SocketAddress peer() const override { return session_.peer(); }
  net::SocketAddress local() const override { return session_.local(); }
  net::Task<absl::StatusOr<std::optional<std::string>>> ReadBody() override { return stream_.ReadBody(Deadline()); }
  const Headers& trailers() const override { return stream_.trailers(); }

  net::Task<absl::Status> SendHead(ResponseHead head, bool end) override {
    if (head_sent_) co_return absl::FailedPreconditionError("SendHead comes once");
    if (head.status < 200)
      co_return absl::InvalidArgumentError("a response ends with a final status, not an interim one");
    head_sent_ = true;
    co_return session_.Respond(stream_, head, end);
  }
  net::Task<absl::Status> SendBody(absl::string_view bytes) override {
    if (!head_sent_) co_return absl::FailedPreconditionError("a body goes between SendHead and Finish");
    if (stream_.request().method == "HEAD") co_return absl::OkStatus();
    co_return co_await stream_.SendBody(bytes, Deadline());
  }
  net::Task<absl::Status> Finish(Headers trailers) override {
    if (!head_sent_) co_return absl::FailedPreconditionError("Finish comes after SendHead");
    co_return co_await stream_.Finish(trailers, Deadline());
  }
  net::Task<absl::Status> SendWhole(ResponseHead head, absl::string_view body) override {
    const bool bodiless = head.status == 204 || head.status == 304;
    if (!bodiless) head.headers.Set("content-length", absl::StrCat(body.size()));
    const bool end = bodiless || body.empty() || stream_.request().method == "HEAD";
    NUBO_CO_RETURN_IF_ERROR(co_await SendHead(std::move(head), end));
    if (end) co_return absl::OkStatus();
    NUBO_CO_RETURN_IF_ERROR(co_await stream_.SendBody(body, Deadline()));
    Headers none;
    co_return co_await stream_.Finish(none, Deadline());
  }
  void Abort() override { stream_.Reset(NGHTTP2_INTERNAL_ERROR); }

  bool gone() const override { return stream_.closed(); }
  void OnGone(std::function<void()> callback) override { stream_.OnGone(std::move(callback)); }
  bool head_sent() const { return head_sent_; }

 private:
  absl::Time Deadline() const { return session_.loop().Now() + options_.body_timeout; }

  H2Session& session_;
  H2Stream& stream_;
  const ServerOptions& options_;
  bool head_sent_ = false;
};

}  // namespace

H2ServerConnection::H2ServerConnection(net::Loop& loop, std::unique_ptr<net::Stream> stream,
                                       const ServerOptions& options)
    : loop_(loop),
      options_(options),
      session_(
          std::make_shared<H2Session>(loop, std::move(stream), H2Session::Side::kServer,
                                      H2Options{options.limits, options.streams_max, options.resets_per_second_max})),
      handled_(loop) {}

net::Task<void> H2ServerConnection::Run(Handler& handler, std::string received) {
  const auto self = shared_from_this();
  session_->CloseWhenIdle(options_.idle_timeout);
  session_->OnRequest([self, &handler](std::shared_ptr<H2Stream> stream) {
    ++self->handling_;
    if (++self->requests_ == self->options_.requests_per_connection_max) self->session_->GoAway();
    self->loop_.Spawn(Serve(self, handler, std::move(stream)));
  });
  session_->Start(std::move(received));
  co_await session_->Done();
  session_->OnRequest(nullptr);
  while (handling_ > 0) co_await handled_.Wait();
}

net::Task<void> H2ServerConnection::Serve(std::shared_ptr<H2ServerConnection> self, Handler& handler,
                                          std::shared_ptr<H2Stream> stream) {
  {
    H2Exchange exchange(*self->session_, *stream, self->options_);
    co_await handler.Handle(exchange);
    stream->OnGone(nullptr);
    if (!exchange.head_sent() && !exchange.gone()) {
      ResponseHead head;
      head.status = 500;
      (void)co_await exchange.SendWhole(std::move(head), "");
    }
  }
  if (!stream->end_queued()) {
    stream->Reset(NGHTTP2_INTERNAL_ERROR);
  } else if (!stream->end_received()) {
    // The response is whole, and the rest of the request is not wanted (RFC 9113 §8.1).
    stream->Reset(NGHTTP2_NO_ERROR);
  }
  --self->handling_;
  self->handled_.Notify();
}

}  // namespace nubo::http
