// Processes that are kept running, also while no driver is there.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>

#include <chrono>
#include <cstring>

#include "absl/strings/match.h"
#include "nubo/drivers/shim_fd_store.h"
#include "tests/drivers/driver_fixture.h"

namespace nubo::drivers {
namespace {

sockaddr_in Loopback(int port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int FreePort() {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = Loopback(0);
  socklen_t size = sizeof address;
  BOOST_REQUIRE(bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0);
  BOOST_REQUIRE(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  close(fd);
  return ntohs(address.sin_port);
}

// What the program answers; "refused": nobody listens.
std::string Ask(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = Loopback(port);
  char answer[32] = {};
  const bool connected = connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  const timeval patience = {kPatienceMs / 1000, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  const ssize_t got = connected ? recv(fd, answer, sizeof answer, 0) : 0;
  close(fd);
  return connected ? std::string(answer, got > 0 ? got : 0) : "refused";
}

struct KeptFixture : DriverFixture {
  process::Spec Kept(const std::string& body) {
    process::Spec spec = Script(body);
    spec.keep_running = true;
    return spec;
  }
  // The next process of it, after it has been told that the former one ended.
  process::Event Restarted(const std::string& how) {
    const auto restarting = WaitFor(Kind::kRestarting);
    BOOST_REQUIRE(restarting.has_value());
    BOOST_TEST(process::ToString(restarting->end) == how);
    const auto running = WaitFor(Kind::kRunning);
    BOOST_REQUIRE(running.has_value());
    return *running;
  }
};

BOOST_FIXTURE_TEST_SUITE(keep_running, KeptFixture)

BOOST_AUTO_TEST_CASE(what_is_killed_runs_again) {
  const process::Event first = Run(Kept("exec sleep 600"));
  kill(first.pid, SIGKILL);
  const process::Event second = Restarted("was killed by signal 9");
  BOOST_TEST(second.pid != first.pid);
  driver->Terminate("i-1", absl::ZeroDuration());
  BOOST_TEST(End() == "was killed by signal 9");
}

BOOST_AUTO_TEST_CASE(it_runs_again_while_no_driver_is_there) {
  const process::Event first = Run(Kept("exec sleep 600"));
  driver.reset();
  kill(first.pid, SIGKILL);
  Restart();
  driver->Adopt({"i-1"});
  auto running = WaitFor(Kind::kRunning);
  // The shim may not have heard of the end yet.
  if (running.has_value() && running->pid == first.pid) running = WaitFor(Kind::kRunning);
  BOOST_REQUIRE(running.has_value());
  BOOST_TEST(running->pid != first.pid);
}

BOOST_AUTO_TEST_CASE(what_ends_again_and_again_starts_after_ever_longer_pauses) {
  Doorbell go(root + "/bells/go");
  Run(Kept("read line < " + go.path() + "; exit 3"));
  std::vector<absl::Duration> pauses;
  for (int i = 0; i < 4; ++i) {
    go.Ring();
    const auto restarting = WaitFor(Kind::kRestarting);
    BOOST_REQUIRE(restarting.has_value());
    BOOST_TEST((restarting->end == process::End::Exited(3)));
    pauses.push_back(restarting->restarts_in);
  }
  const absl::Duration first = absl::Milliseconds(100);
  BOOST_TEST(pauses == (std::vector<absl::Duration>{absl::ZeroDuration(), first, 2 * first, 4 * first}),
             boost::test_tools::per_element());
  driver->Terminate("i-1", absl::ZeroDuration());
  BOOST_TEST(End() == "exited with status 3");
}

BOOST_AUTO_TEST_CASE(terminated_it_stays_ended) {
  Run(Kept("exec sleep 600"));
  driver->Terminate("i-1", absl::Seconds(5));
  BOOST_TEST(End() == "was killed by signal 15");
  // Whatever else it has to tell comes before the answer to this.
  driver->Adopt({"i-1"});
  BOOST_TEST(WaitFor(Kind::kExited).has_value());
  BOOST_TEST(events.empty());
}

BOOST_AUTO_TEST_CASE(what_never_ran_is_not_kept) {
  process::Spec spec = Kept("");
  spec.script.clear();
  spec.argv = {"/nowhere/program"};
  BOOST_REQUIRE(testing::IsOk(Launch(spec)));
  BOOST_TEST(absl::StartsWith(End(), "could not be started: "));
}

BOOST_AUTO_TEST_CASE(its_successor_has_its_listening_socket_and_nobody_is_refused) {
  const int port = FreePort();
  process::Spec spec = Kept("");
  spec.script.clear();
  // Where an instance can see it.
  const std::string program = root + "/bells/listening_program";
  std::filesystem::copy_file(absl::StrCat(std::getenv("TEST_SRCDIR"), "/nubo/tests/drivers/listening_program"),
                             program);
  spec.argv = {program, absl::StrCat(port)};
  const process::Event first = Run(spec);
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(kPatienceMs);
  while (Ask(port) == "refused") BOOST_REQUIRE((std::chrono::steady_clock::now() < until));
  BOOST_TEST(Ask(port) == "own");
  kill(first.pid, SIGKILL);
  // The dying one may take a call along.
  std::string answer;
  while (answer != "inherited") {
    answer = Ask(port);
    BOOST_REQUIRE(answer != "refused");
    BOOST_REQUIRE((std::chrono::steady_clock::now() < until));
  }
  const process::Event second = Restarted("was killed by signal 9");
  kill(second.pid, SIGKILL);
  Restarted("was killed by signal 9");
  BOOST_TEST(Ask(port) == "inherited");
  driver->Terminate("i-1", absl::ZeroDuration());
  End();
  driver->Forget("i-1");
  // The socket goes with the shim, which may take a moment.
  while (Ask(port) != "refused") BOOST_REQUIRE((std::chrono::steady_clock::now() < until));
}

BOOST_AUTO_TEST_SUITE_END()

// The process's end of a store.
struct Process {
  explicit Process(FdStore& store) : fd(store.Open()) {}
  ~Process() { close(fd); }
  void Send(const std::string& text, int passed = -1) const {
    iovec piece = {const_cast<char*>(text.data()), text.size()};
    msghdr header = {};
    header.msg_iov = &piece;
    header.msg_iovlen = 1;
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof passed)] = {};
    if (passed >= 0) {
      header.msg_control = control;
      header.msg_controllen = sizeof control;
      cmsghdr* part = CMSG_FIRSTHDR(&header);
      part->cmsg_level = SOL_SOCKET;
      part->cmsg_type = SCM_RIGHTS;
      part->cmsg_len = CMSG_LEN(sizeof passed);
      std::memcpy(CMSG_DATA(part), &passed, sizeof passed);
    }
    BOOST_REQUIRE(sendmsg(fd, &header, MSG_NOSIGNAL) >= 0);
  }
  const int fd;
};

BOOST_AUTO_TEST_CASE(a_store_holds_replaces_and_removes_by_name) {
  FdStore store;
  const Process process(store);
  process.Send("store tcp 127.0.0.1:80", 0);
  process.Send("store tcp 127.0.0.1:80", 0);
  process.Send("store udp 127.0.0.1:80", 0);
  store.Read();
  BOOST_TEST(store.held().size() == 2u);
  process.Send("remove tcp 127.0.0.1:80");
  process.Send("remove tcp 127.0.0.1:81");
  store.Read();
  BOOST_TEST(store.held().size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_store_passes_over_what_it_does_not_understand) {
  FdStore store;
  const Process process(store);
  for (const std::string& text :
       {std::string("store "), std::string("keep x"), std::string("x"), std::string(1000, 's')}) {
    process.Send(text, 0);
  }
  process.Send("store tcp 127.0.0.1:80");
  store.Read();
  BOOST_TEST(store.held().empty());
}

BOOST_AUTO_TEST_CASE(a_store_is_bounded) {
  FdStore store;
  const Process process(store);
  for (size_t i = 0; i < FdStore::kHeldMax + 5; ++i) {
    process.Send(absl::StrCat("store tcp 127.0.0.1:", i), 0);
    store.Read();
  }
  BOOST_TEST(store.held().size() == FdStore::kHeldMax);
}

BOOST_AUTO_TEST_CASE(a_store_keeps_what_it_holds_when_its_process_is_gone) {
  FdStore store;
  {
    const Process process(store);
    process.Send("store tcp 127.0.0.1:80", 0);
  }
  store.Read();
  BOOST_TEST(store.fd() == -1);
  BOOST_TEST(store.held().size() == 1u);
  const Process successor(store);
  BOOST_TEST(store.held().size() == 1u);
}

}  // namespace
}  // namespace nubo::drivers
