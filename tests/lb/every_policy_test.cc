// What holds for every policy there is, whatever it is called.
#include <boost/test/unit_test.hpp>
#include <limits>
#include <set>
#include <type_traits>

#include "nubo/lb/checked_policy.h"
#include "nubo/lb/hash.h"
#include "nubo/lb/policies.h"
#include "nubo/lb/policy_registry.h"
#include "nubo/testing/status_matchers.h"
#include "tests/lb/endpoints.h"

namespace nubo::lb {
namespace {

using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

const absl::Time kNow = absl::UnixEpoch() + absl::Hours(1);

// What a policy cannot be without.
PolicyOptions OptionsOf(const std::string& name) {
  return name == kSubset ? PolicyOptions{{"seed", "1"}} : PolicyOptions();
}

// For each policy of the library: its name, and a new one.
template <typename Check>
void ForEveryPolicy(Check check) {
  const PolicyRegistry registry = PolicyRegistry::Builder().AddBuiltins().Build();
  BOOST_TEST(registry.names().size() >= 13u);
  for (const std::string& name : registry.names()) {
    BOOST_TEST_CONTEXT(name) { check(name, *registry.Create(name, OptionsOf(name))); }
  }
}

// Picks with what real requests bring along.
std::map<std::string, int> KeyedPicks(const Picker& picker, int count, uint64_t seed = 7,
                                      absl::Span<const std::string> avoid = {}) {
  std::mt19937_64 rng(seed);
  std::map<std::string, int> picks;
  for (int i = 0; i < count; ++i) {
    const Choice choice = picker.Pick({.avoid = avoid, .hash = Hash(absl::StrCat(i)), .now = kNow}, rng);
    BOOST_REQUIRE(choice.endpoint() != nullptr);
    ++picks[choice.endpoint()->id];
  }
  return picks;
}

// What is picked refers to its picker: only the expression that picks can look at it, and a Choice made there owns.
template <typename T>
concept CanPeek = requires(T picked) { static_cast<T>(picked).Peek(); };
template <typename T>
concept HasEndpoint = requires(T picked) { static_cast<T>(picked).endpoint(); };
static_assert(CanPeek<Picked&&> && !CanPeek<Picked&> && !CanPeek<const Picked&>);
static_assert(HasEndpoint<Picked&&> && !HasEndpoint<Picked&> && HasEndpoint<const Choice&>);
static_assert(std::is_constructible_v<Choice, Picked&&> && !std::is_constructible_v<Choice, Picked&>);
static_assert(!std::is_copy_constructible_v<Picked> && !std::is_move_assignable_v<Picked>);

BOOST_AUTO_TEST_CASE(a_choice_outlives_its_picker_and_its_policy) {
  ForEveryPolicy([](const std::string& name, std::unique_ptr<Policy> policy) {
    std::mt19937_64 rng(1);
    auto picker = *policy->Build(MakeEndpoints(3));
    const Choice choice = picker->Pick({.hash = Hash("key"), .now = kNow}, rng);
    picker.reset();
    policy.reset();
    BOOST_REQUIRE(choice.endpoint() != nullptr);
    BOOST_TEST(choice.endpoint()->id.substr(0, 2) == "i-", name);
    BOOST_TEST(choice.endpoint().use_count() == 1, name);
  });
}

BOOST_AUTO_TEST_CASE(a_reason_outlives_its_picker) {
  std::mt19937_64 rng(1);
  auto picker = AlwaysWait("a target has yet to pass its first health check");
  const Choice choice = picker->Pick({}, rng);
  picker.reset();
  BOOST_TEST((choice.kind() == Choice::Kind::kWait));
  BOOST_TEST(choice.reason() == "a target has yet to pass its first health check");
  BOOST_TEST(choice.endpoint() == nullptr);
}

BOOST_AUTO_TEST_CASE(goes_by_its_name) {
  ForEveryPolicy([](const std::string& name, std::unique_ptr<Policy> policy) { BOOST_TEST(policy->name() == name); });
}

BOOST_AUTO_TEST_CASE(nobody_starves) {
  ForEveryPolicy([](const std::string&, std::unique_ptr<Policy> policy) {
    const auto picks = KeyedPicks(**policy->Build(MakeEndpoints(12)), 12 * 400);
    BOOST_TEST(picks.size() == 12u);
    for (const auto& [id, count] : picks) BOOST_TEST(count > 100, id);
  });
}

BOOST_AUTO_TEST_CASE(one_endpoint_gets_everything) {
  ForEveryPolicy([](const std::string&, std::unique_ptr<Policy> policy) {
    BOOST_TEST(KeyedPicks(**policy->Build(MakeEndpoints(1)), 50)["i-0"] == 50);
  });
}

BOOST_AUTO_TEST_CASE(a_retry_goes_to_an_endpoint_not_tried_yet) {
  ForEveryPolicy([](const std::string&, std::unique_ptr<Policy> policy) {
    const auto picker = *policy->Build(MakeEndpoints(5));
    const std::vector<std::string> tried = {"i-0", "i-1", "i-2", "i-4"};
    BOOST_TEST(KeyedPicks(*picker, 200, 7, tried)["i-3"] == 200);
    // If there is no other, one that was tried is better than none.
    const std::vector<std::string> all = {"i-0", "i-1", "i-2", "i-3", "i-4"};
    BOOST_TEST(KeyedPicks(*picker, 50, 7, all).size() >= 1u);
  });
}

BOOST_AUTO_TEST_CASE(nobody_is_chosen_who_has_left_the_set) {
  ForEveryPolicy([](const std::string&, std::unique_ptr<Policy> policy) {
    EndpointList endpoints = MakeEndpoints(10);
    KeyedPicks(**policy->Build(endpoints), 200);
    for (int gone = 9; gone >= 1; --gone) {
      endpoints.pop_back();
      const auto picks = KeyedPicks(**policy->Build(endpoints), 100);
      BOOST_TEST(picks.count(absl::StrCat("i-", gone)) == 0u);
    }
  });
}

BOOST_AUTO_TEST_CASE(the_same_seed_gives_the_same_picks) {
  const PolicyRegistry registry = PolicyRegistry::Builder().AddBuiltins().Build();
  for (const std::string& name : registry.names()) {
    const auto run = [&] {
      return KeyedPicks(**(*registry.Create(name, OptionsOf(name)))->Build(MakeEndpoints(7)), 300, 42);
    };
    BOOST_TEST((run() == run()), name);
  }
}

BOOST_AUTO_TEST_CASE(all_endpoints_of_a_huge_set_can_be_chosen) {
  ForEveryPolicy([](const std::string& name, std::unique_ptr<Policy> policy) {
    const auto picks = KeyedPicks(**policy->Build(MakeEndpoints(2000)), 20000);
    BOOST_TEST(picks.size() > (name == "subset" ? 10u : 1500u));
  });
}

BOOST_AUTO_TEST_CASE(bad_sets_are_refused) {
  ForEveryPolicy([](const std::string&, std::unique_ptr<Policy> policy) {
    const auto refuses = [&](EndpointList endpoints, const char* words) {
      return StatusIs(policy->Build(std::move(endpoints)).status(), absl::StatusCode::kInvalidArgument, words);
    };
    BOOST_TEST(refuses({}, "empty"));
    BOOST_TEST(refuses({nullptr}, "null"));
    BOOST_TEST(refuses({MakeEndpoint(1), MakeEndpoint(1)}, "i-1"));
    auto twin = MakeEndpoint(1);
    twin->id = "twin";
    BOOST_TEST(refuses({MakeEndpoint(1), twin}, "10.0.0.1:80"));
    auto bare = MakeEndpoint(2);
    bare->load = nullptr;
    BOOST_TEST(refuses({bare}, "i-2"));
    for (const double weight : {0.0, -1.0, kWeightMax * 1.01, kWeightMin / 2, std::numeric_limits<double>::infinity(),
                                std::numeric_limits<double>::quiet_NaN()}) {
      BOOST_TEST(refuses({MakeEndpoint(3, weight)}, "i-3"), weight);
    }
    // And what was refused has done no harm.
    BOOST_TEST(IsOk(policy->Build(MakeEndpoints(2)).status()));
  });
}

BOOST_AUTO_TEST_CASE(huge_and_tiny_weights_serve) {
  ForEveryPolicy([](const std::string&, std::unique_ptr<Policy> policy) {
    const auto picks = KeyedPicks(**policy->Build(MakeWeighted({kWeightMax, kWeightMin, kWeightMax})), 300);
    BOOST_TEST(picks.at("i-0") > 0);
    BOOST_TEST(picks.at("i-2") > 0);
  });
}

BOOST_AUTO_TEST_CASE(the_least_weight_alone_serves) {
  ForEveryPolicy([](const std::string&, std::unique_ptr<Policy> policy) {
    BOOST_TEST(KeyedPicks(**policy->Build(MakeWeighted({kWeightMin})), 10).at("i-0") == 10);
  });
}

// Which of them the weights of endpoints say something to, as slow start needs.
BOOST_AUTO_TEST_CASE(who_looks_at_weights_says_so) {
  const std::set<std::string> blind = {
      "least_outstanding_requests", "load_reports", "locality_weighted", "prequal", "random", "round_robin"};
  ForEveryPolicy([&](const std::string& name, std::unique_ptr<Policy> policy) {
    BOOST_TEST(policy->uses_weights() == !blind.contains(name));
    BOOST_TEST(MakeChecked(std::move(policy))->uses_weights() == !blind.contains(name));
  });
}

BOOST_AUTO_TEST_CASE(options_that_cannot_be_are_refused_by_name) {
  const PolicyRegistry registry = PolicyRegistry::Builder().AddBuiltins().Build();
  struct Case {
    const char *policy, *option, *value, *words;
  };
  const Case cases[] = {
      {"ring_hash", "load_bound", "0.5", "0.5"},
      {"ring_hash", "ring_size_min", "x", "\"x\""},
      {"maglev", "table_size", "65536", "65536"},
      {"maglev", "table_size", "-3", "-3"},
      {"least_request", "choices", "0", "0"},
      {"least_request", "bias", "nan", "nan"},
      {"prequal", "hot_quantile", "2", "2"},
      {"prequal", "age_max", "soon", "soon"},
      {"load_reports", "blackout", "-1s", "-1s"},
      {"subset", "size", "0", "0"},
      {"subset", "policy", "fastest", "fastest"},
      {"subset", "size", "5", "seed of each balancer's own"},
      {"locality_weighted", "policy", "fastest", "fastest"},
      {"locality_weighted", "overprovisioning", "0", "0"},
      {"round_robin", "speed", "1", "speed"},
      {"maglev", "speed", "1", "speed"},
  };
  for (const Case& c : cases) {
    const absl::Status status = registry.Create(c.policy, {{c.option, c.value}}).status();
    BOOST_TEST(!status.ok(), c.policy << " " << c.option << " " << c.value);
    BOOST_TEST(status.message().find(c.words) != absl::string_view::npos, std::string(status.message()));
  }
}

// Chooses an endpoint of its own.
class Stranger final : public Policy {
 public:
  explicit Stranger(bool null_picker = false) : null_picker_(null_picker) {}
  absl::string_view name() const override { return "stranger"; }
  absl::StatusOr<std::shared_ptr<const Picker>> Build(EndpointList) override {
    if (null_picker_) return std::shared_ptr<const Picker>();
    return std::make_shared<Snapshot>();
  }

 private:
  class Snapshot final : public Picker {
   public:
    Picked Pick(const PickRequest&, absl::BitGenRef) const override { return Picked::Of(mine_); }

   private:
    const std::shared_ptr<const Endpoint> mine_ = MakeEndpoint(99);
  };
  const bool null_picker_;
};

BOOST_AUTO_TEST_CASE(a_policy_that_returns_a_stranger_is_found_out) {
  std::mt19937_64 rng(1);
  const auto picker = *MakeChecked(std::make_unique<Stranger>())->Build(MakeEndpoints(3));
  const Choice choice = picker->Pick({}, rng);
  BOOST_TEST((choice.kind() == Choice::Kind::kFail));
  for (const char* words : {"stranger", "i-99"}) {
    BOOST_TEST(choice.reason().find(words) != absl::string_view::npos, std::string(choice.reason()));
  }
  auto none = MakeChecked(std::make_unique<Stranger>(/*null_picker=*/true));
  BOOST_TEST(StatusIs(none->Build(MakeEndpoints(3)).status(), absl::StatusCode::kInternal, "stranger"));
}

BOOST_AUTO_TEST_CASE(a_checked_policy_is_otherwise_itself) {
  ForEveryPolicy([](const std::string& name, std::unique_ptr<Policy> policy) {
    auto checked = MakeChecked(std::move(policy));
    BOOST_TEST(checked->name() == name);
    BOOST_TEST(KeyedPicks(**checked->Build(MakeEndpoints(4)), 400).size() == 4u);
  });
}

}  // namespace
}  // namespace nubo::lb
