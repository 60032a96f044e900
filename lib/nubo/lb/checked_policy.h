// A policy that is not trusted: what it chooses is looked at before it is used.
//
// For policies of one's own, in tests and wherever a wrong choice would be worse than a failed request.
//
// Example:
//   auto policy = lb::MakeChecked(std::make_unique<Nearest>());
//
// Thread safety: as Policy and Picker say.
#ifndef NUBO_LB_CHECKED_POLICY_H_
#define NUBO_LB_CHECKED_POLICY_H_

#include <memory>

#include "nubo/lb/policy.h"

namespace nubo::lb {

// Its Build: INTERNAL if the policy gives no picker. Its picks: fail, naming the policy and the endpoint, where the
// policy chooses none or one that is not in its set. `policy` is not null.
std::unique_ptr<Policy> MakeChecked(std::unique_ptr<Policy> policy);

}  // namespace nubo::lb

#endif  // NUBO_LB_CHECKED_POLICY_H_
