#include "nubo/drivers/shim_probe.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <thread>

#include "absl/time/clock.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::drivers {
namespace {

using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

struct Directory {
  Directory() { BOOST_REQUIRE(mkdtemp(path) != nullptr); }
  ~Directory() { std::filesystem::remove_all(path); }
  std::string At(const std::string& name) const { return std::string(path) + "/" + name; }
  char path[32] = "/tmp/nubo-probe-XXXXXX";
};

int Listen(const std::string& path, int backlog) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  BOOST_REQUIRE(bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  BOOST_REQUIRE(listen(fd, backlog) == 0);
  return fd;
}

BOOST_FIXTURE_TEST_CASE(each_is_asked_and_the_silent_ones_are_told_apart, Directory) {
  const int good = Listen(At("good"), 8);
  const int silent = Listen(At("silent"), 8);
  std::thread shim([&] {
    const int client = accept(good, nullptr, nullptr);
    (void)!write(client, "shim i-1\n", 9);
    close(client);
  });
  const auto answers =
      AskShims({At("silent"), At("good"), At("nobody"), At(std::string(200, 'x'))}, absl::Milliseconds(200));
  shim.join();
  BOOST_REQUIRE(answers.size() == 4u);
  BOOST_TEST(StatusIs(answers[0].status, absl::StatusCode::kDeadlineExceeded, "says nothing"));
  BOOST_TEST(answers[0].pid == getpid());
  BOOST_TEST(IsOk(answers[1].status));
  BOOST_TEST(StatusIs(answers[2].status, absl::StatusCode::kNotFound, "nobody listens"));
  BOOST_TEST(StatusIs(answers[3].status, absl::StatusCode::kUnavailable, "too long"));
  close(good);
  close(silent);
}

BOOST_FIXTURE_TEST_CASE(one_that_takes_no_connections_is_silent_too, Directory) {
  const int silent = Listen(At("silent"), 0);
  std::vector<std::string> paths(3, At("silent"));
  const auto answers = AskShims(paths, absl::Milliseconds(50));
  for (const ShimAnswer& answer : answers) BOOST_TEST(StatusIs(answer.status, absl::StatusCode::kDeadlineExceeded));
  close(silent);
}

BOOST_FIXTURE_TEST_CASE(many_are_asked_within_the_limit, Directory) {
  const int silent = Listen(At("silent"), 4096);
  const std::vector<std::string> paths(3000, At("silent"));
  const absl::Time started = absl::Now();
  const auto answers = AskShims(paths, absl::Milliseconds(300));
  BOOST_TEST((absl::Now() - started < absl::Seconds(3)));
  BOOST_TEST(StatusIs(answers.front().status, absl::StatusCode::kDeadlineExceeded));
  BOOST_TEST(StatusIs(answers.back().status, absl::StatusCode::kUnavailable, "not asked in time"));
  close(silent);
}

}  // namespace
}  // namespace nubo::drivers
