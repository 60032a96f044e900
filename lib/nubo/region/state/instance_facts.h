// What the record of an instance says of it.
//
// Example:
//   if (IsTarget(instance)) targets.push_back(instance.loopback_ip());
//
// Thread safety: pure functions.
#ifndef NUBO_REGION_STATE_INSTANCE_FACTS_H_
#define NUBO_REGION_STATE_INSTANCE_FACTS_H_

#include <string>

#include "nubo/region/v1/state.pb.h"

namespace nubo::region {

// Receives requests: its processes run, and it does not drain.
bool IsTarget(const v1::InstanceState& instance);
bool IsTerminated(const v1::InstanceState& instance);
// It has been stopped, or is about to be.
bool IsHalted(const v1::InstanceState& instance);
bool IsStopped(const v1::InstanceState& instance);

// Its public name, or "" if it has no public address.
std::string PublicName(const v1::InstanceState& instance);

}  // namespace nubo::region

#endif  // NUBO_REGION_STATE_INSTANCE_FACTS_H_
