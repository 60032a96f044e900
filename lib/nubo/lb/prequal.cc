#include "nubo/lb/prequal.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "nubo/base/mutex.h"
#include "nubo/base/status.h"
#include "nubo/lb/picking.h"

namespace nubo::lb {
namespace {

// Of how many answers the quantile of requests in flight is taken, and after how many new ones it is taken anew.
constexpr size_t kRemembered = 128;
constexpr size_t kQuantileEvery = 8;
// Threads keep pools of their own, as balancers do that know nothing of one another; two share one now and then.
constexpr size_t kPools = 16;

ProbeAnswer OwnFigures(const Endpoint& endpoint, absl::Time now) {
  const int64_t in_flight = endpoint.load->in_flight();
  return {static_cast<double>(in_flight), absl::Nanoseconds(endpoint.load->LatencyAt(in_flight, now))};
}

struct Entry {
  size_t endpoint = 0;
  ProbeAnswer answer;
  absl::Time at;
  int uses = 0;
};

// The probes at hand, in the order they came in.
class Pool {
 public:
  void Add(const PrequalOptions& options, size_t endpoint, const ProbeAnswer& answer, absl::Time now) {
    if (size_ == options.pool_max) Erase(0);
    entries_[size_++] = {endpoint, answer, now, options.uses};
    lately_[added_ % kRemembered] = answer.in_flight;
    // Often at first, when each answer tells much.
    if (added_ < kQuantileEvery || added_ % kQuantileEvery == 0) TakeLimit(options.hot_quantile);
    ++added_;
  }

  void Forget(absl::Duration age_max, absl::Time now) {
    EraseIf([=](const Entry& entry) { return now - entry.at > age_max; });
  }

  // Nothing if there is no probe that `allowed` lets pass.
  template <typename Allowed>
  std::optional<size_t> Best(const Allowed& allowed) {
    Entry* best = nullptr;
    for (size_t i = 0; i < size_; ++i) {
      Entry& entry = entries_[i];
      if (allowed(entry.endpoint) && (best == nullptr || Better(entry, *best))) best = &entry;
    }
    if (best == nullptr) return std::nullopt;
    // What is sent there now is not in any answer yet.
    best->answer.in_flight += 1;
    best->uses -= 1;
    return best->endpoint;
  }

  // By turns the oldest and the worst.
  void Shrink(size_t removed) {
    EraseIf([](const Entry& entry) { return entry.uses <= 0; });
    for (size_t i = 0; i < removed && size_ > 1; ++i) {
      oldest_next_ = !oldest_next_;
      Erase(oldest_next_ ? 0 : Worst());
    }
  }

 private:
  void TakeLimit(double quantile) {
    std::array<double, kRemembered> sorted = lately_;
    const size_t count = std::min(added_ + 1, kRemembered);
    const size_t at = std::min(count - 1, static_cast<size_t>(quantile * static_cast<double>(count)));
    const auto begin = sorted.begin();
    std::nth_element(begin, begin + static_cast<ptrdiff_t>(at), begin + static_cast<ptrdiff_t>(count));
    limit_ = sorted[at];
  }
  bool Better(const Entry& a, const Entry& b) const {
    const bool a_hot = a.answer.in_flight > limit_, b_hot = b.answer.in_flight > limit_;
    if (a_hot != b_hot) return b_hot;
    return a_hot ? a.answer.in_flight < b.answer.in_flight : a.answer.latency < b.answer.latency;
  }
  size_t Worst() const {
    size_t worst = 0;
    for (size_t i = 1; i < size_; ++i) worst = Better(entries_[worst], entries_[i]) ? i : worst;
    return worst;
  }
  void Erase(size_t at) {
    std::move(entries_.begin() + static_cast<ptrdiff_t>(at) + 1, entries_.begin() + static_cast<ptrdiff_t>(size_),
              entries_.begin() + static_cast<ptrdiff_t>(at));
    --size_;
  }
  template <typename Condition>
  void EraseIf(const Condition& condition) {
    const auto end = entries_.begin() + static_cast<ptrdiff_t>(size_);
    size_ = static_cast<size_t>(std::remove_if(entries_.begin(), end, condition) - entries_.begin());
  }

  std::array<Entry, PrequalOptions::kPoolMax> entries_;
  size_t size_ = 0;
  std::array<double, kRemembered> lately_{};
  size_t added_ = 0;
  // Above it an endpoint is hot.
  double limit_ = 0;
  bool oldest_next_ = false;
};

class PrequalPicker final : public Picker {
 public:
  PrequalPicker(EndpointList endpoints, PrequalOptions options)
      : endpoints_(std::move(endpoints)), options_(std::move(options)) {}

  Picked Pick(const PickRequest& request, absl::BitGenRef rng) const override {
    std::array<size_t, PrequalOptions::kPoolMax> asked;
    const size_t count = std::min({options_.probes_per_pick, asked.size(), endpoints_.size()});
    for (size_t i = 0; i < count; ++i) asked[i] = ScaleWide(Draw(rng), endpoints_.size());
    const size_t fallback = ScaleWide(Draw(rng), endpoints_.size());
    Locked& mine = pools_[ThreadIndex<kPools>()];
    base::MutexLock lock(mine.mutex);
    mine.pool.Forget(options_.age_max, request.now);
    for (size_t i = 0; i < count; ++i) {
      const auto answer = options_.probe(*endpoints_[asked[i]], request.now);
      if (answer.has_value()) mine.pool.Add(options_, asked[i], *answer, request.now);
    }
    const auto best =
        mine.pool.Best([&](size_t at) { return request.avoid.empty() || !Avoided(request, *endpoints_[at]); });
    mine.pool.Shrink(options_.removed_per_pick);
    return Picked::Of(endpoints_[best.has_value() ? *best : AllowedFrom(endpoints_, request, fallback)]);
  }

 private:
  struct alignas(64) Locked {
    base::Mutex mutex;
    Pool pool NUBO_GUARDED_BY(mutex);
  };

  const EndpointList endpoints_;
  const PrequalOptions options_;
  mutable std::array<Locked, kPools> pools_;
};

class Prequal final : public Policy {
 public:
  explicit Prequal(PrequalOptions options) : options_(std::move(options)) {}
  absl::string_view name() const override { return kPrequal; }
  bool uses_weights() const override { return false; }
  absl::StatusOr<std::shared_ptr<const Picker>> Build(EndpointList endpoints) override {
    NUBO_RETURN_IF_ERROR(CheckEndpoints(endpoints));
    return std::make_shared<PrequalPicker>(std::move(endpoints), options_);
  }

 private:
  const PrequalOptions options_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Policy>> MakePrequal(PrequalOptions options) {
  const auto bad = [](absl::string_view what) { return absl::InvalidArgumentError(absl::StrCat("Prequal ", what)); };
  if (options.probes_per_pick < 1 || options.probes_per_pick > PrequalOptions::kPoolMax) {
    return bad(absl::StrCat("needs 1 to ", PrequalOptions::kPoolMax, " probes a pick, not ", options.probes_per_pick));
  }
  if (options.pool_max < 1 || options.pool_max > PrequalOptions::kPoolMax) {
    return bad(absl::StrCat("keeps a pool of 1 to ", PrequalOptions::kPoolMax, " probes, not ", options.pool_max));
  }
  if (!(options.hot_quantile >= 0 && options.hot_quantile <= 1)) {
    return bad(absl::StrCat("needs a quantile from 0 to 1, not ", options.hot_quantile));
  }
  if (options.uses < 1) return bad(absl::StrCat("uses a probe at least once, not ", options.uses, " times"));
  if (!options.probe) options.probe = OwnFigures;
  return std::make_unique<Prequal>(std::move(options));
}

}  // namespace nubo::lb
