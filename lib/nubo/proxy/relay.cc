#include "nubo/proxy/relay.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "nubo/proxy/forwarding.h"
#include "nubo/proxy/sticky_session.h"

namespace nubo::proxy {

// One try of one request on one target. Shared with the coroutine that sends.
struct Relay::Attempt {
  Attempt(net::Loop& loop, std::unique_ptr<http::ClientExchange> exchange)
      : upstream(std::move(exchange)), sender_ended(loop) {}
  void Cancel(RequestBody& body) {
    cursor.cancelled = true;
    upstream->Cancel();
    body.Wake();
  }
  const std::unique_ptr<http::ClientExchange> upstream;
  RequestBody::Cursor cursor;
  bool sending = false;
  net::Event sender_ended;
};

net::Task<void> RespondError(http::Exchange& client, int status, std::string grpc_message, ProxyCounters& counters,
                             AccessLogEntry& log) {
  log.elb_status = status;
  CountResponse(counters, status);
  if (status >= 500) ++counters.responses_5xx_own;
  if (IsGrpc(client.head())) {
    http::ResponseHead head = GrpcUnavailable(grpc_message);
    (void)co_await client.SendHead(std::move(head), /*end=*/true);
    co_return;
  }
  const std::string title = absl::StrCat(status, " ", http::ReasonPhrase(status));
  const std::string page = absl::StrCat("<html>\r\n<head><title>", title, "</title></head>\r\n<body>\r\n<center><h1>",
                                        title, "</h1></center>\r\n</body>\r\n</html>\r\n");
  http::ResponseHead head;
  head.status = status;
  head.headers = {{"content-type", "text/html"}};
  log.sent_bytes += HeadSize(head) + page.size();
  (void)co_await client.SendWhole(std::move(head), page);
}

Relay::Relay(net::Loop& loop, absl::BitGenRef rng, std::shared_ptr<const Snapshot> snapshot,
             std::shared_ptr<ServedGroup> group, http::Exchange& client, std::shared_ptr<http::ByteBudget> kept_bodies,
             ProxyCounters& counters, AccessLogEntry& log)
    : loop_(loop),
      rng_(rng),
      snapshot_(std::move(snapshot)),
      group_(std::move(group)),
      client_(client),
      kept_bodies_(std::move(kept_bodies)),
      counters_(counters),
      log_(log),
      grpc_(IsGrpc(client.head())),
      left_(std::make_shared<net::Event>(loop)) {}

net::Task<void> Relay::Run(http::RequestHead head) {
  head_ = std::move(head);
  body_ = std::make_shared<RequestBody>(loop_, client_, kReplayBodySizeMax, kept_bodies_);
  group_->budget().OnRequest(loop_.Now());
  // Taken back below: nothing returns before.
  client_.OnGone([this] {
    gone_ = true;
    left_->Notify();
    if (current_ != nullptr) current_->Cancel(*body_);
  });
  body_->Start();
  for (;;) {
    const std::shared_ptr<const lb::Endpoint> target = co_await PickTarget();
    if (gone_) break;
    if (target == nullptr) {
      log_.error_reason = "NoTarget";
      co_await RespondError(client_, 503, no_target_, counters_, log_);
      break;
    }
    const bool settled = co_await TryOn(target);
    if (settled || gone_) break;
    if (!MayTryAgain()) {
      co_await Refuse();
      break;
    }
    ++counters_.retries;
  }
  co_await body_->Stop();
  client_.OnGone(nullptr);
  log_.received_bytes += body_->size();
  // What AWS logs of a client that left before its response began.
  if (gone_ && log_.elb_status == 0) log_.elb_status = 460;
}

std::shared_ptr<const lb::Endpoint> Relay::StickyTarget() const {
  const std::shared_ptr<const lb::StickyTargets> sticky = group_->sticky();
  if (sticky == nullptr) return nullptr;
  const std::optional<uint64_t> tag = WantedTarget(group_->config(), head_.headers, loop_.Now());
  if (!tag.has_value()) return nullptr;
  std::shared_ptr<const lb::Endpoint> target = sticky->ByTag(*tag);
  const bool tried = target != nullptr && std::find(tried_.begin(), tried_.end(), target->id) != tried_.end();
  return tried ? nullptr : target;
}

net::Task<std::shared_ptr<const lb::Endpoint>> Relay::PickTarget() {
  if (std::shared_ptr<const lb::Endpoint> target = StickyTarget(); target != nullptr) co_return target;
  const absl::Time deadline = loop_.Now() + kTargetWaitMax;
  while (!gone_) {
    std::vector<std::string> avoid = group_->RecentlyRefused();
    avoid.insert(avoid.end(), tried_.begin(), tried_.end());
    const lb::Choice choice = group_->picker()->Pick({.avoid = avoid, .now = loop_.Now()}, rng_);
    if (choice.endpoint() != nullptr) {
      // Trying the same one again at once would only use up the attempts.
      const bool again = std::find(tried_.begin(), tried_.end(), choice.endpoint()->id) != tried_.end();
      if (again) co_await left_->WaitUntil(loop_.Now() + kSecondTryDelay * (1 << std::min(attempts_, 5)));
      co_return choice.endpoint();
    }
    no_target_ = std::string(choice.reason());
    const bool hopeless = choice.kind() == lb::Choice::Kind::kFail || group_->stopped();
    if (hopeless || loop_.Now() >= deadline) break;
    if (counters_.pending >= snapshot_->limits.pending_requests_max) {
      no_target_ = "too many requests wait for a target";
      break;
    }
    ++counters_.pending;
    co_await group_->WaitForPicker(left_, deadline);
    --counters_.pending;
  }
  co_return nullptr;
}

net::Task<bool> Relay::TryOn(std::shared_ptr<const lb::Endpoint> target) {
  ++attempts_;
  tried_.push_back(target->id);
  log_.targets.push_back(target->address);
  lb::Call call(target->load, loop_.Now());
  if (counters_.pending >= snapshot_->limits.pending_requests_max) {
    failure_ = {AttemptStage::kNothingSent, absl::ResourceExhaustedError("too many requests wait for a connection")};
    co_return false;
  }
  ++counters_.pending;
  absl::StatusOr<std::unique_ptr<http::ClientExchange>> upstream = co_await group_->PoolFor(target->address)->Open();
  --counters_.pending;
  if (!upstream.ok()) {
    failure_ = {AttemptStage::kNothingSent, upstream.status()};
    call.Finish(lb::Call::Outcome::kError, loop_.Now());
    // A pool that is full says nothing about the target.
    if (!absl::IsResourceExhausted(upstream.status())) {
      group_->OnRefused(target->id);
      group_->OnOutcome(target->id, /*success=*/false);
    }
    co_return false;
  }
  const auto attempt = std::make_shared<Attempt>(loop_, *std::move(upstream));
  current_ = attempt;
  bool settled = false;
  if (!gone_) settled = co_await Exchange(attempt, target->id, call);
  current_ = nullptr;
  co_await StopSending(attempt);
  co_return settled;
}

net::Task<bool> Relay::Exchange(std::shared_ptr<Attempt> attempt, std::string target_id, lb::Call& call) {
  // The attempt is shared, and kept by this frame.
  http::ClientExchange& upstream = *attempt->upstream;
  log_.sent = loop_.Now();
  upstream.SetDeadline(IdleDeadline());
  attempt->sending = true;
  if (body_->ended()) {
    // Everything is here and short: no second coroutine is needed to send it.
    co_await SendRequest(attempt, body_);
  } else {
    loop_.Spawn(SendRequest(attempt, body_));
  }
  absl::StatusOr<http::ResponseHead> head = co_await ReadFinalHead(upstream);
  bool complete = false;
  if (head.ok()) {
    log_.answered = loop_.Now();
    log_.target_status = head->status;
    const bool failed = head->status >= 500;
    complete = co_await PassBack(upstream, *std::move(head));
    if (complete) {
      call.Finish(failed ? lb::Call::Outcome::kError : lb::Call::Outcome::kSuccess, loop_.Now());
      group_->OnOutcome(target_id, !failed);
    }
  }
  if (gone_ || complete) co_return true;
  if (!body_->error().ok()) {
    // It is the client that broke off: that says nothing about the target.
    call.Finish(lb::Call::Outcome::kCanceled, loop_.Now());
    co_return head.ok();
  }
  call.Finish(lb::Call::Outcome::kError, loop_.Now());
  group_->OnOutcome(target_id, /*success=*/false);
  if (head.ok() || absl::IsAborted(head.status())) group_->OnConnectionFailure(target_id);
  if (head.ok()) co_return true;  // broken off: a part of it was passed back
  failure_.status = head.status();
  failure_.stage = upstream.refused()               ? AttemptStage::kNotProcessed
                   : upstream.response_bytes_seen() ? AttemptStage::kAnswering
                   : upstream.request_bytes_sent()  ? AttemptStage::kSent
                                                    : AttemptStage::kNothingSent;
  if (failure_.stage == AttemptStage::kSent) ++seen_;
  co_return false;
}

net::Task<absl::StatusOr<http::ResponseHead>> Relay::ReadFinalHead(http::ClientExchange& upstream) {
  for (;;) {
    absl::StatusOr<http::ResponseHead> head = co_await upstream.ReadNextHead();
    if (!head.ok() || head->status >= 200) co_return head;
    upstream.SetDeadline(IdleDeadline());
    // gRPC has no interim responses, and its clients do not expect any.
    if (grpc_) continue;
    http::ResponseHead interim = ForwardedResponse(*std::move(head));
    log_.sent_bytes += HeadSize(interim);
    // If it cannot be told, nor can the final one be.
    (void)co_await client_.SendInterim(std::move(interim));
  }
}

// The relay outlives it: TryOn waits until it has ended. The attempt is kept by this frame.
net::Task<void> Relay::SendRequest(std::shared_ptr<Attempt> attempt, std::shared_ptr<RequestBody> body) {
  http::ClientExchange& upstream = *attempt->upstream;
  const bool end = body->ended() && body->size() == 0 && body->trailers().empty();
  http::RequestHead head = head_;
  absl::Status status = co_await upstream.SendHead(std::move(head), end);
  while (status.ok() && !end && co_await body->Next(attempt->cursor)) {
    upstream.SetDeadline(IdleDeadline());
    status = co_await upstream.SendBody(attempt->cursor.piece);
  }
  if (!body->error().ok()) {
    // The client broke off its request; the target must not take half of it for the whole.
    upstream.Cancel();
  } else if (status.ok() && !end && !attempt->cursor.cancelled) {
    http::Headers trailers = body->trailers();
    (void)co_await upstream.Finish(std::move(trailers));
  }
  attempt->sending = false;
  attempt->sender_ended.Notify();
}

net::Task<void> Relay::StopSending(std::shared_ptr<Attempt> attempt) {
  if (!attempt->sending) co_return;
  attempt->Cancel(*body_);
  while (attempt->sending) co_await attempt->sender_ended.Wait();
}

net::Task<bool> Relay::PassBack(http::ClientExchange& upstream, http::ResponseHead head) {
  // gRPC tells a response without messages by its head being the end of it.
  const bool end = upstream.response_ended();
  head = ForwardedResponse(std::move(head));
  AddTargetCookies(group_->config(), tried_.back(), loop_.Now(), head.headers);
  for (const std::string& cookie : cookies_) head.headers.Add("set-cookie", cookie);
  log_.elb_status = head.status;
  CountResponse(counters_, head.status);
  log_.sent_bytes += HeadSize(head);
  const absl::Status sent = co_await client_.SendHead(std::move(head), end);
  if (!sent.ok()) {
    gone_ = true;
    upstream.Cancel();
    co_return false;
  }
  if (!end) co_return co_await PassBackBody(upstream);
  co_return true;
}

net::Task<bool> Relay::PassBackBody(http::ClientExchange& upstream) {
  for (;;) {
    // What the client has no room for stays with the target.
    const size_t room = co_await client_.WaitForRoom();
    if (room == 0) {
      gone_ = true;
      upstream.Cancel();
      co_return false;
    }
    upstream.SetPieceMax(room);
    upstream.SetDeadline(IdleDeadline());
    absl::StatusOr<std::optional<std::string>> piece = co_await upstream.ReadBody();
    if (!piece.ok()) {
      log_.error_reason = "TargetBrokeOff";
      client_.Abort();
      co_return false;
    }
    absl::Status sent;
    if (piece->has_value()) {
      log_.sent_bytes += (*piece)->size();
      sent = co_await client_.SendBody(**piece);
    } else {
      http::Headers trailers = upstream.trailers();
      sent = co_await client_.Finish(std::move(trailers));
      if (sent.ok()) co_return true;
    }
    if (sent.ok()) continue;
    gone_ = true;
    upstream.Cancel();
    co_return false;
  }
}

bool Relay::MayTryAgain() {
  // A target that is slow would be as slow again; only one that could not be reached in time is worth another.
  const bool timed_out = absl::IsDeadlineExceeded(failure_.status) && failure_.stage != AttemptStage::kNothingSent;
  if (timed_out || !body_->error().ok()) return false;
  FailedAttempt attempt;
  attempt.stage = failure_.stage;
  attempt.method = head_.method;
  attempt.replayable = body_->replayable();
  attempt.grpc = grpc_;
  attempt.attempts = attempts_;
  attempt.seen = seen_;
  return MayRetry(attempt) && group_->budget().TryRetry(loop_.Now());
}

net::Task<void> Relay::Refuse() {
  if (!body_->error().ok()) {
    log_.elb_status = absl::IsDeadlineExceeded(body_->error()) ? 408 : 400;
    log_.error_reason = "BrokenRequest";
    if (absl::IsInvalidArgument(body_->error())) co_return co_await RespondError(client_, 400, "", counters_, log_);
    // What the server answers itself is one of ours all the same.
    CountResponse(counters_, log_.elb_status);
    co_return;
  }
  switch (failure_.status.code()) {
    case absl::StatusCode::kDeadlineExceeded:
      log_.error_reason = "TargetTimeout";
      co_await RespondError(client_, 504, "the target did not answer in time", counters_, log_);
      co_return;
    case absl::StatusCode::kResourceExhausted:
      log_.error_reason = "TooManyPending";
      co_await RespondError(client_, 503, "too many requests are waiting", counters_, log_);
      co_return;
    default:
      log_.error_reason =
          failure_.stage == AttemptStage::kNothingSent ? "TargetConnectionError" : "TargetConnectionReset";
      co_await RespondError(client_, 502, "the target could not be reached, or broke off", counters_, log_);
  }
}

}  // namespace nubo::proxy
