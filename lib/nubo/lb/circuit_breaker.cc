#include "nubo/lb/circuit_breaker.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace nubo::lb {
namespace {

absl::Status CheckBound(absl::string_view name, int64_t value) {
  if (value >= 0) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("circuit breaker: the bound of ", name, " is ", value, "; it must not be negative"));
}

}  // namespace

absl::Status CheckCircuitBreaker(const CircuitBreakerOptions& options) {
  absl::Status status = CheckBound("connections", options.connections_max);
  status.Update(CheckBound("pending requests", options.pending_max));
  status.Update(CheckBound("requests", options.requests_max));
  status.Update(CheckBound("retries", options.retries_max));
  if (!options.retry_budget) return status;
  status.Update(CheckBound("retries at least", options.retry_budget->retries_min));
  if (!(options.retry_budget->ratio >= 0 && options.retry_budget->ratio <= 1)) {
    status.Update(
        absl::InvalidArgumentError(absl::StrCat("circuit breaker: the ratio of retries to requests is ",
                                                options.retry_budget->ratio, "; it must be between 0 and 1")));
  }
  return status;
}

int64_t CircuitBreaker::limit(Resource resource) const {
  switch (resource) {
    case Resource::kConnections:
      return options_.connections_max;
    case Resource::kPending:
      return options_.pending_max;
    case Resource::kRequests:
      return options_.requests_max;
    case Resource::kRetries:
      break;
  }
  if (!options_.retry_budget) return options_.retries_max;
  const int64_t active = in_use(Resource::kRequests) + in_use(Resource::kPending);
  const auto share = static_cast<int64_t>(options_.retry_budget->ratio * static_cast<double>(active));
  return std::max(options_.retry_budget->retries_min, share);
}

CircuitBreaker::Permit CircuitBreaker::TryAcquire(Resource resource) {
  std::atomic<int64_t>& count = used(resource);
  const int64_t bound = limit(resource);
  int64_t now = count.load(std::memory_order_relaxed);
  while (now < bound) {
    if (count.compare_exchange_weak(now, now + 1, std::memory_order_relaxed)) return Permit(&count);
  }
  overflows_[static_cast<size_t>(resource)].fetch_add(1, std::memory_order_relaxed);
  return Permit();
}

uint64_t CircuitBreaker::overflows(Resource resource) const {
  return overflows_[static_cast<size_t>(resource)].load(std::memory_order_relaxed);
}

absl::string_view ResourceName(CircuitBreaker::Resource resource) {
  switch (resource) {
    case CircuitBreaker::Resource::kConnections:
      return "connections";
    case CircuitBreaker::Resource::kPending:
      return "pending requests";
    case CircuitBreaker::Resource::kRequests:
      return "requests";
    case CircuitBreaker::Resource::kRetries:
      return "retries";
  }
  return "";
}

}  // namespace nubo::lb
