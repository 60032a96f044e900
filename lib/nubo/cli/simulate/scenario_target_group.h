// The target group of a scenario. Internal to scenario.cc.
//
// Thread safety: pure function.
#ifndef NUBO_CLI_SIMULATE_SCENARIO_TARGET_GROUP_H_
#define NUBO_CLI_SIMULATE_SCENARIO_TARGET_GROUP_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nubo/lb/target_group.h"
#include "nubo/stack/value.h"

namespace nubo::cli {

// INVALID_ARGUMENT, "file:line:column: sentence": as ReadScenario says.
absl::StatusOr<lb::TargetGroupOptions> ReadTargetGroup(absl::string_view file, const stack::Value& value,
                                                       bool* fail_health_checks);

}  // namespace nubo::cli

#endif  // NUBO_CLI_SIMULATE_SCENARIO_TARGET_GROUP_H_
