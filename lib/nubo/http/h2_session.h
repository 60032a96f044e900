// One HTTP/2 connection (RFC 9113), either side: nghttp2 does the frames, this the streams. Not for users.
//
// Two coroutines (Read and Write) move bytes between the Stream and nghttp2; H2Streams hold what each HTTP stream has
// received and has yet to send, with flow control as backpressure: received bytes are acknowledged when they are
// taken, and senders wait while much is pending.
//
// Thread safety: belongs to its loop's thread.
#ifndef NUBO_HTTP_H2_SESSION_H_
#define NUBO_HTTP_H2_SESSION_H_

#include <nghttp2/nghttp2.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "nubo/http/byte_budget.h"
#include "nubo/http/h1_parser.h"
#include "nubo/http/message.h"
#include "nubo/net/loop.h"
#include "nubo/net/stream.h"

namespace nubo::http {

class H2Session;

// One stream of a session: shared by the session and whoever uses it. Deadlines are read anew whenever changed()
// tells, so that they may be moved while somebody waits.
class H2Stream {
 public:
  H2Stream(net::Loop& loop, int32_t id) : id_(id), changed_(loop) {}

  int32_t id() const { return id_; }

  // The next piece received, or nullopt at the end.
  net::Task<absl::StatusOr<std::optional<std::string>>> ReadBody(const absl::Time& deadline);
  // How many bytes SendBody would queue at once; waits until it is something. 0: the stream has ended, or `deadline`
  // came.
  net::Task<size_t> WaitForRoom(const absl::Time& deadline);
  // Queues bytes; waits while too much is queued.
  net::Task<absl::Status> SendBody(absl::string_view bytes, const absl::Time& deadline);
  // Ends this side, with trailers if there are any; waits until all that is queued has been handed over.
  net::Task<absl::Status> Finish(const Headers& trailers, const absl::Time& deadline);
  // Resets the stream; pending operations end.
  void Reset(uint32_t error_code);

  // Both sides are done, or it was reset, or its connection has gone.
  bool closed() const { return closed_; }
  // Why, unless it ended well.
  const absl::Status& failure() const { return failure_; }

  const RequestHead& request() const { return request_; }
  ResponseHead& response() { return response_; }
  // The next interim response that has come and was not taken.
  std::optional<ResponseHead> TakeInterim();
  const Headers& trailers() const { return trailers_; }
  // Not 0: the request is not one to be handled, but to be answered with this status (400, 431, 501).
  int refusal() const { return refusal_; }
  bool head_sent() const { return head_sent_; }
  bool head_received() const { return head_received_; }
  bool final_head() const { return final_head_; }
  bool end_received() const { return end_received_; }
  // The head was all of it.
  bool response_ended() const { return end_received_ && body_.empty() && trailers_.empty(); }
  bool end_queued() const { return end_queued_; }
  // Since when.
  absl::Time end_queued_since() const { return end_queued_since_; }
  // It is on its way, and no reset overtakes it any more.
  bool end_sent() const { return end_sent_; }
  // The server has not begun to process it.
  bool refused() const { return refused_; }
  net::Event& changed() { return changed_; }
  void OnGone(std::function<void()> callback) { on_gone_ = std::move(callback); }

 private:
  friend class H2Session;

  void AddField(bool server, const Limits& limits, absl::string_view name, absl::string_view value);
  void AddRequestField(absl::string_view name, absl::string_view value);
  // Settles `refusal_` once the head is whole.
  void CheckRequest();
  absl::Status Failure() const { return failure_.ok() ? absl::AbortedError("the stream has ended") : failure_; }
  size_t Room() const;
  bool Broken() const { return closed_ || !failure_.ok(); }

  const int32_t id_;
  H2Session* session_ = nullptr;  // nullptr once the session is done with it
  net::Event changed_;
  std::function<void()> on_gone_;

  // Received.
  RequestHead request_;
  ResponseHead response_;
  std::deque<ResponseHead> interims_;
  int interims_seen_ = 0;
  Headers trailers_;
  size_t head_bytes_ = 0;
  // Of a request's head alone, without trailers.
  size_t request_bytes_ = 0;
  size_t fields_ = 0;
  int refusal_ = 0;
  bool head_received_ = false;
  bool final_head_ = false;
  std::deque<std::string> body_;
  bool end_received_ = false;

  // To be sent.
  std::string pending_;
  size_t pending_offset_ = 0;
  bool end_queued_ = false;
  absl::Time end_queued_since_;
  bool end_sent_ = false;
  bool deferred_ = false;
  Headers trailers_out_;

  bool head_sent_ = false;
  bool active_ = false;  // counts as use of the connection
  bool closed_ = false;
  bool refused_ = false;
  bool reset_here_ = false;
  absl::Status failure_;
};

struct H2Options {
  Limits limits;
  uint32_t streams_max = 128;
  // Streams that the peer may make fail, a second (server).
  int resets_per_second_max = 100;
  // For the bytes at hand to go.
  absl::Duration write_timeout = absl::Seconds(60);
  // For what is queued; null: only the connection's own bound counts.
  std::shared_ptr<ByteBudget> budget;
  // The connection ends when nothing has been asked of it for so long (server).
  absl::Duration idle_timeout = absl::InfiniteDuration();
};

class H2Session final : public std::enable_shared_from_this<H2Session> {
 public:
  enum class Side { kServer, kClient };

  H2Session(net::Loop& loop, std::unique_ptr<net::Stream> stream, Side side, H2Options options);
  ~H2Session();

  // Called with each request that has begun (server).
  void OnRequest(std::function<void(std::shared_ptr<H2Stream>)> callback) { on_request_ = std::move(callback); }
  // Called when capacity or state may have changed.
  void OnChange(std::function<void()> callback) { on_change_ = std::move(callback); }

  // Starts both coroutines. `received`: what was read from the stream already.
  void Start(std::string received);
  // When both have ended.
  net::Task<void> Done();

  // Opens a stream with a request (client). UNAVAILABLE: not now. INVALID_ARGUMENT: it is no proper request.
  absl::StatusOr<std::shared_ptr<H2Stream>> Request(const RequestHead& head, bool end);
  // Answers on a stream (server). INVALID_ARGUMENT: it is no proper response.
  absl::Status Respond(H2Stream& stream, const ResponseHead& head, bool end);
  // Before Respond (server). INVALID_ARGUMENT: it is no interim response.
  absl::Status RespondInterim(H2Stream& stream, const ResponseHead& head);

  bool CanOpen() const;
  bool finished() const { return closing_ || goaway_; }
  // Since when it is the peer alone that keeps the session waiting; in the future if it is not. With streams open
  // `stalled_min` later.
  absl::Time WaitingSince(absl::Duration stalled_min) const;
  int open_streams() const { return static_cast<int>(streams_.size()); }
  // Tells the peer to open nothing more; the connection ends when the last stream does.
  void GoAway();
  void Close();

  net::Loop& loop() { return loop_; }
  net::SocketAddress peer() const { return stream_->peer(); }
  net::SocketAddress local() const { return stream_->local(); }

 private:
  friend class H2Stream;
  // nghttp2's callbacks; in h2_callbacks.cc.
  struct Callbacks;

  static nghttp2_session* MakeSession(H2Session* self);
  static nghttp2_data_provider BodyProvider();
  static net::Task<void> Read(std::shared_ptr<H2Session> self, std::string received);
  static net::Task<void> Write(std::shared_ptr<H2Session> self);
  static net::Task<void> WatchIdle(std::shared_ptr<H2Session> self);
  static net::Task<void> FinishGoAway(std::shared_ptr<H2Session> self);
  void SubmitSettings();
  bool Feed(absl::string_view bytes);
  void Fail(const absl::Status& status);
  void Kick() { work_.Notify(); }
  void Resume(H2Stream& stream);
  H2Stream* Find(int32_t id);
  // A stream may queue more than its share.
  bool Generous() const;
  void Queued(size_t bytes);
  void Dequeued(size_t bytes);
  // False if the peer has made more streams fail than it may.
  bool CountReset();
  void Activate(H2Stream& stream);
  void Closed(H2Stream& stream, uint32_t error_code);
  void StreamArrived(int32_t id);
  void HeadersEnded(H2Stream& stream);

  net::Loop& loop_;
  const std::unique_ptr<net::Stream> stream_;
  const Side side_;
  const H2Options options_;
  nghttp2_session* session_ = nullptr;
  absl::flat_hash_map<int32_t, std::shared_ptr<H2Stream>> streams_;
  // Requests whose head has come since Feed() began; told of once nghttp2 is done with the input.
  std::vector<std::shared_ptr<H2Stream>> arrived_;
  std::function<void(std::shared_ptr<H2Stream>)> on_request_;
  std::function<void()> on_change_;
  net::Event work_;
  net::Event ended_;
  // The peer has answered the ping that follows the first GOAWAY: it has read that.
  net::Event goaway_read_;
  bool goaway_acknowledged_ = false;
  int active_ = 0;
  size_t queued_ = 0;
  size_t heads_bytes_ = 0;
  absl::Time idle_since_;
  // When the peer was last heard of.
  absl::Time heard_;
  double reset_tokens_ = 0;
  absl::Time reset_refill_;
  bool goaway_ = false;
  bool closing_ = false;
  bool reader_done_ = false;
  bool writer_done_ = false;
  bool done_ = false;
};

}  // namespace nubo::http

#endif  // NUBO_HTTP_H2_SESSION_H_
