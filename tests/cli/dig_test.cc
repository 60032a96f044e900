// `nubo dig` against a small name server on a port of its own.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nubo/dns/wire/message.h"
#include "nubo/dns/wire/record.h"
#include "tests/cli/runner.h"

namespace nubo::cli {
namespace {

// Answers `questions` questions over UDP with 127.44.1.5.
class NameServer {
 public:
  explicit NameServer(int questions) : fd_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    BOOST_REQUIRE(::bind(fd_, reinterpret_cast<sockaddr*>(&address), size) == 0);
    BOOST_REQUIRE(::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    // A test that asks too little fails rather than waiting for ever.
    const timeval limit = {5, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    address_ = absl::StrCat("127.0.0.1:", ntohs(address.sin_port));
    thread_ = std::thread([this, questions] {
      for (int i = 0; i < questions; ++i) Answer();
    });
  }
  ~NameServer() {
    thread_.join();
    ::close(fd_);
  }
  const std::string& address() const { return address_; }

 private:
  void Answer() {
    char buffer[2048];
    sockaddr_in from = {};
    socklen_t size = sizeof(from);
    const ssize_t count = ::recvfrom(fd_, buffer, sizeof(buffer), 0, reinterpret_cast<sockaddr*>(&from), &size);
    if (count <= 0) return;
    dns::Message message = *dns::Decode(absl::string_view(buffer, static_cast<size_t>(count)));
    message.response = true;
    dns::ResourceRecord record;
    record.name = message.questions[0].name;
    record.ttl_seconds = 60;
    record.rdata = dns::AddressRdata(*net::IpAddress::Parse("127.44.1.5"));
    message.answers.push_back(record);
    const std::string reply = *dns::Encode(message);
    (void)::sendto(fd_, reply.data(), reply.size(), 0, reinterpret_cast<sockaddr*>(&from), size);
  }

  const int fd_;
  std::string address_;
  std::thread thread_;
};

BOOST_AUTO_TEST_CASE(asks_the_server_it_is_told_to) {
  Runner run;
  const NameServer server(1);
  BOOST_TEST(run("dig app.todo.localhost --server " + server.address()) == 0, run.err());
  BOOST_TEST(absl::StrContains(run.out(), "app.todo.localhost."), run.out());
  BOOST_TEST(absl::StrContains(run.out(), "127.44.1.5"), run.out());
}

BOOST_AUTO_TEST_CASE(asks_the_regions_server_otherwise) {
  Runner run;
  const NameServer server(1);
  run.region.Edit([&](FakeRegion::State& state) { state.status.set_dns_address(server.address()); });
  run.region.Start();
  BOOST_TEST(run("dig app.todo.localhost") == 0, run.err());
  BOOST_TEST(absl::StrContains(run.out(), "127.44.1.5"), run.out());
}

BOOST_AUTO_TEST_CASE(refuses_what_is_no_name_or_type) {
  Runner run;
  BOOST_TEST(run("dig a..b --server 127.0.0.1:1") == 2);
  BOOST_TEST(absl::StrContains(run.err(), "a..b"), run.err());
  BOOST_TEST(run("dig app.todo.localhost ADDRESS --server 127.0.0.1:1") == 2);
  BOOST_TEST(absl::StrContains(run.err(), "for example: nubo dig app.todo.localhost AAAA"), run.err());
}

BOOST_AUTO_TEST_CASE(says_who_did_not_answer) {
  Runner run;
  // Port 1 is closed, which over TCP is known at once.
  BOOST_TEST(run("dig app.todo.localhost --tcp --server 127.0.0.1:1") == 1);
  BOOST_TEST(absl::StrContains(run.err(), "127.0.0.1:1: "), run.err());
  BOOST_TEST(absl::StartsWith(run.err(), "nubo: no answer: "), run.err());
}

}  // namespace
}  // namespace nubo::cli
