#include "nubo/dns_server/server.h"

#include <boost/test/unit_test.hpp>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nubo/dns_client/exchange.h"
#include "nubo/dns_client/tcp_message.h"
#include "nubo/net/datagram.h"
#include "nubo/net/stream.h"
#include "nubo/testing/status_matchers.h"
#include "tests/dns/test_zones.h"
#include "tests/dns_server/loop_test_case.h"

namespace nubo::dns_server {
namespace {

using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

const net::SocketAddress kAnyPort = *net::SocketAddress::Parse("127.0.0.1:0");

dns::Message Query(absl::string_view name, dns::RecordType type = dns::RecordType::kA) {
  dns::Message query;
  query.id = 77;
  query.questions.push_back({*dns::Name::Parse(name), type});
  return query;
}

std::shared_ptr<const dns::ZoneSet> Zones(absl::string_view address) {
  std::vector<std::string> lines = {"example.com SOA 900 ns. host. 1 2 3 4 60",
                                    absl::StrCat("www.example.com A 60 ", address)};
  for (int i = 0; i < 200; ++i) lines.push_back(absl::StrCat("big.example.com A 60 10.0.1.", i));
  return dns::MakeZoneSet({{"example.com", lines}});
}

struct Fixture : LoopTestCase {
  void Start(ServerOptions options = {}) {
    options.on_query = [this](const QueryRecord& record) { log.push_back(ToLogLine(record)); };
    server = std::make_unique<Server>(loop, rng, std::move(options));
    server->SetListeners({kAnyPort});
    server->SetZones(Zones("10.0.0.1"));
    BOOST_REQUIRE(IsOk(server->listeners().at(0).status));
    address = server->listeners()[0].bound;
  }
  // The first answer's value, or the response code.
  net::Task<std::string> Ask(std::string name, dns::Transport transport = dns::Transport::kUdp) {
    const auto reply = co_await dns_client::Exchange(loop, address, Query(name), transport, Soon());
    if (!reply.ok()) co_return std::string(reply.status().message());
    co_return reply->answers.empty() ? dns::ToString(reply->rcode) : ToText(reply->answers[0].rdata);
  }
  net::Task<std::unique_ptr<net::Stream>> Connect() {
    auto stream = co_await net::ConnectTcp(loop, address, Soon());
    BOOST_REQUIRE(IsOk(stream));
    (*stream)->SetDeadline(Soon());
    co_return *std::move(stream);
  }

  std::mt19937_64 rng{1};
  std::unique_ptr<Server> server;
  net::SocketAddress address;
  std::vector<std::string> log;
};

// What the peer does next on `stream`: "closed", or the number of bytes it sent.
net::Task<std::string> NextOn(net::Stream& stream) {
  char buffer[512];
  const auto got = co_await stream.Read(absl::MakeSpan(buffer));
  if (!got.ok()) co_return absl::IsAborted(got.status()) ? "closed" : std::string(got.status().message());
  co_return *got == 0 ? "closed" : absl::StrCat(*got, " bytes");
}

BOOST_FIXTURE_TEST_CASE(answers_over_udp_and_tcp_on_one_port, Fixture) {
  Start();
  Run([&]() -> net::Task<void> {
    const std::string udp = co_await Ask("www.example.com");
    const std::string tcp = co_await Ask("www.example.com", dns::Transport::kTcp);
    const std::string missing = co_await Ask("no.example.com");
    BOOST_TEST(udp == "10.0.0.1");
    BOOST_TEST(tcp == "10.0.0.1");
    BOOST_TEST(missing == "NXDOMAIN");
  });
  BOOST_TEST(server->counters().udp_queries == 2u);
  BOOST_TEST(server->counters().tcp_queries == 1u);
  BOOST_TEST(server->counters().no_error == 2u);
  BOOST_TEST(server->counters().nx_domain == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_connection_made_just_before_the_server_goes_is_not_served, Fixture) {
  Start();
  Run([&]() -> net::Task<void> {
    for (int i = 0; i < 10; ++i) {
      const auto stream = co_await Connect();
      server = nullptr;
      const std::string query = *dns::Encode(Query("www.example.com"));
      (void)co_await dns_client::WriteTcpMessage(*stream, query);
      const std::string next = co_await NextOn(*stream);
      BOOST_TEST(next == "closed");
      Start();
    }
  });
}

BOOST_FIXTURE_TEST_CASE(large_answers_come_whole_over_tcp, Fixture) {
  Start();
  Run([&]() -> net::Task<void> {
    const dns::Message query = Query("big.example.com");
    const auto udp = co_await dns_client::Exchange(loop, address, query, dns::Transport::kUdp, Soon());
    const auto tcp = co_await dns_client::Exchange(loop, address, query, dns::Transport::kTcp, Soon());
    BOOST_REQUIRE(IsOk(udp));
    BOOST_REQUIRE(IsOk(tcp));
    BOOST_TEST(udp->truncated);
    BOOST_TEST(tcp->answers.size() == 200u);
  });
  BOOST_TEST(server->counters().truncated == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_good_query_is_answered_after_garbage, Fixture) {
  Start();
  Run([&]() -> net::Task<void> {
    const auto socket = net::BindUdp(loop, kAnyPort);
    BOOST_REQUIRE(IsOk(socket));
    for (const size_t size : {0u, 1u, 11u, 12u, 100u, 5000u}) {
      const std::string garbage(size, '\xff');
      const absl::Status sent = co_await (*socket)->Send(garbage, address);
      BOOST_TEST(IsOk(sent));
    }
    const std::string answer = co_await Ask("www.example.com");
    BOOST_TEST(answer == "10.0.0.1");
  });
  BOOST_TEST(server->counters().dropped == 6u);
}

BOOST_FIXTURE_TEST_CASE(one_connection_carries_several_queries_in_any_pieces, Fixture) {
  Start();
  Run([&]() -> net::Task<void> {
    const std::string packet = *dns::Encode(Query("www.example.com"));
    const std::string framed =
        absl::StrCat(std::string(1, '\0'), std::string(1, static_cast<char>(packet.size())), packet);
    const std::string three = absl::StrCat(framed, framed, framed);
    for (const size_t piece : {size_t{1}, size_t{2}, size_t{3}, size_t{31}, three.size()}) {
      const auto stream = co_await Connect();
      for (size_t at = 0; at < three.size(); at += piece) {
        const absl::Status written = co_await stream->Write(absl::string_view(three).substr(at, piece));
        BOOST_TEST(IsOk(written));
      }
      dns_client::TcpMessageReader reader(*stream);
      for (int i = 0; i < 3; ++i) {
        const auto reply = co_await reader.Read();
        BOOST_REQUIRE(IsOk(reply));
        BOOST_TEST(dns::Decode(*reply)->answers.size() == 1u);
      }
    }
  });
}

BOOST_FIXTURE_TEST_CASE(idle_connections_are_closed, Fixture) {
  Start({.tcp_idle_timeout = absl::Milliseconds(20)});
  Run([&]() -> net::Task<void> {
    const auto stream = co_await Connect();
    const std::string next = co_await NextOn(*stream);
    BOOST_TEST(next == "closed");
  });
}

BOOST_FIXTURE_TEST_CASE(a_connection_that_sends_no_query_is_closed, Fixture) {
  Start();
  Run([&]() -> net::Task<void> {
    const auto stream = co_await Connect();
    const std::string garbage("\0\4abcd", 6);
    const absl::Status written = co_await stream->Write(garbage);
    BOOST_TEST(IsOk(written));
    const std::string next = co_await NextOn(*stream);
    BOOST_TEST(next == "closed");
  });
}

BOOST_FIXTURE_TEST_CASE(past_the_bound_the_connection_idle_for_longest_is_closed, Fixture) {
  Start({.tcp_connections_max = 2});
  Run([&]() -> net::Task<void> {
    const auto first = co_await Connect();
    const auto second = co_await Connect();
    // The first is used, so the second has been idle for longer.
    const std::string packet = *dns::Encode(Query("www.example.com"));
    const absl::Status written = co_await dns_client::WriteTcpMessage(*first, packet);
    BOOST_TEST(IsOk(written));
    const std::string answered = co_await NextOn(*first);
    BOOST_TEST(answered != "closed");
    const auto third = co_await Connect();
    const std::string evicted = co_await NextOn(*second);
    BOOST_TEST(evicted == "closed");
    const std::string answer = co_await Ask("www.example.com", dns::Transport::kTcp);
    BOOST_TEST(answer == "10.0.0.1");
  });
  BOOST_TEST(server->counters().tcp_connections == 4u);
}

BOOST_FIXTURE_TEST_CASE(a_port_in_use_is_reported_and_taken_once_free, Fixture) {
  Start();
  Run([&]() -> net::Task<void> {
    Server other(loop, rng);
    other.SetListeners({address});
    BOOST_TEST(StatusIs(other.listeners().at(0).status, absl::StatusCode::kAlreadyExists, address.ToString()));
    server->SetListeners({});
    other.SetListeners({address});
    BOOST_TEST(IsOk(other.listeners().at(0).status));
    const std::string refused = co_await Ask("www.example.com");
    BOOST_TEST(refused == "REFUSED");
  });
}

BOOST_FIXTURE_TEST_CASE(listeners_that_stay_are_left_alone, Fixture) {
  Start();
  Run([&]() -> net::Task<void> {
    const auto stream = co_await Connect();
    const net::SocketAddress second = *net::SocketAddress::Parse("127.0.0.2:0");
    server->SetListeners({kAnyPort, second, second});
    BOOST_REQUIRE(server->listeners().size() == 2u);
    BOOST_TEST((server->listeners()[0].bound == address));
    const std::string answer = co_await Ask("www.example.com");
    BOOST_TEST(answer == "10.0.0.1");
    address = server->listeners()[1].bound;
    const std::string other = co_await Ask("www.example.com");
    BOOST_TEST(other == "10.0.0.1");
  });
}

BOOST_FIXTURE_TEST_CASE(zones_are_swapped_while_serving, Fixture) {
  Start();
  Run([&]() -> net::Task<void> {
    server->SetZones(Zones("10.0.0.2"));
    const std::string answer = co_await Ask("www.example.com");
    BOOST_TEST(answer == "10.0.0.2");
  });
}

BOOST_FIXTURE_TEST_CASE(every_answered_query_is_logged, Fixture) {
  Start();
  Run([&]() -> net::Task<void> {
    co_await Ask("www.Example.com");
    co_await Ask("no.example.com", dns::Transport::kTcp);
  });
  BOOST_REQUIRE(log.size() == 2u);
  BOOST_TEST(absl::EndsWith(log[0], " udp www.Example.com A NOERROR 1"));
  BOOST_TEST(absl::EndsWith(log[1], " tcp no.example.com A NXDOMAIN 0"));
  BOOST_TEST(absl::StrContains(log[0], "Z 127.0.0.1:"));
}

BOOST_AUTO_TEST_CASE(a_log_line_has_a_dash_for_what_could_not_be_read) {
  QueryRecord record{.time = absl::FromUnixMillis(1893456000123), .client = *net::SocketAddress::Parse("[::1]:53")};
  record.summary.rcode = dns::Rcode::kFormErr;
  BOOST_TEST(ToLogLine(record) == "2030-01-01T00:00:00.123Z [::1]:53 udp - - FORMERR 0");
}

}  // namespace
}  // namespace nubo::dns_server
