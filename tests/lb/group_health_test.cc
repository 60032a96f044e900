#include "nubo/lb/group_health.h"

#include <boost/test/unit_test.hpp>

#include "nubo/testing/status_matchers.h"

namespace nubo::lb {
namespace {

using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

struct MetCase {
  const char* name;
  HealthyTargetsMin min;
  size_t healthy;
  size_t registered;
  bool met;
};
const MetCase kMet[] = {
    {"one healthy is enough by default", {}, 1, 1000, true},
    {"none is not", {}, 0, 1000, false},
    {"a count", {.count = 3}, 2, 10, false},
    {"a count that is reached", {.count = 3}, 3, 10, true},
    {"a percentage", {.count = 1, .percentage = 50}, 4, 9, false},
    {"a percentage that is reached", {.count = 1, .percentage = 50}, 5, 10, true},
    {"either of both is enough to breach", {.count = 3, .percentage = 10}, 2, 10, false},
    {"off", {.count = 0}, 0, 10, true},
};

BOOST_AUTO_TEST_CASE(either_threshold_breached_is_enough) {
  for (const MetCase& c : kMet) BOOST_TEST(c.min.Met(c.healthy, c.registered) == c.met, c.name);
}

BOOST_AUTO_TEST_CASE(bad_requirements_are_refused) {
  const auto invalid = absl::StatusCode::kInvalidArgument;
  const auto check = [](HealthyTargetsMin routing, HealthyTargetsMin dns) {
    return CheckGroupHealth({.unhealthy_state_routing = routing, .dns_failover = dns}, 1000);
  };
  BOOST_TEST(IsOk(check({}, {})));
  BOOST_TEST(IsOk(check({.count = 2, .percentage = 50}, {.count = 3, .percentage = 70})));
  BOOST_TEST(IsOk(check({.count = 2}, {.count = 0})));
  BOOST_TEST(StatusIs(check({.count = 0}, {}), invalid, "count of unhealthy state routing is 0"));
  BOOST_TEST(StatusIs(check({.count = 1001}, {}), invalid, "1001"));
  BOOST_TEST(StatusIs(check({.percentage = 101}, {}), invalid, "101"));
  BOOST_TEST(StatusIs(check({}, {.count = -1}), invalid, "count of DNS failover is -1"));
  BOOST_TEST(StatusIs(check({.count = 3}, {.count = 2}), invalid, "must not be below"));
  BOOST_TEST(
      StatusIs(check({.percentage = 50}, {.percentage = 40}), invalid, "healthy percentage of DNS failover is 40"));
}

}  // namespace
}  // namespace nubo::lb
