#include "nubo/dns_client/client.h"

#include <boost/test/unit_test.hpp>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nubo/dns/wire/message.h"
#include "nubo/dns_client/exchange.h"
#include "nubo/dns_server/server.h"
#include "nubo/net/datagram.h"
#include "nubo/testing/status_matchers.h"
#include "tests/dns/test_zones.h"
#include "tests/dns_server/loop_test_case.h"

namespace nubo::dns_client {
namespace {

using dns::RecordType;
using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

const net::SocketAddress kAnyPort = *net::SocketAddress::Parse("127.0.0.1:0");

std::string Text(const std::vector<net::IpAddress>& addresses) {
  return absl::StrJoin(addresses, " ", [](std::string* out, const net::IpAddress& ip) { *out += ip.ToString(); });
}

std::shared_ptr<const dns::ZoneSet> Zones(std::vector<std::string> lines) {
  lines.insert(lines.begin(), "example.com SOA 900 ns. host. 1 2 3 4 0");
  for (int i = 100; i < 200; ++i) lines.push_back(absl::StrCat("big.example.com A 60 10.0.1.", i));
  return dns::MakeZoneSet({{"example.com", lines}});
}

// A server and a client of it on one loop.
struct Fixture : LoopTestCase {
  Fixture() {
    server.SetListeners({kAnyPort});
    server.SetZones(Zones({"www.example.com A 0 10.0.0.1"}));
    options.servers = {server.listeners().at(0).bound};
    client.emplace(loop, rng, options);
  }
  net::Task<absl::StatusOr<Addresses>> Resolve(std::string name, RecordType type = RecordType::kA) {
    return client->Resolve(std::move(name), type, Soon());
  }
  // Waits until the watched sets are `expected`, separated by bars.
  net::Task<void> Expect(std::string expected) {
    while (absl::StrJoin(seen, "|") != expected) co_await changed.Wait();
  }
  std::function<void(const std::vector<net::IpAddress>&)> Record() {
    return [this](const std::vector<net::IpAddress>& addresses) {
      seen.push_back(Text(addresses));
      changed.Notify();
    };
  }

  std::mt19937_64 rng{1};
  dns_server::Server server{loop, rng};
  dns::StubResolverOptions options;
  std::optional<Client> client;
  std::vector<std::string> seen;
  net::Event changed{loop};
};

BOOST_FIXTURE_TEST_CASE(names_are_resolved, Fixture) {
  Run([&]() -> net::Task<void> {
    const auto www = co_await Resolve("www.example.com");
    BOOST_REQUIRE(IsOk(www));
    BOOST_TEST(Text(www->addresses) == "10.0.0.1");
    const auto missing = co_await Resolve("no.example.com");
    BOOST_TEST(StatusIs(missing, absl::StatusCode::kNotFound, "no.example.com does not exist"));
    const auto no_data = co_await Resolve("www.example.com", RecordType::kAaaa);
    BOOST_TEST(StatusIs(no_data, absl::StatusCode::kNotFound, "no record of type AAAA"));
    const auto refused = co_await Resolve("www.example.org");
    BOOST_TEST(StatusIs(refused, absl::StatusCode::kUnavailable, "REFUSED"));
    const auto bad = co_await Resolve("a..b");
    BOOST_TEST(StatusIs(bad, absl::StatusCode::kInvalidArgument));
    const auto wrong_type = co_await Resolve("www.example.com", RecordType::kTxt);
    BOOST_TEST(StatusIs(wrong_type, absl::StatusCode::kInvalidArgument, "TXT"));
  });
}

BOOST_FIXTURE_TEST_CASE(long_answers_are_fetched_over_tcp, Fixture) {
  Run([&]() -> net::Task<void> {
    const auto big = co_await Resolve("big.example.com");
    BOOST_REQUIRE(IsOk(big));
    BOOST_TEST(big->addresses.size() == 100u);
  });
  BOOST_TEST(server.counters().tcp_queries == 1u);
}

BOOST_FIXTURE_TEST_CASE(addresses_stand_for_themselves, Fixture) {
  Run([&]() -> net::Task<void> {
    const auto v4 = co_await Resolve("10.9.8.7");
    BOOST_REQUIRE(IsOk(v4));
    BOOST_TEST(Text(v4->addresses) == "10.9.8.7");
    const auto v6 = co_await Resolve("::1", RecordType::kAaaa);
    BOOST_TEST(IsOk(v6));
    const auto other_family = co_await Resolve("::1");
    BOOST_TEST(StatusIs(other_family, absl::StatusCode::kNotFound));
  });
  BOOST_TEST(server.counters().udp_queries == 0u);
}

BOOST_FIXTURE_TEST_CASE(answers_are_remembered, Fixture) {
  Run([&]() -> net::Task<void> {
    for (int i = 0; i < 3; ++i) {
      const auto big = co_await Resolve("big.example.com");
      BOOST_TEST(IsOk(big));
    }
  });
  BOOST_TEST(server.counters().udp_queries == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_silent_server_ends_at_the_deadline, Fixture) {
  const auto silent = net::BindUdp(loop, kAnyPort);
  BOOST_REQUIRE(IsOk(silent));
  options.servers = {(*silent)->local()};
  client.emplace(loop, rng, options);
  Run([&]() -> net::Task<void> {
    const absl::Time deadline = loop.Now() + absl::Milliseconds(20);
    const auto result = co_await client->Resolve("www.example.com", RecordType::kA, deadline);
    BOOST_TEST(StatusIs(result, absl::StatusCode::kDeadlineExceeded, "www.example.com"));
  });
}

BOOST_FIXTURE_TEST_CASE(a_silent_server_is_left_for_the_next, Fixture) {
  const auto silent = net::BindUdp(loop, kAnyPort);
  BOOST_REQUIRE(IsOk(silent));
  options.servers.insert(options.servers.begin(), (*silent)->local());
  options.udp_timeout = absl::Milliseconds(10);
  client.emplace(loop, rng, options);
  Run([&]() -> net::Task<void> {
    const auto www = co_await Resolve("www.example.com");
    BOOST_TEST(IsOk(www));
  });
}

BOOST_FIXTURE_TEST_CASE(what_a_client_draws_from_may_go_right_after_it, Fixture) {
  const auto silent = net::BindUdp(loop, kAnyPort);
  BOOST_REQUIRE(IsOk(silent));
  // More than one, so that there is another to ask when the first one fails.
  options.servers = {(*silent)->local(), server.listeners().at(0).bound};
  auto generator = std::make_unique<std::mt19937_64>(1);
  client.emplace(loop, *generator, options);
  Run([&]() -> net::Task<void> {
    loop.Post([&] {
      client.reset();
      generator.reset();
    });
    const auto result = co_await Resolve("www.example.com");
    BOOST_TEST(StatusIs(result, absl::StatusCode::kCancelled));
    // What the client had under way ends meanwhile.
    for (int i = 0; i < 3; ++i) {
      dns::Message query;
      query.questions.push_back({*dns::Name::Parse("www.example.com"), RecordType::kA});
      const auto reply =
          co_await Exchange(loop, server.listeners().at(0).bound, std::move(query), dns::Transport::kUdp, Soon());
      BOOST_TEST(IsOk(reply));
    }
  });
}

net::SocketAddress ClosedPort(net::Loop& loop) {
  const auto socket = net::BindUdp(loop, kAnyPort);
  BOOST_REQUIRE(IsOk(socket));
  return (*socket)->local();
}

BOOST_FIXTURE_TEST_CASE(a_closed_port_is_noticed_at_once, Fixture) {
  options.servers.insert(options.servers.begin(), ClosedPort(loop));
  options.udp_timeout = absl::Hours(1);
  client.emplace(loop, rng, options);
  Run([&]() -> net::Task<void> {
    const auto www = co_await Resolve("www.example.com");
    BOOST_TEST(IsOk(www));
  });
}

BOOST_FIXTURE_TEST_CASE(closed_ports_alone_fail_at_once, Fixture) {
  options.servers = {ClosedPort(loop)};
  options.udp_timeout = absl::Hours(1);
  client.emplace(loop, rng, options);
  Run([&]() -> net::Task<void> {
    const auto www = co_await Resolve("www.example.com");
    BOOST_TEST(StatusIs(www, absl::StatusCode::kUnavailable, "refused"));
  });
}

BOOST_FIXTURE_TEST_CASE(closing_the_client_ends_what_is_pending, Fixture) {
  const auto silent = net::BindUdp(loop, kAnyPort);
  options.servers = {(*silent)->local()};
  client.emplace(loop, rng, options);
  Run([&]() -> net::Task<void> {
    loop.Post([&] { client.reset(); });
    const auto result = co_await Resolve("www.example.com");
    BOOST_TEST(StatusIs(result, absl::StatusCode::kCancelled));
  });
}

BOOST_FIXTURE_TEST_CASE(a_watch_tells_of_every_change_and_only_of_changes, Fixture) {
  const WatchOptions watch_options{.interval_min = absl::Milliseconds(2)};
  const auto watch = client->Watch("www.example.com", watch_options, Record());
  BOOST_REQUIRE(IsOk(watch));
  Run([&]() -> net::Task<void> {
    co_await Expect("10.0.0.1");
    const uint64_t asked = server.counters().udp_queries;
    while (server.counters().udp_queries < asked + 3) co_await loop.SleepFor(absl::Milliseconds(1));
    server.SetZones(Zones({"www.example.com A 0 10.0.0.3", "www.example.com A 0 10.0.0.2"}));
    co_await Expect("10.0.0.1|10.0.0.2 10.0.0.3");
    BOOST_TEST(IsOk((*watch)->status()));
  });
}

// Answers one question, and says its record twice.
net::Task<void> AnswerTwice(net::Datagram& server) {
  std::string buffer(4096, '\0');
  const auto received = co_await server.Receive(absl::MakeSpan(buffer));
  if (!received.ok()) co_return;
  dns::Message message = *dns::Decode(absl::string_view(buffer).substr(0, received->size));
  message.response = true;
  message.answers.assign(2, {.name = message.questions[0].name,
                             .ttl_seconds = 60,
                             .rdata = dns::AddressRdata(net::IpAddress::V4(0x0a000007))});
  const std::string reply = *dns::Encode(message);
  BOOST_TEST(IsOk(co_await server.Send(reply, received->peer)));
}

BOOST_FIXTURE_TEST_CASE(a_watch_tells_an_address_once_though_the_answer_repeats_it, Fixture) {
  const auto server = net::BindUdp(loop, kAnyPort);
  BOOST_REQUIRE(IsOk(server));
  options.servers = {(*server)->local()};
  client.emplace(loop, rng, options);
  const auto watch = client->Watch("www.example.com", {}, Record());
  BOOST_REQUIRE(IsOk(watch));
  Run([&]() -> net::Task<void> {
    co_await AnswerTwice(**server);
    co_await Expect("10.0.0.7");
  });
}

BOOST_FIXTURE_TEST_CASE(a_watch_keeps_the_last_good_set, Fixture) {
  const WatchOptions watch_options{.interval_min = absl::Milliseconds(2)};
  const auto watch = client->Watch("www.example.com", watch_options, Record());
  BOOST_REQUIRE(IsOk(watch));
  Run([&]() -> net::Task<void> {
    co_await Expect("10.0.0.1");
    server.SetZones(Zones({}));
    while ((*watch)->status().ok()) co_await loop.SleepFor(absl::Milliseconds(1));
    BOOST_TEST(StatusIs((*watch)->status(), absl::StatusCode::kNotFound));
    server.SetZones(Zones({"www.example.com A 0 10.0.0.2"}));
    co_await Expect("10.0.0.1|10.0.0.2");
  });
}

BOOST_FIXTURE_TEST_CASE(a_watch_can_tell_that_a_name_is_gone, Fixture) {
  const WatchOptions watch_options{.interval_min = absl::Milliseconds(2), .keep_when_missing = false};
  const auto watch = client->Watch("www.example.com", watch_options, Record());
  BOOST_REQUIRE(IsOk(watch));
  Run([&]() -> net::Task<void> {
    co_await Expect("10.0.0.1");
    server.SetZones(Zones({}));
    co_await Expect("10.0.0.1|");
  });
}

BOOST_FIXTURE_TEST_CASE(a_watch_of_an_address_reports_it_once, Fixture) {
  const auto watch = client->Watch("10.0.0.9", {}, Record());
  BOOST_REQUIRE(IsOk(watch));
  Run([&]() -> net::Task<void> { co_await Expect("10.0.0.9"); });
  BOOST_TEST(!client->Watch("::1", {}, Record()).ok());
  BOOST_TEST(!client->Watch("a..b", {}, Record()).ok());
}

BOOST_FIXTURE_TEST_CASE(a_watch_may_be_dropped_in_its_own_callback, Fixture) {
  std::unique_ptr<Watcher> watch;
  int calls = 0;
  const WatchOptions watch_options{.interval_min = absl::Milliseconds(1)};
  auto made = client->Watch("www.example.com", watch_options, [&](const std::vector<net::IpAddress>&) {
    ++calls;
    watch.reset();
    server.SetZones(Zones({"www.example.com A 0 10.0.0.2"}));
    changed.Notify();
  });
  BOOST_REQUIRE(IsOk(made));
  watch = *std::move(made);
  Run([&]() -> net::Task<void> {
    co_await changed.Wait();
    const uint64_t asked = server.counters().udp_queries;
    const auto www = co_await Resolve("www.example.com");
    BOOST_TEST(IsOk(www));
    BOOST_TEST(server.counters().udp_queries == asked + 1);
  });
  BOOST_TEST(calls == 1);
}

// The server's loop on a thread, for callers that block.
struct ThreadedServer {
  ThreadedServer() {
    server.SetListeners({kAnyPort});
    server.SetZones(Zones({"www.example.com A 60 10.0.0.1"}));
    address = server.listeners().at(0).bound;
    thread = std::thread([this] { loop.Run(); });
  }
  ~ThreadedServer() {
    loop.Stop();
    thread.join();
  }
  std::mt19937_64 rng{1};
  net::Loop loop;
  dns_server::Server server{loop, rng};
  net::SocketAddress address;
  std::thread thread;
};

BOOST_FIXTURE_TEST_CASE(a_thread_without_a_loop_can_resolve, ThreadedServer) {
  const auto www = ResolveBlocking({.servers = {address}}, "www.example.com", RecordType::kA, absl::Seconds(10));
  BOOST_REQUIRE(IsOk(www));
  BOOST_TEST(Text(www->addresses) == "10.0.0.1");
  BOOST_TEST(StatusIs(ResolveBlocking({}, "www.example.com", RecordType::kA, absl::Seconds(1)),
                      absl::StatusCode::kFailedPrecondition));
}

BOOST_FIXTURE_TEST_CASE(dig_shows_the_whole_reply, ThreadedServer) {
  const auto www = Dig(address, *dns::Name::Parse("www.example.com"), RecordType::kA, false, absl::Seconds(10));
  BOOST_REQUIRE(IsOk(www));
  BOOST_TEST(www->authoritative);
  BOOST_TEST(www->answers.size() == 1u);
  for (const bool use_tcp : {false, true}) {
    const auto big = Dig(address, *dns::Name::Parse("big.example.com"), RecordType::kA, use_tcp, absl::Seconds(10));
    BOOST_REQUIRE(IsOk(big));
    BOOST_TEST(big->answers.size() == 100u);
  }
}

BOOST_AUTO_TEST_CASE(dig_notices_a_closed_port_at_once) {
  net::Loop loop;
  const auto reply =
      Dig(ClosedPort(loop), *dns::Name::Parse("www.example.com"), RecordType::kA, /*use_tcp=*/false, absl::Hours(1));
  BOOST_TEST(StatusIs(reply, absl::StatusCode::kUnavailable, "refused"));
}

BOOST_AUTO_TEST_CASE(dig_says_whom_it_asked_in_vain) {
  net::Loop loop;
  const auto silent = net::BindUdp(loop, kAnyPort);
  const net::SocketAddress address = (*silent)->local();
  const auto reply = Dig(address, dns::Name(), RecordType::kNs, false, absl::Milliseconds(30));
  BOOST_TEST(StatusIs(reply, absl::StatusCode::kDeadlineExceeded, address.ToString()));
}

}  // namespace
}  // namespace nubo::dns_client
