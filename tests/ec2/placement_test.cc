#include "nubo/ec2/placement.h"

#include <boost/test/unit_test.hpp>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::ec2 {
namespace {

using absl::StatusCode;
using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

PlacementRequest Large() { return {.instance_type = "m5.large", .vcpus = 2, .memory_mib = 8192}; }
PlacementRequest In(const std::string& group) {
  PlacementRequest request = Large();
  request.group = group;
  return request;
}
PlacementRequest At(PlacementRequest request, const std::string& zone) {
  request.availability_zone = zone;
  return request;
}

std::string Text(const PlacementChoice& choice) {
  std::string text = choice.availability_zone;
  if (!choice.host_id.empty()) absl::StrAppend(&text, " ", choice.host_id);
  if (choice.partition != 0) absl::StrAppend(&text, " #", choice.partition);
  return text;
}

// Instances as they come: "us-east-1a h-1 #2", or "!" and the error's code.
class Placer {
 public:
  std::string operator()(const PlacementRequest& request) {
    const absl::StatusOr<PlacementChoice> choice = placement.Place(request);
    if (!choice.ok()) return "!" + base::ErrorCode(choice.status());
    BOOST_TEST(IsOk(placement.Take(absl::StrCat("i-", ++count_), request, *choice)));
    return Text(*choice);
  }

  Placement placement;

 private:
  int count_ = 0;
};

const std::vector<PlacementHost> kTwoHosts = {{"h-1", 8, 32768}, {"h-2", 4, 16384}};

BOOST_AUTO_TEST_CASE(it_goes_where_the_fewest_are) {
  Placer place;
  for (const char* zone : {"b", "a", "c"}) place.placement.AddZone(zone);
  BOOST_TEST(place(Large()) == "a");
  BOOST_TEST(place(Large()) == "b");
  BOOST_TEST(place(At(Large(), "a")) == "a");
  BOOST_TEST(place(Large()) == "c");
  BOOST_TEST(place(Large()) == "b");
  place.placement.Release("i-1");
  place.placement.Release("i-3");
  place.placement.Release("i-3");
  place.placement.Release("nobody");
  BOOST_TEST(place(Large()) == "a");
  BOOST_TEST(place(At(Large(), "d")) == "!InvalidParameterValue");
  BOOST_TEST(StatusIs(place.placement.Place(At(Large(), "d")), StatusCode::kInvalidArgument,
                      "Invalid availability zone: [d]"));
}

BOOST_AUTO_TEST_CASE(hosts_take_what_they_can) {
  Placer place;
  place.placement.AddZone("a", kTwoHosts);
  // The fullest that has room.
  BOOST_TEST(place(Large()) == "a h-2");
  BOOST_TEST(place(Large()) == "a h-2");
  for (int i = 0; i < 4; ++i) BOOST_TEST(place(Large()) == "a h-1");
  BOOST_TEST(place(Large()) == "!InsufficientInstanceCapacity");
  place.placement.Release("i-1");
  BOOST_TEST(place(Large()) == "a h-2");
  // Memory alone may lack.
  Placer by_memory;
  by_memory.placement.AddZone("a", {{"h-1", 8, 8192}});
  BOOST_TEST(by_memory(Large()) == "a h-1");
  BOOST_TEST(by_memory(Large()) == "!InsufficientInstanceCapacity");
}

BOOST_AUTO_TEST_CASE(without_room_in_a_zone_it_goes_to_the_next) {
  Placer place;
  place.placement.AddZone("a", {{"h-1", 2, 8192}});
  place.placement.AddZone("b", {{"h-2", 4, 16384}});
  BOOST_TEST(place(Large()) == "a h-1");
  BOOST_TEST(place(Large()) == "b h-2");
  BOOST_TEST(place(Large()) == "b h-2");
  BOOST_TEST(StatusIs(place.placement.Place(Large()), StatusCode::kResourceExhausted,
                      "We currently do not have sufficient m5.large capacity in any Availability Zone. Our system will "
                      "be working on provisioning additional capacity."));
  place.placement.AddZone("c");
  place.placement.AddZone("d");
  BOOST_TEST(StatusIs(place.placement.Place(At(Large(), "a")), StatusCode::kResourceExhausted,
                      "We currently do not have sufficient m5.large capacity in the Availability Zone you requested "
                      "(a). Our system will be working on provisioning additional capacity. You can currently get "
                      "m5.large capacity by not specifying an Availability Zone in your request or choosing c, d."));
}

BOOST_AUTO_TEST_CASE(hosts_that_change_keep_who_is_on_them) {
  Placer place;
  place.placement.AddZone("a", {{"h-1", 2, 8192}});
  BOOST_TEST(place(Large()) == "a h-1");
  place.placement.AddZone("a", {{"h-1", 4, 16384}, {"h-2", 2, 8192}});
  BOOST_TEST(place(Large()) == "a h-1");
  BOOST_TEST(place(Large()) == "a h-2");
  BOOST_TEST(place(Large()) == "!InsufficientInstanceCapacity");
  place.placement.AddZone("a", {{"h-2", 2, 8192}});
  // One whose host is not there any more frees nothing.
  place.placement.Release("i-1");
  BOOST_TEST(place(Large()) == "!InsufficientInstanceCapacity");
  place.placement.AddZone("a");
  BOOST_TEST(place(Large()) == "a");
}

BOOST_AUTO_TEST_CASE(a_cluster_is_in_one_zone_and_close) {
  Placer place;
  place.placement.AddZone("a", kTwoHosts);
  place.placement.AddZone("b", kTwoHosts);
  BOOST_TEST(IsOk(place.placement.AddGroup({.name = "close", .strategy = PlacementStrategy::kCluster})));
  BOOST_TEST(place(At(In("close"), "b")) == "b h-2");
  BOOST_TEST(place(In("close")) == "b h-2");
  for (int i = 0; i < 4; ++i) BOOST_TEST(place(In("close")) == "b h-1");
  // It does not leave the zone.
  BOOST_TEST(place(In("close")) == "!InsufficientInstanceCapacity");
  BOOST_TEST(place(At(In("close"), "a")) == "!InvalidParameterCombination");
  PlacementRequest burstable = In("close");
  burstable.instance_type = "t3.micro";
  burstable.burstable = true;
  BOOST_TEST(StatusIs(place.placement.Place(burstable), StatusCode::kInvalidArgument,
                      "Cluster placement groups are not supported by the 't3.micro' instance type."));
  for (int i = 1; i <= 6; ++i) place.placement.Release(absl::StrCat("i-", i));
  BOOST_TEST(place(At(In("close"), "a")) == "a h-2");
}

BOOST_AUTO_TEST_CASE(a_cluster_stays_on_its_hosts_while_they_have_room) {
  Placer place;
  place.placement.AddZone("a", {{"h-1", 16, 65536}, {"h-2", 4, 16384}});
  BOOST_TEST(IsOk(place.placement.AddGroup({.name = "close"})));
  PlacementRequest big = In("close");
  big.vcpus = 6;
  BOOST_TEST(place(big) == "a h-1");
  // The other is fuller, but apart.
  BOOST_TEST(place(In("close")) == "a h-1");
  BOOST_TEST(place(Large()) == "a h-2");
}

BOOST_AUTO_TEST_CASE(a_spread_has_seven_in_a_zone) {
  Placer place;
  place.placement.AddZone("a");
  place.placement.AddZone("b");
  BOOST_TEST(IsOk(place.placement.AddGroup({.name = "wide", .strategy = PlacementStrategy::kSpread})));
  std::map<std::string, int> zones;
  for (int i = 0; i < 14; ++i) ++zones[place(In("wide"))];
  BOOST_TEST(zones["a"] == 7);
  BOOST_TEST(zones["b"] == 7);
  BOOST_TEST(place(In("wide")) == "!InsufficientInstanceCapacity");
  BOOST_TEST(StatusIs(place.placement.Place(At(In("wide"), "b")), StatusCode::kResourceExhausted,
                      "The spread placement group 'wide' has 7 running instances in b"));
  BOOST_TEST(place.placement.CountInGroup("wide") == 14);
  BOOST_TEST(place.placement.CountInGroup("wide", "b") == 7);
  // Others are not held back; one that stops makes room.
  BOOST_TEST(place(Large()) == "a");
  place.placement.Release("i-2");
  BOOST_TEST(place(In("wide")) == "b");
}

BOOST_AUTO_TEST_CASE(a_spread_has_a_host_for_each) {
  Placer place;
  place.placement.AddZone("a", kTwoHosts);
  BOOST_TEST(IsOk(place.placement.AddGroup({.name = "wide", .strategy = PlacementStrategy::kSpread})));
  BOOST_TEST(place(In("wide")) == "a h-2");
  BOOST_TEST(place(In("wide")) == "a h-1");
  BOOST_TEST(place(In("wide")) == "!InsufficientInstanceCapacity");
  BOOST_TEST(place(Large()) == "a h-2");
  PlacementRequest hosted = In("wide");
  hosted.tenancy = Tenancy::kHost;
  BOOST_TEST(place(hosted) == "!InvalidParameterCombination");
}

BOOST_AUTO_TEST_CASE(partitions_are_filled_evenly) {
  Placer place;
  place.placement.AddZone("a");
  place.placement.AddZone("b");
  BOOST_TEST(
      IsOk(place.placement.AddGroup({.name = "parts", .strategy = PlacementStrategy::kPartition, .partitions = 3})));
  BOOST_TEST(place(In("parts")) == "a #1");
  BOOST_TEST(place(In("parts")) == "b #1");
  BOOST_TEST(place(At(In("parts"), "a")) == "a #2");
  PlacementRequest third = At(In("parts"), "a");
  third.partition = 3;
  BOOST_TEST(place(third) == "a #3");
  BOOST_TEST(place(third) == "a #3");
  BOOST_TEST(place(At(In("parts"), "a")) == "a #1");
  BOOST_TEST(place(At(In("parts"), "a")) == "a #2");
  third.partition = 4;
  BOOST_TEST(
      StatusIs(place.placement.Place(third), StatusCode::kInvalidArgument, "The placement group 'parts' has 3."));
  third.partition = -1;
  BOOST_TEST(place(third) == "!InvalidParameterValue");
}

BOOST_AUTO_TEST_CASE(partitions_share_no_host) {
  Placer place;
  place.placement.AddZone("a", {{"h-1", 4, 16384}, {"h-2", 4, 16384}});
  BOOST_TEST(
      IsOk(place.placement.AddGroup({.name = "parts", .strategy = PlacementStrategy::kPartition, .partitions = 3})));
  BOOST_TEST(place(In("parts")) == "a h-1 #1");
  BOOST_TEST(place(In("parts")) == "a h-2 #2");
  // There is no third host.
  PlacementRequest third = In("parts");
  third.partition = 3;
  BOOST_TEST(place(third) == "!InsufficientInstanceCapacity");
  BOOST_TEST(place(In("parts")) == "a h-1 #1");
  BOOST_TEST(place(In("parts")) == "a h-2 #2");
  BOOST_TEST(place(In("parts")) == "!InsufficientInstanceCapacity");
}

BOOST_AUTO_TEST_CASE(tenancies_share_no_host) {
  Placer place;
  place.placement.AddZone("a", {{"h-1", 16, 65536}, {"h-2", 16, 65536}, {"h-3", 16, 65536}});
  PlacementRequest dedicated = Large();
  dedicated.tenancy = Tenancy::kDedicated;
  PlacementRequest hosted = Large();
  hosted.tenancy = Tenancy::kHost;
  BOOST_TEST(place(dedicated) == "a h-1");
  BOOST_TEST(place(Large()) == "a h-2");
  BOOST_TEST(place(dedicated) == "a h-1");
  BOOST_TEST(place(Large()) == "a h-2");
  BOOST_TEST(place(hosted) == "a h-3");
  hosted.host_id = "h-3";
  BOOST_TEST(place(hosted) == "a h-3");
  hosted.host_id = "h-2";
  BOOST_TEST(place(hosted) == "!InsufficientCapacityOnHost");
  hosted.host_id = "h-9";
  BOOST_TEST(place(hosted) == "!InvalidHostID.NotFound");
  place.placement.AddZone("b");
  hosted.host_id = "h-3";
  BOOST_TEST(place(hosted) == "a h-3");
  BOOST_TEST(place(At(hosted, "b")) == "!ZonesMismatched");
  dedicated.host_id = "h-1";
  BOOST_TEST(place(dedicated) == "!InvalidParameterCombination");
}

BOOST_AUTO_TEST_CASE(groups_are_checked) {
  Placement placement;
  struct {
    PlacementGroup group;
    std::string code;
  } const rows[] = {
      {{.name = "web"}, ""},
      {{.name = "a name (of 9+) characters!"}, ""},
      {{.name = std::string(255, 'n')}, ""},
      {{.name = "parts", .strategy = PlacementStrategy::kPartition, .partitions = 7}, ""},
      {{.name = "web"}, "InvalidPlacementGroup.Duplicate"},
      {{.name = ""}, "InvalidParameterValue"},
      {{.name = std::string(256, 'n')}, "InvalidParameterValue"},
      {{.name = "w\xc3\xbc"}, "InvalidParameterValue"},
      {{.name = "p0", .strategy = PlacementStrategy::kPartition, .partitions = 0}, "InvalidParameterValue"},
      {{.name = "p8", .strategy = PlacementStrategy::kPartition, .partitions = 8}, "InvalidParameterValue"},
      {{.name = "s", .strategy = PlacementStrategy::kSpread, .spread_level = "host"}, "InvalidParameterValue"},
  };
  for (const auto& row : rows) {
    BOOST_TEST_INFO(row.group.name);
    const absl::Status status = placement.AddGroup(row.group);
    BOOST_TEST(status.ok() == row.code.empty());
    BOOST_TEST(base::ErrorCode(status) == row.code);
  }
  BOOST_TEST(placement.FindGroup("parts")->partitions == 7);
  BOOST_TEST(placement.FindGroup("none") == nullptr);
  for (size_t i = 4; i < kPlacementGroupsMax; ++i) BOOST_TEST(IsOk(placement.AddGroup({.name = absl::StrCat(i)})));
  BOOST_TEST(base::ErrorCode(placement.AddGroup({.name = "more"})) == "PlacementGroupLimitExceeded");
}

BOOST_AUTO_TEST_CASE(a_group_in_use_stays) {
  Placer place;
  place.placement.AddZone("a");
  BOOST_TEST(IsOk(place.placement.AddGroup({.name = "web"})));
  BOOST_TEST(place(In("web")) == "a");
  const absl::Status used = place.placement.RemoveGroup("web");
  BOOST_TEST(StatusIs(used, StatusCode::kFailedPrecondition, "The placement group 'web' is in use"));
  BOOST_TEST(base::ErrorCode(used) == "InvalidPlacementGroup.InUse");
  place.placement.Release("i-1");
  BOOST_TEST(IsOk(place.placement.RemoveGroup("web")));
  BOOST_TEST(base::ErrorCode(place.placement.RemoveGroup("web")) == "InvalidPlacementGroup.Unknown");
  BOOST_TEST(
      StatusIs(place.placement.Place(In("web")), StatusCode::kNotFound, "The Placement Group 'web' is unknown."));
  PlacementRequest partition = Large();
  partition.partition = 1;
  BOOST_TEST(place(partition) == "!InvalidParameterCombination");
  BOOST_TEST(IsOk(place.placement.AddGroup({.name = "web"})));
  partition.group = "web";
  BOOST_TEST(place(partition) == "!InvalidParameterCombination");
}

BOOST_AUTO_TEST_CASE(who_ran_before_a_restart_runs_there_again) {
  Placement placement;
  placement.AddZone("a", {{"h-1", 2, 8192}});
  BOOST_TEST(IsOk(placement.Take("i-1", Large(), {"a", "h-1", 0})));
  BOOST_TEST(StatusIs(placement.Take("i-1", Large(), {"a", "h-1", 0}), StatusCode::kAlreadyExists, "'i-1'"));
  // Also where there is less room than there was.
  BOOST_TEST(IsOk(placement.Take("i-2", Large(), {"a", "h-1", 0})));
  BOOST_TEST(StatusIs(placement.Place(Large()), StatusCode::kResourceExhausted));
  placement.Release("i-1");
  BOOST_TEST(StatusIs(placement.Place(Large()), StatusCode::kResourceExhausted));
  placement.Release("i-2");
  BOOST_TEST(IsOk(placement.Place(Large())));
  BOOST_TEST(base::ErrorCode(placement.Take("i-3", Large(), {"z", "", 0})) == "InvalidParameterValue");
  BOOST_TEST(base::ErrorCode(placement.Take("i-3", In("none"), {"a", "", 0})) == "InvalidPlacementGroup.Unknown");
}

BOOST_AUTO_TEST_CASE(a_region_without_zones_has_no_room) {
  Placement placement;
  BOOST_TEST(base::ErrorCode(placement.Place(Large()).status()) == "InsufficientInstanceCapacity");
}

BOOST_AUTO_TEST_CASE(names_are_read_and_written) {
  for (const char* name : {"cluster", "spread", "partition"}) {
    BOOST_TEST(std::string(StrategyName(ParseStrategy(name).value())) == name);
  }
  for (const char* name : {"default", "dedicated", "host"}) {
    BOOST_TEST(std::string(TenancyName(ParseTenancy(name).value())) == name);
  }
  BOOST_TEST(base::ErrorCode(ParseStrategy("Cluster").status()) == "InvalidParameterValue");
  BOOST_TEST(
      StatusIs(ParseTenancy("shared"), StatusCode::kInvalidArgument,
               "Value (shared) for parameter tenancy is invalid. Valid values are default, dedicated and host."));
}

}  // namespace
}  // namespace nubo::ec2
