// The process itself: started, told what to be, told to end.
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>

#include "nubo/http/fetch.h"
#include "nubo/net/frames.h"
#include "nubo/net/loop.h"
#include "nubo/net/stream.h"
#include "nubo/proxy/v1/proxy.pb.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::proxy {
namespace {

using ::nubo::testing::IsOk;

constexpr char kBinary[] = "tests/proxy/proxy_process";

struct Process {
  std::filesystem::path folder;
  std::string control;
  pid_t pid = -1;
  net::Loop loop;

  Process() {
    std::string pattern = (std::filesystem::temp_directory_path() / "nubo-proxy-XXXXXX").string();
    BOOST_REQUIRE(mkdtemp(pattern.data()) != nullptr);
    folder = pattern;
    control = (folder / "control.sock").string();
    Start();
  }
  ~Process() {
    Kill();
    std::filesystem::remove_all(folder);
  }

  void Start() {
    const std::string snapshot = (folder / "configuration").string();
    const char* argv[] = {kBinary, control.c_str(), snapshot.c_str(), nullptr};
    BOOST_REQUIRE(posix_spawn(&pid, kBinary, nullptr, nullptr, const_cast<char**>(argv), environ) == 0);
  }
  void Kill() {
    if (pid <= 0) return;
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
    pid = -1;
  }

  // A process that has just been started is not there yet; it has ten seconds.
  net::Task<std::unique_ptr<net::Stream>> Connect() {
    const absl::Time deadline = loop.Now() + absl::Seconds(10);
    for (;;) {
      auto stream = co_await net::ConnectUnix(loop, control, deadline);
      if (stream.ok()) {
        (*stream)->SetDeadline(deadline);
        co_return *std::move(stream);
      }
      BOOST_REQUIRE(loop.Now() < deadline);
      net::Event never(loop);
      co_await never.WaitUntil(loop.Now() + absl::Milliseconds(5));
    }
  }
  net::Task<v1::Status> Receive(net::Stream& stream) {
    v1::Status status;
    const auto frame = co_await net::ReadFrame(stream);
    BOOST_REQUIRE(IsOk(frame));
    BOOST_REQUIRE(status.ParseFromString(*frame));
    co_return status;
  }
  net::Task<int> Ask(int port) {
    http::RequestHead head;
    head.authority = "a";
    const net::SocketAddress address{*net::IpAddress::Parse("127.0.0.1"), static_cast<uint16_t>(port)};
    http::FetchOptions options;
    const auto response = co_await http::Fetch(loop, address, std::move(head), "", options);
    co_return response.ok() ? response->head.status : 0;
  }
  void Run(net::Task<void> task) {
    loop.Spawn(RunToEnd(std::move(task)));
    loop.Run();
  }
  net::Task<void> RunToEnd(net::Task<void> task) {
    try {
      co_await std::move(task);
    } catch (...) {
      // A BOOST_REQUIRE that failed; it has been reported.
    }
    loop.Stop();
  }
};

net::Task<void> Life(Process& process) {
  int port = 0;
  {
    auto stream = co_await process.Connect();
    struct stat info;
    BOOST_TEST(stat(process.control.c_str(), &info) == 0);
    BOOST_TEST((info.st_mode & 0777) == 0600u);
    BOOST_TEST((co_await process.Receive(*stream)).revision() == 0u);
    v1::Configuration configuration;
    configuration.set_revision(12);
    v1::Listener* listener = configuration.add_listeners();
    listener->set_id("l");
    listener->add_addresses()->set_ip("127.0.0.1");
    listener->mutable_default_action()->mutable_fixed_response()->set_status_code(418);
    const std::string bytes = configuration.SerializeAsString();
    BOOST_TEST(IsOk(co_await net::WriteFrame(*stream, bytes)));
    const v1::Status status = co_await process.Receive(*stream);
    BOOST_TEST(status.revision() == 12u);
    BOOST_REQUIRE(status.listeners_size() == 1);
    BOOST_REQUIRE(status.listeners(0).bound_size() == 1);
    port = status.listeners(0).bound(0).port();
    BOOST_TEST(co_await process.Ask(port) == 418);
  }
  // Nobody is connected any more, and it serves on.
  BOOST_TEST(co_await process.Ask(port) == 418);
  {
    auto again = co_await process.Connect();
    BOOST_TEST((co_await process.Receive(*again)).revision() == 12u);
  }
  // Its successor knows what it knew.
  process.Kill();
  process.Start();
  auto successor = co_await process.Connect();
  const v1::Status status = co_await process.Receive(*successor);
  BOOST_TEST(status.revision() == 12u);
  BOOST_REQUIRE(status.listeners_size() == 1);
  BOOST_REQUIRE(status.listeners(0).bound_size() == 1);
  BOOST_TEST(co_await process.Ask(status.listeners(0).bound(0).port()) == 418);
}

BOOST_FIXTURE_TEST_CASE(it_serves_what_it_is_told_with_or_without_somebody_to_tell_it, Process) {
  Run(Life(*this));
  BOOST_TEST(kill(pid, SIGTERM) == 0);
  int status = 0;
  BOOST_TEST(waitpid(pid, &status, 0) == pid);
  pid = -1;
  BOOST_TEST(WIFEXITED(status));
  BOOST_TEST(WEXITSTATUS(status) == 0);
  BOOST_TEST(!std::filesystem::exists(control));
}

}  // namespace
}  // namespace nubo::proxy
