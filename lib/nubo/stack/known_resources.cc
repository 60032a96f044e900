#include "nubo/stack/known_resources.h"

#include <utility>

#include "nubo/stack/evaluator.h"
#include "nubo/stack/schema.h"

namespace nubo::stack {

std::vector<KnownResource> KnownResources(const Template& parsed, const Bindings& bindings,
                                          std::vector<absl::Status>* errors) {
  std::vector<KnownResource> known;
  const Evaluator evaluator(parsed, bindings, nullptr);
  for (const Resource& resource : parsed.resources) {
    if (!bindings.Active(resource.condition) || FindSchema(resource.type) == nullptr) continue;
    absl::StatusOr<Value> properties = evaluator.Evaluate(resource.properties);
    if (!properties.ok()) {
      if (errors != nullptr) errors->push_back(properties.status());
      continue;
    }
    properties->set_location(resource.properties.location());
    known.push_back({&resource, *std::move(properties)});
  }
  return known;
}

}  // namespace nubo::stack
