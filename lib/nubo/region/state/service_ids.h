// The ids of the services that load balancers and databases are: also what the networks call them.
//
// Thread safety: pure functions.
#ifndef NUBO_REGION_STATE_SERVICE_IDS_H_
#define NUBO_REGION_STATE_SERVICE_IDS_H_

#include <string>

#include "absl/strings/str_cat.h"
#include "nubo/region/state/digest.h"

namespace nubo::region {

// Short enough for a socket's name, whatever the balancer's is.
inline std::string BalancerServiceId(const std::string& arn) {
  return absl::StrCat("lb-", arn.substr(arn.rfind('/') + 1));
}

inline std::string DatabaseServiceId(const std::string& identifier) { return absl::StrCat("db-", Digest(identifier)); }

}  // namespace nubo::region

#endif  // NUBO_REGION_STATE_SERVICE_IDS_H_
