// The control plane's end of a control socket, against peers of the test's own.
#include "nubo/control/link.h"

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "nubo/net/loop.h"
#include "nubo/net/stream.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::control {
namespace {

using ::nubo::testing::IsOk;

// Takes every connection and says nothing.
net::Task<void> HangUpOnAll(net::Listener& listener, int& taken) {
  while (true) {
    auto stream = co_await listener.Accept();
    if (!stream.ok()) co_return;
    ++taken;
    (*stream)->Close();
  }
}

net::Task<void> StopAfter(net::Loop& loop, absl::Duration time) {
  co_await loop.SleepFor(time);
  loop.Stop();
}

BOOST_AUTO_TEST_CASE(a_peer_that_hangs_up_at_once_is_not_asked_without_pause) {
  char pattern[] = "/tmp/nubo-link-XXXXXX";
  const std::string directory = mkdtemp(pattern);
  int taken = 0;
  {
    net::Loop loop;
    auto listener = net::ListenUnix(loop, directory + "/ctl");
    BOOST_REQUIRE(IsOk(listener.status()));
    loop.Spawn(HangUpOnAll(**listener, taken));
    const auto link = std::make_shared<Link>(loop, directory + "/ctl", [](std::string) {});
    link->Start();
    loop.Spawn(StopAfter(loop, absl::Milliseconds(300)));
    loop.Run();
  }
  std::filesystem::remove_all(directory);
  // Again and again, ever more rarely: 2, 4, 8, … 200 ms.
  BOOST_TEST(taken >= 2);
  BOOST_TEST(taken <= 12);
}

}  // namespace
}  // namespace nubo::control
