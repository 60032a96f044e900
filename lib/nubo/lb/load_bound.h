// How much an endpoint may carry, given what all of them carry: for hashing with bounded loads.
//
// The sum is taken anew only now and then: often enough that requests begun since then are no more than an eighth for
// each endpoint, and at a cost of a few endpoints a pick.
//
// Internal to this module. Thread safety: thread-safe.
#ifndef NUBO_LB_LOAD_BOUND_H_
#define NUBO_LB_LOAD_BOUND_H_

#include <atomic>
#include <cmath>
#include <cstdint>

#include "nubo/lb/policy.h"

namespace nubo::lb {

class LoadBound {
 public:
  // `bound` times its share is what an endpoint may carry. `endpoints` outlives this.
  LoadBound(const EndpointList& endpoints, double bound)
      : endpoints_(endpoints), bound_(bound), refresh_(endpoints.size() / 8 + 1) {
    for (const auto& endpoint : endpoints) weights_ += endpoint->weight;
    TakeTotal();
  }

  // To be called once a pick.
  double Total() const {
    if (picks_.fetch_add(1, std::memory_order_relaxed) % refresh_ == 0) TakeTotal();
    return static_cast<double>(total_.load(std::memory_order_relaxed));
  }
  bool HasRoom(const Endpoint& endpoint, double total) const {
    const double capacity = std::ceil(bound_ * (total + 1) * endpoint.weight / weights_);
    return static_cast<double>(endpoint.load->in_flight()) < capacity;
  }

 private:
  void TakeTotal() const {
    int64_t total = 0;
    for (const auto& endpoint : endpoints_) total += endpoint->load->in_flight();
    total_.store(total, std::memory_order_relaxed);
  }

  const EndpointList& endpoints_;
  const double bound_;
  const uint64_t refresh_;
  double weights_ = 0;
  mutable std::atomic<uint64_t> picks_{0};
  mutable std::atomic<int64_t> total_{0};
};

}  // namespace nubo::lb

#endif  // NUBO_LB_LOAD_BOUND_H_
