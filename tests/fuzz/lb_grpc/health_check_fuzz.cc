// What a server answers to a health check: any bytes are a status that is no negative number, or refused.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "nubo/lb_grpc/health_check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace nubo::lb_grpc;  // NOLINT: one function
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto status = ParseHealthCheckResponse(bytes);
  if (status.ok() && *status < 0) std::abort();
  const nubo::lb::CheckResult result = ReadHealthCheck(grpc::Status::OK, bytes);
  const bool serving = result.kind == nubo::lb::CheckResult::Kind::kAnswered && result.code == 0;
  if (serving != (status.ok() && *status == 1)) std::abort();
  return 0;
}
