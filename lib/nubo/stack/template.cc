#include "nubo/stack/template.h"

namespace nubo::stack {
namespace {

template <typename T>
const T* FindBy(const std::vector<T>& all, std::string T::* name, absl::string_view wanted) {
  for (const T& one : all) {
    if (one.*name == wanted) return &one;
  }
  return nullptr;
}

}  // namespace

absl::string_view RemovalPolicyName(RemovalPolicy policy) {
  switch (policy) {
    case RemovalPolicy::kDelete:
      return "Delete";
    case RemovalPolicy::kRetain:
      return "Retain";
    case RemovalPolicy::kRetainExceptOnCreate:
      return "RetainExceptOnCreate";
    case RemovalPolicy::kSnapshot:
      return "Snapshot";
  }
  return "";
}

const Parameter* Template::FindParameter(absl::string_view name) const {
  return FindBy(parameters, &Parameter::name, name);
}
const Condition* Template::FindCondition(absl::string_view name) const {
  return FindBy(conditions, &Condition::name, name);
}
const Resource* Template::FindResource(absl::string_view logical_id) const {
  return FindBy(resources, &Resource::logical_id, logical_id);
}

}  // namespace nubo::stack
