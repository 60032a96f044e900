// Messages over unix sockets that carry file descriptors.
//
// Example:
//   base::SendMessage(ours, bytes.data(), bytes.size(), &listener, 1);
//   base::ReceivedMessage received = base::ReceiveMessage(theirs, buffer, sizeof buffer);
//
// Only the standard library and Linux, for programs that link nothing else: unix(7), cmsg(3). Nothing is allocated, so
// that a child may use it behind fork(2).
//
// Thread safety: functions without state.
#ifndef NUBO_BASE_DESCRIPTORS_H_
#define NUBO_BASE_DESCRIPTORS_H_

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cstddef>

namespace nubo::base {

// Of one message.
inline constexpr size_t kDescriptorsMax = 16;

// What sendmsg(2) returns; errno is EINVAL for more than kDescriptorsMax. The descriptors stay the caller's. No signal
// is raised when the other end is gone.
inline ssize_t SendMessage(int socket, const void* bytes, size_t size, const int* descriptors, size_t count) {
  if (count > kDescriptorsMax) {
    errno = EINVAL;
    return -1;
  }
  iovec piece = {const_cast<void*>(bytes), size};
  msghdr header = {};
  header.msg_iov = &piece;
  header.msg_iovlen = 1;
  alignas(cmsghdr) char control[CMSG_SPACE(kDescriptorsMax * sizeof(int))] = {};
  if (count > 0) {
    header.msg_control = control;
    header.msg_controllen = CMSG_SPACE(count * sizeof(int));
    cmsghdr* part = CMSG_FIRSTHDR(&header);
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(count * sizeof(int));
    memcpy(CMSG_DATA(part), descriptors, count * sizeof(int));
  }
  ssize_t sent = -1;
  do {
    sent = sendmsg(socket, &header, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent;
}

struct ReceivedMessage {
  // What recvmsg(2) returns.
  ssize_t size = -1;
  // The first `count` are the caller's, and closed when a program is executed.
  int descriptors[kDescriptorsMax] = {};
  size_t count = 0;
  // The message or its descriptors had more than there was room for; then those that came are closed.
  bool cut = false;
};

// `flags` as of recvmsg(2).
inline ReceivedMessage ReceiveMessage(int socket, void* buffer, size_t size, int flags = 0) {
  iovec piece = {buffer, size};
  msghdr header = {};
  header.msg_iov = &piece;
  header.msg_iovlen = 1;
  alignas(cmsghdr) char control[CMSG_SPACE(kDescriptorsMax * sizeof(int))];
  header.msg_control = control;
  header.msg_controllen = sizeof control;
  ReceivedMessage received;
  do {
    received.size = recvmsg(socket, &header, flags | MSG_CMSG_CLOEXEC);
  } while (received.size < 0 && errno == EINTR);
  if (received.size < 0) return received;
  received.cut = (header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0;
  for (cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr; part = CMSG_NXTHDR(&header, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    const size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; ++i) {
      int descriptor = -1;
      memcpy(&descriptor, CMSG_DATA(part) + i * sizeof descriptor, sizeof descriptor);
      if (received.cut || received.count == kDescriptorsMax) {
        close(descriptor);
      } else {
        received.descriptors[received.count++] = descriptor;
      }
    }
  }
  return received;
}

}  // namespace nubo::base

#endif  // NUBO_BASE_DESCRIPTORS_H_
