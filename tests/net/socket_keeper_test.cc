#include "nubo/net/socket_keeper.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstring>
#include <string>

#include "nubo/net/datagram.h"
#include "nubo/net/loop.h"
#include "nubo/net/stream.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::net {
namespace {

using Kind = SocketKeeper::Kind;
using ::nubo::testing::IsOk;

const SocketAddress kAnyPort = *SocketAddress::Parse("127.0.0.1:0");

// A supervisor's side: what it was told last, and the descriptor that came with it.
struct Supervisor {
  Supervisor() { BOOST_REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends) == 0); }
  ~Supervisor() { close(ends[0]); }

  int ProcessEnd() const { return ends[1]; }
  std::string Read() {
    char text[256];
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
    iovec piece = {text, sizeof text};
    msghdr header = {};
    header.msg_iov = &piece;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof control;
    const ssize_t got = recvmsg(ends[0], &header, 0);
    fd = -1;
    if (const cmsghdr* part = CMSG_FIRSTHDR(&header); got > 0 && part != nullptr) {
      std::memcpy(&fd, CMSG_DATA(part), sizeof fd);
    }
    return got > 0 ? std::string(text, got) : "";
  }

  int ends[2];
  int fd = -1;
};

bool IsOpen(int fd) { return fcntl(fd, F_GETFD) >= 0; }

// A client that is not served yet; -1: refused.
int ConnectTo(const SocketAddress& address) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to = {};
  to.sin_family = AF_INET;
  to.sin_port = htons(address.port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0) return fd;
  close(fd);
  return -1;
}

BOOST_AUTO_TEST_CASE(a_client_that_came_while_nobody_was_there_is_served_by_the_successor) {
  Loop loop;
  Supervisor supervisor;
  SocketAddress address;
  {
    SocketKeeper keeper({}, supervisor.ProcessEnd());
    const auto listener = ListenTcp(loop, kAnyPort, {.keeper = &keeper});
    BOOST_REQUIRE(IsOk(listener));
    address = (*listener)->local();
    BOOST_TEST(supervisor.Read() == "store tcp " + address.ToString());
    BOOST_REQUIRE(supervisor.fd >= 0);
  }
  const int client = ConnectTo(address);
  BOOST_REQUIRE(client >= 0);
  SocketKeeper keeper({supervisor.fd}, -1);
  const auto listener = ListenTcp(loop, address, {.keeper = &keeper});
  BOOST_REQUIRE(IsOk(listener));
  bool served = false;
  const auto serve = [&]() -> Task<void> {
    const auto stream = co_await (*listener)->Accept();
    served = stream.ok();
    loop.Stop();
  };
  loop.Spawn(serve());
  loop.Run();
  BOOST_TEST(served);
  close(client);
}

BOOST_AUTO_TEST_CASE(a_query_that_came_while_nobody_was_there_is_received_by_the_successor) {
  Loop loop;
  Supervisor supervisor;
  SocketAddress address;
  {
    SocketKeeper keeper({}, supervisor.ProcessEnd());
    const auto socket = BindUdp(loop, kAnyPort, {.keeper = &keeper});
    BOOST_REQUIRE(IsOk(socket));
    address = (*socket)->local();
    BOOST_TEST(supervisor.Read() == "store udp " + address.ToString());
    // A copy is what the supervisor has; that the process dies is not told to it as an end on purpose.
    supervisor.fd = dup(supervisor.fd);
  }
  const int client = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in to = {};
  to.sin_family = AF_INET;
  to.sin_port = htons(address.port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  BOOST_REQUIRE(sendto(client, "hello", 5, 0, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 5);
  SocketKeeper keeper({supervisor.fd}, -1);
  const auto socket = BindUdp(loop, address, {.keeper = &keeper});
  BOOST_REQUIRE(IsOk(socket));
  std::string received;
  const auto receive = [&]() -> Task<void> {
    char buffer[16];
    const auto message = co_await (*socket)->Receive(absl::MakeSpan(buffer));
    if (message.ok()) received.assign(buffer, message->size);
    loop.Stop();
  };
  loop.Spawn(receive());
  loop.Run();
  BOOST_TEST(received == "hello");
  close(client);
}

BOOST_AUTO_TEST_CASE(what_is_closed_on_purpose_is_not_kept) {
  Loop loop;
  Supervisor supervisor;
  SocketKeeper keeper({}, supervisor.ProcessEnd());
  const auto tcp = ListenTcp(loop, kAnyPort, {.keeper = &keeper});
  const auto udp = BindUdp(loop, kAnyPort, {.keeper = &keeper});
  BOOST_REQUIRE(IsOk(tcp));
  BOOST_REQUIRE(IsOk(udp));
  supervisor.Read();
  supervisor.Read();
  (*tcp)->Close();
  BOOST_TEST(supervisor.Read() == "remove tcp " + (*tcp)->local().ToString());
  (*udp)->Close();
  BOOST_TEST(supervisor.Read() == "remove udp " + (*udp)->local().ToString());
  (*tcp)->Close();
  (*udp)->Close();
  BOOST_TEST(supervisor.Read() == "");
}

BOOST_AUTO_TEST_CASE(only_the_socket_of_just_this_address_and_kind_is_taken) {
  Loop loop;
  const auto listener = ListenTcp(loop, kAnyPort);
  BOOST_REQUIRE(IsOk(listener));
  const SocketAddress address = (*listener)->local();
  Supervisor passed;
  {
    SocketKeeper sender({}, passed.ProcessEnd());
    const int fd = socket(AF_INET, SOCK_DGRAM, 0);
    sender.Store(Kind::kUdp, address, fd);
    close(fd);
  }
  passed.Read();
  // A UDP socket that has no address yet is of no address that anybody wants.
  SocketKeeper keeper({passed.fd}, -1);
  BOOST_TEST(keeper.Take(Kind::kUdp, address) == -1);
  BOOST_TEST(keeper.Take(Kind::kTcp, address) == -1);
}

BOOST_AUTO_TEST_CASE(what_nobody_takes_is_closed_and_forgotten) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  BOOST_REQUIRE(listen(fd, 1) == 0);
  sockaddr_in bound = {};
  socklen_t size = sizeof bound;
  getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size);
  Supervisor supervisor;
  SocketKeeper keeper({fd}, supervisor.ProcessEnd());
  BOOST_TEST(IsOpen(fd));
  keeper.CloseUnclaimed();
  BOOST_TEST(!IsOpen(fd));
  BOOST_TEST(supervisor.Read() == "remove tcp 0.0.0.0:" + std::to_string(ntohs(bound.sin_port)));
  keeper.CloseUnclaimed();
  BOOST_TEST(supervisor.Read() == "");
}

BOOST_AUTO_TEST_CASE(descriptors_that_do_not_listen_are_closed_at_once) {
  int pipe_ends[2];
  BOOST_REQUIRE(pipe(pipe_ends) == 0);
  const int not_listening = socket(AF_INET, SOCK_STREAM, 0);
  const SocketKeeper keeper({pipe_ends[0], not_listening, 987}, -1);
  BOOST_TEST(!IsOpen(pipe_ends[0]));
  BOOST_TEST(!IsOpen(not_listening));
  close(pipe_ends[1]);
}

BOOST_AUTO_TEST_CASE(without_a_supervisor_nothing_is_different) {
  Loop loop;
  SocketKeeper keeper = SocketKeeper::FromEnvironment();
  const auto listener = ListenTcp(loop, kAnyPort, {.keeper = &keeper});
  BOOST_REQUIRE(IsOk(listener));
  const int client = ConnectTo((*listener)->local());
  BOOST_TEST(client >= 0);
  close(client);
}

}  // namespace
}  // namespace nubo::net
