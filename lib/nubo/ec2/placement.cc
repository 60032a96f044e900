#include "nubo/ec2/placement.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nubo/base/status.h"

namespace nubo::ec2 {
namespace {

constexpr size_t kShownMax = 64;

absl::Status Invalid(absl::string_view code, absl::string_view message) {
  return base::WithErrorCode(absl::InvalidArgumentError(message), code);
}

absl::Status UnknownGroup(absl::string_view name) {
  return base::WithErrorCode(
      absl::NotFoundError(absl::StrCat("The Placement Group '", name.substr(0, kShownMax), "' is unknown.")),
      "InvalidPlacementGroup.Unknown");
}

absl::Status UnknownZone(absl::string_view zone) {
  return Invalid("InvalidParameterValue", absl::StrCat("Invalid availability zone: [", zone.substr(0, kShownMax), "]"));
}

// Where none is left, there is no entry.
template <typename Key>
void AddCount(const Key& key, int by, std::map<Key, int>& counts) {
  int& count = counts[key];
  count += by;
  if (count == 0) counts.erase(key);
}

}  // namespace

absl::string_view StrategyName(PlacementStrategy strategy) {
  switch (strategy) {
    case PlacementStrategy::kCluster:
      return "cluster";
    case PlacementStrategy::kSpread:
      return "spread";
    case PlacementStrategy::kPartition:
      return "partition";
  }
  return "unknown";
}

absl::StatusOr<PlacementStrategy> ParseStrategy(absl::string_view name) {
  for (const PlacementStrategy strategy :
       {PlacementStrategy::kCluster, PlacementStrategy::kSpread, PlacementStrategy::kPartition}) {
    if (name == StrategyName(strategy)) return strategy;
  }
  return Invalid("InvalidParameterValue", absl::StrCat("Value (", name.substr(0, kShownMax),
                                                       ") for parameter strategy is invalid. Valid values are "
                                                       "cluster, spread and partition."));
}

absl::string_view TenancyName(Tenancy tenancy) {
  switch (tenancy) {
    case Tenancy::kDefault:
      return "default";
    case Tenancy::kDedicated:
      return "dedicated";
    case Tenancy::kHost:
      return "host";
  }
  return "unknown";
}

absl::StatusOr<Tenancy> ParseTenancy(absl::string_view name) {
  for (const Tenancy tenancy : {Tenancy::kDefault, Tenancy::kDedicated, Tenancy::kHost}) {
    if (name == TenancyName(tenancy)) return tenancy;
  }
  return Invalid("InvalidParameterValue", absl::StrCat("Value (", name.substr(0, kShownMax),
                                                       ") for parameter tenancy is invalid. Valid values are default, "
                                                       "dedicated and host."));
}

void Placement::AddZone(const std::string& zone, const std::vector<PlacementHost>& hosts) {
  Zone& known = zones_[zone];
  known.limited = !hosts.empty();
  known.hosts.clear();
  for (const PlacementHost& host : hosts) known.hosts[host.id].host = host;
  for (const auto& [id, placed] : placed_) {
    if (placed.choice.availability_zone == zone) CountOnHost(placed, 1, known);
  }
}

absl::Status Placement::AddGroup(const PlacementGroup& group) {
  const bool ascii = std::all_of(group.name.begin(), group.name.end(),
                                 [](char c) { return absl::ascii_isprint(static_cast<unsigned char>(c)); });
  if (group.name.empty() || group.name.size() > kPlacementGroupNameMax || !ascii) {
    return Invalid("InvalidParameterValue", absl::StrCat("The name of a placement group has 1 to ",
                                                         kPlacementGroupNameMax, " printable ASCII characters"));
  }
  const bool partitioned = group.strategy == PlacementStrategy::kPartition;
  if (partitioned && (group.partitions < 1 || group.partitions > kPartitionsMax)) {
    return Invalid("InvalidParameterValue",
                   absl::StrCat("Value (", group.partitions,
                                ") for parameter partitionCount is invalid. It must be 1 to ", kPartitionsMax, "."));
  }
  if (group.strategy == PlacementStrategy::kSpread && group.spread_level != "rack") {
    return Invalid("InvalidParameterValue",
                   absl::StrCat("Value (", absl::string_view(group.spread_level).substr(0, kShownMax),
                                ") for parameter spreadLevel is invalid. It is rack; host is for Outposts."));
  }
  if (groups_.count(group.name) > 0) {
    return base::WithErrorCode(
        absl::AlreadyExistsError(absl::StrCat("The Placement Group '", group.name, "' already exists.")),
        "InvalidPlacementGroup.Duplicate");
  }
  if (groups_.size() == kPlacementGroupsMax) {
    return base::WithErrorCode(
        absl::ResourceExhaustedError(absl::StrCat("There are ", kPlacementGroupsMax, " placement groups, the most")),
        "PlacementGroupLimitExceeded");
  }
  groups_[group.name].group = group;
  return absl::OkStatus();
}

absl::Status Placement::RemoveGroup(absl::string_view name) {
  const auto it = groups_.find(name);
  if (it == groups_.end()) return UnknownGroup(name);
  if (CountInGroup(name) > 0) {
    return base::WithErrorCode(absl::FailedPreconditionError(
                                   absl::StrCat("The placement group '", name, "' is in use and may not be deleted.")),
                               "InvalidPlacementGroup.InUse");
  }
  groups_.erase(it);
  return absl::OkStatus();
}

const PlacementGroup* Placement::FindGroup(absl::string_view name) const {
  const auto it = groups_.find(name);
  return it == groups_.end() ? nullptr : &it->second.group;
}

const Placement::Group* Placement::GroupOf(const PlacementRequest& request) const {
  const auto it = groups_.find(request.group);
  return it == groups_.end() ? nullptr : &it->second;
}

absl::StatusOr<PlacementChoice> Placement::Place(const PlacementRequest& request) const {
  NUBO_RETURN_IF_ERROR(Check(request));
  for (const std::string& zone : Candidates(request)) {
    std::optional<PlacementChoice> choice = PlaceIn(zone, request);
    if (choice.has_value()) return *std::move(choice);
  }
  return NoRoom(request);
}

absl::Status Placement::Check(const PlacementRequest& request) const {
  if (!request.availability_zone.empty() && zones_.count(request.availability_zone) == 0) {
    return UnknownZone(request.availability_zone);
  }
  NUBO_RETURN_IF_ERROR(CheckHost(request));
  if (request.group.empty()) {
    if (request.partition == 0) return absl::OkStatus();
    return Invalid("InvalidParameterCombination", "A partition number is of a placement group, and none is named");
  }
  const Group* group = GroupOf(request);
  return group == nullptr ? UnknownGroup(request.group) : CheckGroup(request, *group);
}

absl::Status Placement::CheckHost(const PlacementRequest& request) const {
  if (request.host_id.empty()) return absl::OkStatus();
  if (request.tenancy != Tenancy::kHost) {
    return Invalid("InvalidParameterCombination",
                   absl::StrCat("A host is named by those with the tenancy host, not ", TenancyName(request.tenancy)));
  }
  for (const auto& [name, zone] : zones_) {
    if (zone.hosts.count(request.host_id) == 0) continue;
    if (request.availability_zone.empty() || request.availability_zone == name) return absl::OkStatus();
    return Invalid("ZonesMismatched",
                   absl::StrCat("The Availability Zone for the instance, ", request.availability_zone,
                                ", does not match that of the Dedicated Host ", request.host_id, ", which is ", name));
  }
  return base::WithErrorCode(absl::NotFoundError(absl::StrCat("The specified Dedicated Host ID does not exist: ",
                                                              absl::string_view(request.host_id).substr(0, kShownMax))),
                             "InvalidHostID.NotFound");
}

absl::Status Placement::CheckGroup(const PlacementRequest& request, const Group& group) const {
  const PlacementStrategy strategy = group.group.strategy;
  if (strategy != PlacementStrategy::kPartition && request.partition != 0) {
    return Invalid("InvalidParameterCombination", absl::StrCat("The placement group '", request.group, "' is a ",
                                                               StrategyName(strategy), ", and has no partitions"));
  }
  if (request.partition < 0 || request.partition > group.group.partitions) {
    return Invalid(
        "InvalidParameterValue",
        absl::StrCat("Value (", request.partition, ") for parameter partitionNumber is invalid. The placement ",
                     "group '", request.group, "' has ", group.group.partitions, "."));
  }
  if (strategy == PlacementStrategy::kSpread && request.tenancy == Tenancy::kHost) {
    return Invalid("InvalidParameterCombination", "Spread placement groups are not supported for Dedicated Hosts");
  }
  if (strategy != PlacementStrategy::kCluster) return absl::OkStatus();
  if (request.burstable) {
    return Invalid("InvalidParameterCombination",
                   absl::StrCat("Cluster placement groups are not supported by the '", request.instance_type,
                                "' instance type. Specify a supported instance type or change the placement group "
                                "strategy, and try again."));
  }
  for (const auto& [zone, members] : group.zones) {
    if (members.running == 0 || request.availability_zone.empty() || request.availability_zone == zone) continue;
    return Invalid("InvalidParameterCombination",
                   absl::StrCat("The cluster placement group '", request.group, "' is in ", zone, ", and cannot be in ",
                                request.availability_zone, " as well"));
  }
  return absl::OkStatus();
}

std::vector<std::string> Placement::Candidates(const PlacementRequest& request) const {
  if (!request.availability_zone.empty()) return {request.availability_zone};
  const Group* group = GroupOf(request);
  std::vector<std::tuple<int, std::string>> found;
  for (const auto& [name, zone] : zones_) {
    const int in_group = group == nullptr ? 0 : CountInGroup(request.group, name);
    // A cluster does not leave its zone.
    const bool its_own = group != nullptr && group->group.strategy == PlacementStrategy::kCluster && in_group > 0;
    if (its_own) return {name};
    found.push_back({group == nullptr ? zone.running : in_group, name});
  }
  std::sort(found.begin(), found.end());
  std::vector<std::string> names;
  for (const auto& [count, name] : found) names.push_back(name);
  return names;
}

std::optional<PlacementChoice> Placement::PlaceIn(const std::string& zone, const PlacementRequest& request) const {
  if (IsGroupFull(zone, request)) return std::nullopt;
  const Zone& known = zones_.find(zone)->second;
  for (const int partition : Partitions(zone, request)) {
    // Who is to have a named host has none where there are none.
    if (!known.limited && request.host_id.empty()) return PlacementChoice{zone, "", partition};
    const Host* host = BestHost(known, request, partition);
    if (host != nullptr) return PlacementChoice{zone, host->host.id, partition};
  }
  return std::nullopt;
}

bool Placement::IsGroupFull(absl::string_view zone, const PlacementRequest& request) const {
  const Group* group = GroupOf(request);
  return group != nullptr && group->group.strategy == PlacementStrategy::kSpread &&
         CountInGroup(request.group, zone) >= kSpreadRunningMax;
}

std::vector<int> Placement::Partitions(absl::string_view zone, const PlacementRequest& request) const {
  const Group* group = GroupOf(request);
  if (group == nullptr || group->group.strategy != PlacementStrategy::kPartition) return {0};
  if (request.partition != 0) return {request.partition};
  const auto members = group->zones.find(zone);
  std::vector<std::tuple<int, int>> found;
  for (int partition = 1; partition <= group->group.partitions; ++partition) {
    int running = 0;
    if (members != group->zones.end()) {
      const auto it = members->second.by_partition.find(partition);
      if (it != members->second.by_partition.end()) running = it->second;
    }
    found.push_back({running, partition});
  }
  std::sort(found.begin(), found.end());
  std::vector<int> partitions;
  for (const auto& [running, partition] : found) partitions.push_back(partition);
  return partitions;
}

bool Placement::Fits(const Host& host, const PlacementRequest& request, int partition) const {
  if (!request.host_id.empty() && request.host_id != host.host.id) return false;
  if (host.vcpus_used + request.vcpus > host.host.vcpus) return false;
  if (host.memory_used_mib + request.memory_mib > host.host.memory_mib) return false;
  // Nobody is beside those who share with nobody else.
  for (const auto& [tenancy, running] : host.tenancies) {
    if (tenancy != request.tenancy) return false;
  }
  const Group* group = GroupOf(request);
  const auto members = host.groups.find(request.group);
  if (group == nullptr || members == host.groups.end()) return true;
  if (group->group.strategy == PlacementStrategy::kSpread) return false;
  return group->group.strategy == PlacementStrategy::kCluster ||
         std::all_of(members->second.begin(), members->second.end(),
                     [partition](const auto& other) { return other.first == partition; });
}

const Placement::Host* Placement::BestHost(const Zone& zone, const PlacementRequest& request, int partition) const {
  const Host* best = nullptr;
  // Smaller is better: away from its group, then what stays free.
  std::tuple<bool, int, int64_t> best_rank;
  for (const auto& [id, host] : zone.hosts) {
    if (!Fits(host, request, partition)) continue;
    const bool apart = !request.group.empty() && host.groups.count(request.group) == 0;
    const std::tuple<bool, int, int64_t> rank = {apart, host.host.vcpus - host.vcpus_used,
                                                 host.host.memory_mib - host.memory_used_mib};
    if (best != nullptr && best_rank <= rank) continue;
    best = &host;
    best_rank = rank;
  }
  return best;
}

absl::Status Placement::NoRoom(const PlacementRequest& request) const {
  const auto exhausted = [](absl::string_view code, absl::string_view message) {
    return base::WithErrorCode(absl::ResourceExhaustedError(message), code);
  };
  if (!request.host_id.empty()) {
    return exhausted("InsufficientCapacityOnHost", absl::StrCat("There is not enough capacity on the Dedicated Host ",
                                                                request.host_id, " to launch or start the instance."));
  }
  const std::vector<std::string> asked = Candidates(request);
  if (!asked.empty() &&
      std::all_of(asked.begin(), asked.end(), [&](const std::string& zone) { return IsGroupFull(zone, request); })) {
    return exhausted("InsufficientInstanceCapacity",
                     absl::StrCat("The spread placement group '", request.group, "' has ", kSpreadRunningMax,
                                  " running instances in ", absl::StrJoin(asked, ", "),
                                  ", the most that it may have in an Availability Zone."));
  }
  const bool one = !request.availability_zone.empty();
  std::string message =
      absl::StrCat("We currently do not have sufficient ", request.instance_type, " capacity in ",
                   one ? absl::StrCat("the Availability Zone you requested (", request.availability_zone, ").")
                       : "any Availability Zone.",
                   " Our system will be working on provisioning additional capacity.");
  std::vector<std::string> others;
  PlacementRequest anywhere = request;
  anywhere.availability_zone.clear();
  for (const std::string& zone : one ? Candidates(anywhere) : std::vector<std::string>()) {
    if (zone != request.availability_zone && PlaceIn(zone, anywhere).has_value()) others.push_back(zone);
  }
  std::sort(others.begin(), others.end());
  if (!others.empty()) {
    absl::StrAppend(&message, " You can currently get ", request.instance_type,
                    " capacity by not specifying an Availability Zone in your request or choosing ",
                    absl::StrJoin(others, ", "), ".");
  }
  return exhausted("InsufficientInstanceCapacity", message);
}

absl::Status Placement::Take(const std::string& instance_id, const PlacementRequest& request,
                             const PlacementChoice& choice) {
  if (zones_.count(choice.availability_zone) == 0) return UnknownZone(choice.availability_zone);
  if (!request.group.empty() && GroupOf(request) == nullptr) return UnknownGroup(request.group);
  const auto [it, added] = placed_.try_emplace(instance_id, Placed{request, choice});
  if (!added) return absl::AlreadyExistsError(absl::StrCat("The instance '", instance_id, "' is placed already"));
  Count(it->second, 1);
  return absl::OkStatus();
}

void Placement::Release(absl::string_view instance_id) {
  const auto it = placed_.find(instance_id);
  if (it == placed_.end()) return;
  Count(it->second, -1);
  placed_.erase(it);
}

void Placement::CountOnHost(const Placed& placed, int by, Zone& zone) {
  const auto it = zone.hosts.find(placed.choice.host_id);
  if (it == zone.hosts.end()) return;
  Host& host = it->second;
  host.vcpus_used += by * placed.request.vcpus;
  host.memory_used_mib += by * placed.request.memory_mib;
  AddCount(placed.request.tenancy, by, host.tenancies);
  if (placed.request.group.empty()) return;
  std::map<int, int>& partitions = host.groups[placed.request.group];
  AddCount(placed.choice.partition, by, partitions);
  if (partitions.empty()) host.groups.erase(placed.request.group);
}

void Placement::Count(const Placed& placed, int by) {
  Zone& zone = zones_[placed.choice.availability_zone];
  zone.running += by;
  CountOnHost(placed, by, zone);
  if (placed.request.group.empty()) return;
  Members& members = groups_[placed.request.group].zones[placed.choice.availability_zone];
  members.running += by;
  members.by_partition[placed.choice.partition] += by;
}

int Placement::CountInGroup(absl::string_view group, absl::string_view zone) const {
  const auto it = groups_.find(group);
  if (it == groups_.end()) return 0;
  int count = 0;
  for (const auto& [name, members] : it->second.zones) {
    if (zone.empty() || zone == name) count += members.running;
  }
  return count;
}

absl::StatusOr<PlacementGroup> ValidatePlacementGroup(absl::string_view name, PlacementStrategy strategy,
                                                      std::optional<int64_t> partitions,
                                                      absl::string_view spread_level) {
  PlacementGroup group{.name = std::string(name), .strategy = strategy};
  if (partitions.has_value() && strategy != PlacementStrategy::kPartition) {
    return Invalid(
        "InvalidParameterCombination",
        absl::StrCat("A count of partitions is of a partition placement group, not of a ", StrategyName(strategy)));
  }
  if (!spread_level.empty() && strategy != PlacementStrategy::kSpread) {
    return Invalid("InvalidParameterCombination",
                   absl::StrCat("A spread level is of a spread placement group, not of a ", StrategyName(strategy)));
  }
  if (partitions.has_value()) {
    group.partitions = static_cast<int>(std::clamp<int64_t>(*partitions, 0, int64_t{kPartitionsMax} + 1));
  }
  if (!spread_level.empty()) group.spread_level = std::string(spread_level);
  Placement placement;
  NUBO_RETURN_IF_ERROR(placement.AddGroup(group));
  return group;
}

}  // namespace nubo::ec2
