#include "nubo/lb/stickiness.h"

#include <boost/test/unit_test.hpp>
#include <map>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::lb {
namespace {

using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

const absl::Time kNow = absl::FromUnixSeconds(1700000000);
const StickinessKey kKey = {.high = 0x1234567890abcdef, .low = 0xfedcba0987654321};

EndpointList Endpoints(int count) {
  EndpointList endpoints;
  for (int i = 0; i < count; ++i) {
    Endpoint endpoint;
    endpoint.id = absl::StrCat("i-", i);
    endpoint.address = {net::IpAddress::V4(0x0a000000u + static_cast<uint32_t>(i)), 80};
    endpoint.load = std::make_shared<Load>();
    endpoints.push_back(std::make_shared<const Endpoint>(std::move(endpoint)));
  }
  return endpoints;
}

// The paper's own test vector: key 00 01 … 0f, text 00 01 … 0e.
BOOST_AUTO_TEST_CASE(the_hash_is_siphash) {
  const StickinessKey key = {.high = 0x0f0e0d0c0b0a0908, .low = 0x0706050403020100};
  std::string text;
  for (char c = 0; c < 15; ++c) text += c;
  BOOST_TEST(KeyedHash(key, text) == 0xa129ca6149be45e5u);
}

BOOST_AUTO_TEST_CASE(a_cookie_names_its_target_until_it_expires) {
  const StickinessCookie cookie(kKey);
  const std::string value = cookie.Encode("i-1", kNow + absl::Seconds(60));
  BOOST_TEST(value.size() == StickinessCookie::kSize);
  BOOST_TEST(cookie.Decode(value, kNow).value() == cookie.TagOf("i-1"));
  BOOST_TEST(cookie.Decode(value, kNow + absl::Seconds(59)).has_value());
  BOOST_TEST(!cookie.Decode(value, kNow + absl::Seconds(60)).has_value());
}

BOOST_AUTO_TEST_CASE(a_cookie_hides_the_target) {
  const std::string value = StickinessCookie(kKey).Encode("i-1", kNow);
  BOOST_TEST(!absl::StrContains(value, "i-1"));
  BOOST_TEST(StickinessCookie({.high = 1}).TagOf("i-1") != StickinessCookie(kKey).TagOf("i-1"));
}

BOOST_AUTO_TEST_CASE(a_cookie_that_was_changed_anywhere_is_nothing) {
  const StickinessCookie cookie(kKey);
  const std::string value = cookie.Encode("i-1", kNow + absl::Hours(1));
  for (size_t i = 0; i < value.size(); ++i) {
    std::string changed = value;
    changed[i] = changed[i] == '0' ? '1' : '0';
    BOOST_TEST(!cookie.Decode(changed, kNow).has_value(), i);
  }
}

BOOST_AUTO_TEST_CASE(what_is_no_cookie_is_nothing) {
  const StickinessCookie cookie(kKey);
  const std::string value = cookie.Encode("i-1", kNow + absl::Hours(1));
  for (const std::string& bad : {std::string(), std::string("x"), value + "0", value.substr(1), std::string(48, 'g'),
                                 std::string(48, '\0'), " " + value.substr(1), "0x" + value.substr(2)}) {
    BOOST_TEST(!cookie.Decode(bad, kNow).has_value(), bad);
  }
  BOOST_TEST(!StickinessCookie({.low = 1}).Decode(value, kNow).has_value());
}

BOOST_AUTO_TEST_CASE(a_tag_leads_to_its_endpoint_while_that_serves) {
  const StickyTargets targets(kKey, Endpoints(20));
  const StickinessCookie cookie(kKey);
  for (int i = 0; i < 20; ++i) {
    const std::string id = absl::StrCat("i-", i);
    BOOST_TEST(targets.ByTag(cookie.TagOf(id))->id == id);
  }
  BOOST_TEST((targets.ByTag(cookie.TagOf("i-20")) == nullptr));
  BOOST_TEST((StickyTargets(kKey, {}).ByTag(1) == nullptr));
}

BOOST_AUTO_TEST_CASE(source_addresses_spread_and_stay) {
  const StickyTargets ten(kKey, Endpoints(10));
  const StickyTargets nine(kKey, Endpoints(9));
  std::map<std::string, int> clients;
  for (uint32_t i = 0; i < 10000; ++i) {
    const net::IpAddress source = net::IpAddress::V4(0xc0a80000 + i);
    const std::string id = ten.BySourceIp(source)->id;
    ++clients[id];
    if (id != "i-9") BOOST_REQUIRE(nine.BySourceIp(source)->id == id);
  }
  BOOST_TEST(clients.size() == 10u);
  for (const auto& [id, count] : clients) BOOST_TEST((count > 850 && count < 1150), id << " has " << count);
  BOOST_TEST((StickyTargets(kKey, {}).BySourceIp(net::IpAddress()) == nullptr));
}

BOOST_AUTO_TEST_CASE(settings_outside_of_aws_range_are_refused) {
  const auto invalid = absl::StatusCode::kInvalidArgument;
  const auto app = [](absl::string_view name) {
    return CheckStickiness({.type = StickinessType::kAppCookie, .app_cookie_name = std::string(name)});
  };
  BOOST_TEST(IsOk(CheckStickiness({})));
  BOOST_TEST(IsOk(CheckStickiness({.duration = absl::Seconds(1)})));
  BOOST_TEST(IsOk(CheckStickiness({.duration = absl::Seconds(604800)})));
  BOOST_TEST(StatusIs(CheckStickiness({.duration = absl::Milliseconds(999)}), invalid, "999ms"));
  BOOST_TEST(StatusIs(CheckStickiness({.duration = absl::Seconds(604801)}), invalid, "168h1s"));
  BOOST_TEST(IsOk(app("JSESSIONID")));
  BOOST_TEST(StatusIs(app(""), invalid, "no cookie name"));
  BOOST_TEST(StatusIs(app("a b"), invalid, "\"a b\""));
  BOOST_TEST(StatusIs(app("a=b"), invalid, "no cookie name"));
  BOOST_TEST(StatusIs(app(std::string(257, 'a')), invalid, "256"));
  BOOST_TEST(StatusIs(app("AWSALBTG"), invalid, "load balancer's own"));
}

}  // namespace
}  // namespace nubo::lb
