// The metadata service over sockets: instances are 127.0.0.2 and up.
#include "nubo/metadata_server/server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <boost/test/unit_test.hpp>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "nubo/net/stream.h"
#include "nubo/testing/status_matchers.h"
#include "tests/dns_server/loop_test_case.h"
#include "tests/ec2/metadata_samples.h"

namespace nubo::metadata_server {
namespace {

using absl::StatusCode;
using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

const net::SocketAddress kAnyPort = *net::SocketAddress::Parse("127.0.0.1:0");
constexpr char kPut[] = "PUT /latest/api/token HTTP/1.1\r\nHost: m\r\nX-aws-ec2-metadata-token-ttl-seconds: 60\r\n\r\n";

std::string Get(absl::string_view path, absl::string_view fields = "") {
  return absl::StrCat("GET ", path, " HTTP/1.1\r\nHost: m\r\n", fields, "\r\n");
}

// A connected socket with this source address. Of a listener on this machine connecting does not wait.
int ConnectFrom(const char* source, const net::SocketAddress& to) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  BOOST_REQUIRE(inet_pton(AF_INET, source, &address.sin_addr) == 1);
  BOOST_REQUIRE(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  address.sin_addr.s_addr = htonl(to.ip.v4());
  address.sin_port = htons(to.port);
  BOOST_REQUIRE(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  return fd;
}

// The hop limit of the service's end of a connection, which is a descriptor of this process, too.
int ServiceHops(const net::SocketAddress& client) {
  for (int fd = 3; fd < 1024; ++fd) {
    sockaddr_in peer = {};
    socklen_t size = sizeof peer;
    if (getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) != 0 || peer.sin_family != AF_INET) continue;
    if (ntohl(peer.sin_addr.s_addr) != client.ip.v4() || ntohs(peer.sin_port) != client.port) continue;
    int hops = 0;
    size = sizeof hops;
    BOOST_REQUIRE(getsockopt(fd, IPPROTO_IP, IP_TTL, &hops, &size) == 0);
    return hops;
  }
  BOOST_FAIL("nobody has that connection");
  return 0;
}

// Has nothing until it is told to, and then what the host has.
class LateSource final : public ListenerSource {
 public:
  absl::StatusOr<int> Listen(absl::string_view vpc_id, const net::SocketAddress& address) override {
    asked.emplace_back(vpc_id);
    if (!error.ok()) return error;
    return host_.Listen(vpc_id, address);
  }
  absl::Status error;
  std::vector<std::string> asked;

 private:
  HostListenerSource host_;
};

struct Reply {
  int status = 0;
  std::string head;
  std::string body;
};

struct Fixture : LoopTestCase {
  void Start(ServerOptions options = {}) {
    server = std::make_unique<Server>(loop, rng, source, options);
    server->SetListeners(listeners);
    SetInstances();
  }
  void SetInstances() {
    auto table = std::make_shared<InstanceTable>();
    for (const auto& [vpc_id, address, instance] : instances) {
      table->Add(vpc_id, *net::IpAddress::Parse(address), std::make_shared<const ec2::MetadataTree>(instance));
    }
    server->SetInstances(std::move(table), ec2::MetadataTokens(ec2::PlainSeal(key)));
  }
  std::unique_ptr<net::Stream> Connect(const char* source_address, size_t listener = 0) {
    const int fd = ConnectFrom(source_address, server->listeners().at(listener).bound);
    auto stream = net::StreamFromFd(loop, fd);
    BOOST_REQUIRE(IsOk(stream));
    (*stream)->SetDeadline(Soon());
    return *std::move(stream);
  }
  // On a connection that stays open. Status 0: it was closed instead.
  net::Task<Reply> Exchange(net::Stream& stream, std::string request) {
    Reply reply;
    const absl::Status written = co_await stream.Write(request);
    if (!written.ok()) co_return reply;
    std::string got;
    size_t head_end = std::string::npos, size = 0;
    char buffer[4096];
    while (head_end == std::string::npos || got.size() < head_end + size) {
      const auto read = co_await stream.Read(absl::MakeSpan(buffer));
      if (!read.ok() || *read == 0) co_return reply;
      got.append(buffer, *read);
      head_end = got.find("\r\n\r\n");
      if (head_end == std::string::npos) continue;
      head_end += 4;
      const size_t at = absl::AsciiStrToLower(got.substr(0, head_end)).find("content-length: ");
      if (at == std::string::npos || absl::StartsWith(request, "HEAD ")) continue;
      const size_t from = at + 16;
      BOOST_REQUIRE(absl::SimpleAtoi(got.substr(from, got.find('\r', from) - from), &size));
    }
    reply.head = got.substr(0, head_end);
    reply.body = got.substr(head_end);
    BOOST_REQUIRE(absl::SimpleAtoi(got.substr(9, 3), &reply.status));
    co_return reply;
  }
  net::Task<Reply> Ask(const char* source_address, std::string request, size_t listener = 0) {
    const auto stream = Connect(source_address, listener);
    const Reply reply = co_await Exchange(*stream, std::move(request));
    co_return reply;
  }

  static ec2::InstanceMetadata Instance(const char* id) {
    ec2::InstanceMetadata instance = ec2::FullInstance();
    instance.instance_id = id;
    return instance;
  }

  struct Known {
    const char* vpc_id;
    const char* address;
    ec2::InstanceMetadata instance;
  };
  std::vector<VpcAddress> listeners = {{"vpc-1", kAnyPort}};
  std::vector<Known> instances = {{"vpc-1", "127.0.0.2", Instance("i-2")}, {"vpc-1", "127.0.0.3", Instance("i-3")}};
  std::string key = "key";
  std::mt19937_64 rng{1};
  LateSource source;
  std::unique_ptr<Server> server;
};

BOOST_FIXTURE_TEST_CASE(each_instance_is_told_about_itself, Fixture) {
  Start();
  Run([&]() -> net::Task<void> {
    const Reply second = co_await Ask("127.0.0.2", Get("/latest/meta-data/instance-id"));
    BOOST_TEST(second.status == 200);
    BOOST_TEST(second.body == "i-2");
    BOOST_TEST(absl::StrContains(second.head, "text/plain"), second.head);
    BOOST_TEST(absl::StrContains(second.head, "EC2ws"), second.head);
    const Reply third = co_await Ask("127.0.0.3", Get("/latest/meta-data/instance-id"));
    BOOST_TEST(third.body == "i-3");
    BOOST_TEST(server->counters().ok == 2u);
    BOOST_TEST(server->counters().connections == 2u);
  });
}

BOOST_FIXTURE_TEST_CASE(nobody_else_is_told_anything, Fixture) {
  instances.push_back({"vpc-2", "127.0.0.4", Instance("i-4")});
  Start();
  Run([&]() -> net::Task<void> {
    for (const char* stranger : {"127.0.0.4", "127.0.0.5"}) {
      for (const std::string& request : {Get("/latest/meta-data/instance-id"), Get("/"), std::string(kPut)}) {
        const Reply reply = co_await Ask(stranger, request);
        BOOST_TEST(reply.status == 404);
        BOOST_TEST(reply.body == ec2::MetadataErrorPage(404));
      }
    }
    BOOST_TEST(server->counters().unknown_sources == 6u);
    BOOST_TEST(server->counters().not_found == 6u);
  });
}

BOOST_FIXTURE_TEST_CASE(the_same_address_is_another_instance_in_another_vpc, Fixture) {
  listeners.push_back({"vpc-2", kAnyPort});
  instances.push_back({"vpc-2", "127.0.0.2", Instance("i-other")});
  Start();
  Run([&]() -> net::Task<void> {
    const Reply first = co_await Ask("127.0.0.2", Get("/latest/meta-data/instance-id"), 0);
    BOOST_TEST(first.body == "i-2");
    const Reply second = co_await Ask("127.0.0.2", Get("/latest/meta-data/instance-id"), 1);
    BOOST_TEST(second.body == "i-other");
    const Reply third = co_await Ask("127.0.0.3", Get("/latest/meta-data/instance-id"), 1);
    BOOST_TEST(third.status == 404);
  });
}

BOOST_FIXTURE_TEST_CASE(a_session_goes_over_one_connection_or_several, Fixture) {
  instances[0].instance.options.tokens_required = true;
  Start();
  Run([&]() -> net::Task<void> {
    const auto stream = Connect("127.0.0.2");
    const Reply refused = co_await Exchange(*stream, Get("/latest/meta-data/instance-id"));
    BOOST_TEST(refused.status == 401);
    const Reply token = co_await Exchange(*stream, kPut);
    BOOST_TEST(token.status == 200);
    BOOST_TEST(token.body.size() == ec2::MetadataTokens::kSize);
    const std::string field = absl::StrCat("X-aws-ec2-metadata-token: ", token.body, "\r\n");
    const Reply told = co_await Exchange(*stream, Get("/latest/meta-data/instance-id", field));
    BOOST_TEST(told.body == "i-2");
    const Reply again = co_await Ask("127.0.0.2", Get("/latest/meta-data/instance-id", field));
    BOOST_TEST(again.body == "i-2");
    const Reply stolen = co_await Ask("127.0.0.3", Get("/latest/meta-data/instance-id", field));
    BOOST_TEST(stolen.status == 401);
    const ServerCounters counters = server->counters();
    BOOST_TEST(counters.tokens_issued == 1u);
    BOOST_TEST(counters.unauthorized == 2u);
  });
}

BOOST_FIXTURE_TEST_CASE(tokens_outlive_the_server_and_not_its_key, Fixture) {
  Start();
  Run([&]() -> net::Task<void> {
    const Reply token = co_await Ask("127.0.0.2", kPut);
    const std::string request =
        Get("/latest/meta-data/instance-id", absl::StrCat("X-aws-ec2-metadata-token: ", token.body, "\r\n"));
    Start();
    const Reply good = co_await Ask("127.0.0.2", request);
    BOOST_TEST(good.status == 200);
    key = "another";
    SetInstances();
    const Reply bad = co_await Ask("127.0.0.2", request);
    BOOST_TEST(bad.status == 401);
  });
}

BOOST_FIXTURE_TEST_CASE(a_token_goes_as_many_hops_as_its_instance_says_and_so_does_what_follows, Fixture) {
  instances[0].instance.options.hop_limit = 3;
  Start();
  Run([&]() -> net::Task<void> {
    const auto stream = Connect("127.0.0.2");
    const auto other = Connect("127.0.0.2");
    co_await Exchange(*other, Get("/latest/meta-data/instance-id"));
    co_await Exchange(*stream, Get("/latest/meta-data/instance-id"));
    const int before = ServiceHops(stream->local());
    BOOST_TEST(before > 3);
    const Reply refused = co_await Exchange(*stream, "PUT /latest/api/token HTTP/1.1\r\nHost: m\r\n\r\n");
    BOOST_TEST(refused.status == 400);
    BOOST_TEST(ServiceHops(stream->local()) == before);
    const Reply token = co_await Exchange(*stream, kPut);
    BOOST_TEST(token.status == 200);
    BOOST_TEST(ServiceHops(stream->local()) == 3);
    co_await Exchange(*stream, Get("/latest/meta-data/instance-id"));
    BOOST_TEST(ServiceHops(stream->local()) == 3);
    BOOST_TEST(ServiceHops(other->local()) == before);
  });
}

BOOST_FIXTURE_TEST_CASE(a_head_has_no_body, Fixture) {
  Start();
  Run([&]() -> net::Task<void> {
    const auto stream = Connect("127.0.0.2");
    const Reply head = co_await Exchange(*stream, "HEAD /latest/meta-data/instance-id HTTP/1.1\r\nHost: m\r\n\r\n");
    BOOST_TEST(head.status == 200);
    BOOST_TEST(head.body == "");
    const Reply get = co_await Exchange(*stream, Get("/latest/meta-data/instance-id"));
    BOOST_TEST(get.body == "i-2");
  });
}

BOOST_FIXTURE_TEST_CASE(every_status_is_counted, Fixture) {
  instances[1].instance.options.endpoint_enabled = false;
  Start();
  Run([&]() -> net::Task<void> {
    co_await Ask("127.0.0.2", Get("/nothing"));
    co_await Ask("127.0.0.2", "POST / HTTP/1.1\r\nHost: m\r\nContent-Length: 3\r\n\r\nabc");
    co_await Ask("127.0.0.2", "PUT /latest/api/token HTTP/1.1\r\nHost: m\r\n\r\n");
    const Reply off = co_await Ask("127.0.0.3", Get("/"));
    BOOST_TEST(off.status == 403);
    const ServerCounters counters = server->counters();
    BOOST_TEST(counters.not_found == 1u);
    BOOST_TEST(counters.not_allowed == 1u);
    BOOST_TEST(counters.bad_request == 1u);
    BOOST_TEST(counters.forbidden == 1u);
    BOOST_TEST(counters.ok == 0u);
    BOOST_TEST(counters.unknown_sources == 0u);
  });
}

BOOST_FIXTURE_TEST_CASE(what_an_instance_is_changes_between_two_requests, Fixture) {
  Start();
  Run([&]() -> net::Task<void> {
    const auto stream = Connect("127.0.0.2");
    const Reply before = co_await Exchange(*stream, Get("/latest/meta-data/tags/instance/Name"));
    BOOST_TEST(before.body == "web-1");
    instances[0].instance.tags["Name"] = "web-2";
    SetInstances();
    const Reply after = co_await Exchange(*stream, Get("/latest/meta-data/tags/instance/Name"));
    BOOST_TEST(after.body == "web-2");
    instances.clear();
    SetInstances();
    const Reply gone = co_await Exchange(*stream, Get("/latest/meta-data/tags/instance/Name"));
    BOOST_TEST(gone.status == 404);
  });
}

BOOST_FIXTURE_TEST_CASE(whoever_asks_too_often_is_told_to_come_again_and_others_are_not, Fixture) {
  Start({.requests_per_second_max = 5});
  Run([&]() -> net::Task<void> {
    const auto stream = Connect("127.0.0.2");
    int answered = 0;
    Reply reply;
    // The allowance grows while they are asked, by far fewer than these.
    for (int i = 0; i < 50; ++i) {
      reply = co_await Exchange(*stream, Get("/latest/meta-data/instance-id"));
      if (reply.status == 200) ++answered;
    }
    BOOST_TEST(answered >= 5);
    BOOST_TEST(answered < 50);
    BOOST_TEST(server->counters().throttled == 50u - static_cast<unsigned>(answered));
    // A new configuration gives no new allowance.
    SetInstances();
    const Reply other = co_await Ask("127.0.0.3", Get("/latest/meta-data/instance-id"));
    BOOST_TEST(other.status == 200);
  });
}

BOOST_FIXTURE_TEST_CASE(heads_have_their_bound, Fixture) {
  Start();
  Run([&]() -> net::Task<void> {
    const Reply small = co_await Ask("127.0.0.2", Get("/", absl::StrCat("X: ", std::string(3000, 'a'), "\r\n")));
    BOOST_TEST(small.status == 200);
    const Reply large = co_await Ask("127.0.0.2", Get("/", absl::StrCat("X: ", std::string(5000, 'a'), "\r\n")));
    BOOST_TEST(large.status == 431);
    const Reply line = co_await Ask("127.0.0.2", Get(absl::StrCat("/", std::string(5000, 'a'))));
    BOOST_TEST(line.status == 414);
    const Reply nonsense = co_await Ask("127.0.0.2", "nonsense\r\n\r\n");
    BOOST_TEST(nonsense.status == 400);
  });
}

BOOST_FIXTURE_TEST_CASE(connections_have_their_bound_and_none_is_shut_out, Fixture) {
  Start({.connections = {.per_source_max = 2, .total_max = 3}});
  Run([&]() -> net::Task<void> {
    std::vector<std::unique_ptr<net::Stream>> held;
    for (int i = 0; i < 5; ++i) {
      held.push_back(Connect("127.0.0.2"));
      const Reply reply = co_await Exchange(*held.back(), Get("/latest/meta-data/instance-id"));
      BOOST_TEST(reply.status == 200);
      BOOST_TEST(server->open_connections() <= 2);
    }
    char byte;
    const absl::Span<char> room = absl::MakeSpan(&byte, 1);
    const auto ended = co_await held.front()->Read(room);
    BOOST_TEST((!ended.ok() || *ended == 0u));
    const Reply other = co_await Ask("127.0.0.3", Get("/latest/meta-data/instance-id"));
    BOOST_TEST(other.status == 200);
    BOOST_TEST(server->counters().connections_closed == 3u);
  });
}

BOOST_FIXTURE_TEST_CASE(who_says_nothing_is_not_waited_for, Fixture) {
  Start({.head_timeout = absl::Milliseconds(20), .idle_timeout = absl::Milliseconds(20)});
  Run([&]() -> net::Task<void> {
    const auto silent = Connect("127.0.0.2");
    const Reply half = co_await Ask("127.0.0.2", "GET / HTTP/1.1\r\nHo");
    BOOST_TEST((half.status == 0 || half.status == 408));
    char byte;
    const absl::Span<char> room = absl::MakeSpan(&byte, 1);
    const auto ended = co_await silent->Read(room);
    BOOST_TEST((!ended.ok() || *ended == 0u));
  });
}

BOOST_FIXTURE_TEST_CASE(listeners_come_and_go_and_those_that_stay_are_not_disturbed, Fixture) {
  Start();
  Run([&]() -> net::Task<void> {
    const auto stream = Connect("127.0.0.2");
    const Reply first = co_await Exchange(*stream, Get("/latest/meta-data/instance-id"));
    BOOST_TEST(first.status == 200);
    const net::SocketAddress bound = server->listeners()[0].bound;
    server->SetListeners({{"vpc-2", kAnyPort}, {"vpc-1", kAnyPort}, {"vpc-1", kAnyPort}});
    BOOST_REQUIRE(server->listeners().size() == 2u);
    BOOST_TEST((server->listeners()[1].bound == bound));
    const Reply second = co_await Exchange(*stream, Get("/latest/meta-data/instance-id"));
    BOOST_TEST(second.status == 200);
    server->SetListeners({{"vpc-2", kAnyPort}});
    char byte;
    const absl::Span<char> room = absl::MakeSpan(&byte, 1);
    const auto ended = co_await stream->Read(room);
    BOOST_TEST((!ended.ok() || *ended == 0u));
    BOOST_TEST((source.asked == std::vector<std::string>{"vpc-1", "vpc-2"}));
  });
}

BOOST_FIXTURE_TEST_CASE(a_listener_that_cannot_be_had_is_told_and_may_be_had_later, Fixture) {
  source.error = absl::UnavailableError("no such network yet");
  Start();
  BOOST_TEST(StatusIs(server->listeners()[0].status, StatusCode::kUnavailable,
                      "metadata listener 127.0.0.1:0 in vpc-1: no such network yet"));
  source.error = absl::OkStatus();
  server->SetListeners(listeners);
  BOOST_TEST(IsOk(server->listeners()[0].status));
  Run([&]() -> net::Task<void> {
    const Reply reply = co_await Ask("127.0.0.2", Get("/latest/meta-data/instance-id"));
    BOOST_TEST(reply.status == 200);
  });
}

BOOST_FIXTURE_TEST_CASE(before_it_knows_anybody_it_tells_nobody, Fixture) {
  server = std::make_unique<Server>(loop, rng, source, ServerOptions());
  server->SetListeners(listeners);
  Run([&]() -> net::Task<void> {
    const Reply reply = co_await Ask("127.0.0.2", Get("/latest/meta-data/instance-id"));
    BOOST_TEST(reply.status == 404);
  });
}

BOOST_FIXTURE_TEST_CASE(a_server_that_is_gone_leaves_no_connection, Fixture) {
  Start();
  Run([&]() -> net::Task<void> {
    const auto stream = Connect("127.0.0.2");
    const Reply first = co_await Exchange(*stream, Get("/latest/meta-data/instance-id"));
    BOOST_TEST(first.status == 200);
    server.reset();
    const Reply second = co_await Exchange(*stream, Get("/latest/meta-data/instance-id"));
    BOOST_TEST(second.status == 0);
  });
}

BOOST_AUTO_TEST_CASE(an_address_in_use_is_said_to_be) {
  HostListenerSource host;
  const absl::StatusOr<int> any = host.Listen("vpc-1", kAnyPort);
  BOOST_REQUIRE(IsOk(any));
  net::Loop loop;
  const auto listener = net::ListenerFromFd(loop, *any);
  BOOST_REQUIRE(IsOk(listener));
  BOOST_TEST((*listener)->local().port != 0);
  BOOST_TEST(StatusIs(host.Listen("vpc-2", (*listener)->local()).status(), StatusCode::kAlreadyExists, "in use"));
  BOOST_TEST(!host.Listen("vpc-2", *net::SocketAddress::Parse("192.0.2.1:80")).ok());
  BOOST_TEST(
      StatusIs(net::ListenerFromFd(loop, -1).status(), StatusCode::kUnknown, "take over listening descriptor -1"));
}

}  // namespace
}  // namespace nubo::metadata_server
