// A Stream over any of Asio's stream sockets. Not for users.
//
// Thread safety: belongs to its loop's thread.
#ifndef NUBO_NET_SOCKET_STREAM_H_
#define NUBO_NET_SOCKET_STREAM_H_

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/socket_base.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "nubo/net/byte_stream.h"
#include "nubo/net/socket.h"
#include "nubo/net/tcp_progress.h"

namespace nubo::net {

template <typename Socket>
class SocketStream final : public Stream {
 public:
  SocketStream(Loop& loop, Socket socket, SocketAddress local, SocketAddress peer, int peer_uid = -1)
      : core_(std::make_shared<Core>(loop, std::move(socket))), local_(local), peer_(peer), peer_uid_(peer_uid) {}
  ~SocketStream() override { Close(); }

  Task<absl::StatusOr<size_t>> Read(absl::Span<char> buffer) override {
    // The stream may be gone when it ends.
    const std::shared_ptr<Core> core = core_;
    if (absl::Status status = core->Usable(); !status.ok()) co_return status;
    const auto room = boost::asio::buffer(buffer.data(), buffer.size());
    const auto [error, size] = co_await core->socket.async_read_some(room, kAwait);
    if (error == boost::asio::error::eof) co_return size_t{0};
    if (error) co_return core->Failure(error, "read");
    co_return size;
  }

  Task<absl::Status> Write(absl::Span<const absl::string_view> pieces) override {
    const std::shared_ptr<Core> core = core_;
    if (absl::Status status = core->Usable(); !status.ok()) co_return status;
    size_t piece = 0, offset = 0;
    while (true) {
      std::array<boost::asio::const_buffer, kPiecesMax> buffers;
      size_t count = 0, skip = offset;
      for (size_t i = piece; i < pieces.size() && count < kPiecesMax; ++i) {
        if (pieces[i].size() > skip) buffers[count++] = {pieces[i].data() + skip, pieces[i].size() - skip};
        skip = 0;
      }
      if (count == 0) co_return absl::OkStatus();
      // A range of exactly `count` buffers, without an allocation.
      const Buffers range{buffers.data(), buffers.data() + count};
      // The kernel may have the bytes before this goes on.
      core->writing = true;
      auto [error, size] = co_await core->socket.async_write_some(range, kAwait);
      core->writing = false;
      if (error) co_return core->Failure(error, "write");
      core->written += size;
      while (piece < pieces.size() && size >= pieces[piece].size() - offset) {
        size -= pieces[piece].size() - offset;
        ++piece;
        offset = 0;
      }
      offset += size;
    }
  }

  void SetDeadline(absl::Time deadline) override { core_->deadline.Set(deadline); }

  void ShutdownWrite() override {
    boost::system::error_code ignored;
    core_->socket.shutdown(Socket::shutdown_send, ignored);
  }

  void Close() override {
    core_->closed = true;
    boost::system::error_code ignored;
    core_->socket.close(ignored);
  }

  void Reset() override {
    // Closing without lingering for unsent bytes sends RST.
    boost::system::error_code ignored;
    core_->socket.set_option(boost::asio::socket_base::linger(true, 0), ignored);
    Close();
  }

  bool IdleBroken() override {
    if (core_->closed) return true;
    char byte;
    // Silence, and nothing else, is what a connection that nobody uses should show.
    const ssize_t got = recv(core_->socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return !(got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK));
  }

  bool Broken() override {
    if (core_->closed) return true;
    // POLLHUP: both directions are shut, which a reset does too. Bytes that wait before the end do not hide it.
    pollfd asked = {.fd = core_->socket.native_handle(), .events = 0, .revents = 0};
    return poll(&asked, 1, 0) == 1 && (asked.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0;
  }

  void MarkWritten() override {
    const std::optional<TcpProgress> progress = ReadTcpProgress(core_->socket.native_handle());
    core_->written = 0;
    core_->acked = progress.has_value() ? std::optional(progress->bytes_acked) : std::nullopt;
  }
  bool NothingRead() override {
    if (core_->written == 0 && !core_->writing) return true;
    if (core_->closed || !core_->acked.has_value()) return false;
    const std::optional<TcpProgress> progress = ReadTcpProgress(core_->socket.native_handle());
    if (!progress.has_value() || !progress->closed || progress->bytes_acked != *core_->acked) return false;
    // A reset alone does not do: a program may have read what its kernel had yet to acknowledge, and died of it. An end
    // of the stream would have acknowledged it.
    char byte;
    return recv(core_->socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
  }

  void SetHopLimit(int hops) override {
    const int fd = core_->socket.native_handle();
    if (core_->closed) return;
    (void)(local_.ip.is_v4() ? setsockopt(fd, IPPROTO_IP, IP_TTL, &hops, sizeof hops)
                             : setsockopt(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, &hops, sizeof hops));
  }

  SocketAddress local() const override { return local_; }
  SocketAddress peer() const override { return peer_; }
  int peer_uid() const override { return peer_uid_; }

 private:
  static constexpr size_t kPiecesMax = 16;
  struct Buffers {
    using value_type = boost::asio::const_buffer;
    using const_iterator = const value_type*;
    const_iterator first, last;
    const_iterator begin() const { return first; }
    const_iterator end() const { return last; }
  };

  // What an operation under way goes on with.
  struct Core {
    Core(Loop& loop, Socket s) : socket(std::move(s)), deadline(loop, [this] { Cancel(); }) {}
    absl::Status Usable() const {
      if (closed) return absl::CancelledError("the connection is closed");
      if (deadline.Passed()) return absl::DeadlineExceededError("the connection's deadline has passed");
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

    Socket socket;
    bool closed = false;
    // Since MarkWritten(): what has been written, and what had been acknowledged before.
    uint64_t written = 0;
    std::optional<uint64_t> acked;
    // A write is under way, of which some may have gone.
    bool writing = false;
    // Forgets its callback with the rest of this.
    Deadline deadline;
  };

  const std::shared_ptr<Core> core_;
  const SocketAddress local_, peer_;
  const int peer_uid_;
};

}  // namespace nubo::net

#endif  // NUBO_NET_SOCKET_STREAM_H_
