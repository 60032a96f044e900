// The client's side of one HTTP/2 connection. Not for users.
//
// Thread safety: belongs to its loop's thread.
#ifndef NUBO_HTTP_H2_CLIENT_H_
#define NUBO_HTTP_H2_CLIENT_H_

#include <functional>
#include <memory>
#include <utility>

#include "nubo/http/client_connection.h"
#include "nubo/http/h2_session.h"

namespace nubo::http {

class H2ClientConnection final : public ClientConnection {
 public:
  H2ClientConnection(net::Loop& loop, std::unique_ptr<net::Stream> stream, const ClientOptions& options);
  // Lets what is open finish, then the connection ends.
  ~H2ClientConnection() override;

  std::unique_ptr<ClientExchange> Open() override;
  bool Usable() override { return session_->CanOpen(); }
  bool Finished() const override { return session_->finished(); }
  int open_exchanges() const override { return session_->open_streams(); }
  void Close() override { session_->Close(); }
  void OnChange(std::function<void()> callback) override { session_->OnChange(std::move(callback)); }

 private:
  const std::shared_ptr<H2Session> session_;
};

}  // namespace nubo::http

#endif  // NUBO_HTTP_H2_CLIENT_H_
