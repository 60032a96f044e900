#include "nubo/region/state/names.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "nubo/region/state/model.h"

namespace nubo::region {

std::string ZoneId(absl::string_view availability_zone) {
  constexpr char kFirst = 'a', kLast = 'f';
  if (!absl::ConsumePrefix(&availability_zone, kRegionName) || availability_zone.size() != 1) return "";
  const char letter = availability_zone.front();
  return letter < kFirst || letter > kLast ? "" : absl::StrCat("use1-az", letter - kFirst + 1);
}

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
