#include "nubo/dns/resolver/stub_resolver.h"

#include <boost/test/unit_test.hpp>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "nubo/testing/simulated_clock.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::dns {
namespace {

using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

Name N(absl::string_view text) { return *Name::Parse(text); }
net::SocketAddress At(absl::string_view text) { return *net::SocketAddress::Parse(text); }

ResourceRecord Record(absl::string_view name, uint32_t ttl, absl::string_view type, absl::string_view value) {
  return {N(name), RecordClass::kIn, ttl, *ParseRdata(*ParseRecordType(type), value)};
}

StubResolverOptions OneServer() { return {.servers = {At("127.0.0.1:53")}}; }
StubResolverOptions TwoServers() { return {.servers = {At("127.0.0.1:53"), At("127.0.0.2:53")}}; }

// A resolver on simulated time, with everything that came out of it.
struct Scenario {
  explicit Scenario(StubResolverOptions options = OneServer()) : resolver(std::move(options), rng) {}

  void Take(StubResolver::Output out) {
    for (StubResolver::Send& send : out.sends) sends.push_back(std::move(send));
    for (StubResolver::Done& done : out.done) results.emplace(done.request, std::move(done.result));
    for (const StubResolver::AttemptId id : out.ended) ++ended[id];
  }
  void Ask(StubResolver::RequestId request, absl::string_view name, RecordType type = RecordType::kA) {
    Take(resolver.Ask(request, {N(name), type}, clock.Now()));
  }
  // Lets time pass until `by` has gone, with every timer on the way.
  void Pass(absl::Duration by) {
    const absl::Time until = clock.Now() + by;
    while (resolver.next_timer() <= until) {
      clock.Advance(resolver.next_timer() - clock.Now());
      Take(resolver.OnTimer(clock.Now()));
    }
    clock.Advance(until - clock.Now());
  }
  // A reply to the `index`-th packet sent, as a good server would send it, changed by `change`.
  void Reply(size_t index, const std::function<void(Message&)>& change = {}) {
    const StubResolver::Send& send = sends.at(index);
    Deliver(index, ReplyTo(send, change), send.server);
  }
  static std::string ReplyTo(const StubResolver::Send& send, const std::function<void(Message&)>& change) {
    Message message = *Decode(send.packet);
    message.response = true;
    if (change != nullptr) change(message);
    return *Encode(message);
  }
  void Deliver(size_t index, absl::string_view bytes, const net::SocketAddress& source) {
    Take(resolver.OnMessage(sends.at(index).attempt, source, bytes, clock.Now()));
  }
  // The addresses of a request's answer; or its code; "pending".
  std::string Result(StubResolver::RequestId request) const {
    const auto found = results.find(request);
    if (found == results.end()) return "pending";
    if (!found->second.ok()) return absl::StatusCodeToString(found->second.status().code());
    std::string text = ToString(found->second->rcode);
    for (const Rdata& rdata : found->second->records) absl::StrAppend(&text, " ", ToText(rdata));
    return text;
  }

  testing::SimulatedClock clock;
  std::mt19937_64 rng{42};
  StubResolver resolver;
  std::vector<StubResolver::Send> sends;
  std::map<StubResolver::RequestId, absl::StatusOr<Resolution>> results;
  std::map<StubResolver::AttemptId, int> ended;
};

std::function<void(Message&)> Address(absl::string_view address, uint32_t ttl = 60) {
  return
      [record = Record("www.example.com", ttl, "A", address)](Message& message) { message.answers.push_back(record); };
}

std::function<void(Message&)> Code(Rcode rcode) {
  return [rcode](Message& message) { message.rcode = rcode; };
}

BOOST_AUTO_TEST_CASE(a_question_is_sent_and_its_answer_handed_out) {
  Scenario s;
  s.Ask(1, "www.example.com");
  BOOST_REQUIRE(s.sends.size() == 1u);
  BOOST_TEST((s.sends[0].server == At("127.0.0.1:53")));
  BOOST_TEST((s.sends[0].transport == Transport::kUdp));
  const Message query = *Decode(s.sends[0].packet);
  BOOST_TEST(query.recursion_desired);
  BOOST_TEST(!query.response);
  BOOST_TEST((query.questions[0] == Question{N("www.example.com"), RecordType::kA}));
  BOOST_TEST(query.edns->udp_size == 1232);
  s.Reply(0, Address("10.0.0.1"));
  BOOST_TEST(s.Result(1) == "NOERROR 10.0.0.1");
  BOOST_TEST((s.results.at(1)->expires == s.clock.Now() + absl::Seconds(60)));
  BOOST_TEST(s.ended[s.sends[0].attempt] == 1);
  BOOST_TEST((s.resolver.next_timer() == absl::InfiniteFuture()));
}

BOOST_AUTO_TEST_CASE(ids_and_case_are_random) {
  Scenario s;
  std::map<uint16_t, int> ids;
  std::map<std::string, int> spellings;
  for (int i = 0; i < 50; ++i) {
    s.Ask(i, absl::StrCat("host", i, ".example.com"));
    const Message query = *Decode(s.sends.back().packet);
    ++ids[query.id];
    ++spellings[query.questions[0].name.Suffix(2).ToString()];
  }
  BOOST_TEST(ids.size() > 45u);
  BOOST_TEST(spellings.size() > 45u);
}

BOOST_AUTO_TEST_CASE(an_unanswered_question_is_sent_again_with_a_longer_wait_and_then_fails) {
  Scenario s;
  s.Ask(1, "www.example.com");
  s.Pass(absl::Milliseconds(999));
  BOOST_TEST(s.sends.size() == 1u);
  s.Pass(absl::Milliseconds(1));
  BOOST_TEST(s.sends.size() == 2u);
  s.Pass(absl::Milliseconds(1999));
  BOOST_TEST(s.Result(1) == "pending");
  s.Pass(absl::Milliseconds(1));
  BOOST_TEST(
      StatusIs(s.results.at(1), absl::StatusCode::kDeadlineExceeded, "www.example.com A: no answer from 127.0.0.1:53"));
  BOOST_TEST(s.ended.size() == 2u);
}

BOOST_AUTO_TEST_CASE(servers_take_turns) {
  Scenario s(TwoServers());
  s.Ask(1, "www.example.com");
  s.Pass(absl::Seconds(1));
  BOOST_REQUIRE(s.sends.size() == 2u);
  BOOST_TEST((s.sends[1].server == At("127.0.0.2:53")));
  s.Reply(1, Address("10.0.0.1"));
  BOOST_TEST(s.Result(1) == "NOERROR 10.0.0.1");
}

BOOST_AUTO_TEST_CASE(a_late_reply_counts) {
  Scenario s(TwoServers());
  s.Ask(1, "www.example.com");
  s.Pass(absl::Seconds(1));
  s.Reply(0, Address("10.0.0.1"));
  BOOST_TEST(s.Result(1) == "NOERROR 10.0.0.1");
  BOOST_TEST(s.ended.size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_server_that_refuses_is_passed_over_at_once) {
  Scenario s(TwoServers());
  s.Ask(1, "www.example.com");
  s.Reply(0, Code(Rcode::kServFail));
  BOOST_REQUIRE(s.sends.size() == 2u);
  s.Reply(1, Code(Rcode::kRefused));
  BOOST_TEST(StatusIs(s.results.at(1), absl::StatusCode::kUnavailable, "127.0.0.2:53 answered REFUSED"));
  BOOST_TEST(s.sends.size() == 2u);
}

// golang/go#15434: NOERROR, neither authoritative nor recursive, and empty, or with a referral upwards.
BOOST_AUTO_TEST_CASE(a_referral_of_a_lame_server_is_no_answer) {
  for (const bool upwards : {false, true}) {
    Scenario s(TwoServers());
    s.Ask(1, "www.example.com");
    s.Reply(0, [&](Message& message) {
      if (upwards) message.authority.push_back(Record("test", 60, "NS", "ns1.nic.test"));
    });
    BOOST_TEST(s.Result(1) == "pending");
    BOOST_REQUIRE(s.sends.size() == 2u);
    BOOST_TEST((s.sends[1].server == At("127.0.0.2:53")));
    s.Reply(1, Address("10.0.0.1"));
    BOOST_TEST(s.Result(1) == "NOERROR 10.0.0.1");
  }
}

BOOST_AUTO_TEST_CASE(when_all_are_lame_it_is_said) {
  Scenario s(TwoServers());
  s.Ask(1, "www.example.com");
  s.Reply(0);
  s.Reply(1);
  BOOST_TEST(s.Result(1) == "UNAVAILABLE");
  BOOST_TEST(StatusIs(s.results.at(1), absl::StatusCode::kUnavailable,
                      "127.0.0.2:53 answered a referral, and does not recurse"));
}

BOOST_AUTO_TEST_CASE(no_data_is_an_answer_of_who_knows_or_recurses_or_shows_the_soa) {
  const std::function<void(Message&)> says[] = {
      [](Message& message) { message.authoritative = true; },
      [](Message& message) { message.recursion_available = true; },
      [](Message& message) { message.authority.push_back(Record("example.com", 60, "SOA", "a. b. 1 2 3 4 5")); },
  };
  for (const auto& say : says) {
    Scenario s(TwoServers());
    s.Ask(1, "www.example.com");
    s.Reply(0, say);
    BOOST_TEST(s.Result(1) == "NOERROR");
  }
}

BOOST_AUTO_TEST_CASE(records_of_another_class_are_no_answer) {
  const auto chaos = [](Message& message) {
    message.recursion_available = true;
    message.answers.push_back(Record("www.example.com", 60, "A", "10.0.0.9"));
    message.answers.back().rclass = RecordClass::kChaos;
  };
  Scenario s(TwoServers());
  s.Ask(1, "www.example.com");
  s.Reply(0, chaos);
  BOOST_TEST(s.Result(1) == "pending");
  s.Reply(1, [&](Message& message) {
    chaos(message);
    Address("10.0.0.1")(message);
  });
  BOOST_TEST(s.Result(1) == "NOERROR 10.0.0.1");
}

BOOST_AUTO_TEST_CASE(a_question_echoed_in_another_class_is_nobodys) {
  Scenario s;
  s.Ask(1, "www.example.com");
  s.Reply(0, [](Message& message) {
    message.questions[0].rclass = RecordClass::kChaos;
    Address("10.0.0.1")(message);
  });
  BOOST_TEST(s.Result(1) == "pending");
}

BOOST_AUTO_TEST_CASE(an_answer_without_the_question_is_nobodys) {
  Scenario s;
  s.Ask(1, "www.example.com");
  s.Reply(0, [](Message& message) {
    message.questions.clear();
    Address("10.0.0.1")(message);
  });
  BOOST_TEST(s.Result(1) == "pending");
}

BOOST_AUTO_TEST_CASE(a_closed_port_is_noticed_and_remembered_for_a_while) {
  Scenario s(TwoServers());
  const auto refuse = [&](size_t index) {
    s.Take(
        s.resolver.OnFailure(s.sends.at(index).attempt, absl::UnavailableError("connection refused"), s.clock.Now()));
  };
  s.Ask(1, "a.example.com");
  refuse(0);
  BOOST_TEST((s.sends.at(1).server == At("127.0.0.2:53")));
  s.Reply(1, Code(Rcode::kNxDomain));
  // The next question starts with the other server; the closed one is asked only when that says nothing.
  s.Ask(2, "b.example.com");
  BOOST_TEST((s.sends.at(2).server == At("127.0.0.2:53")));
  s.Pass(absl::Seconds(1));
  BOOST_TEST((s.sends.at(3).server == At("127.0.0.1:53")));
  // Open again.
  s.Reply(3, Code(Rcode::kNxDomain));
  s.Ask(3, "c.example.com");
  BOOST_TEST((s.sends.at(4).server == At("127.0.0.1:53")));
  refuse(4);
  s.Reply(5, Code(Rcode::kNxDomain));
  s.Pass(absl::Seconds(10));
  s.Ask(4, "d.example.com");
  BOOST_TEST((s.sends.at(6).server == At("127.0.0.1:53")));
}

BOOST_AUTO_TEST_CASE(when_every_port_is_closed_the_question_fails_at_once) {
  Scenario s(TwoServers());
  s.Ask(1, "a.example.com");
  for (size_t i = 0; i < s.sends.size(); ++i) {
    s.Take(s.resolver.OnFailure(s.sends.at(i).attempt, absl::UnavailableError("connection refused"), s.clock.Now()));
  }
  BOOST_TEST(s.sends.size() == 4u);
  BOOST_TEST(s.Result(1) == "UNAVAILABLE");
}

BOOST_AUTO_TEST_CASE(a_reply_over_tcp_that_is_truncated_is_of_no_use) {
  Scenario s(TwoServers());
  s.Ask(1, "www.example.com");
  s.Reply(0, [](Message& message) { message.truncated = true; });
  BOOST_REQUIRE((s.sends.at(1).transport == Transport::kTcp));
  s.Reply(1, [](Message& message) {
    message.truncated = true;
    Address("10.0.0.1")(message);
  });
  BOOST_TEST(s.Result(1) == "pending");
  BOOST_TEST((s.sends.at(2).server == At("127.0.0.2:53")));
}

BOOST_AUTO_TEST_CASE(a_refusal_without_the_question_counts) {
  Scenario s;
  s.Ask(1, "www.example.com");
  s.Reply(0, [](Message& message) {
    message.rcode = Rcode::kRefused;
    message.questions.clear();
  });
  BOOST_TEST(s.Result(1) == "UNAVAILABLE");
}

BOOST_AUTO_TEST_CASE(forged_replies_are_ignored) {
  Scenario s;
  s.Ask(1, "www.example.com");
  const StubResolver::Send& send = s.sends[0];
  const auto forge = [&](const std::function<void(Message&)>& change) {
    return Scenario::ReplyTo(send, [&](Message& message) {
      Address("6.6.6.6")(message);
      change(message);
    });
  };
  s.Deliver(0, forge([](Message& message) { message.id ^= 1; }), send.server);
  s.Deliver(0, forge([](Message&) {}), At("127.0.0.1:54"));
  s.Deliver(0, forge([](Message&) {}), At("127.0.0.9:53"));
  s.Deliver(0, forge([](Message& message) { message.response = false; }), send.server);
  s.Deliver(0, forge([](Message& message) { message.questions[0].name = N("www.example.org"); }), send.server);
  s.Deliver(0, forge([](Message& message) { message.questions[0].type = RecordType::kAaaa; }), send.server);
  s.Deliver(0, forge([](Message& message) { message.questions.clear(); }), send.server);
  s.Deliver(0, forge([](Message& message) { message.opcode = Opcode::kNotify; }), send.server);
  s.Deliver(0, forge([](Message&) {}).substr(0, 30), send.server);
  s.Deliver(0, "", send.server);
  BOOST_TEST(s.Result(1) == "pending");
  BOOST_TEST(s.sends.size() == 1u);
  s.Reply(0, Address("10.0.0.1"));
  BOOST_TEST(s.Result(1) == "NOERROR 10.0.0.1");
}

BOOST_AUTO_TEST_CASE(a_reply_in_another_case_is_asked_for_again_over_tcp) {
  Scenario s;
  s.Ask(1, "www.example.com");
  s.Reply(0, [](Message& message) {
    Address("6.6.6.6")(message);
    message.questions[0].name = N(absl::AsciiStrToLower(message.questions[0].name.ToString()));
  });
  BOOST_TEST(s.Result(1) == "pending");
  BOOST_REQUIRE(s.sends.size() == 2u);
  BOOST_TEST((s.sends[1].transport == Transport::kTcp));
  s.Reply(1, Address("10.0.0.1"));
  BOOST_TEST(s.Result(1) == "NOERROR 10.0.0.1");
}

BOOST_AUTO_TEST_CASE(a_truncated_reply_is_asked_for_again_over_tcp) {
  for (const size_t cut : {0u, 3u}) {
    Scenario s;
    s.Ask(1, "www.example.com");
    std::string reply = Scenario::ReplyTo(s.sends[0], [](Message& message) {
      Address("10.0.0.1")(message);
      message.truncated = true;
    });
    reply.resize(reply.size() - cut);
    s.Deliver(0, reply, s.sends[0].server);
    // A copy of it changes nothing.
    s.Deliver(0, reply, s.sends[0].server);
    BOOST_REQUIRE(s.sends.size() == 2u);
    BOOST_TEST((s.sends[1].transport == Transport::kTcp));
    BOOST_TEST((s.sends[1].server == s.sends[0].server));
    s.Reply(1, [](Message& message) {
      Address("10.0.0.1")(message);
      Address("10.0.0.2")(message);
    });
    BOOST_TEST(s.Result(1) == "NOERROR 10.0.0.1 10.0.0.2");
  }
}

BOOST_AUTO_TEST_CASE(a_broken_tcp_attempt_moves_on) {
  Scenario s(TwoServers());
  s.Ask(1, "www.example.com");
  s.Reply(0, [](Message& message) { message.truncated = true; });
  s.Take(s.resolver.OnFailure(s.sends[1].attempt, absl::UnavailableError("refused"), s.clock.Now()));
  BOOST_REQUIRE(s.sends.size() == 3u);
  BOOST_TEST((s.sends[2].server == At("127.0.0.2:53")));
  BOOST_TEST((s.sends[2].transport == Transport::kUdp));
}

BOOST_AUTO_TEST_CASE(a_server_without_edns_is_asked_without_it) {
  Scenario s;
  s.Ask(1, "www.example.com");
  s.Reply(0, [](Message& message) {
    message.rcode = Rcode::kFormErr;
    message.edns.reset();
    message.questions.clear();
  });
  BOOST_REQUIRE(s.sends.size() == 2u);
  BOOST_TEST((Decode(s.sends[1].packet)->edns == std::nullopt));
  s.Reply(1, Address("10.0.0.1"));
  BOOST_TEST(s.Result(1) == "NOERROR 10.0.0.1");
}

BOOST_AUTO_TEST_CASE(answers_are_remembered_for_their_ttl) {
  Scenario s;
  s.Ask(1, "www.example.com");
  s.Reply(0, Address("10.0.0.1", 60));
  s.Pass(absl::Seconds(59));
  s.Ask(2, "WWW.example.com");
  BOOST_TEST(s.Result(2) == "NOERROR 10.0.0.1");
  BOOST_TEST(s.sends.size() == 1u);
  s.Pass(absl::Seconds(1));
  s.Ask(3, "www.example.com");
  BOOST_TEST(s.Result(3) == "pending");
  BOOST_TEST(s.sends.size() == 2u);
}

BOOST_AUTO_TEST_CASE(lifetimes_are_bounded) {
  for (const uint32_t ttl : {0u, 0x80000000u, 0xffffffffu}) {
    Scenario s;
    s.Ask(1, "www.example.com");
    s.Reply(0, Address("10.0.0.1", ttl));
    BOOST_TEST((s.results.at(1)->expires == s.clock.Now()));
    BOOST_TEST(s.resolver.cache_size() == 0u);
  }
  Scenario s;
  s.Ask(1, "www.example.com");
  s.Reply(0, Address("10.0.0.1", 0x7fffffff));
  BOOST_TEST((s.results.at(1)->expires == s.clock.Now() + absl::Hours(24)));
}

BOOST_AUTO_TEST_CASE(cnames_are_followed_and_the_lowest_ttl_counts) {
  Scenario s;
  s.Ask(1, "www.example.com");
  s.Reply(0, [](Message& message) {
    message.answers = {
        Record("lb.example.net", 300, "A", "10.0.0.7"), Record("www.example.com", 20, "CNAME", "a.example.net"),
        Record("A.example.net", 300, "CNAME", "lb.example.net"), Record("other.example.net", 1, "A", "6.6.6.6")};
  });
  BOOST_TEST(s.Result(1) == "NOERROR 10.0.0.7");
  BOOST_TEST(s.results.at(1)->canonical_name.ToString() == "lb.example.net.");
  BOOST_TEST((s.results.at(1)->expires == s.clock.Now() + absl::Seconds(20)));
}

BOOST_AUTO_TEST_CASE(a_loop_of_cnames_ends) {
  Scenario s;
  s.Ask(1, "www.example.com");
  s.Reply(0, [](Message& message) {
    message.answers = {Record("www.example.com", 20, "CNAME", "b."), Record("b.", 20, "CNAME", "www.example.com")};
  });
  BOOST_TEST(s.Result(1) == "NOERROR");
}

BOOST_AUTO_TEST_CASE(no_such_name_is_remembered_as_long_as_the_soa_says) {
  Scenario s;
  s.Ask(1, "www.example.com");
  s.Reply(0, [](Message& message) {
    message.rcode = Rcode::kNxDomain;
    message.authority = {Record("example.com", 900, "SOA", "ns. host. 1 2 3 4 30")};
  });
  BOOST_TEST(s.Result(1) == "NXDOMAIN");
  s.Pass(absl::Seconds(29));
  s.Ask(2, "www.example.com");
  BOOST_TEST(s.Result(2) == "NXDOMAIN");
  s.Pass(absl::Seconds(1));
  s.Ask(3, "www.example.com");
  BOOST_TEST(s.Result(3) == "pending");
}

BOOST_AUTO_TEST_CASE(no_such_data_is_remembered_by_type) {
  Scenario s;
  s.Ask(1, "www.example.com", RecordType::kAaaa);
  s.Reply(0, [](Message& message) { message.authority = {Record("example.com", 10, "SOA", "ns. host. 1 2 3 4 30")}; });
  BOOST_TEST(s.Result(1) == "NOERROR");
  BOOST_TEST((s.results.at(1)->expires == s.clock.Now() + absl::Seconds(10)));
  s.Ask(2, "www.example.com", RecordType::kA);
  BOOST_TEST(s.Result(2) == "pending");
}

BOOST_AUTO_TEST_CASE(a_denial_without_a_fitting_soa_is_not_remembered) {
  Scenario s;
  s.Ask(1, "www.example.com");
  s.Reply(0, [](Message& message) {
    message.rcode = Rcode::kNxDomain;
    message.authority = {Record("example.org", 900, "SOA", "ns. host. 1 2 3 4 30")};
  });
  BOOST_TEST(s.Result(1) == "NXDOMAIN");
  BOOST_TEST(s.resolver.cache_size() == 0u);
}

BOOST_AUTO_TEST_CASE(failures_are_remembered_for_a_second) {
  Scenario s;
  s.Ask(1, "www.example.com");
  s.Reply(0, Code(Rcode::kServFail));
  s.Pass(absl::Milliseconds(999));
  s.Ask(2, "www.example.com");
  BOOST_TEST(s.Result(2) == "UNAVAILABLE");
  s.Pass(absl::Milliseconds(1));
  s.Ask(3, "www.example.com");
  BOOST_TEST(s.Result(3) == "pending");
}

BOOST_AUTO_TEST_CASE(equal_questions_are_asked_once) {
  Scenario s;
  s.Ask(1, "www.example.com");
  s.Ask(2, "WWW.EXAMPLE.COM");
  s.Ask(3, "www.example.com", RecordType::kAaaa);
  BOOST_TEST(s.sends.size() == 2u);
  s.Reply(0, Address("10.0.0.1"));
  BOOST_TEST(s.Result(1) == "NOERROR 10.0.0.1");
  BOOST_TEST(s.Result(2) == "NOERROR 10.0.0.1");
  BOOST_TEST(s.Result(3) == "pending");
}

BOOST_AUTO_TEST_CASE(a_cancelled_question_is_given_up_when_nobody_waits) {
  Scenario s;
  s.Ask(1, "www.example.com");
  s.Ask(2, "www.example.com");
  s.Take(s.resolver.Cancel(1));
  BOOST_TEST(s.ended.empty());
  s.Take(s.resolver.Cancel(2));
  BOOST_TEST(s.ended.size() == 1u);
  BOOST_TEST((s.resolver.next_timer() == absl::InfiniteFuture()));
  s.Reply(0, Address("10.0.0.1"));
  BOOST_TEST(s.results.empty());
  s.Take(s.resolver.Cancel(2));
  BOOST_TEST(s.ended.size() == 1u);
}

BOOST_AUTO_TEST_CASE(questions_in_flight_are_bounded) {
  StubResolverOptions options = OneServer();
  options.queries_max = 2;
  options.requests_per_query_max = 2;
  Scenario s(options);
  s.Ask(1, "a.example.com");
  s.Ask(2, "b.example.com");
  s.Ask(3, "c.example.com");
  BOOST_TEST(StatusIs(s.results.at(3), absl::StatusCode::kResourceExhausted, "2 questions are in flight"));
  s.Ask(4, "a.example.com");
  s.Ask(5, "a.example.com");
  BOOST_TEST(StatusIs(s.results.at(5), absl::StatusCode::kResourceExhausted, "2 requests already wait"));
}

BOOST_AUTO_TEST_CASE(the_cache_is_bounded_and_drops_what_was_used_least_recently) {
  StubResolverOptions options = OneServer();
  options.cache_entries_max = 2;
  options.randomize_case = false;
  Scenario s(options);
  const auto learn = [&](StubResolver::RequestId request, const std::string& name) {
    s.Ask(request, name);
    s.Reply(s.sends.size() - 1, [&](Message& message) { message.answers = {Record(name, 60, "A", "10.0.0.1")}; });
  };
  learn(1, "a.example.com");
  learn(2, "b.example.com");
  s.Ask(3, "a.example.com");
  learn(4, "c.example.com");
  BOOST_TEST(s.resolver.cache_size() == 2u);
  s.Ask(5, "a.example.com");
  s.Ask(6, "b.example.com");
  BOOST_TEST(s.Result(5) == "NOERROR 10.0.0.1");
  BOOST_TEST(s.Result(6) == "pending");
}

BOOST_AUTO_TEST_CASE(without_servers_nothing_is_resolved) {
  Scenario s(StubResolverOptions{});
  s.Ask(1, "www.example.com");
  BOOST_TEST(StatusIs(s.results.at(1), absl::StatusCode::kFailedPrecondition, "no DNS server"));
}

BOOST_AUTO_TEST_CASE(any_takes_every_type) {
  Scenario s;
  s.Ask(1, "www.example.com", RecordType::kAny);
  s.Reply(0, [](Message& message) {
    Address("10.0.0.1")(message);
    message.answers.push_back(Record("www.example.com", 60, "TXT", "x"));
  });
  BOOST_TEST(s.Result(1) == "NOERROR 10.0.0.1 \"x\"");
}

}  // namespace
}  // namespace nubo::dns
