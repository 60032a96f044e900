// Cookies as clients send them: only what was made with the key is read, and as what it was made for.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "nubo/lb/stickiness.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace nubo::lb;  // NOLINT: one function
  const StickinessCookie cookie({.high = 1, .low = 2});
  const absl::Time now = absl::FromUnixSeconds(1000);
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::string made = cookie.Encode(bytes, now + absl::Seconds(1));
  if (cookie.Decode(made, now) != cookie.TagOf(bytes)) std::abort();
  // A target's id that happens to be its own cookie is not to be found.
  if (cookie.Decode(bytes, now).has_value()) std::abort();
  return 0;
}
