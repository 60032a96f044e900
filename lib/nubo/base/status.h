// Helpers around absl::Status: early return, context, and AWS's error codes.
//
// An error has a canonical code for programs (absl::StatusCode), one sentence for people, and, where AWS has
// one, AWS's own error code ("InvalidInstanceID.NotFound") as a payload that travels with the status.
//
// Example:
//   absl::Status Stop(absl::string_view id) {
//     NUBO_ASSIGN_OR_RETURN(Instance instance, Find(id));
//     NUBO_RETURN_IF_ERROR(driver.Stop(instance));
//     return absl::OkStatus();
//   }
//
// Thread safety: pure functions.
#ifndef NUBO_BASE_STATUS_H_
#define NUBO_BASE_STATUS_H_

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace nubo::base {

// `status` with AWS's error code attached; an OK status stays OK.
absl::Status WithErrorCode(absl::Status status, absl::string_view aws_code);

// AWS's error code carried by `status`, or "" if there is none.
std::string ErrorCode(const absl::Status& status);

// `status` with "<context>: " before its message; code and payloads are kept. An OK status stays OK.
absl::Status Annotate(const absl::Status& status, absl::string_view context);

}  // namespace nubo::base

#define NUBO_STATUS_CONCAT_INNER(a, b) a##b
#define NUBO_STATUS_CONCAT(a, b) NUBO_STATUS_CONCAT_INNER(a, b)

// Returns from the enclosing function when `expr` (an absl::Status) is not OK.
#define NUBO_RETURN_IF_ERROR(expr)                                                \
  do {                                                                            \
    if (absl::Status nubo_status = (expr); !nubo_status.ok()) return nubo_status; \
  } while (false)

// Assigns the value of `expr` (an absl::StatusOr) to `lhs`, or returns its status.
#define NUBO_ASSIGN_OR_RETURN(lhs, expr) \
  NUBO_ASSIGN_OR_RETURN_INNER(NUBO_STATUS_CONCAT(nubo_statusor_, __LINE__), lhs, expr)
#define NUBO_ASSIGN_OR_RETURN_INNER(var, lhs, expr) \
  auto var = (expr);                                \
  if (!var.ok()) return std::move(var).status();    \
  lhs = *std::move(var)

// The same two inside a coroutine.
#define NUBO_CO_RETURN_IF_ERROR(expr)                                                \
  do {                                                                               \
    if (absl::Status nubo_status = (expr); !nubo_status.ok()) co_return nubo_status; \
  } while (false)
#define NUBO_CO_ASSIGN_OR_RETURN(lhs, expr) \
  NUBO_CO_ASSIGN_OR_RETURN_INNER(NUBO_STATUS_CONCAT(nubo_statusor_, __LINE__), lhs, expr)
#define NUBO_CO_ASSIGN_OR_RETURN_INNER(var, lhs, expr) \
  auto var = (expr);                                   \
  if (!var.ok()) co_return std::move(var).status();    \
  lhs = *std::move(var)

#endif  // NUBO_BASE_STATUS_H_
