#include "nubo/proxy/config.h"

#include <google/protobuf/text_format.h>

#include <boost/test/unit_test.hpp>

#include "nubo/lb/quotas.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::proxy {
namespace {

using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

absl::StatusOr<Configuration> Parse(const std::string& text) {
  v1::Configuration proto;
  BOOST_REQUIRE(google::protobuf::TextFormat::ParseFromString(text, &proto));
  return FromProto(proto);
}

constexpr char kForwardToA[] = "default_action { forward { target_groups { target_group_id: 'a' } } }";
constexpr char kListenAnywhere[] = "addresses { ip: '127.0.0.1' port: 80 }";

std::string Listener(const std::string& more) {
  return std::string("target_groups { id: 'a' } listeners { id: 'l' ") + kListenAnywhere + " " + more + "}";
}

BOOST_AUTO_TEST_CASE(defaults_are_those_of_aws) {
  const auto config = Parse(Listener(kForwardToA));
  BOOST_REQUIRE(IsOk(config));
  const TargetGroupConfig& group = config->target_groups.at(0);
  BOOST_TEST(group.policy == "round_robin");
  BOOST_TEST((group.deregistration_delay == absl::Seconds(300)));
  BOOST_TEST((group.health_check.settings.interval == absl::Seconds(30)));
  BOOST_TEST((group.health_check.settings.timeout == absl::Seconds(5)));
  BOOST_TEST(group.health_check.settings.healthy_threshold == 5);
  BOOST_TEST(group.health_check.settings.unhealthy_threshold == 2);
  BOOST_TEST(group.health_check.settings.matcher.ToString() == "200");
  BOOST_TEST(group.health_check.path == "/");
  BOOST_TEST((config->limits.idle_timeout == absl::Seconds(60)));
}

BOOST_AUTO_TEST_CASE(grpc_groups_are_checked_by_grpc) {
  const auto config = Parse("target_groups { id: 'a' protocol_version: GRPC deregistration_delay_ms: 0 }");
  BOOST_REQUIRE(IsOk(config));
  BOOST_TEST(config->target_groups[0].health_check.grpc);
  BOOST_TEST(config->target_groups[0].health_check.settings.matcher.ToString() == "12");
  BOOST_TEST((config->target_groups[0].deregistration_delay == absl::ZeroDuration()));
}

BOOST_AUTO_TEST_CASE(target_groups_have_slow_start_outlier_detection_and_health_requirements) {
  const auto plain = Parse("target_groups { id: 'a' }");
  BOOST_REQUIRE(IsOk(plain));
  BOOST_TEST(!plain->target_groups[0].slow_start.enabled());
  BOOST_TEST(!plain->target_groups[0].outlier_detection);
  BOOST_TEST(plain->target_groups[0].healthy_min.count == 1);
  const auto config = Parse(
      "target_groups { id: 'a' slow_start_ms: 30000 outlier_detection: true healthy_count_min: 2 "
      "healthy_percentage_min: 50 }");
  BOOST_REQUIRE(IsOk(config));
  BOOST_TEST((config->target_groups[0].slow_start.window == absl::Seconds(30)));
  BOOST_TEST(config->target_groups[0].outlier_detection);
  BOOST_TEST(config->target_groups[0].healthy_min.count == 2);
  BOOST_TEST(config->target_groups[0].healthy_min.percentage == 50);
}

BOOST_AUTO_TEST_CASE(rules_are_sorted_by_priority) {
  const auto config = Parse(Listener(std::string(kForwardToA) +
                                     "rules { priority: 9 action { fixed_response { status_code: 200 } } }"
                                     "rules { priority: 3 action { fixed_response { status_code: 404 } } }"));
  BOOST_REQUIRE(IsOk(config));
  BOOST_TEST(config->listeners[0].rules.at(0).priority == 3);
  BOOST_TEST(std::get<FixedResponseAction>(config->listeners[0].rules[0].action).content_type == "text/plain");
}

struct BadCase {
  const char* text;
  const char* message;
};
const BadCase kBadGroups[] = {
    {"id: ''", "ids must be given"},
    {"id: 'b' health_check { protocol: 'ICMP' }", "health check: the protocol is \"ICMP\""},
    {"id: 'b' health_check { path: 'x' }", "the path must begin with"},
    {"id: 'b' health_check { path: '/a\\r\\nb' }", "the path must begin with"},
    {"id: 'b' health_check { matcher: '20x' }", "matcher \"20x\""},
    {"id: 'b' health_check { interval_ms: -1 }", "the interval is -1 ms"},
    {"id: 'b' health_check { interval_ms: 1000 timeout_ms: 2000 }", "must not be longer"},
    {"id: 'b' health_check { healthy_threshold: 11 }", "healthy threshold is 11"},
    {"id: 'b' deregistration_delay_ms: -1", "negative"},
    {"id: 'b' targets { id: 'i' address { ip: '300.1.1.1' port: 1 } }", "target \"i\""},
    {"id: 'b' targets { id: 'i' address { ip: '127.0.0.1' port: 0 } }", "port 0"},
    {"id: 'b' slow_start_ms: 1000", "slow start window is 1s"},
    {"id: 'b' protocol_version: 9", "protocol version 9"},
};

BOOST_AUTO_TEST_CASE(bad_target_groups_are_refused_with_their_place) {
  for (const BadCase& c : kBadGroups) {
    v1::Configuration proto;
    google::protobuf::TextFormat::Parser parser;
    if (!parser.ParseFromString(std::string("target_groups {") + c.text + "}", &proto)) {
      proto.add_target_groups()->set_id("b");
      proto.mutable_target_groups(0)->set_protocol_version(static_cast<v1::ProtocolVersion>(9));
    }
    BOOST_TEST(StatusIs(FromProto(proto), absl::StatusCode::kInvalidArgument, c.message), c.text);
  }
}

const BadCase kBadListeners[] = {
    {"", "an action is empty"},
    {"default_action { forward {} }", "names no target group"},
    {"default_action { forward { target_groups { target_group_id: 'zz' } } }", "\"zz\""},
    {"default_action { forward { target_groups { target_group_id: 'a' weight: 1000 } } }", "is 1000"},
    {"default_action { fixed_response { status_code: 99 } }", "status 99"},
    {"default_action { fixed_response { status_code: 200 content_type: 'a\\nb' } }", "control characters"},
    {"default_action { redirect { status_code: 200 } }", "status 200"},
    {"default_action { redirect { status_code: 302 path: '/\\r\\nX: y' } }", "control characters"},
    {"default_action { fixed_response { status_code: 200 } } rules { priority: 0 }", "rule 0"},
    {"default_action { fixed_response { status_code: 200 } } addresses { ip: 'x' port: 1 }", "listener \"l\""},
    {"default_action { fixed_response { status_code: 200 } } addresses { ip: '::1' port: 70000 }", "port 70000"},
    {"default_action { fixed_response { status_code: 200 } }"
     "rules { priority: 1 action { fixed_response { status_code: 200 } } }"
     "rules { priority: 1 action { fixed_response { status_code: 200 } } }",
     "two rules have the priority 1"},
};

BOOST_AUTO_TEST_CASE(bad_listeners_are_refused_with_their_place) {
  for (const BadCase& c : kBadListeners) {
    BOOST_TEST(StatusIs(Parse(Listener(c.text)), absl::StatusCode::kInvalidArgument, c.message), c.text);
  }
}

BOOST_AUTO_TEST_CASE(counts_are_bounded) {
  v1::Configuration proto;
  for (int i = 0; i <= lb::kListenersMax; ++i) proto.add_listeners();
  BOOST_TEST(StatusIs(FromProto(proto), absl::StatusCode::kInvalidArgument, "51 listeners"));
  proto.Clear();
  for (int i = 0; i <= kTargetGroupsMax; ++i) proto.add_target_groups();
  BOOST_TEST(StatusIs(FromProto(proto), absl::StatusCode::kInvalidArgument, "4001 target groups"));
}

}  // namespace
}  // namespace nubo::proxy
