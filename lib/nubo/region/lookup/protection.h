// Protection from being ended, as it is switched by hand: what a template says of it can be changed so for a time.
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_LOOKUP_PROTECTION_H_
#define NUBO_REGION_LOOKUP_PROTECTION_H_

#include <string>

#include "absl/status/statusor.h"
#include "nubo/region/state/context.h"

namespace nubo::region {

// An instance's termination protection, a load balancer's or a database's deletion protection; by id, or name. Returns
// how it was. NOT_FOUND: nothing that can be protected is called so.
absl::StatusOr<bool> Protect(Context& context, const std::string& name, bool on);

}  // namespace nubo::region

#endif  // NUBO_REGION_LOOKUP_PROTECTION_H_
