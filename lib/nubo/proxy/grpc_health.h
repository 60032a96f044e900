// The two messages of grpc.health.v1 that a load balancer needs, and the five bytes before a gRPC message.
//
// They are written by hand because each is one field long: HealthCheckRequest{} is empty, HealthCheckResponse holds
// `status = 1`, a varint.
//
// Example:
//   std::string body = GrpcHealthRequest();
//   if (ParseGrpcHealthResponse(answer) == GrpcServing::kServing) ...
//
// Thread safety: pure functions.
#ifndef NUBO_PROXY_GRPC_HEALTH_H_
#define NUBO_PROXY_GRPC_HEALTH_H_

#include <string>

#include "absl/strings/string_view.h"

namespace nubo::proxy {

inline constexpr absl::string_view kGrpcHealthPath = "/grpc.health.v1.Health/Check";

enum class GrpcServing { kUnknown = 0, kServing = 1, kNotServing = 2, kServiceUnknown = 3 };

// An uncompressed, empty message with its prefix.
std::string GrpcHealthRequest();

// kUnknown for whatever is not a whole, uncompressed HealthCheckResponse.
GrpcServing ParseGrpcHealthResponse(absl::string_view body);

}  // namespace nubo::proxy

#endif  // NUBO_PROXY_GRPC_HEALTH_H_
