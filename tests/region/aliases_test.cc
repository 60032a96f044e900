// Aliases that lead nowhere, and export names that somebody has.
#include "nubo/region/dns/aliases.h"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <ostream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "tests/region/world.h"

namespace nubo::region {
namespace {

using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;
constexpr auto kBad = absl::StatusCode::kInvalidArgument;

#define BALANCER "HostedZoneId: !GetAtt Balancer.CanonicalHostedZoneID"
#define NAMED "!GetAtt Balancer.DNSName"
#define OUTSIDE "but the alias target name does not lie within the target zone (InvalidChangeBatch)"

struct Case {
  const char* name;
  // What the service's record set has as its alias.
  const char* alias;
  // More resources.
  const char* rest;
  const char* message;
};
std::ostream& operator<<(std::ostream& out, const Case& test) { return out << test.name; }

std::string With(const std::string& alias, const std::string& rest) {
  return absl::StrCat(
      kNetwork,
      absl::StrReplaceAll(
          kService,
          {{"{DNSName: !GetAtt Balancer.DNSName, HostedZoneId: !GetAtt Balancer.CanonicalHostedZoneID}", alias}}),
      rest);
}

#define OTHER(name, type, value)                                                                               \
  "  Other: {Type: AWS::Route53::RecordSet, Properties: {HostedZoneId: !Ref Zone, Name: " name ", Type: " type \
  ", TTL: 1, ResourceRecords: ['" value "']}}\n"

constexpr Case kRefused[] = {
    {"a name outside", "{DNSName: foo.example.com, " BALANCER "}", "",
     "Tried to create an alias that targets foo.example.com., type A in zone Z35SXDOTRQ7X7K, " OUTSIDE},
    {"a load balancer that is none", "{DNSName: x.us-east-1.elb.amazonaws.com, " BALANCER "}", "",
     "Tried to create an alias that targets x.us-east-1.elb.amazonaws.com., type A in zone Z35SXDOTRQ7X7K, but that "
     "target was not found (InvalidChangeBatch)"},
    {"a load balancer in a zone of nobody", "{DNSName: " NAMED ", HostedZoneId: Z123}", "",
     "Tried to create an alias that targets the DNSName of Balancer, type A in zone Z123, " OUTSIDE},
    {"a load balancer in a zone of this stack", "{DNSName: " NAMED ", HostedZoneId: !Ref Zone}", "",
     "in zone Zone, " OUTSIDE},
    {"a name in a zone of nobody", "{DNSName: www.shop.localhost, HostedZoneId: Z123}", "", "in zone Z123, " OUTSIDE},
    {"itself", "{DNSName: WWW.shop.localhost., HostedZoneId: !Ref Zone}", "",
     "that target was not found: it is the alias itself (InvalidChangeBatch)"},
    {"a record that is not there", "{DNSName: other.shop.localhost, HostedZoneId: !Ref Zone}", "",
     "Tried to create an alias that targets other.shop.localhost., type A in zone Zone, but that target was not "
     "found (InvalidChangeBatch)"},
    {"a record of another type", "{DNSName: other.shop.localhost, HostedZoneId: !Ref Zone}",
     OTHER("other.shop.localhost", "AAAA", "::1"), "but that target was not found (InvalidChangeBatch)"},
    {"a name outside of its own zone", "{DNSName: other.localhost, HostedZoneId: !GetAtt Zone.Id}", "",
     "in zone Zone, " OUTSIDE},
    {"a record that may come later", "{DNSName: other.shop.localhost, HostedZoneId: !Ref Zone}",
     OTHER("other.shop.localhost", "A", "10.0.0.1"),
     "Other makes it at the same time; name that in DependsOn of Record"},
    {"a record of another zone", "{DNSName: a.two.localhost, HostedZoneId: !Ref Two}",
     "  Two: {Type: AWS::Route53::HostedZone, Properties: {Name: two.localhost}}\n",
     "but an alias record can't reference a record in a different hosted zone (InvalidChangeBatch)"},
};

BOOST_DATA_TEST_CASE(what_leads_nowhere_is_told_before, kRefused) {
  World world;
  const auto answer = world.Create(With(sample.alias, sample.rest));
  BOOST_TEST(StatusIs(answer, kBad, sample.message));
  BOOST_TEST(StatusIs(answer, kBad, "shop.yaml:51:"));
}

BOOST_FIXTURE_TEST_CASE(a_record_of_its_own_zone_is_followed, World) {
  const std::string body = With("{DNSName: other.shop.localhost, HostedZoneId: !Ref Zone}\n    DependsOn: Other",
                                OTHER("other.shop.localhost", "A", "10.0.0.1"));
  BOOST_REQUIRE(IsOk(Create(body)));
  Settle();
  BOOST_TEST(StackStatus() == "CREATE_COMPLETE", Failure());
  // By now it is there.
  BOOST_TEST(IsOk(Update(absl::StrReplaceAll(body, {{"DependsOn: Other", ""}, {"TTL: 1,", "TTL: 2,"}}))));
}

BOOST_FIXTURE_TEST_CASE(what_is_known_only_later_fails_the_record, World) {
  BOOST_REQUIRE(IsOk(Create(With("{DNSName: !Sub 'nope.${Balancer.DNSName}', " BALANCER "}", ""))));
  Settle();
  BOOST_TEST(StackStatus() == "ROLLBACK_COMPLETE");
  BOOST_TEST(Told("but that target was not found"), Failure());
}

BOOST_FIXTURE_TEST_CASE(a_load_balancer_has_a_second_name, World) {
  BOOST_REQUIRE(IsOk(Create(With("{DNSName: !Sub 'dualstack.${Balancer.DNSName}', " BALANCER "}", ""))));
  Settle();
  BOOST_REQUIRE_EQUAL(StackStatus(), "CREATE_COMPLETE");
  const std::string& name = context.model.load_balancers.begin()->second.dns_name();
  BOOST_TEST(context.model.records.begin()->second.alias_name() == name);
}

// --- exports ---

std::string Exporting(const std::string& name) {
  return absl::StrCat(
      "Resources: {G: {Type: AWS::EC2::InternetGateway}}\nOutputs: {O: {Value: a, Export: {Name: ", name, "}}}\n");
}

BOOST_FIXTURE_TEST_CASE(an_export_name_is_one_stack_s, World) {
  BOOST_REQUIRE(IsOk(Create(Exporting("net"), "first")));
  const auto second = Create(Exporting("net"), "second");
  BOOST_TEST(StatusIs(second, kBad, "shop.yaml:2:40: Export with name net is already exported by stack first"));
  BOOST_TEST(IsOk(Create(Exporting("!Sub '${AWS::StackName}-net'"), "third")));
  // Its own is its own.
  Settle();
  BOOST_TEST(IsOk(UpdateStack(
      context, {"first", absl::StrReplaceAll(Exporting("net"), {{"Value: a", "Value: b"}}), "shop.yaml", {}})));
  BOOST_REQUIRE(IsOk(DeleteStack(context, "first", false)));
  Settle();
  BOOST_TEST(IsOk(Create(Exporting("net"), "second")));
}

// --- what other stacks have ---

BOOST_FIXTURE_TEST_CASE(subnets_of_other_stacks_have_their_addresses_and_zones, Shop) {
  const auto instance = [&](const std::string& rest) {
    return Create(absl::StrCat("Resources:\n  I: {Type: AWS::EC2::Instance, Properties: {ImageId: web, SubnetId: ",
                               context.model.subnets.begin()->first, ", ", rest, "}}\n"),
                  "other");
  };
  const v1::SubnetState& subnet = context.model.subnets.begin()->second;
  BOOST_REQUIRE(subnet.availability_zone() == "us-east-1a");
  BOOST_TEST(StatusIs(instance("AvailabilityZone: us-east-1b"), kBad, "does not match that of subnet"));
  BOOST_TEST(StatusIs(instance("PrivateIpAddress: 10.0.1.2"), kBad, "is in subnet's reserved address range"));
  BOOST_TEST(StatusIs(instance("PrivateIpAddress: 10.0.9.9"), kBad, "does not fall within the subnet's range"));
  BOOST_TEST(IsOk(instance("PrivateIpAddress: 10.0.1.99, AvailabilityZone: us-east-1a")));
}

BOOST_FIXTURE_TEST_CASE(a_vpc_of_another_stack_has_one_gateway, Shop) {
  const auto attach = [&](const std::string& name) {
    return Create(absl::StrCat("Resources:\n  G: {Type: AWS::EC2::InternetGateway}\n  A: {Type: "
                               "AWS::EC2::VPCGatewayAttachment, Properties: {InternetGatewayId: !Ref G, VpcId: ",
                               context.model.vpcs.begin()->first, "}}\n"),
                  name);
  };
  BOOST_REQUIRE(IsOk(attach("one")));
  Settle();
  BOOST_TEST(StatusIs(attach("two"), kBad, "already has an internet gateway attached (InvalidParameterValue)"));
}

}  // namespace
}  // namespace nubo::region
