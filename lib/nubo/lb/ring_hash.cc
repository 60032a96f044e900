#include "nubo/lb/ring_hash.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/lb/hash.h"
#include "nubo/lb/load_bound.h"
#include "nubo/lb/picking.h"

namespace nubo::lb {
namespace {

struct Point {
  uint64_t hash;
  uint32_t endpoint;

  friend bool operator<(const Point& a, const Point& b) {
    return a.hash != b.hash ? a.hash < b.hash : a.endpoint < b.endpoint;
  }
};

// Points for each unit of weight: the least power of two that makes `ring_size_min` of them, or the largest one that
// stays within `ring_size_max`. A scale that followed the set's size exactly would move keys of all with every change.
double ScaleOf(double weights, const RingHashOptions& options) {
  const double power = std::ceil(std::log2(static_cast<double>(options.ring_size_min) / weights));
  const double most = std::floor(std::log2(static_cast<double>(options.ring_size_max) / weights));
  return std::exp2(std::min(power, most));
}

std::vector<Point> MakeRing(const EndpointList& endpoints, const RingHashOptions& options) {
  double weights = 0;
  for (const auto& endpoint : endpoints) weights += endpoint->weight;
  const double scale = ScaleOf(weights, options);
  std::vector<Point> ring;
  ring.reserve(static_cast<size_t>(scale * weights) + endpoints.size());
  for (uint32_t i = 0; i < endpoints.size(); ++i) {
    // Each has one, however light it is.
    const auto points = std::max<uint64_t>(1, static_cast<uint64_t>(std::llround(scale * endpoints[i]->weight)));
    for (uint64_t number = 0; number < points; ++number) {
      ring.push_back({Hash(absl::StrCat(endpoints[i]->id, "_", number)), i});
    }
  }
  std::sort(ring.begin(), ring.end());
  return ring;
}

class RingHashPicker final : public Picker {
 public:
  RingHashPicker(EndpointList endpoints, const RingHashOptions& options)
      : endpoints_(std::move(endpoints)), ring_(MakeRing(endpoints_, options)) {
    if (options.load_bound > 0) bound_.emplace(endpoints_, options.load_bound);
  }

  Picked Pick(const PickRequest& request, absl::BitGenRef rng) const override {
    const uint64_t hash = request.hash.has_value() ? *request.hash : Draw(rng);
    const auto at = std::lower_bound(ring_.begin(), ring_.end(), Point{hash, 0});
    const size_t start = at == ring_.end() ? 0 : static_cast<size_t>(at - ring_.begin());
    if (!bound_.has_value() && request.avoid.empty()) return Picked::Of(endpoints_[ring_[start].endpoint]);
    return Picked::Of(endpoints_[Walk(request, start)]);
  }

 private:
  // The first that may be taken; else the first that need not be avoided; else the first.
  uint32_t Walk(const PickRequest& request, size_t start) const {
    const double total = bound_.has_value() ? bound_->Total() : 0;
    std::optional<uint32_t> full;
    std::vector<bool> seen(endpoints_.size());
    size_t left = endpoints_.size();
    for (size_t i = 0; left > 0; ++i) {
      const uint32_t at = ring_[(start + i) % ring_.size()].endpoint;
      if (seen[at]) continue;
      seen[at] = true;
      --left;
      if (Avoided(request, *endpoints_[at])) continue;
      if (!bound_.has_value() || bound_->HasRoom(*endpoints_[at], total)) return at;
      if (!full.has_value()) full = at;
    }
    return full.value_or(ring_[start].endpoint);
  }

  const EndpointList endpoints_;
  const std::vector<Point> ring_;
  std::optional<LoadBound> bound_;
};

class RingHash final : public Policy {
 public:
  explicit RingHash(const RingHashOptions& options) : options_(options) {}
  absl::string_view name() const override { return kRingHash; }
  absl::StatusOr<std::shared_ptr<const Picker>> Build(EndpointList endpoints) override {
    NUBO_RETURN_IF_ERROR(CheckEndpoints(endpoints));
    return std::make_shared<RingHashPicker>(std::move(endpoints), options_);
  }

 private:
  const RingHashOptions options_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Policy>> MakeRingHash(const RingHashOptions& options) {
  const bool sizes = options.ring_size_min >= 1 && options.ring_size_min <= options.ring_size_max &&
                     options.ring_size_max <= RingHashOptions::kRingSizeMax;
  if (!sizes) {
    return absl::InvalidArgumentError(absl::StrCat("a ring of ", options.ring_size_min, " to ", options.ring_size_max,
                                                   " points cannot be; 1 to ", RingHashOptions::kRingSizeMax,
                                                   " can, the smaller one first"));
  }
  if (options.load_bound != 0 && !(options.load_bound >= 1 && std::isfinite(options.load_bound))) {
    return absl::InvalidArgumentError(absl::StrCat("a load bound of ", options.load_bound,
                                                   " cannot be; it is 0 for none, or at least 1, such as 1.25"));
  }
  return std::make_unique<RingHash>(options);
}

}  // namespace nubo::lb
