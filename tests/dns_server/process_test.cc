#include "nubo/dns_server/process.h"

#include <google/protobuf/text_format.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "nubo/dns_client/exchange.h"
#include "nubo/net/datagram.h"
#include "nubo/net/frames.h"
#include "nubo/net/stream.h"
#include "nubo/testing/status_matchers.h"
#include "tests/dns_server/loop_test_case.h"

namespace nubo::dns_server {
namespace {

namespace v1 = nubo::dns::v1;
using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

const net::SocketAddress kAnyPort = *net::SocketAddress::Parse("127.0.0.1:0");

// A directory of the test's own; unix sockets' paths must be short.
struct Directory {
  Directory() {
    char name[] = "/tmp/dnsXXXXXX";
    path = mkdtemp(name);
  }
  ~Directory() { std::filesystem::remove_all(path); }
  std::string path;
};

std::string ConfigText(uint64_t revision, absl::string_view address) {
  return absl::StrCat("revision: ", revision,
                      R"( zones { name: "example.com" records { name: "www.example.com" type: "A" values: ")", address,
                      R"(" } })");
}

struct Fixture : LoopTestCase {
  void Start(std::vector<net::SocketAddress> listeners = {kAnyPort}) {
    process = std::make_unique<DnsProcess>(loop, rng,
                                           DnsProcessOptions{.listeners = std::move(listeners),
                                                             .control_path = control,
                                                             .snapshot_path = directory.path + "/configuration",
                                                             .retry_interval = absl::Milliseconds(5)});
    BOOST_REQUIRE(IsOk(process->Start()));
  }
  net::Task<std::unique_ptr<net::Stream>> Connect() {
    auto stream = co_await net::ConnectUnix(loop, control, Soon());
    BOOST_REQUIRE(IsOk(stream));
    (*stream)->SetDeadline(Soon());
    co_return *std::move(stream);
  }
  net::Task<v1::Status> NextStatus(net::Stream& stream) {
    const auto message = co_await net::ReadFrame(stream);
    BOOST_REQUIRE(IsOk(message));
    v1::Status status;
    BOOST_REQUIRE(status.ParseFromString(*message));
    co_return status;
  }
  net::Task<v1::Status> Send(net::Stream& stream, std::string config_text) {
    v1::Config config;
    BOOST_REQUIRE(google::protobuf::TextFormat::ParseFromString(config_text, &config));
    const std::string bytes = config.SerializeAsString();
    const absl::Status written = co_await net::WriteFrame(stream, bytes);
    BOOST_REQUIRE(IsOk(written));
    co_return co_await NextStatus(stream);
  }
  net::Task<std::string> Ask() {
    const v1::ListenerStatus listener = process->status().listeners(0);
    const net::SocketAddress server{*net::IpAddress::Parse(listener.ip()), static_cast<uint16_t>(listener.port())};
    dns::Message query;
    query.questions.push_back({*dns::Name::Parse("www.example.com"), dns::RecordType::kA});
    const auto reply = co_await dns_client::Exchange(loop, server, query, dns::Transport::kUdp, Soon());
    if (!reply.ok()) co_return std::string(reply.status().message());
    co_return reply->answers.empty() ? dns::ToString(reply->rcode) : ToText(reply->answers[0].rdata);
  }

  Directory directory;
  std::string control = directory.path + "/control";
  std::mt19937_64 rng{1};
  std::unique_ptr<DnsProcess> process;
};

BOOST_FIXTURE_TEST_CASE(a_configuration_is_applied_and_acknowledged, Fixture) {
  Start();
  Run([&]() -> net::Task<void> {
    const std::string before = co_await Ask();
    BOOST_TEST(before == "REFUSED");
    const auto stream = co_await Connect();
    const v1::Status first = co_await NextStatus(*stream);
    BOOST_TEST(first.applied_revision() == 0u);
    BOOST_TEST(first.listeners_size() == 1);
    const v1::Status second = co_await Send(*stream, ConfigText(5, "10.0.0.1"));
    BOOST_TEST(second.applied_revision() == 5u);
    BOOST_TEST(second.error() == "");
    BOOST_TEST(second.zones() == 1u);
    const std::string after = co_await Ask();
    BOOST_TEST(after == "10.0.0.1");
  });
}

BOOST_FIXTURE_TEST_CASE(a_bad_record_is_left_out_alone_and_explained, Fixture) {
  Start();
  Run([&]() -> net::Task<void> {
    const auto stream = co_await Connect();
    co_await NextStatus(*stream);
    const v1::Status status = co_await Send(*stream, ConfigText(6, "10.0.0.1") + R"(
        zones { name: "e.com" records { name: "a.e.com" type: "A" ttl: 1 values: "nonsense" } })");
    BOOST_TEST(status.applied_revision() == 6u);
    BOOST_TEST(status.error() == "");
    BOOST_TEST(status.zones() == 2u);
    BOOST_TEST(status.refused_count() == 1u);
    BOOST_TEST(status.refused(0).zone() == "e.com");
    BOOST_TEST(status.refused(0).name() == "a.e.com");
    BOOST_TEST(status.refused(0).type() == "A");
    BOOST_TEST(status.refused(0).why() ==
               "zone e.com, record a.e.com A: 'nonsense' is no value for record type A; expected one IPv4 address");
    const std::string answer = co_await Ask();
    BOOST_TEST(answer == "10.0.0.1");
    const v1::Status good = co_await Send(*stream, ConfigText(7, "10.0.0.2"));
    BOOST_TEST(good.applied_revision() == 7u);
    BOOST_TEST(good.refused_size() == 0);
  });
}

BOOST_FIXTURE_TEST_CASE(bytes_that_are_no_configuration_are_refused, Fixture) {
  Start();
  Run([&]() -> net::Task<void> {
    const auto stream = co_await Connect();
    co_await NextStatus(*stream);
    const std::string garbage(7, '\xff');
    const absl::Status written = co_await net::WriteFrame(*stream, garbage);
    BOOST_TEST(IsOk(written));
    const v1::Status status = co_await NextStatus(*stream);
    BOOST_TEST(status.error() == "a message of 7 bytes is not a nubo.dns.v1.Config");
  });
}

BOOST_FIXTURE_TEST_CASE(it_serves_on_without_a_control_plane_and_greets_the_next_one, Fixture) {
  Start();
  Run([&]() -> net::Task<void> {
    {
      const auto stream = co_await Connect();
      co_await NextStatus(*stream);
      co_await Send(*stream, ConfigText(5, "10.0.0.1"));
    }
    const std::string answer = co_await Ask();
    BOOST_TEST(answer == "10.0.0.1");
    const auto stream = co_await Connect();
    const v1::Status status = co_await NextStatus(*stream);
    BOOST_TEST(status.applied_revision() == 5u);
    BOOST_TEST(status.counters().udp_queries() == 1u);
  });
}

BOOST_FIXTURE_TEST_CASE(its_successor_serves_the_last_configuration_before_anybody_has_told_it_anything, Fixture) {
  Start();
  Run([&]() -> net::Task<void> {
    {
      const auto stream = co_await Connect();
      co_await NextStatus(*stream);
      co_await Send(*stream, ConfigText(5, "10.0.0.1"));
      // What is no configuration is not kept.
      const std::string garbage(7, '\xff');
      const absl::Status sent = co_await net::WriteFrame(*stream, garbage);
      BOOST_TEST(IsOk(sent));
      const v1::Status status = co_await NextStatus(*stream);
      BOOST_TEST(status.error() != "");
    }
    process.reset();
    Start();
    const std::string answer = co_await Ask();
    BOOST_TEST(answer == "10.0.0.1");
    BOOST_TEST(process->status().applied_revision() == 5u);
    BOOST_TEST(process->status().error() == "");
  });
}

BOOST_FIXTURE_TEST_CASE(a_kept_configuration_that_cannot_be_read_is_passed_over, Fixture) {
  std::ofstream(directory.path + "/configuration") << "no configuration";
  Start();
  Run([&]() -> net::Task<void> {
    BOOST_TEST(process->status().error() == "");
    const std::string answer = co_await Ask();
    BOOST_TEST(answer == "REFUSED");
  });
}

BOOST_FIXTURE_TEST_CASE(a_new_connection_replaces_the_old_one, Fixture) {
  Start();
  Run([&]() -> net::Task<void> {
    const auto first = co_await Connect();
    co_await NextStatus(*first);
    const auto second = co_await Connect();
    const v1::Status status = co_await Send(*second, ConfigText(5, "10.0.0.1"));
    BOOST_TEST(status.applied_revision() == 0u);
    const auto ended = co_await net::ReadFrame(*first);
    BOOST_TEST(!ended.ok());
    const v1::Status applied = co_await NextStatus(*second);
    BOOST_TEST(applied.applied_revision() == 5u);
  });
}

BOOST_FIXTURE_TEST_CASE(a_port_in_use_is_reported_and_tried_again, Fixture) {
  // An address of this process's own: on 127.0.0.1 another test may have the same port for TCP.
  const int pid = ::getpid();
  const std::string own = absl::StrCat("127.53.", pid / 250 % 250 + 1, ".", pid % 250 + 1, ":0");
  auto occupant = net::BindUdp(loop, *net::SocketAddress::Parse(own));
  BOOST_REQUIRE(IsOk(occupant));
  Start({(*occupant)->local()});
  Run([&]() -> net::Task<void> {
    const auto stream = co_await Connect();
    const v1::Status taken = co_await NextStatus(*stream);
    BOOST_TEST(absl::StrContains(taken.listeners(0).error(), "in use"));
    BOOST_TEST(absl::StrContains(taken.listeners(0).error(), (*occupant)->local().ToString()));
    (*occupant)->Close();
    const v1::Status free = co_await NextStatus(*stream);
    BOOST_TEST(free.listeners(0).error() == "");
    const std::string answer = co_await Ask();
    BOOST_TEST(answer == "REFUSED");
  });
}

BOOST_FIXTURE_TEST_CASE(a_control_socket_that_cannot_be_opened_is_an_error, Fixture) {
  control = "/nonexistent/control";
  DnsProcess failing(loop, rng, {.control_path = control});
  BOOST_TEST(!failing.Start().ok());
  DnsProcessOptions options;
  options.control_path = control;
  BOOST_TEST(!RunDnsProcess(options).ok());
}

}  // namespace
}  // namespace nubo::dns_server
