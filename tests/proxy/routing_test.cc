#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <map>
#include <random>

#include "nubo/proxy/access_log.h"
#include "nubo/proxy/config.h"
#include "nubo/proxy/forwarding.h"
#include "nubo/proxy/pattern.h"
#include "nubo/proxy/route_table.h"

namespace nubo::proxy {
namespace {

struct PatternRow {
  const char* pattern;
  const char* text;
  bool matches;
};
const PatternRow kPatterns[] = {
    {"", "", true},
    {"", "a", false},
    {"*", "", true},
    {"*", "anything", true},
    {"?", "", false},
    {"?", "a", true},
    {"example.com", "EXAMPLE.com", true},
    {"*.example.com", "www.example.com", true},
    {"*.example.com", "example.com", false},
    {"*.example.com", "a.b.example.com", true},
    {"te?t.com", "test.com", true},
    {"te?t.com", "tet.com", false},
    {"/img/*/pics", "/img/a/b/pics", true},
    {"/img/*/pics", "/img/pics", false},
    {"*a*b", "aXbYb", true},
    {"*a*b", "aXbY", false},
    {"a**", "a", true},
};

BOOST_AUTO_TEST_CASE(patterns_match_as_aws_defines_them) {
  for (const PatternRow& row : kPatterns) {
    BOOST_TEST(MatchesPattern(row.pattern, row.text, PatternCase::kInsensitive) == row.matches,
               row.pattern << " against " << row.text);
  }
  BOOST_TEST(!MatchesPattern("/A", "/a", PatternCase::kSensitive));
}

BOOST_AUTO_TEST_CASE(a_pattern_of_stars_costs_no_exponential_time) {
  std::string pattern;
  for (int i = 0; i < 100; ++i) pattern += "*a";
  BOOST_TEST(!MatchesPattern(pattern + "b", std::string(20000, 'a'), PatternCase::kSensitive));
}

ListenerConfig MakeListener() {
  const auto fixed = [](int status) { return Action(FixedResponseAction{.status = status}); };
  ListenerConfig listener;
  listener.default_action = fixed(404);
  listener.rules = {
      {.priority = 1, .host_patterns = {"api.*"}, .path_patterns = {"/v1/*", "/v2/*"}, .action = fixed(201)},
      {.priority = 2, .host_patterns = {"api.*"}, .action = fixed(202)},
      {.priority = 3, .path_patterns = {"/static/*"}, .action = fixed(203)},
      {.priority = 4, .host_patterns = {"dot.example."}, .action = fixed(204)},
  };
  return listener;
}

struct RouteRow {
  const char* host;
  const char* path;
  int priority;
};
const RouteRow kRoutes[] = {
    {"api.example", "/v2/x", 1},
    {"API.example", "/v3/x", 2},
    {"www.example", "/static/a.js", 3},
    {"www.example", "/", 0},
    {"www.example", "/STATIC/", 0},
    {"api.example.", "/v3/x", 2},
    {"Dot.Example", "/", 4},
    {"dot.example.", "/", 4},
    {"dot.example..", "/", 0},
    {".", "/", 0},
};

BOOST_AUTO_TEST_CASE(the_first_rule_whose_conditions_all_hold_wins) {
  const RouteTable routes(MakeListener());
  for (const RouteRow& row : kRoutes) {
    const RouteRequest request = {.host = row.host, .path = row.path};
    BOOST_TEST(routes.Find(request).priority == row.priority, row.host << row.path);
  }
}

struct ConditionRow {
  const char* name;
  RuleConfig rule;
  bool matches;
};

BOOST_AUTO_TEST_CASE(each_kind_of_condition_is_matched_as_aws_defines_it) {
  const http::Headers headers = {{"X-Version", "Beta-2"}, {"x-version", "stable"}, {"X-Star", "a*b"}};
  const RouteRequest request = {.host = "app.example",
                                .path = "/a",
                                .query = "version=V1&flag&star=a*b",
                                .method = "POST",
                                .headers = &headers,
                                .source = *net::IpAddress::Parse("10.1.2.3")};
  const auto block = [](absl::string_view text) { return *net::Prefix::Parse(text); };
  const ConditionRow rows[] = {
      {"a header in any case", {.headers = {{"x-VERSION", {"beta-?"}}}}, true},
      {"the second field of a name", {.headers = {{"x-version", {"none", "STABLE"}}}}, true},
      {"a header of another value", {.headers = {{"x-version", {"gamma"}}}}, false},
      {"a header that is not there", {.headers = {{"x-other", {"*"}}}}, false},
      {"two headers", {.headers = {{"x-version", {"stable"}}, {"x-star", {"a*"}}}}, true},
      {"two headers, one of another value", {.headers = {{"x-version", {"stable"}}, {"x-star", {"b*"}}}}, false},
      {"an escaped star", {.headers = {{"x-star", {"a\\*b"}}}}, true},
      {"an escaped star is no wildcard", {.headers = {{"x-version", {"st\\*"}}}}, false},
      {"a method", {.methods = {"PUT", "POST"}}, true},
      {"a method in another case", {.methods = {"post"}}, false},
      {"a parameter in any case", {.queries = {{{"VERSION", "v1"}}}}, true},
      {"one of two parameters", {.queries = {{{"version", "v2"}, {"flag", ""}}}}, true},
      {"both of two parameters", {.queries = {{{"version", "v1"}}, {{"flag", ""}}}}, true},
      {"a parameter of another value", {.queries = {{{"version", "v2"}}}}, false},
      {"a value of any key", {.queries = {{{"", "v?"}}}}, true},
      {"a key is no value", {.queries = {{{"", "version"}}}}, false},
      {"an escaped star in a query", {.queries = {{{"star", "a\\*b"}}}}, true},
      {"an address", {.sources = {block("192.0.2.0/24"), block("10.0.0.0/8")}}, true},
      {"an address elsewhere", {.sources = {block("192.0.2.0/24"), block("2001:db8::/32")}}, false},
      {"all must hold", {.host_patterns = {"app.*"}, .methods = {"GET"}}, false},
  };
  for (const ConditionRow& row : rows) {
    ListenerConfig listener;
    listener.rules = {row.rule};
    listener.rules[0].priority = 7;
    BOOST_TEST((RouteTable(listener).Find(request).priority == 7) == row.matches, row.name);
  }
}

BOOST_AUTO_TEST_CASE(a_request_without_fields_or_query_meets_no_condition_on_them) {
  ListenerConfig listener;
  listener.rules = {{.priority = 1, .headers = {{"x-a", {"*"}}}}, {.priority = 2, .queries = {{{"", "*"}}}}};
  const RouteRequest request = {.host = "a", .path = "/"};
  BOOST_TEST(RouteTable(listener).Find(request).priority == 0);
}

BOOST_AUTO_TEST_CASE(groups_get_their_weights_share) {
  const ForwardAction action{{{"blue", 3}, {"green", 1}, {"off", 0}}};
  std::mt19937_64 rng(1);
  std::map<std::string, int> chosen;
  for (int i = 0; i < 4000; ++i) ++chosen[ChooseGroup(action, rng)->target_group_id];
  BOOST_TEST(chosen["off"] == 0);
  BOOST_TEST(chosen["blue"] > 2850);
  BOOST_TEST(chosen["blue"] < 3150);
  BOOST_TEST(ChooseGroup(ForwardAction{{{"off", 0}}}, rng) == nullptr);
}

BOOST_AUTO_TEST_CASE(redirects_fill_in_the_request) {
  const RedirectContext request{.protocol = "http", .host = "app.example", .port = "80", .path = "/a", .query = "q=1"};
  const RedirectAction https{.protocol = "HTTPS", .port = "443"};
  BOOST_TEST(RedirectLocation(https, request) == "https://app.example:443/a?q=1");
  const RedirectAction moved{.host = "new.#{host}", .path = "/old/#{path}", .query = "from=#{host}&#{query}"};
  BOOST_TEST(RedirectLocation(moved, request) == "http://new.app.example:80/old/a?from=app.example&q=1");
}

BOOST_AUTO_TEST_CASE(hosts_lose_their_ports) {
  BOOST_TEST(HostWithoutPort("app.example:80") == "app.example");
  BOOST_TEST(HostWithoutPort("app.example") == "app.example");
  BOOST_TEST(HostWithoutPort("[::1]:80") == "::1");
  BOOST_TEST(HostWithoutPort("[::1") == "[::1");
}

BOOST_AUTO_TEST_CASE(ports_are_found) {
  BOOST_TEST(PortOf("app.example:8080") == "8080");
  BOOST_TEST(PortOf("app.example") == "");
  BOOST_TEST(PortOf("app.example:") == "");
  BOOST_TEST(PortOf("[::1]:80") == "80");
  BOOST_TEST(PortOf("[::1]") == "");
  BOOST_TEST(PortOf("[::1") == "");
}

// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-request-tracing.html
BOOST_AUTO_TEST_CASE(traces_go_on_as_aws_has_them) {
  BOOST_TEST(UpdatedTraceId("", "1-2-3") == "Root=1-2-3");
  BOOST_TEST(UpdatedTraceId("Root=1-a-b", "1-2-3") == "Self=1-2-3;Root=1-a-b");
  BOOST_TEST(UpdatedTraceId("Root=1-a-b;CalledFrom=app", "1-2-3") == "Self=1-2-3;Root=1-a-b;CalledFrom=app");
  BOOST_TEST(UpdatedTraceId("Self=1-x-y; Root=1-a-b", "1-2-3") == "Self=1-2-3;Root=1-a-b");
  BOOST_TEST(UpdatedTraceId("Self=1-x-y", "1-2-3") == "Self=1-2-3");
  BOOST_TEST(UpdatedTraceId("CalledFrom=app", "1-2-3") == "Root=1-2-3;CalledFrom=app");
}

BOOST_AUTO_TEST_CASE(a_long_head_gets_a_new_trace) {
  http::RequestHead head;
  head.headers = {{"x-amzn-trace-id", "Root=1-a-b"}, {"x", std::string(7 << 10, 'x')}};
  ForwardedBy by;
  by.trace_id = "1-2-3";
  BOOST_TEST(ForwardedRequest(head, by).headers.Get("x-amzn-trace-id").value_or("") == "Root=1-2-3");
}

AccessLogEntry MakeEntry() {
  const absl::Time start = absl::FromUnixSeconds(1700000000);
  AccessLogEntry entry;
  entry.received = start;
  entry.sent = start + absl::Milliseconds(1);
  entry.answered = start + absl::Milliseconds(31);
  entry.ended = start + absl::Milliseconds(32);
  entry.load_balancer_id = "app/web/0123";
  entry.client = {net::IpAddress::V4(0x7f000001), 5000};
  entry.targets = {{net::IpAddress::V4(0x7f010101), 80}, {net::IpAddress::V4(0x7f010102), 80}};
  entry.elb_status = 200;
  entry.target_status = 200;
  entry.received_bytes = 10;
  entry.sent_bytes = 20;
  entry.request_line = "POST http://app.example:80/ HTTP/1.1";
  entry.user_agent = "curl \"x\"\n";
  entry.target_group_id = "tg";
  entry.trace_id = "Root=1-2";
  entry.domain_name = "app.example";
  entry.rule_priority = 3;
  entry.actions = "forward";
  return entry;
}

BOOST_AUTO_TEST_CASE(a_log_line_has_the_fields_of_aws_in_their_order) {
  BOOST_TEST(
      FormatAccessLogLine(MakeEntry()) ==
      "http 2023-11-14T22:13:20.032000Z app/web/0123 127.0.0.1:5000 127.1.1.2:80 0.001 0.030 0.001 200 200 10 20 "
      "\"POST http://app.example:80/ HTTP/1.1\" \"curl \\\"x\\\"\\x0a\" - - tg \"Root=1-2\" \"app.example\" \"-\" 3 "
      "2023-11-14T22:13:20.000000Z \"forward\" \"-\" \"-\" \"127.1.1.1:80 127.1.1.2:80\" \"200\"\n");
}

BOOST_AUTO_TEST_CASE(what_never_happened_reads_as_minus_one_or_a_dash) {
  AccessLogEntry entry;
  BOOST_TEST(FormatAccessLogLine(entry).find(" - 0.0.0.0:0 - -1 -1 -1 - - 0 0 \"-\" ") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_log_is_written_when_its_buffer_is_full_or_flushed) {
  int ends[2];
  BOOST_REQUIRE(pipe(ends) == 0);
  AccessLog log(ends[1]);
  log.Write("one\n");
  log.Write("two\n");
  log.Flush();
  char buffer[64];
  const ssize_t n = read(ends[0], buffer, sizeof buffer);
  BOOST_TEST(std::string(buffer, static_cast<size_t>(n)) == "one\ntwo\n");
  close(ends[0]);
  close(ends[1]);
}

}  // namespace
}  // namespace nubo::proxy
