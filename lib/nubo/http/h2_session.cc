#include "nubo/http/h2_session.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"

namespace nubo::http {
namespace {

constexpr size_t kReadBytes = 32 << 10;
// Frames are gathered up to here for one write.
constexpr size_t kWriteBytes = 64 << 10;
// A sender waits while more than this is queued on its stream.
constexpr size_t kPendingMax = 64 << 10;
constexpr int32_t kStreamWindow = 256 << 10;
constexpr int32_t kConnectionWindow = 1 << 20;
constexpr absl::Duration kWriteTimeout = absl::Seconds(60);
constexpr int kResetBurstSeconds = 10;
// RFC 9113 §6.5.2: what a field costs beyond its bytes.
constexpr size_t kFieldOverhead = 32;

// The name-value array of a head; the strings it points to must stay.
class FieldList {
 public:
  void Pseudo(absl::string_view name, absl::string_view value) { Push(std::string(name), std::string(value)); }
  void AddAll(const Headers& headers) {
    for (const Field& field : headers) Push(absl::AsciiStrToLower(field.name), field.value);
  }
  std::vector<nghttp2_nv> View() {
    std::vector<nghttp2_nv> view;
    view.reserve(fields_.size());
    for (Field& field : fields_) {
      view.push_back({reinterpret_cast<uint8_t*>(field.name.data()), reinterpret_cast<uint8_t*>(field.value.data()),
                      field.name.size(), field.value.size(), NGHTTP2_NV_FLAG_NONE});
    }
    return view;
  }

 private:
  void Push(std::string name, std::string value) { fields_.push_back({std::move(name), std::move(value)}); }
  std::vector<Field> fields_;
};

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

}  // namespace

// nghttp2's callbacks, which get the session as user data.
struct H2Session::Callbacks {
  static H2Session& Self(void* user_data) { return *static_cast<H2Session*>(user_data); }

  static int OnBeginHeaders(nghttp2_session*, const nghttp2_frame* frame, void* user_data) {
    if (frame->headers.cat == NGHTTP2_HCAT_REQUEST) Self(user_data).StreamArrived(frame->hd.stream_id);
    return 0;
  }

  static int OnHeader(nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name, size_t name_size,
                      const uint8_t* value, size_t value_size, uint8_t, void* user_data) {
    H2Session& self = Self(user_data);
    H2Stream* stream = self.Find(frame->hd.stream_id);
    if (stream == nullptr) return 0;
    stream->field_bytes_ += name_size + value_size + kFieldOverhead;
    if (stream->field_bytes_ > self.options_.limits.head_bytes_max) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    AddField(*stream, self.side_, {reinterpret_cast<const char*>(name), name_size},
             {reinterpret_cast<const char*>(value), value_size});
    return 0;
  }

  static void AddField(H2Stream& stream, Side side, absl::string_view name, absl::string_view value) {
    if (stream.final_head_) return stream.trailers_.Add(name, value);
    if (side == Side::kClient) {
      if (name == ":status") {
        (void)absl::SimpleAtoi(value, &stream.response_.status);
      } else {
        stream.response_.headers.Add(name, value);
      }
      return;
    }
    RequestHead& head = stream.request_;
    if (name == ":method") {
      head.method = std::string(value);
    } else if (name == ":scheme") {
      head.scheme = std::string(value);
    } else if (name == ":path") {
      head.path = std::string(value);
    } else if (name == ":authority") {
      head.authority = std::string(value);
    } else if (name == "host") {
      if (head.authority.empty()) head.authority = std::string(value);
    } else if (name == "cookie" && head.headers.Has("cookie")) {
      // RFC 9113 §8.2.3: crumbs become one field for those who know only one.
      head.headers.Set("cookie", absl::StrCat(*head.headers.Get("cookie"), "; ", value));
    } else {
      head.headers.Add(name, value);
    }
  }

  static int OnFrameReceived(nghttp2_session*, const nghttp2_frame* frame, void* user_data) {
    H2Session& self = Self(user_data);
    if (frame->hd.type == NGHTTP2_GOAWAY) {
      self.goaway_ = true;
      if (self.on_change_) self.on_change_();
      return 0;
    }
    if (frame->hd.type == NGHTTP2_SETTINGS && self.on_change_) self.on_change_();
    if (frame->hd.type == NGHTTP2_RST_STREAM && self.side_ == Side::kServer && !self.CountReset()) {
      nghttp2_session_terminate_session(self.session_, NGHTTP2_ENHANCE_YOUR_CALM);
      return 0;
    }
    H2Stream* stream = self.Find(frame->hd.stream_id);
    if (stream == nullptr) return 0;
    if (frame->hd.type == NGHTTP2_HEADERS) self.HeadersEnded(*stream);
    const bool carries_end = frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;
    if (carries_end && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) stream->end_received_ = true;
    stream->changed_.Notify();
    return 0;
  }

  static int OnDataChunk(nghttp2_session*, uint8_t, int32_t id, const uint8_t* data, size_t size, void* user_data) {
    if (H2Stream* stream = Self(user_data).Find(id)) {
      stream->body_.emplace_back(reinterpret_cast<const char*>(data), size);
      stream->changed_.Notify();
    }
    return 0;
  }

  static int OnFrameSent(nghttp2_session*, const nghttp2_frame* frame, void* user_data) {
    if (frame->hd.type != NGHTTP2_HEADERS) return 0;
    if (H2Stream* stream = Self(user_data).Find(frame->hd.stream_id)) stream->head_sent_ = true;
    return 0;
  }

  static int OnStreamClose(nghttp2_session*, int32_t id, uint32_t error_code, void* user_data) {
    H2Session& self = Self(user_data);
    const auto it = self.streams_.find(id);
    if (it == self.streams_.end()) return 0;
    const std::shared_ptr<H2Stream> stream = it->second;
    self.streams_.erase(it);
    self.Closed(*stream, error_code);
    return 0;
  }

  static ssize_t ReadPending(nghttp2_session* session, int32_t id, uint8_t* out, size_t room, uint32_t* flags,
                             nghttp2_data_source*, void* user_data) {
    H2Stream* stream = Self(user_data).Find(id);
    if (stream == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    const size_t size = std::min(room, stream->pending_.size() - stream->pending_offset_);
    std::copy_n(stream->pending_.data() + stream->pending_offset_, size, out);
    stream->pending_offset_ += size;
    if (stream->pending_offset_ == stream->pending_.size()) {
      stream->pending_.clear();
      stream->pending_offset_ = 0;
    }
    if (size > 0) stream->changed_.Notify();
    if (!stream->pending_.empty()) return static_cast<ssize_t>(size);
    if (!stream->end_queued_) {
      if (size > 0) return static_cast<ssize_t>(size);
      stream->deferred_ = true;
      return NGHTTP2_ERR_DEFERRED;
    }
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (!stream->trailers_out_.empty()) {
      *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
      FieldList fields;
      fields.AddAll(stream->trailers_out_);
      const std::vector<nghttp2_nv> view = fields.View();
      nghttp2_submit_trailer(session, id, view.data(), view.size());
    }
    stream->end_sent_ = true;
    stream->changed_.Notify();
    return static_cast<ssize_t>(size);
  }
};

H2Session::H2Session(net::Loop& loop, std::unique_ptr<net::Stream> stream, Side side, H2Options options)
    : loop_(loop),
      stream_(std::move(stream)),
      side_(side),
      options_(options),
      work_(loop),
      ended_(loop),
      idle_since_(loop.Now()),
      reset_tokens_(options.resets_per_second_max * kResetBurstSeconds),
      reset_refill_(loop.Now()) {
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_session_callbacks_new(&callbacks);
  nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, &Callbacks::OnBeginHeaders);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, &Callbacks::OnHeader);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, &Callbacks::OnFrameReceived);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, &Callbacks::OnDataChunk);
  nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, &Callbacks::OnFrameSent);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, &Callbacks::OnStreamClose);
  nghttp2_option* option = nullptr;
  nghttp2_option_new(&option);
  nghttp2_option_set_no_auto_window_update(option, 1);
  nghttp2_option_set_no_closed_streams(option, 1);
  if (side == Side::kServer) {
    nghttp2_session_server_new2(&session_, callbacks, this, option);
  } else {
    nghttp2_session_client_new2(&session_, callbacks, this, option);
  }
  nghttp2_option_del(option);
  nghttp2_session_callbacks_del(callbacks);

  std::vector<nghttp2_settings_entry> settings = {
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, static_cast<uint32_t>(kStreamWindow)},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<uint32_t>(options.limits.head_bytes_max)},
  };
  if (side == Side::kServer) {
    settings.push_back({NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, options.streams_max});
  } else {
    settings.push_back({NGHTTP2_SETTINGS_ENABLE_PUSH, 0});
  }
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
  nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, kConnectionWindow);
}

H2Session::~H2Session() {
  for (auto& [id, stream] : streams_) stream->session_ = nullptr;
  nghttp2_session_del(session_);
}

void H2Session::Start(std::string received) {
  loop_.Spawn(Read(shared_from_this(), std::move(received)));
  loop_.Spawn(Write(shared_from_this()));
  if (idle_timeout_ != absl::InfiniteDuration()) loop_.Spawn(WatchIdle(shared_from_this()));
}

net::Task<void> H2Session::Done() {
  const auto self = shared_from_this();
  while (!done_) co_await ended_.Wait();
}

H2Stream* H2Session::Find(int32_t id) {
  const auto it = streams_.find(id);
  return it == streams_.end() ? nullptr : it->second.get();
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
    arrived_.push_back(streams_[stream.id_]);
    return;
  }
  if (stream.response_.status < 200) {
    stream.response_ = ResponseHead();
    return;
  }
  stream.response_.version = Version::kHttp2;
  stream.final_head_ = true;
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
  stream.session_ = nullptr;
  stream.closed_ = true;
  stream.refused_ = error_code == NGHTTP2_REFUSED_STREAM;
  const bool complete = stream.end_received_ && (stream.end_sent_ || stream.end_queued_);
  if (error_code != NGHTTP2_NO_ERROR || (!stream.end_received_ && stream.failure_.ok() && !complete)) {
    if (stream.failure_.ok()) stream.failure_ = StreamError(error_code);
  }
  idle_since_ = loop_.Now();
  stream.changed_.Notify();
  if (stream.on_gone_ && !complete) std::exchange(stream.on_gone_, nullptr)();
  if (on_change_) on_change_();
}

bool H2Session::Feed(absl::string_view bytes) {
  const ssize_t used = nghttp2_session_mem_recv(session_, reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  for (std::shared_ptr<H2Stream>& stream : std::exchange(arrived_, {})) {
    if (on_request_ && !stream->closed_) on_request_(std::move(stream));
  }
  Kick();
  return used >= 0;
}

net::Task<void> H2Session::Read(std::shared_ptr<H2Session> self, std::string received) {
  absl::Status status;
  if (!received.empty() && !self->Feed(received)) status = absl::InternalError("the peer broke the HTTP/2 protocol");
  received = std::string();
  const auto block = std::make_unique<char[]>(kReadBytes);
  while (status.ok() && !self->closing_) {
    const absl::Span<char> room(block.get(), kReadBytes);
    const absl::StatusOr<size_t> got = co_await self->stream_->Read(room);
    if (!got.ok()) {
      status = got.status();
    } else if (*got == 0) {
      status = absl::AbortedError("the peer has closed the connection");
    } else if (!self->Feed(absl::string_view(block.get(), *got))) {
      status = absl::InternalError("the peer broke the HTTP/2 protocol");
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
      co_await self->work_.Wait();
      continue;
    }
    self->stream_->SetDeadline(self->loop_.Now() + kWriteTimeout);
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
    stream_->Close();
    work_.Notify();
    auto streams = std::exchange(streams_, {});
    for (auto& [id, stream] : streams) {
      // Below GOAWAY's last stream the server may have begun; nghttp2 has closed those above as refused.
      if (stream->failure_.ok() && !(stream->end_received_ && stream->end_queued_)) stream->failure_ = status;
      Closed(*stream, NGHTTP2_NO_ERROR);
    }
    if (on_change_) on_change_();
  }
  if (reader_done_ && writer_done_) {
    done_ = true;
    ended_.Notify();
  }
}

net::Task<void> H2Session::WatchIdle(std::shared_ptr<H2Session> self) {
  while (!self->closing_) {
    const absl::Time due = (self->streams_.empty() ? self->idle_since_ : self->loop_.Now()) + self->idle_timeout_;
    if (self->loop_.Now() >= due) {
      self->GoAway();
      co_return;
    }
    co_await self->ended_.WaitUntil(due);
  }
}

absl::StatusOr<std::shared_ptr<H2Stream>> H2Session::Request(const RequestHead& head, bool end) {
  if (!CanOpen()) return absl::UnavailableError("the connection takes no further streams");
  Headers headers = head.headers;
  RemoveHopByHop(headers);
  FieldList fields;
  fields.Pseudo(":method", head.method);
  fields.Pseudo(":scheme", head.scheme);
  fields.Pseudo(":authority", head.authority);
  fields.Pseudo(":path", head.path);
  fields.AddAll(headers);
  const std::vector<nghttp2_nv> view = fields.View();
  const nghttp2_data_provider provider = {{0}, &Callbacks::ReadPending};
  const int32_t id =
      nghttp2_submit_request(session_, nullptr, view.data(), view.size(), end ? nullptr : &provider, nullptr);
  if (id < 0) return absl::UnavailableError(absl::StrCat("no stream can be opened: ", nghttp2_strerror(id)));
  auto stream = std::make_shared<H2Stream>(loop_, id);
  stream->session_ = this;
  stream->request_.method = head.method;
  stream->end_queued_ = stream->end_sent_ = end;
  streams_[id] = stream;
  Kick();
  return stream;
}

absl::Status H2Session::Respond(H2Stream& stream, const ResponseHead& head, bool end) {
  if (stream.closed_) return stream.failure_.ok() ? absl::AbortedError("the stream has ended") : stream.failure_;
  Headers headers = head.headers;
  RemoveHopByHop(headers);
  FieldList fields;
  fields.Pseudo(":status", absl::StrCat(head.status));
  fields.AddAll(headers);
  const std::vector<nghttp2_nv> view = fields.View();
  const nghttp2_data_provider provider = {{0}, &Callbacks::ReadPending};
  stream.end_queued_ = stream.end_sent_ = end;
  const int code = nghttp2_submit_response(session_, stream.id_, view.data(), view.size(), end ? nullptr : &provider);
  if (code != 0) return absl::InternalError(absl::StrCat("cannot answer: ", nghttp2_strerror(code)));
  Kick();
  return absl::OkStatus();
}

bool H2Session::CanOpen() const {
  if (goaway_ || closing_ || nghttp2_session_check_request_allowed(session_) == 0) return false;
  const uint32_t allowed = nghttp2_session_get_remote_settings(session_, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
  return streams_.size() < std::min(options_.streams_max, allowed);
}

void H2Session::GoAway() {
  if (closing_) return;
  goaway_ = true;
  nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE, nghttp2_session_get_last_proc_stream_id(session_),
                        NGHTTP2_NO_ERROR, nullptr, 0);
  Kick();
}

void H2Session::Close() { Fail(absl::CancelledError("the connection was closed")); }

net::Task<absl::StatusOr<std::optional<std::string>>> H2Stream::ReadBody(absl::Time deadline) {
  while (body_.empty()) {
    if (end_received_) co_return std::optional<std::string>();
    if (closed_) co_return failure_.ok() ? absl::AbortedError("the stream has ended") : failure_;
    if (!co_await changed_.WaitUntil(deadline)) co_return absl::DeadlineExceededError("the peer sends too slowly");
  }
  // Small frames become one piece; memory stays bounded by the stream's window.
  std::string piece = std::move(body_.front());
  body_.pop_front();
  if (session_ != nullptr) {
    nghttp2_session_consume(session_->session_, id_, piece.size());
    session_->Kick();
  }
  co_return std::optional<std::string>(std::move(piece));
}

net::Task<absl::Status> H2Stream::SendBody(absl::string_view bytes, absl::Time deadline) {
  while (!closed_ && pending_.size() - pending_offset_ > kPendingMax) {
    if (!co_await changed_.WaitUntil(deadline)) co_return absl::DeadlineExceededError("the peer reads too slowly");
  }
  if (closed_) co_return failure_.ok() ? absl::AbortedError("the stream has ended") : failure_;
  if (end_queued_) co_return absl::FailedPreconditionError("the body has been finished");
  pending_.append(bytes.data(), bytes.size());
  if (std::exchange(deferred_, false)) nghttp2_session_resume_data(session_->session_, id_);
  session_->Kick();
  co_return absl::OkStatus();
}

net::Task<absl::Status> H2Stream::Finish(const Headers& trailers, absl::Time deadline) {
  if (end_queued_) co_return absl::OkStatus();
  if (closed_) co_return failure_.ok() ? absl::AbortedError("the stream has ended") : failure_;
  end_queued_ = true;
  for (const Field& field : trailers) {
    if (AllowedInTrailers(field.name)) trailers_out_.Add(field.name, field.value);
  }
  if (std::exchange(deferred_, false)) nghttp2_session_resume_data(session_->session_, id_);
  session_->Kick();
  while (!closed_ && !end_sent_) {
    if (!co_await changed_.WaitUntil(deadline)) co_return absl::DeadlineExceededError("the peer reads too slowly");
  }
  co_return end_sent_ ? absl::OkStatus() : failure_;
}

void H2Stream::Reset(uint32_t error_code) {
  if (closed_ || session_ == nullptr) return;
  if (failure_.ok()) failure_ = absl::CancelledError("the stream was cancelled");
  nghttp2_submit_rst_stream(session_->session_, NGHTTP2_FLAG_NONE, id_, error_code);
  session_->Kick();
  changed_.Notify();
}

}  // namespace nubo::http
