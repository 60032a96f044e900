// A page that draws the running region, and the small API below it.
//
// Who may use it: whoever knows the token. It is in the part of the printed address that browsers keep to themselves
// (after the #), so it is in no request line, no log and no Referer; the page sends it as a Bearer token (RFC 6750)
// with each call, and nothing sends it by itself, as a cookie would be sent to every port of this machine. The page of
// another site is kept out thrice: it does not know the token; the Host that a request names must be the console's own
// address (no name that was made to lead here); and what a browser says of where a call comes from must be the
// console's own page. Nothing may be framed. The page itself holds nothing secret, so it is served to all who name the
// address.
//
//   GET  /, /assets/…         the page
//   GET  /api/stream          server-sent events: a snapshot of everything, once a second
//   GET  /api/describe/ID     everything about one thing
//   GET  /api/log/ID          the end of its log
//   POST /api/kill, /api/terminate, /api/set-desired     {"id": "…", "desired": 3}
//
// Errors are JSON, {"error": {"message": "…"}}: 400 for wrong words, 401 without the token, 403 for another site's
// page, 404, 405, 409 for what cannot be now, 413, 502 and 503 for a region that fails or is not there.
//
// Example:
//   Console console(loop, region, files, {.token = token, .address = listener->local()});
//   http::Server server(loop, console, {});
//
// Thread safety: belongs to its loop's thread; asks the region on threads of its own.
#ifndef NUBO_CONSOLE_CONSOLE_H_
#define NUBO_CONSOLE_CONSOLE_H_

#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "nubo/http/message.h"
#include "nubo/http/server.h"
#include "nubo/http/static_files.h"
#include "nubo/net/ip_address.h"
#include "nubo/net/loop.h"

namespace nubo::console {

// What the console shows and changes. Each call may take as long as it needs: it is made on a thread of its own, and
// from several at once. Answers are JSON on one line, but for logs, which are text.
class Region {
 public:
  virtual ~Region() = default;
  virtual absl::StatusOr<std::string> Snapshot() = 0;
  virtual absl::StatusOr<std::string> Describe(const std::string& id) = 0;
  virtual absl::StatusOr<std::string> Log(const std::string& id) = 0;
  // Ends an instance's process at once.
  virtual absl::Status Kill(const std::string& id) = 0;
  // Lets it finish first.
  virtual absl::Status Terminate(const std::string& id) = 0;
  virtual absl::Status SetDesired(const std::string& group, int desired) = 0;
};

struct ConsoleOptions {
  // At least 32 characters that nobody can guess.
  std::string token;
  // Where the server listens.
  net::SocketAddress address;
  size_t body_bytes_max = 4096;
  int streams_max = 8;
  // Other calls under way at once.
  int calls_max = 16;
  absl::Duration interval = absl::Seconds(1);
};

class Console final : public http::Handler {
 public:
  // All outlive it. Its server, and whatever the loop runs for it, ends before it does.
  Console(net::Loop& loop, Region& region, const http::StaticFiles& files, ConsoleOptions options);
  ~Console() override;

  net::Task<void> Handle(http::Exchange& exchange) override;

 private:
  using Work = std::function<absl::StatusOr<std::string>()>;

  net::Task<http::Response> Answer(http::Exchange& exchange);
  net::Task<http::Response> AnswerApi(http::Exchange& exchange);
  net::Task<http::Response> Ask(Work work, absl::string_view content_type);
  net::Task<http::Response> Change(http::Exchange& exchange);
  net::Task<void> Stream(http::Exchange& exchange);
  net::Task<absl::StatusOr<std::string>> Do(Work work);
  net::Task<std::string> SnapshotEvent();
  bool Addressed(const http::RequestHead& head) const;
  absl::Status MayAsk(const http::RequestHead& head) const;

  net::Loop& loop_;
  Region& region_;
  const http::StaticFiles& files_;
  const ConsoleOptions options_;
  boost::asio::thread_pool threads_;
  int streams_ = 0;
  int calls_ = 0;
  // The last one, which all streams of one interval share.
  std::string event_;
  absl::Time event_at_ = absl::InfinitePast();
};

}  // namespace nubo::console

#endif  // NUBO_CONSOLE_CONSOLE_H_
