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

absl::StatusOr<ServedConfig> Parse(const std::string& text) {
  nubo::dns::v1::Config config;
  BOOST_REQUIRE(google::protobuf::TextFormat::ParseFromString(text, &config));
  return FromProto(config);
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
      {R"(zones { name: "e.com" records { name: "e.com" type: "CNAME" values: "x." } })", "CNAME at its apex"},
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

BOOST_AUTO_TEST_CASE(listeners_are_at_most_64) {
  std::string text;
  for (int i = 0; i < 64; ++i) text += R"(listeners { ip: "127.0.0.1" port: 53 } )";
  BOOST_TEST(IsOk(Parse(text)));
  text += R"(listeners { ip: "127.0.0.1" port: 53 } )";
  BOOST_TEST(StatusIs(Parse(text), absl::StatusCode::kInvalidArgument, "65 listeners are too many"));
}

}  // namespace
}  // namespace nubo::dns_server
