#include "nubo/region/compute/placement_groups.h"

#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "nubo/base/status.h"
#include "nubo/ec2/placement.h"
#include "nubo/region/network/plain_records.h"
#include "nubo/region/state/instance_facts.h"
#include "nubo/stack/runner.h"
#include "nubo/stack/schema.h"
#include "nubo/stack/value.h"

namespace nubo::region {
namespace {

using stack::IdKind;
using stack::Progress;
using stack::ResourceContext;
using stack::Value;

constexpr char kPlacementGroupType[] = "AWS::EC2::PlacementGroup";

const v1::PlainState* FindGroup(const Model& model, const std::string& name) {
  return FirstPlain(model, kPlacementGroupType,
                    [&](const v1::PlainState& other) { return Attribute(other, "GroupName") == name; });
}

absl::Status CheckGroupName(const Model& model, const v1::Owner& owner, const std::string& name) {
  const bool taken = !name.empty() && IsTaken(model.plain, owner, [&](const v1::PlainState& other) {
    return other.type() == kPlacementGroupType && Attribute(other, "GroupName") == name;
  });
  return taken ? NameInUse("placement group", name, "InvalidPlacementGroup.Duplicate") : absl::OkStatus();
}

ec2::PlacementGroup GroupOf(const v1::PlainState& record) {
  ec2::PlacementGroup group{.name = Attribute(record, "GroupName")};
  group.strategy = ec2::ParseStrategy(Attribute(record, "Strategy")).value_or(ec2::PlacementStrategy::kCluster);
  (void)absl::SimpleAtoi(Attribute(record, "PartitionCount"), &group.partitions);
  return group;
}

// The zones, the group, and who runs in it.
ec2::Placement PlacementOf(const Context& context, const v1::PlainState& record, const std::string& except) {
  ec2::Placement placement;
  for (const absl::string_view zone : absl::StrSplit(stack::kAvailabilityZones, ',')) {
    placement.AddZone(std::string(zone));
  }
  const ec2::PlacementGroup group = GroupOf(record);
  (void)placement.AddGroup(group);
  for (const auto& [id, instance] : context.model.instances) {
    // A stopped one is placed anew when it starts.
    if (IsTerminated(instance) || IsStopped(instance) || id == except) continue;
    if (instance.settings().placement_group() != group.name) continue;
    (void)placement.Take(id, {.group = group.name},
                         {instance.availability_zone(), "", instance.settings().partition_number()});
  }
  return placement;
}

}  // namespace

absl::StatusOr<std::string> CreatePlacementGroup(Context& context, const v1::Owner& owner,
                                                 const CreatePlacementGroupRequest& request) {
  NUBO_ASSIGN_OR_RETURN(const ec2::PlacementStrategy strategy, ec2::ParseStrategy(request.strategy));
  NUBO_ASSIGN_OR_RETURN(
      const ec2::PlacementGroup group,
      ec2::ValidatePlacementGroup(request.group_name, strategy, request.partition_count, request.spread_level));
  NUBO_RETURN_IF_ERROR(CheckGroupName(context.model, {}, request.group_name));
  const auto any = [](const v1::PlainState&) { return true; };
  if (CountPlain(context.model, kPlacementGroupType, any) >= ec2::kPlacementGroupsMax) {
    return base::WithErrorCode(absl::ResourceExhaustedError(
                                   absl::StrCat("There are ", ec2::kPlacementGroupsMax, " placement groups, the most")),
                               "PlacementGroupLimitExceeded");
  }
  v1::PlainState record;
  SetAttribute(record, "GroupName", group.name);
  SetAttribute(record, "State", "available");
  SetAttribute(record, "Strategy", std::string(ec2::StrategyName(strategy)));
  if (strategy == ec2::PlacementStrategy::kPartition) {
    SetAttribute(record, "PartitionCount", absl::StrCat(group.partitions));
  }
  if (strategy == ec2::PlacementStrategy::kSpread) SetAttribute(record, "SpreadLevel", group.spread_level);
  return PutPlain(context, owner, kPlacementGroupType, "pg", std::move(record));
}

absl::Status DeletePlacementGroup(Context& context, const std::string& group_name) {
  const v1::PlainState* record = FindGroup(context.model, group_name);
  if (record == nullptr) return absl::OkStatus();
  NUBO_RETURN_IF_ERROR(PlacementOf(context, *record, "").RemoveGroup(group_name));
  context.model.plain.Erase(std::string(record->id()));
  return absl::OkStatus();
}

absl::StatusOr<int> PlaceInGroup(const Context& context, const std::string& group_name, int partition,
                                 const std::string& availability_zone, const std::string& except) {
  NUBO_RETURN_IF_ERROR(CheckExists(context, IdKind::kPlacementGroup, group_name));
  const ec2::Placement placement = PlacementOf(context, *FindGroup(context.model, group_name), except);
  NUBO_ASSIGN_OR_RETURN(
      const ec2::PlacementChoice choice,
      placement.Place({.availability_zone = availability_zone, .group = group_name, .partition = partition}));
  return choice.partition;
}

void AddPlacementGroupTypes(ResourceTypes& types) {
  ResourceType& type = types.Add(kPlacementGroupType);
  // What Ref gives, and what everything else calls it by, is its name.
  type.create = [](Context& context, const ResourceContext& resource,
                   const Value& properties) -> absl::StatusOr<std::string> {
    const v1::Owner owner = OwnerOf(resource);
    CreatePlacementGroupRequest request{.group_name = properties.Get("GroupName").text(),
                                        .partition_count = properties.Get("PartitionCount").AsInteger(),
                                        .spread_level = properties.Get("SpreadLevel").text()};
    if (request.group_name.empty()) {
      request.group_name = GeneratedName(context, owner, ec2::kPlacementGroupNameMax);
    }
    const std::string& strategy = properties.Get("Strategy").text();
    if (!strategy.empty()) request.strategy = strategy;
    NUBO_RETURN_IF_ERROR(CreatePlacementGroup(context, owner, request).status());
    return request.group_name;
  };
  type.poll = [](Context& context, const std::string& name) -> absl::StatusOr<Progress> {
    if (FindGroup(context.model, name) == nullptr) return Progress::Failed("the placement group is gone");
    return Progress::Complete({{"GroupName", Value::String(name)}});
  };
  type.update = NothingToChange;
  type.remove = [](Context& context, const ResourceContext&, const std::string& name) {
    return DeletePlacementGroup(context, name);
  };
  type.check_name = [](const Model& model, const v1::Owner& owner, const Value& properties) {
    return CheckGroupName(model, owner, properties.Get("GroupName").text());
  };
  type.disown = [](Model& model, const std::string& name) {
    if (const v1::PlainState* record = FindGroup(model, name)) Disown(model.plain, std::string(record->id()));
  };
  type.show = [](const Context& context, const std::string& name, google::protobuf::Struct* shown) {
    const v1::PlainState* record = FindGroup(context.model, name);
    if (record != nullptr) ShowPlain(*record, shown);
    return record != nullptr;
  };
  types.AddId({IdKind::kPlacementGroup, "", "placement group", "InvalidPlacementGroup.Unknown",
               [](const Model& model, const std::string& name) { return FindGroup(model, name) != nullptr; }});
}

}  // namespace nubo::region
