#include "nubo/net/frames.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"

namespace nubo::net {
namespace {

constexpr size_t kLengthBytes = 4;
// A length is only a promise: memory is taken as bytes arrive.
constexpr size_t kGrowBytes = 64 << 10;

// How many bytes of `buffer` were filled; fewer than asked only at the end of the stream.
Task<absl::StatusOr<size_t>> ReadFully(Stream& stream, absl::Span<char> buffer) {
  size_t filled = 0;
  while (filled < buffer.size()) {
    NUBO_CO_ASSIGN_OR_RETURN(const size_t got, co_await stream.Read(buffer.subspan(filled)));
    if (got == 0) break;
    filled += got;
  }
  co_return filled;
}

}  // namespace

Task<absl::StatusOr<std::string>> ReadFrame(Stream& stream, size_t bytes_max) {
  std::array<char, kLengthBytes> head;
  NUBO_CO_ASSIGN_OR_RETURN(const size_t got, co_await ReadFully(stream, absl::MakeSpan(head)));
  if (got == 0) co_return absl::OutOfRangeError("the stream has ended");
  if (got < head.size()) co_return absl::DataLossError("the stream ended within a message");
  size_t size = 0;
  for (const char c : head) size = (size << 8) | static_cast<uint8_t>(c);
  if (size > bytes_max) {
    co_return absl::ResourceExhaustedError(
        absl::StrCat("a message of ", size, " bytes; at most ", bytes_max, " are taken"));
  }
  std::string message;
  while (message.size() < size) {
    const size_t before = message.size();
    message.resize(std::min(size, before + kGrowBytes));
    // Of `message`, which does not grow while it is filled, and outlives it.
    const absl::Span<char> room = absl::MakeSpan(message).subspan(before);
    NUBO_CO_ASSIGN_OR_RETURN(const size_t filled, co_await ReadFully(stream, room));
    if (filled < room.size()) co_return absl::DataLossError("the stream ended within a message");
  }
  co_return message;
}

Task<absl::Status> WriteFrame(Stream& stream, absl::string_view message) {
  if (message.size() > kFrameBytesMax) {
    co_return absl::ResourceExhaustedError(
        absl::StrCat("a message of ", message.size(), " bytes; at most ", kFrameBytesMax, " are sent"));
  }
  std::array<char, kLengthBytes> head;
  for (size_t i = 0; i < kLengthBytes; ++i) head[i] = static_cast<char>(message.size() >> (8 * (kLengthBytes - 1 - i)));
  const std::array<absl::string_view, 2> pieces = {absl::string_view(head.data(), head.size()), message};
  const absl::Span<const absl::string_view> span = pieces;
  co_return co_await stream.Write(span);
}

}  // namespace nubo::net
