// Foreign bytes never break the decoder, and what it accepts means the same after another round over the wire.
#include <cstdint>
#include <cstdlib>

#include "absl/strings/string_view.h"
#include "nubo/dns/wire/message.h"
#include "nubo/dns/zone/text.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace nubo::dns;  // NOLINT: one function
  const auto message = Decode(absl::string_view(reinterpret_cast<const char*>(data), size));
  if (!message.ok()) return 0;
  DigText(*message);
  // Names come out longer than they went in where the sender compressed what we must not: at most 255 bytes for 14.
  constexpr size_t kNeverTooLong = 2048;
  const auto bytes = Encode(*message);
  if (!bytes.ok()) return size < kNeverTooLong ? (std::abort(), 0) : 0;
  const auto again = Decode(*bytes);
  if (!again.ok() || !(*again == *message) || *Encode(*again) != *bytes) std::abort();
  return 0;
}
