// The policies a program knows, by name.
//
// Built once, in main, by a builder; immutable afterwards. A policy of your own is one line:
//
//   lb::PolicyRegistry registry = lb::PolicyRegistry::Builder()
//                                     .AddBuiltins()
//                                     .Add("nearest", [] { return std::make_unique<Nearest>(); })
//                                     .Build();
//   auto policy = registry.Create("nearest");
//
// Thread safety: PolicyRegistry is immutable; its factories must be callable from any thread.
#ifndef NUBO_LB_POLICY_REGISTRY_H_
#define NUBO_LB_POLICY_REGISTRY_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nubo/lb/policy.h"

namespace nubo::lb {

class PolicyRegistry {
 public:
  using Factory = std::function<std::unique_ptr<Policy>()>;

  class Builder {
   public:
    // Round robin, random and least outstanding requests.
    Builder& AddBuiltins();
    // A name given twice means the last one, so that a program can replace a builtin.
    Builder& Add(absl::string_view name, Factory factory);
    PolicyRegistry Build() const { return PolicyRegistry(factories_); }

   private:
    std::map<std::string, Factory> factories_;
  };

  // NOT_FOUND: no policy of that name; the message lists those there are.
  absl::StatusOr<std::unique_ptr<Policy>> Create(absl::string_view name) const;
  // In alphabetical order.
  std::vector<std::string> names() const;

 private:
  explicit PolicyRegistry(std::map<std::string, Factory> factories) : factories_(std::move(factories)) {}
  std::map<std::string, Factory> factories_;
};

}  // namespace nubo::lb

#endif  // NUBO_LB_POLICY_REGISTRY_H_
