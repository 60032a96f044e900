#include "nubo/dns_client/tcp_message.h"

#include <array>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"

namespace nubo::dns_client {
namespace {

constexpr size_t kLengthSize = 2;
constexpr size_t kChunkSize = 4096;

}  // namespace

net::Task<absl::StatusOr<std::string>> TcpMessageReader::Read() {
  std::array<char, kChunkSize> chunk;
  while (true) {
    if (buffer_.size() >= kLengthSize) {
      const size_t size = static_cast<size_t>(static_cast<uint8_t>(buffer_[0])) << 8 | static_cast<uint8_t>(buffer_[1]);
      if (buffer_.size() >= kLengthSize + size) {
        std::string message = buffer_.substr(kLengthSize, size);
        buffer_.erase(0, kLengthSize + size);
        co_return message;
      }
    }
    NUBO_CO_ASSIGN_OR_RETURN(const size_t got, co_await stream_.Read(absl::MakeSpan(chunk)));
    if (got == 0 && buffer_.empty()) co_return absl::OutOfRangeError("the stream ended");
    if (got == 0) co_return absl::DataLossError("the stream ended within a DNS message");
    buffer_.append(chunk.data(), got);
  }
}

net::Task<absl::Status> WriteTcpMessage(net::Stream& stream, absl::string_view message) {
  const std::array<char, kLengthSize> length = {static_cast<char>(message.size() >> 8),
                                                static_cast<char>(message.size())};
  const std::array<absl::string_view, 2> pieces = {absl::string_view(length.data(), length.size()), message};
  const absl::Span<const absl::string_view> span(pieces);
  co_return co_await stream.Write(span);
}

}  // namespace nubo::dns_client
