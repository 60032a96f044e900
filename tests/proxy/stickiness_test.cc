// A client that brings its cookies back stays where it was.
#include <boost/test/unit_test.hpp>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "nubo/testing/status_matchers.h"
#include "tests/proxy/proxy_fixture.h"

namespace nubo::proxy {
namespace {

using ::nubo::testing::IsOk;

constexpr char kKey[] = "00112233445566778899aabbccddeeff";
constexpr int kRequests = 6;

// The cookies that `answer` sets, as a client sends them back.
std::string CookiesOf(const Answer& answer) {
  std::string cookies;
  for (const absl::string_view field : answer.head.headers.GetAll("set-cookie")) {
    absl::StrAppend(&cookies, cookies.empty() ? "" : "; ", field.substr(0, field.find(';')));
  }
  return cookies;
}

struct Sticky : ProxyFixture {
  Sticky() {
    AddBackend("target-1");
    AddBackend("target-2");
  }
  v1::Configuration Of(const std::string& type) {
    v1::Configuration config = OneGroup();
    v1::Stickiness* stickiness = config.mutable_target_groups(0)->mutable_stickiness();
    stickiness->set_type(type);
    stickiness->set_duration_ms(60000);
    stickiness->set_key(kKey);
    if (type == "app_cookie") stickiness->set_app_cookie_name("SESSION");
    return config;
  }
};

net::Task<Answer> Get(ProxyFixture& f) {
  Ask ask;
  co_return co_await f.Send(std::move(ask));
}

// Asks with the cookies of the answer before, if `keeps`; who answered.
net::Task<std::vector<std::string>> AskInARow(ProxyFixture& f, bool keeps, std::string cookies) {
  std::vector<std::string> served;
  for (int i = 0; i < kRequests; ++i) {
    Ask ask;
    if (keeps && !cookies.empty()) ask.headers = {{"cookie", cookies}};
    const Answer answer = co_await f.Send(std::move(ask));
    BOOST_REQUIRE(IsOk(answer.status));
    served.push_back(answer.body);
    const std::string set = CookiesOf(answer);
    if (!set.empty()) cookies = set;
  }
  co_return served;
}

size_t Distinct(const std::vector<std::string>& served) {
  return std::set<std::string>(served.begin(), served.end()).size();
}

net::Task<void> StaysByLbCookie(ProxyFixture& f) {
  co_await f.UntilHealthy();
  const Answer first = co_await Get(f);
  const std::vector<absl::string_view> set = first.head.headers.GetAll("set-cookie");
  BOOST_REQUIRE_EQUAL(set.size(), 2u);
  BOOST_TEST(absl::StartsWith(set[0], "AWSALB="));
  BOOST_TEST(absl::StrContains(set[0], "; Expires="));
  BOOST_TEST(absl::EndsWith(set[0], " GMT; Path=/"));
  BOOST_TEST(absl::StartsWith(set[1], "AWSALBCORS="));
  BOOST_TEST(absl::EndsWith(set[1], "; SameSite=None"));
  BOOST_TEST(!absl::StrContains(set[0], first.body), "the cookie names its target");
  const auto kept = co_await AskInARow(f, true, "");
  BOOST_TEST(Distinct(kept) == 1u);
  const auto without = co_await AskInARow(f, false, "");
  BOOST_TEST(Distinct(without) == 2u);
  const auto forged = co_await AskInARow(f, true, absl::StrCat("AWSALB=", std::string(48, '0')));
  BOOST_TEST(Distinct({forged.begin() + 1, forged.end()}) == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_client_stays_by_the_load_balancers_cookie, Sticky) {
  Configure(Of("lb_cookie"));
  Run(StaysByLbCookie(*this));
}

net::Task<void> MovesOn(ProxyFixture& f) {
  co_await f.UntilHealthy();
  const Answer first = co_await Get(f);
  for (const auto& backend : f.backends) {
    if (backend->name == first.body) co_await backend->Kill();
  }
  Ask ask;
  ask.headers = {{"cookie", CookiesOf(first)}};
  const Answer second = co_await f.Send(std::move(ask));
  BOOST_TEST(second.head.status == 200);
  BOOST_TEST(second.body != first.body);
  const auto kept = co_await AskInARow(f, true, CookiesOf(second));
  BOOST_TEST(Distinct(kept) == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_client_whose_target_is_gone_gets_another_and_stays_there, Sticky) {
  Configure(Of("lb_cookie"));
  Run(MovesOn(*this));
}

net::Task<void> SetsSession(http::Exchange& exchange, std::string name) {
  http::ResponseHead head;
  if (exchange.head().path == "/login") head.headers = {{"set-cookie", "SESSION=1; Path=/"}};
  (void)co_await exchange.SendWhole(std::move(head), name);
}

net::Task<void> StaysByAppCookie(ProxyFixture& f) {
  co_await f.UntilHealthy();
  const Answer before = co_await Get(f);
  BOOST_TEST(CookiesOf(before) == "");
  Ask login;
  login.path = "/login";
  const Answer first = co_await f.Send(std::move(login));
  const std::string cookies = CookiesOf(first);
  BOOST_TEST(absl::StrContains(cookies, "SESSION=1; AWSALBAPP-0="), cookies);
  const auto kept = co_await AskInARow(f, true, cookies);
  BOOST_TEST(Distinct(kept) == 1u);
  BOOST_TEST(kept[0] == first.body);
  // The application has ended its session.
  const auto ended = co_await AskInARow(f, true, cookies.substr(cookies.find("AWSALBAPP")));
  BOOST_TEST(Distinct(ended) == 2u);
}

BOOST_FIXTURE_TEST_CASE(a_client_stays_as_long_as_the_application_keeps_its_session, Sticky) {
  for (const auto& backend : backends) {
    backend->serve = [name = backend->name](http::Exchange& exchange) { return SetsSession(exchange, name); };
  }
  Configure(Of("app_cookie"));
  Run(StaysByAppCookie(*this));
}

net::Task<void> StaysInGroup(ProxyFixture& f) {
  co_await f.UntilHealthy();
  const Answer first = co_await Get(f);
  BOOST_TEST(absl::StrContains(CookiesOf(first), "AWSALBTG="), CookiesOf(first));
  const auto kept = co_await AskInARow(f, true, CookiesOf(first));
  BOOST_TEST(Distinct(kept) == 1u);
  std::set<std::string> served;
  for (int i = 0; i < 40; ++i) {
    const Answer answer = co_await Get(f);
    served.insert(answer.body);
  }
  BOOST_TEST(served.size() == 2u);
}

BOOST_FIXTURE_TEST_CASE(a_client_stays_with_its_target_group, Sticky) {
  v1::Configuration config = OneGroup();
  v1::TargetGroup* second = config.add_target_groups();
  *second = config.target_groups(0);
  second->set_id("other");
  second->mutable_targets()->DeleteSubrange(0, 1);
  config.mutable_target_groups(0)->mutable_targets()->RemoveLast();
  v1::Forward* forward = config.mutable_listeners(0)->mutable_default_action()->mutable_forward();
  forward->mutable_target_groups(0)->set_weight(1);
  *forward->add_target_groups() = forward->target_groups(0);
  forward->mutable_target_groups(1)->set_target_group_id("other");
  forward->set_stickiness_ms(60000);
  forward->set_stickiness_key(kKey);
  Configure(std::move(config));
  Run(StaysInGroup(*this));
}

net::Task<void> EchoFields(http::Exchange& exchange) {
  std::string text;
  for (const http::Field& field : exchange.head().headers) absl::StrAppend(&text, field.name, ": ", field.value, "\n");
  http::ResponseHead head;
  (void)co_await exchange.SendWhole(std::move(head), text);
}

net::Task<void> AsksWithFields(ProxyFixture& f, std::string& seen) {
  co_await f.UntilHealthy();
  Ask ask;
  ask.headers = {{"x-forwarded-for", "1.2.3.4"}, {"x_odd", "1"}, {"x-even", "2"}};
  const Answer answer = co_await f.Send(std::move(ask));
  seen = answer.body;
}

struct HeaderRow {
  const char* mode;
  bool port;
  const char* expected;
};

BOOST_AUTO_TEST_CASE(header_options_say_what_reaches_targets) {
  for (const HeaderRow& row :
       {HeaderRow{"", false, "x-forwarded-for: 1.2.3.4, 127.0.0.1\n"},
        HeaderRow{"append", true, "x-forwarded-for: 1.2.3.4, 127.0.0.1:"},
        HeaderRow{"preserve", true, "x-forwarded-for: 1.2.3.4\n"}, HeaderRow{"remove", false, nullptr}}) {
    // Each its own: a load balancer that has run to its end serves no more.
    ProxyFixture f;
    f.AddBackend("a").serve = EchoFields;
    v1::Configuration config = f.OneGroup();
    config.mutable_headers()->set_xff_mode(row.mode);
    config.mutable_headers()->set_xff_client_port(row.port);
    config.mutable_headers()->set_drop_invalid(row.port);
    f.Configure(std::move(config));
    std::string seen;
    f.Run(AsksWithFields(f, seen));
    BOOST_TEST(absl::StrContains(seen, row.expected == nullptr ? "x-even: 2" : row.expected), seen);
    if (row.expected == nullptr) BOOST_TEST(!absl::StrContains(seen, "x-forwarded-for"), seen);
    BOOST_TEST(absl::StrContains(seen, "x_odd: 1") == !row.port, seen);
  }
}

}  // namespace
}  // namespace nubo::proxy
