#include "nubo/dns/wire/route53.h"

#include <boost/test/unit_test.hpp>
#include <optional>
#include <string>

#include "nubo/testing/status_matchers.h"

namespace nubo::dns::route53 {
namespace {

using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

Name N(absl::string_view text) { return *Name::Parse(text); }

BOOST_AUTO_TEST_CASE(escapes_of_names_are_octal) {
  BOOST_TEST(ParseName("\\052.Shop.test")->ToDisplayString() == "*.shop.test");
  BOOST_TEST(ParseName("\\052.shop.test")->is_wildcard());
  BOOST_TEST((*ParseName("*.shop.test") == *ParseName("\\052.SHOP.test.")));
  // A capital letter in an escape is a letter too.
  BOOST_TEST(ParseName("\\101.test")->ToDisplayString() == "a.test");
  BOOST_TEST(ParseName("ex\\344mple.com")->ToDisplayString() == "ex\\228mple.com");
  BOOST_TEST(ParseName("a\\056b.test")->ToDisplayString() == "a\\.b.test");
  BOOST_TEST(ParseName("xn--exmple-cua.com")->ToDisplayString() == "xn--exmple-cua.com");
  BOOST_TEST(ParseName("!\"#$%&'()+,-/:;<=>?@[]^_`{|}~.test").ok());
}

BOOST_AUTO_TEST_CASE(names_that_are_none_are_refused) {
  struct Case {
    const char* name;
    const char* why;
  };
  const Case cases[] = {
      {"", "is empty"},
      {"a..b", "empty label"},
      {"ex\xc3\xa4mple.com", "UnsupportedCharacter"},
      {"a b.test", "Unsupported"},
      {"\\400.test", "octal"},
      {"\\08.test", "octal"},
      {"\\05", "octal"},
      {"\\*.test", "octal"},
      {"a\\", "octal"},
  };
  for (const Case& c : cases) BOOST_TEST(StatusIs(ParseName(c.name), kInvalid, c.why), c.name);
  BOOST_TEST(StatusIs(ParseName(std::string(64, 'a') + ".test"), kInvalid, "63 bytes"));
  std::string name;
  for (int i = 0; i < 127; ++i) name += "ab.";
  BOOST_TEST(StatusIs(ParseName(name), kInvalid, "255 bytes"));
}

BOOST_AUTO_TEST_CASE(escapes_of_values_are_octal_too) {
  BOOST_TEST(*ToMasterFile("\"ex\\344mple \\\" \\\\\"") == "\"ex\\228mple \\\" \\\\\"");
  BOOST_TEST((*ParseValue(RecordType::kTxt, "\"\\101\" \"b\"") == Rdata(Txt{{"A", "b"}})));
  BOOST_TEST((*ParseValue(RecordType::kTxt, "\"\\#\" \"1\"") == Rdata(Txt{{"#", "1"}})));
  BOOST_TEST((*ParseValue(RecordType::kCname, "\\052.test") == Rdata(Cname{N("*.test")})));
  for (const char* text : {"\"\\9\"", "\"\\400\"", "\"\\07\"", "\\"}) {
    BOOST_TEST(StatusIs(ParseValue(RecordType::kTxt, text), kInvalid, "octal"), text);
  }
}

BOOST_AUTO_TEST_CASE(values_are_refused_in_route_53s_words) {
  BOOST_TEST(StatusIs(ParseValue(RecordType::kA, "10.0.0"), kInvalid,
                      "Invalid Resource Record: FATAL problem: ARRDATAIllegalIPv4Address (Value is not a valid IPv4 "
                      "address) encountered with '10.0.0'"));
  BOOST_TEST(StatusIs(ParseValue(RecordType::kAaaa, "10.0.0.1"), kInvalid, "AAAARRDATAIllegalIPv6Address"));
  BOOST_TEST(StatusIs(ParseValue(RecordType::kTxt, "bare"), kInvalid, "InvalidCharacterString"));
  BOOST_TEST(StatusIs(ParseValue(RecordType::kSpf, "\"a\" b"), kInvalid, "InvalidCharacterString"));
  BOOST_TEST(
      StatusIs(ParseValue(RecordType::kTxt, "\"" + std::string(256, 'a') + "\""), kInvalid, "CharacterStringTooLong"));
  BOOST_TEST(IsOk(ParseValue(RecordType::kTxt, "\"" + std::string(255, 'a') + "\"")));
  BOOST_TEST(StatusIs(ParseValue(RecordType::kTxt, ""), kInvalid, "Invalid Resource Record"));
  BOOST_TEST(StatusIs(ParseValue(RecordType::kTxt, "\"open"), kInvalid, "closed quotes"));
  BOOST_TEST(StatusIs(ParseValue(RecordType::kMx, "mail.test"), kInvalid, "a preference from 0 to 65535"));
  BOOST_TEST(StatusIs(ParseValue(RecordType::kCaa, "\\# 4 00000000"), kInvalid, "not known here"));
  BOOST_TEST(IsOk(ParseValue(RecordType::kHttps, "1 . alpn=\"h2,h3\"")));
  BOOST_TEST(StatusIs(ParseValue(RecordType::kCaa, "0 issue =\"x\"y z"), kInvalid, "Invalid Resource Record"));
}

BOOST_AUTO_TEST_CASE(values_of_a_set_differ) {
  const auto parse = [](RecordType type, std::vector<std::string> values) { return ParseValues(type, values); };
  // What no answer has room for is refused; what is taken has.
  const auto texts = [](size_t count, size_t size) {
    std::vector<std::string> values;
    for (size_t i = 0; i < count; ++i) {
      const std::string number = std::to_string(1000 + i);
      values.push_back("\"" + number + std::string(size - number.size() - 2, 'a') + "\"");
    }
    return values;
  };
  BOOST_TEST(IsOk(parse(RecordType::kTxt, texts(200, 160))));
  BOOST_TEST(StatusIs(parse(RecordType::kTxt, texts(200, 161)), kInvalid,
                      "the values of a record set have at most 32000 characters in all, not 32200"));
  BOOST_TEST(parse(RecordType::kA, {"10.0.0.1", "10.0.0.2"})->size() == 2u);
  BOOST_TEST(
      StatusIs(parse(RecordType::kMx, {"1 a.test", "1 A.test."}), kInvalid, "Duplicate Resource Record: '1 A.test.'"));
  BOOST_TEST(StatusIs(parse(RecordType::kCname, {"a.test", "b.test"}), kInvalid, "has one value, not 2"));
  BOOST_TEST(StatusIs(parse(RecordType::kA, {}), kInvalid, "1 to 400 values, not 0"));
  BOOST_TEST(StatusIs(parse(RecordType::kA, std::vector<std::string>(401, "10.0.0.1")), kInvalid, "not 401"));
}

BOOST_AUTO_TEST_CASE(what_may_stand_in_a_zone) {
  const Name zone = N("e.com");
  const auto check = [&](RecordKey added, std::vector<RecordKey> others) {
    return CheckPermitted(zone, added, others);
  };
  const RecordKey address{N("www.e.com"), RecordType::kA, ""};
  const RecordKey alias{N("www.E.com"), RecordType::kCname, ""};
  BOOST_TEST(IsOk(check(address, {{N("www.e.com"), RecordType::kAaaa, ""}, {N("e.com"), RecordType::kCname, ""}})));
  BOOST_TEST(StatusIs(check({N("www.f.com"), RecordType::kA, ""}, {}), kInvalid,
                      "RRSet with DNS name www.f.com. is not permitted in zone e.com."));
  BOOST_TEST(StatusIs(check({zone, RecordType::kCname, ""}, {}), kInvalid, "is not permitted at apex in zone e.com."));
  BOOST_TEST(StatusIs(check({N("a.e.com"), RecordType::kSoa, ""}, {}), kInvalid, "only its apex has one"));
  BOOST_TEST(IsOk(check({zone, RecordType::kSoa, ""}, {})));
  BOOST_TEST(StatusIs(check(alias, {address}), kInvalid, "conflicts with other records with the same DNS name"));
  BOOST_TEST(StatusIs(check(address, {alias}), kInvalid, "a conflicting RRSet of type CNAME"));
  BOOST_TEST(StatusIs(check(address, {address}), absl::StatusCode::kAlreadyExists,
                      "Tried to create resource record set [name='www.e.com.', type='A'] but it already exists"));
  const RecordKey one{N("www.e.com"), RecordType::kA, "one"};
  const RecordKey two{N("www.e.com"), RecordType::kA, "two"};
  BOOST_TEST(IsOk(check(one, {two})));
  BOOST_TEST(!check(one, {one}).ok());
  BOOST_TEST(!check(one, {address}).ok());
  // Of a zone whose name is not known yet only what is beside it is looked at.
  BOOST_TEST(IsOk(CheckPermitted(std::nullopt, {zone, RecordType::kSoa, ""}, {})));
}

BOOST_AUTO_TEST_CASE(its_types_are_those_of_the_reference) {
  BOOST_TEST((*ParseType("AAAA") == RecordType::kAaaa));
  for (const char* text : {"", "aaaa", "HINFO", "TYPE1", "A,AAAA"}) {
    BOOST_TEST(StatusIs(ParseType(text), kInvalid, "the type of a record set is one of A,AAAA,CAA"), text);
  }
}

BOOST_AUTO_TEST_CASE(values_have_a_ttl_and_an_alias_has_none) {
  BOOST_TEST(IsOk(CheckTtl(false, 0)));
  BOOST_TEST(IsOk(CheckTtl(false, 2147483647)));
  BOOST_TEST(IsOk(CheckTtl(true, std::nullopt)));
  BOOST_TEST(StatusIs(CheckTtl(false, -1), kInvalid, "from 0 to 2147483647, not -1"));
  BOOST_TEST(StatusIs(CheckTtl(false, 2147483648), kInvalid, "not 2147483648"));
  BOOST_TEST(StatusIs(CheckTtl(false, std::nullopt), kInvalid, "with ResourceRecords needs TTL"));
  BOOST_TEST(StatusIs(CheckTtl(true, 60), kInvalid, "with AliasTarget takes no TTL"));
}

BOOST_AUTO_TEST_CASE(batches_are_bounded) {
  BOOST_TEST(IsOk(CheckBatchSize(1000, 32000)));
  BOOST_TEST(StatusIs(CheckBatchSize(1001, 0), kInvalid, "Number of records limit of 1000 exceeded."));
  BOOST_TEST(StatusIs(CheckBatchSize(1, 32001), kInvalid, "RDATA character limit of 32000 exceeded."));
}

BOOST_AUTO_TEST_CASE(where_an_alias_may_lead) {
  const AliasShown alias{"a.e.com.", "A", "Z1"};
  const Name zone = N("e.com");
  BOOST_TEST(IsOk(CheckAliasPlace(alias, AliasZone::kReachable, N("a.E.com"), zone)));
  BOOST_TEST(IsOk(CheckAliasPlace(alias, AliasZone::kReachable, N("a.e.com"), std::nullopt)));
  BOOST_TEST(StatusIs(CheckAliasPlace(alias, AliasZone::kReachable, N("a.com"), zone), kInvalid,
                      "Tried to create an alias that targets a.e.com., type A in zone Z1, but the alias target name "
                      "does not lie within the target zone"));
  BOOST_TEST(StatusIs(CheckAliasPlace(alias, AliasZone::kNone, N("a.e.com"), zone), kInvalid, "does not lie within"));
  BOOST_TEST(StatusIs(CheckAliasPlace(alias, AliasZone::kOther, N("a.e.com"), zone), kInvalid,
                      "an alias record can't reference a record in a different hosted zone"));
  BOOST_TEST(StatusIs(AliasTargetNotFound(alias, ": why"), kInvalid, "but that target was not found: why"));
  BOOST_TEST(IsOk(CheckAliasType(RecordType::kAaaa)));
  BOOST_TEST(StatusIs(CheckAliasType(RecordType::kMx), kInvalid, "has Type A or AAAA here, not MX"));
}

BOOST_AUTO_TEST_CASE(every_zone_has_ns_and_soa_at_its_apex) {
  const Name zone = N("e.com");
  BOOST_TEST(IsRequired(zone, {N("E.com"), RecordType::kNs, ""}));
  BOOST_TEST(IsRequired(zone, {zone, RecordType::kSoa, ""}));
  BOOST_TEST(!IsRequired(zone, {zone, RecordType::kA, ""}));
  BOOST_TEST(!IsRequired(zone, {N("a.e.com"), RecordType::kNs, ""}));
}

}  // namespace
}  // namespace nubo::dns::route53
