#include "nubo/http/h2_session.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/http/syntax.h"

namespace nubo::http {
namespace {

// A sender waits while more than this is queued on its stream.
constexpr size_t kPendingMax = 64 << 10;
// RFC 9113 §6.5.2: what a field costs beyond its bytes.
constexpr size_t kFieldOverhead = 32;

}  // namespace

net::Task<absl::StatusOr<std::optional<std::string>>> H2Stream::ReadBody(const absl::Time& deadline) {
  while (body_.empty()) {
    if (end_received_) co_return std::optional<std::string>();
    if (Broken()) co_return Failure();
    if (!co_await changed_.WaitUntil(deadline)) co_return absl::DeadlineExceededError("the peer sends too slowly");
  }
  std::string piece = std::move(body_.front());
  body_.pop_front();
  if (session_ != nullptr) {
    nghttp2_session_consume(session_->session_, id_, piece.size());
    session_->Kick();
  }
  co_return std::optional<std::string>(std::move(piece));
}

size_t H2Stream::Room() const {
  const size_t queued = pending_.size() - pending_offset_;
  if (session_->Generous()) return queued < kPendingMax ? kPendingMax - queued : 0;
  // Where much is queued on the streams around it, it queues its share when nothing is left, and no more.
  return queued == 0 ? ByteBudget::kShareBytes : 0;
}

net::Task<size_t> H2Stream::WaitForRoom(const absl::Time& deadline) {
  while (!Broken()) {
    if (const size_t room = Room()) co_return room;
    if (!co_await changed_.WaitUntil(deadline)) break;
  }
  co_return 0;
}

net::Task<absl::Status> H2Stream::SendBody(absl::string_view bytes, const absl::Time& deadline) {
  while (!bytes.empty()) {
    const size_t room = co_await WaitForRoom(deadline);
    if (Broken()) co_return Failure();
    if (room == 0) co_return absl::DeadlineExceededError("the peer reads too slowly");
    if (end_queued_) co_return absl::FailedPreconditionError("the body has been finished");
    // What was sent makes room for what comes, or a long body would be kept whole.
    if (pending_offset_ >= kPendingMax) pending_.erase(0, std::exchange(pending_offset_, 0));
    const absl::string_view piece = bytes.substr(0, room);
    pending_.append(piece.data(), piece.size());
    bytes.remove_prefix(piece.size());
    session_->Queued(piece.size());
    session_->Resume(*this);
  }
  co_return absl::OkStatus();
}

net::Task<absl::Status> H2Stream::Finish(const Headers& trailers, const absl::Time& deadline) {
  if (end_queued_) co_return absl::OkStatus();
  if (Broken()) co_return Failure();
  end_queued_ = true;
  end_queued_since_ = session_->loop().Now();
  for (const Field& field : trailers) {
    if (AllowedInTrailers(field.name) && IsToken(field.name) && IsFieldValue(field.value)) {
      trailers_out_.Add(field.name, field.value);
    }
  }
  session_->Resume(*this);
  while (!Broken() && !end_sent_) {
    if (!co_await changed_.WaitUntil(deadline)) co_return absl::DeadlineExceededError("the peer reads too slowly");
  }
  co_return end_sent_ ? absl::OkStatus() : Failure();
}

std::optional<ResponseHead> H2Stream::TakeInterim() {
  if (interims_.empty()) return std::nullopt;
  ResponseHead head = std::move(interims_.front());
  interims_.pop_front();
  return head;
}

void H2Stream::Reset(uint32_t error_code) {
  if (closed_ || session_ == nullptr || reset_here_) return;
  reset_here_ = true;
  if (failure_.ok()) failure_ = absl::CancelledError("the stream was cancelled");
  nghttp2_submit_rst_stream(session_->session_, NGHTTP2_FLAG_NONE, id_, error_code);
  session_->Kick();
  changed_.Notify();
}

void H2Stream::AddField(bool server, const Limits& limits, absl::string_view name, absl::string_view value) {
  head_bytes_ += name.size() + value.size() + kFieldOverhead;
  const bool pseudo = absl::StartsWith(name, ":");
  if (!pseudo) ++fields_;
  if (head_bytes_ > limits.head_bytes_max || fields_ > limits.fields_max ||
      name.size() + value.size() > limits.line_bytes_max) {
    refusal_ = 431;
    return;
  }
  if (final_head_) {
    trailers_.Add(name, value);
  } else if (server) {
    AddRequestField(name, value);
  } else if (name == ":status") {
    (void)absl::SimpleAtoi(value, &response_.status);
  } else {
    response_.headers.Add(name, value);
  }
}

void H2Stream::AddRequestField(absl::string_view name, absl::string_view value) {
  RequestHead& head = request_;
  if (name == ":method") {
    head.method = std::string(value);
  } else if (name == ":scheme") {
    head.scheme = std::string(value);
  } else if (name == ":path") {
    head.path = std::string(value);
  } else if (name == ":authority" || name == "host") {
    // Two that differ could send a request two ways (RFC 9113 §8.3.1).
    if (!head.authority.empty() && !absl::EqualsIgnoreCase(head.authority, value)) refusal_ = 400;
    head.authority = std::string(value);
  } else if (name == "cookie" && head.headers.Has("cookie")) {
    // RFC 9113 §8.2.3: crumbs become one field for those who know only one.
    head.headers.Set("cookie", absl::StrCat(*head.headers.Get("cookie"), "; ", value));
  } else {
    head.headers.Add(name, value);
  }
}

void H2Stream::CheckRequest() {
  if (refusal_ != 0) return;
  if (request_.method == "CONNECT") {
    refusal_ = 501;
  } else if (request_.authority.empty() || !CheckRequestHead(request_).ok()) {
    refusal_ = 400;
  }
}

}  // namespace nubo::http
