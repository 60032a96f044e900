#include "nubo/lb/subset.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "nubo/base/status.h"
#include "nubo/lb/hash.h"

namespace nubo::lb {
namespace {

class Subset final : public Policy {
 public:
  Subset(std::unique_ptr<Policy> inner, const SubsetOptions& options) : inner_(std::move(inner)), options_(options) {}
  absl::string_view name() const override { return kSubset; }
  bool uses_weights() const override { return inner_->uses_weights(); }
  absl::StatusOr<std::shared_ptr<const Picker>> Build(EndpointList endpoints) override {
    NUBO_RETURN_IF_ERROR(CheckEndpoints(endpoints));
    return inner_->Build(SelectSubset(std::move(endpoints), options_));
  }
  absl::Duration refresh_interval() const override { return inner_->refresh_interval(); }

 private:
  const std::unique_ptr<Policy> inner_;
  const SubsetOptions options_;
};

}  // namespace

EndpointList SelectSubset(EndpointList endpoints, const SubsetOptions& options) {
  if (endpoints.size() <= options.size) return endpoints;
  std::vector<std::pair<uint64_t, size_t>> ranks;
  for (size_t i = 0; i < endpoints.size(); ++i) ranks.push_back({Hash(endpoints[i]->id, options.seed), i});
  const auto by_rank = [&](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : endpoints[a.second]->id < endpoints[b.second]->id;
  };
  const auto end = ranks.begin() + static_cast<ptrdiff_t>(options.size);
  std::partial_sort(ranks.begin(), end, ranks.end(), by_rank);
  EndpointList part;
  for (auto it = ranks.begin(); it != end; ++it) part.push_back(endpoints[it->second]);
  return part;
}

absl::StatusOr<std::unique_ptr<Policy>> MakeSubset(std::unique_ptr<Policy> inner, const SubsetOptions& options) {
  if (inner == nullptr) return absl::InvalidArgumentError("a subset needs a policy that chooses within it");
  if (options.size < 1) return absl::InvalidArgumentError("a subset of 0 endpoints cannot serve; 20 is usual");
  return std::make_unique<Subset>(std::move(inner), options);
}

}  // namespace nubo::lb
