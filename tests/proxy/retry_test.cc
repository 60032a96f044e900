// What happens to requests whose target dies: which are carried out elsewhere, which are not.
#include <boost/test/unit_test.hpp>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "nubo/proxy/retry_policy.h"
#include "nubo/testing/status_matchers.h"
#include "tests/proxy/proxy_fixture.h"

namespace nubo::proxy {
namespace {

using ::nubo::testing::IsOk;

// Takes the request and breaks the connection, as a process does that is killed while it works.
net::Task<void> Die(http::Exchange& exchange) {
  exchange.Abort();
  co_return;
}

// Takes the whole request first.
net::Task<void> ReadThenDie(http::Exchange& exchange) {
  (void)co_await http::ReadWholeBody(exchange, 1 << 20);
  exchange.Abort();
}

net::Task<void> Refused(ProxyFixture& f) {
  co_await f.UntilHealthy();
  co_await f.backends[0]->Kill();
  for (int i = 0; i < 20; ++i) {
    Ask ask;
    ask.method = i % 2 == 0 ? "GET" : "POST";
    if (i % 2 != 0) ask.body = "x";
    const Answer answer = co_await f.Send(std::move(ask));
    BOOST_TEST(answer.head.status == 200);
    BOOST_TEST(answer.body == "b");
  }
  // The first refusal is remembered: the others did not even try.
  BOOST_TEST(f.balancer.Describe().counters().retries() <= 2u);
}

BOOST_FIXTURE_TEST_CASE(a_refused_connection_costs_no_request, ProxyFixture) {
  AddBackend("a");
  AddBackend("b");
  Configure(OneGroup());
  Run(Refused(*this));
}

struct ResetCase {
  const char* method;
  size_t body_size;
  bool retried;
};
const ResetCase kResets[] = {
    {"GET", 0, true},     {"HEAD", 0, true},     {"OPTIONS", 0, true},  {"DELETE", 0, true},     {"PUT", 100, true},
    {"POST", 100, false}, {"PATCH", 100, false}, {"PUT", 60'000, true}, {"PUT", 400'000, false},
};

net::Task<void> Reset(ProxyFixture& f, ResetCase c) {
  co_await f.UntilHealthy();
  // Round robin: a request that is tried again takes two turns, so that the next one begins at "a" as well.
  int failed = 0;
  for (int i = 0; i < 2; ++i) {
    Ask ask;
    ask.method = c.method;
    ask.body = std::string(c.body_size, 'x');
    const Answer answer = co_await f.Send(std::move(ask));
    if (answer.head.status == 502) ++failed;
    BOOST_TEST((answer.head.status == 502 || answer.head.status == 200), answer.head.status);
  }
  BOOST_TEST(failed == (c.retried ? 0 : 1), c.method << " " << c.body_size);
  BOOST_TEST(f.backends[0]->requests == (c.retried ? 2 : 1));
  BOOST_TEST(f.backends[1]->requests == (c.retried ? 2 : 1));
}

BOOST_AUTO_TEST_CASE(after_a_reset_only_what_may_happen_twice_is_tried_again) {
  for (const ResetCase& c : kResets) {
    ProxyFixture f;
    f.AddBackend("a").serve = ReadThenDie;
    Backend& b = f.AddBackend("b");
    b.serve = [](http::Exchange& exchange) -> net::Task<void> {
      (void)co_await http::ReadWholeBody(exchange, 1 << 20);
      http::ResponseHead head;
      (void)co_await exchange.SendWhole(std::move(head), "b");
    };
    f.Configure(f.OneGroup());
    f.Run(Reset(f, c));
  }
}

net::Task<void> NamesNothing(ProxyFixture& f) {
  co_await f.UntilHealthy();
  Ask ask;
  ask.method = "POST";
  ask.body = "x";
  const Answer answer = co_await f.Send(std::move(ask));
  BOOST_TEST(answer.head.status == 502);
  BOOST_TEST(answer.body.find("127.0.0.1") == std::string::npos);
  BOOST_TEST(answer.body.find("502 Bad Gateway") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_502_names_nothing_internal, ProxyFixture) {
  AddBackend("a").serve = Die;
  Configure(OneGroup());
  Run(NamesNothing(*this));
}

net::Task<void> Bounded(ProxyFixture& f) {
  co_await f.UntilHealthy();
  Ask ask;
  const Answer answer = co_await f.Send(std::move(ask));
  BOOST_TEST(answer.head.status == 502);
  int tries = 0;
  for (const auto& backend : f.backends) tries += backend->requests;
  BOOST_TEST(tries == kSeenMax);
}

BOOST_FIXTURE_TEST_CASE(tries_are_bounded, ProxyFixture) {
  for (int i = 0; i < 10; ++i) AddBackend(absl::StrCat("b", i)).serve = Die;
  Configure(OneGroup());
  Run(Bounded(*this));
}

net::Task<void> CutOffMidway(ProxyFixture& f) {
  co_await f.UntilHealthy();
  Ask ask;
  const Answer answer = co_await f.Send(std::move(ask));
  BOOST_TEST(answer.head.status == 200);
  BOOST_TEST(!answer.status.ok());
  BOOST_TEST(f.backends[0]->requests == 1);
}

BOOST_FIXTURE_TEST_CASE(a_response_that_breaks_off_is_never_whole, ProxyFixture) {
  AddBackend("a").serve = [](http::Exchange& exchange) -> net::Task<void> {
    http::ResponseHead head;
    (void)co_await exchange.SendHead(std::move(head), /*end=*/false);
    (void)co_await exchange.SendBody("half");
    exchange.Abort();
  };
  Configure(OneGroup());
  Run(CutOffMidway(*this));
}

net::Task<void> StaleConnections(ProxyFixture& f) {
  co_await f.UntilHealthy();
  Ask warm;
  co_await f.Send(std::move(warm));
  co_await f.backends[0]->Kill();
  f.backends[0]->Start();
  Ask ask;
  ask.method = "POST";
  ask.body = "x";
  const Answer answer = co_await f.Send(std::move(ask));
  BOOST_TEST(answer.head.status == 200);
}

BOOST_FIXTURE_TEST_CASE(a_kept_connection_that_was_closed_costs_no_post, ProxyFixture) {
  AddBackend("a");
  Configure(OneGroup());
  Run(StaleConnections(*this));
}

struct Storm {
  int running = 0;
  int ok = 0;
  int failed = 0;
  // How many targets were killed, and the requests under way by how many had been when they began.
  int kills = 0;
  std::map<int, int> begun;
};

net::Task<void> OneOfMany(ProxyFixture& f, Storm& storm) {
  for (int i = 0; i < 10; ++i) {
    Ask ask;
    const int kills = storm.kills;
    ++storm.begun[kills];
    const Answer answer = co_await f.Send(std::move(ask));
    if (--storm.begun[kills] == 0) storm.begun.erase(kills);
    (answer.status.ok() && answer.head.status == 200 ? storm.ok : storm.failed) += 1;
  }
  --storm.running;
}

net::Task<void> KillOneAfterAnother(ProxyFixture& f) {
  co_await f.UntilHealthy();
  Storm storm;
  for (int i = 0; i < 100; ++i) {
    ++storm.running;
    f.loop.Spawn(OneOfMany(f, storm));
  }
  for (int round = 0; round < 3; ++round) {
    Backend& victim = *f.backends[static_cast<size_t>(round)];
    co_await f.Until([&] { return victim.requests > 10 || storm.running == 0; });
    co_await victim.Kill();
    victim.requests = 0;
    // The next one dies only when this one serves again, and what it carried has been answered by others.
    victim.Start();
    co_await f.UntilHealthy();
    const int killed = ++storm.kills;
    co_await f.Until([&] { return storm.begun.empty() || storm.begun.begin()->first == killed; });
  }
  co_await f.Until([&] { return storm.running == 0; });
  BOOST_TEST(storm.failed == 0);
  BOOST_TEST(storm.ok == 1000);
}

BOOST_FIXTURE_TEST_CASE(targets_killed_one_after_another_fail_no_idempotent_request, ProxyFixture) {
  for (const char* name : {"a", "b", "c"}) {
    AddBackend(name).serve = [this](http::Exchange& exchange) -> net::Task<void> {
      Gate work(loop);
      co_await work.PassBy(loop.Now() + absl::Milliseconds(5));
      http::ResponseHead head;
      (void)co_await exchange.SendWhole(std::move(head), "done");
    };
  }
  Configure(OneGroup());
  Run(KillOneAfterAnother(*this));
}

}  // namespace
}  // namespace nubo::proxy
