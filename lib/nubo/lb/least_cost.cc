#include "nubo/lb/least_cost.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/base/attributes.h"
#include "nubo/base/status.h"
#include "nubo/lb/picking.h"

namespace nubo::lb {
namespace {

// What is looked at for each candidate, side by side: the way through two pointers costs more than the comparison.
struct Candidate {
  const Endpoint* endpoint;
  const Load* load;
};

// The cheapest metric needs no call through a table.
struct InFlight {
  using Value = int64_t;
  static constexpr bool kUsesWeights = false;
  int64_t operator()(const Candidate& candidate, absl::Time) const { return candidate.load->in_flight(); }
};

struct AnyCost {
  using Value = double;
  // As far as anybody can tell.
  static constexpr bool kUsesWeights = true;
  double operator()(const Candidate& candidate, absl::Time now) const { return cost->Of(*candidate.endpoint, now); }
  std::shared_ptr<const Cost> cost;
};

template <typename Metric>
class LeastCostPicker final : public Picker {
  using Value = typename Metric::Value;

 public:
  LeastCostPicker(EndpointList endpoints, Metric metric, const LeastCostOptions& options)
      : endpoints_(std::move(endpoints)), metric_(std::move(metric)), options_(options) {
    for (const auto& endpoint : endpoints_) candidates_.push_back({endpoint.get(), endpoint->load.get()});
    only_two_ = candidates_.size() > std::max<size_t>(1, options_.full_scan_max) && options_.choices == 2;
  }

  Picked Pick(const PickRequest& request, absl::BitGenRef rng) const override {
    // The common case by itself: it is a third faster for not sharing registers with the others.
    if (only_two_ && request.avoid.empty()) return Picked::Of(endpoints_[OfTwo(request.now, Draw(rng))]);
    return Picked::Of(endpoints_[Any(request, rng)]);
  }

 private:
  ABSL_ATTRIBUTE_NOINLINE size_t Any(const PickRequest& request, absl::BitGenRef rng) const {
    const uint64_t bits = Draw(rng);
    // A retry looks at everything: it is rare, and it must find the one endpoint that is left.
    if (candidates_.size() <= options_.full_scan_max || !request.avoid.empty()) return Scan(request, bits);
    if (candidates_.size() == 1 || options_.choices <= 1) return ScaleWide(bits, candidates_.size());
    return OfMore(OfTwo(request.now, bits), request.now, rng);
  }

  size_t OfTwo(absl::Time now, uint64_t bits) const {
    const size_t a = Scale(static_cast<uint32_t>(bits >> 32), candidates_.size());
    size_t b = Scale(static_cast<uint32_t>(bits), candidates_.size() - 1);
    b += b >= a ? 1 : 0;
    const Value cost_a = metric_(candidates_[a], now), cost_b = metric_(candidates_[b], now);
    // Arithmetic, because nobody could predict the branch.
    return a ^ ((a ^ b) & (size_t{0} - static_cast<size_t>(cost_b < cost_a)));
  }

  size_t OfMore(size_t best, absl::Time now, absl::BitGenRef rng) const {
    Value least = metric_(candidates_[best], now);
    for (size_t i = 2; i < options_.choices; ++i) {
      const size_t at = ScaleWide(Draw(rng), candidates_.size());
      const Value cost = metric_(candidates_[at], now);
      if (cost >= least) continue;
      best = at;
      least = cost;
    }
    return best;
  }

  // Starting anywhere and keeping the first of equals breaks ties with one draw; who comes after busier ones is drawn
  // more often than who comes after equals.
  size_t Scan(const PickRequest& request, uint64_t bits) const {
    const size_t start = ScaleWide(bits, candidates_.size());
    size_t best = start;
    Value least = 0;
    bool found = false;
    for (size_t i = 0, at = start; i < candidates_.size(); ++i, at = at + 1 == candidates_.size() ? 0 : at + 1) {
      const Value cost = metric_(candidates_[at], request.now);
      // The first is taken whatever it costs: a cost may be infinite.
      if ((found && cost >= least) || (!request.avoid.empty() && Avoided(request, *candidates_[at].endpoint))) continue;
      found = true;
      best = at;
      least = cost;
    }
    return best;
  }

  const EndpointList endpoints_;
  const Metric metric_;
  const LeastCostOptions options_;
  std::vector<Candidate> candidates_;
  bool only_two_ = false;
};

template <typename Metric>
class LeastCost final : public Policy {
 public:
  LeastCost(std::string name, Metric metric, const LeastCostOptions& options)
      : name_(std::move(name)), metric_(std::move(metric)), options_(options) {}
  absl::string_view name() const override { return name_; }
  bool uses_weights() const override { return Metric::kUsesWeights; }
  absl::StatusOr<std::shared_ptr<const Picker>> Build(EndpointList endpoints) override {
    NUBO_RETURN_IF_ERROR(CheckEndpoints(endpoints));
    return std::make_shared<LeastCostPicker<Metric>>(std::move(endpoints), metric_, options_);
  }

 private:
  const std::string name_;
  const Metric metric_;
  const LeastCostOptions options_;
};

}  // namespace

std::unique_ptr<Policy> MakeLeastCost(std::string name, std::shared_ptr<const Cost> cost, LeastCostOptions options) {
  return std::make_unique<LeastCost<AnyCost>>(std::move(name), AnyCost{std::move(cost)}, options);
}

std::unique_ptr<Policy> MakeLeastOutstandingRequests(size_t full_scan_max) {
  LeastCostOptions options;
  options.full_scan_max = full_scan_max;
  return std::make_unique<LeastCost<InFlight>>(std::string(kLeastOutstandingRequests), InFlight(), options);
}

}  // namespace nubo::lb
