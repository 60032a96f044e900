// Placement groups: how far apart instances are. The rules, and who fits where, are those of nubo/ec2/placement.h; this
// machine is one host, and so what holds is what AWS has of zones: seven running instances of a spread group in each,
// a cluster in one of them, partitions that are filled evenly. (EC2 API reference, CreatePlacementGroup.)
//
// Example:
//   NUBO_RETURN_IF_ERROR(CreatePlacementGroup(context, {}, {.group_name = "quorum", .strategy = "spread"}).status());
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_COMPUTE_PLACEMENT_GROUPS_H_
#define NUBO_REGION_COMPUTE_PLACEMENT_GROUPS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "nubo/region/resources/resource_types.h"
#include "nubo/region/state/context.h"

namespace nubo::region {

struct CreatePlacementGroupRequest {
  std::string group_name;
  // "cluster", "spread" or "partition".
  std::string strategy = "cluster";
  // Of a partition group; absent: 2.
  std::optional<int64_t> partition_count = {};
  // Of a spread group: "rack"; "" is that.
  std::string spread_level = {};
};
// Its id (pg-…). As ec2::ValidatePlacementGroup(). ALREADY_EXISTS (InvalidPlacementGroup.Duplicate). RESOURCE_EXHAUSTED
// (PlacementGroupLimitExceeded).
absl::StatusOr<std::string> CreatePlacementGroup(Context& context, const v1::Owner& owner,
                                                 const CreatePlacementGroupRequest& request);
// By its name. FAILED_PRECONDITION (InvalidPlacementGroup.InUse): it has instances. Without effect on one that is not
// there.
absl::Status DeletePlacementGroup(Context& context, const std::string& group_name);

// The partition that one more instance would be in, of a group of partitions; else 0. `partition`: 0, as it comes. The
// instance called `except` is not counted. NOT_FOUND (InvalidPlacementGroup.Unknown). INVALID_ARGUMENT: as
// ec2::Placement::Place(). RESOURCE_EXHAUSTED (InsufficientInstanceCapacity): there is no room.
absl::StatusOr<int> PlaceInGroup(const Context& context, const std::string& group_name, int partition,
                                 const std::string& availability_zone, const std::string& except = "");

// AWS::EC2::PlacementGroup.
void AddPlacementGroupTypes(ResourceTypes& types);

}  // namespace nubo::region

#endif  // NUBO_REGION_COMPUTE_PLACEMENT_GROUPS_H_
