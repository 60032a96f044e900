#include "nubo/process/simulated_driver.h"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nubo/testing/simulated_clock.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::process {
namespace {

using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

struct Fixture {
  void Launch(const std::string& id) { BOOST_REQUIRE(IsOk(driver.Launch({.id = id, .argv = {"server"}}))); }

  // What is told while this much time passes, such as "i-1 running, i-2 exited with status 1".
  std::string During(absl::Duration time) {
    told.clear();
    const absl::Time end = clock.Now() + time;
    while (driver.next() <= end) {
      clock.Advance(driver.next() - clock.Now());
      driver.Deliver();
    }
    clock.Advance(end - clock.Now());
    return absl::StrJoin(told, ", ");
  }

  testing::SimulatedClock clock;
  std::vector<std::string> told;
  SimulatedDriver driver{clock, {}, [this](const Event& event) {
                           const bool runs = event.kind == Event::Kind::kRunning;
                           told.push_back(absl::StrCat(event.id, " ", runs ? "running" : ToString(event.end)));
                         }};
};

BOOST_FIXTURE_TEST_SUITE(simulated_driver, Fixture)

BOOST_AUTO_TEST_CASE(runs_after_it_has_booted) {
  Launch("i-1");
  BOOST_TEST(During(absl::Milliseconds(999)) == "");
  BOOST_TEST(During(absl::Milliseconds(1)) == "i-1 running");
  BOOST_TEST(driver.alive() == 1);
  BOOST_TEST((driver.next() == absl::InfiniteFuture()));
}

BOOST_AUTO_TEST_CASE(terminates_within_the_grace) {
  Launch("i-1");
  Launch("i-2");
  During(absl::Seconds(1));
  driver.Terminate("i-1", absl::Seconds(20));
  driver.Terminate("i-1", absl::Seconds(20));
  driver.Terminate("i-2", absl::ZeroDuration());
  BOOST_TEST(During(absl::Seconds(30)) == "i-2 was killed by signal 9, i-1 was killed by signal 15");
  driver.Terminate("i-1", absl::Seconds(1));
  driver.Terminate("i-9", absl::Seconds(1));
  BOOST_TEST(During(absl::Seconds(30)) == "");
}

BOOST_AUTO_TEST_CASE(one_terminated_while_it_boots_never_runs) {
  Launch("i-1");
  driver.Terminate("i-1", absl::Seconds(20));
  BOOST_TEST(During(absl::Seconds(30)) == "i-1 was killed by signal 15");
}

BOOST_AUTO_TEST_CASE(crashes_and_failed_launches_are_as_told) {
  driver.FailLaunches(1, End::Exited(127));
  Launch("i-1");
  Launch("i-2");
  BOOST_TEST(During(absl::Seconds(1)) == "i-1 exited with status 127, i-2 running");
  driver.Crash("i-2", End::Signaled(11));
  BOOST_TEST(During(absl::ZeroDuration()) == "i-2 was killed by signal 11");
  BOOST_TEST(driver.alive() == 0);
}

BOOST_AUTO_TEST_CASE(one_that_is_kept_running_is_started_again) {
  BOOST_REQUIRE(IsOk(driver.Launch({.id = "lb-1", .argv = {"server"}, .keep_running = true})));
  During(absl::Seconds(1));
  driver.Crash("lb-1", End::Signaled(11));
  BOOST_TEST(During(absl::Milliseconds(1099)) == "lb-1 was killed by signal 11");
  BOOST_TEST(driver.alive() == 1);
  BOOST_TEST(During(absl::Milliseconds(1)) == "lb-1 running");
  driver.Crash("lb-1", End::Exited(1));
  driver.Terminate("lb-1", absl::ZeroDuration());
  BOOST_TEST(During(absl::Seconds(9)) == "lb-1 was killed by signal 9");
}

BOOST_AUTO_TEST_CASE(nobody_starts_it_again_whose_watcher_is_killed) {
  BOOST_REQUIRE(IsOk(driver.Launch({.id = "lb-1", .argv = {"server"}, .keep_running = true})));
  During(absl::Seconds(1));
  driver.KillWithWatcher("lb-1");
  BOOST_TEST(During(absl::Seconds(9)) == "lb-1 ended because its watcher was killed");
  BOOST_TEST(driver.alive() == 0);
}

BOOST_AUTO_TEST_CASE(reboots_and_starts_again) {
  Launch("i-1");
  During(absl::Seconds(1));
  driver.Reboot("i-1", absl::Seconds(20));
  BOOST_TEST(During(absl::Milliseconds(1099)) == "");
  BOOST_TEST(During(absl::Milliseconds(1)) == "i-1 running");
  driver.Terminate("i-1", absl::ZeroDuration());
  driver.Reboot("i-1", absl::Seconds(20));
  BOOST_TEST(During(absl::Seconds(9)) == "i-1 was killed by signal 9");
  driver.Forget("i-1");
  Launch("i-1");
  BOOST_TEST(During(absl::Seconds(1)) == "i-1 running");
}

BOOST_AUTO_TEST_CASE(tells_an_adopter_what_there_is) {
  Launch("i-1");
  Launch("i-2");
  During(absl::Seconds(1));
  driver.Crash("i-2", End::Exited(3));
  During(absl::Seconds(1));
  Launch("i-3");
  driver.Adopt({"i-1", "i-2", "i-3", "i-4"});
  BOOST_TEST(During(absl::ZeroDuration()) ==
             "i-1 running, i-2 exited with status 3, i-4 ended while nobody was watching");
  BOOST_TEST(During(absl::Seconds(1)) == "i-3 running");
}

BOOST_AUTO_TEST_CASE(one_whose_end_is_not_told_yet_does_not_come_back) {
  Launch("i-1");
  During(absl::Seconds(1));
  driver.Crash("i-1", End::Exited(3));
  driver.Adopt({"i-1"});
  BOOST_TEST(During(absl::ZeroDuration()) == "i-1 exited with status 3");
  BOOST_TEST(driver.alive() == 0);
}

BOOST_AUTO_TEST_CASE(a_spec_needs_a_program) {
  BOOST_TEST(StatusIs(driver.Launch({.id = "i-1"}), absl::StatusCode::kInvalidArgument, "i-1"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace nubo::process
