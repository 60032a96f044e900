// File descriptors that are passed to another process over a unix socket, with a short message.
//
// Over SOCK_SEQPACKET a message is a packet; over SOCK_STREAM its size goes before it. Both ends use these functions.
// A message has up to 4,096 bytes and 16 descriptors.
//
// Example:
//   NUBO_RETURN_IF_ERROR(SendDescriptors(ours, "listener 10.0.1.5:80", {listener}));
//   NUBO_ASSIGN_OR_RETURN(PassedDescriptors passed, ReceiveDescriptors(theirs));
//
// Thread safety: functions without state; a socket is used by one thread at a time and direction.
#ifndef NUBO_FABRICS_FD_PASSING_H_
#define NUBO_FABRICS_FD_PASSING_H_

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "nubo/base/owned_fd.h"

namespace nubo::fabrics {

constexpr size_t kPassedBytesMax = 4096;
constexpr size_t kPassedDescriptorsMax = 16;

struct PassedDescriptors {
  std::string message;
  // In their order; closed when a program is executed.
  std::vector<base::OwnedFd> descriptors;
};

// `descriptors` stay the caller's. No signal is raised when the other end is gone.
// INVALID_ARGUMENT: too many or too long, or an empty message. UNAVAILABLE: the other end is gone, or the socket is not
// to block and cannot send now; nothing was sent.
absl::Status SendDescriptors(int socket, absl::string_view message, absl::Span<const int> descriptors);

// The next message. Waits for it, if the socket is to block; for the rest of one that has begun up to 5 seconds.
// UNAVAILABLE: there is none yet. OUT_OF_RANGE: the other end has closed, and all has been read. INVALID_ARGUMENT: too
// many descriptors or too long a message; all that came with it is closed. DEADLINE_EXCEEDED: the rest does not come.
// After an error other than UNAVAILABLE the socket is of no more use.
absl::StatusOr<PassedDescriptors> ReceiveDescriptors(int socket);

// Who was at the other end when it connected, or made the pair.
struct PeerCredentials {
  pid_t pid = 0;
  uid_t uid = 0;
  gid_t gid = 0;
};
absl::StatusOr<PeerCredentials> PeerOf(int socket);

}  // namespace nubo::fabrics

#endif  // NUBO_FABRICS_FD_PASSING_H_
