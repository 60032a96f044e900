#include "nubo/dns/record.h"

#include <boost/test/unit_test.hpp>
#include <string>

#include "nubo/testing/status_matchers.h"

namespace nubo::dns {
namespace {

using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

struct Case {
  const char* type;
  const char* text;
  const char* printed;
};

BOOST_AUTO_TEST_CASE(values_print_as_they_parse) {
  const Case cases[] = {
      {"A", "10.0.0.1", "10.0.0.1"},
      {"AAAA", "2001:db8:0::1", "2001:db8::1"},
      {"NS", "ns1.example.com", "ns1.example.com."},
      {"CNAME", "a\\.b.example.com.", "a\\.b.example.com."},
      {"DNAME", ".", "."},
      {"PTR", "host.example.com", "host.example.com."},
      {"SOA", "ns. mail. 1 2 3 4 4294967295", "ns. mail. 1 2 3 4 4294967295"},
      {"MX", "  10\tmail.example.com", "10 mail.example.com."},
      {"SRV", "1 2 65535 sip.example.com", "1 2 65535 sip.example.com."},
      {"TXT", "\"v=spf1 -all\" bare \"q\\\"\\\\\\001\"", "\"v=spf1 -all\" \"bare\" \"q\\\"\\\\\\001\""},
      {"TXT", "\"\"", "\"\""},
      {"CAA", "\\# 4 0A0000 ff", "\\# 4 0A0000FF"},
      {"TYPE731", "\\# 0", "\\# 0"},
  };
  for (const Case& c : cases) {
    const auto rdata = ParseRdata(*ParseRecordType(c.type), c.text);
    BOOST_REQUIRE(IsOk(rdata));
    BOOST_TEST(ToText(*rdata) == c.printed);
    BOOST_TEST(ToString(TypeOf(*rdata)) == c.type);
    BOOST_TEST((*ParseRdata(TypeOf(*rdata), ToText(*rdata)) == *rdata));
  }
}

BOOST_AUTO_TEST_CASE(bad_values_are_refused_by_name) {
  const Case cases[] = {
      {"A", "10.0.0", "IPv4 address"},      {"A", "::1", "IPv4 address"},           {"A", "10.0.0.1 10.0.0.2", "IPv4"},
      {"AAAA", "10.0.0.1", "IPv6 address"}, {"CNAME", "a b", "one domain name"},    {"CNAME", "", "one domain name"},
      {"MX", "65536 mail.", "preference"},  {"MX", "mail.", "preference"},          {"MX", "-1 mail.", "preference"},
      {"SRV", "1 2 99999 x.", "port"},      {"SOA", "ns. mail. 1 2 3 4", "serial"}, {"TXT", "", "strings"},
      {"TXT", "\"open", "closed quotes"},   {"TXT", "\"\\300\"", "whole escapes"},  {"CAA", "0 issue x", "hexadecimal"},
      {"CAA", "\\# 2 00", "hexadecimal"},   {"CAA", "\\# 1 0g", "hexadecimal"},
  };
  for (const Case& c : cases) {
    BOOST_TEST(StatusIs(ParseRdata(*ParseRecordType(c.type), c.text), kInvalid, c.printed));
    BOOST_TEST(StatusIs(ParseRdata(*ParseRecordType(c.type), c.text), kInvalid, c.type));
  }
}

BOOST_AUTO_TEST_CASE(data_that_the_wire_cannot_hold_is_refused) {
  const net::IpAddress v4 = *net::IpAddress::Parse("10.0.0.1");
  const net::IpAddress v6 = *net::IpAddress::Parse("::1");
  BOOST_TEST(StatusIs(Validate(A{v6}), kInvalid, "IPv4"));
  BOOST_TEST(StatusIs(Validate(Aaaa{v4}), kInvalid, "IPv6"));
  BOOST_TEST(StatusIs(Validate(Txt{}), kInvalid));
  BOOST_TEST(StatusIs(Validate(Txt{{std::string(256, 'a')}}), kInvalid, "256 bytes"));
  BOOST_TEST(IsOk(Validate(Txt{{std::string(255, 'a')}})));
  BOOST_TEST(StatusIs(Validate(Opaque{RecordType::kA, "1234"}), kInvalid, "type A"));
  BOOST_TEST(StatusIs(Validate(Opaque{RecordType{731}, std::string(65536, 'a')}), kInvalid));
  BOOST_TEST(IsOk(Validate(AddressRdata(v4))));
  BOOST_TEST(IsOk(Validate(AddressRdata(v6))));
}

BOOST_AUTO_TEST_CASE(types_have_names_and_numbers) {
  BOOST_TEST((*ParseRecordType("aaaa") == RecordType::kAaaa));
  BOOST_TEST((*ParseRecordType("TYPE1") == RecordType::kA));
  BOOST_TEST((*ParseRecordType("type65535") == RecordType{65535}));
  for (const char* text : {"", "AAA", "TYPE", "TYPE65536", "TYPE-1", "28"}) {
    BOOST_TEST(StatusIs(ParseRecordType(text), kInvalid, "not a record type"));
  }
  BOOST_TEST(ToString(RecordType{731}) == "TYPE731");
  BOOST_TEST(ToString(Rcode{77}) == "RCODE77");
  BOOST_TEST(ToString(RecordClass{32}) == "CLASS32");
  BOOST_TEST(ToString(Opcode{9}) == "OPCODE9");
}

BOOST_AUTO_TEST_CASE(records_print_as_master_file_lines) {
  const ResourceRecord record{*Name::Parse("www.example.com"), RecordClass::kIn, 60,
                              AddressRdata(*net::IpAddress::Parse("127.0.0.1"))};
  BOOST_TEST(ToText(record) == "www.example.com.\t60\tIN\tA\t127.0.0.1");
}

}  // namespace
}  // namespace nubo::dns
