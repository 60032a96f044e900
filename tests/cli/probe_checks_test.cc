#include "nubo/cli/commands/probe_checks.h"

#include <google/protobuf/text_format.h>

#include <boost/test/unit_test.hpp>
#include <string>

#include "absl/strings/str_cat.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::cli {
namespace {

region::v1::GetStatusResponse Status(const std::string& probes) {
  region::v1::GetStatusResponse status;
  status.set_dns_address("127.0.0.1:10053");
  status.set_http_address("127.0.0.1:8080");
  BOOST_REQUIRE(google::protobuf::TextFormat::MergeFromString(probes, &status));
  return status;
}

BOOST_AUTO_TEST_CASE(what_answers_is_well) {
  const auto status = Status(R"(probes { kind: "dns" name: "dns" pid: 5 answers: true }
                                probes { kind: "listener" name: "edge" pid: 6 answers: true })");
  const Check dns = DnsCheck(status);
  BOOST_TEST((dns.health == Health::kOk));
  BOOST_TEST(dns.seen == "127.0.0.1:10053 answers over UDP and TCP");
  BOOST_TEST(dns.pid == 5);
  BOOST_TEST(ListenerCheck(status).seen == "127.0.0.1:8080 answers");
}

BOOST_AUTO_TEST_CASE(what_hangs_is_told_with_its_process_and_for_how_long) {
  const auto status = Status(
      R"(probes { kind: "dns" name: "dns" pid: 5 hung: true hung_seconds: 12 restarts: 2 error: "over UDP: no" })");
  const Check dns = DnsCheck(status);
  BOOST_TEST((dns.health == Health::kBad));
  BOOST_TEST(
      dns.seen ==
      "127.0.0.1:10053; restarted 2 times for having hung; hung: process 5 has not answered for 12 s (over UDP: no)");
  BOOST_TEST(dns.advice == "the region restarts what stays so; see: nubo events");
  const std::string json = *ChecksJson({dns});
  for (const char* field : {"\"pid\": 5", "\"hung_seconds\": 12", "\"restarts\": 2"}) {
    BOOST_TEST(json.find(field) != std::string::npos, json);
  }
}

BOOST_AUTO_TEST_CASE(what_does_not_run_is_bad) {
  BOOST_TEST((DnsCheck(Status("")).health == Health::kBad));
  BOOST_TEST(ListenerCheck(Status("")).seen == "127.0.0.1:8080: its process does not run");
}

BOOST_AUTO_TEST_CASE(a_probe_makes_what_looked_well_bad) {
  const auto status = Status(R"(probes { kind: "balancer" name: "web" pid: 7 error: "connection refused" })");
  Check check{"balancer", "web", Health::kOk, "active"};
  AddProbe(FindProbe(status, "balancer", "web"), check);
  BOOST_TEST((check.health == Health::kBad));
  BOOST_TEST(check.seen == "active; process 7 does not answer: connection refused");
  Check other{"balancer", "api", Health::kOk, "active"};
  AddProbe(FindProbe(status, "balancer", "api"), other);
  BOOST_TEST((other.health == Health::kOk));
}

BOOST_AUTO_TEST_CASE(shims_are_counted_and_the_silent_ones_named) {
  std::string probes;
  for (int i = 0; i < 20; ++i) absl::StrAppend(&probes, "probes { kind: 'shim' name: 'i-", i, "' answers: true }");
  for (int i = 20; i < 35; ++i) {
    absl::StrAppend(&probes, "probes { kind: 'shim' name: 'i-", i, "' pid: ", i, " hung: true hung_seconds: 1 }");
  }
  const std::vector<Check> checks = ShimChecks(Status(probes));
  BOOST_REQUIRE(checks.size() == 11u);
  BOOST_TEST(checks[0].seen == "20 of 35 answer");
  BOOST_TEST((checks[0].health == Health::kBad));
  BOOST_TEST(checks[1].name == "i-20");
  BOOST_TEST(checks[1].advice == "it holds i-20; if somebody has stopped it: kill -CONT 20");
  BOOST_TEST(ShimChecks(Status("")).empty());
}

}  // namespace
}  // namespace nubo::cli
