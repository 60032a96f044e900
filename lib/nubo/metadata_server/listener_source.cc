#include "nubo/metadata_server/listener_source.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace nubo::metadata_server {
namespace {

absl::Status ErrorOf(int error, const net::SocketAddress& address) {
  const std::string why = absl::StrCat("listen on ", address.ToString(), ": ", std::strerror(error));
  if (error == EADDRINUSE) return absl::AlreadyExistsError(why);
  if (error == EACCES || error == EPERM) return absl::PermissionDeniedError(why);
  return absl::InternalError(why);
}

socklen_t ToSockaddr(const net::SocketAddress& address, sockaddr_storage* out) {
  const std::string bytes = address.ip.ToBytes();
  if (address.ip.is_v4()) {
    sockaddr_in v4 = {};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(address.port);
    std::memcpy(&v4.sin_addr, bytes.data(), bytes.size());
    std::memcpy(out, &v4, sizeof v4);
    return sizeof v4;
  }
  sockaddr_in6 v6 = {};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(address.port);
  std::memcpy(&v6.sin6_addr, bytes.data(), bytes.size());
  std::memcpy(out, &v6, sizeof v6);
  return sizeof v6;
}

}  // namespace

absl::StatusOr<int> HostListenerSource::Listen(absl::string_view, const net::SocketAddress& address) {
  sockaddr_storage name = {};
  const socklen_t size = ToSockaddr(address, &name);
  const int fd = socket(name.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return ErrorOf(errno, address);
  const int on = 1;
  int result = setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (result == 0) result = bind(fd, reinterpret_cast<const sockaddr*>(&name), size);
  // Two may be bound to one address as long as neither listens.
  if (result == 0) result = listen(fd, SOMAXCONN);
  if (result == 0) return fd;
  const int error = errno;
  close(fd);
  return ErrorOf(error, address);
}

}  // namespace nubo::metadata_server
