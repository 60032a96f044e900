#include "nubo/stack/schema_spec.h"

namespace nubo::stack {

const PropertySpec* FindProperty(absl::Span<const PropertySpec> properties, absl::string_view name) {
  for (const PropertySpec& spec : properties) {
    if (name == spec.name) return &spec;
  }
  return nullptr;
}

}  // namespace nubo::stack
