#include "nubo/lb/policy_registry.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nubo/base/status.h"
#include "nubo/lb/option_reader.h"
#include "nubo/lb/policies.h"

namespace nubo::lb {
namespace {

using Made = absl::StatusOr<std::unique_ptr<Policy>>;

constexpr uint64_t kChoicesMax = 100;
constexpr uint64_t kSizeMax = 1 << 30;
constexpr double kFactorMax = 1000;

void ReadLeastCost(OptionReader& reader, LeastCostOptions& fields) {
  uint64_t choices = fields.choices, full_scan_max = fields.full_scan_max;
  reader.Whole("choices", 1, kChoicesMax, &choices);
  reader.Whole("full_scan_max", 0, kSizeMax, &full_scan_max);
  fields.choices = choices;
  fields.full_scan_max = full_scan_max;
}

Made LeastOutstanding(const PolicyOptions& options, const PolicyRegistry&) {
  OptionReader reader(kLeastOutstandingRequests, options);
  uint64_t full_scan_max = kFullScanMax;
  reader.Whole("full_scan_max", 0, kSizeMax, &full_scan_max);
  NUBO_RETURN_IF_ERROR(reader.Finish());
  return MakeLeastOutstandingRequests(full_scan_max);
}

Made LeastRequest(const PolicyOptions& options, const PolicyRegistry&) {
  OptionReader reader(kLeastRequest, options);
  LeastCostOptions fields{.full_scan_max = 0};
  double bias = 1;
  ReadLeastCost(reader, fields);
  reader.Number("bias", 0, kFactorMax, &bias);
  NUBO_RETURN_IF_ERROR(reader.Finish());
  return MakeLeastCost(std::string(kLeastRequest), WeightedOutstanding(bias), fields);
}

Made PeakEwmaPolicy(const PolicyOptions& options, const PolicyRegistry&) {
  OptionReader reader(kPeakEwma, options);
  LeastCostOptions fields{.full_scan_max = 0};
  ReadLeastCost(reader, fields);
  NUBO_RETURN_IF_ERROR(reader.Finish());
  return MakeLeastCost(std::string(kPeakEwma), PeakEwma(), fields);
}

Made PrequalPolicy(const PolicyOptions& options, const PolicyRegistry&) {
  OptionReader reader(kPrequal, options);
  PrequalOptions fields;
  uint64_t probes = fields.probes_per_pick, uses = static_cast<uint64_t>(fields.uses);
  reader.Whole("probes_per_pick", 1, PrequalOptions::kPoolMax, &probes);
  reader.Number("hot_quantile", 0, 1, &fields.hot_quantile);
  reader.Whole("uses", 1, kChoicesMax, &uses);
  reader.Time("age_max", &fields.age_max);
  NUBO_RETURN_IF_ERROR(reader.Finish());
  fields.probes_per_pick = probes;
  fields.uses = static_cast<int>(uses);
  return MakePrequal(std::move(fields));
}

Made RingHashPolicy(const PolicyOptions& options, const PolicyRegistry&) {
  OptionReader reader(kRingHash, options);
  RingHashOptions fields;
  uint64_t min = fields.ring_size_min, max = fields.ring_size_max;
  reader.Whole("ring_size_min", 1, RingHashOptions::kRingSizeMax, &min);
  reader.Whole("ring_size_max", 1, RingHashOptions::kRingSizeMax, &max);
  reader.Number("load_bound", 0, kFactorMax, &fields.load_bound);
  NUBO_RETURN_IF_ERROR(reader.Finish());
  fields.ring_size_min = min;
  fields.ring_size_max = max;
  return MakeRingHash(fields);
}

Made MaglevPolicy(const PolicyOptions& options, const PolicyRegistry&) {
  OptionReader reader(kMaglev, options);
  MaglevOptions fields;
  uint64_t table_size = fields.table_size;
  reader.Whole("table_size", 1, MaglevOptions::kTableSizeMax, &table_size);
  NUBO_RETURN_IF_ERROR(reader.Finish());
  fields.table_size = static_cast<uint32_t>(table_size);
  return MakeMaglev(fields);
}

Made LoadReportsPolicy(const PolicyOptions& options, const PolicyRegistry&) {
  OptionReader reader(kLoadReports, options);
  LoadReportOptions fields;
  reader.Time("blackout", &fields.blackout);
  reader.Number("error_penalty", 0, kFactorMax, &fields.error_penalty);
  NUBO_RETURN_IF_ERROR(reader.Finish());
  return MakeLoadReports(fields);
}

Made SubsetPolicy(const PolicyOptions& options, const PolicyRegistry& registry) {
  OptionReader reader(kSubset, options);
  SubsetOptions fields;
  uint64_t size = fields.size;
  std::string inner(kLeastRequest);
  reader.Whole("size", 1, kSizeMax, &size);
  reader.Whole("seed", 0, UINT64_MAX, &fields.seed);
  reader.Text("policy", &inner);
  NUBO_RETURN_IF_ERROR(reader.Finish());
  if (inner == kSubset) return absl::InvalidArgumentError("policy subset cannot have itself within");
  fields.size = size;
  NUBO_ASSIGN_OR_RETURN(std::unique_ptr<Policy> policy, registry.Create(inner));
  if (options.count("seed") == 0) {
    return absl::InvalidArgumentError(
        "policy subset needs a seed of each balancer's own, a hash of its name say: with one seed all would take the "
        "same "
        "part");
  }
  return MakeSubset(std::move(policy), fields);
}

Made LocalityWeightedPolicy(const PolicyOptions& options, const PolicyRegistry& registry) {
  OptionReader reader(kLocalityWeighted, options);
  LocalityOptions fields;
  std::string inner(kRoundRobin);
  reader.Number("overprovisioning", 1, kFactorMax, &fields.overprovisioning);
  reader.Number("panic_threshold", 0, 1, &fields.panic_threshold);
  reader.Text("policy", &inner);
  NUBO_RETURN_IF_ERROR(reader.Finish());
  if (inner == kLocalityWeighted) {
    return absl::InvalidArgumentError("policy locality_weighted cannot have itself within");
  }
  NUBO_RETURN_IF_ERROR(registry.Create(inner).status());
  // It has been made once, so it can be made again. The registry may be gone by then, its copy is not.
  return MakeLocalityWeighted([registry, inner] { return *registry.Create(inner); }, std::move(fields));
}

}  // namespace

PolicyRegistry::Builder& PolicyRegistry::Builder::AddBuiltins() {
  Add(kRoundRobin, [] { return MakeRoundRobin(); });
  Add(kWeightedRoundRobin, [] { return MakeWeightedRoundRobin(); });
  Add(kRandom, [] { return MakeRandom(); });
  Add(kWeightedRandom, [] { return MakeWeightedRandom(); });
  Add(kLeastOutstandingRequests, LeastOutstanding);
  Add(kLeastRequest, LeastRequest);
  Add(kPeakEwma, PeakEwmaPolicy);
  Add(kPrequal, PrequalPolicy);
  Add(kRingHash, RingHashPolicy);
  Add(kMaglev, MaglevPolicy);
  Add(kLoadReports, LoadReportsPolicy);
  Add(kSubset, SubsetPolicy);
  Add(kLocalityWeighted, LocalityWeightedPolicy);
  return *this;
}

PolicyRegistry::Builder& PolicyRegistry::Builder::Add(absl::string_view name, Factory factory) {
  factories_[std::string(name)] = std::move(factory);
  return *this;
}

PolicyRegistry::Builder& PolicyRegistry::Builder::Add(absl::string_view name,
                                                      std::function<std::unique_ptr<Policy>()> factory) {
  return Add(name,
             [name = std::string(name), factory = std::move(factory)](const PolicyOptions& options,
                                                                      const PolicyRegistry&) -> Made {
               NUBO_RETURN_IF_ERROR(OptionReader(name, options).Finish());
               return factory();
             });
}

absl::StatusOr<std::unique_ptr<Policy>> PolicyRegistry::Create(absl::string_view name,
                                                               const PolicyOptions& options) const {
  const auto found = factories_.find(std::string(name));
  if (found == factories_.end()) {
    return absl::NotFoundError(
        absl::StrCat("there is no load-balancing policy \"", name, "\"; known are ", absl::StrJoin(names(), ", ")));
  }
  NUBO_ASSIGN_OR_RETURN(std::unique_ptr<Policy> policy, found->second(options, *this));
  if (policy == nullptr) {
    return absl::InternalError(absl::StrCat("the factory of the load-balancing policy \"", name, "\" made nothing"));
  }
  return policy;
}

std::vector<std::string> PolicyRegistry::names() const {
  std::vector<std::string> names;
  for (const auto& [name, factory] : factories_) names.push_back(name);
  return names;
}

}  // namespace nubo::lb
