// The region as the console sees it.
#include "nubo/cli/client/remote_region.h"

#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nubo/testing/status_matchers.h"
#include "tests/cli/fake_region.h"

namespace nubo::cli {
namespace {

using State = FakeRegion::State;

struct Fixture {
  FakeRegion fake;
  RemoteRegion region{fake.state_dir()};
};

BOOST_FIXTURE_TEST_SUITE(remote_region, Fixture)

BOOST_AUTO_TEST_CASE(says_that_no_region_is_running) {
  for (const absl::Status& status :
       {region.Snapshot().status(), region.Describe("i-1").status(), region.Log("i-1").status(), region.Kill("i-1"),
        region.Terminate("i-1"), region.SetDesired("web", 2)}) {
    BOOST_TEST(absl::IsUnavailable(status), status);
    BOOST_TEST(absl::StrContains(status.message(), "no region is running in"), status);
  }
}

BOOST_AUTO_TEST_CASE(a_snapshot_holds_every_kind_and_the_newest_events) {
  fake.Edit([](State& state) {
    state.MakeStack("todo", "CREATE_COMPLETE", true);
    state.instances.add_instances()->set_instance_id("i-1");
    for (int i = 0; i < RemoteRegion::kEventsMax + 5; ++i) state.Tell(absl::StrCat("STEP_", i), "Web", "AWS::X");
  });
  fake.Start();
  const absl::StatusOr<std::string> snapshot = region.Snapshot();
  BOOST_REQUIRE(snapshot.ok());
  for (const char* part :
       {"\"status\":", "\"stacks\":", "\"instances\":", "\"groups\":", "\"loadBalancers\":", "\"targetGroups\":",
        "\"targets\":", "\"records\":", "\"subnets\":", "\"databases\":", "\"i-1\"", "\"STEP_5\"", "\"STEP_204\""}) {
    BOOST_TEST(absl::StrContains(*snapshot, part), part);
  }
  BOOST_TEST(!absl::StrContains(*snapshot, "\"STEP_4\""));
  // One line, as server-sent events want it.
  BOOST_TEST(!absl::StrContains(*snapshot, "\n"));
}

BOOST_AUTO_TEST_CASE(of_a_log_only_the_end_is_read) {
  constexpr size_t kBlock = 32 << 10;
  fake.Edit([](State& state) {
    for (int i = 0; i < 40; ++i) state.log.push_back(std::string(kBlock, static_cast<char>('a' + i % 26)));
    state.log.push_back("the end");
  });
  fake.Start();
  const absl::StatusOr<std::string> log = region.Log("i-1");
  BOOST_REQUIRE(log.ok());
  BOOST_TEST(log->size() == RemoteRegion::kLogBytesMax);
  BOOST_TEST(absl::EndsWith(*log, "nthe end"));
  BOOST_TEST(absl::IsNotFound(region.Log("i-2").status()));
}

BOOST_AUTO_TEST_CASE(what_runs_is_killed) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::pause();
    ::_exit(0);
  }
  const auto add = [&](State& state, const char* id, const char* what, pid_t pid) {
    auto* instance = state.instances.add_instances();
    instance->set_instance_id(id);
    instance->set_state(what);
    instance->set_pid(pid);
  };
  fake.Edit([&](State& state) {
    add(state, "i-1", "running", child);
    add(state, "i-2", "terminated", child);
    add(state, "i-3", "running", 0);
    // Above what Linux gives to anybody.
    add(state, "i-4", "running", (1 << 22) + 1);
  });
  fake.Start();
  for (const char* id : {"i-2", "i-3", "i-9"}) BOOST_TEST(absl::IsNotFound(region.Kill(id)), id);
  BOOST_TEST(absl::IsFailedPrecondition(region.Kill("i-4")));
  BOOST_TEST(::waitpid(child, nullptr, WNOHANG) == 0);
  BOOST_TEST(region.Kill("i-1").ok());
  int status = 0;
  BOOST_TEST(::waitpid(child, &status, 0) == child);
  BOOST_TEST(WTERMSIG(status) == SIGKILL);
  BOOST_TEST(absl::IsFailedPrecondition(region.Kill("i-1")));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace nubo::cli
