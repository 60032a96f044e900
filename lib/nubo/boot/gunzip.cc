#include "nubo/boot/gunzip.h"

#include <zlib.h>

#include <algorithm>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace nubo::boot {
namespace {

constexpr int kGzipOnly = 16 + MAX_WBITS;
constexpr size_t kChunk = 16 << 10;

class Inflater {
 public:
  Inflater() { ready_ = inflateInit2(&stream_, kGzipOnly) == Z_OK; }
  ~Inflater() {
    if (ready_) inflateEnd(&stream_);
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  absl::StatusOr<std::string> Run(absl::string_view bytes, size_t bytes_max) {
    if (!ready_) return absl::ResourceExhaustedError("there is no memory to expand it");
    std::string out;
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream_.avail_in = static_cast<uInt>(bytes.size());
    while (true) {
      char chunk[kChunk];
      stream_.next_out = reinterpret_cast<Bytef*>(chunk);
      stream_.avail_out = sizeof chunk;
      const int result = inflate(&stream_, Z_NO_FLUSH);
      if (result == Z_BUF_ERROR) return absl::InvalidArgumentError("it is cut off");
      if (result != Z_OK && result != Z_STREAM_END) return absl::InvalidArgumentError("it is damaged, or none at all");
      const size_t got = sizeof chunk - stream_.avail_out;
      if (got > bytes_max - out.size()) {
        return absl::ResourceExhaustedError(absl::StrCat("it expands to more than the ", bytes_max, " bytes allowed"));
      }
      out.append(chunk, got);
      if (result != Z_STREAM_END) continue;
      if (stream_.avail_in == 0) return out;
      if (inflateReset(&stream_) != Z_OK) return absl::InternalError("it cannot be expanded");
    }
  }

 private:
  z_stream stream_ = {};
  bool ready_ = false;
};

}  // namespace

absl::StatusOr<std::string> Gunzip(absl::string_view bytes, size_t bytes_max) {
  return Inflater().Run(bytes, bytes_max);
}

}  // namespace nubo::boot
