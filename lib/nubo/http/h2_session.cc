#include "nubo/http/h2_session.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/http/byte_buffer.h"
#include "nubo/http/h2_fields.h"
#include "nubo/http/syntax.h"

namespace nubo::http {
namespace {

// Frames are gathered up to here for one write.
constexpr size_t kWriteBytes = 64 << 10;
constexpr size_t kKeptBytes = 4 << 10;
constexpr int32_t kStreamWindow = 256 << 10;
constexpr int32_t kConnectionWindow = 1 << 20;
constexpr int kResetBurstSeconds = 10;
// What is queued on all streams of a connection, and what their heads take, before each stream gets only its share, and
// further requests are refused.
constexpr size_t kQueuedMax = 512 << 10;
constexpr size_t kHeadsMax = 1 << 20;
// How long a peer may take to answer the ping between the two GOAWAYs.
constexpr absl::Duration kGoAwayPause = absl::Seconds(1);

absl::Status StreamError(uint32_t code) {
  const char* name = nghttp2_http2_strerror(code);
  switch (code) {
    case NGHTTP2_REFUSED_STREAM:
      return absl::UnavailableError("the stream was refused unprocessed");
    case NGHTTP2_PROTOCOL_ERROR:
      return absl::InternalError(absl::StrCat("the stream was reset: ", name));
    default:
      return absl::AbortedError(absl::StrCat("the stream was reset: ", name));
  }
}

absl::Status ProtocolError() { return absl::InternalError("the peer broke the HTTP/2 protocol"); }

}  // namespace

H2Session::H2Session(net::Loop& loop, std::unique_ptr<net::Stream> stream, Side side, H2Options options)
    : loop_(loop),
      stream_(std::move(stream)),
      side_(side),
      options_(std::move(options)),
      session_(MakeSession(this)),
      work_(loop),
      ended_(loop),
      goaway_read_(loop),
      idle_since_(loop.Now()),
      heard_(loop.Now()),
      reset_tokens_(options_.resets_per_second_max * kResetBurstSeconds),
      reset_refill_(loop.Now()) {
  SubmitSettings();
}

void H2Session::SubmitSettings() {
  std::vector<nghttp2_settings_entry> settings = {
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, static_cast<uint32_t>(kStreamWindow)},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<uint32_t>(options_.limits.head_bytes_max)},
  };
  if (side_ == Side::kServer) {
    settings.push_back({NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, options_.streams_max});
  } else {
    settings.push_back({NGHTTP2_SETTINGS_ENABLE_PUSH, 0});
  }
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
  nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, kConnectionWindow);
}

H2Session::~H2Session() {
  // Whoever still holds one finds it ended.
  for (auto& [id, stream] : streams_) {
    stream->session_ = nullptr;
    stream->closed_ = true;
  }
  nghttp2_session_del(session_);
}

void H2Session::Start(std::string received) {
  loop_.Spawn(Read(shared_from_this(), std::move(received)));
  loop_.Spawn(Write(shared_from_this()));
  if (options_.idle_timeout != absl::InfiniteDuration()) loop_.Spawn(WatchIdle(shared_from_this()));
}

net::Task<void> H2Session::Done() {
  const auto self = shared_from_this();
  while (!done_) co_await ended_.Wait();
}

H2Stream* H2Session::Find(int32_t id) {
  const auto it = streams_.find(id);
  return it == streams_.end() ? nullptr : it->second.get();
}

void H2Session::Activate(H2Stream& stream) {
  stream.active_ = true;
  ++active_;
}

void H2Session::Resume(H2Stream& stream) {
  if (std::exchange(stream.deferred_, false)) nghttp2_session_resume_data(session_, stream.id_);
  Kick();
}

void H2Session::StreamArrived(int32_t id) {
  auto stream = std::make_shared<H2Stream>(loop_, id);
  stream->session_ = this;
  stream->request_.version = Version::kHttp2;
  streams_[id] = std::move(stream);
}

void H2Session::HeadersEnded(H2Stream& stream) {
  stream.head_received_ = true;
  if (stream.final_head_) return;
  if (side_ == Side::kServer) {
    stream.final_head_ = true;
    stream.CheckRequest();
    Activate(stream);
    // Heads are the one thing that no window bounds. The first one always fits.
    stream.request_bytes_ = stream.head_bytes_;
    heads_bytes_ += stream.request_bytes_;
    if (heads_bytes_ > std::max(kHeadsMax, stream.head_bytes_)) {
      stream.Reset(NGHTTP2_REFUSED_STREAM);
      return;
    }
    arrived_.push_back(streams_[stream.id_]);
    return;
  }
  if (stream.response_.status < 200) {
    stream.response_.version = Version::kHttp2;
    ResponseHead interim = std::exchange(stream.response_, ResponseHead());
    if (++stream.interims_seen_ > options_.limits.interims_max) {
      stream.failure_ = absl::InternalError(
          absl::StrCat("the server sent more than ", options_.limits.interims_max, " interim responses"));
      stream.Reset(NGHTTP2_ENHANCE_YOUR_CALM);
    } else if (interim.status != 100) {
      stream.interims_.push_back(std::move(interim));
    }
    return;
  }
  stream.response_.version = Version::kHttp2;
  stream.final_head_ = true;
}

bool H2Session::Generous() const {
  return queued_ < kQueuedMax && (options_.budget == nullptr || !options_.budget->exhausted());
}

void H2Session::Queued(size_t bytes) {
  queued_ += bytes;
  if (options_.budget != nullptr) options_.budget->Take(bytes);
}

void H2Session::Dequeued(size_t bytes) {
  queued_ -= bytes;
  if (options_.budget != nullptr) options_.budget->GiveBack(bytes);
}

bool H2Session::CountReset() {
  const absl::Time now = loop_.Now();
  const double rate = options_.resets_per_second_max;
  reset_tokens_ =
      std::min(rate * kResetBurstSeconds, reset_tokens_ + rate * absl::ToDoubleSeconds(now - reset_refill_));
  reset_refill_ = now;
  if (reset_tokens_ < 1) return false;
  reset_tokens_ -= 1;
  return true;
}

void H2Session::Closed(H2Stream& stream, uint32_t error_code) {
  size_t unread = 0;
  for (const std::string& piece : stream.body_) unread += piece.size();
  if (unread > 0) nghttp2_session_consume_connection(session_, unread);
  Dequeued(stream.pending_.size() - stream.pending_offset_);
  stream.pending_ = std::string();
  stream.pending_offset_ = 0;
  stream.session_ = nullptr;
  stream.closed_ = true;
  stream.refused_ = error_code == NGHTTP2_REFUSED_STREAM && !stream.reset_here_;
  const bool complete = stream.end_received_ && (stream.end_sent_ || stream.end_queued_);
  if (stream.failure_.ok() && (error_code != NGHTTP2_NO_ERROR || !stream.end_received_)) {
    stream.failure_ = StreamError(error_code);
  }
  if (std::exchange(stream.active_, false)) {
    if (side_ == Side::kServer) heads_bytes_ -= stream.request_bytes_;
    if (--active_ == 0) idle_since_ = loop_.Now();
  }
  stream.changed_.Notify();
  if (stream.on_gone_ && !complete) std::exchange(stream.on_gone_, nullptr)();
  if (on_change_) on_change_();
}

bool H2Session::Feed(absl::string_view bytes) {
  heard_ = loop_.Now();
  const ssize_t used = nghttp2_session_mem_recv(session_, reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  for (std::shared_ptr<H2Stream>& stream : std::exchange(arrived_, {})) {
    if (on_request_ && !stream->closed_) on_request_(std::move(stream));
  }
  Kick();
  return used >= 0;
}

net::Task<void> H2Session::Read(std::shared_ptr<H2Session> self, std::string received) {
  absl::Status status;
  if (!received.empty() && !self->Feed(received)) status = ProtocolError();
  received = std::string();
  ByteBuffer buffer;
  while (status.ok() && !self->closing_) {
    const absl::Span<char> room = buffer.Prepare();
    const absl::StatusOr<size_t> got = co_await self->stream_->Read(room);
    if (!got.ok()) {
      status = got.status();
    } else if (*got == 0) {
      status = absl::AbortedError("the peer has closed the connection");
    } else {
      buffer.Commit(*got);
      if (!self->Feed(buffer.data())) status = ProtocolError();
      buffer.Consume(*got);
    }
  }
  self->reader_done_ = true;
  self->Fail(status.ok() ? absl::CancelledError("the connection was closed") : status);
}

net::Task<void> H2Session::Write(std::shared_ptr<H2Session> self) {
  std::string out;
  while (!self->closing_) {
    out.clear();
    const uint8_t* data = nullptr;
    while (out.size() < kWriteBytes) {
      const ssize_t size = nghttp2_session_mem_send(self->session_, &data);
      if (size <= 0) break;
      out.append(reinterpret_cast<const char*>(data), size);
    }
    if (out.empty()) {
      if (!nghttp2_session_want_read(self->session_) && !nghttp2_session_want_write(self->session_)) break;
      // A quiet connection keeps no memory for what it once sent.
      if (out.capacity() > kKeptBytes) out = std::string();
      co_await self->work_.Wait();
      continue;
    }
    self->stream_->SetDeadline(self->loop_.Now() + self->options_.write_timeout);
    const absl::string_view bytes = out;
    const absl::Status written = co_await self->stream_->Write(bytes);
    self->stream_->SetDeadline(absl::InfiniteFuture());
    if (!written.ok()) break;
  }
  self->writer_done_ = true;
  self->Fail(absl::AbortedError("the connection has ended"));
}

// Ends the session, whoever of reader and writer comes first, and lets the other follow.
void H2Session::Fail(const absl::Status& status) {
  if (!closing_) {
    closing_ = true;
    // As far back as the first stream that was opened while no other was: a server may close an idle connection at the
    // very moment at which it is used again.
    const bool unread = side_ == Side::kClient && active_ > 0 && stream_->NothingRead();
    stream_->Close();
    work_.Notify();
    goaway_read_.Notify();
    auto streams = std::exchange(streams_, {});
    for (auto& [id, stream] : streams) {
      // Below GOAWAY's last stream the server may have begun; nghttp2 has closed those above as refused.
      if (stream->failure_.ok() && !(stream->end_received_ && stream->end_queued_)) stream->failure_ = status;
      Closed(*stream, unread ? NGHTTP2_REFUSED_STREAM : NGHTTP2_NO_ERROR);
    }
    if (on_change_) on_change_();
  }
  if (reader_done_ && writer_done_) {
    done_ = true;
    ended_.Notify();
  }
}

net::Task<void> H2Session::WatchIdle(std::shared_ptr<H2Session> self) {
  const absl::Duration timeout = self->options_.idle_timeout;
  while (!self->closing_) {
    const absl::Time due = (self->active_ == 0 ? self->idle_since_ : self->loop_.Now()) + timeout;
    if (self->loop_.Now() < due) {
      co_await self->ended_.WaitUntil(due);
    } else if (self->goaway_) {
      // Told to go, or stuck in half a head, and still here.
      self->Close();
    } else {
      self->GoAway();
      self->idle_since_ = self->loop_.Now();
    }
  }
}

absl::StatusOr<std::shared_ptr<H2Stream>> H2Session::Request(const RequestHead& head, bool end) {
  NUBO_RETURN_IF_ERROR(CheckRequestHead(head));
  if (!CanOpen()) return absl::UnavailableError("the connection takes no further streams");
  Headers headers = head.headers;
  RemoveHopByHop(headers);
  H2FieldList fields;
  fields.Add(":method", head.method);
  fields.Add(":scheme", head.scheme);
  if (!head.authority.empty()) fields.Add(":authority", head.authority);
  fields.Add(":path", head.path);
  fields.AddAll(headers);
  const std::vector<nghttp2_nv> view = fields.View();
  const nghttp2_data_provider provider = BodyProvider();
  const int32_t id =
      nghttp2_submit_request(session_, nullptr, view.data(), view.size(), end ? nullptr : &provider, nullptr);
  if (id < 0) return absl::UnavailableError(absl::StrCat("no stream can be opened: ", nghttp2_strerror(id)));
  auto stream = std::make_shared<H2Stream>(loop_, id);
  stream->session_ = this;
  stream->request_.method = head.method;
  if (active_ == 0) stream_->MarkWritten();
  stream->end_queued_ = end;
  stream->end_queued_since_ = loop_.Now();
  Activate(*stream);
  streams_[id] = stream;
  Kick();
  return stream;
}

absl::Status H2Session::Respond(H2Stream& stream, const ResponseHead& head, bool end) {
  NUBO_RETURN_IF_ERROR(CheckResponseHead(head));
  if (stream.Broken()) return stream.Failure();
  Headers headers = head.headers;
  RemoveHopByHop(headers);
  H2FieldList fields;
  fields.Add(":status", absl::StrCat(head.status));
  fields.AddAll(headers);
  const std::vector<nghttp2_nv> view = fields.View();
  const nghttp2_data_provider provider = BodyProvider();
  stream.end_queued_ = end;
  stream.end_queued_since_ = loop_.Now();
  const int code = nghttp2_submit_response(session_, stream.id_, view.data(), view.size(), end ? nullptr : &provider);
  if (code != 0) return absl::InternalError(absl::StrCat("cannot answer: ", nghttp2_strerror(code)));
  Kick();
  return absl::OkStatus();
}

absl::Status H2Session::RespondInterim(H2Stream& stream, const ResponseHead& head) {
  if (stream.Broken()) return stream.Failure();
  Headers headers = head.headers;
  RemoveHopByHop(headers);
  headers.Remove("content-length");
  H2FieldList fields;
  fields.Add(":status", absl::StrCat(head.status));
  fields.AddAll(headers);
  const std::vector<nghttp2_nv> view = fields.View();
  const int code = nghttp2_submit_headers(session_, NGHTTP2_FLAG_NONE, stream.id_, nullptr, view.data(), view.size(),
                                          /*stream_user_data=*/nullptr);
  if (code != 0) return absl::InternalError(absl::StrCat("cannot answer: ", nghttp2_strerror(code)));
  Kick();
  return absl::OkStatus();
}

absl::Time H2Session::WaitingSince(absl::Duration stalled_min) const {
  if (active_ == 0) return idle_since_;
  for (const auto& [id, stream] : streams_) {
    // A whole request whose answer has not come is this side's to wait for.
    if (stream->active_ && stream->end_received_ && stream->pending_.empty()) return absl::InfiniteFuture();
  }
  return heard_ + stalled_min;
}

bool H2Session::CanOpen() const {
  if (goaway_ || closing_ || nghttp2_session_check_request_allowed(session_) == 0) return false;
  const uint32_t allowed = nghttp2_session_get_remote_settings(session_, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
  return streams_.size() < std::min(options_.streams_max, allowed);
}

void H2Session::GoAway() {
  if (closing_ || goaway_) return;
  goaway_ = true;
  if (side_ == Side::kServer) {
    // RFC 9113 §6.8: first a warning that refuses nothing, and the last word when the client has read it, so that no
    // request which is on its way is lost.
    nghttp2_submit_shutdown_notice(session_);
    nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, nullptr);
    loop_.Spawn(FinishGoAway(shared_from_this()));
  } else {
    nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE, 0, NGHTTP2_NO_ERROR, nullptr, 0);
  }
  Kick();
}

net::Task<void> H2Session::FinishGoAway(std::shared_ptr<H2Session> self) {
  const absl::Time deadline = self->loop_.Now() + kGoAwayPause;
  while (!self->closing_ && !self->goaway_acknowledged_) {
    if (!co_await self->goaway_read_.WaitUntil(deadline)) break;
  }
  if (self->closing_) co_return;
  const int32_t last = nghttp2_session_get_last_proc_stream_id(self->session_);
  nghttp2_submit_goaway(self->session_, NGHTTP2_FLAG_NONE, last, NGHTTP2_NO_ERROR, nullptr, 0);
  self->Kick();
}

void H2Session::Close() { Fail(absl::CancelledError("the connection was closed")); }

}  // namespace nubo::http
