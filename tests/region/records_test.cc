// Hosted zones and record sets: one that cannot be served fails itself, and nobody else's.
#include <boost/test/unit_test.hpp>
#include <string>

#include "absl/strings/str_cat.h"
#include "nubo/dns_server/config.h"
#include "nubo/proxy/config.h"
#include "nubo/region/dns/dns_config.h"
#include "nubo/region/edge/edge_config.h"
#include "nubo/region/state/names.h"
#include "nubo/testing/status_matchers.h"
#include "tests/region/world.h"

namespace nubo::region {
namespace {

using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

constexpr char kZone[] = "Resources:\n  Zone: {Type: AWS::Route53::HostedZone, Properties: {Name: Shop.test.}}\n";

std::string Record(const char* id, const char* name, const char* type, const char* value,
                   const char* zone = "HostedZoneId: !Ref Zone") {
  return absl::StrCat("  ", id, ": {Type: AWS::Route53::RecordSet, Properties: {", zone, ", Name: '", name,
                      "', Type: ", type, ", TTL: 60, ResourceRecords: ['", value, "']}}\n");
}

// Of records in a zone of another stack.
std::string Elsewhere(const std::string& records) { return absl::StrCat("Resources:\n", records); }
constexpr char kByName[] = "HostedZoneName: shop.test";

struct Records : World {
  // With a name server that takes what it is told.
  void Serve() {
    for (int i = 0; i < 10; ++i) {
      TickStacks(context, handlers);
      Acknowledge();
    }
  }
  // As the name server's process does, but at once.
  void Acknowledge() {
    dns::v1::Config config = DnsConfig(context);
    config.set_revision(context.dns_sent.revision() + 1);
    context.dns_sent = config;
    const dns_server::ServedConfig served = dns_server::FromProto(config);
    context.dns_status.Clear();
    context.dns_status.set_applied_revision(config.revision());
    for (const auto& refused : served.refused) *context.dns_status.add_refused() = refused;
  }
  std::string Status(const std::string& stack) const {
    const v1::StackState* found = context.model.stacks.Find(stack);
    return found == nullptr ? "" : found->status();
  }
};

BOOST_FIXTURE_TEST_SUITE(records, Records)

BOOST_AUTO_TEST_CASE(every_type_of_the_reference_is_served) {
  const std::string text =
      absl::StrCat(kZone, Record("R1", "a.shop.test", "A", "10.0.0.1"), Record("R2", "a.shop.test", "AAAA", "::1"),
                   Record("R3", "shop.test", "CAA", "0 issue \"ca.example\""),
                   Record("R4", "c.shop.test", "CNAME", "a.shop.test"),
                   Record("R5", "d.shop.test", "DS", "60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118"),
                   Record("R6", "shop.test", "HTTPS", "1 . alpn=\"h2,h3\" port=443"),
                   Record("R7", "shop.test", "MX", "10 mail.shop.test"),
                   Record("R8", "n.shop.test", "NAPTR", "100 50 \"u\" \"sip+E2U\" \"!^.*$!sip:info@shop.test!\" .")) +
      absl::StrCat(Record("R9", "shop.test", "NS", "ns1.nubo.internal"),
                   Record("S1", "p.shop.test", "PTR", "a.shop.test"),
                   Record("S2", "shop.test", "SOA", "ns1.nubo.internal. host.shop.test. 1 7200 900 1209600 60"),
                   Record("S3", "s.shop.test", "SPF", "\"v=spf1 -all\""),
                   Record("S4", "_sip._tcp.shop.test", "SRV", "1 2 5060 a.shop.test"),
                   Record("S5", "s.shop.test", "SSHFP", "2 1 123456789abcdef67890123456789abcdef67890")) +
      absl::StrCat(Record("S6", "_x.shop.test", "SVCB", "0 a.shop.test"),
                   Record("S7", "_443._tcp.shop.test", "TLSA", "0 0 0 3082"),
                   Record("S8", "t.shop.test", "TXT", "\"one\" \"two\""),
                   Record("S9", "\\052.shop.test", "A", "10.0.0.9"));
  BOOST_REQUIRE(IsOk(Create(text)));
  Serve();
  BOOST_TEST(Status("shop") == "CREATE_COMPLETE", Failure());
  const dns::v1::Config config = DnsConfig(context);
  BOOST_TEST(config.zones(config.zones_size() - 1).records_size() == 18);
  BOOST_TEST(dns_server::FromProto(config).refused.empty());
}

BOOST_AUTO_TEST_CASE(a_record_is_complete_only_when_the_name_server_has_it) {
  BOOST_REQUIRE(IsOk(Create(absl::StrCat(kZone, Record("A", "a.shop.test", "A", "10.0.0.1")))));
  // It has acknowledged all that it was ever told.
  context.dns_sent.set_revision(7);
  context.dns_status.set_applied_revision(7);
  for (int i = 0; i < 10; ++i) TickStacks(context, handlers);
  BOOST_TEST(Status("shop") == "CREATE_IN_PROGRESS");
  Serve();
  BOOST_TEST(Status("shop") == "CREATE_COMPLETE");
}

BOOST_AUTO_TEST_CASE(what_the_zone_cannot_take_fails_alone) {
  BOOST_REQUIRE(IsOk(Create(absl::StrCat(kZone, Record("A", "a.shop.test", "A", "10.0.0.1")))));
  Serve();
  struct Case {
    std::string record;
    const char* why;
  };
  const Case cases[] = {
      {Record("R", "A.shop.test.", "A", "10.0.0.2", kByName),
       "Tried to create resource record set [name='a.shop.test.', type='A'] but it already exists"},
      {Record("R", "a.shop.test", "CNAME", "b.test", kByName), "conflicts with other records"},
      {Record("R", "*.shop.test", "NS", "ns.test", kByName), "no defined meaning at a wildcard"},
  };
  int stacks = 0;
  for (const Case& c : cases) {
    const std::string name = absl::StrCat("other", ++stacks);
    BOOST_REQUIRE(IsOk(Create(Elsewhere(c.record), name)));
    Serve();
    BOOST_TEST(Status(name) == "ROLLBACK_COMPLETE", c.why);
    bool told = false;
    for (const v1::Event& event : AllEvents()) {
      told = told ||
             (event.logical_id() == "R" && event.stack_name() == name && absl::StrContains(event.message(), c.why));
    }
    BOOST_TEST(told, c.why);
  }
  // What the text tells is refused before anything is made.
  BOOST_TEST(StatusIs(Create(Elsewhere(Record("R", "test", "A", "10.0.0.2", kByName)), "outside"),
                      absl::StatusCode::kInvalidArgument, "is not permitted in zone shop.test."));
  BOOST_TEST(Status("shop") == "CREATE_COMPLETE");
  BOOST_TEST(dns_server::FromProto(DnsConfig(context)).refused.empty());
}

BOOST_AUTO_TEST_CASE(a_delegation_over_records_that_are_there_is_refused) {
  BOOST_REQUIRE(IsOk(Create(absl::StrCat(kZone, Record("T", "t.sub.shop.test", "TXT", "\"x\"")))));
  Serve();
  BOOST_REQUIRE(IsOk(Create(Elsewhere(Record("R", "sub.shop.test", "NS", "ns.test", kByName)), "other")));
  Serve();
  BOOST_TEST(Status("other") == "ROLLBACK_COMPLETE");
  BOOST_TEST(dns_server::FromProto(DnsConfig(context)).refused.empty());
}

// From a store of before values were checked, say.
BOOST_AUTO_TEST_CASE(what_cannot_be_served_does_not_stop_what_comes_after) {
  BOOST_REQUIRE(IsOk(Create(kZone)));
  Serve();
  v1::RecordSetState poison;
  poison.set_id("poison");
  poison.set_zone_id(context.model.zones.begin()->first);
  poison.set_name("x.shop.test");
  poison.set_type("CAA");
  poison.add_values("nonsense");
  context.model.records.Put("poison", poison);
  v1::LoadBalancerState balancer;
  balancer.set_arn("arn:aws:x:y:z:loadbalancer/app/long/1");
  balancer.set_dns_name(absl::StrCat(std::string(64, 'a'), ".", kBalancerZone));
  balancer.add_loopback_ips("127.0.0.9");
  context.model.load_balancers.Put(balancer.arn(), balancer);
  BOOST_REQUIRE(IsOk(Create(Elsewhere(Record("A", "a.shop.test", "A", "10.0.0.1", kByName)), "other")));
  BOOST_REQUIRE(
      IsOk(Create("Resources:\n  Zone: {Type: AWS::Route53::HostedZone, Properties: {Name: next.test}}\n", "next")));
  Serve();
  BOOST_TEST(Status("other") == "CREATE_COMPLETE", Failure());
  BOOST_TEST(Status("next") == "CREATE_COMPLETE", Failure());
  BOOST_TEST(dns_server::FromProto(DnsConfig(context)).refused.size() == 2u);
}

// Names under .localhost share one listener, whose configuration is taken as a whole.
BOOST_AUTO_TEST_CASE(no_number_of_names_and_no_name_costs_the_shared_listener_its_configuration) {
  BOOST_REQUIRE(
      IsOk(Create("Resources:\n  Zone: {Type: AWS::Route53::HostedZone, Properties: {Name: s.localhost}}\n")));
  Serve();
  v1::LoadBalancerState balancer;
  balancer.set_arn("arn:aws:x:y:z:loadbalancer/app/web/1");
  balancer.set_dns_name(absl::StrCat("web.", kBalancerZone));
  balancer.add_loopback_ips("127.0.0.9");
  balancer.add_subnet_ids("subnet-1");
  context.model.load_balancers.Put(balancer.arn(), balancer);
  v1::ListenerState listener;
  listener.set_arn("l");
  listener.set_load_balancer_arn(balancer.arn());
  listener.set_port(80);
  listener.set_local_port(80);
  context.model.listeners.Put("l", listener);
  const auto put = [&](const std::string& name, bool alias) {
    v1::RecordSetState record;
    record.set_id(name);
    record.set_zone_id(context.model.zones.begin()->first);
    record.set_name(name);
    record.set_type("A");
    if (alias) {
      record.set_alias_name(balancer.dns_name());
    } else {
      record.add_values("10.0.0.1");
    }
    context.model.records.Put(name, record);
  };
  std::string odd;
  for (int i = 0; i < 60; ++i) odd += "\\200";
  for (const bool alias : {true, false}) {
    for (int i = 0; i < 300; ++i) put(absl::StrCat(alias ? "a" : "b", i, ".s.localhost"), alias);
    put(absl::StrCat(odd, alias ? "a" : "b", ".s.localhost"), alias);
  }
  const auto config = proxy::FromProto(EdgeConfig(context));
  BOOST_TEST(IsOk(config));
  BOOST_TEST(config->listeners.at(0).rules.size() == 310u);
}

BOOST_AUTO_TEST_CASE(what_the_name_server_refuses_fails_the_record_itself) {
  BOOST_REQUIRE(IsOk(Create(absl::StrCat(kZone, Record("A", "a.shop.test", "A", "10.0.0.1")))));
  for (int i = 0; i < 10 && context.model.records.empty(); ++i) {
    TickStacks(context, handlers);
    if (context.model.records.empty()) Acknowledge();
  }
  BOOST_REQUIRE(!context.model.records.empty());
  Acknowledge();
  auto* refused = context.dns_status.add_refused();
  refused->set_zone("shop.test");
  refused->set_name("a.shop.test");
  refused->set_type("A");
  refused->set_why("it has changed its mind");
  TickStacks(context, handlers);
  BOOST_TEST(absl::StrContains(Failure(), "A: it has changed its mind"), Failure());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace nubo::region
