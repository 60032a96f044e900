#include "nubo/region/state/names.h"

#include "absl/strings/match.h"

namespace nubo::region {

bool IsManagedZone(absl::string_view name) {
  return name == kBalancerZone || name == kDatabaseZone || name == kInstanceZone || name == kPublicInstanceZone;
}

absl::string_view WithoutDot(absl::string_view name) {
  return name.substr(0, name.size() - (absl::EndsWith(name, ".") ? 1 : 0));
}

bool IsLocalhostName(absl::string_view name) {
  const absl::string_view bare = WithoutDot(name);
  return absl::EqualsIgnoreCase(bare, "localhost") || absl::EndsWithIgnoreCase(bare, ".localhost");
}

}  // namespace nubo::region
