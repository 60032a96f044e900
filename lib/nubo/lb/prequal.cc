#include "nubo/lb/prequal.h"

#include <algorithm>
#include <array>
#include <mutex>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/lb/picking.h"

namespace nubo::lb {
namespace {

// Of how many answers the quantile of requests in flight is taken.
constexpr size_t kRemembered = 128;

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

// The probes at hand, in the order they came in. Guarded by the picker's lock.
class Pool {
 public:
  explicit Pool(const PrequalOptions& options) : options_(options) { lately_.reserve(kRemembered); }

  void Add(size_t endpoint, const ProbeAnswer& answer, absl::Time now) {
    if (entries_.size() == options_.pool_max) entries_.erase(entries_.begin());
    entries_.push_back({endpoint, answer, now, options_.uses});
    if (lately_.size() < kRemembered) {
      lately_.push_back(answer.in_flight);
    } else {
      lately_[turn_] = answer.in_flight;
    }
    turn_ = (turn_ + 1) % kRemembered;
  }

  void Forget(absl::Time now) {
    const absl::Duration age_max = options_.age_max;
    std::erase_if(entries_, [=](const Entry& entry) { return now - entry.at > age_max; });
  }

  // Nothing if there is no probe that `allowed` lets pass.
  template <typename Allowed>
  std::optional<size_t> Best(const Allowed& allowed) {
    const double limit = Limit();
    Entry* best = nullptr;
    for (Entry& entry : entries_) {
      if (allowed(entry.endpoint) && (best == nullptr || Better(entry, *best, limit))) best = &entry;
    }
    if (best == nullptr) return std::nullopt;
    const size_t endpoint = best->endpoint;
    // What is sent there now is not in any answer yet.
    best->answer.in_flight += 1;
    best->uses -= 1;
    return endpoint;
  }

  void Shrink() {
    std::erase_if(entries_, [](const Entry& entry) { return entry.uses <= 0; });
    for (size_t i = 0; i < options_.removed_per_pick && entries_.size() > 1; ++i) {
      oldest_next_ = !oldest_next_;
      entries_.erase(oldest_next_ ? entries_.begin() : Worst());
    }
  }

 private:
  // Above it an endpoint is hot.
  double Limit() const {
    if (lately_.empty()) return 0;
    std::vector<double> sorted = lately_;
    const size_t at =
        std::min(sorted.size() - 1, static_cast<size_t>(options_.hot_quantile * static_cast<double>(sorted.size())));
    std::nth_element(sorted.begin(), sorted.begin() + static_cast<ptrdiff_t>(at), sorted.end());
    return sorted[at];
  }
  static bool Better(const Entry& a, const Entry& b, double limit) {
    const bool a_hot = a.answer.in_flight > limit, b_hot = b.answer.in_flight > limit;
    if (a_hot != b_hot) return b_hot;
    return a_hot ? a.answer.in_flight < b.answer.in_flight : a.answer.latency < b.answer.latency;
  }
  std::vector<Entry>::iterator Worst() {
    const double limit = Limit();
    return std::max_element(entries_.begin(), entries_.end(),
                            [limit](const Entry& a, const Entry& b) { return Better(a, b, limit); });
  }

  const PrequalOptions& options_;
  std::vector<Entry> entries_;
  std::vector<double> lately_;
  size_t turn_ = 0;
  bool oldest_next_ = false;
};

class PrequalPicker final : public Picker {
 public:
  PrequalPicker(EndpointList endpoints, PrequalOptions options)
      : endpoints_(std::move(endpoints)), options_(std::move(options)), pool_(options_) {}

  Choice Pick(const PickRequest& request, absl::BitGenRef rng) const override {
    std::array<size_t, PrequalOptions::kPoolMax> asked;
    const size_t count = std::min({options_.probes_per_pick, asked.size(), endpoints_.size()});
    for (size_t i = 0; i < count; ++i) asked[i] = ScaleWide(Draw(rng), endpoints_.size());
    const size_t fallback = ScaleWide(Draw(rng), endpoints_.size());
    std::lock_guard lock(mutex_);
    pool_.Forget(request.now);
    for (size_t i = 0; i < count; ++i) {
      const auto answer = options_.probe(*endpoints_[asked[i]], request.now);
      if (answer.has_value()) pool_.Add(asked[i], *answer, request.now);
    }
    const auto best =
        pool_.Best([&](size_t at) { return request.avoid.empty() || !Avoided(request, *endpoints_[at]); });
    pool_.Shrink();
    return Choice::Of(endpoints_[best.has_value() ? *best : AllowedFrom(endpoints_, request, fallback)]);
  }

 private:
  const EndpointList endpoints_;
  const PrequalOptions options_;
  mutable std::mutex mutex_;
  mutable Pool pool_;  // guarded by mutex_
};

class Prequal final : public Policy {
 public:
  explicit Prequal(PrequalOptions options) : options_(std::move(options)) {}
  absl::string_view name() const override { return kPrequal; }
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
