// DNS messages over a stream: a length of two bytes, then that many bytes (RFC 1035 §4.2.2, RFC 7766 §8).
//
// Example:
//   TcpMessageReader reader(stream);
//   absl::StatusOr<std::string> query = co_await reader.Read();
//
// Thread safety: as the stream.
#ifndef NUBO_DNS_CLIENT_TCP_MESSAGE_H_
#define NUBO_DNS_CLIENT_TCP_MESSAGE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nubo/net/stream.h"

namespace nubo::dns_client {

// Keeps what arrived beyond one message for the next: a peer may send several at once.
class TcpMessageReader {
 public:
  // `stream` outlives the reader.
  explicit TcpMessageReader(net::Stream& stream) : stream_(stream) {}

  // The next message. OUT_OF_RANGE: the stream ended between two messages; DATA_LOSS: within one; or as the stream.
  net::Task<absl::StatusOr<std::string>> Read();

 private:
  net::Stream& stream_;
  std::string buffer_;
};

// `message` has at most 65535 bytes and stays until the write ends.
net::Task<absl::Status> WriteTcpMessage(net::Stream& stream, absl::string_view message);

}  // namespace nubo::dns_client

#endif  // NUBO_DNS_CLIENT_TCP_MESSAGE_H_
