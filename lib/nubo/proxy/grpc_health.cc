#include "nubo/proxy/grpc_health.h"

#include <cstdint>

namespace nubo::proxy {
namespace {

constexpr size_t kPrefixSize = 5;
constexpr char kStatusTag = 0x08;  // field 1, varint

}  // namespace

std::string GrpcHealthRequest() { return std::string(kPrefixSize, '\0'); }

GrpcServing ParseGrpcHealthResponse(absl::string_view body) {
  if (body.size() < kPrefixSize || body[0] != 0) return GrpcServing::kUnknown;
  uint32_t size = 0;
  for (size_t i = 1; i < kPrefixSize; ++i) size = (size << 8) | static_cast<unsigned char>(body[i]);
  const absl::string_view message = body.substr(kPrefixSize);
  // The one field, with a value below 128; a message without it says "unknown" by protobuf's default.
  if (size != message.size() || size != 2 || message[0] != kStatusTag) return GrpcServing::kUnknown;
  const int status = message[1];
  if (status < 0 || status > static_cast<int>(GrpcServing::kServiceUnknown)) return GrpcServing::kUnknown;
  return static_cast<GrpcServing>(status);
}

}  // namespace nubo::proxy
