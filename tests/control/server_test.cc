#include "nubo/control/server.h"

#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>

#include "nubo/control/messages.h"
#include "nubo/net/frames.h"
#include "nubo/net/stream.h"
#include "nubo/proxy/v1/proxy.pb.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::control {
namespace {

using ::nubo::testing::IsOk;

namespace v1 = ::nubo::proxy::v1;

class FakeProxy final : public MessageHandler<v1::Configuration, v1::Status> {
 public:
  using MessageHandler::Apply;
  using MessageHandler::Describe;
  absl::Status Apply(const v1::Configuration& configuration) override {
    if (configuration.load_balancer_id() == "bad") return absl::InvalidArgumentError("no good");
    revision_ = configuration.revision();
    return absl::OkStatus();
  }
  v1::Status Describe() override {
    v1::Status status;
    status.set_revision(revision_);
    return status;
  }

 private:
  uint64_t revision_ = 0;
};

struct Fixture {
  std::filesystem::path folder;
  std::string path;
  net::Loop loop;
  FakeProxy proxy;
  Server server{loop, proxy};

  Fixture() {
    std::string pattern = (std::filesystem::temp_directory_path() / "nubo-control-XXXXXX").string();
    BOOST_REQUIRE(mkdtemp(pattern.data()) != nullptr);
    folder = pattern;
    path = (folder / "control.sock").string();
    BOOST_REQUIRE(IsOk(server.Listen(path)));
  }
  ~Fixture() {
    server.Close();
    std::filesystem::remove_all(folder);
  }

  void Run(net::Task<void> task) {
    loop.Spawn(RunThenStop(std::move(task)));
    loop.Run();
  }
  net::Task<void> RunThenStop(net::Task<void> task) {
    co_await std::move(task);
    loop.Stop();
  }
  net::Task<std::unique_ptr<net::Stream>> Connect() {
    const absl::Time deadline = loop.Now() + absl::Seconds(10);
    auto stream = co_await net::ConnectUnix(loop, path, deadline);
    BOOST_REQUIRE(IsOk(stream));
    (*stream)->SetDeadline(deadline);
    co_return *std::move(stream);
  }
  net::Task<void> Send(net::Stream& stream, uint64_t revision, std::string id) {
    v1::Configuration configuration;
    configuration.set_revision(revision);
    configuration.set_load_balancer_id(id);
    const std::string bytes = configuration.SerializeAsString();
    BOOST_TEST(IsOk(co_await net::WriteFrame(stream, bytes)));
  }
  net::Task<v1::Status> Receive(net::Stream& stream) {
    v1::Status status;
    const auto frame = co_await net::ReadFrame(stream);
    BOOST_REQUIRE(IsOk(frame));
    BOOST_TEST(status.ParseFromString(*frame));
    co_return status;
  }
};

net::Task<void> Snapshots(Fixture& f) {
  auto stream = co_await f.Connect();
  BOOST_TEST((co_await f.Receive(*stream)).revision() == 0u);
  co_await f.Send(*stream, 7, "good");
  BOOST_TEST((co_await f.Receive(*stream)).revision() == 7u);
  co_await f.Send(*stream, 8, "bad");
  const v1::Status refused = co_await f.Receive(*stream);
  BOOST_TEST(refused.revision() == 7u);
  BOOST_TEST(refused.refused_revision() == 8u);
  BOOST_TEST(refused.error() == "no good");
  // Whoever has missed it is told again, until one is taken.
  auto later = co_await f.Connect();
  const v1::Status still = co_await f.Receive(*later);
  BOOST_TEST(still.error() == "no good");
  BOOST_TEST(still.refused_revision() == 8u);
  co_await f.Send(*later, 9, "good");
  const v1::Status taken = co_await f.Receive(*later);
  BOOST_TEST(taken.revision() == 9u);
  BOOST_TEST(taken.error().empty());
  BOOST_TEST(taken.refused_revision() == 0u);
}

BOOST_FIXTURE_TEST_CASE(snapshots_are_acknowledged_or_refused, Fixture) { Run(Snapshots(*this)); }

net::Task<void> Garbage(Fixture& f) {
  auto stream = co_await f.Connect();
  co_await f.Receive(*stream);
  const std::string garbage = "\xff\xff\xff garbage";
  BOOST_TEST(IsOk(co_await net::WriteFrame(*stream, garbage)));
  BOOST_TEST((co_await f.Receive(*stream)).error().find("not a nubo.proxy.v1.Configuration") != std::string::npos);
  co_await f.Send(*stream, 9, "good");
  BOOST_TEST((co_await f.Receive(*stream)).revision() == 9u);
}

BOOST_FIXTURE_TEST_CASE(garbage_is_refused_and_changes_nothing, Fixture) { Run(Garbage(*this)); }

net::Task<void> TooLong(Fixture& f) {
  auto stream = co_await f.Connect();
  co_await f.Receive(*stream);
  BOOST_TEST(IsOk(co_await stream->Write("\xff\xff\xff\xff")));
  BOOST_TEST(!(co_await net::ReadFrame(*stream)).ok());
  auto next = co_await f.Connect();
  co_await f.Receive(*next);
  co_await f.Send(*next, 3, "good");
  BOOST_TEST((co_await f.Receive(*next)).revision() == 3u);
}

BOOST_FIXTURE_TEST_CASE(a_frame_too_long_ends_its_connection_alone, Fixture) { Run(TooLong(*this)); }

net::Task<void> Replaced(Fixture& f) {
  auto first = co_await f.Connect();
  co_await f.Receive(*first);
  co_await f.Send(*first, 5, "good");
  co_await f.Receive(*first);
  auto second = co_await f.Connect();
  BOOST_TEST((co_await f.Receive(*second)).revision() == 5u);
  BOOST_TEST(!(co_await net::ReadFrame(*first)).ok());
}

BOOST_FIXTURE_TEST_CASE(a_new_client_replaces_the_old_and_is_told_everything, Fixture) { Run(Replaced(*this)); }

net::Task<void> Pushed(Fixture& f) {
  auto stream = co_await f.Connect();
  co_await f.Receive(*stream);
  v1::Configuration configuration;
  configuration.set_revision(4);
  BOOST_TEST(IsOk(f.proxy.Apply(configuration)));
  f.server.Changed();
  BOOST_TEST((co_await f.Receive(*stream)).revision() == 4u);
}

net::Task<void> TooLate(Fixture& f) {
  const auto stream = co_await f.Connect();
  f.server.Close();
  v1::Configuration configuration;
  configuration.set_revision(9);
  const std::string bytes = configuration.SerializeAsString();
  (void)co_await net::WriteFrame(*stream, bytes);
  // It may have been told of the state before; nothing comes after that.
  while ((co_await net::ReadFrame(*stream)).ok()) {
  }
  BOOST_TEST(f.proxy.Describe().revision() == 0u);
}

BOOST_FIXTURE_TEST_CASE(once_closed_the_handler_is_told_nothing, Fixture) { Run(TooLate(*this)); }

BOOST_FIXTURE_TEST_CASE(changes_are_pushed, Fixture) { Run(Pushed(*this)); }

}  // namespace
}  // namespace nubo::control
