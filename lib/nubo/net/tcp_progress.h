// How far a TCP connection's bytes have come, as the kernel knows it. Not for users.
//
// Thread safety: a pure function of the socket.
#ifndef NUBO_NET_TCP_PROGRESS_H_
#define NUBO_NET_TCP_PROGRESS_H_

#include <cstdint>
#include <optional>

namespace nubo::net {

struct TcpProgress {
  // The peer's kernel has said that it has so many bytes, in all.
  uint64_t bytes_acked = 0;
  // Reset, or ended both ways.
  bool closed = false;
};

// Nothing if `fd` is no TCP socket, or the kernel does not count.
std::optional<TcpProgress> ReadTcpProgress(int fd);

}  // namespace nubo::net

#endif  // NUBO_NET_TCP_PROGRESS_H_
