#include "nubo/stack/bindings.h"

namespace nubo::stack {

bool Bindings::Active(absl::string_view condition) const {
  if (condition.empty()) return true;
  const auto found = conditions.find(std::string(condition));
  return found != conditions.end() && found->second;
}

}  // namespace nubo::stack
