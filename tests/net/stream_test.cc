#include "nubo/net/stream.h"

#include <sys/stat.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <optional>
#include <thread>

#include "nubo/net/datagram.h"
#include "nubo/net/frames.h"
#include "nubo/net/loop.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::net {
namespace {

using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

const SocketAddress kAnyPort = *SocketAddress::Parse("127.0.0.1:0");

// Runs `task` on a loop to its end. What a test sees goes through references, so that failures report here.
void RunToEnd(Loop& loop, Task<void> task) {
  const auto wrapped = [](Loop& loop, Task<void> task) -> Task<void> {
    co_await std::move(task);
    loop.Stop();
  };
  loop.Spawn(wrapped(loop, std::move(task)));
  loop.Run();
}

Task<void> EchoOnce(Listener& listener) {
  auto stream = co_await listener.Accept();
  if (!stream.ok()) co_return;
  char buffer[256];
  while (true) {
    const auto got = co_await (*stream)->Read(absl::MakeSpan(buffer));
    if (!got.ok() || *got == 0) break;
    const absl::string_view bytes(buffer, *got);
    if (!(co_await (*stream)->Write(bytes)).ok()) break;
  }
}

BOOST_AUTO_TEST_CASE(tcp_carries_bytes_both_ways_and_ends) {
  Loop loop;
  auto listener = ListenTcp(loop, kAnyPort);
  BOOST_REQUIRE(IsOk(listener));
  loop.Spawn(EchoOnce(**listener));
  std::string echoed;
  const auto talk = [&]() -> Task<void> {
    auto stream = co_await ConnectTcp(loop, (*listener)->local(), loop.Now() + absl::Seconds(5));
    BOOST_REQUIRE(IsOk(stream));
    const std::array<absl::string_view, 3> pieces = {"one ", "", "two"};
    const absl::Span<const absl::string_view> span = pieces;
    const absl::Status written = co_await (*stream)->Write(span);
    BOOST_TEST(IsOk(written));
    (*stream)->ShutdownWrite();
    char buffer[256];
    while (true) {
      const auto got = co_await (*stream)->Read(absl::MakeSpan(buffer));
      BOOST_REQUIRE(IsOk(got));
      if (*got == 0) break;
      echoed.append(buffer, *got);
    }
  };
  RunToEnd(loop, talk());
  BOOST_TEST(echoed == "one two");
}

BOOST_AUTO_TEST_CASE(a_refused_connection_says_where) {
  Loop loop;
  SocketAddress nobody;
  {
    auto listener = ListenTcp(loop, kAnyPort);
    nobody = (*listener)->local();
  }
  const auto talk = [&]() -> Task<void> {
    const auto stream = co_await ConnectTcp(loop, nobody, loop.Now() + absl::Seconds(5));
    BOOST_TEST(StatusIs(stream, absl::StatusCode::kUnavailable, nobody.ToString()));
  };
  RunToEnd(loop, talk());
}

BOOST_AUTO_TEST_CASE(a_port_in_use_is_named) {
  Loop loop;
  auto listener = ListenTcp(loop, kAnyPort);
  BOOST_TEST(StatusIs(ListenTcp(loop, (*listener)->local()), absl::StatusCode::kAlreadyExists,
                      (*listener)->local().ToString()));
}

BOOST_AUTO_TEST_CASE(a_deadline_ends_a_pending_read_and_can_be_lifted) {
  Loop loop;
  auto listener = ListenTcp(loop, kAnyPort);
  loop.Spawn(EchoOnce(**listener));
  const auto talk = [&]() -> Task<void> {
    auto stream = co_await ConnectTcp(loop, (*listener)->local(), loop.Now() + absl::Seconds(5));
    char buffer[16];
    (*stream)->SetDeadline(loop.Now() + absl::Milliseconds(5));
    const auto late = co_await (*stream)->Read(absl::MakeSpan(buffer));
    BOOST_TEST(StatusIs(late, absl::StatusCode::kDeadlineExceeded));
    (*stream)->SetDeadline(absl::InfiniteFuture());
    const absl::Status written = co_await (*stream)->Write("hi");
    BOOST_TEST(IsOk(written));
    const auto got = co_await (*stream)->Read(absl::MakeSpan(buffer));
    BOOST_TEST(*got == 2u);
  };
  RunToEnd(loop, talk());
}

BOOST_AUTO_TEST_CASE(closing_ends_a_pending_read) {
  Loop loop;
  auto listener = ListenTcp(loop, kAnyPort);
  loop.Spawn(EchoOnce(**listener));
  const auto talk = [&]() -> Task<void> {
    auto stream = co_await ConnectTcp(loop, (*listener)->local(), loop.Now() + absl::Seconds(5));
    loop.Post([&stream] { (*stream)->Close(); });
    char buffer[16];
    const auto got = co_await (*stream)->Read(absl::MakeSpan(buffer));
    BOOST_TEST(StatusIs(got, absl::StatusCode::kCancelled));
    BOOST_TEST((*stream)->IdleBroken());
  };
  RunToEnd(loop, talk());
}

Task<void> WaitOn(Stream& stream, absl::Status& ended) {
  char buffer[16];
  ended = (co_await stream.Read(absl::MakeSpan(buffer))).status();
}

Task<void> WaitOn(Datagram& socket, absl::Status& ended) {
  char buffer[16];
  ended = (co_await socket.Receive(absl::MakeSpan(buffer))).status();
}

Task<void> WaitOn(Listener& listener, absl::Status& ended) { ended = (co_await listener.Accept()).status(); }

// Nothing of it is touched any more, as a sanitizer would tell.
BOOST_AUTO_TEST_CASE(what_goes_while_somebody_waits_on_it_ends_the_wait) {
  Loop loop;
  const std::string path = (std::filesystem::temp_directory_path() / "nubo-goes.sock").string();
  std::unique_ptr<Listener> tcp = *ListenTcp(loop, kAnyPort);
  std::unique_ptr<Listener> local = *ListenUnix(loop, path);
  std::unique_ptr<Datagram> udp = *BindUdp(loop, kAnyPort);
  std::unique_ptr<Stream> stream;
  absl::Status ended[4];
  const auto test = [&]() -> Task<void> {
    stream = *co_await ConnectTcp(loop, tcp->local(), loop.Now() + absl::Seconds(5));
    // What has connected is accepted and kept, since its end would be one of the read, and the next is waited for.
    const absl::StatusOr<std::unique_ptr<Stream>> peer = co_await tcp->Accept();
    loop.Spawn(WaitOn(*stream, ended[0]));
    loop.Spawn(WaitOn(*udp, ended[1]));
    loop.Spawn(WaitOn(*tcp, ended[2]));
    loop.Spawn(WaitOn(*local, ended[3]));
    loop.Post([&] {
      stream = nullptr;
      udp = nullptr;
      tcp = nullptr;
      local = nullptr;
    });
    while (ended[0].ok() || ended[1].ok() || ended[2].ok() || ended[3].ok()) {
      co_await loop.SleepFor(absl::ZeroDuration());
    }
  };
  RunToEnd(loop, test());
  for (int i = 0; i < 4; ++i) BOOST_TEST(StatusIs(ended[i], absl::StatusCode::kCancelled));
}

BOOST_AUTO_TEST_CASE(an_idle_connection_that_the_peer_left_is_noticed) {
  Loop loop;
  auto listener = ListenTcp(loop, kAnyPort);
  const auto talk = [&]() -> Task<void> {
    auto near = co_await ConnectTcp(loop, (*listener)->local(), loop.Now() + absl::Seconds(5));
    auto far = co_await (*listener)->Accept();
    BOOST_TEST(!(*near)->IdleBroken());
    (*far)->Close();
    char byte[1];
    const auto got = co_await (*near)->Read(absl::MakeSpan(byte));
    BOOST_TEST(*got == 0u);
    BOOST_TEST((*near)->IdleBroken());
  };
  RunToEnd(loop, talk());
}

// Looks again and again until `seen` holds, for what the kernel carries from one socket to the other.
Task<bool> Until(Loop& loop, std::function<bool()> seen) {
  const absl::Time last = loop.Now() + absl::Seconds(5);
  while (!seen()) {
    if (loop.Now() > last) co_return false;
    co_await loop.SleepFor(absl::ZeroDuration());
  }
  co_return true;
}

BOOST_AUTO_TEST_CASE(a_peer_that_has_only_stopped_sending_is_not_gone) {
  Loop loop;
  auto listener = ListenTcp(loop, kAnyPort);
  const auto talk = [&]() -> Task<void> {
    auto near = co_await ConnectTcp(loop, (*listener)->local(), loop.Now() + absl::Seconds(5));
    auto far = co_await (*listener)->Accept();
    BOOST_TEST(!(*near)->Broken());
    (*far)->ShutdownWrite();
    const std::function<bool()> ended = [&] { return (*near)->IdleBroken(); };
    BOOST_TEST(co_await Until(loop, ended));
    BOOST_TEST(!(*near)->Broken());
    BOOST_TEST(IsOk(co_await (*near)->Write("x")));
  };
  RunToEnd(loop, talk());
}

BOOST_AUTO_TEST_CASE(a_peer_that_has_closed_is_gone_though_what_it_sent_lies_unread) {
  Loop loop;
  auto listener = ListenTcp(loop, kAnyPort);
  const auto talk = [&]() -> Task<void> {
    auto near = co_await ConnectTcp(loop, (*listener)->local(), loop.Now() + absl::Seconds(5));
    auto far = co_await (*listener)->Accept();
    (void)co_await (*far)->Write("unread");
    const std::function<bool()> arrived = [&] { return (*near)->IdleBroken(); };
    BOOST_TEST(co_await Until(loop, arrived));
    // It shows once something is sent to it.
    (*far)->Close();
    (void)co_await (*near)->Write("x");
    const std::function<bool()> gone = [&] { return (*near)->Broken(); };
    BOOST_TEST(co_await Until(loop, gone));
  };
  RunToEnd(loop, talk());
}

BOOST_AUTO_TEST_CASE(that_a_peer_read_nothing_is_said_only_when_it_is_certain) {
  Loop loop;
  auto listener = ListenTcp(loop, kAnyPort);
  const auto talk = [&]() -> Task<void> {
    // Read by the kernel, and perhaps by the program; read by the program; closed before, with an end or a reset.
    for (const absl::string_view how : {"kept", "read", "ended", "reset"}) {
      auto near = co_await ConnectTcp(loop, (*listener)->local(), loop.Now() + absl::Seconds(5));
      auto far = co_await (*listener)->Accept();
      (void)co_await (*near)->Write("before");
      char buffer[16];
      (void)co_await (*far)->Read(absl::MakeSpan(buffer));
      (*near)->MarkWritten();
      BOOST_TEST((*near)->NothingRead());
      if (how == "ended") (*far)->Close();
      if (how == "reset") (*far)->Reset();
      (void)co_await (*near)->Write("after");
      if (how == "read") (void)co_await (*far)->Read(absl::MakeSpan(buffer));
      (*far)->Close();
      // What has been read is followed by an end, and all else by a reset.
      const std::function<bool()> told = [&] { return how == "read" ? (*near)->IdleBroken() : (*near)->Broken(); };
      BOOST_TEST(co_await Until(loop, told), how);
      // A write that failed has written nothing.
      BOOST_TEST((*near)->NothingRead() == (how == "ended" || how == "reset"), how);
    }
  };
  RunToEnd(loop, talk());
}

// A write hands bytes to the kernel at once, and goes on after what the loop had to do before.
BOOST_AUTO_TEST_CASE(what_is_being_written_may_have_been_read) {
  Loop loop;
  auto listener = ListenTcp(loop, kAnyPort);
  const auto talk = [&]() -> Task<void> {
    auto near = co_await ConnectTcp(loop, (*listener)->local(), loop.Now() + absl::Seconds(5));
    auto far = co_await (*listener)->Accept();
    std::optional<bool> arrived, nothing_read;
    (*near)->MarkWritten();
    loop.Post([&] {
      arrived = (*far)->IdleBroken();
      nothing_read = (*near)->NothingRead();
    });
    (void)co_await (*near)->Write("x");
    BOOST_REQUIRE(nothing_read.has_value());
    BOOST_TEST(*arrived);
    BOOST_TEST(!*nothing_read);
  };
  RunToEnd(loop, talk());
}

BOOST_AUTO_TEST_CASE(unix_sockets_are_private_and_replace_a_dead_one) {
  std::string dir = (std::filesystem::temp_directory_path() / "nubo-net-XXXXXX").string();
  BOOST_REQUIRE(mkdtemp(dir.data()) != nullptr);
  const std::string path = dir + "/s";
  Loop loop;
  auto listener = ListenUnix(loop, path);
  BOOST_REQUIRE(IsOk(listener));
  struct stat info;
  BOOST_REQUIRE(stat(path.c_str(), &info) == 0);
  BOOST_TEST((info.st_mode & 0777) == 0600u);
  BOOST_TEST(StatusIs(ListenUnix(loop, std::string(200, 'x')), absl::StatusCode::kInvalidArgument, "200 bytes"));
  const auto talk = [&]() -> Task<void> {
    auto near = co_await ConnectUnix(loop, path, loop.Now() + absl::Seconds(5));
    auto far = co_await (*listener)->Accept();
    BOOST_TEST((*far)->peer_uid() == static_cast<int>(getuid()));
    const absl::Status written = co_await WriteFrame(**near, "a message");
    BOOST_TEST(IsOk(written));
    (*near)->ShutdownWrite();
    const auto message = co_await ReadFrame(**far);
    BOOST_TEST(*message == "a message");
    const auto end = co_await ReadFrame(**far);
    BOOST_TEST(StatusIs(end, absl::StatusCode::kOutOfRange));
  };
  RunToEnd(loop, talk());
  BOOST_TEST(StatusIs(ListenUnix(loop, path), absl::StatusCode::kAlreadyExists, path));
  std::filesystem::remove_all(dir);
}

BOOST_AUTO_TEST_CASE(frames_are_bounded_and_whole) {
  Loop loop;
  auto listener = ListenTcp(loop, kAnyPort);
  const auto talk = [&]() -> Task<void> {
    auto near = co_await ConnectTcp(loop, (*listener)->local(), loop.Now() + absl::Seconds(5));
    auto far = co_await (*listener)->Accept();
    const absl::string_view huge("\xff\xff\xff\xff", 4);
    const absl::Status sent1 = co_await (*near)->Write(huge);
    BOOST_TEST(IsOk(sent1));
    const auto refused = co_await ReadFrame(**far);
    BOOST_TEST(StatusIs(refused, absl::StatusCode::kResourceExhausted, "4294967295"));
    const absl::string_view half("\0\0\0\5ab", 6);
    const absl::Status sent2 = co_await (*near)->Write(half);
    BOOST_TEST(IsOk(sent2));
    (*near)->ShutdownWrite();
    const auto cut = co_await ReadFrame(**far);
    BOOST_TEST(StatusIs(cut, absl::StatusCode::kDataLoss));
  };
  RunToEnd(loop, talk());
}

BOOST_AUTO_TEST_CASE(datagrams_keep_their_boundaries) {
  Loop loop;
  auto a = BindUdp(loop, kAnyPort);
  auto b = BindUdp(loop, kAnyPort);
  BOOST_REQUIRE(IsOk(a));
  BOOST_TEST(StatusIs(BindUdp(loop, (*a)->local()), absl::StatusCode::kAlreadyExists, "(UDP)"));
  const auto talk = [&]() -> Task<void> {
    const absl::Status sent3 = co_await (*a)->Send("first", (*b)->local());
    BOOST_TEST(IsOk(sent3));
    const absl::Status sent4 = co_await (*a)->Send("", (*b)->local());
    BOOST_TEST(IsOk(sent4));
    char buffer[64];
    const auto first = co_await (*b)->Receive(absl::MakeSpan(buffer));
    BOOST_TEST(first->size == 5u);
    BOOST_TEST((first->peer == (*a)->local()));
    const auto empty = co_await (*b)->Receive(absl::MakeSpan(buffer));
    BOOST_TEST(empty->size == 0u);
    (*b)->SetDeadline(loop.Now() + absl::Milliseconds(5));
    const auto late = co_await (*b)->Receive(absl::MakeSpan(buffer));
    BOOST_TEST(StatusIs(late, absl::StatusCode::kDeadlineExceeded));
  };
  RunToEnd(loop, talk());
}

BOOST_AUTO_TEST_CASE(a_promise_is_set_from_another_thread) {
  Loop loop;
  int got = 0;
  const Promise<int> promise(loop);
  std::thread other([promise] {
    promise.Set(42);
    promise.Set(43);
  });
  const auto wait = [&]() -> Task<void> { got = co_await promise.Await(); };
  RunToEnd(loop, wait());
  other.join();
  BOOST_TEST(got == 42);
}

BOOST_AUTO_TEST_CASE(an_event_wakes_all_and_times_out) {
  Loop loop;
  Event event(loop);
  int woken = 0;
  const auto wait = [&]() -> Task<void> {
    if (co_await event.WaitUntil(loop.Now() + absl::Seconds(30))) ++woken;
  };
  loop.Spawn(wait());
  loop.Spawn(wait());
  const auto talk = [&]() -> Task<void> {
    event.Notify();
    const bool notified = co_await event.WaitUntil(loop.Now() + absl::Milliseconds(1));
    BOOST_TEST(!notified);
  };
  RunToEnd(loop, talk());
  BOOST_TEST(woken == 2);
}

}  // namespace
}  // namespace nubo::net
