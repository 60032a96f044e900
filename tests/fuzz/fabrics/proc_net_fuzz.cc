// The kernel's tables of sockets: whatever is in them, only addresses of 127.0.0.0/8 come out.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "nubo/fabrics/loopback.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  for (const nubo::net::IpAddress& address : nubo::fabrics::ParseProcNet({reinterpret_cast<const char*>(data), size})) {
    if (!address.is_v4() || !address.IsLoopback()) std::abort();
  }
  return 0;
}
