#include "examples/todo/backend/dns_host_resolver.h"

namespace nubo::examples::todo {

absl::StatusOr<std::unique_ptr<HostResolver>> MakeHostResolver(absl::string_view) {
  return std::make_unique<LiteralResolver>();
}

}  // namespace nubo::examples::todo
