#include "nubo/net/byte_stream.h"

namespace nubo::net {

Task<absl::Status> Stream::Write(absl::string_view bytes) {
  const absl::Span<const absl::string_view> pieces(&bytes, 1);
  co_return co_await Write(pieces);
}

}  // namespace nubo::net
