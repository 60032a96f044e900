// The server's side of one HTTP/2 connection. Not for users.
//
// Thread safety: belongs to its loop's thread.
#ifndef NUBO_HTTP_H2_SERVER_H_
#define NUBO_HTTP_H2_SERVER_H_

#include <memory>
#include <string>

#include "absl/time/time.h"
#include "nubo/http/byte_budget.h"
#include "nubo/http/exchange.h"
#include "nubo/http/h2_session.h"
#include "nubo/http/server_options.h"
#include "nubo/net/loop.h"
#include "nubo/net/stream.h"

namespace nubo::http {

class H2ServerConnection final : public std::enable_shared_from_this<H2ServerConnection> {
 public:
  H2ServerConnection(net::Loop& loop, std::unique_ptr<net::Stream> stream, std::shared_ptr<const ServerOptions> options,
                     std::shared_ptr<ByteBudget> budget);

  // Until the connection has ended and every handler has returned. `received`: what was read already.
  net::Task<void> Run(Handler& handler, std::string received);
  void Drain() { session_->GoAway(); }
  void Close() { session_->Close(); }
  // See H2Session.
  absl::Time WaitingSince() const { return session_->WaitingSince(ServerOptions::kStalledMin); }

 private:
  // A request has come.
  void Begin(Handler& handler, std::shared_ptr<H2Stream> stream);
  static net::Task<void> Serve(std::shared_ptr<H2ServerConnection> self, Handler& handler,
                               std::shared_ptr<H2Stream> stream);

  net::Loop& loop_;
  const std::shared_ptr<const ServerOptions> options_;
  const std::shared_ptr<H2Session> session_;
  int64_t handling_ = 0;
  uint64_t requests_ = 0;
  net::Event handled_;
};

}  // namespace nubo::http

#endif  // NUBO_HTTP_H2_SERVER_H_
