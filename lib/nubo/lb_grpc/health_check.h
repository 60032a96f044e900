// One health check of a gRPC server: grpc.health.v1.Health/Check.
//
// The two messages are one field each, and are read and written here by hand: a program that links the generated ones
// of its own would otherwise register them twice.
//
// Example:
//   auto context = StartHealthCheck(channel, "", absl::Seconds(1), [](const lb::CheckResult& result) { … });
//
// Thread safety: pure functions, but for StartHealthCheck, which is thread-safe.
#ifndef NUBO_LB_GRPC_HEALTH_CHECK_H_
#define NUBO_LB_GRPC_HEALTH_CHECK_H_

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "nubo/lb/target_health.h"

namespace nubo::lb_grpc {

// Asks how `service` is, or the server as a whole if it is empty. `done` is called once, on a thread of gRPC's, with
// what ReadHealthCheck makes of the answer. The check can be broken off by TryCancel of what is returned.
std::shared_ptr<grpc::ClientContext> StartHealthCheck(const std::shared_ptr<grpc::Channel>& channel,
                                                      absl::string_view service, absl::Duration timeout,
                                                      std::function<void(const lb::CheckResult&)> done);

// The answer as a target group sees it: its code, a timeout, or a refusal. NOT_SERVING counts as UNAVAILABLE, 14; a
// server that has no health service says UNIMPLEMENTED, 12, which a matcher may take for well.
lb::CheckResult ReadHealthCheck(const grpc::Status& status, absl::string_view response);

// As gRPC takes deadlines. What is further away than kDeadlineMax, InfiniteDuration say, counts as that: the clock's
// numbers end.
inline constexpr absl::Duration kDeadlineMax = absl::Hours(24 * 365);
std::chrono::system_clock::time_point DeadlineIn(absl::Duration timeout);

// HealthCheckRequest{service}.
std::string HealthCheckRequest(absl::string_view service);

// The `status` of a HealthCheckResponse: 0 unknown, 1 serving, 2 not serving, 3 service unknown. Fields that are not
// known are skipped. INVALID_ARGUMENT: bytes that are no message.
absl::StatusOr<int> ParseHealthCheckResponse(absl::string_view bytes);

}  // namespace nubo::lb_grpc

#endif  // NUBO_LB_GRPC_HEALTH_CHECK_H_
