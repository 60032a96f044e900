// Upper bounds of what one group of endpoints may carry at a time, so that a slow one cannot drown its callers.
//
// Whoever wants a connection, a place in a queue, a request or a retry asks for a permit; there is none past the bound,
// and the caller fails at once instead of waiting for something that is already too busy (Envoy's circuit breakers,
// with its defaults).
//
// Example:
//   CircuitBreaker breaker({.requests_max = 100});
//   CircuitBreaker::Permit permit = breaker.TryAcquire(CircuitBreaker::Resource::kRequests);
//   if (!permit) return Unavailable();
//   ... the request; the permit is given back when it is destroyed ...
//
// Source: Envoy, "Circuit breaking", config.cluster.v3.CircuitBreakers.Thresholds.
//
// Thread safety: thread-safe. A Permit is thread-compatible, and does not outlive its breaker.
#ifndef NUBO_LB_CIRCUIT_BREAKER_H_
#define NUBO_LB_CIRCUIT_BREAKER_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace nubo::lb {

// Retries bounded by what is going on rather than by a number: 20 % of the requests in flight or
// waiting, and at least 3.
struct ConcurrentRetryBudget {
  double ratio = 0.2;
  int64_t retries_min = 3;
};

struct CircuitBreakerOptions {
  int64_t connections_max = 1024;
  int64_t pending_max = 1024;
  int64_t requests_max = 1024;
  int64_t retries_max = 3;
  // If there is one, it takes the place of retries_max.
  std::optional<ConcurrentRetryBudget> retry_budget;
};

// INVALID_ARGUMENT: a negative bound or ratio.
absl::Status CheckCircuitBreaker(const CircuitBreakerOptions& options);

class CircuitBreaker {
 public:
  enum class Resource { kConnections, kPending, kRequests, kRetries };

  class Permit {
   public:
    // Holds nothing.
    Permit() = default;
    ~Permit() { Release(); }
    Permit(Permit&& other) noexcept : in_use_(std::exchange(other.in_use_, nullptr)) {}
    Permit& operator=(Permit&& other) noexcept {
      if (this != &other) {
        Release();
        in_use_ = std::exchange(other.in_use_, nullptr);
      }
      return *this;
    }
    explicit operator bool() const { return in_use_ != nullptr; }
    void Release() {
      if (in_use_ != nullptr) in_use_->fetch_sub(1, std::memory_order_relaxed);
      in_use_ = nullptr;
    }

   private:
    friend class CircuitBreaker;
    explicit Permit(std::atomic<int64_t>* in_use) : in_use_(in_use) {}
    std::atomic<int64_t>* in_use_ = nullptr;
  };

  // `options` have passed CheckCircuitBreaker.
  explicit CircuitBreaker(const CircuitBreakerOptions& options) : options_(options) {}
  CircuitBreaker(const CircuitBreaker&) = delete;
  CircuitBreaker& operator=(const CircuitBreaker&) = delete;

  // An empty permit if the bound is reached.
  Permit TryAcquire(Resource resource);
  int64_t in_use(Resource resource) const { return used(resource).load(std::memory_order_relaxed); }
  // The bound as it is now: that of retries may follow the requests in flight.
  int64_t limit(Resource resource) const;
  // How often TryAcquire said no.
  uint64_t overflows(Resource resource) const;

 private:
  static constexpr size_t kResources = 4;
  std::atomic<int64_t>& used(Resource r) { return in_use_[static_cast<size_t>(r)]; }
  const std::atomic<int64_t>& used(Resource r) const { return in_use_[static_cast<size_t>(r)]; }

  const CircuitBreakerOptions options_;
  std::array<std::atomic<int64_t>, kResources> in_use_ = {};
  std::array<std::atomic<uint64_t>, kResources> overflows_ = {};
};

// "connections", "pending requests", "requests", "retries".
absl::string_view ResourceName(CircuitBreaker::Resource resource);

}  // namespace nubo::lb

#endif  // NUBO_LB_CIRCUIT_BREAKER_H_
