// The kinds that `nubo get` knows.
//
// Thread safety: pure functions.
#ifndef NUBO_CLI_ARGS_KINDS_H_
#define NUBO_CLI_ARGS_KINDS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace nubo::cli {

enum class Kind {
  kStacks,
  kResources,
  kInstances,
  kGroups,
  kLoadBalancers,
  kTargetGroups,
  kTargets,
  kZones,
  kRecords,
  kVpcs,
  kSubnets,
  kDatabases,
  kEvents,
  kImages,
};

// Every kind as it is spelled in the plural, in the order that help lists them.
const std::vector<std::string>& KindNames();

// "instances" or "instance". INVALID_ARGUMENT: no such kind; the nearest is named.
absl::StatusOr<Kind> ParseKind(absl::string_view name);

}  // namespace nubo::cli

#endif  // NUBO_CLI_ARGS_KINDS_H_
