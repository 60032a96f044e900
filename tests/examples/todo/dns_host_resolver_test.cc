// How the backend finds its database: by the DNS server that it was given.
#include "examples/todo/backend/dns_host_resolver.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::examples::todo {
namespace {

using testing::IsOk;
using testing::StatusIs;

// Answers every question with the address 127.44.1.9, or with "no such name".
class TinyDnsServer {
 public:
  explicit TinyDnsServer(bool knows) : knows_(knows), fd_(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    BOOST_REQUIRE(bind(fd_, reinterpret_cast<sockaddr*>(&address), length) == 0);
    BOOST_REQUIRE(getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &length) == 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { Serve(); });
  }
  ~TinyDnsServer() {
    shutdown(fd_, SHUT_RDWR);
    thread_.join();
    close(fd_);
  }
  std::string address() const { return absl::StrCat("127.0.0.1:", port_); }

 private:
  void Serve() {
    char query[512];
    sockaddr_in from = {};
    socklen_t length = sizeof from;
    ssize_t size = 0;
    while ((size = recvfrom(fd_, query, sizeof query, 0, reinterpret_cast<sockaddr*>(&from), &length)) > 0) {
      // The id; response, recursion desired and available; one question and its answer; nothing else.
      std::string reply(query, 2);
      reply += knows_ ? std::string("\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00", 10)
                      : std::string("\x81\x83\x00\x01\x00\x00\x00\x00\x00\x00", 10);
      size_t end = 12;
      while (query[end] != 0) end += static_cast<unsigned char>(query[end]) + 1;
      reply.append(query + 12, end + 5 - 12);
      if (knows_) reply += std::string("\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x05\x00\x04\x7f\x2c\x01\x09", 16);
      sendto(fd_, reply.data(), reply.size(), 0, reinterpret_cast<sockaddr*>(&from), length);
      length = sizeof from;
    }
  }

  const bool knows_;
  const int fd_;
  uint16_t port_ = 0;
  std::thread thread_;
};

BOOST_AUTO_TEST_CASE(a_name_is_asked_of_the_server) {
  const TinyDnsServer server(true);
  const auto resolver = MakeHostResolver(server.address()).value();
  const auto found = resolver->Resolve("todo.0a1b.us-east-1.rds.amazonaws.com", absl::Seconds(20));
  BOOST_REQUIRE(IsOk(found));
  BOOST_TEST(found->ToString() == "127.44.1.9");
}

BOOST_AUTO_TEST_CASE(a_name_that_is_not_there_is_not_found) {
  const TinyDnsServer server(false);
  const auto resolver = MakeHostResolver(server.address()).value();
  BOOST_TEST(StatusIs(resolver->Resolve("db.example", absl::Seconds(20)), absl::StatusCode::kNotFound));
}

BOOST_AUTO_TEST_CASE(an_address_stands_for_itself) {
  const auto without_server = MakeHostResolver("").value();
  BOOST_TEST(without_server->Resolve("127.0.0.1", absl::Seconds(1)).value().ToString() == "127.0.0.1");
  BOOST_TEST(!without_server->Resolve("db.example", absl::Seconds(1)).ok());
  const auto with_server = MakeHostResolver("127.0.0.1:1").value();
  BOOST_TEST(with_server->Resolve("127.0.0.1", absl::Seconds(1)).value().ToString() == "127.0.0.1");
}

BOOST_AUTO_TEST_CASE(a_server_that_is_no_address_is_refused) {
  BOOST_TEST(StatusIs(MakeHostResolver("localhost:53").status(), absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace nubo::examples::todo
