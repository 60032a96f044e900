// The whole control plane, thousands of times, with whatever can go wrong: what is wanted is reached, and kept.
//
//   NUBO_SIMULATION_SEEDS=10000      so many seeds in place of the few that fit a test of seconds
//   NUBO_SIMULATION_FIRST=5001       from this one on, so that several cores can share them
//   NUBO_SIMULATION_SEED=17          this one alone, and what happened in it
#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tests/region/simulated_region.h"

namespace nubo::region {
namespace {

uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

// What is wrong after this seed, with how to see it again; "" if nothing is.
std::string Wrong(uint64_t seed, Fault fault = Fault::kNone, int* complete = nullptr) {
  SimulatedRegion region(seed, fault);
  const std::vector<std::string> wrong = region.Run();
  if (complete != nullptr) *complete += region.complete();
  if (wrong.empty()) return "";
  return absl::StrCat("seed ", seed, " (again: NUBO_SIMULATION_SEED=", seed, "): ", absl::StrJoin(wrong, "; "));
}

BOOST_AUTO_TEST_SUITE(simulation)

BOOST_AUTO_TEST_CASE(what_is_wanted_is_reached_and_kept) {
  constexpr uint64_t kSeeds = 200;
  constexpr int kShownMax = 5;
  const uint64_t one = FromEnvironment("NUBO_SIMULATION_SEED", 0);
  if (one > 0) {
    SimulatedRegion region(one);
    const std::vector<std::string> wrong = region.Run();
    std::cout << absl::StrJoin(region.history(), "\n") << "\n";
    BOOST_TEST(wrong.empty(), absl::StrJoin(wrong, "\n"));
    return;
  }
  int failed = 0, complete = 0;
  const uint64_t seeds = FromEnvironment("NUBO_SIMULATION_SEEDS", kSeeds);
  const uint64_t first = FromEnvironment("NUBO_SIMULATION_FIRST", 1);
  for (uint64_t seed = first; seed < first + seeds && failed < kShownMax; ++seed) {
    const std::string wrong = Wrong(seed, Fault::kNone, &complete);
    failed += wrong.empty() ? 0 : 1;
    BOOST_TEST(wrong.empty(), wrong);
  }
  // It is not by failing that stacks come to rest.
  BOOST_TEST_MESSAGE(complete << " stacks whole in the end");
  BOOST_TEST(complete >= static_cast<int>(seeds / 2));
}

BOOST_AUTO_TEST_CASE(one_seed_is_one_run) {
  SimulatedRegion first(7), second(7);
  (void)first.Run();
  (void)second.Run();
  BOOST_TEST(first.history() == second.history(), boost::test_tools::per_element());
}

// Each of the faults that it is there to find.
BOOST_AUTO_TEST_CASE(faults_are_found) {
  constexpr uint64_t kSeedsMax = 500;
  for (const auto& [fault, name] : {std::pair(Fault::kLostWakeUp, "a lost wake-up"),
                                    std::pair(Fault::kEffectBeforeCommit, "an effect before its commit"),
                                    std::pair(Fault::kStaleRead, "a stale read")}) {
    uint64_t seed = 1;
    while (seed <= kSeedsMax && Wrong(seed, fault).empty()) ++seed;
    BOOST_TEST(seed <= kSeedsMax, name << " was not found");
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace nubo::region
