#include "nubo/lb/maglev.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/lb/hash.h"
#include "nubo/lb/picking.h"

namespace nubo::lb {
namespace {

constexpr uint32_t kFree = UINT32_MAX;
constexpr uint32_t kNobody = UINT32_MAX;
constexpr uint64_t kSkipSeed = 1;
// Other places tried for a request whose own endpoint is to be avoided, before all endpoints are looked at.
constexpr int kTriesMax = 16;

bool IsPrime(uint32_t number) {
  if (number < 2) return false;
  for (uint64_t divisor = 2; divisor * divisor <= number; ++divisor) {
    if (number % divisor == 0) return false;
  }
  return true;
}

// An endpoint's own order of all places: (offset + i · skip) mod size.
struct Preference {
  uint32_t next;
  uint32_t skip;
  uint32_t endpoint;
  // As a part of the heaviest one.
  double weight = 1;
  uint32_t taken = 0;
  // Who is due after it in the same round.
  uint32_t behind = kNobody;
};

// Who is due in a round, in their order.
struct Round {
  uint32_t first = kNobody;
  uint32_t last = kNobody;
};

std::vector<Preference> Preferences(const EndpointList& endpoints, uint32_t table_size) {
  double heaviest = 0;
  for (const auto& endpoint : endpoints) heaviest = std::max(heaviest, endpoint->weight);
  std::vector<Preference> all;
  for (uint32_t i = 0; i < endpoints.size(); ++i) {
    const uint64_t hash = Hash(endpoints[i]->id);
    const uint64_t other = Hash(endpoints[i]->id, kSkipSeed);
    all.push_back({static_cast<uint32_t>(hash % table_size), static_cast<uint32_t>(other % (table_size - 1) + 1), i,
                   endpoints[i]->weight / heaviest});
  }
  // By id: whoever has the same set has the same table.
  std::sort(all.begin(), all.end(), [&](const Preference& a, const Preference& b) {
    return endpoints[a.endpoint]->id < endpoints[b.endpoint]->id;
  });
  return all;
}

uint32_t Step(uint32_t at, uint32_t skip, uint32_t size) {
  at += skip;
  return at >= size ? at - size : at;
}

class MaglevPicker final : public Picker {
 public:
  MaglevPicker(EndpointList endpoints, uint32_t table_size)
      : endpoints_(std::move(endpoints)), table_(MaglevTable(endpoints_, table_size)) {}

  Picked Pick(const PickRequest& request, absl::BitGenRef rng) const override {
    const uint64_t hash = request.hash.has_value() ? *request.hash : Draw(rng);
    const uint32_t at = At(hash);
    if (request.avoid.empty() || !Avoided(request, *endpoints_[at])) return Picked::Of(endpoints_[at]);
    for (int i = 1; i <= kTriesMax; ++i) {
      const uint32_t other = At(CombineHash(hash, static_cast<uint64_t>(i)));
      if (!Avoided(request, *endpoints_[other])) return Picked::Of(endpoints_[other]);
    }
    return Picked::Of(endpoints_[AllowedFrom(endpoints_, request, at)]);
  }

 private:
  uint32_t At(uint64_t hash) const { return table_[ScaleWide(hash, table_.size())]; }

  const EndpointList endpoints_;
  const std::vector<uint32_t> table_;
};

class Maglev final : public Policy {
 public:
  explicit Maglev(uint32_t table_size) : table_size_(table_size) {}
  absl::string_view name() const override { return kMaglev; }
  absl::StatusOr<std::shared_ptr<const Picker>> Build(EndpointList endpoints) override {
    NUBO_RETURN_IF_ERROR(CheckEndpoints(endpoints));
    if (endpoints.size() > table_size_) {
      return absl::InvalidArgumentError(absl::StrCat(endpoints.size(), " endpoints do not fit into a Maglev table of ",
                                                     table_size_, "; give it a larger prime"));
    }
    return std::make_shared<MaglevPicker>(std::move(endpoints), table_size_);
  }

 private:
  const uint32_t table_size_;
};

}  // namespace

std::vector<uint32_t> MaglevTable(const EndpointList& endpoints, uint32_t table_size) {
  std::vector<uint32_t> table(table_size, kFree);
  std::vector<Preference> all = Preferences(endpoints, table_size);
  // The heaviest takes a place in every round, so there are no more rounds than places; the others take their k-th one,
  // counted from 0, in round ⌈k / weight⌉: everybody has one.
  std::vector<Round> rounds(table_size);
  const auto add = [&](uint32_t who, uint32_t at) {
    Round& round = rounds[at];
    (round.first == kNobody ? round.first : all[round.last].behind) = who;
    round.last = who;
    all[who].behind = kNobody;
  };
  for (uint32_t i = 0; i < all.size(); ++i) add(i, 0);
  uint32_t filled = 0;
  for (uint32_t at = 0; filled < table_size; ++at) {
    for (uint32_t who = rounds[at].first; who != kNobody && filled < table_size;) {
      Preference& mine = all[who];
      const uint32_t behind = mine.behind;
      while (table[mine.next] != kFree) mine.next = Step(mine.next, mine.skip, table_size);
      table[mine.next] = mine.endpoint;
      ++filled;
      const double due = std::ceil(++mine.taken / mine.weight);
      if (due < table_size) add(who, static_cast<uint32_t>(due));
      who = behind;
    }
  }
  return table;
}

absl::StatusOr<std::unique_ptr<Policy>> MakeMaglev(const MaglevOptions& options) {
  if (options.table_size > MaglevOptions::kTableSizeMax || options.table_size < 3 || !IsPrime(options.table_size)) {
    return absl::InvalidArgumentError(absl::StrCat("a Maglev table of ", options.table_size,
                                                   " entries cannot be; its size is a prime from 3 to ",
                                                   MaglevOptions::kTableSizeMax, ", such as 65537"));
  }
  return std::make_unique<Maglev>(options.table_size);
}

}  // namespace nubo::lb
