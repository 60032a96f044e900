#include "nubo/http/h2_session.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "nubo/http/h2_fields.h"

namespace nubo::http {
namespace {

// Frames smaller than this are gathered into one piece of a body: a piece costs memory beyond its bytes.
constexpr size_t kPieceBytes = 16 << 10;

}  // namespace

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
    const bool server = self.side_ == Side::kServer;
    stream->AddField(server, self.options_.limits, {reinterpret_cast<const char*>(name), name_size},
                     {reinterpret_cast<const char*>(value), value_size});
    // A request can be answered that it is too large; a response and trailers can only be given up.
    if (stream->refusal_ == 0 || (server && !stream->final_head_)) return 0;
    stream->failure_ = absl::InternalError("the peer's header fields are more than is taken");
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  }

  static int OnFrameReceived(nghttp2_session*, const nghttp2_frame* frame, void* user_data) {
    H2Session& self = Self(user_data);
    switch (frame->hd.type) {
      case NGHTTP2_GOAWAY:
        self.goaway_ = true;
        if (self.on_change_) self.on_change_();
        return 0;
      case NGHTTP2_SETTINGS:
        if (self.on_change_) self.on_change_();
        return 0;
      case NGHTTP2_PING:
        if ((frame->hd.flags & NGHTTP2_FLAG_ACK) != 0) {
          self.goaway_acknowledged_ = self.goaway_;
          self.goaway_read_.Notify();
        }
        return 0;
      default:
        break;
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
    H2Stream* stream = Self(user_data).Find(id);
    if (stream == nullptr) return 0;
    const char* const bytes = reinterpret_cast<const char*>(data);
    std::deque<std::string>& body = stream->body_;
    if (!body.empty() && body.back().size() + size <= kPieceBytes) {
      body.back().append(bytes, size);
    } else {
      body.emplace_back(bytes, size);
    }
    stream->changed_.Notify();
    return 0;
  }

  static int OnFrameSent(nghttp2_session*, const nghttp2_frame* frame, void* user_data) {
    const bool head = frame->hd.type == NGHTTP2_HEADERS;
    if (!head && frame->hd.type != NGHTTP2_DATA) return 0;
    H2Stream* const stream = Self(user_data).Find(frame->hd.stream_id);
    if (stream == nullptr) return 0;
    stream->head_sent_ |= head;
    if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0) return 0;
    stream->end_sent_ = true;
    stream->changed_.Notify();
    return 0;
  }

  static int OnStreamClose(nghttp2_session* session, int32_t id, uint32_t error_code, void* user_data) {
    H2Session& self = Self(user_data);
    const auto it = self.streams_.find(id);
    if (it == self.streams_.end()) return 0;
    const std::shared_ptr<H2Stream> stream = it->second;
    self.streams_.erase(it);
    // Whether the client resets streams or makes this side reset them, each has cost work (CVE-2023-44487,
    // CVE-2025-8671).
    const bool whole = stream->end_received_ && stream->end_sent_;
    if (self.side_ == Side::kServer && !whole && !stream->reset_here_ && !self.CountReset()) {
      nghttp2_session_terminate_session(session, NGHTTP2_ENHANCE_YOUR_CALM);
    }
    self.Closed(*stream, error_code);
    return 0;
  }

  static ssize_t ReadPending(nghttp2_session* session, int32_t id, uint8_t* out, size_t room, uint32_t* flags,
                             nghttp2_data_source*, void* user_data) {
    H2Stream* stream = Self(user_data).Find(id);
    if (stream == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    const size_t size = std::min(room, stream->pending_.size() - stream->pending_offset_);
    std::memcpy(out, stream->pending_.data() + stream->pending_offset_, size);
    stream->pending_offset_ += size;
    Self(user_data).Dequeued(size);
    if (stream->pending_offset_ == stream->pending_.size()) {
      stream->pending_.clear();
      // Many quiet streams keep no memory for what they once sent.
      if (stream->pending_.capacity() > kPieceBytes) stream->pending_ = std::string();
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
      H2FieldList fields;
      fields.AddAll(stream->trailers_out_);
      const std::vector<nghttp2_nv> view = fields.View();
      nghttp2_submit_trailer(session, id, view.data(), view.size());
    }
    return static_cast<ssize_t>(size);
  }
};

nghttp2_data_provider H2Session::BodyProvider() { return {{0}, &Callbacks::ReadPending}; }

nghttp2_session* H2Session::MakeSession(H2Session* self) {
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
  nghttp2_session* session = nullptr;
  if (self->side_ == Side::kServer) {
    nghttp2_session_server_new2(&session, callbacks, self, option);
  } else {
    nghttp2_session_client_new2(&session, callbacks, self, option);
  }
  nghttp2_option_del(option);
  nghttp2_session_callbacks_del(callbacks);
  return session;
}

}  // namespace nubo::http
