// A request's body on its way from the client to a target, or to a second one if the first one fails.
//
// One reader takes it from the client as it comes; each attempt sends it from the start. The beginning is kept while it
// is short enough to be sent again; from then on what an attempt has sent is dropped, and the reader goes no further
// ahead than the bound.
//
// Example:
//   auto body = std::make_shared<RequestBody>(loop, exchange, kReplayBodySizeMax);
//   body->Start();
//   RequestBody::Cursor cursor;  // at the start
//   while (co_await body->Next(cursor)) Send(cursor.piece);
//   co_await body->Stop();  // before the exchange is gone
//
// Thread safety: belongs to its loop's thread.
#ifndef NUBO_PROXY_REQUEST_BODY_H_
#define NUBO_PROXY_REQUEST_BODY_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "nubo/http/byte_budget.h"
#include "nubo/http/server.h"
#include "nubo/net/loop.h"

namespace nubo::proxy {

class RequestBody : public std::enable_shared_from_this<RequestBody> {
 public:
  // How long a client may go on sending a body after it was answered, before its connection is cut.
  static constexpr absl::Duration kDiscardTimeout = absl::Seconds(2);

  struct Cursor {
    uint64_t position = 0;
    std::string piece;
    // Set from outside to make a pending Next return false.
    bool cancelled = false;
  };

  // `exchange` must outlive Stop(). `budget`: of what is kept of all bodies; where it is used up, a body is read only
  // ByteBudget::kShareBytes ahead, and what was sent is dropped, though it then cannot be sent again.
  RequestBody(net::Loop& loop, http::Exchange& exchange, size_t kept_max, std::shared_ptr<http::ByteBudget> budget);
  ~RequestBody();

  void Start();
  // Whether everything that was read can still be sent from the start.
  bool replayable() const { return dropped_ == 0; }
  // The client has sent all of it; size() is final.
  bool ended() const { return ended_; }
  uint64_t size() const { return dropped_ + kept_.size(); }
  // Why the client's side broke, if it did.
  const absl::Status& error() const { return error_; }
  const http::Headers& trailers() const { return exchange_.trailers(); }

  // Puts what follows the cursor into its `piece` and moves it on. False at the end, after an error, or cancelled.
  net::Task<bool> Next(Cursor& cursor);
  // Makes whoever waits in Next look again, after setting Cursor::cancelled.
  void Wake() { changed_.Notify(); }
  // Reads no more, and returns when the reader has ended. If the client is still sending after a while, its exchange is
  // aborted.
  net::Task<void> Stop();

 private:
  net::Task<void> ReadAll(std::shared_ptr<RequestBody> self);
  size_t KeptMax() const;

  net::Loop& loop_;
  http::Exchange& exchange_;
  const size_t kept_max_;
  const std::shared_ptr<http::ByteBudget> budget_;
  // Bytes [dropped_, dropped_ + kept_.size()) of the body.
  std::string kept_;
  uint64_t dropped_ = 0;
  // How far the attempt under way has sent.
  uint64_t sent_ = 0;
  bool ended_ = false;
  bool stopped_ = false;
  bool reading_ = false;
  absl::Status error_;
  net::Event changed_;
};

}  // namespace nubo::proxy

#endif  // NUBO_PROXY_REQUEST_BODY_H_
