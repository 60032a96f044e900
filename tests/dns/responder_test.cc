#include "nubo/dns/zone/responder.h"

#include <boost/test/unit_test.hpp>
#include <random>
#include <set>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "nubo/testing/status_matchers.h"
#include "tests/dns/test_zones.h"

namespace nubo::dns {
namespace {

using ::nubo::testing::IsOk;

Name N(absl::string_view text) { return *Name::Parse(text); }
std::string Hex(absl::string_view text) { return absl::HexStringToBytes(absl::StrReplaceAll(text, {{" ", ""}})); }

constexpr char kSoa[] = "example.com SOA 900 ns1.example.com host.example.com 7 7200 900 1209600 60";

struct Server {
  Server() {
    std::vector<std::string> lines = {kSoa, "www.example.com A 60 10.0.0.1", "www.example.com A 60 10.0.0.2",
                                      "sub.example.com NS 60 ns.sub.example.com"};
    // 50 addresses are 800 bytes: more than 512, fewer than 1232. 90 are more than that.
    for (int i = 0; i < 50; ++i) lines.push_back(absl::StrCat("fifty.example.com A 60 10.0.1.", i));
    for (int i = 0; i < 90; ++i) lines.push_back(absl::StrCat("ninety.example.com A 60 10.0.2.", i));
    for (int i = 0; i < 40; ++i) lines.push_back(absl::StrCat("ns.sub.example.com A 60 10.0.3.", i));
    lines.push_back("mx.example.com MX 60 1 fifty.example.com");
    zones = MakeZoneSet({{"example.com", lines}});
  }

  // The response to raw bytes; empty: silence.
  std::string Say(absl::string_view bytes, Transport transport = Transport::kUdp) {
    std::string response = "left over from before";
    return Respond(*zones, bytes, transport, {.rng = rng}, &response, &summary) ? response : "";
  }

  Message Ask(Message query, Transport transport = Transport::kUdp) {
    const auto response = Decode(Say(*Encode(query), transport));
    BOOST_REQUIRE(IsOk(response));
    return *response;
  }

  std::shared_ptr<const ZoneSet> zones;
  std::mt19937_64 rng{1};
  QuerySummary summary;
};

Message Query(absl::string_view name, RecordType type = RecordType::kA, RecordClass rclass = RecordClass::kIn) {
  Message query;
  query.id = 0x4711;
  query.recursion_desired = true;
  query.questions.push_back({N(name), type, rclass});
  return query;
}

BOOST_FIXTURE_TEST_CASE(a_query_is_answered, Server) {
  const Message response = Ask(Query("wWw.example.com"));
  BOOST_TEST(response.id == 0x4711);
  BOOST_TEST(response.response);
  BOOST_TEST(response.authoritative);
  BOOST_TEST(response.recursion_desired);
  BOOST_TEST(!response.recursion_available);
  BOOST_TEST((response.rcode == Rcode::kNoError));
  BOOST_TEST(response.questions[0].name.ToString() == "wWw.example.com.");
  BOOST_TEST(response.answers.size() == 2u);
  BOOST_TEST((response.edns == std::nullopt));
  BOOST_TEST(summary.has_question);
  BOOST_TEST(summary.answers == 2);
}

BOOST_FIXTURE_TEST_CASE(answers_take_turns, Server) {
  std::set<std::string> first;
  for (int i = 0; i < 20; ++i) first.insert(ToText(Ask(Query("www.example.com")).answers[0].rdata));
  BOOST_TEST(first.size() == 2u);
}

BOOST_FIXTURE_TEST_CASE(what_is_not_a_query_gets_silence, Server) {
  BOOST_TEST(Say("") == "");
  BOOST_TEST(Say(Hex("1234 0100 0001 0000 0000 00")) == "");
  Message response = Query("www.example.com");
  response.response = true;
  BOOST_TEST(Say(*Encode(response)) == "");
}

BOOST_FIXTURE_TEST_CASE(garbage_gets_formerr_and_no_more_than_a_header, Server) {
  // RD is echoed, everything else is clear.
  const std::string formerr = Hex("1234 8101 0000 0000 0000 0000");
  BOOST_TEST(Say(Hex("1234 0100 0001 0000 0000 0000")) == formerr);
  BOOST_TEST(Say(Hex("1234 0100 0000 0000 0000 0000")) == formerr);
  BOOST_TEST(Say(Hex("1234 0100 0001 0000 0000 0000 c00c 0001 0001")) == formerr);
  BOOST_TEST(Say(Hex("1234 0100 0002 0000 0000 0000 00 0001 0001 00 0001 0001")) == formerr);
  BOOST_TEST(Say(Hex("1234 0100 ffff ffff ffff ffff") + std::string(400, '\xff')) == formerr);
  BOOST_TEST(!summary.has_question);
}

BOOST_FIXTURE_TEST_CASE(other_opcodes_are_not_implemented, Server) {
  for (const int opcode : {1, 2, 3, 4, 5, 6, 15}) {
    Message query = Query("www.example.com");
    query.opcode = Opcode{static_cast<uint8_t>(opcode)};
    const Message response = Ask(query);
    BOOST_TEST((response.rcode == Rcode::kNotImp));
    BOOST_TEST((response.opcode == query.opcode));
    BOOST_TEST(response.questions.empty());
  }
}

BOOST_FIXTURE_TEST_CASE(what_is_not_ours_is_refused, Server) {
  BOOST_TEST((Ask(Query("example.org")).rcode == Rcode::kRefused));
  BOOST_TEST((Ask(Query("version.bind", RecordType::kTxt, RecordClass::kChaos)).rcode == Rcode::kRefused));
  BOOST_TEST((Ask(Query("example.com", RecordType::kSoa, RecordClass::kHesiod)).rcode == Rcode::kRefused));
  BOOST_TEST((Ask(Query("example.com", RecordType::kAxfr)).rcode == Rcode::kRefused));
  BOOST_TEST((Ask(Query("example.com", RecordType::kIxfr), Transport::kTcp).rcode == Rcode::kRefused));
  BOOST_TEST((Ask(Query("www.example.com", RecordType::kA, RecordClass::kAny)).rcode == Rcode::kNoError));
  BOOST_TEST(!Ask(Query("example.org")).authoritative);
}

BOOST_FIXTURE_TEST_CASE(impossible_types_are_errors, Server) {
  BOOST_TEST((Ask(Query("example.com", RecordType::kOpt)).rcode == Rcode::kFormErr));
  BOOST_TEST((Ask(Query("example.com", RecordType::kTsig)).rcode == Rcode::kFormErr));
  BOOST_TEST((Ask(Query("example.com", RecordType::kMaila)).rcode == Rcode::kNotImp));
}

BOOST_FIXTURE_TEST_CASE(edns_is_answered_with_edns, Server) {
  Message query = Query("www.example.com");
  query.edns = Edns{.udp_size = 4096, .dnssec_ok = true, .options = {{10, "12345678"}}};
  const Message response = Ask(query);
  BOOST_REQUIRE(response.edns.has_value());
  BOOST_TEST(response.edns->udp_size == 1232);
  BOOST_TEST(response.edns->dnssec_ok);
  BOOST_TEST(response.edns->options.empty());
}

BOOST_FIXTURE_TEST_CASE(other_edns_versions_are_bad, Server) {
  Message query = Query("www.example.com");
  query.edns = Edns{.version = 1};
  const Message response = Ask(query);
  BOOST_TEST((response.rcode == Rcode::kBadVers));
  BOOST_TEST(response.answers.empty());
  BOOST_REQUIRE(response.edns.has_value());
  BOOST_TEST(response.edns->version == 0);
}

// What happens to fifty.example.com (811 bytes) with the given EDNS size.
bool Truncated(Server& server, absl::string_view name, std::optional<uint16_t> size, Transport transport) {
  Message query = Query(name);
  if (size.has_value()) query.edns = Edns{.udp_size = *size};
  const std::string bytes = server.Say(*Encode(query), transport);
  const Message response = *Decode(bytes);
  BOOST_TEST(response.answers.empty() == response.truncated);
  BOOST_TEST(response.edns.has_value() == size.has_value());
  if (transport == Transport::kUdp) BOOST_TEST(bytes.size() <= std::clamp<size_t>(size.value_or(512), 512, 1232));
  return response.truncated;
}

BOOST_FIXTURE_TEST_CASE(udp_answers_are_bounded_by_the_clients_size_and_ours, Server) {
  BOOST_TEST(Truncated(*this, "fifty.example.com", std::nullopt, Transport::kUdp));
  BOOST_TEST(Truncated(*this, "fifty.example.com", 0, Transport::kUdp));
  BOOST_TEST(Truncated(*this, "fifty.example.com", 512, Transport::kUdp));
  BOOST_TEST(!Truncated(*this, "fifty.example.com", 1232, Transport::kUdp));
  BOOST_TEST(!Truncated(*this, "fifty.example.com", 65535, Transport::kUdp));
  BOOST_TEST(Truncated(*this, "ninety.example.com", 65535, Transport::kUdp));
  BOOST_TEST(!Truncated(*this, "ninety.example.com", std::nullopt, Transport::kTcp));
  BOOST_TEST(!Truncated(*this, "ninety.example.com", 512, Transport::kTcp));
}

BOOST_FIXTURE_TEST_CASE(a_referral_without_its_glue_is_truncated, Server) {
  const Message response = Ask(Query("x.sub.example.com"));
  BOOST_TEST(response.truncated);
  BOOST_TEST(response.authority.size() == 1u);
  BOOST_TEST(!Ask(Query("x.sub.example.com"), Transport::kTcp).truncated);
}

BOOST_FIXTURE_TEST_CASE(additional_addresses_that_do_not_fit_are_left_out_silently, Server) {
  const Message response = Ask(Query("mx.example.com", RecordType::kMx));
  BOOST_TEST(!response.truncated);
  BOOST_TEST(response.additional.empty());
  BOOST_TEST(Ask(Query("mx.example.com", RecordType::kMx), Transport::kTcp).additional.size() == 50u);
}

}  // namespace
}  // namespace nubo::dns
