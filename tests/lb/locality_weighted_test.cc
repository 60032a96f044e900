#include "nubo/lb/locality_weighted.h"

#include <boost/test/unit_test.hpp>
#include <limits>

#include "absl/strings/str_cat.h"
#include "nubo/lb/hash.h"
#include "nubo/lb/maglev.h"
#include "nubo/lb/round_robin.h"
#include "nubo/testing/status_matchers.h"
#include "tests/lb/endpoints.h"

namespace nubo::lb {
namespace {

using ::nubo::testing::StatusIs;

// `healthy` of `count` endpoints are healthy.
void Add(EndpointList& endpoints, const std::string& zone, int priority, int count, int healthy) {
  for (int i = 0; i < count; ++i) {
    auto endpoint = MakeEndpoint(static_cast<int>(endpoints.size()));
    endpoint->zone = zone;
    endpoint->priority = priority;
    endpoint->healthy = i < healthy;
    endpoints.push_back(std::move(endpoint));
  }
}

struct Share {
  std::map<std::string, double> of_zone;
  int unhealthy = 0;
};

Share Shares(const EndpointList& endpoints, LocalityOptions options = {}) {
  auto policy = *MakeLocalityWeighted([] { return MakeRoundRobin(); }, std::move(options));
  const auto picker = *policy->Build(endpoints);
  constexpr int kPicks = 20000;
  std::mt19937_64 rng(3);
  Share share;
  for (int i = 0; i < kPicks; ++i) {
    const Choice choice = picker->Pick({}, rng);
    share.of_zone[absl::StrCat(choice.endpoint()->zone, choice.endpoint()->priority)] += 1.0 / kPicks;
    share.unhealthy += choice.endpoint()->healthy ? 0 : 1;
  }
  return share;
}

// Envoy's own table: two priorities, P0's health in percent, and what each gets at an overprovisioning factor of 1.4.
BOOST_AUTO_TEST_CASE(priorities_share_as_envoys_table_says) {
  struct Case {
    size_t healthy0, healthy1;
    double share0, share1;
  };
  const Case cases[] = {{100, 100, 1, 0},    {72, 100, 1, 0},       {71, 100, 0.994, 0.006},
                        {50, 100, 0.7, 0.3}, {25, 100, 0.35, 0.65}, {0, 100, 0, 1},
                        {50, 0, 1, 0}};
  for (const Case& c : cases) {
    const auto shares = SharePriorities({{100, c.healthy0}, {100, c.healthy1}}, 1.4, 0.5);
    BOOST_TEST(shares[0].share == c.share0, boost::test_tools::tolerance(0.001) << c.healthy0);
    BOOST_TEST(shares[1].share == c.share1, boost::test_tools::tolerance(0.001) << c.healthy0);
  }
}

// Envoy: with less than 100 % in all, what there is is scaled up, and panic begins where less than half is healthy.
BOOST_AUTO_TEST_CASE(panic_begins_only_where_the_priorities_together_cannot) {
  struct Case {
    size_t healthy0, healthy1;
    bool panic0, panic1;
    double share0;
  };
  const Case cases[] = {{25, 75, false, false, 0.35}, {25, 25, true, true, 0.5}, {5, 65, true, false, 0.07 / 0.98},
                        {0, 0, true, true, 0.5},      {10, 30, true, true, 0.5}, {60, 10, false, true, 0.84 / 0.98}};
  for (const Case& c : cases) {
    const auto shares = SharePriorities({{100, c.healthy0}, {100, c.healthy1}}, 1.4, 0.5);
    BOOST_TEST(shares[0].panic == c.panic0, c.healthy0 << " and " << c.healthy1);
    BOOST_TEST(shares[1].panic == c.panic1, c.healthy0 << " and " << c.healthy1);
    BOOST_TEST(shares[0].share == c.share0, boost::test_tools::tolerance(0.001));
    BOOST_TEST(shares[0].share + shares[1].share == 1, boost::test_tools::tolerance(1e-9));
  }
}

BOOST_AUTO_TEST_CASE(an_empty_priority_gets_nothing) {
  const auto shares = SharePriorities({{0, 0}, {10, 10}}, 1.4, 0.5);
  BOOST_TEST(shares[0].share == 0);
  BOOST_TEST(shares[1].share == 1);
  BOOST_TEST(!shares[0].panic);
  BOOST_TEST(SharePriorities({}, 1.4, 0.5).empty());
}

BOOST_AUTO_TEST_CASE(localities_share_by_weight_and_health) {
  EndpointList endpoints;
  Add(endpoints, "a", 0, 10, 10);
  Add(endpoints, "b", 0, 10, 10);
  const Share even = Shares(endpoints);
  BOOST_TEST(even.of_zone.at("a0") == 0.5, boost::test_tools::tolerance(0.03));
  const Share weighted = Shares(endpoints, {.weights = {{"a", 3}, {"b", 1}}});
  BOOST_TEST(weighted.of_zone.at("a0") == 0.75, boost::test_tools::tolerance(0.03));

  // Envoy's: availability of b is min(100, 140 · 0.5) = 70 %, so that it gets 0.7 / 1.7.
  EndpointList half;
  Add(half, "a", 0, 10, 10);
  Add(half, "b", 0, 10, 5);
  const Share share = Shares(half);
  BOOST_TEST(share.of_zone.at("b0") == 0.7 / 1.7, boost::test_tools::tolerance(0.03));
  BOOST_TEST(share.unhealthy == 0);
}

BOOST_AUTO_TEST_CASE(the_next_priority_serves_what_the_first_cannot) {
  EndpointList endpoints;
  Add(endpoints, "a", 0, 10, 5);
  Add(endpoints, "b", 7, 10, 10);
  const Share share = Shares(endpoints);
  BOOST_TEST(share.of_zone.at("a0") == 0.7, boost::test_tools::tolerance(0.03));
  BOOST_TEST(share.of_zone.at("b7") == 0.3, boost::test_tools::tolerance(0.03));
  BOOST_TEST(share.unhealthy == 0);
}

BOOST_AUTO_TEST_CASE(nobody_unhealthy_is_chosen_outside_of_panic) {
  for (int healthy = 1; healthy <= 20; ++healthy) {
    EndpointList endpoints;
    Add(endpoints, "a", 0, 20, healthy);
    const Share share = Shares(endpoints);
    // Panic: fewer than half healthy, and 1.4 times as many are still not all.
    if (healthy < 10) {
      BOOST_TEST(share.unhealthy > 0, healthy);
    } else {
      BOOST_TEST(share.unhealthy == 0, healthy);
    }
    BOOST_TEST(Shares(endpoints, {.panic_threshold = 0}).unhealthy == 0, healthy);
  }
}

BOOST_AUTO_TEST_CASE(without_panic_and_health_requests_fail_with_a_reason) {
  EndpointList endpoints;
  Add(endpoints, "a", 0, 3, 0);
  auto policy = *MakeLocalityWeighted([] { return MakeRoundRobin(); }, {.panic_threshold = 0});
  std::mt19937_64 rng(1);
  const auto picker = *policy->Build(endpoints);
  const Choice choice = picker->Pick({}, rng);
  BOOST_TEST((choice.kind() == Choice::Kind::kFail));
  BOOST_TEST(choice.reason() == "no endpoint is healthy, and panic is off");
}

BOOST_AUTO_TEST_CASE(a_retry_leaves_a_place_that_was_tried_whole) {
  EndpointList endpoints;
  Add(endpoints, "a", 0, 1, 1);
  Add(endpoints, "b", 0, 1, 1);
  auto policy = *MakeLocalityWeighted([] { return MakeRoundRobin(); });
  const std::vector<std::string> tried = {"i-0"};
  const auto picks = Picks(**policy->Build(endpoints), 200, {.avoid = tried});
  BOOST_TEST(picks.at("i-1") == 200);
}

BOOST_AUTO_TEST_CASE(requests_of_one_hash_go_to_one_endpoint) {
  EndpointList endpoints;
  Add(endpoints, "a", 0, 3, 3);
  Add(endpoints, "b", 0, 3, 3);
  auto policy = *MakeLocalityWeighted([] { return *MakeMaglev(); });
  const auto picker = *policy->Build(endpoints);
  std::map<std::string, int> all;
  for (uint64_t key = 0; key < 600; ++key) {
    const uint64_t hash = Hash(absl::StrCat("key-", key));
    const auto picks = Picks(*picker, 10, {.hash = hash});
    BOOST_TEST(picks.size() == 1u);
    ++all[picks.begin()->first];
  }
  // And those of many to all.
  BOOST_TEST(all.size() == 6u);
  for (const auto& [id, count] : all) BOOST_TEST(count > 50, id);
}

BOOST_AUTO_TEST_CASE(impossible_options_are_refused) {
  const auto round_robin = [] { return MakeRoundRobin(); };
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const LocalityOptions cases[] = {{.overprovisioning = 0.9}, {.overprovisioning = nan},
                                   {.panic_threshold = 1.1},  {.panic_threshold = nan},
                                   {.panic_threshold = -0.1}, {.weights = {{"a", 0}}},
                                   {.weights = {{"a", nan}}}, {.weights = {{"a", kWeightMax * 2}}}};
  for (const LocalityOptions& options : cases) {
    BOOST_TEST(StatusIs(MakeLocalityWeighted(round_robin, options).status(), absl::StatusCode::kInvalidArgument));
  }
  BOOST_TEST(StatusIs(MakeLocalityWeighted(nullptr).status(), absl::StatusCode::kInvalidArgument));
  const auto nothing = [] { return std::unique_ptr<Policy>(); };
  BOOST_TEST(StatusIs(MakeLocalityWeighted(nothing).status(), absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace nubo::lb
