// The policies a program knows, by name.
//
// Built once, in main, by a builder; immutable afterwards. A policy of your own is one line:
//
//   lb::PolicyRegistry registry = lb::PolicyRegistry::Builder()
//                                     .AddBuiltins()
//                                     .Add("nearest", [] { return std::make_unique<Nearest>(); })
//                                     .Build();
//   auto policy = registry.Create("nearest");
//   auto other = registry.Create("ring_hash", {{"load_bound", "1.25"}});
//
// Thread safety: PolicyRegistry is immutable; its factories must be callable from any thread.
#ifndef NUBO_LB_POLICY_REGISTRY_H_
#define NUBO_LB_POLICY_REGISTRY_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nubo/lb/policy.h"

namespace nubo::lb {

class PolicyRegistry {
 public:
  // The registry is for policies around other ones.
  using Factory = std::function<absl::StatusOr<std::unique_ptr<Policy>>(const PolicyOptions&, const PolicyRegistry&)>;

  class Builder {
   public:
    // All of policies.h. Their options, by their fields' names there:
    //   least_outstanding_requests  full_scan_max
    //   least_request               choices, full_scan_max, bias
    //   peak_ewma                   choices, full_scan_max
    //   prequal                     probes_per_pick, hot_quantile, uses, age_max
    //   ring_hash                   ring_size_min, ring_size_max, load_bound
    //   maglev                      table_size
    //   load_reports                blackout, error_penalty
    //   subset                      size, seed, policy (the one within, by name; least_request)
    //   locality_weighted           overprovisioning, panic_threshold, policy (round_robin)
    // Durations as "10s" or "500ms".
    Builder& AddBuiltins();
    // A name given twice means the last one, so that a program can replace a builtin.
    Builder& Add(absl::string_view name, Factory factory);
    // One that has no options.
    Builder& Add(absl::string_view name, std::function<std::unique_ptr<Policy>()> factory);
    PolicyRegistry Build() const { return PolicyRegistry(factories_); }

   private:
    std::map<std::string, Factory> factories_;
  };

  // NOT_FOUND: no policy of that name; the message lists those there are. INVALID_ARGUMENT: an option that the policy
  // does not have, or whose value cannot be.
  absl::StatusOr<std::unique_ptr<Policy>> Create(absl::string_view name, const PolicyOptions& options = {}) const;
  // In alphabetical order.
  std::vector<std::string> names() const;

 private:
  explicit PolicyRegistry(std::map<std::string, Factory> factories) : factories_(std::move(factories)) {}

  std::map<std::string, Factory> factories_;
};

}  // namespace nubo::lb

#endif  // NUBO_LB_POLICY_REGISTRY_H_
