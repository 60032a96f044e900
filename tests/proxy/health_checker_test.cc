#include "nubo/proxy/health_checker.h"

#include <boost/test/unit_test.hpp>
#include <map>

#include "nubo/lb/policies.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::proxy {
namespace {

using ::nubo::testing::IsOk;

lb::TargetSpec Spec(std::string id, uint16_t port) {
  return {.id = std::move(id), .address = {net::IpAddress::V4(0x7f000001), port}};
}

struct Fixture {
  net::Loop loop;
  std::map<std::string, lb::CheckResult> results;
  int checks = 0;
  int changes = 0;
  std::shared_ptr<HealthChecker> checker = std::make_shared<HealthChecker>(
      loop, lb::TargetGroup({}, lb::MakeRoundRobin()), [this](lb::DueCheck check) { return Probe(std::move(check)); });

  net::Task<lb::CheckResult> Probe(lb::DueCheck check) {
    ++checks;
    co_return results[check.target_id];
  }
  void Set(std::vector<lb::TargetSpec> specs) {
    BOOST_REQUIRE(IsOk(checker->group().SetTargets(specs, loop.Now())));
    checker->Touch();
  }
  std::string State(size_t i) { return std::string(lb::StateName(checker->group().Describe().at(i).health.state)); }
  // Runs the loop until `done` holds, looking whenever a target's health has changed.
  void RunUntil(std::function<bool()> done) {
    checker->OnChange([this, done] {
      ++changes;
      if (done()) loop.Stop();
    });
    checker->Start();
    loop.Run();
  }
};

BOOST_FIXTURE_TEST_CASE(a_passing_target_is_put_into_service, Fixture) {
  results["i-1"] = lb::CheckResult::Answered(200);
  BOOST_REQUIRE(IsOk(checker->group().SetTargets({Spec("i-1", 80)}, loop.Now())));
  RunUntil([this] { return State(0) == "healthy"; });
  BOOST_TEST(checks == 1);
  BOOST_TEST(changes >= 1);
}

BOOST_FIXTURE_TEST_CASE(a_hint_is_followed_at_once, Fixture) {
  results["i-1"] = lb::CheckResult::Answered(200);
  BOOST_REQUIRE(IsOk(checker->group().SetTargets({Spec("i-1", 80)}, loop.Now())));
  RunUntil([this] {
    if (State(0) == "healthy") {
      results["i-1"] = lb::CheckResult::Refused();
      loop.Post([this] {
        checker->group().OnConnectionFailure("i-1", loop.Now());
        checker->Touch();
      });
    }
    return State(0) == "unhealthy";
  });
  // One to begin with, one for the hint, one to confirm it.
  BOOST_TEST(checks == 3);
}

}  // namespace
}  // namespace nubo::proxy
