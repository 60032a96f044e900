// Policies that hash: what they hash to, whom they share with, and what moves when the set changes.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <random>
#include <set>

#include "nubo/lb/hash.h"
#include "nubo/lb/least_cost.h"
#include "nubo/lb/maglev.h"
#include "nubo/lb/ring_hash.h"
#include "nubo/lb/subset.h"
#include "nubo/testing/status_matchers.h"
#include "tests/lb/endpoints.h"

namespace nubo::lb {
namespace {

using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

constexpr int kKeys = 20000;

// Who serves each of kKeys keys.
std::vector<std::string> Owners(Policy& policy, const EndpointList& endpoints) {
  const auto picker = *policy.Build(endpoints);
  std::mt19937_64 rng(1);
  std::vector<std::string> owners;
  for (int key = 0; key < kKeys; ++key) {
    owners.push_back(picker->Pick({.hash = Hash(absl::StrCat("key-", key))}, rng).endpoint()->id);
  }
  return owners;
}

EndpointList Without(EndpointList endpoints, size_t index) {
  endpoints.erase(endpoints.begin() + static_cast<ptrdiff_t>(index));
  return endpoints;
}

// Of the keys that `gone` did not serve, how many another one serves now.
int MovedNeedlessly(const std::vector<std::string>& before, const std::vector<std::string>& after,
                    const std::string& gone) {
  int moved = 0;
  for (size_t i = 0; i < before.size(); ++i) moved += before[i] != gone && before[i] != after[i] ? 1 : 0;
  return moved;
}

// The specification's own figures for the empty text, and the reference implementation's for others.
BOOST_AUTO_TEST_CASE(the_hash_is_xxh64) {
  struct Case {
    const char* text;
    uint64_t seed, hash;
  };
  const Case cases[] = {
      {"", 0, 0xef46db3751d8e999},
      {"a", 0, 0xd24ec4f1a98c6e5b},
      {"abc", 0, 0x44bc2cf5ad770999},
      {"Nobody inspects the spammish repetition", 0, 0xfbcea83c8a378bf1},
  };
  for (const Case& c : cases) BOOST_TEST(Hash(c.text, c.seed) == c.hash, c.text);
  BOOST_TEST(Hash("abc", 1) != Hash("abc", 0));
  BOOST_TEST(CombineHash(1, 2) != CombineHash(2, 1));
}

BOOST_AUTO_TEST_CASE(only_the_keys_of_the_one_that_goes_move_on_a_ring) {
  auto policy = *MakeRingHash();
  const EndpointList endpoints = MakeEndpoints(20);
  const auto before = Owners(*policy, endpoints);
  for (const size_t gone : {size_t{0}, size_t{7}, size_t{19}}) {
    const auto after = Owners(*policy, Without(endpoints, gone));
    BOOST_TEST(MovedNeedlessly(before, after, endpoints[gone]->id) == 0);
    BOOST_TEST((std::set<std::string>(after.begin(), after.end()).count(endpoints[gone]->id) == 0));
  }
}

// A ring of 4,096 points for 20 endpoints: 204 each, so that shares are off by 1/sqrt(204), 7 %, as a rule.
BOOST_AUTO_TEST_CASE(shares_on_a_ring_follow_the_weights) {
  std::vector<double> weights(20, 1);
  weights[3] = 3;
  RingHashOptions options;
  options.ring_size_min = 4096;
  auto policy = *MakeRingHash(options);
  std::map<std::string, int> keys;
  for (const std::string& owner : Owners(*policy, MakeWeighted(weights))) ++keys[owner];
  for (const auto& [id, count] : keys) {
    const double expected = kKeys * (id == "i-3" ? 3 : 1) / 22.0;
    BOOST_TEST(count == expected, boost::test_tools::tolerance(0.3));
  }
  BOOST_TEST(keys.size() == 20u);
}

BOOST_AUTO_TEST_CASE(a_larger_ring_is_more_even) {
  const auto spread = [](size_t size) {
    RingHashOptions options;
    options.ring_size_min = options.ring_size_max = size;
    auto policy = *MakeRingHash(options);
    std::map<std::string, int> keys;
    for (const std::string& owner : Owners(*policy, MakeEndpoints(10))) ++keys[owner];
    double sum = 0;
    for (const auto& [id, count] : keys) sum += std::pow(count - kKeys / 10.0, 2);
    return std::sqrt(sum / 10) / (kKeys / 10.0);
  };
  BOOST_TEST(spread(100000) < spread(100) / 3);
}

BOOST_AUTO_TEST_CASE(one_point_each_is_the_least) {
  RingHashOptions options;
  options.ring_size_min = options.ring_size_max = 1;
  auto policy = *MakeRingHash(options);
  const auto owners = Owners(*policy, MakeEndpoints(8));
  BOOST_TEST((std::set<std::string>(owners.begin(), owners.end()).size() == 8u));
}

template <typename MakePolicy>
void CheckLoadBound(const MakePolicy& make_policy, double bound) {
  auto policy = *make_policy(bound);
  const EndpointList endpoints = MakeEndpoints(10);
  const auto picker = *policy->Build(endpoints);
  std::mt19937_64 rng(1);
  // One key for everybody: without a bound one endpoint would carry all of it.
  std::vector<Call> calls;
  for (int i = 0; i < 1000; ++i) {
    calls.emplace_back(picker->Pick({.hash = Hash("the one key")}, rng).endpoint()->load, absl::UnixEpoch());
  }
  for (const auto& endpoint : endpoints) BOOST_TEST(endpoint->load->in_flight() <= std::ceil(bound * 100) + 2);
}

BOOST_AUTO_TEST_CASE(with_a_bound_nobody_carries_much_more_than_its_share) {
  for (const double bound : {1.0, 1.25, 2.0}) {
    CheckLoadBound(
        [](double b) {
          RingHashOptions options;
          options.load_bound = b;
          return MakeRingHash(options);
        },
        bound);
  }
}

BOOST_AUTO_TEST_CASE(a_bound_far_from_reached_changes_nothing) {
  RingHashOptions bounded;
  bounded.load_bound = 2;
  const EndpointList endpoints = MakeEndpoints(10);
  BOOST_TEST(Owners(**MakeRingHash(bounded), endpoints) == Owners(**MakeRingHash(), endpoints),
             boost::test_tools::per_element());
}

// NSDI 2024's peer among lookup tables, NSDI 2016: of 1,000 endpoints in 65,537 places the fullest has 0.71 % more than
// the mean, and when one goes 0.57 % of the others' places change hands.
BOOST_AUTO_TEST_CASE(maglev_is_even_and_moves_little) {
  const EndpointList endpoints = MakeEndpoints(1000);
  const std::vector<uint32_t> before = MaglevTable(endpoints, 65537);
  std::vector<int> places(endpoints.size());
  for (const uint32_t at : before) ++places[at];
  const int most = *std::max_element(places.begin(), places.end());
  const int least = *std::min_element(places.begin(), places.end());
  BOOST_TEST(most / 65.537 == 1.0071, boost::test_tools::tolerance(0.0001));
  BOOST_TEST(most - least <= 1);

  double moved = 0;
  constexpr size_t kTrials = 5;
  for (size_t gone = 0; gone < kTrials; ++gone) {
    const std::vector<uint32_t> after = MaglevTable(Without(endpoints, gone), 65537);
    for (size_t i = 0; i < before.size(); ++i) {
      const size_t now = after[i] >= gone ? after[i] + 1 : after[i];
      moved += before[i] != gone && before[i] != now ? 1 : 0;
    }
  }
  const double share = moved / kTrials / 65537;
  BOOST_TEST(share > 0.004);
  BOOST_TEST(share < 0.0075);
}

BOOST_AUTO_TEST_CASE(maglev_has_a_place_for_the_lightest_and_takes_no_longer_for_it) {
  std::vector<double> weights(1000, 1);
  weights[500] = kWeightMax;
  std::vector<int> places(weights.size());
  // As many steps as places, and not as many as places times endpoints.
  for (const uint32_t at : MaglevTable(MakeWeighted(weights), 5000011)) ++places[at];
  BOOST_TEST(*std::min_element(places.begin(), places.end()) == 1);
  BOOST_TEST(places[500] == 5000011 - 999);
}

BOOST_AUTO_TEST_CASE(maglev_fills_every_place_in_proportion_to_weights) {
  const EndpointList endpoints = MakeWeighted({1, 2, 7});
  std::vector<int> places(3);
  for (const uint32_t at : MaglevTable(endpoints, 10007)) ++places[at];
  BOOST_TEST(places[0] / 1000.7 == 1, boost::test_tools::tolerance(0.002));
  BOOST_TEST(places[1] / 2001.4 == 1, boost::test_tools::tolerance(0.002));
  BOOST_TEST(places[2] / 7004.9 == 1, boost::test_tools::tolerance(0.002));
}

BOOST_AUTO_TEST_CASE(maglev_does_not_depend_on_the_order) {
  EndpointList endpoints = MakeEndpoints(50);
  auto policy = *MakeMaglev();
  const auto before = Owners(*policy, endpoints);
  std::shuffle(endpoints.begin(), endpoints.end(), std::mt19937_64(4));
  BOOST_TEST(Owners(*policy, endpoints) == before, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(maglev_refuses_tables_it_cannot_fill) {
  for (const uint32_t size : {0u, 1u, 4u, 65536u, 65535u}) {
    BOOST_TEST(StatusIs(MakeMaglev({.table_size = size}).status(), absl::StatusCode::kInvalidArgument, "prime"), size);
  }
  BOOST_TEST(StatusIs(MakeMaglev({.table_size = 5000077}).status(), absl::StatusCode::kInvalidArgument, "5000011"));
  auto small = *MakeMaglev({.table_size = 3});
  BOOST_TEST(IsOk(small->Build(MakeEndpoints(3)).status()));
  BOOST_TEST(StatusIs(small->Build(MakeEndpoints(4)).status(), absl::StatusCode::kInvalidArgument, "4"));
}

BOOST_AUTO_TEST_CASE(impossible_rings_are_refused) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto with = [](size_t min, size_t max, double bound) {
    RingHashOptions options;
    options.ring_size_min = min;
    options.ring_size_max = max;
    options.load_bound = bound;
    return MakeRingHash(options).status();
  };
  BOOST_TEST(StatusIs(with(5, 4, 0), absl::StatusCode::kInvalidArgument));
  BOOST_TEST(StatusIs(with(0, 4, 0), absl::StatusCode::kInvalidArgument));
  BOOST_TEST(StatusIs(with(1, RingHashOptions::kRingSizeMax + 1, 0), absl::StatusCode::kInvalidArgument));
  for (const double bound : {0.5, -1.0, nan}) {
    BOOST_TEST(StatusIs(with(1, 4, bound), absl::StatusCode::kInvalidArgument), bound);
  }
}

BOOST_AUTO_TEST_CASE(without_a_hash_keys_are_drawn) {
  auto maglev = *MakeMaglev();
  auto ring = *MakeRingHash();
  BOOST_TEST(Picks(**maglev->Build(MakeEndpoints(5)), 500).size() == 5u);
  BOOST_TEST(Picks(**ring->Build(MakeEndpoints(5)), 500).size() == 5u);
}

std::set<std::string> SubsetOf(const EndpointList& endpoints, uint64_t seed, size_t size = 20) {
  SubsetOptions options;
  options.size = size;
  options.seed = seed;
  std::set<std::string> ids;
  for (const auto& endpoint : SelectSubset(endpoints, options)) ids.insert(endpoint->id);
  return ids;
}

BOOST_AUTO_TEST_CASE(a_subset_changes_by_one_when_the_set_does) {
  const EndpointList endpoints = MakeEndpoints(100);
  for (uint64_t seed = 0; seed < 50; ++seed) {
    const auto before = SubsetOf(endpoints, seed);
    BOOST_TEST(before.size() == 20u);
    for (const size_t gone : {size_t{0}, size_t{50}, size_t{99}}) {
      const auto after = SubsetOf(Without(endpoints, gone), seed);
      int kept = 0;
      for (const std::string& id : before) kept += after.count(id) > 0 ? 1 : 0;
      BOOST_TEST(kept == (before.count(endpoints[gone]->id) > 0 ? 19 : 20));
    }
  }
}

BOOST_AUTO_TEST_CASE(many_subsets_cover_everybody_evenly) {
  const EndpointList endpoints = MakeEndpoints(100);
  std::map<std::string, int> parts;
  for (uint64_t seed = 0; seed < 1000; ++seed) {
    for (const std::string& id : SubsetOf(endpoints, seed)) ++parts[id];
  }
  BOOST_TEST(parts.size() == 100u);
  // 200 each; the standard deviation of a binomial is 12.6.
  for (const auto& [id, count] : parts) BOOST_TEST(std::abs(count - 200) < 60, id);
}

BOOST_AUTO_TEST_CASE(a_subset_is_balanced_by_the_policy_within) {
  SubsetOptions options;
  options.size = 3;
  auto policy = *MakeSubset(MakeLeastOutstandingRequests(), options);
  BOOST_TEST(policy->name() == kSubset);
  const EndpointList endpoints = MakeEndpoints(10);
  std::mt19937_64 rng(1);
  const auto picker = *policy->Build(endpoints);
  std::vector<Call> calls;
  for (int i = 0; i < 30; ++i) calls.emplace_back(picker->Pick({}, rng).endpoint()->load, absl::UnixEpoch());
  int used = 0;
  for (const auto& endpoint : endpoints) {
    if (endpoint->load->in_flight() == 0) continue;
    ++used;
    BOOST_TEST(endpoint->load->in_flight() == 10);
  }
  BOOST_TEST(used == 3);
  BOOST_TEST(StatusIs(MakeSubset(nullptr, options).status(), absl::StatusCode::kInvalidArgument));
  options.size = 0;
  BOOST_TEST(
      StatusIs(MakeSubset(MakeLeastOutstandingRequests(), options).status(), absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace nubo::lb
