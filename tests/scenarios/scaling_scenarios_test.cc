// Scenarios of scaling groups (tests/scenarios/scaling/*.txt): what a group does next, and why.
//
// script.h has the grammar of lines, world.h how steps are held against what is seen. Each step that has lines below it
// asks the group once what to do (its rolling update first, if one is on), and then does it all: what is launched is
// pending, what is terminated is terminating. Time 0 is 2030-01-01T00:00:00Z, as the reasons show.
//
// What there is:
//   group NAME SETTING...             the group; settings may also stand below it, a line each
//   instance ID... in ZONE STATE...   instances of the group at the beginning, by the words below
//
// SETTING:
//   min N, desired N, max N           sizes
//   subnet ID in ZONE                 where it launches, in order of preference
//   health-check EC2|ELB|EC2,ELB      by AWS's words
//   grace TIME                        the health check grace period
//   termination-policy NAME           by AWS's name; more than one in their order
//   rolling-update batch N min-in-service N
//                                     AutoScalingRollingUpdate's MaxBatchSize and MinInstancesInService
// STATE of an instance; without one it is in service, launched with the beginning, of launch template version 1:
//   in-service TIME                   for so long; and launched as long ago, unless said otherwise
//   pending                           not in service yet, and starting
//   launched TIME                     so long ago
//   version N                         of the launch template
//   protected                         from scale-in
//
// Steps:
//   set SETTING...                    the group is changed
//   ID... run|runs                    pending instances run
//   ID... end|ends [because "TEXT"]   instances stop by themselves, or at last
//   ID... initial|healthy|unhealthy [because "TEXT"]
//                                     what the load balancers say of them
//   ID... protected|unprotected       from scale-in
//   update to version N               the launch template has a new version, which the group is to run
//   launches fail because "TEXT"      from now on, for instance for lack of capacity
//   launches work                     again
//
// What is seen:
//   launch ID in ZONE SUBNET          a launch; the ID is the scenario's name for the instance
//   launch-fails in ZONE SUBNET       a launch that came to nothing at once
//   in-service ID                     the instance counts as in service from now on
//   terminate ID unhealthy|scale-in   the group ends an instance
//   forget ID                         an instance that is gone is given up
//   replace ID                        the rolling update ends an instance
//   desired N meanwhile               the rolling update asks for another capacity than the group's
//   update-done                       the rolling update
//   wait because "TEXT"               something wanted is held back
//   again at TIME                     when time alone may change what is to do
//   refused because "TEXT"            settings that contradict each other; the former ones stay
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "nubo/base/status.h"
#include "nubo/scaling/reconcile.h"
#include "nubo/scaling/rolling_update.h"
#include "nubo/testing/status_matchers.h"
#include "tests/scenarios/script.h"
#include "tests/scenarios/world.h"

namespace nubo::scenarios {
namespace {

using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;
using scaling::Ec2Health;
using scaling::ElbHealth;
using scaling::LifecycleState;
using scaling::Member;

constexpr char kFolder[] = "tests/scenarios/scaling";
const absl::Time kStart = absl::FromUnixSeconds(1893456000);  // 2030-01-01T00:00:00Z

class ScalingWorld final : public World {
 public:
  bool has_time() const override { return true; }
  bool Declares(absl::string_view word) const override { return word == "group" || word == "instance"; }
  absl::Status Declare(const Statement& statement) override;
  absl::Status Do(const Line& step, absl::Duration now) override;
  absl::StatusOr<std::string> Canonical(const Line& expected) const override;
  absl::StatusOr<std::vector<Seen>> See(absl::Span<const Line> expected) override;

 private:
  struct Group {
    scaling::GroupSpec spec;
    scaling::RollingUpdate update;
  };

  absl::Status DeclareGroup(const Statement& statement);
  absl::Status DeclareInstances(const Line& line);
  absl::Status ReadState(WordReader& words, Member& member) const;
  static absl::Status ReadSettings(WordReader& words, Group& group);
  static absl::Status ReadSetting(WordReader& words, Group& group);
  absl::Status Set(WordReader& words);
  absl::Status Update(WordReader& words);
  absl::Status SetLaunches(WordReader& words);
  // What happens to instances.
  absl::Status Happen(const Line& step);
  absl::Status End(Member& member, const std::string& reason);
  void CountFailure(const std::string& reason);

  // The capacity wanted for now.
  int RollUpdate(std::vector<Seen>& seen);
  void CarryOut(const scaling::Plan& plan, absl::Span<const Line> expected, std::vector<Seen>& seen);
  void CarryOutLaunches(const scaling::Plan& plan, absl::Span<const Line> expected, std::vector<Seen>& seen);
  Member* Find(absl::string_view id);

  Group group_;
  scaling::Observed observed_;
  absl::Time now_ = kStart;
  int version_ = 1;
  bool rolling_ = false;
  // "": they work.
  std::string launches_fail_;
  std::vector<Seen> refused_;
};

Member* ScalingWorld::Find(absl::string_view id) {
  const auto found = std::find_if(observed_.members.begin(), observed_.members.end(),
                                  [&](const Member& member) { return member.id == id; });
  return found == observed_.members.end() ? nullptr : &*found;
}

absl::Status ScalingWorld::Declare(const Statement& statement) {
  if (statement.head.words[0].text == "group") return DeclareGroup(statement);
  if (!statement.parts.empty()) return statement.parts[0].Error("nothing belongs below an instance");
  return DeclareInstances(statement.head);
}

absl::Status ScalingWorld::DeclareGroup(const Statement& statement) {
  WordReader words(statement.head, 1);
  if (!group_.spec.name.empty()) return statement.head.Error("there is a group already");
  NUBO_ASSIGN_OR_RETURN(group_.spec.name, words.Text("the group's name"));
  NUBO_RETURN_IF_ERROR(ReadSettings(words, group_));
  for (const Line& part : statement.parts) {
    WordReader more(part);
    NUBO_RETURN_IF_ERROR(ReadSettings(more, group_));
  }
  const absl::Status valid = scaling::Validate(group_.spec);
  return valid.ok() ? valid : statement.head.Error(valid.message());
}

absl::Status ScalingWorld::ReadSettings(WordReader& words, Group& group) {
  while (words.more()) NUBO_RETURN_IF_ERROR(ReadSetting(words, group));
  return words.End();
}

absl::Status ScalingWorld::ReadSetting(WordReader& words, Group& group) {
  enum class Kind { kMin, kDesired, kMax, kSubnet, kHealthCheck, kGrace, kPolicy, kUpdate };
  NUBO_ASSIGN_OR_RETURN(const Kind kind, words.OneOf<Kind>({{"min", Kind::kMin},
                                                            {"desired", Kind::kDesired},
                                                            {"max", Kind::kMax},
                                                            {"subnet", Kind::kSubnet},
                                                            {"health-check", Kind::kHealthCheck},
                                                            {"grace", Kind::kGrace},
                                                            {"termination-policy", Kind::kPolicy},
                                                            {"rolling-update", Kind::kUpdate}}));
  scaling::GroupSpec& spec = group.spec;
  switch (kind) {
    case Kind::kMin: {
      NUBO_ASSIGN_OR_RETURN(spec.min_size, words.Number("the least size"));
      break;
    }
    case Kind::kDesired: {
      NUBO_ASSIGN_OR_RETURN(spec.desired, words.Number("the desired capacity"));
      break;
    }
    case Kind::kMax: {
      NUBO_ASSIGN_OR_RETURN(spec.max_size, words.Number("the greatest size"));
      break;
    }
    case Kind::kSubnet: {
      NUBO_ASSIGN_OR_RETURN(std::string id, words.Text("the subnet's id"));
      NUBO_RETURN_IF_ERROR(words.Expect("in"));
      NUBO_ASSIGN_OR_RETURN(std::string zone, words.Text("a zone"));
      spec.subnets.push_back({std::move(id), std::move(zone)});
      break;
    }
    case Kind::kHealthCheck: {
      NUBO_ASSIGN_OR_RETURN(const std::string type, words.Text("EC2 or ELB"));
      const auto parsed = scaling::ParseHealthCheckType(type);
      if (!parsed.ok()) return words.Refused(parsed.status());
      spec.health_check_type = *parsed;
      break;
    }
    case Kind::kGrace: {
      NUBO_ASSIGN_OR_RETURN(spec.grace_period, words.Time("the grace period"));
      break;
    }
    case Kind::kPolicy: {
      NUBO_ASSIGN_OR_RETURN(const std::string name, words.Text("a termination policy"));
      const auto parsed = scaling::ParseTerminationPolicy(name);
      if (!parsed.ok()) return words.Refused(parsed.status());
      spec.termination_policies.push_back(*parsed);
      break;
    }
    case Kind::kUpdate: {
      NUBO_RETURN_IF_ERROR(words.Expect("batch"));
      NUBO_ASSIGN_OR_RETURN(group.update.max_batch_size, words.Number("MaxBatchSize"));
      NUBO_RETURN_IF_ERROR(words.Expect("min-in-service"));
      NUBO_ASSIGN_OR_RETURN(group.update.min_in_service, words.Number("MinInstancesInService"));
      break;
    }
  }
  return absl::OkStatus();
}

absl::Status ScalingWorld::DeclareInstances(const Line& line) {
  WordReader words(line, 1);
  std::vector<std::string> ids;
  while (words.more() && !words.Take("in")) {
    NUBO_ASSIGN_OR_RETURN(std::string id, words.Text("an instance's id"));
    ids.push_back(std::move(id));
  }
  NUBO_ASSIGN_OR_RETURN(const std::string zone, words.Text("in, and a zone"));
  Member member{.zone = zone, .lifecycle = LifecycleState::kInService, .ec2 = Ec2Health::kRunning};
  member.launch_time = member.in_service_time = kStart;
  member.template_version = version_;
  while (words.more()) NUBO_RETURN_IF_ERROR(ReadState(words, member));
  NUBO_RETURN_IF_ERROR(words.End());
  if (ids.empty()) return line.Error("expected an instance's id before in");
  for (std::string& id : ids) {
    if (Find(id) != nullptr) return line.Error(absl::StrCat("there is an instance ", id, " already"));
    member.id = std::move(id);
    observed_.members.push_back(member);
  }
  return absl::OkStatus();
}

absl::Status ScalingWorld::ReadState(WordReader& words, Member& member) const {
  enum class Kind { kInService, kPending, kLaunched, kVersion, kProtected };
  NUBO_ASSIGN_OR_RETURN(const Kind kind, words.OneOf<Kind>({{"in-service", Kind::kInService},
                                                            {"pending", Kind::kPending},
                                                            {"launched", Kind::kLaunched},
                                                            {"version", Kind::kVersion},
                                                            {"protected", Kind::kProtected}}));
  switch (kind) {
    case Kind::kInService: {
      NUBO_ASSIGN_OR_RETURN(const absl::Duration time, words.Time("how long it has been in service"));
      member.in_service_time = kStart - time;
      member.launch_time = std::min(member.launch_time, member.in_service_time);
      break;
    }
    case Kind::kPending:
      member.lifecycle = LifecycleState::kPending;
      member.ec2 = Ec2Health::kStarting;
      member.in_service_time = absl::InfinitePast();
      break;
    case Kind::kLaunched: {
      NUBO_ASSIGN_OR_RETURN(const absl::Duration time, words.Time("how long ago it was launched"));
      member.launch_time = kStart - time;
      break;
    }
    case Kind::kVersion: {
      NUBO_ASSIGN_OR_RETURN(member.template_version, words.Number("a version of the launch template"));
      break;
    }
    case Kind::kProtected:
      member.protected_from_scale_in = true;
      break;
  }
  return absl::OkStatus();
}

absl::Status ScalingWorld::Do(const Line& step, absl::Duration now) {
  now_ = kStart + now;
  if (group_.spec.name.empty()) return step.Error("there is no group yet; expected group NAME above the first step");
  WordReader words(step);
  if (!words.more()) return words.End();
  if (words.Take("set")) return Set(words);
  if (words.Take("update")) return Update(words);
  if (words.Take("launches")) return SetLaunches(words);
  return Happen(step);
}

absl::Status ScalingWorld::Set(WordReader& words) {
  Group changed = group_;
  if (!words.more()) return words.Unknown("a setting of the group");
  NUBO_RETURN_IF_ERROR(ReadSettings(words, changed));
  const absl::Status valid = scaling::Validate(changed.spec);
  if (valid.ok()) {
    group_ = std::move(changed);
  } else {
    refused_.push_back({"refused", std::string(valid.message())});
  }
  return absl::OkStatus();
}

absl::Status ScalingWorld::Update(WordReader& words) {
  NUBO_RETURN_IF_ERROR(words.Expect("to"));
  NUBO_RETURN_IF_ERROR(words.Expect("version"));
  NUBO_ASSIGN_OR_RETURN(version_, words.Number("a version of the launch template"));
  rolling_ = true;
  observed_.failed_launches = 0;
  return words.End();
}

absl::Status ScalingWorld::SetLaunches(WordReader& words) {
  NUBO_ASSIGN_OR_RETURN(const bool work, words.OneOf<bool>({{"fail", false}, {"work", true}}));
  launches_fail_.clear();
  if (work) return words.End();
  launches_fail_ = words.TakeReason().value_or("");
  return launches_fail_.empty() ? words.Unknown("because, and the reason in quotes") : words.End();
}

absl::Status ScalingWorld::Happen(const Line& step) {
  WordReader words(step);
  std::vector<Member*> members;
  while (words.more()) {
    Member* member = Find(words.Peek());
    if (member == nullptr) break;
    members.push_back(member);
    NUBO_RETURN_IF_ERROR(words.Text("an instance").status());
  }
  if (members.empty()) return words.Unknown("set, update, launches or an instance's id");
  enum class Kind { kRun, kEnd, kInitial, kHealthy, kUnhealthy, kProtected, kUnprotected };
  NUBO_ASSIGN_OR_RETURN(const Kind kind, words.OneOf<Kind>({{"run", Kind::kRun},
                                                            {"runs", Kind::kRun},
                                                            {"end", Kind::kEnd},
                                                            {"ends", Kind::kEnd},
                                                            {"initial", Kind::kInitial},
                                                            {"healthy", Kind::kHealthy},
                                                            {"unhealthy", Kind::kUnhealthy},
                                                            {"protected", Kind::kProtected},
                                                            {"unprotected", Kind::kUnprotected}}));
  std::string reason;
  if (kind == Kind::kEnd || kind == Kind::kUnhealthy) reason = words.TakeReason().value_or("");
  NUBO_RETURN_IF_ERROR(words.End());
  for (Member* member : members) {
    switch (kind) {
      case Kind::kRun:
        if (member->ec2 != Ec2Health::kStarting) return step.Error(absl::StrCat(member->id, " is not starting"));
        member->ec2 = Ec2Health::kRunning;
        break;
      case Kind::kEnd:
        if (member->ec2 == Ec2Health::kGone) return step.Error(absl::StrCat(member->id, " is gone already"));
        NUBO_RETURN_IF_ERROR(End(*member, reason));
        break;
      case Kind::kInitial:
      case Kind::kHealthy:
      case Kind::kUnhealthy:
        member->elb = kind == Kind::kInitial   ? ElbHealth::kInitial
                      : kind == Kind::kHealthy ? ElbHealth::kHealthy
                                               : ElbHealth::kUnhealthy;
        member->elb_reason = reason;
        break;
      case Kind::kProtected:
      case Kind::kUnprotected:
        member->protected_from_scale_in = kind == Kind::kProtected;
        break;
    }
  }
  return absl::OkStatus();
}

absl::Status ScalingWorld::End(Member& member, const std::string& reason) {
  const bool by_itself = member.lifecycle != LifecycleState::kTerminating;
  if (by_itself && scaling::FailedLaunch(group_.spec.health_check_type, member.in_service_time, now_)) {
    CountFailure(absl::StrCat(member.id, reason.empty() ? "" : ": ", reason));
  }
  member.ec2 = Ec2Health::kGone;
  return absl::OkStatus();
}

void ScalingWorld::CountFailure(const std::string& reason) {
  ++observed_.failed_launches;
  observed_.last_failure = now_;
  observed_.last_failure_reason = reason;
}

absl::StatusOr<std::string> ScalingWorld::Canonical(const Line& expected) const {
  WordReader words(expected);
  enum class Kind { kLaunch, kLaunchFails, kById, kTerminate, kDesired, kAlone, kWait, kAgain };
  NUBO_ASSIGN_OR_RETURN(const Kind kind, words.OneOf<Kind>({{"launch", Kind::kLaunch},
                                                            {"launch-fails", Kind::kLaunchFails},
                                                            {"in-service", Kind::kById},
                                                            {"forget", Kind::kById},
                                                            {"replace", Kind::kById},
                                                            {"terminate", Kind::kTerminate},
                                                            {"desired", Kind::kDesired},
                                                            {"update-done", Kind::kAlone},
                                                            {"refused", Kind::kAlone},
                                                            {"wait", Kind::kWait},
                                                            {"again", Kind::kAgain}}));
  std::string text = expected.Rest();
  switch (kind) {
    case Kind::kLaunch:
    case Kind::kLaunchFails:
      if (kind == Kind::kLaunch) NUBO_RETURN_IF_ERROR(words.Text("the scenario's name for the instance").status());
      NUBO_RETURN_IF_ERROR(words.Expect("in"));
      NUBO_RETURN_IF_ERROR(words.Text("a zone").status());
      NUBO_RETURN_IF_ERROR(words.Text("a subnet").status());
      break;
    case Kind::kById:
      NUBO_RETURN_IF_ERROR(words.Text("an instance's id").status());
      break;
    case Kind::kTerminate:
      NUBO_RETURN_IF_ERROR(words.Text("an instance's id").status());
      NUBO_RETURN_IF_ERROR(words.OneOf<bool>({{"unhealthy", true}, {"scale-in", true}}).status());
      break;
    case Kind::kDesired:
      NUBO_RETURN_IF_ERROR(words.Number("a capacity").status());
      NUBO_RETURN_IF_ERROR(words.Expect("meanwhile"));
      break;
    case Kind::kAlone:
    case Kind::kWait:
      break;
    case Kind::kAgain: {
      NUBO_RETURN_IF_ERROR(words.Expect("at"));
      NUBO_ASSIGN_OR_RETURN(const absl::Duration time, words.Time("when"));
      text = absl::StrCat("again at ", absl::FormatDuration(time));
      break;
    }
  }
  words.TakeReason();
  NUBO_RETURN_IF_ERROR(words.End());
  return text;
}

absl::StatusOr<std::vector<Seen>> ScalingWorld::See(absl::Span<const Line> expected) {
  std::vector<Seen> seen = std::exchange(refused_, {});
  scaling::GroupSpec spec = group_.spec;
  if (rolling_) spec.desired = RollUpdate(seen);
  const scaling::Plan plan = scaling::Reconcile(spec, observed_, now_);
  CarryOut(plan, expected, seen);
  if (!plan.waiting.empty()) seen.push_back({"wait", plan.waiting});
  if (plan.next != absl::InfiniteFuture()) {
    seen.push_back({absl::StrCat("again at ", absl::FormatDuration(plan.next - kStart))});
  }
  return seen;
}

int ScalingWorld::RollUpdate(std::vector<Seen>& seen) {
  std::set<std::string> obsolete;
  for (const Member& member : observed_.members) {
    if (member.template_version != version_) obsolete.insert(member.id);
  }
  const scaling::RollingStep step = scaling::Roll(group_.spec, group_.update, observed_, obsolete);
  for (const std::string& id : step.terminate) {
    Find(id)->lifecycle = LifecycleState::kTerminating;
    seen.push_back({absl::StrCat("replace ", id)});
  }
  if (step.desired != group_.spec.desired) seen.push_back({absl::StrCat("desired ", step.desired, " meanwhile")});
  if (step.done) seen.push_back({"update-done"});
  rolling_ = !step.done;
  return step.desired;
}

void ScalingWorld::CarryOut(const scaling::Plan& plan, absl::Span<const Line> expected, std::vector<Seen>& seen) {
  if (plan.launches_succeed) observed_.failed_launches = 0;
  for (const std::string& id : plan.in_service) {
    Member* member = Find(id);
    member->lifecycle = LifecycleState::kInService;
    member->in_service_time = now_;
    seen.push_back({absl::StrCat("in-service ", id)});
  }
  for (const scaling::Termination& end : plan.terminations) {
    using Kind = scaling::Termination::Kind;
    if (end.kind == Kind::kGone) {
      seen.push_back({absl::StrCat("forget ", end.instance_id), end.cause});
      observed_.members.erase(observed_.members.begin() + (Find(end.instance_id) - observed_.members.data()));
      continue;
    }
    Find(end.instance_id)->lifecycle = LifecycleState::kTerminating;
    const char* kind = end.kind == Kind::kUnhealthy ? " unhealthy" : " scale-in";
    seen.push_back({absl::StrCat("terminate ", end.instance_id, kind), end.cause});
  }
  CarryOutLaunches(plan, expected, seen);
}

void ScalingWorld::CarryOutLaunches(const scaling::Plan& plan, absl::Span<const Line> expected,
                                    std::vector<Seen>& seen) {
  std::vector<bool> named(expected.size(), false);
  for (const scaling::Launch& launch : plan.launches) {
    const std::string where = absl::StrCat("in ", launch.zone, " ", launch.subnet_id);
    if (!launches_fail_.empty()) {
      seen.push_back({absl::StrCat("launch-fails ", where), launch.cause});
      CountFailure(launches_fail_);
      continue;
    }
    // The first line of a launch there that is not taken yet names it.
    std::string id = "?";
    for (size_t i = 0; i < expected.size() && id == "?"; ++i) {
      const bool there = !named[i] && expected[i].words[0].text == "launch" && expected[i].Rest(2) == where;
      if (!there) continue;
      named[i] = true;
      id = expected[i].words[1].text;
    }
    // Of two names that are one the second is as good as none.
    if (Find(id) != nullptr) id = "?";
    seen.push_back({absl::StrCat("launch ", id, " ", where), launch.cause});
    observed_.members.push_back({.id = id, .zone = launch.zone, .launch_time = now_, .template_version = version_});
  }
}

std::unique_ptr<World> MakeWorld() { return std::make_unique<ScalingWorld>(); }

absl::Status Run(absl::string_view text) {
  ScalingWorld world;
  return RunScenario(absl::StrCat("# Source: this test\n", text), "s.txt", world);
}

constexpr absl::string_view kGroup = "group web min 0 desired 1 max 2 subnet s-a in a subnet s-b in b\n";

// The group, in lines 2 and following, and more.
absl::Status RunGroup(absl::string_view more) { return Run(absl::StrCat(kGroup, more)); }

boost::test_tools::assertion_result Refuses(const absl::Status& status, absl::string_view why) {
  return StatusIs(status, absl::StatusCode::kInvalidArgument, why);
}
boost::test_tools::assertion_result Fails(const absl::Status& status, absl::string_view why) {
  return StatusIs(status, absl::StatusCode::kFailedPrecondition, why);
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_scenario_holds) {
  constexpr size_t kFilesMin = 12;
  for (const absl::Status& failure : RunFolder(kFolder, kFilesMin, &MakeWorld)) {
    BOOST_ERROR("\n" << std::string(failure.message()));
  }
}

BOOST_AUTO_TEST_CASE(what_a_group_does_is_seen_and_done) {
  BOOST_TEST(
      IsOk(RunGroup("at 0s\n  launch i-1 in a s-a because \"from 0 to 1\"\n"
                    "at 5s: i-1 runs\n  in-service i-1\n"
                    "at 60s: i-1 ends\n  forget i-1\n  launch i-2 in a s-a\n")));
}

BOOST_AUTO_TEST_CASE(a_wrong_expectation_is_told_with_what_was_seen) {
  BOOST_TEST(Fails(RunGroup("at 0s\n  launch i-1 in b s-b\n"),
                   "s.txt:4: expected, and not seen: launch i-1 in b s-b\n"
                   "s.txt:3: seen, and not expected: launch ? in a s-a because \"At 2030-01-01T00:00:00Z "));
  BOOST_TEST(Fails(RunGroup("at 0s\n  launch i-1 in a s-a because \"from 1 to 2\"\n"), "s.txt:4: expected"));
  BOOST_TEST(Fails(RunGroup("at 0s\n  nothing\n"), "s.txt:3: seen, and not expected: launch ?"));
  BOOST_TEST(Fails(RunGroup("instance i-1 in a\nat 0s\n  forget i-1\n"), "s.txt:4: nothing was seen"));
  BOOST_TEST(Fails(RunGroup("instance i-1 in a\nat 0s\n  wait\n"), "s.txt:5: expected, and not seen: wait"));
  BOOST_TEST(Fails(RunGroup("set desired 2\n  launch i-1 in a s-a\n  launch i-1 in b s-b\n"), "launch ? in b s-b"));
}

BOOST_AUTO_TEST_CASE(words_that_nobody_knows_are_refused) {
  BOOST_TEST(Refuses(Run("group web mni 0\n"), "s.txt:2: \"mni\" is not known here; expected min, desired, max, "));
  BOOST_TEST(Refuses(Run("group web min 2 desired 1 max 4 subnet s-a in a\n"), "s.txt:2: group web: desired capacity"));
  BOOST_TEST(Refuses(Run("group web health-check EBS\n"), "s.txt:2: health checks of type EBS are not offered yet"));
  BOOST_TEST(Refuses(Run("group web\n  termination-policy Oldest\n"), "s.txt:3: there is no termination policy"));
  BOOST_TEST(Refuses(RunGroup("instance i-1 at a\n"), "s.txt:3: the line ends too early; expected in, and a zone"));
  BOOST_TEST(Refuses(RunGroup("instance in a\n"), "s.txt:3: expected an instance's id"));
  BOOST_TEST(Refuses(RunGroup("instance i-1 in a old\n"), "s.txt:3: \"old\" is not known here"));
  BOOST_TEST(Refuses(RunGroup("instance i-1 i-1 in a\n"), "s.txt:3: there is an instance i-1 already"));
  BOOST_TEST(Refuses(RunGroup("i-9 end\n  nothing\n"), "s.txt:3: \"i-9\" is not known here"));
  BOOST_TEST(Refuses(RunGroup("instance i-1 in a\ni-1 stops\n  nothing\n"), "s.txt:4: \"stops\" is not known here"));
  BOOST_TEST(Refuses(RunGroup("at 0s\n  lunch i-1 in a s-a\n"), "s.txt:4: \"lunch\" is not known here"));
  BOOST_TEST(Refuses(RunGroup("at 0s\n  launch i-1 in a\n"), "s.txt:4: the line ends too early; expected a subnet"));
  BOOST_TEST(Refuses(RunGroup("at 0s\n  terminate i-1 sick\n"), "s.txt:4: \"sick\" is not known here"));
  BOOST_TEST(Refuses(RunGroup("set desired\n  nothing\n"), "s.txt:3: the line ends too early"));
  BOOST_TEST(Refuses(RunGroup("set\n  nothing\n"), "s.txt:3: the line ends too early"));
  BOOST_TEST(Refuses(RunGroup("set desired 2 because \"of load\"\n  nothing\n"), "s.txt:3: there is no reason"));
  BOOST_TEST(Refuses(RunGroup("launches fail\n  nothing\n"), "s.txt:3: the line ends too early; expected because"));
}

BOOST_AUTO_TEST_CASE(a_file_that_checks_nothing_is_refused) {
  BOOST_TEST(Refuses(RunGroup("instance i-1 in a\n"), "s.txt:3: the scenario checks nothing"));
  BOOST_TEST(Refuses(RunGroup("at 0s\n"), "s.txt:3: nothing is said of what is to be seen"));
  BOOST_TEST(Refuses(Run("at 0s\n  nothing\n"), "s.txt:2: there is no group yet"));
}

}  // namespace nubo::scenarios
