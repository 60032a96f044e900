#include "nubo/net/tcp_progress.h"

// Not <netinet/tcp.h>, whose tcp_info ends before the counters.
#include <linux/tcp.h>
#include <sys/socket.h>

#include <cstddef>

namespace nubo::net {
namespace {

constexpr int kTcp = 6;           // IPPROTO_TCP
constexpr uint8_t kTcpClose = 7;  // TCP_CLOSE of the kernel's states

}  // namespace

std::optional<TcpProgress> ReadTcpProgress(int fd) {
  tcp_info info = {};
  socklen_t size = sizeof info;
  if (getsockopt(fd, kTcp, TCP_INFO, &info, &size) != 0) return std::nullopt;
  if (size < offsetof(tcp_info, tcpi_bytes_acked) + sizeof info.tcpi_bytes_acked) return std::nullopt;
  return TcpProgress{.bytes_acked = info.tcpi_bytes_acked, .closed = info.tcpi_state == kTcpClose};
}

}  // namespace nubo::net
