#include "nubo/dns_server/config.h"

#include <google/protobuf/text_format.h>

#include <boost/test/unit_test.hpp>
#include <random>
#include <string>

#include "nubo/testing/status_matchers.h"

namespace nubo::dns_server {
namespace {

using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

ServedConfig ParseAny(const std::string& text) {
  nubo::dns::v1::Config config;
  BOOST_REQUIRE(google::protobuf::TextFormat::ParseFromString(text, &config));
  return FromProto(config);
}

// With nothing wrong in it.
absl::StatusOr<ServedConfig> Parse(const std::string& text) {
  ServedConfig served = ParseAny(text);
  if (served.refused.empty()) return served;
  return absl::InvalidArgumentError(served.refused[0].why());
}

dns::Answer Ask(const ServedConfig& config, absl::string_view name, dns::RecordType type) {
  static std::mt19937_64 rng(1);
  return config.zones->Lookup({*dns::Name::Parse(name), type}, {.rng = rng, .health = config.health.get()});
}

BOOST_AUTO_TEST_CASE(records_become_zones) {
  const auto config = Parse(R"(
      revision: 9
      zones { name: "example.com" records { name: "www.example.com" type: "A" ttl: 60 values: "10.0.0.1" values: "10.0.0.2" } }
      zones { name: "elb.test." records { name: "x.elb.test" type: "AAAA" ttl: 5 values: "::1" } }
      listeners { ip: "127.0.0.2" port: 53 })");
  BOOST_REQUIRE(IsOk(config));
  BOOST_TEST(config->revision == 9u);
  BOOST_TEST(Ask(*config, "www.example.com", dns::RecordType::kA).answers.at(0).set->records.size() == 2u);
  BOOST_TEST(Ask(*config, "x.elb.test", dns::RecordType::kAaaa).answers.at(0).ttl_seconds == 5u);
  BOOST_TEST((config->listeners.at(0) == *net::SocketAddress::Parse("127.0.0.2:53")));
}

BOOST_AUTO_TEST_CASE(a_zone_without_soa_gets_one) {
  const auto config = Parse(R"(revision: 4294967298 zones { name: "example.com" })");
  BOOST_REQUIRE(IsOk(config));
  const dns::Answer answer = Ask(*config, "example.com", dns::RecordType::kSoa);
  const auto& soa = std::get<dns::Soa>(answer.answers.at(0).set->records.at(0));
  BOOST_TEST(soa.serial == 2u);
  BOOST_TEST(soa.minimum_seconds == 5u);
}

BOOST_AUTO_TEST_CASE(a_soa_of_its_own_is_kept) {
  const auto config =
      Parse(R"(zones { name: "e.com" records { name: "e.com" type: "SOA" ttl: 1 values: "a. b. 1 2 3 4 77" } })");
  BOOST_REQUIRE(IsOk(config));
  BOOST_TEST(Ask(*config, "x.e.com", dns::RecordType::kA).authority.at(0).ttl_seconds == 1u);
}

BOOST_AUTO_TEST_CASE(aliases_weights_and_health_are_taken_over) {
  const auto config = Parse(R"(
      zones {
        name: "e.com"
        records { name: "a.e.com" type: "A" ttl: 1 values: "10.0.0.1" }
        records { name: "b.e.com" type: "A" ttl: 1 values: "10.0.0.2" }
        records { name: "w.e.com" type: "A" set_identifier: "a" weight: 255
                  alias { target: "a.e.com" evaluate_target_health: true } }
        records { name: "w.e.com" type: "A" set_identifier: "b" weight: 1 alias { target: "b.e.com" } }
        records { name: "h.e.com" type: "A" ttl: 1 set_identifier: "a" health_check_id: "one" values: "10.0.0.1" }
        records { name: "h.e.com" type: "A" ttl: 1 set_identifier: "b" health_check_id: "two" values: "10.0.0.2" }
      }
      unhealthy_targets: "A.e.com."
      failing_health_checks: "one")");
  BOOST_REQUIRE(IsOk(config));
  for (const char* name : {"w.e.com", "h.e.com"}) {
    for (int i = 0; i < 20; ++i) {
      const dns::Answer answer = Ask(*config, name, dns::RecordType::kA);
      BOOST_TEST(dns::ToText(answer.answers.at(0).set->records.at(0)) == "10.0.0.2");
    }
  }
}

struct Case {
  const char* config;
  const char* error;
};

BOOST_AUTO_TEST_CASE(errors_name_the_zone_and_the_record) {
  const Case cases[] = {
      {R"(zones { name: "" })", "zone: '' is not a domain name"},
      {R"(zones { name: "e.com" } zones { name: "E.com." })", "zone E.com is there already"},
      {R"(zones { name: "e.com" records { name: "a..e.com" type: "A" } })",
       "zone e.com, record a..e.com A: 'a..e.com' is not"},
      {R"(zones { name: "e.com" records { name: "a.e.com" type: "B" } })",
       "zone e.com, record a.e.com B: 'B' is not a record type"},
      {R"(zones { name: "e.com" records { name: "a.e.com" type: "A" values: "x" } })",
       "zone e.com, record a.e.com A: 'x' is no value"},
      {R"(zones { name: "e.com" records { name: "a.e.com" type: "A" } })",
       "zone e.com, record a.e.com A: it has neither"},
      {R"(zones { name: "e.com" records { name: "a.f.com" type: "A" values: "1.1.1.1" } })", "outside of the zone"},
      {R"(zones { name: "e.com" records { name: "a.e.com" type: "A" alias { target: "" } } })",
       "a.e.com A: '' is not a domain"},
      {R"(zones { name: "e.com" records { name: "e.com" type: "CNAME" values: "x." } })", "a CNAME at the apex"},
      {R"(listeners { ip: "localhost" port: 53 })", "listener: "},
      {R"(listeners { ip: "127.0.0.1" port: 65536 })", "port 65536"},
      {R"(listeners { ip: "127.0.0.1" })", "port 0"},
      {R"(unhealthy_targets: "a..b")", "unhealthy target: 'a..b'"},
  };
  for (const Case& c : cases) {
    const auto config = Parse(c.config);
    BOOST_TEST(!config.ok());
    BOOST_TEST(StatusIs(config, config.status().code(), c.error));
  }
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_left_out_and_the_rest_is_served) {
  const ServedConfig config = ParseAny(R"(
      revision: 3
      zones { name: "bad..name" }
      zones {
        name: "e.com"
        records { name: "a.e.com" type: "A" ttl: 1 values: "10.0.0.1" }
        records { name: "b.e.com" type: "CAA" ttl: 1 values: "nonsense" }
        records { name: "e.com" type: "CNAME" ttl: 1 values: "x." }
        records { name: "A.e.com." type: "A" ttl: 1 values: "10.0.0.2" }
        records { name: "c.e.com" type: "CNAME" ttl: 1 set_identifier: "one" values: "x." }
        records { name: "c.e.com" type: "TXT" ttl: 1 values: "x" }
        records { name: "e.com" type: "SOA" ttl: 1 values: "a. b. 1 2 3 4 5" values: "a. b. 1 2 3 4 6" }
        records { name: "e.com" type: "MX" ttl: 4294967295 values: "1 m." }
        records { name: "*.e.com" type: "A" ttl: 1 values: "10.0.0.9" }
        records { name: "*.y.g.e.com" type: "NS" ttl: 1 values: "ns." }
        records { name: "x.h.e.com" type: "A" ttl: 1 values: "10.0.0.3" }
        records { name: "*.h.e.com" type: "NS" ttl: 1 values: "ns." }
      }
      zones { name: "E.com." }
      zones {
        name: "f.com"
        records { name: "f.com" type: "MX" ttl: 1 values: "1 m." }
        records { name: "*.g.f.com" type: "NS" ttl: 1 values: "ns." }
      }
      listeners { ip: "nowhere" port: 1 }
      listeners { ip: "127.0.0.1" port: 53 }
      unhealthy_targets: "a..b"
      unhealthy_targets: "a.e.com")");
  std::vector<std::string> refused;
  for (const auto& one : config.refused) {
    BOOST_TEST(!one.why().empty());
    refused.push_back(one.zone() + "|" + one.name() + "|" + one.type() + "|" + one.set_identifier());
  }
  const std::vector<std::string> expected = {"bad..name|||",
                                             "e.com|b.e.com|CAA|",
                                             "e.com|A.e.com.|A|",
                                             "e.com|e.com|SOA|",
                                             "e.com|e.com|MX|",
                                             "e.com|e.com|CNAME|",
                                             "e.com|c.e.com|CNAME|one",
                                             "e.com|*.y.g.e.com|NS|",
                                             "e.com|*.h.e.com|NS|",
                                             "E.com.|||",
                                             "f.com|*.g.f.com|NS|",
                                             "|||",
                                             "|||"};
  BOOST_TEST(refused == expected, boost::test_tools::per_element());
  BOOST_TEST(config.revision == 3u);
  BOOST_TEST(dns::ToText(Ask(config, "a.e.com", dns::RecordType::kA).answers.at(0).set->records.at(0)) == "10.0.0.1");
  BOOST_TEST(Ask(config, "c.e.com", dns::RecordType::kTxt).answers.size() == 1u);
  BOOST_TEST(Ask(config, "e.com", dns::RecordType::kSoa).answers.size() == 1u);
  BOOST_TEST(Ask(config, "f.com", dns::RecordType::kMx).answers.size() == 1u);
  // What was left out leaves no name behind, but for one that has another below it.
  BOOST_TEST(dns::ToText(Ask(config, "y.g.e.com", dns::RecordType::kA).answers.at(0).set->records.at(0)) == "10.0.0.9");
  BOOST_TEST(Ask(config, "h.e.com", dns::RecordType::kA).answers.empty());
  BOOST_TEST(Ask(config, "x.h.e.com", dns::RecordType::kA).answers.size() == 1u);
  BOOST_CHECK(Ask(config, "g.f.com", dns::RecordType::kA).rcode == dns::Rcode::kNxDomain);
  BOOST_TEST(config.listeners.size() == 1u);
  BOOST_TEST(!config.health->TargetHealthy(*dns::Name::Parse("a.e.com")));
}

// Messages of refusals travel as UTF-8, whatever was refused and wherever it was cut.
BOOST_AUTO_TEST_CASE(refusals_are_printable) {
  std::string value;
  for (int i = 0; i < 299; ++i) value += "a";
  const ServedConfig config =
      ParseAny("zones { name: 'e.com' records { name: 'a.e.com' type: 'A' ttl: 1 values: '" + value + "\xc3\xa4' } }");
  BOOST_REQUIRE(config.refused.size() == 1u);
  for (const char c : config.refused[0].why()) BOOST_TEST((c >= ' ' && c <= '~'));
}

BOOST_AUTO_TEST_CASE(listeners_are_at_most_64) {
  std::string text;
  for (int i = 0; i < 64; ++i) text += R"(listeners { ip: "127.0.0.1" port: 53 } )";
  BOOST_TEST(IsOk(Parse(text)));
  text += R"(listeners { ip: "127.0.0.1" port: 53 } )";
  BOOST_TEST(StatusIs(Parse(text), absl::StatusCode::kInvalidArgument, "one too many"));
  BOOST_TEST(ParseAny(text).listeners.size() == 64u);
}

}  // namespace
}  // namespace nubo::dns_server
