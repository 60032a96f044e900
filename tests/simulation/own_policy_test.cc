// What docs/guides/balancing-policies.md shows: a policy of one's own, held to a bar by a simulation.
// [own]
#include <boost/test/unit_test.hpp>

#include "absl/random/distributions.h"
#include "nubo/lb/policies.h"
#include "nubo/lb/policy.h"
#include "nubo/simulation/queueing.h"
#include "nubo/testing/status_matchers.h"

namespace lb = nubo::lb;
namespace simulation = nubo::simulation;

// The best of `n` drawn at random.
class BestOf final : public lb::Policy {
 public:
  explicit BestOf(int n) : n_(n) {}
  absl::string_view name() const override { return "best_of"; }
  absl::StatusOr<std::shared_ptr<const lb::Picker>> Build(lb::EndpointList endpoints) override {
    absl::Status status = lb::CheckEndpoints(endpoints);
    if (!status.ok()) return status;
    return std::make_shared<Snapshot>(std::move(endpoints), n_);
  }

 private:
  class Snapshot final : public lb::Picker {
   public:
    Snapshot(lb::EndpointList endpoints, int n) : endpoints_(std::move(endpoints)), n_(n) {}
    lb::Picked Pick(const lb::PickRequest&, absl::BitGenRef rng) const override {
      size_t best = absl::Uniform<size_t>(rng, 0, endpoints_.size());
      for (int i = 1; i < n_; ++i) {
        const size_t other = absl::Uniform<size_t>(rng, 0, endpoints_.size());
        if (endpoints_[other]->load->in_flight() < endpoints_[best]->load->in_flight()) best = other;
      }
      return lb::Picked::Of(endpoints_[best]);
    }

   private:
    const lb::EndpointList endpoints_;
    const int n_;
  };

  const int n_;
};

// The 99th percentile in service times, at load 0.9 on a hundred servers. Two seconds of virtual time are 180,000
// requests, and some 50 ms of real time.
double P99(const simulation::PolicyFactory& make_policy) {
  simulation::Simulation simulation;
  simulation.servers = simulation::MakeServers(100);
  simulation.service = simulation::Distribution::Exponential(absl::Milliseconds(1));
  simulation.rate_per_second = simulation::RateForLoad(simulation, 0.9);
  simulation.warm_up = absl::Milliseconds(500);
  simulation.duration = absl::Seconds(2);
  auto result = simulation::Simulate(simulation, make_policy);
  BOOST_REQUIRE(nubo::testing::IsOk(result));
  return absl::ToDoubleMilliseconds(result->Quantile(0.99));
}

BOOST_AUTO_TEST_CASE(three_choices_are_better_than_two_and_two_than_one) {
  const double one = P99([] { return std::make_unique<BestOf>(1); });
  const double two = P99([] { return std::make_unique<BestOf>(2); });
  const double three = P99([] { return std::make_unique<BestOf>(3); });
  BOOST_TEST(two < one / 3);
  BOOST_TEST(three < two);
}
// [/own]
