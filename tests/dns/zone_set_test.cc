#include "nubo/dns/zone/zone_set.h"

#include <boost/test/unit_test.hpp>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "absl/random/random.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "nubo/testing/status_matchers.h"
#include "tests/dns/test_zones.h"

namespace nubo::dns {
namespace {

using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

Name N(absl::string_view text) { return *Name::Parse(text); }

void AppendSets(absl::string_view section, const Answer::Sets& sets, std::string* out) {
  for (const AnswerSet& entry : sets) {
    for (const Rdata& rdata : entry.set->records) {
      absl::StrAppend(out, " | ", section, " ", entry.owner.ToDisplayString(), " ", entry.ttl_seconds, " ",
                      ToString(entry.set->type), " ", ToText(rdata));
    }
  }
}

// "NOERROR aa | an www.example.com 60 A 10.0.0.1", sections an, au (authority) and ad (additional).
std::string Show(const Answer& answer) {
  std::string out = absl::StrCat(ToString(answer.rcode), answer.authoritative ? " aa" : "");
  AppendSets("an", answer.answers, &out);
  AppendSets("au", answer.authority, &out);
  AppendSets("ad", answer.additional, &out);
  return out;
}

// `question` is "name type".
std::string Ask(const ZoneSet& zones, absl::string_view question, const HealthView* health = nullptr) {
  std::mt19937_64 rng(1);
  const std::vector<std::string> words = absl::StrSplit(question, ' ');
  return Show(zones.Lookup({N(words.at(0)), *ParseRecordType(words.at(1))}, {.rng = rng, .health = health}));
}

constexpr char kSoa[] = "example.com SOA 900 ns1.example.com host.example.com 7 7200 900 1209600 60";
constexpr char kDenied[] = " | au example.com 60 SOA ns1.example.com. host.example.com. 7 7200 900 1209600 60";

std::shared_ptr<const ZoneSet> Zones() {
  return MakeZoneSet({{"example.com",
                       {kSoa,
                        "example.com NS 900 ns1.example.com",
                        "example.com NS 900 ns.elsewhere.net",
                        "ns1.example.com A 900 10.0.0.53",
                        "example.com MX 900 10 mail.example.com",
                        "mail.example.com A 60 10.0.0.25",
                        "www.example.com A 60 10.0.0.1",
                        "www.example.com A 60 10.0.0.2",
                        "www.example.com AAAA 60 2001:db8::1",
                        "alias.example.com CNAME 30 www.example.com",
                        "far.example.com CNAME 30 www.elsewhere.net",
                        "cross.example.com CNAME 30 www.example.org",
                        "gone.example.com CNAME 30 nothing.example.com",
                        "loop1.example.com CNAME 30 loop2.example.com",
                        "loop2.example.com CNAME 30 loop1.example.com",
                        "deep.ent.example.com A 60 10.0.0.3",
                        "_http._tcp.example.com SRV 60 0 0 80 www.example.com",
                        "*.wild.example.com A 60 10.0.0.4",
                        "*.wild.example.com MX 60 5 mail.example.com",
                        "there.wild.example.com TXT 60 here",
                        "sub.*.wild.example.com TXT 60 odd",
                        "*.cwild.example.com CNAME 30 www.example.com",
                        "sub.example.com NS 300 ns.sub.example.com",
                        "sub.example.com NS 300 ns1.example.com",
                        "sub.example.com DS 300 \\# 5 00010F63FF",
                        "ns.sub.example.com A 300 10.0.1.53",
                        "into.example.com CNAME 30 x.sub.example.com",
                        "old.example.com DNAME 30 new.example.com",
                        "a.new.example.com A 60 10.0.0.5",
                        "self.example.com DNAME 30 x.self.example.com"}},
                      {"example.org", {"example.org SOA 900 ns. host. 1 2 3 4 30", "www.example.org A 60 10.0.2.1"}},
                      {"child.example.org",
                       {"child.example.org SOA 900 ns. host. 1 2 3 4 30", "www.child.example.org A 60 10.0.3.1"}}});
}

struct Case {
  const char* question;
  std::string answer;
};

void Check(const std::vector<Case>& cases) {
  const auto zones = Zones();
  for (const Case& c : cases) {
    BOOST_TEST_CONTEXT(c.question) { BOOST_TEST(Ask(*zones, c.question) == c.answer); }
  }
}

const std::string kDeniedText = kDenied;

BOOST_AUTO_TEST_CASE(exact_names) {
  Check({
      {"www.example.com A", "NOERROR aa | an www.example.com 60 A 10.0.0.1 | an www.example.com 60 A 10.0.0.2"},
      {"WWW.Example.COM AAAA", "NOERROR aa | an WWW.Example.COM 60 AAAA 2001:db8::1"},
      {"example.com SOA", absl::StrCat("NOERROR aa | an example.com 900", kDeniedText.substr(20))},
  });
}

BOOST_AUTO_TEST_CASE(what_does_not_exist_is_denied_with_the_soa) {
  Check({
      {"www.example.com TXT", "NOERROR aa" + kDeniedText},
      {"nothing.example.com A", "NXDOMAIN aa" + kDeniedText},
      {"below.www.example.com A", "NXDOMAIN aa" + kDeniedText},
  });
}

BOOST_AUTO_TEST_CASE(empty_non_terminals_exist) {
  Check({
      {"ent.example.com A", "NOERROR aa" + kDeniedText},
      {"_tcp.example.com SRV", "NOERROR aa" + kDeniedText},
      {"other.ent.example.com A", "NXDOMAIN aa" + kDeniedText},
  });
}

BOOST_AUTO_TEST_CASE(names_outside_our_zones_are_refused) {
  Check({{"www.elsewhere.net A", "REFUSED"}, {"com A", "REFUSED"}, {". NS", "REFUSED"}});
}

BOOST_AUTO_TEST_CASE(the_closest_zone_answers) {
  Check({
      {"www.child.example.org A", "NOERROR aa | an www.child.example.org 60 A 10.0.3.1"},
      {"www.example.org A", "NOERROR aa | an www.example.org 60 A 10.0.2.1"},
      {"no.child.example.org A", "NXDOMAIN aa | au child.example.org 30 SOA ns. host. 1 2 3 4 30"},
  });
}

BOOST_AUTO_TEST_CASE(chains_are_followed_through_our_zones) {
  Check({
      {"alias.example.com AAAA",
       "NOERROR aa | an alias.example.com 30 CNAME www.example.com. | an www.example.com 60 AAAA 2001:db8::1"},
      {"alias.example.com CNAME", "NOERROR aa | an alias.example.com 30 CNAME www.example.com."},
      {"cross.example.com A",
       "NOERROR aa | an cross.example.com 30 CNAME www.example.org. | an www.example.org 60 A 10.0.2.1"},
      {"far.example.com A", "NOERROR aa | an far.example.com 30 CNAME www.elsewhere.net."},
      // RFC 6604: the code is that of the chain's end.
      {"gone.example.com A", "NXDOMAIN aa | an gone.example.com 30 CNAME nothing.example.com." + kDeniedText},
      {"alias.example.com TXT", "NOERROR aa | an alias.example.com 30 CNAME www.example.com." + kDeniedText},
  });
}

BOOST_AUTO_TEST_CASE(loops_end_in_server_failure) { Check({{"loop1.example.com A", "SERVFAIL"}}); }

BOOST_AUTO_TEST_CASE(chains_of_16_are_followed_and_no_longer_ones) {
  std::vector<std::string> lines = {kSoa};
  for (int i = 0; i < 17; ++i) lines.push_back(absl::StrCat("c", i, ".example.com CNAME 30 c", i + 1, ".example.com"));
  lines.push_back("c17.example.com A 60 10.0.0.1");
  const auto zones = MakeZoneSet({{"example.com", lines}});
  BOOST_TEST(Ask(*zones, "c0.example.com A") == "SERVFAIL");
  BOOST_TEST(absl::StartsWith(Ask(*zones, "c1.example.com A"), "NOERROR aa | an c1.example.com"));
}

BOOST_AUTO_TEST_CASE(wildcards_follow_rfc_4592) {
  Check({
      {"any.wild.example.com A", "NOERROR aa | an any.wild.example.com 60 A 10.0.0.4"},
      {"a.b.wild.example.com A", "NOERROR aa | an a.b.wild.example.com 60 A 10.0.0.4"},
      {"any.wild.example.com TXT", "NOERROR aa" + kDeniedText},
      // A name that exists blocks the wildcard, for itself and for what is below it.
      {"there.wild.example.com A", "NOERROR aa" + kDeniedText},
      {"x.there.wild.example.com A", "NXDOMAIN aa" + kDeniedText},
      // The wildcard's own name is asked for like any other.
      {"*.wild.example.com A", "NOERROR aa | an *.wild.example.com 60 A 10.0.0.4"},
      {"x.*.wild.example.com A", "NXDOMAIN aa" + kDeniedText},
      {"wild.example.com A", "NOERROR aa" + kDeniedText},
      {"x.cwild.example.com AAAA",
       "NOERROR aa | an x.cwild.example.com 30 CNAME www.example.com. | an www.example.com 60 AAAA 2001:db8::1"},
  });
}

BOOST_AUTO_TEST_CASE(delegations_refer_with_glue) {
  const std::string referral =
      " | au sub.example.com 300 NS ns.sub.example.com. | au sub.example.com 300 NS ns1.example.com."
      " | ad ns.sub.example.com 300 A 10.0.1.53 | ad ns1.example.com 900 A 10.0.0.53";
  Check({
      {"www.sub.example.com A", "NOERROR" + referral},
      {"sub.example.com NS", "NOERROR" + referral},
      {"ns.sub.example.com A", "NOERROR" + referral},
      // DS is the parent's.
      {"sub.example.com DS", "NOERROR aa | an sub.example.com 300 DS 1 15 99 FF"},
      {"into.example.com A", "NOERROR aa | an into.example.com 30 CNAME x.sub.example.com." + referral},
  });
}

BOOST_AUTO_TEST_CASE(glue_below_the_cut_is_required) {
  std::mt19937_64 rng(1);
  const auto zones = Zones();
  const Answer answer = zones->Lookup({N("x.sub.example.com"), RecordType::kA}, {.rng = rng});
  BOOST_REQUIRE(answer.additional.size() == 2u);
  BOOST_TEST(answer.additional[0].required);
  BOOST_TEST(!answer.additional[1].required);
}

BOOST_AUTO_TEST_CASE(ds_at_an_apex_is_asked_of_the_parent_zone) {
  Check({{"child.example.org DS", "NOERROR aa | au example.org 30 SOA ns. host. 1 2 3 4 30"},
         {"example.org DS", "NOERROR aa | au example.org 30 SOA ns. host. 1 2 3 4 30"}});
}

BOOST_AUTO_TEST_CASE(addresses_come_along) {
  Check({
      {"example.com MX",
       "NOERROR aa | an example.com 900 MX 10 mail.example.com. | ad mail.example.com 60 A 10.0.0.25"},
      {"example.com NS",
       "NOERROR aa | an example.com 900 NS ns1.example.com. | an example.com 900 NS ns.elsewhere.net."
       " | ad ns1.example.com 900 A 10.0.0.53"},
  });
}

BOOST_AUTO_TEST_CASE(any_gets_one_set) {
  Check({
      {"www.example.com ANY", "NOERROR aa | an www.example.com 60 A 10.0.0.1 | an www.example.com 60 A 10.0.0.2"},
      {"alias.example.com ANY", "NOERROR aa | an alias.example.com 30 CNAME www.example.com."},
      {"ent.example.com ANY", "NOERROR aa" + kDeniedText},
      {"nothing.example.com ANY", "NXDOMAIN aa" + kDeniedText},
      {"x.wild.example.com ANY", "NOERROR aa | an x.wild.example.com 60 A 10.0.0.4"},
  });
}

BOOST_AUTO_TEST_CASE(dnames_rename_what_is_below) {
  Check({
      {"a.old.example.com A",
       "NOERROR aa | an old.example.com 30 DNAME new.example.com. | an a.old.example.com 30 CNAME a.new.example.com."
       " | an a.new.example.com 60 A 10.0.0.5"},
      {"a.old.example.com CNAME",
       "NOERROR aa | an old.example.com 30 DNAME new.example.com. | an a.old.example.com 30 CNAME a.new.example.com."},
      {"old.example.com A", "NOERROR aa" + kDeniedText},
      {"x.self.example.com A", "SERVFAIL"},
  });
}

BOOST_AUTO_TEST_CASE(a_renamed_name_that_is_too_long_is_yxdomain) {
  const std::string label(60, 'l');
  const std::string target = absl::StrCat(label, ".", label, ".", label, ".example.com");
  const auto zones = MakeZoneSet({{"example.com", {kSoa, "d.example.com DNAME 30 " + target}}});
  const std::string answer = Ask(*zones, absl::StrCat(label, ".d.example.com A"));
  BOOST_TEST(answer == "YXDOMAIN aa | an d.example.com 30 DNAME " + target + ".");
}

class FixedHealth final : public HealthView {
 public:
  bool TargetHealthy(const Name& target) const override { return !sick.contains(target.ToDisplayString()); }
  bool CheckHealthy(absl::string_view id) const override { return !sick.contains(std::string(id)); }
  std::map<std::string, bool> sick;
};

BOOST_AUTO_TEST_CASE(aliases_answer_with_their_targets_addresses) {
  const auto zones = MakeZoneSet({{"example.com",
                                   {kSoa, "example.com ALIAS-A lb.elb.test", "a2.example.com ALIAS-A example.com",
                                    "l1.example.com ALIAS-A l2.example.com", "l2.example.com ALIAS-A l1.example.com",
                                    "out.example.com ALIAS-A www.elsewhere.net", "c.example.com ALIAS-A cn.elb.test",
                                    "none.example.com ALIAS-A no.elb.test", "six.example.com ALIAS-AAAA lb.elb.test",
                                    "*.w.example.com ALIAS-A lb.elb.test evaluate"}},
                                  {"elb.test",
                                   {"elb.test SOA 900 ns. host. 1 2 3 4 30", "lb.elb.test A 5 127.0.1.1",
                                    "lb.elb.test A 5 127.0.1.2", "cn.elb.test CNAME 9 lb.elb.test"}}});
  const auto addresses = [](absl::string_view name) {
    return absl::StrCat("NOERROR aa | an ", name, " 5 A 127.0.1.1 | an ", name, " 5 A 127.0.1.2");
  };
  BOOST_TEST(Ask(*zones, "example.com A") == addresses("example.com"));
  BOOST_TEST(Ask(*zones, "example.com ANY") == Ask(*zones, "example.com SOA"));
  BOOST_TEST(Ask(*zones, "a2.example.com A") == addresses("a2.example.com"));
  BOOST_TEST(Ask(*zones, "a2.example.com ANY") == addresses("a2.example.com"));
  BOOST_TEST(Ask(*zones, "c.example.com A") == addresses("c.example.com"));
  BOOST_TEST(Ask(*zones, "x.w.example.com A") == addresses("x.w.example.com"));
  for (const char* name : {"l1", "out", "none"}) {
    BOOST_TEST(Ask(*zones, absl::StrCat(name, ".example.com A")) == "NOERROR aa" + kDeniedText);
  }
  BOOST_TEST(Ask(*zones, "six.example.com AAAA") == "NOERROR aa" + kDeniedText);
  BOOST_TEST(Ask(*zones, "six.example.com ANY") == "NOERROR aa" + kDeniedText);
}

// Sets "blue" and "green" at w.example.com with these weights; green is an alias that asks for its target's health.
std::shared_ptr<const ZoneSet> Weighted(uint32_t blue, uint32_t green) {
  ZoneBuilder builder(N("example.com"));
  BOOST_REQUIRE(IsOk(AddLine(builder, kSoa)));
  BOOST_REQUIRE(IsOk(AddLine(builder, "lb.example.com A 5 10.0.0.2")));
  RecordSet blue_set{.ttl_seconds = 5, .records = {A{net::IpAddress::V4(0x0a000001)}}};
  blue_set.set_identifier = "blue";
  blue_set.weight = blue;
  blue_set.health_check_id = "check";
  RecordSet green_set{.type = RecordType::kA, .alias = AliasTarget{N("lb.example.com"), true}};
  green_set.set_identifier = "green";
  green_set.weight = green;
  BOOST_REQUIRE(IsOk(builder.Add(N("w.example.com"), std::move(blue_set))));
  BOOST_REQUIRE(IsOk(builder.Add(N("w.example.com"), std::move(green_set))));
  ZoneSetBuilder zones;
  BOOST_REQUIRE(IsOk(zones.Add(std::move(builder).Build().value())));
  return std::move(zones).Build();
}

// How many of 1000 answers are blue.
int CountBlue(const ZoneSet& zones, const HealthView& health) {
  std::mt19937_64 rng(7);
  int blue = 0;
  for (int i = 0; i < 1000; ++i) {
    const Answer answer = zones.Lookup({N("w.example.com"), RecordType::kA}, {.rng = rng, .health = &health});
    blue += std::get<A>(answer.answers[0].set->records[0]).address.v4() == 0x0a000001 ? 1 : 0;
  }
  return blue;
}

BOOST_AUTO_TEST_CASE(weights_divide_the_answers) {
  FixedHealth healthy;
  const int blue = CountBlue(*Weighted(3, 1), healthy);
  BOOST_TEST(blue > 700);
  BOOST_TEST(blue < 800);
  BOOST_TEST(CountBlue(*Weighted(0, 1), healthy) == 0);
  const int even = CountBlue(*Weighted(0, 0), healthy);
  BOOST_TEST(even > 450);
  BOOST_TEST(even < 550);
}

BOOST_AUTO_TEST_CASE(unhealthy_sets_are_passed_over) {
  FixedHealth health;
  health.sick = {{"check", true}};
  BOOST_TEST(CountBlue(*Weighted(255, 1), health) == 0);
  // Weight 0 only when every other set is unhealthy.
  BOOST_TEST(CountBlue(*Weighted(255, 0), health) == 0);
  health.sick = {{"lb.example.com", true}};
  BOOST_TEST(CountBlue(*Weighted(1, 255), health) == 1000);
}

BOOST_AUTO_TEST_CASE(when_all_are_unhealthy_all_count_as_healthy) {
  FixedHealth health;
  health.sick = {{"check", true}, {"lb.example.com", true}};
  const int blue = CountBlue(*Weighted(1, 1), health);
  BOOST_TEST(blue > 450);
  BOOST_TEST(blue < 550);
}

BOOST_AUTO_TEST_CASE(each_zone_is_given_once) {
  const auto zone = MakeZone("example.com", {kSoa}).value();
  ZoneSetBuilder builder;
  BOOST_TEST(IsOk(builder.Add(zone)));
  BOOST_TEST(StatusIs(builder.Add(zone), absl::StatusCode::kAlreadyExists, "example.com"));
}

}  // namespace
}  // namespace nubo::dns
