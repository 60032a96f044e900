// Placement: in which Availability Zone, on which host, and in which partition an instance runs.
//
// A Placement knows the zones, what their hosts can take, the placement groups, and who is where. Place() answers
// where one more instance would go, and Take() puts it there; whoever stops or is terminated is released, and is placed
// anew when it starts. Without hosts a zone takes any number.
//
// Groups: a cluster is in one zone, on the hosts that its others are on while they have room; a spread group has at
// most seven running instances a zone, each on a host of its own; a partition group has up to seven partitions a zone,
// which share no host, and its instances are spread evenly over them.
//
// Where nothing else is asked for, an instance goes to the zone with the fewest (of its group, if it has one), and
// there to the fullest host that has room, so that large ones find room later. Equal ones are taken in order of their
// names: the same questions have the same answers.
//
// Rules: Amazon EC2 user guide, "Placement groups"; API reference, Placement, CreatePlacementGroup, "Error codes".
//
// Example:
//   Placement placement;
//   placement.AddZone("us-east-1a", {{.id = "h-1", .vcpus = 8, .memory_mib = 16384}});
//   NUBO_RETURN_IF_ERROR(placement.AddGroup({.name = "quorum", .strategy = PlacementStrategy::kSpread}));
//   const PlacementRequest request = {.instance_type = "m5.large", .vcpus = 2, .memory_mib = 8192, .group = "quorum"};
//   NUBO_ASSIGN_OR_RETURN(const PlacementChoice choice, placement.Place(request));  // us-east-1a, h-1
//   NUBO_RETURN_IF_ERROR(placement.Take("i-0123456789abcdef0", request, choice));
//   placement.Release("i-0123456789abcdef0");
//
// Thread safety: thread-compatible.
#ifndef NUBO_EC2_PLACEMENT_H_
#define NUBO_EC2_PLACEMENT_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace nubo::ec2 {

inline constexpr int kSpreadRunningMax = 7;
inline constexpr int kPartitionsMax = 7;
inline constexpr size_t kPlacementGroupsMax = 500;
inline constexpr size_t kPlacementGroupNameMax = 255;

enum class PlacementStrategy { kCluster, kSpread, kPartition };
// "cluster", "spread", "partition".
absl::string_view StrategyName(PlacementStrategy strategy);
// INVALID_ARGUMENT (InvalidParameterValue).
absl::StatusOr<PlacementStrategy> ParseStrategy(absl::string_view name);

// Whether others run on the same host: any, only those with this tenancy, or on a host that is named.
enum class Tenancy { kDefault, kDedicated, kHost };
// "default", "dedicated", "host".
absl::string_view TenancyName(Tenancy tenancy);
// INVALID_ARGUMENT (InvalidParameterValue).
absl::StatusOr<Tenancy> ParseTenancy(absl::string_view name);

struct PlacementGroup {
  std::string name;
  PlacementStrategy strategy = PlacementStrategy::kCluster;
  // Of a partition group, in each zone.
  int partitions = 2;
  // Of a spread group: "rack", or "host", which AWS has on Outposts alone.
  std::string spread_level = "rack";
};

// CreatePlacementGroup's parameters. INVALID_ARGUMENT: a name that cannot be, a count of partitions or a spread level
// that cannot be (InvalidParameterValue), or of another strategy than theirs (InvalidParameterCombination).
// `spread_level`: "" is the default.
absl::StatusOr<PlacementGroup> ValidatePlacementGroup(absl::string_view name, PlacementStrategy strategy,
                                                      std::optional<int64_t> partitions,
                                                      absl::string_view spread_level);

struct PlacementHost {
  std::string id;
  int vcpus = 0;
  int64_t memory_mib = 0;
};

struct PlacementRequest {
  // For messages.
  std::string instance_type = {};
  int vcpus = 1;
  int64_t memory_mib = 0;
  // A burstable type cannot be in a cluster.
  bool burstable = false;
  // "": any.
  std::string availability_zone = {};
  // "": in none.
  std::string group = {};
  // 0: as it comes.
  int partition = 0;
  Tenancy tenancy = Tenancy::kDefault;
  // Of tenancy "host"; "": any host that no other tenancy is on.
  std::string host_id = {};
};

struct PlacementChoice {
  std::string availability_zone;
  // "" where the zone says none.
  std::string host_id;
  // From 1, of a partition group; else 0.
  int partition = 0;

  friend bool operator==(const PlacementChoice&, const PlacementChoice&) = default;
};

class Placement {
 public:
  // A zone that is there already has these hosts from now on; who runs on others stays where it is.
  void AddZone(const std::string& zone, const std::vector<PlacementHost>& hosts = {});

  // INVALID_ARGUMENT (InvalidParameterValue): a name that is empty, too long or not ASCII, a count of partitions or a
  // spread level that cannot be. ALREADY_EXISTS (InvalidPlacementGroup.Duplicate). RESOURCE_EXHAUSTED
  // (PlacementGroupLimitExceeded).
  absl::Status AddGroup(const PlacementGroup& group);
  // NOT_FOUND (InvalidPlacementGroup.Unknown). FAILED_PRECONDITION (InvalidPlacementGroup.InUse): it has instances that
  // run.
  absl::Status RemoveGroup(absl::string_view name);
  // nullptr: there is none.
  const PlacementGroup* FindGroup(absl::string_view name) const;

  // Where the instance would go; nothing is taken. INVALID_ARGUMENT: no such zone or partition (InvalidParameterValue),
  // parameters that do not go together (InvalidParameterCombination), a host in another zone (ZonesMismatched).
  // NOT_FOUND: no such group (InvalidPlacementGroup.Unknown), no such host (InvalidHostID.NotFound).
  // RESOURCE_EXHAUSTED: no room (InsufficientInstanceCapacity), or not on the host that is named
  // (InsufficientCapacityOnHost).
  absl::StatusOr<PlacementChoice> Place(const PlacementRequest& request) const;
  // The instance runs there, as Place() answered, or as it did before a restart; room is not asked for again.
  // ALREADY_EXISTS: it is placed already. NOT_FOUND: no such group; INVALID_ARGUMENT: no such zone; both as of Place().
  absl::Status Take(const std::string& instance_id, const PlacementRequest& request, const PlacementChoice& choice);
  // It runs no more. One that is not placed is none.
  void Release(absl::string_view instance_id);

  // How many instances run in the group: in the zone, or in all of them ("").
  int CountInGroup(absl::string_view group, absl::string_view zone = "") const;

 private:
  struct Host {
    PlacementHost host;
    int vcpus_used = 0;
    int64_t memory_used_mib = 0;
    // Of each tenancy, and of each partition of each group.
    std::map<Tenancy, int> tenancies = {};
    std::map<std::string, std::map<int, int>, std::less<>> groups = {};
  };
  struct Zone {
    // Whether its hosts were given.
    bool limited = false;
    std::map<std::string, Host, std::less<>> hosts;
    int running = 0;
  };
  struct Placed {
    PlacementRequest request;
    PlacementChoice choice;
  };
  // Of one group in one zone.
  struct Members {
    int running = 0;
    std::map<int, int> by_partition;
  };
  struct Group {
    PlacementGroup group;
    std::map<std::string, Members, std::less<>> zones;
  };

  absl::Status Check(const PlacementRequest& request) const;
  absl::Status CheckGroup(const PlacementRequest& request, const Group& group) const;
  absl::Status CheckHost(const PlacementRequest& request) const;
  // Zones that may take it, the best first.
  std::vector<std::string> Candidates(const PlacementRequest& request) const;
  // nullopt: it has no room there.
  std::optional<PlacementChoice> PlaceIn(const std::string& zone, const PlacementRequest& request) const;
  // Its group has as many instances there as it may have.
  bool IsGroupFull(absl::string_view zone, const PlacementRequest& request) const;
  bool Fits(const Host& host, const PlacementRequest& request, int partition) const;
  // nullptr: none has room.
  const Host* BestHost(const Zone& zone, const PlacementRequest& request, int partition) const;
  // Those it may be put in, the emptiest first; {0} where it is in no partition group.
  std::vector<int> Partitions(absl::string_view zone, const PlacementRequest& request) const;
  absl::Status NoRoom(const PlacementRequest& request) const;
  const Group* GroupOf(const PlacementRequest& request) const;
  static void CountOnHost(const Placed& placed, int by, Zone& zone);
  void Count(const Placed& placed, int by);

  std::map<std::string, Zone, std::less<>> zones_;
  std::map<std::string, Group, std::less<>> groups_;
  std::map<std::string, Placed, std::less<>> placed_;
};

}  // namespace nubo::ec2

#endif  // NUBO_EC2_PLACEMENT_H_
