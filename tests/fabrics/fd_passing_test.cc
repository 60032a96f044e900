#include "nubo/fabrics/fd_passing.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "nubo/base/owned_fd.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::fabrics {
namespace {

using nubo::testing::IsOk;
using nubo::testing::StatusIs;

const int kTypes[] = {SOCK_SEQPACKET, SOCK_STREAM};

struct Pair {
  explicit Pair(int type, int flags = 0) {
    int ends[2];
    BOOST_REQUIRE(socketpair(AF_UNIX, type | SOCK_CLOEXEC | flags, 0, ends) == 0);
    first = base::OwnedFd(ends[0]);
    second = base::OwnedFd(ends[1]);
  }
  base::OwnedFd first, second;
};

size_t OpenCount() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<size_t>(std::distance(begin(all), end(all)));
}

// More descriptors than a message has room for, as somebody else may send them.
void SendMany(int socket, const std::string& bytes, size_t count) {
  std::vector<int> descriptors(count, STDIN_FILENO);
  std::string control(CMSG_SPACE(count * sizeof(int)), '\0');
  iovec piece = {const_cast<char*>(bytes.data()), bytes.size()};
  msghdr header = {};
  header.msg_iov = &piece;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  cmsghdr* part = CMSG_FIRSTHDR(&header);
  part->cmsg_level = SOL_SOCKET;
  part->cmsg_type = SCM_RIGHTS;
  part->cmsg_len = CMSG_LEN(count * sizeof(int));
  memcpy(CMSG_DATA(part), descriptors.data(), count * sizeof(int));
  BOOST_REQUIRE(sendmsg(socket, &header, MSG_NOSIGNAL) >= 0);
}

// A message of a stream: its size, and as many bytes.
std::string Framed(const std::string& text) {
  const auto size = static_cast<uint16_t>(text.size());
  return std::string(reinterpret_cast<const char*>(&size), sizeof size) + text;
}

BOOST_DATA_TEST_CASE(messages_come_one_by_one_each_with_its_descriptors, kTypes, type) {
  const Pair pair(type);
  int ends[2];
  BOOST_REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
  const base::OwnedFd reading(ends[0]), writing(ends[1]);
  BOOST_TEST(IsOk(SendDescriptors(pair.first.get(), "plain", {})));
  BOOST_TEST(IsOk(SendDescriptors(pair.first.get(), "pipe", {reading.get(), writing.get()})));
  BOOST_TEST(IsOk(SendDescriptors(pair.first.get(), std::string(kPassedBytesMax, 'x'), {})));
  const auto plain = ReceiveDescriptors(pair.second.get());
  BOOST_REQUIRE(IsOk(plain));
  BOOST_TEST(plain->message == "plain");
  BOOST_TEST(plain->descriptors.empty());
  const auto passed = ReceiveDescriptors(pair.second.get());
  BOOST_REQUIRE(IsOk(passed));
  BOOST_TEST(passed->message == "pipe");
  BOOST_REQUIRE(passed->descriptors.size() == 2u);
  BOOST_TEST(write(passed->descriptors[1].get(), "x", 1) == 1);
  char byte = 0;
  BOOST_TEST(read(reading.get(), &byte, 1) == 1);
  for (const base::OwnedFd& fd : passed->descriptors) BOOST_TEST((fcntl(fd.get(), F_GETFD) & FD_CLOEXEC) != 0);
  BOOST_TEST(ReceiveDescriptors(pair.second.get())->message.size() == kPassedBytesMax);
}

BOOST_DATA_TEST_CASE(sixteen_descriptors_fit, kTypes, type) {
  const Pair pair(type);
  const std::vector<int> descriptors(kPassedDescriptorsMax, STDIN_FILENO);
  BOOST_TEST(IsOk(SendDescriptors(pair.first.get(), "all", descriptors)));
  const auto passed = ReceiveDescriptors(pair.second.get());
  BOOST_REQUIRE(IsOk(passed));
  BOOST_TEST(passed->descriptors.size() == kPassedDescriptorsMax);
}

BOOST_DATA_TEST_CASE(what_does_not_fit_is_not_sent, kTypes, type) {
  const Pair pair(type, SOCK_NONBLOCK);
  const std::vector<int> many(kPassedDescriptorsMax + 1, STDIN_FILENO);
  const auto invalid = absl::StatusCode::kInvalidArgument;
  BOOST_TEST(StatusIs(SendDescriptors(pair.first.get(), "many", many), invalid));
  BOOST_TEST(StatusIs(SendDescriptors(pair.first.get(), std::string(kPassedBytesMax + 1, 'x'), {}), invalid));
  BOOST_TEST(StatusIs(SendDescriptors(pair.first.get(), "", {}), invalid));
  BOOST_TEST(StatusIs(SendDescriptors(pair.first.get(), "none", {-1}), invalid));
  BOOST_TEST(StatusIs(ReceiveDescriptors(pair.second.get()), absl::StatusCode::kUnavailable));
}

BOOST_DATA_TEST_CASE(too_many_descriptors_are_refused_and_none_stays_open, kTypes, type) {
  const Pair pair(type);
  const size_t before = OpenCount();
  for (const size_t count : {kPassedDescriptorsMax + 1, size_t{100}}) {
    SendMany(pair.first.get(), type == SOCK_STREAM ? Framed("many") : "many", count);
    BOOST_TEST(StatusIs(ReceiveDescriptors(pair.second.get()), absl::StatusCode::kInvalidArgument));
    if (type == SOCK_STREAM) break;
  }
  BOOST_TEST(OpenCount() == before);
}

BOOST_AUTO_TEST_CASE(too_long_a_packet_is_refused_and_its_descriptor_closed) {
  const Pair pair(SOCK_SEQPACKET);
  const size_t before = OpenCount();
  SendMany(pair.first.get(), std::string(kPassedBytesMax + 1, 'x'), 1);
  BOOST_TEST(StatusIs(ReceiveDescriptors(pair.second.get()), absl::StatusCode::kInvalidArgument));
  BOOST_TEST(OpenCount() == before);
}

BOOST_AUTO_TEST_CASE(a_size_that_none_has_is_refused) {
  for (const size_t size : {size_t{0}, kPassedBytesMax + 1}) {
    const Pair pair(SOCK_STREAM);
    const std::string bytes = Framed(std::string(size, 'x'));
    BOOST_REQUIRE(send(pair.first.get(), bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()));
    BOOST_TEST(StatusIs(ReceiveDescriptors(pair.second.get()), absl::StatusCode::kInvalidArgument));
  }
}

BOOST_AUTO_TEST_CASE(descriptors_amid_a_message_are_refused_and_closed) {
  const Pair pair(SOCK_STREAM);
  const size_t before = OpenCount();
  const std::string bytes = Framed("hello");
  BOOST_REQUIRE(send(pair.first.get(), bytes.data(), 4, 0) == 4);
  SendMany(pair.first.get(), bytes.substr(4), 2);
  BOOST_TEST(StatusIs(ReceiveDescriptors(pair.second.get()), absl::StatusCode::kInvalidArgument, "amid"));
  BOOST_TEST(OpenCount() == before);
}

BOOST_AUTO_TEST_CASE(a_stream_may_come_in_single_bytes) {
  const Pair pair(SOCK_STREAM);
  const std::string bytes = Framed("hello");
  SendMany(pair.first.get(), bytes.substr(0, 1), 1);
  for (const char c : bytes.substr(1)) BOOST_REQUIRE(send(pair.first.get(), &c, 1, 0) == 1);
  const auto passed = ReceiveDescriptors(pair.second.get());
  BOOST_REQUIRE(IsOk(passed));
  BOOST_TEST(passed->message == "hello");
  BOOST_TEST(passed->descriptors.size() == 1u);
}

BOOST_DATA_TEST_CASE(what_was_sent_before_the_end_is_received, kTypes, type) {
  Pair pair(type);
  BOOST_TEST(IsOk(SendDescriptors(pair.first.get(), "last", {STDIN_FILENO})));
  pair.first.Close();
  BOOST_TEST(IsOk(ReceiveDescriptors(pair.second.get())));
  BOOST_TEST(StatusIs(ReceiveDescriptors(pair.second.get()), absl::StatusCode::kOutOfRange));
  BOOST_TEST(StatusIs(SendDescriptors(pair.second.get(), "nobody", {}), absl::StatusCode::kUnavailable));
}

BOOST_AUTO_TEST_CASE(an_end_amid_a_message_is_told) {
  Pair pair(SOCK_STREAM);
  const size_t before = OpenCount();
  SendMany(pair.first.get(), Framed("hello").substr(0, 4), 1);
  pair.first.Close();
  BOOST_TEST(StatusIs(ReceiveDescriptors(pair.second.get()), absl::StatusCode::kInvalidArgument, "has closed"));
  BOOST_TEST(OpenCount() == before - 1);
}

BOOST_DATA_TEST_CASE(a_full_socket_that_does_not_block_says_so, kTypes, type) {
  const Pair pair(type, SOCK_NONBLOCK);
  absl::Status status;
  // Bounded by what the kernel keeps for a socket.
  for (int i = 0; i < 100000 && status.ok(); ++i) status = SendDescriptors(pair.first.get(), "message", {});
  BOOST_TEST(StatusIs(status, absl::StatusCode::kUnavailable));
  BOOST_TEST(ReceiveDescriptors(pair.second.get())->message == "message");
}

BOOST_AUTO_TEST_CASE(only_sockets_with_an_order_are_used) {
  const Pair pair(SOCK_DGRAM);
  BOOST_TEST(StatusIs(SendDescriptors(pair.first.get(), "x", {}), absl::StatusCode::kInvalidArgument));
  BOOST_TEST(StatusIs(ReceiveDescriptors(pair.first.get()), absl::StatusCode::kInvalidArgument));
  BOOST_TEST(StatusIs(ReceiveDescriptors(-1), absl::StatusCode::kInvalidArgument));
}

BOOST_DATA_TEST_CASE(the_peer_is_known, kTypes, type) {
  const Pair pair(type);
  const auto peer = PeerOf(pair.first.get());
  BOOST_REQUIRE(IsOk(peer));
  BOOST_TEST(peer->pid == getpid());
  BOOST_TEST(peer->uid == geteuid());
  BOOST_TEST(peer->gid == getegid());
}

}  // namespace
}  // namespace nubo::fabrics
