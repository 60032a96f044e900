// What a shim reads from a file and a driver from a socket: neither crashes them, and a spec that is read can be
// written.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "nubo/drivers/shim_client.h"
#include "nubo/drivers/shim_spec.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using ::nubo::drivers::ParseShimLine;
  using ::nubo::drivers::ShimLine;
  using ::nubo::drivers::ShimSpec;
  const char* text = reinterpret_cast<const char*>(data);
  const ShimLine line = ParseShimLine({text, size});
  if (line.kind == ShimLine::Kind::kRunning && line.pid <= 0) std::abort();
  if (line.kind == ShimLine::Kind::kEnded && line.end.kind == nubo::process::End::Kind::kUnknown) std::abort();
  ShimSpec spec, again;
  if (!nubo::drivers::Parse(std::string_view(text, size), spec)) return 0;
  const std::string written = Serialize(spec);
  if (!nubo::drivers::Parse(written, again) || Serialize(again) != written) std::abort();
  return 0;
}
