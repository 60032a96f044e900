// Who is let in when there is no more room.
#include "nubo/metadata_server/connections.h"

#include <boost/test/unit_test.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nubo/net/stream.h"
#include "nubo/testing/memory_transport.h"
#include "tests/dns_server/loop_test_case.h"

namespace nubo::metadata_server {
namespace {

const net::SocketAddress kService = *net::SocketAddress::Parse("169.254.169.254:80");

// Remembers how far its packets go.
class Hops final : public net::Stream {
 public:
  Hops(net::SocketAddress peer, std::vector<int>* hops) : peer_(peer), hops_(hops) {}
  net::Task<absl::StatusOr<size_t>> Read(absl::Span<char>) override { co_return absl::CancelledError(""); }
  net::Task<absl::Status> Write(absl::Span<const absl::string_view>) override { co_return absl::OkStatus(); }
  void SetDeadline(absl::Time) override {}
  void ShutdownWrite() override {}
  void Close() override {}
  bool IdleBroken() override { return false; }
  bool Broken() override { return false; }
  void SetHopLimit(int hops) override { hops_->push_back(hops); }
  net::SocketAddress local() const override { return kService; }
  net::SocketAddress peer() const override { return peer_; }

 private:
  const net::SocketAddress peer_;
  std::vector<int>* const hops_;
};

struct Fixture : LoopTestCase {
  // The service's end of a connection from this address. The client's stays open.
  std::unique_ptr<net::Stream> Come(const std::string& from, const std::string& vpc_id = "vpc-1") {
    testing::MemoryStreamOptions options;
    options.client = *net::SocketAddress::Parse(absl::StrCat(from, ":", ++port));
    auto [client, server] = testing::MemoryStreamPair(loop, options);
    clients.push_back(std::move(client));
    return connections->Admit(vpc_id, std::move(server));
  }

  int port = 1000;
  std::vector<std::unique_ptr<net::Stream>> clients;
  std::shared_ptr<Connections> connections =
      std::make_shared<Connections>(ConnectionLimits{.per_source_max = 3, .total_max = 5});
};

BOOST_FIXTURE_TEST_CASE(connections_are_counted_while_they_are_open, Fixture) {
  auto first = Come("10.0.0.1");
  auto second = Come("10.0.0.2");
  BOOST_TEST(connections->open() == 2);
  first->Close();
  BOOST_TEST(connections->open() == 1);
  first.reset();
  BOOST_TEST(connections->open() == 1);
  second->Reset();
  second.reset();
  BOOST_TEST(connections->open() == 0);
  BOOST_TEST(connections->admitted() == 2u);
  BOOST_TEST(connections->closed() == 0u);
}

BOOST_FIXTURE_TEST_CASE(who_has_enough_gets_another_for_its_oldest, Fixture) {
  std::vector<std::unique_ptr<net::Stream>> own;
  for (int i = 0; i < 3; ++i) own.push_back(Come("10.0.0.1"));
  const auto other = Come("10.0.0.2");
  own.push_back(Come("10.0.0.1"));
  BOOST_TEST(own[0]->Broken());
  for (int i = 1; i < 4; ++i) BOOST_TEST(!own[i]->Broken());
  BOOST_TEST(!other->Broken());
  BOOST_TEST(connections->open() == 4);
  BOOST_TEST(connections->closed() == 1u);
}

BOOST_FIXTURE_TEST_CASE(where_all_is_taken_whoever_has_the_most_makes_room, Fixture) {
  const auto few = Come("10.0.0.1");
  std::vector<std::unique_ptr<net::Stream>> many;
  for (int i = 0; i < 3; ++i) many.push_back(Come("10.0.0.2"));
  const auto fifth = Come("10.0.0.3");
  const auto sixth = Come("10.0.0.4");
  BOOST_TEST(!few->Broken());
  BOOST_TEST(!fifth->Broken());
  BOOST_TEST(!sixth->Broken());
  BOOST_TEST(many[0]->Broken());
  BOOST_TEST(connections->open() == 5);
}

BOOST_FIXTURE_TEST_CASE(the_same_address_in_another_vpc_is_another_source, Fixture) {
  std::vector<std::unique_ptr<net::Stream>> all;
  for (int i = 0; i < 3; ++i) all.push_back(Come("10.0.0.1", "vpc-1"));
  for (int i = 0; i < 2; ++i) all.push_back(Come("10.0.0.1", "vpc-2"));
  BOOST_TEST(connections->open() == 5);
  BOOST_TEST(connections->closed() == 0u);
}

BOOST_FIXTURE_TEST_CASE(many_come_and_go_and_none_is_left, Fixture) {
  std::vector<std::unique_ptr<net::Stream>> all;
  for (int i = 0; i < 1000; ++i) {
    all.push_back(Come(absl::StrCat("10.0.0.", 1 + i % 7)));
    if (i % 3 == 0) all.erase(all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2));
    BOOST_TEST(connections->open() <= 5);
  }
  all.clear();
  BOOST_TEST(connections->open() == 0);
}

BOOST_FIXTURE_TEST_CASE(a_hop_limit_is_one_connection_s, Fixture) {
  std::vector<int> hops[3];
  std::vector<std::unique_ptr<net::Stream>> streams;
  const net::SocketAddress peer = *net::SocketAddress::Parse("10.0.0.1:1000");
  const net::SocketAddress other = *net::SocketAddress::Parse("10.0.0.1:1001");
  streams.push_back(connections->Admit("vpc-1", std::make_unique<Hops>(peer, &hops[0])));
  streams.push_back(connections->Admit("vpc-1", std::make_unique<Hops>(other, &hops[1])));
  streams.push_back(connections->Admit("vpc-2", std::make_unique<Hops>(peer, &hops[2])));
  connections->SetHopLimit("vpc-1", kService, peer, 2);
  connections->SetHopLimit("vpc-1", other, peer, 3);
  connections->SetHopLimit("vpc-3", kService, peer, 4);
  BOOST_TEST((hops[0] == std::vector<int>{2}));
  BOOST_TEST(hops[1].empty());
  BOOST_TEST(hops[2].empty());
  streams.clear();
  connections->SetHopLimit("vpc-1", kService, peer, 5);
  BOOST_TEST(hops[0].size() == 1u);
}

}  // namespace
}  // namespace nubo::metadata_server
