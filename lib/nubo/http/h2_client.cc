#include "nubo/http/h2_client.h"

#include <utility>

#include "nubo/base/status.h"

namespace nubo::http {
namespace {

class H2ClientExchange final : public ClientExchange {
 public:
  explicit H2ClientExchange(std::shared_ptr<H2Session> session) : session_(std::move(session)) {}

  ~H2ClientExchange() override {
    if (stream_ != nullptr && !(stream_->end_received() && stream_->end_queued())) stream_->Reset(NGHTTP2_CANCEL);
  }

  net::Task<absl::Status> SendHead(RequestHead head, bool end) override {
    if (stream_ != nullptr) co_return absl::FailedPreconditionError("SendHead comes once");
    NUBO_CO_ASSIGN_OR_RETURN(stream_, session_->Request(head, end));
    if (cancelled_) stream_->Reset(NGHTTP2_CANCEL);
    co_return absl::OkStatus();
  }
  net::Task<absl::Status> SendBody(absl::string_view bytes) override {
    if (stream_ == nullptr) co_return absl::FailedPreconditionError("a body goes between SendHead and Finish");
    co_return co_await stream_->SendBody(bytes, deadline_);
  }
  net::Task<absl::Status> Finish(Headers trailers) override {
    if (stream_ == nullptr) co_return absl::FailedPreconditionError("Finish comes after SendHead");
    co_return co_await stream_->Finish(trailers, deadline_);
  }

  net::Task<absl::StatusOr<ResponseHead>> ReadNextHead() override {
    if (stream_ == nullptr) co_return absl::FailedPreconditionError("ReadHead comes after SendHead");
    const std::shared_ptr<H2Stream> stream = stream_;
    while (true) {
      if (std::optional<ResponseHead> interim = stream->TakeInterim()) co_return *std::move(interim);
      if (stream->final_head()) co_return std::move(stream->response());
      if (stream->closed() || !stream->failure().ok()) co_return Failure();
      if (!co_await stream->changed().WaitUntil(deadline_)) {
        co_return absl::DeadlineExceededError("the server has not answered in time");
      }
    }
  }
  net::Task<absl::StatusOr<std::optional<std::string>>> ReadBody() override {
    if (stream_ == nullptr) co_return absl::FailedPreconditionError("ReadBody comes after ReadHead");
    co_return co_await stream_->ReadBody(deadline_);
  }
  void SetPieceMax(size_t) override {}
  bool response_ended() const override { return stream_ != nullptr && stream_->response_ended(); }
  const Headers& trailers() const override { return stream_ == nullptr ? no_trailers_ : stream_->trailers(); }

  void SetDeadline(absl::Time deadline) override {
    deadline_ = deadline;
    // Whoever waits now looks again, with the new deadline.
    if (stream_ != nullptr) stream_->changed().Notify();
  }
  void Cancel() override {
    cancelled_ = true;
    if (stream_ != nullptr) stream_->Reset(NGHTTP2_CANCEL);
  }

  bool request_bytes_sent() const override { return stream_ != nullptr && stream_->head_sent(); }
  bool response_bytes_seen() const override { return stream_ != nullptr && stream_->head_received(); }
  bool refused() const override { return stream_ != nullptr && stream_->refused(); }

 private:
  absl::Status Failure() const {
    return stream_->failure().ok() ? absl::AbortedError("the stream ended without a response") : stream_->failure();
  }

  const std::shared_ptr<H2Session> session_;
  std::shared_ptr<H2Stream> stream_;
  absl::Time deadline_ = absl::InfiniteFuture();
  bool cancelled_ = false;
  const Headers no_trailers_;
};

H2Options SessionOptions(const ClientOptions& options) {
  H2Options session;
  session.limits = options.limits;
  session.streams_max = options.streams_max;
  return session;
}

}  // namespace

H2ClientConnection::H2ClientConnection(net::Loop& loop, std::unique_ptr<net::Stream> stream,
                                       const ClientOptions& options)
    : session_(
          std::make_shared<H2Session>(loop, std::move(stream), H2Session::Side::kClient, SessionOptions(options))) {
  session_->Start("");
}

H2ClientConnection::~H2ClientConnection() {
  session_->OnChange(nullptr);
  session_->GoAway();
}

std::unique_ptr<ClientExchange> H2ClientConnection::Open() {
  if (!session_->CanOpen()) return nullptr;
  return std::make_unique<H2ClientExchange>(session_);
}

}  // namespace nubo::http
