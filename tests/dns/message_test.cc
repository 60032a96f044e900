#include "nubo/dns/wire/message.h"

#include <boost/test/unit_test.hpp>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "nubo/dns/wire/wire.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::dns {
namespace {

using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

Name N(absl::string_view text) { return *Name::Parse(text); }
std::string Hex(absl::string_view text) { return absl::HexStringToBytes(absl::StrReplaceAll(text, {{" ", ""}})); }

ResourceRecord Record(absl::string_view name, absl::string_view type, absl::string_view value) {
  return {N(name), RecordClass::kIn, 300, *ParseRdata(*ParseRecordType(type), value)};
}

// One of each type, with and without EDNS.
Message Full() {
  Message message;
  message.id = 0xbeef;
  message.response = true;
  message.authoritative = true;
  message.recursion_desired = true;
  message.checking_disabled = true;
  message.rcode = Rcode::kBadVers;
  message.questions.push_back({N("www.example.com"), RecordType::kA, RecordClass::kIn});
  message.answers = {Record("www.example.com", "CNAME", "web.example.com"), Record("web.example.com", "A", "10.0.0.1"),
                     Record("web.example.com", "AAAA", "2001:db8::1"), Record("example.com", "TXT", "\"a b\" c"),
                     Record("_http._tcp.example.com", "SRV", "1 2 80 web.example.com")};
  message.authority = {Record("example.com", "NS", "ns1.example.com"),
                       Record("example.com", "MX", "10 mail.example.com"),
                       Record("example.com", "SOA", "ns1.example.com host.example.com 1 2 3 4 5"),
                       Record("example.com", "CAA", "\\# 7 00056973737565")};
  message.additional = {Record("1.0.0.10.in-addr.arpa", "PTR", "web.example.com"),
                        Record("old.example.com", "DNAME", "example.com")};
  message.edns = Edns{.udp_size = 4096, .dnssec_ok = true, .options = {{10, "cookie"}, {3, ""}}};
  return message;
}

BOOST_AUTO_TEST_CASE(a_query_has_its_well_known_bytes) {
  Message query;
  query.id = 0x1234;
  query.recursion_desired = true;
  query.questions.push_back({N("example.com"), RecordType::kA, RecordClass::kIn});
  BOOST_TEST(absl::BytesToHexString(*Encode(query)) == "123401000001000000000000076578616d706c6503636f6d0000010001");
  query.edns.emplace();
  BOOST_TEST(absl::BytesToHexString(*Encode(query)) ==
             "123401000001000000000001076578616d706c6503636f6d0000010001000029"
             "04d0000000000000");
}

// RFC 1035 §4.1.4's own example: F.ISI.ARPA, FOO.F.ISI.ARPA, ARPA and the root in one message.
BOOST_AUTO_TEST_CASE(names_are_compressed_as_in_rfc_1035) {
  std::string out;
  WireWriter writer(&out, kMessageSizeMax);
  for (const char* name : {"F.ISI.ARPA", "FOO.F.ISI.ARPA", "ARPA", "."}) {
    BOOST_TEST(writer.AddQuestion({N(name), RecordType::kA, RecordClass::kIn}));
  }
  const std::string names =
      Hex("0146 03495349 0441525041 00 00010001"
          "03464f4f c00c 00010001"
          "c012 00010001"
          "00 00010001");
  BOOST_TEST(out.substr(kHeaderSize) == names);
}

BOOST_AUTO_TEST_CASE(messages_survive_the_wire) {
  const Message message = Full();
  const auto bytes = Encode(message);
  BOOST_REQUIRE(IsOk(bytes));
  const auto decoded = Decode(*bytes);
  BOOST_REQUIRE(IsOk(decoded));
  BOOST_TEST((*decoded == message));
  BOOST_TEST(*Encode(*decoded) == *bytes);
}

BOOST_AUTO_TEST_CASE(a_message_cut_anywhere_is_refused) {
  const std::string bytes = *Encode(Full());
  for (size_t size = 0; size < bytes.size(); ++size) {
    BOOST_TEST(StatusIs(Decode(bytes.substr(0, size)), kInvalid, "malformed"));
  }
}

BOOST_AUTO_TEST_CASE(every_broken_shape_is_refused) {
  const std::string question = "076578616d706c6503636f6d00 0001 0001";
  const std::string header = "1234 0100 0001 0000 0000 0000";
  const std::string with_answer = "1234 8400 0001 0001 0000 0000";
  struct Case {
    std::string hex;
    const char* why;
  };
  const Case cases[] = {
      {header + question + "00", "bytes follow"},
      // A pointer to itself, forwards, and two that lead to each other.
      {header + "c00c 0001 0001", "backwards"},
      {header + "c020 0001 0001", "backwards"},
      {header + "0161 c00e 0001 0001", "backwards"},
      {header + "c0", "too early"},
      {header + "4161 00 0001 0001", "unknown kind"},
      {header + "8161 00 0001 0001", "unknown kind"},
      {"1234 0100 ffff 0000 0000 0000" + question, "too early"},
      // An A record of 3 bytes, one of more bytes than there are, a CNAME that does not fill its length, a TXT of none.
      {with_answer + question + "c00c 0001 0001 00000001 0003 0a0000", "wrong length"},
      {with_answer + question + "c00c 0001 0001 00000001 0004 0a0000", "too early"},
      {with_answer + question + "c00c 0005 0001 00000001 0003 c00c00", "fill its length"},
      {with_answer + question + "c00c 0010 0001 00000001 0000", "too early"},
      {with_answer + question + "c00c 0010 0001 00000001 0002 0261", "too early"},
      // OPT: in the answer section, twice, not at the root, with a broken option.
      {with_answer + question + "00 0029 04d0 00000000 0000", "outside of its additional"},
      {"1234 0100 0001 0000 0000 0002" + question + "00 0029 04d0 00000000 0000 00 0029 04d0 00000000 0000", "second"},
      {"1234 0100 0001 0000 0000 0001" + question + "c00c 0029 04d0 00000000 0000", "root"},
      {"1234 0100 0001 0000 0000 0001" + question + "00 0029 04d0 00000000 0003 000a00", "too early"},
      {"1234 0100 0001 0000 0000 0001" + question + "00 0029 04d0 00000000 0004 000a0001", "too early"},
  };
  for (const Case& c : cases) BOOST_TEST(StatusIs(Decode(Hex(c.hex)), kInvalid, c.why));
}

BOOST_AUTO_TEST_CASE(a_chain_of_pointers_cannot_make_a_long_name) {
  // Labels of 63 bytes, each followed by a pointer to the one before: more than 255 bytes in all.
  std::string bytes = Hex("1234 0100 0005 0000 0000 0000");
  size_t before = 0;
  for (int i = 0; i < 5; ++i) {
    const size_t start = bytes.size();
    absl::StrAppend(&bytes, "\x3f", std::string(63, 'a'));
    if (i == 0) {
      bytes.push_back('\0');
    } else {
      bytes.push_back(static_cast<char>(0xc0 | before >> 8));
      bytes.push_back(static_cast<char>(before));
    }
    bytes += Hex("00010001");
    before = start;
  }
  BOOST_TEST(StatusIs(Decode(bytes), kInvalid, "longer than 255"));
}

BOOST_AUTO_TEST_CASE(messages_have_at_most_65535_bytes) {
  BOOST_TEST(StatusIs(Decode(std::string(65536, '\0')), kInvalid, "65536 bytes"));
  Message message;
  const ResourceRecord record = Record("example.com", "TXT", absl::StrCat("\"", std::string(255, 'a'), "\""));
  for (int i = 0; i < 240; ++i) message.answers.push_back(record);
  BOOST_TEST(IsOk(Encode(message)));
  for (int i = 0; i < 20; ++i) message.answers.push_back(record);
  BOOST_TEST(StatusIs(Encode(message), kInvalid, "longer than 65535"));
}

BOOST_AUTO_TEST_CASE(high_response_codes_need_edns) {
  Message message;
  message.rcode = Rcode::kBadVers;
  BOOST_TEST(StatusIs(Encode(message), kInvalid, "BADVERS"));
  message.edns.emplace();
  BOOST_TEST((Decode(*Encode(message))->rcode == Rcode::kBadVers));
}

BOOST_AUTO_TEST_CASE(data_that_the_wire_cannot_hold_is_not_encoded) {
  Message message;
  message.answers.push_back({N("example.com"), RecordClass::kIn, 1, Txt{}});
  BOOST_TEST(StatusIs(Encode(message), kInvalid, "example.com"));
}

BOOST_AUTO_TEST_CASE(the_header_alone_can_be_read) {
  BOOST_TEST((DecodeHeader(Hex("1234 8580 0001")) == std::nullopt));
  const auto header = DecodeHeader(Hex("1234 8583 ffff ffff ffff ffff"));
  BOOST_REQUIRE((header.has_value()));
  BOOST_TEST(header->id == 0x1234);
  BOOST_TEST(header->response);
  BOOST_TEST(header->authoritative);
  BOOST_TEST(header->recursion_available);
  BOOST_TEST((header->rcode == Rcode::kNxDomain));
}

BOOST_AUTO_TEST_CASE(a_record_that_does_not_fit_leaves_no_trace) {
  std::string out;
  WireWriter writer(&out, 40);
  BOOST_TEST(writer.AddQuestion({N("example.com"), RecordType::kA, RecordClass::kIn}));
  const std::string before = out;
  BOOST_TEST(!writer.AddRecord(Section::kAnswer, N("www.example.com"), RecordClass::kIn, 1, A{}));
  BOOST_TEST(out == before);
  BOOST_TEST(writer.count(Section::kAnswer) == 0);
}

}  // namespace
}  // namespace nubo::dns
