#include "nubo/net/stream.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/local/stream_protocol.hpp>
#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/net/socket_stream.h"

namespace nubo::net {

// In tcp.cc.
absl::StatusOr<std::unique_ptr<Stream>> TcpStreamFromFd(Loop& loop, int fd, bool v4);

namespace {
namespace asio = boost::asio;
using asio::local::stream_protocol;
using UnixStream = SocketStream<stream_protocol::socket>;

std::unique_ptr<Stream> MakeStream(Loop& loop, stream_protocol::socket socket) {
  ucred peer = {};
  socklen_t size = sizeof peer;
  const bool known = getsockopt(socket.native_handle(), SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0;
  return std::make_unique<UnixStream>(loop, std::move(socket), SocketAddress{}, SocketAddress{},
                                      known ? static_cast<int>(peer.uid) : -1);
}

absl::Status CheckPath(const std::string& path) {
  constexpr size_t kPathMax = sizeof(sockaddr_un::sun_path) - 1;
  if (!path.empty() && path.size() <= kPathMax) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("socket path \"", path, "\" has ", path.size(), " bytes; it may have 1 to ", kPathMax));
}

// Removes a socket file that nobody answers on.
absl::Status RemoveStale(const std::string& path) {
  struct stat info;
  if (lstat(path.c_str(), &info) != 0) return absl::OkStatus();
  if (!S_ISSOCK(info.st_mode)) return absl::AlreadyExistsError(absl::StrCat(path, " exists and is not a socket"));
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return ErrorStatus({errno, boost::system::system_category()}, absl::StrCat("listen on ", path));
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  // Whoever is too busy to accept (EAGAIN), or is another user (EACCES), is there all the same.
  const bool dead = connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 && errno == ECONNREFUSED;
  close(fd);
  if (!dead) return absl::AlreadyExistsError(absl::StrCat("another process listens on ", path));
  unlink(path.c_str());
  return absl::OkStatus();
}

class UnixListener final : public Listener {
 public:
  UnixListener(Loop& loop, stream_protocol::acceptor acceptor, std::string path)
      : loop_(loop), acceptor_(std::move(acceptor)), path_(std::move(path)) {}
  ~UnixListener() override { Close(); }

  Task<absl::StatusOr<std::unique_ptr<Stream>>> Accept() override {
    // The listener may be gone when it ends.
    Loop& loop = loop_;
    const std::string path = path_;
    auto [error, socket] = co_await acceptor_.async_accept(kAwait);
    if (!error) co_return MakeStream(loop, std::move(socket));
    if (IsShortage(error)) co_await loop.SleepFor(kAcceptPause);
    co_return ErrorStatus(error, absl::StrCat("accept on ", path));
  }

  void Close() override {
    if (!acceptor_.is_open()) return;
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    unlink(path_.c_str());
  }

  SocketAddress local() const override { return {}; }

 private:
  Loop& loop_;
  stream_protocol::acceptor acceptor_;
  const std::string path_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Listener>> ListenUnix(Loop& loop, const std::string& path) {
  NUBO_RETURN_IF_ERROR(CheckPath(path));
  NUBO_RETURN_IF_ERROR(RemoveStale(path));
  stream_protocol::acceptor acceptor(loop.context());
  boost::system::error_code error;
  acceptor.open(stream_protocol(), error);
  // The mode of the socket before bind() is the file's mode: at no moment can others connect.
  if (!error && fchmod(acceptor.native_handle(), S_IRUSR | S_IWUSR) != 0) {
    error.assign(errno, boost::system::system_category());
  }
  if (!error) acceptor.bind(stream_protocol::endpoint(path), error);
  if (!error && chmod(path.c_str(), S_IRUSR | S_IWUSR) != 0) error.assign(errno, boost::system::system_category());
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return ErrorStatus(error, absl::StrCat("listen on ", path));
  return std::make_unique<UnixListener>(loop, std::move(acceptor), path);
}

Task<absl::StatusOr<std::unique_ptr<Stream>>> ConnectUnix(Loop& loop, std::string path, absl::Time deadline) {
  if (absl::Status status = CheckPath(path); !status.ok()) co_return status;
  stream_protocol::socket socket(loop.context());
  Deadline timer(loop, [&socket] {
    boost::system::error_code ignored;
    socket.close(ignored);
  });
  timer.Set(deadline);
  const stream_protocol::endpoint endpoint(path);
  const auto [error] = co_await socket.async_connect(endpoint, kAwait);
  if (timer.Passed()) co_return absl::DeadlineExceededError(absl::StrCat("connect to ", path, ": timed out"));
  if (error) co_return ErrorStatus(error, absl::StrCat("connect to ", path));
  co_return MakeStream(loop, std::move(socket));
}

absl::StatusOr<std::unique_ptr<Stream>> StreamFromFd(Loop& loop, int fd) {
  sockaddr_storage address = {};
  socklen_t size = sizeof address;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    return ErrorStatus({errno, boost::system::system_category()}, absl::StrCat("take over descriptor ", fd));
  }
  if (address.ss_family != AF_UNIX) return TcpStreamFromFd(loop, fd, address.ss_family == AF_INET);
  stream_protocol::socket socket(loop.context());
  boost::system::error_code error;
  socket.assign(stream_protocol(), fd, error);
  if (error) return ErrorStatus(error, absl::StrCat("take over descriptor ", fd));
  return MakeStream(loop, std::move(socket));
}

}  // namespace nubo::net
