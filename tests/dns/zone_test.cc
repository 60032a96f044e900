#include "nubo/dns/zone/zone.h"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "nubo/dns/zone/text.h"
#include "nubo/testing/status_matchers.h"
#include "tests/dns/test_zones.h"

namespace nubo::dns {
namespace {

using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr char kSoa[] = "example.com SOA 900 ns1.example.com host.example.com 7 7200 900 1209600 60";

Name N(absl::string_view text) { return *Name::Parse(text); }

absl::Status BuildStatus(std::vector<std::string> lines) {
  lines.insert(lines.begin(), kSoa);
  return MakeZone("example.com", lines).status();
}

BOOST_AUTO_TEST_CASE(a_zone_knows_its_apex) {
  const auto zone = MakeZone("Example.com", {kSoa, "a.b.example.com A 60 10.0.0.1"});
  BOOST_REQUIRE(IsOk(zone));
  BOOST_TEST((*zone)->origin().ToString() == "Example.com.");
  BOOST_TEST((*zone)->serial() == 7u);
  BOOST_TEST((*zone)->negative_ttl_seconds() == 60u);
  // The apex, a.b, and b, which exists because a.b does.
  BOOST_TEST((*zone)->name_count() == 3u);
}

BOOST_AUTO_TEST_CASE(negative_ttl_is_the_lower_of_the_two) {
  const auto zone = MakeZone("example.com", {"example.com SOA 30 ns. host. 1 2 3 4 60"});
  BOOST_TEST((*zone)->negative_ttl_seconds() == 30u);
}

BOOST_AUTO_TEST_CASE(a_zone_needs_exactly_one_soa_at_its_apex) {
  BOOST_TEST(StatusIs(MakeZone("example.com", {}), kInvalid, "zone example.com has no SOA"));
  BOOST_TEST(StatusIs(MakeZone("example.com", {"www.example.com A 60 10.0.0.1"}), kInvalid, "no SOA"));
  BOOST_TEST(StatusIs(BuildStatus({"example.com SOA 900 ns2. host. 1 2 3 4 5"}), kInvalid, "more than one SOA"));
  BOOST_TEST(StatusIs(BuildStatus({"www.example.com SOA 900 ns2. host. 1 2 3 4 5"}), kInvalid, "only the apex"));
}

BOOST_AUTO_TEST_CASE(names_outside_are_refused) {
  BOOST_TEST(StatusIs(BuildStatus({"www.example.org A 60 10.0.0.1"}), kInvalid, "outside of the zone"));
  BOOST_TEST(StatusIs(BuildStatus({"badexample.com A 60 10.0.0.1"}), kInvalid, "badexample.com A"));
}

BOOST_AUTO_TEST_CASE(a_cname_stands_alone) {
  BOOST_TEST(StatusIs(BuildStatus({"w.example.com CNAME 60 a.", "w.example.com A 60 10.0.0.1"}), kInvalid,
                      "w.example.com CNAME: a name with a CNAME has no other records, but there is A"));
  BOOST_TEST(
      StatusIs(BuildStatus({"w.example.com A 60 10.0.0.1", "w.example.com CNAME 60 a."}), kInvalid, "there is A"));
  BOOST_TEST(
      StatusIs(BuildStatus({"w.example.com CNAME 60 a.", "w.example.com CNAME 60 b."}), kInvalid, "at most one"));
  BOOST_TEST(StatusIs(BuildStatus({"example.com CNAME 60 a."}), kInvalid, "CNAME at the apex"));
}

BOOST_AUTO_TEST_CASE(a_set_has_one_ttl_and_no_doubles) {
  BOOST_TEST(StatusIs(BuildStatus({"w.example.com A 60 10.0.0.1", "w.example.com A 61 10.0.0.2"}), kInvalid, "TTL 61"));
  BOOST_TEST(StatusIs(BuildStatus({"w.example.com A 2147483648 10.0.0.1"}), kInvalid, "too large"));
  const auto zone = MakeZone("example.com", {kSoa, "w.example.com A 60 10.0.0.1", "W.example.com A 60 10.0.0.1"});
  BOOST_REQUIRE(IsOk(zone));
  BOOST_TEST((*zone)->FindExact(FoldedName(N("w.example.com")))->Find(RecordType::kA)->records.size() == 1u);
}

BOOST_AUTO_TEST_CASE(sets_are_checked) {
  ZoneBuilder builder(N("example.com"));
  const Name name = N("w.example.com");
  const Rdata address = AddressRdata(*net::IpAddress::Parse("10.0.0.1"));
  BOOST_TEST(StatusIs(builder.Add(name, {.type = RecordType::kA}), kInvalid, "neither values nor an alias"));
  BOOST_TEST(StatusIs(builder.Add(name, {.type = RecordType::kAaaa, .records = {address}}), kInvalid, "of type A"));
  BOOST_TEST(StatusIs(builder.Add(name, {.type = RecordType::kAny, .records = {address}}), kInvalid, "cannot stand"));
  BOOST_TEST(StatusIs(builder.Add(name, {.records = {Rdata(Txt{})}}), kInvalid, "TXT"));
  BOOST_TEST(StatusIs(builder.Add(name, {.type = RecordType::kTxt, .alias = AliasTarget{name}}), kInvalid, "alias"));
  BOOST_TEST(StatusIs(builder.Add(name, {.records = {address}, .alias = AliasTarget{name}}), kInvalid, "both"));
  BOOST_TEST(StatusIs(builder.Add(name, {.records = {address}, .weight = 1}), kInvalid, "set identifier"));
  BOOST_TEST(
      StatusIs(builder.Add(name, {.records = {address}, .set_identifier = "a", .weight = 256}), kInvalid, "256"));
  BOOST_TEST(IsOk(builder.Add(name, {.records = {address}, .set_identifier = "a", .weight = 1})));
  BOOST_TEST(IsOk(builder.Add(name, {.records = {address}, .set_identifier = "b", .weight = 1})));
  BOOST_TEST(StatusIs(builder.Add(name, {.records = {address}, .set_identifier = "b", .weight = 1}),
                      absl::StatusCode::kAlreadyExists, "set identifiers"));
  BOOST_TEST(StatusIs(builder.Add(name, {.records = {address}, .set_identifier = "c"}), kInvalid, "weighted"));
  BOOST_TEST(StatusIs(builder.Add({name, RecordClass::kChaos, 1, address}), kInvalid, "class is CH"));
}

BOOST_AUTO_TEST_CASE(sets_have_at_most_400_records) {
  RecordSet set{.type = RecordType::kA};
  for (uint32_t i = 0; i < 400; ++i) set.records.push_back(A{net::IpAddress::V4(i)});
  ZoneBuilder builder(N("example.com"));
  BOOST_TEST(IsOk(builder.Add(N("full.example.com"), set)));
  BOOST_TEST(StatusIs(builder.Add({N("full.example.com"), RecordClass::kIn, 0, A{net::IpAddress::V4(400)}}), kInvalid,
                      "401 values"));
  set.records.push_back(A{net::IpAddress::V4(400)});
  BOOST_TEST(StatusIs(builder.Add(N("over.example.com"), set), kInvalid, "401 values"));
}

BOOST_AUTO_TEST_CASE(only_glue_lives_at_and_below_a_cut) {
  BOOST_TEST(IsOk(BuildStatus({"sub.example.com NS 60 ns.sub.example.com", "ns.sub.example.com A 60 10.0.0.1"})));
  BOOST_TEST(StatusIs(BuildStatus({"sub.example.com NS 60 ns.", "sub.example.com TXT 60 x"}), kInvalid, "delegated"));
  BOOST_TEST(StatusIs(BuildStatus({"sub.example.com NS 60 ns.", "a.sub.example.com TXT 60 x"}), kInvalid,
                      "delegated at sub.example.com"));
}

BOOST_AUTO_TEST_CASE(a_dname_hides_what_is_below) {
  BOOST_TEST(IsOk(BuildStatus({"d.example.com DNAME 60 e.", "d.example.com A 60 10.0.0.1"})));
  BOOST_TEST(StatusIs(BuildStatus({"d.example.com DNAME 60 e.", "a.d.example.com A 60 10.0.0.1"}), kInvalid, "DNAME"));
  BOOST_TEST(
      StatusIs(BuildStatus({"d.example.com DNAME 60 e.", "d.example.com DNAME 60 f."}), kInvalid, "at most one"));
}

BOOST_AUTO_TEST_CASE(wildcards_neither_delegate_nor_rename) {
  BOOST_TEST(StatusIs(BuildStatus({"*.example.com NS 60 ns."}), kInvalid, "wildcard"));
  BOOST_TEST(StatusIs(BuildStatus({"*.example.com DNAME 60 ns."}), kInvalid, "wildcard"));
}

BOOST_AUTO_TEST_CASE(what_cannot_stand_can_be_left_out) {
  ZoneBuilder builder(N("example.com"));
  const auto add = [&](const char* name, RecordType type, const char* value) {
    BOOST_REQUIRE(IsOk(builder.Add(N(name), {.ttl_seconds = 60, .records = {*ParseRdata(type, value)}})));
  };
  add("example.com", RecordType::kSoa, "ns. host. 1 2 3 4 5");
  add("example.com", RecordType::kCname, "a.");
  add("www.example.com", RecordType::kA, "10.0.0.1");
  add("www.example.com", RecordType::kCname, "a.");
  add("sub.example.com", RecordType::kNs, "ns.sub.example.com");
  add("sub.example.com", RecordType::kTxt, "x");
  add("a.sub.example.com", RecordType::kTxt, "x");
  add("ns.sub.example.com", RecordType::kA, "10.0.0.2");
  add("*.example.com", RecordType::kNs, "ns.");
  // Would be below a cut, were the wildcard one.
  add("x.*.example.com", RecordType::kTxt, "x");
  std::vector<ZoneBuilder::Refused> refused;
  const auto zone = std::move(builder).BuildWithout(&refused);
  BOOST_REQUIRE(IsOk(zone));
  std::vector<std::string> names;
  for (const auto& one : refused) {
    BOOST_TEST(!one.why.ok());
    names.push_back(one.name.ToDisplayString() + " " + ToString(one.type));
  }
  const std::vector<std::string> expected = {"example.com CNAME", "*.example.com NS", "sub.example.com TXT",
                                             "a.sub.example.com TXT", "www.example.com CNAME"};
  BOOST_TEST(names == expected, boost::test_tools::per_element());
  BOOST_TEST((*zone)->FindExact(FoldedName(N("www.example.com")))->Find(RecordType::kA) != nullptr);
  BOOST_TEST((*zone)->FindExact(FoldedName(N("x.*.example.com")))->Find(RecordType::kTxt) != nullptr);
  BOOST_TEST(((*zone)->Find(FoldedName(N("a.sub.example.com"))).kind == Zone::Match::Kind::kDelegation));
}

BOOST_AUTO_TEST_CASE(zones_print_as_master_files) {
  const auto zone =
      MakeZone("example.com", {kSoa, "www.example.com A 60 10.0.0.1", "a.example.com MX 60 1 m.",
                               "example.com ALIAS-A lb.example.com", "example.com NS 60 ns1.example.com"});
  BOOST_REQUIRE(IsOk(zone));
  BOOST_TEST(MasterFileText(**zone) ==
             "$ORIGIN example.com.\n"
             "example.com.\t900\tIN\tSOA\tns1.example.com. host.example.com. 7 7200 900 1209600 60\n"
             "; example.com.\tALIAS\tA\tlb.example.com.\n"
             "example.com.\t60\tIN\tNS\tns1.example.com.\n"
             "a.example.com.\t60\tIN\tMX\t1 m.\n"
             "www.example.com.\t60\tIN\tA\t10.0.0.1\n");
}

}  // namespace
}  // namespace nubo::dns
