// What AWS demands of load balancers, target groups, listeners and rules, value by value.
#include <boost/test/unit_test.hpp>
#include <string>

#include "nubo/lb/balancer_rules.h"
#include "nubo/lb/listener_rules.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::lb {
namespace {

using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

BOOST_AUTO_TEST_SUITE(aws_rules)

BOOST_AUTO_TEST_CASE(names_are_labels_of_32_characters_at_most) {
  BOOST_TEST(IsOk(CheckName(std::string(32, 'a'))));
  BOOST_TEST(IsOk(CheckName("internal-a")));
  for (const std::string& name : {std::string(), std::string(33, 'a'), std::string("a.b"), std::string("-a"),
                                  std::string("a-"), std::string("\xe9")}) {
    BOOST_TEST(StatusIs(CheckName(name), kInvalid, "Name must have 1 to 32"), name);
  }
  BOOST_TEST(IsOk(CheckLoadBalancerName("internal")));
  BOOST_TEST(StatusIs(CheckLoadBalancerName("internal-a"), kInvalid, "must not begin with internal-"));
}

BOOST_AUTO_TEST_CASE(words_are_some_of_a_few) {
  BOOST_TEST(IsOk(CheckOneOf("Scheme", "internal", "internet-facing,internal")));
  BOOST_TEST(StatusIs(CheckOneOf("Scheme", "public", "internet-facing,internal"), kInvalid,
                      "Scheme must be one of internet-facing, internal, not \"public\""));
  BOOST_TEST(StatusIs(CheckOneOf("Protocol", "TCP", "HTTP"), kInvalid, "Protocol must be HTTP, not \"TCP\""));
}

BOOST_AUTO_TEST_CASE(a_load_balancer_is_in_two_zones) {
  BOOST_TEST(StatusIs(CheckSubnetCount(1), kInvalid, "at least two Availability Zones, not 1"));
  BOOST_TEST(IsOk(CheckSubnetCount(2)));
}

BOOST_AUTO_TEST_CASE(health_checks_have_bounds) {
  BOOST_TEST(IsOk(CheckHealthCheck({})));
  BOOST_TEST(IsOk(CheckHealthCheck({.path = "/a", .port = "traffic-port", .codes = "200-499"})));
  BOOST_TEST(IsOk(CheckHealthCheck({.path = "/a.B/C", .port = "80", .codes = "0-99", .grpc = true})));
  BOOST_TEST(StatusIs(CheckHealthCheck({.interval_s = 4}), kInvalid, "IntervalSeconds must be from 5 to 300, not 4"));
  BOOST_TEST(StatusIs(CheckHealthCheck({.timeout_s = 1}), kInvalid, "TimeoutSeconds must be from 2 to 120, not 1"));
  BOOST_TEST(StatusIs(CheckHealthCheck({.interval_s = 5}), kInvalid, "they are 5 and 5"));
  BOOST_TEST(StatusIs(CheckHealthCheck({.healthy_threshold = 11}), kInvalid, "HealthyThresholdCount must be from 2"));
  BOOST_TEST(StatusIs(CheckHealthCheck({.unhealthy_threshold = 1}), kInvalid, "UnhealthyThresholdCount must be"));
  BOOST_TEST(StatusIs(CheckHealthCheck({.path = "a"}), kInvalid, "must begin with /"));
  BOOST_TEST(StatusIs(CheckHealthCheck({.port = "65536"}), kInvalid, "traffic-port or from 1 to 65535"));
  BOOST_TEST(StatusIs(CheckHealthCheck({.codes = "500"}), kInvalid, "HttpCode must have codes from 200 to 499"));
}

BOOST_AUTO_TEST_CASE(only_some_algorithms_start_slowly) {
  BOOST_TEST(IsOk(CheckSlowStartOf("", 30)));
  BOOST_TEST(IsOk(CheckSlowStartOf("weighted_random", 0)));
  BOOST_TEST(StatusIs(CheckSlowStartOf("weighted_random", 30), kInvalid, "weighted_random cannot have a slow start"));
  BOOST_TEST(IsOk(CheckAnomalyMitigationOf("weighted_random", true)));
  BOOST_TEST(StatusIs(CheckAnomalyMitigationOf("", true), kInvalid, "needs load_balancing.algorithm.type"));
}

BOOST_AUTO_TEST_CASE(targets_are_of_the_group_s_type) {
  BOOST_TEST(IsOk(CheckTargetId("instance", "i-1")));
  BOOST_TEST(IsOk(CheckTargetId("ip", "10.0.0.1")));
  BOOST_TEST(StatusIs(CheckTargetId("ip", "i-1"), kInvalid, "is an IP address, not \"i-1\""));
  BOOST_TEST(StatusIs(CheckTargetId("instance", "10.0.0.1"), kInvalid, "is an instance's id"));
}

BOOST_AUTO_TEST_CASE(conditions_are_counted_and_looked_at) {
  const RuleCondition path = {.field = "path-pattern", .values = {"/a"}};
  const RuleCondition header = {.field = "http-header", .header_name = "x-a", .values = {"b"}};
  BOOST_TEST(IsOk(CheckConditions({path, header, header})));
  BOOST_TEST(StatusIs(CheckConditions({}), kInvalid, "1 to 5 conditions, not 0"));
  BOOST_TEST(StatusIs(CheckConditions({path, path}), kInvalid, "at most one condition on path-pattern"));
  BOOST_TEST(StatusIs(CheckConditions({{.field = "path-pattern"}}), kInvalid, "needs at least one value"));
  BOOST_TEST(StatusIs(CheckConditions({{.field = "host-header", .values = {"a", "b", "c", "d", "e", "f"}}}), kInvalid,
                      "at most 5 values in all, not 6"));
  BOOST_TEST(StatusIs(CheckConditions({{.field = "http-header", .header_name = "Host", .values = {"a"}}}), kInvalid,
                      "use a condition on host-header"));
  BOOST_TEST(StatusIs(CheckConditions({{.field = "source-ip", .values = {"10.0.0.1"}}}), kInvalid, "is a CIDR block"));
}

BOOST_AUTO_TEST_CASE(a_redirect_leads_elsewhere) {
  BOOST_TEST(IsOk(CheckRedirect({.protocol = "HTTPS"}, "HTTP", "80")));
  BOOST_TEST(IsOk(CheckRedirect({.path = "/new/#{path}"}, "HTTP", "80")));
  BOOST_TEST(StatusIs(CheckRedirect({}, "HTTP", "80"), kInvalid, "creates a loop"));
  BOOST_TEST(StatusIs(CheckRedirect({.protocol = "HTTP", .port = "80"}, "HTTP", "80"), kInvalid, "creates a loop"));
  // Of a rule's action nobody knows whether its own listener sees the next request, too.
  BOOST_TEST(IsOk(CheckRedirect({.protocol = "HTTP"}, "", "")));
  BOOST_TEST(StatusIs(CheckRedirect({.path = "new"}, "", ""), kInvalid, "Path must begin with /"));
  BOOST_TEST(StatusIs(CheckRedirect({.port = "0"}, "", ""), kInvalid, "Port must be from 1 to 65535"));
  BOOST_TEST(StatusIs(CheckRedirect({.host = "a b"}, "", ""), kInvalid, "Host has letters"));
  BOOST_TEST(StatusIs(CheckRedirect({.path = "/a", .query = "?b"}, "", ""), kInvalid, "without the leading ?"));
}

BOOST_AUTO_TEST_CASE(a_fixed_response_is_no_redirect) {
  BOOST_TEST(IsOk(CheckFixedStatus("503")));
  BOOST_TEST(StatusIs(CheckFixedStatus("301"), kInvalid, "2XX, 4XX or 5XX, not \"301\""));
  BOOST_TEST(StatusIs(CheckFixedBody(std::string(1025, 'a')), kInvalid, "at most 1024 characters, not 1025"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace nubo::lb
