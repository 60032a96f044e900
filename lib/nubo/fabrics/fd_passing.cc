#include "nubo/fabrics/fd_passing.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include <cstdint>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "nubo/base/descriptors.h"
#include "nubo/base/status.h"

namespace nubo::fabrics {
namespace {

// What goes before a message in a stream.
using Size = uint16_t;
constexpr int kRestMs = 5000;

static_assert(kPassedDescriptorsMax == base::kDescriptorsMax);
static_assert(kPassedBytesMax <= UINT16_MAX);

std::string Meaning(int error) { return std::generic_category().message(error); }

absl::Status SendProblem(int error) {
  const std::string text = absl::StrCat("cannot pass descriptors: ", Meaning(error));
  if (error == EAGAIN || error == EPIPE || error == ECONNRESET || error == ENOTCONN || error == ECONNREFUSED) {
    return absl::UnavailableError(text);
  }
  // EBADF of one of the descriptors, ETOOMANYREFS of too many under way, and others.
  return absl::Status(error == EBADF ? absl::StatusCode::kInvalidArgument : absl::StatusCode::kInternal, text);
}

absl::StatusOr<bool> IsStream(int socket) {
  int type = 0;
  socklen_t size = sizeof type;
  if (getsockopt(socket, SOL_SOCKET, SO_TYPE, &type, &size) != 0) {
    return absl::InvalidArgumentError(absl::StrCat("not a socket: ", Meaning(errno)));
  }
  if (type != SOCK_STREAM && type != SOCK_SEQPACKET) {
    return absl::InvalidArgumentError("not a socket whose messages are in order");
  }
  return type == SOCK_STREAM;
}

// Until the socket is ready, so that a message which has begun is not left half.
absl::Status Await(int socket, short events) {
  pollfd ready = {socket, events, 0};
  int answer = -1;
  do {
    answer = poll(&ready, 1, kRestMs);
  } while (answer < 0 && errno == EINTR);
  if (answer == 0) return absl::DeadlineExceededError("the rest of a message does not come through");
  return answer < 0 ? absl::InternalError(Meaning(errno)) : absl::OkStatus();
}

absl::Status SendRest(int socket, absl::string_view rest) {
  while (!rest.empty()) {
    NUBO_RETURN_IF_ERROR(Await(socket, POLLOUT));
    const ssize_t sent = send(socket, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (sent < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (sent < 0) return SendProblem(errno);
    rest.remove_prefix(static_cast<size_t>(sent));
  }
  return absl::OkStatus();
}

absl::Status ReceiveProblem(int error) {
  if (error == EAGAIN) return absl::UnavailableError("no message has come");
  if (error == ECONNRESET) return absl::OutOfRangeError("the other end has closed");
  return absl::InternalError(absl::StrCat("cannot receive descriptors: ", Meaning(error)));
}

std::vector<base::OwnedFd> Own(const base::ReceivedMessage& got) {
  std::vector<base::OwnedFd> owned;
  for (size_t i = 0; i < got.count; ++i) owned.emplace_back(got.descriptors[i]);
  return owned;
}

absl::Status ReceiveRest(int socket, char* buffer, size_t size) {
  while (size > 0) {
    NUBO_RETURN_IF_ERROR(Await(socket, POLLIN));
    const base::ReceivedMessage got = base::ReceiveMessage(socket, buffer, size, MSG_DONTWAIT);
    if (got.size < 0 && errno == EAGAIN) continue;
    if (got.size < 0) return ReceiveProblem(errno);
    if (got.size == 0) return absl::InvalidArgumentError("the other end has closed amid a message");
    // They have come with the first byte, or are not of this message.
    if (const std::vector<base::OwnedFd> stray = Own(got); got.cut || !stray.empty()) {
      return absl::InvalidArgumentError("descriptors amid a message");
    }
    buffer += got.size;
    size -= static_cast<size_t>(got.size);
  }
  return absl::OkStatus();
}

// The first bytes of a message, and what came with them.
absl::StatusOr<base::ReceivedMessage> ReceiveBegin(int socket, void* buffer, size_t size) {
  const base::ReceivedMessage got = base::ReceiveMessage(socket, buffer, size);
  if (got.size < 0) return ReceiveProblem(errno);
  if (got.cut) {
    return absl::InvalidArgumentError(
        absl::StrCat("a message of more than ", kPassedBytesMax, " bytes or ", kPassedDescriptorsMax, " descriptors"));
  }
  if (got.size == 0) return absl::OutOfRangeError("the other end has closed");
  return got;
}

absl::StatusOr<PassedDescriptors> ReceiveFromStream(int socket) {
  char size_bytes[sizeof(Size)];
  NUBO_ASSIGN_OR_RETURN(const base::ReceivedMessage got, ReceiveBegin(socket, size_bytes, sizeof size_bytes));
  PassedDescriptors passed = {"", Own(got)};
  const auto begun = static_cast<size_t>(got.size);
  NUBO_RETURN_IF_ERROR(ReceiveRest(socket, size_bytes + begun, sizeof size_bytes - begun));
  Size size = 0;
  memcpy(&size, size_bytes, sizeof size);
  if (size == 0 || size > kPassedBytesMax)
    return absl::InvalidArgumentError(absl::StrCat("a message of ", size, " bytes"));
  passed.message.resize(size);
  NUBO_RETURN_IF_ERROR(ReceiveRest(socket, passed.message.data(), size));
  return passed;
}

}  // namespace

absl::Status SendDescriptors(int socket, absl::string_view message, absl::Span<const int> descriptors) {
  if (message.empty() || message.size() > kPassedBytesMax || descriptors.size() > kPassedDescriptorsMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot pass a message of ", message.size(), " bytes with ", descriptors.size(), " descriptors"));
  }
  NUBO_ASSIGN_OR_RETURN(const bool stream, IsStream(socket));
  std::string bytes;
  if (stream) {
    const auto size = static_cast<Size>(message.size());
    bytes.assign(reinterpret_cast<const char*>(&size), sizeof size);
  }
  bytes.append(message.data(), message.size());
  const ssize_t sent = base::SendMessage(socket, bytes.data(), bytes.size(), descriptors.data(), descriptors.size());
  if (sent < 0) return SendProblem(errno);
  return SendRest(socket, absl::string_view(bytes).substr(static_cast<size_t>(sent)));
}

absl::StatusOr<PassedDescriptors> ReceiveDescriptors(int socket) {
  NUBO_ASSIGN_OR_RETURN(const bool stream, IsStream(socket));
  if (stream) return ReceiveFromStream(socket);
  char buffer[kPassedBytesMax];
  NUBO_ASSIGN_OR_RETURN(const base::ReceivedMessage got, ReceiveBegin(socket, buffer, sizeof buffer));
  return PassedDescriptors{std::string(buffer, static_cast<size_t>(got.size)), Own(got)};
}

absl::StatusOr<PeerCredentials> PeerOf(int socket) {
  ucred peer = {};
  socklen_t size = sizeof peer;
  if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
    return absl::InvalidArgumentError(absl::StrCat("cannot tell who is at the other end: ", Meaning(errno)));
  }
  return PeerCredentials{peer.pid, peer.uid, peer.gid};
}

}  // namespace nubo::fabrics
