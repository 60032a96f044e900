#include "nubo/lb/policies.h"

#include <algorithm>
#include <atomic>
#include <limits>
#include <utility>

#include "absl/random/distributions.h"
#include "nubo/base/status.h"

namespace nubo::lb {
namespace {

bool Avoided(const PickRequest& request, const Endpoint& endpoint) {
  return std::find(request.avoid.begin(), request.avoid.end(), endpoint.id) != request.avoid.end();
}

// The first endpoint at or after `start`, going round, that need not be avoided; `start` itself if all must be.
size_t AllowedFrom(const EndpointList& endpoints, const PickRequest& request, size_t start) {
  if (request.avoid.empty()) return start;
  for (size_t i = 0; i < endpoints.size(); ++i) {
    const size_t at = (start + i) % endpoints.size();
    if (!Avoided(request, *endpoints[at])) return at;
  }
  return start;
}

class RoundRobinPicker final : public Picker {
 public:
  RoundRobinPicker(EndpointList endpoints, std::shared_ptr<std::atomic<uint64_t>> turn)
      : endpoints_(std::move(endpoints)), turn_(std::move(turn)) {}

  Choice Pick(const PickRequest& request, absl::BitGenRef) const override {
    const size_t start = turn_->fetch_add(1, std::memory_order_relaxed) % endpoints_.size();
    return Choice::Of(endpoints_[AllowedFrom(endpoints_, request, start)]);
  }

 private:
  const EndpointList endpoints_;
  // Shared with the pickers before and after: a set that changes often must not favour its first endpoint.
  const std::shared_ptr<std::atomic<uint64_t>> turn_;
};

class RoundRobin final : public Policy {
 public:
  absl::string_view name() const override { return kRoundRobin; }
  absl::StatusOr<std::shared_ptr<const Picker>> Build(EndpointList endpoints) override {
    NUBO_RETURN_IF_ERROR(CheckEndpoints(endpoints));
    return std::make_shared<RoundRobinPicker>(std::move(endpoints), turn_);
  }

 private:
  const std::shared_ptr<std::atomic<uint64_t>> turn_ = std::make_shared<std::atomic<uint64_t>>(0);
};

class RandomPicker final : public Picker {
 public:
  explicit RandomPicker(EndpointList endpoints) : endpoints_(std::move(endpoints)) {}

  Choice Pick(const PickRequest& request, absl::BitGenRef rng) const override {
    size_t allowed = 0;
    for (const auto& endpoint : endpoints_) allowed += Avoided(request, *endpoint) ? 0 : 1;
    if (allowed == 0) return Choice::Of(endpoints_[absl::Uniform<size_t>(rng, 0, endpoints_.size())]);
    // Counting to the n-th allowed one keeps the draw uniform; going on from a tried one would favour its neighbour.
    size_t skip = absl::Uniform<size_t>(rng, 0, allowed);
    for (const auto& endpoint : endpoints_) {
      if (!Avoided(request, *endpoint) && skip-- == 0) return Choice::Of(endpoint);
    }
    return Choice::Of(endpoints_.front());
  }

 private:
  const EndpointList endpoints_;
};

class Random final : public Policy {
 public:
  absl::string_view name() const override { return kRandom; }
  absl::StatusOr<std::shared_ptr<const Picker>> Build(EndpointList endpoints) override {
    NUBO_RETURN_IF_ERROR(CheckEndpoints(endpoints));
    return std::make_shared<RandomPicker>(std::move(endpoints));
  }
};

class LeastOutstandingPicker final : public Picker {
 public:
  LeastOutstandingPicker(EndpointList endpoints, size_t full_scan_max)
      : endpoints_(std::move(endpoints)), full_scan_max_(full_scan_max) {}

  Choice Pick(const PickRequest& request, absl::BitGenRef rng) const override {
    // A retry looks at everything: it is rare, and it must find the one endpoint that is left.
    if (endpoints_.size() <= full_scan_max_ || !request.avoid.empty()) return Choice::Of(Scan(request, rng));
    const size_t a = absl::Uniform<size_t>(rng, 0, endpoints_.size());
    size_t b = absl::Uniform<size_t>(rng, 0, endpoints_.size() - 1);
    if (b >= a) ++b;
    return Choice::Of(endpoints_[a]->load->in_flight() <= endpoints_[b]->load->in_flight() ? endpoints_[a]
                                                                                           : endpoints_[b]);
  }

 private:
  const std::shared_ptr<const Endpoint>& Scan(const PickRequest& request, absl::BitGenRef rng) const {
    // Starting anywhere and keeping the first of equals breaks ties, nearly evenly, with one draw.
    const size_t start = absl::Uniform<size_t>(rng, 0, endpoints_.size());
    size_t best = start;
    int64_t best_load = std::numeric_limits<int64_t>::max();
    for (size_t i = 0; i < endpoints_.size(); ++i) {
      const size_t at = (start + i) % endpoints_.size();
      const int64_t load = endpoints_[at]->load->in_flight();
      if (load >= best_load || Avoided(request, *endpoints_[at])) continue;
      best = at;
      best_load = load;
    }
    return endpoints_[best];
  }

  const EndpointList endpoints_;
  const size_t full_scan_max_;
};

class LeastOutstandingRequests final : public Policy {
 public:
  explicit LeastOutstandingRequests(size_t full_scan_max) : full_scan_max_(full_scan_max) {}
  absl::string_view name() const override { return kLeastOutstandingRequests; }
  absl::StatusOr<std::shared_ptr<const Picker>> Build(EndpointList endpoints) override {
    NUBO_RETURN_IF_ERROR(CheckEndpoints(endpoints));
    return std::make_shared<LeastOutstandingPicker>(std::move(endpoints), std::max<size_t>(1, full_scan_max_));
  }

 private:
  const size_t full_scan_max_;
};

}  // namespace

std::unique_ptr<Policy> MakeRoundRobin() { return std::make_unique<RoundRobin>(); }
std::unique_ptr<Policy> MakeRandom() { return std::make_unique<Random>(); }
std::unique_ptr<Policy> MakeLeastOutstandingRequests(size_t full_scan_max) {
  return std::make_unique<LeastOutstandingRequests>(full_scan_max);
}

}  // namespace nubo::lb
