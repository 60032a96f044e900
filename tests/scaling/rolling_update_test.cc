#include "nubo/scaling/rolling_update.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::scaling {
namespace {

using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

const absl::Time kNow = absl::FromUnixSeconds(1893456000);

// A group whose launches come up one round later and whose terminations take one round.
struct Simulation {
  Simulation(int desired, int max_size, RollingUpdate update) : update(update) {
    spec.name = "web";
    spec.min_size = 1;
    spec.max_size = max_size;
    spec.desired = desired;
    spec.subnets = {{"subnet-a", "a"}, {"subnet-b", "b"}};
    for (int i = 0; i < desired; ++i) Add("old", LifecycleState::kInService);
    for (const Member& member : observed.members) obsolete.insert(member.id);
  }

  void Add(const std::string& prefix, LifecycleState state) {
    Member member{.id = absl::StrCat(prefix, "-", next), .zone = "a", .lifecycle = state};
    member.ec2 = state == LifecycleState::kInService ? Ec2Health::kRunning : Ec2Health::kStarting;
    member.launch_time = kNow + absl::Seconds(next++);
    if (state == LifecycleState::kInService) member.in_service_time = member.launch_time;
    observed.members.push_back(member);
  }

  int Serving() const {
    return static_cast<int>(std::count_if(observed.members.begin(), observed.members.end(), [](const Member& member) {
      return member.lifecycle == LifecycleState::kInService;
    }));
  }

  // One round; false once it is done.
  bool Round() {
    const RollingStep step = Roll(spec, update, observed, obsolete);
    auto& members = observed.members;
    members.erase(std::remove_if(members.begin(), members.end(),
                                 [](const Member& m) { return m.lifecycle == LifecycleState::kTerminating; }),
                  members.end());
    for (Member& member : members) {
      const auto& ending = step.terminate;
      if (std::find(ending.begin(), ending.end(), member.id) == ending.end()) continue;
      member.lifecycle = LifecycleState::kTerminating;
    }
    fewest = std::min(fewest, Serving());
    GroupSpec now = spec;
    now.desired = step.desired;
    const Plan plan = Reconcile(now, observed, kNow + absl::Seconds(next));
    for (Member& member : members) {
      if (std::find(plan.in_service.begin(), plan.in_service.end(), member.id) == plan.in_service.end()) continue;
      member.lifecycle = LifecycleState::kInService;
      member.in_service_time = kNow + absl::Seconds(next);
    }
    for (const Termination& termination : plan.terminations) {
      for (Member& member : members) {
        if (member.id == termination.instance_id) member.lifecycle = LifecycleState::kTerminating;
      }
    }
    for (Member& member : members) member.ec2 = Ec2Health::kRunning;
    for (size_t i = 0; i < plan.launches.size() && launches_work; ++i) Add("new", LifecycleState::kPending);
    most = std::max(most, static_cast<int>(members.size()));
    return !step.done;
  }

  GroupSpec spec;
  RollingUpdate update;
  Observed observed;
  std::set<std::string> obsolete;
  int next = 0;
  int fewest = 1000;
  int most = 0;
  bool launches_work = true;
};

std::string Kinds(const Simulation& simulation) {
  std::vector<std::string> kinds;
  for (const Member& member : simulation.observed.members) kinds.push_back(member.id.substr(0, 3));
  return absl::StrJoin(kinds, " ");
}

BOOST_AUTO_TEST_CASE(keeps_the_minimum_in_service_by_launching_first) {
  Simulation group(2, 4, {.max_batch_size = 1, .min_in_service = 2});
  for (int i = 0; i < 50 && group.Round(); ++i) continue;
  BOOST_TEST(Kinds(group) == "new new");
  BOOST_TEST(group.fewest == 2);
}

BOOST_AUTO_TEST_CASE(without_a_minimum_it_terminates_first) {
  Simulation group(2, 2, {});
  BOOST_TEST(Roll(group.spec, group.update, group.observed, group.obsolete).terminate.size() == 1u);
  for (int i = 0; i < 50 && group.Round(); ++i) continue;
  BOOST_TEST(Kinds(group) == "new new");
  BOOST_TEST(group.fewest == 1);
}

BOOST_AUTO_TEST_CASE(goes_in_batches) {
  Simulation group(6, 12, {.max_batch_size = 3, .min_in_service = 4});
  int rounds = 0;
  while (rounds < 50 && group.Round()) ++rounds;
  BOOST_TEST(Kinds(group) == "new new new new new new");
  BOOST_TEST(group.fewest >= 4);
  BOOST_TEST(rounds < 12);
}

BOOST_AUTO_TEST_CASE(a_policy_leaves_something_to_replace) {
  BOOST_TEST(IsOk(Validate(RollingUpdate{.max_batch_size = 1, .min_in_service = 3}, 4)));
  BOOST_TEST(IsOk(Validate(RollingUpdate{.max_batch_size = 1, .min_in_service = 0}, 0)));
  BOOST_TEST(StatusIs(Validate(RollingUpdate{.max_batch_size = 1, .min_in_service = 4}, 4),
                      absl::StatusCode::kInvalidArgument,
                      "MinInstancesInService must be less than the autoscaling group's MaxSize; they are 4 and 4"));
  BOOST_TEST(StatusIs(Validate(RollingUpdate{.max_batch_size = 0, .min_in_service = 0}, 4),
                      absl::StatusCode::kInvalidArgument, "MaxBatchSize must be at least 1"));
  BOOST_TEST(StatusIs(Validate(RollingUpdate{.max_batch_size = 1, .min_in_service = -1}, 4),
                      absl::StatusCode::kInvalidArgument, "must not be negative"));
}

// What is stored may be of a version that did not ask.
BOOST_AUTO_TEST_CASE(a_minimum_as_large_as_the_maximum_does_not_block) {
  Simulation group(2, 2, {.max_batch_size = 2, .min_in_service = 2});
  for (int i = 0; i < 50 && group.Round(); ++i) continue;
  BOOST_TEST(Kinds(group) == "new new");
  BOOST_TEST(group.fewest == 1);
}

BOOST_AUTO_TEST_CASE(while_launches_fail_no_more_are_taken_away) {
  Simulation group(4, 4, {.max_batch_size = 1, .min_in_service = 0});
  group.launches_work = false;
  for (int i = 0; i < 20; ++i) group.Round();
  BOOST_TEST(group.fewest == 3);
}

BOOST_AUTO_TEST_CASE(the_oldest_go_first_and_those_that_never_served_at_once) {
  Simulation group(3, 4, {});
  group.Add("bad", LifecycleState::kPending);
  group.obsolete.insert("bad-3");
  BOOST_TEST(absl::StrJoin(Roll(group.spec, group.update, group.observed, group.obsolete).terminate, " ") ==
             "bad-3 old-0");
}

BOOST_AUTO_TEST_CASE(with_nothing_obsolete_it_is_done) {
  Simulation group(2, 4, {});
  group.obsolete.clear();
  const RollingStep step = Roll(group.spec, group.update, group.observed, group.obsolete);
  BOOST_TEST(step.done);
  BOOST_TEST(step.desired == 2);
  BOOST_TEST(step.terminate.empty());
}

}  // namespace
}  // namespace nubo::scaling
