#include "nubo/dns/wire/record.h"

#include <boost/test/unit_test.hpp>
#include <map>
#include <random>
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
      {"CAA", "0 issue \"ca.example; account=1\"", "0 issue \"ca.example; account=1\""},
      {"CAA", "128 iodef mailto:a@b.example", "128 iodef \"mailto:a@b.example\""},
      {"CAA", "0 issue \";\"", "0 issue \";\""},
      {"CAA", "\\# 7 0005 6973737565", "0 issue \"\""},
      {"DS", "60485 5 1 2BB183AF5F22588179A53B0A 98631FAD1A292118",
       "60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118"},
      {"DS", "1 ED25519 99 ff", "1 15 99 FF"},
      {"SSHFP", "2 1 123456789abcdef67890123456789abcdef67890", "2 1 123456789ABCDEF67890123456789ABCDEF67890"},
      {"SSHFP", "4 2 5147dbd4e6a2cc9a7dafbaaba19bcc4a0b5efb94b0e6d0b3b0ccbc2eaa1a0bf1",
       "4 2 5147DBD4E6A2CC9A7DAFBAABA19BCC4A0B5EFB94B0E6D0B3B0CCBC2EAA1A0BF1"},
      {"TLSA", "3 1 1 0d6fce3100d2a0cdb6a8e1d3bd1e5fb1a40e2a5fd3e7dbca8b0f7e3e5b2b9d10",
       "3 1 1 0D6FCE3100D2A0CDB6A8E1D3BD1E5FB1A40E2A5FD3E7DBCA8B0F7E3E5B2B9D10"},
      {"TLSA", "0 0 0 3082", "0 0 0 3082"},
      {"NAPTR", "100 50 \"u\" \"sip+E2U\" \"!^.*$!sip:info@example.com!\" .",
       "100 50 \"u\" \"sip+E2U\" \"!^.*$!sip:info@example.com!\" ."},
      {"NAPTR", "10 100 \"S\" \"SIP+D2U\" \"\" _sip._udp.example.com",
       "10 100 \"S\" \"SIP+D2U\" \"\" _sip._udp.example.com."},
      {"SPF", "\"v=spf1 -all\" \"x\"", "\"v=spf1 -all\" \"x\""},
      // RFC 9460 appendix D.
      {"HTTPS", "0 foo.example.com.", "0 foo.example.com."},
      {"SVCB", "1 .", "1 ."},
      {"SVCB", "16 foo.example.com. port=53", "16 foo.example.com. port=53"},
      {"SVCB", "1 foo.example.com. key667=hello", "1 foo.example.com. key667=\"hello\""},
      {"SVCB", "1 foo.example.com. key667=\"hello\\210qoo\"", "1 foo.example.com. key667=\"hello\\210qoo\""},
      {"SVCB", "1 foo.example.com. ipv6hint=\"2001:db8::1,2001:db8::53:1\"",
       "1 foo.example.com. ipv6hint=2001:db8::1,2001:db8::53:1"},
      {"SVCB", "16 foo.example.org. alpn=h2,h3-19 mandatory=ipv4hint,alpn ipv4hint=192.0.2.1",
       "16 foo.example.org. mandatory=alpn,ipv4hint alpn=\"h2,h3-19\" ipv4hint=192.0.2.1"},
      {"SVCB", "16 foo.example.org. alpn=\"f\\\\\\\\oo\\\\,bar,h2\"",
       "16 foo.example.org. alpn=\"f\\\\\\\\oo\\\\,bar,h2\""},
      {"SVCB", "16 foo.example.org. alpn=f\\\\\\092oo\\092,bar,h2",
       "16 foo.example.org. alpn=\"f\\\\\\\\oo\\\\,bar,h2\""},
      {"HTTPS", "1 . no-default-alpn alpn=h3 ech=\"AAEC\" key8", "1 . alpn=\"h3\" no-default-alpn ech=AAEC ohttp"},
      {"SVCB", "1 dns.example. alpn=h2 dohpath=/dns-query{?dns}",
       "1 dns.example. alpn=\"h2\" dohpath=\"/dns-query{?dns}\""},
      {"TYPE731", "\\# 4 0A0000 ff", "\\# 4 0A0000FF"},
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

// RFC 3597 §5.
BOOST_AUTO_TEST_CASE(the_generic_form_is_taken_for_every_type) {
  const Case cases[] = {
      {"A", "\\# 4 0A000001", "10.0.0.1"},
      {"AAAA", "\\# 16 20010db8 00000000 00000000 00000001", "2001:db8::1"},
      {"NS", "\\# 6 02 6e73 0161 00", "ns.a."},
      {"CNAME", "\\# 3 016100", "a."},
      {"DNAME", "\\# 1 00", "."},
      {"PTR", "\\# 3 016100", "a."},
      {"SOA", "\\# 24 016100 00 00000001 00000002 00000003 00000004 ffffffff", "a. . 1 2 3 4 4294967295"},
      {"MX", "\\# 5 000a 016100", "10 a."},
      {"TXT", "\\# 5 0161 00 0162", "\"a\" \"\" \"b\""},
      {"SRV", "\\# 9 0001 0002 ffff 016100", "1 2 65535 a."},
      {"CAA", "\\# 7 0005 6973737565", "0 issue \"\""},
      {"DS", "\\# 5 0001 0f 63 ff", "1 15 99 FF"},
      {"HTTPS", "\\# 3 0001 00", "1 ."},
      {"SPF", "\\# 2 0161", "\"a\""},
      {"SSHFP", "\\# 3 6363 ff", "99 99 FF"},
      {"TLSA", "\\# 5 000000 3082", "0 0 0 3082"},
  };
  for (const Case& c : cases) {
    const auto rdata = ParseRdata(*ParseRecordType(c.type), c.text);
    BOOST_TEST_CONTEXT(c.type << " " << c.text) {
      BOOST_REQUIRE(IsOk(rdata));
      BOOST_TEST(ToText(*rdata) == c.printed);
      BOOST_TEST((*ParseRdata(TypeOf(*rdata), ToText(*rdata)) == *rdata));
    }
  }
}

BOOST_AUTO_TEST_CASE(bad_values_are_refused_by_name) {
  const Case cases[] = {
      {"A", "10.0.0", "IPv4 address"},
      {"A", "::1", "IPv4 address"},
      {"A", "10.0.0.1 10.0.0.2", "IPv4"},
      {"AAAA", "10.0.0.1", "IPv6 address"},
      {"CNAME", "a b", "one domain name"},
      {"CNAME", "", "one domain name"},
      {"MX", "65536 mail.", "preference"},
      {"MX", "mail.", "preference"},
      {"MX", "-1 mail.", "preference"},
      {"SRV", "1 2 99999 x.", "port"},
      {"SOA", "ns. mail. 1 2 3 4", "serial"},
      {"TXT", "", "strings"},
      {"TXT", "\"open", "closed quotes"},
      {"TXT", "\"\\300\"", "whole escapes"},
      {"TYPE731", "0 issue x", "hexadecimal"},
      {"TYPE731", "\\# 2 00", "hexadecimal"},
      {"TYPE731", "\\# 1 0g", "hexadecimal"},
      {"A", "\\# 3 0A0000", "none of this type"},
      {"A", "\\# 5 0A00000100", "none of this type"},
      {"A", "\\# 4 0A00", "hexadecimal"},
      {"AAAA", "\\# 4 0A000001", "none of this type"},
      {"NS", "\\# 0", "none of this type"},
      {"NS", "\\# 2 0161", "none of this type"},
      {"NS", "\\# 4 01610000", "none of this type"},
      {"MX", "\\# 7 000a 0161 c002 00", "none of this type"},
      {"SOA", "\\# 2 0000", "none of this type"},
      {"TXT", "\\# 0", "none of this type"},
      {"TXT", "\\# 2 0261", "none of this type"},
      {"SRV", "\\# 6 000100020003", "none of this type"},
      {"CAA", "issue \"x\"", "flags"},
      {"CAA", "256 issue \"x\"", "flags"},
      {"CAA", "0 is-sue \"x\"", "a tag of letters"},
      {"CAA", "0 issue x y", "quoted"},
      {"CAA", "0 \"\" x", "tag"},
      {"CAA", "\\# 4 0A0000FF", "flags"},
      {"DS", "1 5 1 00", "it has 20 bytes, not 1"},
      {"DS", "1 5 1", "hexadecimal"},
      {"DS", "1 5 9 0", "hexadecimal"},
      {"DS", "65536 5 9 00", "key tag"},
      {"SSHFP", "1 2 00", "32 bytes"},
      {"SSHFP", "1 1 zz", "hexadecimal"},
      {"TLSA", "3 1 2 00", "64 bytes"},
      {"TLSA", "3 1 256 00", "matching type"},
      {"NAPTR", "1 2 \"-\" \"\" \"\" .", "flags"},
      {"NAPTR", "1 2 u s r", "domain name"},
      {"SPF", "", "strings"},
      {"SVCB", "foo.example.com. 1", "priority"},
      {"SVCB", "0 a. port=1", "no parameters"},
      {"SVCB", "1 foo.example.com. key123=abc key123=def", "key123 is there twice"},
      {"SVCB", "1 foo.example.com. mandatory", "no value for mandatory"},
      {"SVCB", "1 foo.example.com. alpn", "no value for alpn"},
      {"SVCB", "1 foo.example.com. port", "no value for port"},
      {"SVCB", "1 foo.example.com. port=65536", "port"},
      {"SVCB", "1 foo.example.com. ipv4hint", "ipv4hint"},
      {"SVCB", "1 foo.example.com. ipv4hint=::1", "ipv4hint"},
      {"SVCB", "1 foo.example.com. ipv6hint", "ipv6hint"},
      {"SVCB", "1 foo.example.com. no-default-alpn=abc alpn=h2", "no-default-alpn"},
      {"SVCB", "1 foo.example.com. no-default-alpn", "goes with alpn"},
      {"SVCB", "1 foo.example.com. mandatory=key123", "key123, which is not there"},
      {"SVCB", "1 foo.example.com. mandatory=mandatory", "does not list itself"},
      {"SVCB", "1 foo.example.com. mandatory=key123,key123 key123=abc", "mandatory"},
      {"SVCB", "1 . key65535=a", "not a parameter's key"},
      {"SVCB", "1 . key01=a", "not a parameter's key"},
      {"SVCB", "1 . ALPN=h2", "not a parameter's key"},
      {"SVCB", "1 . key3=a", "port has not the form"},
      {"SVCB", "1 . alpn=h2,,h3", "alpn"},
      {"SVCB", "1 . alpn=\"h2\"x", "closed quotes"},
      {"HTTPS", "1 . dohpath=dns", "dohpath"},
      {"HTTPS", "1 . ech=!", "ech"},
  };
  for (const Case& c : cases) {
    BOOST_TEST(StatusIs(ParseRdata(*ParseRecordType(c.type), c.text), kInvalid, c.printed));
    BOOST_TEST(StatusIs(ParseRdata(*ParseRecordType(c.type), c.text), kInvalid, c.type));
  }
}

// What a foreign server may send for a type with a form of its own prints in some form, and what prints in its own form
// parses as the same bytes.
BOOST_AUTO_TEST_CASE(any_bytes_print_and_their_own_form_parses_back) {
  std::mt19937_64 rng(7);
  const RecordType types[] = {RecordType::kCaa,   RecordType::kDs,   RecordType::kNaptr, RecordType::kSpf,
                              RecordType::kSshfp, RecordType::kTlsa, RecordType::kSvcb,  RecordType::kHttps};
  std::map<RecordType, int> own;
  for (int round = 0; round < 40000; ++round) {
    const RecordType type = types[round % std::size(types)];
    std::string bytes;
    const size_t size = rng() % 24;
    // Small numbers make lengths and keys that fit.
    for (size_t i = 0; i < size; ++i) bytes.push_back(static_cast<char>(rng() % 4 == 0 ? rng() % 256 : rng() % 5));
    const Opaque opaque{type, bytes};
    const std::string text = ToText(opaque);
    if (text.compare(0, 2, "\\#") == 0) continue;
    ++own[type];
    const auto again = ParseRdata(type, text);
    BOOST_REQUIRE_MESSAGE(again.ok(), text);
    BOOST_REQUIRE_MESSAGE((*again == Rdata(opaque)), text);
  }
  for (const RecordType type : types) BOOST_TEST(own[type] > 0, ToString(type));
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
