// The client's side of one HTTP/1.1 connection. Not for users.
//
// Thread safety: belongs to its loop's thread.
#ifndef NUBO_HTTP_H1_CLIENT_H_
#define NUBO_HTTP_H1_CLIENT_H_

#include <functional>
#include <memory>
#include <utility>

#include "nubo/http/byte_buffer.h"
#include "nubo/http/client_connection.h"

namespace nubo::http {

class H1ClientConnection final : public ClientConnection, public std::enable_shared_from_this<H1ClientConnection> {
 public:
  H1ClientConnection(std::unique_ptr<net::Stream> stream, const ClientOptions& options);

  std::unique_ptr<ClientExchange> Open() override;
  bool Usable() override;
  bool Finished() const override { return finished_; }
  int open_exchanges() const override { return busy_ ? 1 : 0; }
  void Close() override;
  void OnChange(std::function<void()> callback) override { on_change_ = std::move(callback); }

 private:
  friend class H1ClientExchange;

  // The exchange is over; `reusable` if the connection is where the next one may begin.
  void Release(bool reusable);

  const std::unique_ptr<net::Stream> stream_;
  const int interims_max_;
  H1Parser parser_;
  ByteBuffer buffer_;
  bool busy_ = false;
  bool finished_ = false;
  std::function<void()> on_change_;
};

}  // namespace nubo::http

#endif  // NUBO_HTTP_H1_CLIENT_H_
