// Messages over a stream: a length of four bytes, big-endian, then that many bytes.
//
// Thread safety: as the stream.
#ifndef NUBO_NET_FRAMES_H_
#define NUBO_NET_FRAMES_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nubo/net/stream.h"

namespace nubo::net {

inline constexpr size_t kFrameBytesMax = 16 << 20;

// The next message. OUT_OF_RANGE: the stream ended between two messages. DATA_LOSS: it ended within one.
// RESOURCE_EXHAUSTED: the length is above `bytes_max`.
Task<absl::StatusOr<std::string>> ReadFrame(Stream& stream, size_t bytes_max = kFrameBytesMax);
// RESOURCE_EXHAUSTED: `message` is longer than kFrameBytesMax.
Task<absl::Status> WriteFrame(Stream& stream, absl::string_view message);

}  // namespace nubo::net

#endif  // NUBO_NET_FRAMES_H_
