#include "nubo/net/stream.h"

#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cerrno>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/net/socket_stream.h"

namespace nubo::net {
namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

using TcpStream = SocketStream<tcp::socket>;
using ReusePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

std::unique_ptr<Stream> MakeStream(Loop& loop, tcp::socket socket) {
  boost::system::error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  const SocketAddress local = FromEndpoint(socket.local_endpoint(ignored));
  const SocketAddress peer = FromEndpoint(socket.remote_endpoint(ignored));
  return std::make_unique<TcpStream>(loop, std::move(socket), local, peer);
}

class TcpListener final : public Listener {
 public:
  TcpListener(Loop& loop, tcp::acceptor acceptor, SocketAddress local, SocketKeeper* keeper)
      : loop_(loop), acceptor_(std::move(acceptor)), local_(local), keeper_(keeper) {}

  Task<absl::StatusOr<std::unique_ptr<Stream>>> Accept() override {
    // The listener may be gone when it ends.
    Loop& loop = loop_;
    const SocketAddress local = local_;
    auto [error, socket] = co_await acceptor_.async_accept(kAwait);
    if (!error) co_return MakeStream(loop, std::move(socket));
    if (IsShortage(error)) co_await loop.SleepFor(kAcceptPause);
    co_return ErrorStatus(error, absl::StrCat("accept on ", local.ToString()));
  }

  void Close() override {
    if (keeper_ != nullptr && acceptor_.is_open()) keeper_->Remove(SocketKeeper::Kind::kTcp, local_);
    boost::system::error_code ignored;
    acceptor_.close(ignored);
  }

  SocketAddress local() const override { return local_; }

 private:
  Loop& loop_;
  tcp::acceptor acceptor_;
  const SocketAddress local_;
  SocketKeeper* const keeper_;
};

// What a former process of this address has left, or the supervisor makes; -1: nothing.
absl::StatusOr<int> Inherited(SocketKeeper* keeper, const SocketAddress& address) {
  if (keeper == nullptr) return -1;
  const int left = address.port == 0 ? -1 : keeper->Take(SocketKeeper::Kind::kTcp, address);
  return left < 0 && keeper->MakesFor(address) ? keeper->Make(SocketKeeper::Kind::kTcp, address) : left;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Listener>> ListenTcp(Loop& loop, const SocketAddress& address,
                                                    const ListenOptions& options) {
  const auto endpoint = ToEndpoint<tcp>(address);
  tcp::acceptor acceptor(loop.context());
  boost::system::error_code error;
  NUBO_ASSIGN_OR_RETURN(const int inherited, Inherited(options.keeper, address));
  if (inherited >= 0) {
    acceptor.assign(endpoint.protocol(), inherited, error);
    if (error) close(inherited);
  } else {
    acceptor.open(endpoint.protocol(), error);
    if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error && options.reuse_port) acceptor.set_option(ReusePort(true), error);
    if (!error) acceptor.bind(endpoint, error);
  }
  if (!error) acceptor.listen(options.backlog, error);
  if (error) return ErrorStatus(error, absl::StrCat("listen on ", address.ToString()));
  const SocketAddress local = FromEndpoint(acceptor.local_endpoint(error));
  if (options.keeper != nullptr) {
    options.keeper->Store(SocketKeeper::Kind::kTcp, local, acceptor.native_handle());
  }
  return std::make_unique<TcpListener>(loop, std::move(acceptor), local, options.keeper);
}

absl::StatusOr<std::unique_ptr<Listener>> ListenerFromFd(Loop& loop, int fd) {
  const std::string what = absl::StrCat("take over listening descriptor ", fd);
  sockaddr_storage address = {};
  socklen_t size = sizeof address;
  boost::system::error_code error;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    error.assign(errno, boost::system::system_category());
  } else if (address.ss_family != AF_INET && address.ss_family != AF_INET6) {
    error = asio::error::address_family_not_supported;
  }
  if (error) {
    close(fd);
    return ErrorStatus(error, what);
  }
  tcp::acceptor acceptor(loop.context());
  acceptor.assign(address.ss_family == AF_INET ? tcp::v4() : tcp::v6(), fd, error);
  if (error) close(fd);
  if (!error) acceptor.listen(ListenOptions().backlog, error);
  SocketAddress local;
  if (!error) local = FromEndpoint(acceptor.local_endpoint(error));
  if (error) return ErrorStatus(error, what);
  return std::make_unique<TcpListener>(loop, std::move(acceptor), local, nullptr);
}

Task<absl::StatusOr<std::unique_ptr<Stream>>> ConnectTcp(Loop& loop, SocketAddress address, absl::Time deadline) {
  tcp::socket socket(loop.context());
  Deadline timer(loop, [&socket] {
    boost::system::error_code ignored;
    socket.close(ignored);
  });
  timer.Set(deadline);
  const auto endpoint = ToEndpoint<tcp>(address);
  const auto [error] = co_await socket.async_connect(endpoint, kAwait);
  const std::string what = absl::StrCat("connect to ", address.ToString());
  if (timer.Passed()) co_return absl::DeadlineExceededError(absl::StrCat(what, ": timed out"));
  if (error) co_return ErrorStatus(error, what);
  co_return MakeStream(loop, std::move(socket));
}

absl::StatusOr<std::unique_ptr<Stream>> TcpStreamFromFd(Loop& loop, int fd, bool v4) {
  tcp::socket socket(loop.context());
  boost::system::error_code error;
  socket.assign(v4 ? tcp::v4() : tcp::v6(), fd, error);
  if (error) return ErrorStatus(error, "take over a socket");
  return MakeStream(loop, std::move(socket));
}

}  // namespace nubo::net
