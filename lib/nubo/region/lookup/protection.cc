#include "nubo/region/lookup/protection.h"

#include "absl/strings/str_cat.h"
#include "nubo/region/resources/resource_types.h"

namespace nubo::region {

absl::StatusOr<bool> Protect(Context& context, const std::string& name, bool on) {
  for (const auto& [type_name, type] : *context.types) {
    if (!type.protect) continue;
    const std::string found = type.find ? type.find(context, name) : "";
    absl::StatusOr<bool> former = type.protect(context, found.empty() ? name : found, on);
    if (!absl::IsNotFound(former.status())) return former;
  }
  return absl::NotFoundError(absl::StrCat("no instance, load balancer or database is called ", name,
                                          "; nubo get resources lists what there is"));
}

}  // namespace nubo::region
