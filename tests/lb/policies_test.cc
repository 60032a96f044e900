#include "nubo/lb/policies.h"

#include <boost/test/unit_test.hpp>
#include <map>
#include <random>
#include <set>

#include "nubo/lb/load.h"
#include "nubo/lb/policy_registry.h"
#include "nubo/testing/status_matchers.h"
#include "tests/lb/endpoints.h"

namespace nubo::lb {
namespace {

using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

constexpr absl::Time kNow = absl::UnixEpoch();

BOOST_AUTO_TEST_CASE(round_robin_gives_each_the_same) {
  const auto picker = *MakeRoundRobin()->Build(MakeEndpoints(3));
  for (const auto& [id, count] : Picks(*picker, 300)) BOOST_TEST(count == 100, id);
}

BOOST_AUTO_TEST_CASE(round_robin_goes_on_when_the_set_is_rebuilt) {
  auto policy = MakeRoundRobin();
  const EndpointList endpoints = MakeEndpoints(4);
  std::mt19937_64 rng(1);
  std::set<std::string> seen;
  for (int i = 0; i < 4; ++i) seen.insert((*policy->Build(endpoints))->Pick({}, rng).endpoint()->id);
  BOOST_TEST(seen.size() == 4u);
}

BOOST_AUTO_TEST_CASE(random_reaches_everybody) {
  const auto picker = *MakeRandom()->Build(MakeEndpoints(4));
  for (const auto& [id, count] : Picks(*picker, 4000)) {
    BOOST_TEST(count > 850, id);
    BOOST_TEST(count < 1150, id);
  }
}

BOOST_AUTO_TEST_CASE(least_outstanding_takes_the_idle_one) {
  const EndpointList endpoints = MakeEndpoints(3);
  std::vector<Call> calls;
  for (int i : {0, 0, 1}) calls.emplace_back(endpoints[static_cast<size_t>(i)]->load, kNow);
  const auto picker = *MakeLeastOutstandingRequests()->Build(endpoints);
  BOOST_TEST(Picks(*picker, 50)["i-2"] == 50);
}

BOOST_AUTO_TEST_CASE(least_outstanding_breaks_ties_at_random) {
  const auto picker = *MakeLeastOutstandingRequests()->Build(MakeEndpoints(3));
  for (const auto& [id, count] : Picks(*picker, 3000)) BOOST_TEST(count > 850, id);
}

BOOST_AUTO_TEST_CASE(two_choices_avoid_the_busiest_and_still_spread) {
  const EndpointList endpoints = MakeEndpoints(10);
  std::vector<Call> calls;
  for (int i = 0; i < 5; ++i) calls.emplace_back(endpoints[0]->load, kNow);
  const auto picker = *MakeLeastOutstandingRequests(/*full_scan_max=*/1)->Build(endpoints);
  const std::map<std::string, int> picks = Picks(*picker, 2000);
  BOOST_TEST(picks.count("i-0") == 0u);
  BOOST_TEST(picks.size() == 9u);
}

BOOST_AUTO_TEST_CASE(two_choices_keep_the_skew_small) {
  const EndpointList endpoints = MakeEndpoints(50);
  const auto picker = *MakeLeastOutstandingRequests(/*full_scan_max=*/1)->Build(endpoints);
  std::mt19937_64 rng(3);
  std::vector<Call> calls;
  int64_t busiest = 0;
  for (int i = 0; i < 5000; ++i) calls.emplace_back(picker->Pick({}, rng).endpoint()->load, kNow);
  for (const auto& endpoint : endpoints) busiest = std::max(busiest, endpoint->load->in_flight());
  // 100 each on average; one random choice would leave the busiest near 125.
  BOOST_TEST(busiest <= 105);
}

BOOST_AUTO_TEST_CASE(unknown_policy_names_list_the_known) {
  const PolicyRegistry registry = PolicyRegistry::Builder().AddBuiltins().Build();
  BOOST_TEST(StatusIs(registry.Create("fastest"), absl::StatusCode::kNotFound,
                      "\"fastest\"; known are least_outstanding_requests, least_request, load_reports, "));
}

BOOST_AUTO_TEST_CASE(a_policy_of_ones_own_is_one_line) {
  class First final : public Policy {
   public:
    absl::string_view name() const override { return "first"; }
    absl::StatusOr<std::shared_ptr<const Picker>> Build(EndpointList) override { return AlwaysFail("mine"); }
  };
  const PolicyRegistry registry =
      PolicyRegistry::Builder().AddBuiltins().Add("first", [] { return std::make_unique<First>(); }).Build();
  BOOST_TEST((*registry.Create("first"))->name() == "first");
  BOOST_TEST(StatusIs(registry.Create("first", {{"speed", "1"}}), absl::StatusCode::kInvalidArgument,
                      "policy first has no options, and no speed"));
}

BOOST_AUTO_TEST_CASE(a_factory_that_makes_nothing_is_named) {
  const PolicyRegistry registry =
      PolicyRegistry::Builder().AddBuiltins().Add("none", [] { return std::unique_ptr<Policy>(); }).Build();
  BOOST_TEST(StatusIs(registry.Create("none"), absl::StatusCode::kInternal, "\"none\" made nothing"));
  BOOST_TEST(StatusIs(registry.Create("locality_weighted", {{"policy", "none"}}), absl::StatusCode::kInternal));
}

}  // namespace
}  // namespace nubo::lb
