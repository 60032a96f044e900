#include "nubo/net/datagram.h"

#include <unistd.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/udp.hpp>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/net/socket.h"

namespace nubo::net {
namespace asio = boost::asio;
using asio::ip::udp;

namespace {

using ReusePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

class UdpSocket final : public Datagram {
 public:
  UdpSocket(Loop& loop, udp::socket socket, SocketAddress local, SocketKeeper* keeper)
      : core_(std::make_shared<Core>(loop, std::move(socket))), local_(local), keeper_(keeper) {}
  ~UdpSocket() override { Close(); }

  Task<absl::StatusOr<Received>> Receive(absl::Span<char> buffer) override {
    // The socket may be gone when it ends.
    const std::shared_ptr<Core> core = core_;
    if (absl::Status status = core->Usable(); !status.ok()) co_return status;
    const SocketAddress local = local_;
    udp::endpoint peer;
    const auto room = asio::buffer(buffer.data(), buffer.size());
    const auto [error, size] = co_await core->socket.async_receive_from(room, peer, kAwait);
    if (error) co_return core->Failure(error, absl::StrCat("receive on ", local.ToString()));
    co_return Received{size, FromEndpoint(peer)};
  }

  Task<absl::Status> Send(absl::string_view message, SocketAddress peer) override {
    const std::shared_ptr<Core> core = core_;
    if (absl::Status status = core->Usable(); !status.ok()) co_return status;
    const auto bytes = asio::buffer(message.data(), message.size());
    const auto endpoint = ToEndpoint<udp>(peer);
    const auto [error, size] = co_await core->socket.async_send_to(bytes, endpoint, kAwait);
    if (error) co_return core->Failure(error, absl::StrCat("send to ", peer.ToString()));
    co_return absl::OkStatus();
  }

  void SetDeadline(absl::Time deadline) override { core_->deadline.Set(deadline); }

  void Close() override {
    if (keeper_ != nullptr && !core_->closed) keeper_->Remove(SocketKeeper::Kind::kUdp, local_);
    core_->closed = true;
    boost::system::error_code ignored;
    core_->socket.close(ignored);
  }

  SocketAddress local() const override { return local_; }

 private:
  // What an operation under way goes on with.
  struct Core {
    Core(Loop& loop, udp::socket s) : socket(std::move(s)), deadline(loop, [this] { Cancel(); }) {}
    absl::Status Usable() const {
      if (closed) return absl::CancelledError("the socket is closed");
      if (deadline.Passed()) return absl::DeadlineExceededError("the socket's deadline has passed");
      return absl::OkStatus();
    }
    absl::Status Failure(const boost::system::error_code& error, absl::string_view what) const {
      if (absl::Status status = Usable(); !status.ok()) return status;
      return ErrorStatus(error, what);
    }
    void Cancel() {
      boost::system::error_code ignored;
      socket.cancel(ignored);
    }

    udp::socket socket;
    bool closed = false;
    // Forgets its callback with the rest of this.
    Deadline deadline;
  };

  const std::shared_ptr<Core> core_;
  const SocketAddress local_;
  SocketKeeper* const keeper_;
};

// What a former process of this address has left, or the supervisor makes; -1: nothing.
absl::StatusOr<int> Inherited(SocketKeeper* keeper, const SocketAddress& address) {
  if (keeper == nullptr) return -1;
  const int left = address.port == 0 ? -1 : keeper->Take(SocketKeeper::Kind::kUdp, address);
  return left < 0 && keeper->MakesFor(address) ? keeper->Make(SocketKeeper::Kind::kUdp, address) : left;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Datagram>> BindUdp(Loop& loop, const SocketAddress& address, const UdpOptions& options) {
  const auto endpoint = ToEndpoint<udp>(address);
  udp::socket socket(loop.context());
  boost::system::error_code error;
  NUBO_ASSIGN_OR_RETURN(const int inherited, Inherited(options.keeper, address));
  if (inherited >= 0) {
    socket.assign(endpoint.protocol(), inherited, error);
    if (error) close(inherited);
  } else {
    socket.open(endpoint.protocol(), error);
    if (!error && options.reuse_port) socket.set_option(ReusePort(true), error);
    if (!error) socket.bind(endpoint, error);
  }
  if (error) return ErrorStatus(error, absl::StrCat("listen on ", address.ToString(), " (UDP)"));
  if (options.receive_buffer_bytes > 0) {
    // The kernel caps it by its own limit, which is no failure.
    boost::system::error_code ignored;
    socket.set_option(asio::socket_base::receive_buffer_size(options.receive_buffer_bytes), ignored);
  }
  const SocketAddress local = FromEndpoint(socket.local_endpoint(error));
  if (options.keeper != nullptr) options.keeper->Store(SocketKeeper::Kind::kUdp, local, socket.native_handle());
  return std::make_unique<UdpSocket>(loop, std::move(socket), local, options.keeper);
}

absl::StatusOr<std::unique_ptr<Datagram>> ConnectUdp(Loop& loop, const SocketAddress& peer) {
  const auto endpoint = ToEndpoint<udp>(peer);
  udp::socket socket(loop.context());
  boost::system::error_code error;
  socket.open(endpoint.protocol(), error);
  // Sends nothing, and so does not wait either.
  if (!error) socket.connect(endpoint, error);
  if (error) return ErrorStatus(error, absl::StrCat("connect to ", peer.ToString(), " (UDP)"));
  const SocketAddress local = FromEndpoint(socket.local_endpoint(error));
  return std::make_unique<UdpSocket>(loop, std::move(socket), local, /*keeper=*/nullptr);
}

}  // namespace nubo::net
