#include "nubo/lb/target_group.h"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <random>
#include <set>

#include "absl/strings/str_cat.h"
#include "nubo/lb/policies.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::lb {
namespace {

using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

const absl::Time kStart = absl::FromUnixSeconds(1000);

TargetSpec Spec(absl::string_view id, bool draining = false) {
  // i-1 is at 10.0.0.1 and so on.
  const uint32_t last = static_cast<uint32_t>(id.back() - '0');
  return {.id = std::string(id), .address = {net::IpAddress::V4(0x0a000000 + last), 80}, .draining = draining};
}

// A target group with a hand on its clock and on what its targets answer.
struct Fixture {
  absl::Time now = kStart;
  TargetGroup group{TargetGroupOptions{}, MakeRoundRobin()};
  std::mt19937_64 rng{1};

  void Set(std::vector<TargetSpec> specs) { BOOST_REQUIRE(IsOk(group.SetTargets(specs, now))); }
  void Wait(absl::Duration by) { now += by; }
  // Makes the checks that are due, all with this result. Returns how many.
  int Check(const CheckResult& result) {
    const TargetGroup::Step step = group.Advance(now);
    for (const DueCheck& check : step.checks) group.OnCheckResult(check.target_id, check.attempt, result, now);
    return static_cast<int>(step.checks.size());
  }
  void Register(std::vector<TargetSpec> specs) {
    Set(std::move(specs));
    Check(CheckResult::Answered(200));
  }
  TargetHealth Health(absl::string_view id) {
    for (const TargetStatus& status : group.Describe()) {
      if (status.id == id) return status.health;
    }
    return {TargetState::kUnused, TargetReason::kNone, "not there"};
  }
  std::string State(absl::string_view id) { return std::string(StateName(Health(id).state)); }
  std::string Reason(absl::string_view id) { return std::string(ReasonCode(Health(id).reason)); }
  // One check of each that is due: those named fail, the others pass.
  void CheckSome(const std::set<std::string>& failing) {
    for (const DueCheck& check : group.Advance(now).checks) {
      const int code = failing.contains(check.target_id) ? 500 : 200;
      group.OnCheckResult(check.target_id, check.attempt, CheckResult::Answered(code), now);
    }
  }
  void MakeUnhealthy(const std::set<std::string>& failing) {
    for (int i = 0; i < 2; ++i) {
      Wait(absl::Seconds(30));
      CheckSome(failing);
    }
  }
  TargetStatus Status(absl::string_view id) {
    for (const TargetStatus& status : group.Describe()) {
      if (status.id == id) return status;
    }
    return {};
  }
  Choice Pick() { return group.picker()->Pick({}, rng); }
  std::set<std::string> Serving() {
    std::set<std::string> ids;
    for (int i = 0; i < 20; ++i) {
      const Choice choice = Pick();
      if (choice.endpoint() != nullptr) ids.insert(choice.endpoint()->id);
    }
    return ids;
  }
};

using Ids = std::set<std::string>;

BOOST_FIXTURE_TEST_CASE(an_empty_group_fails_with_a_reason, Fixture) {
  BOOST_TEST((Pick().kind() == Choice::Kind::kFail));
  BOOST_TEST(Pick().reason() == "the target group has no registered targets");
}

BOOST_FIXTURE_TEST_CASE(a_new_target_is_initial_and_makes_requests_wait, Fixture) {
  Set({Spec("i-1")});
  BOOST_TEST(State("i-1") == "initial");
  BOOST_TEST(Reason("i-1") == "Elb.RegistrationInProgress");
  BOOST_TEST((Pick().kind() == Choice::Kind::kWait));
  group.Advance(now);
  BOOST_TEST(Reason("i-1") == "Elb.InitialHealthChecking");
}

BOOST_FIXTURE_TEST_CASE(a_new_target_needs_one_pass, Fixture) {
  Set({Spec("i-1")});
  BOOST_TEST(Check(CheckResult::Answered(200)) == 1);
  BOOST_TEST(State("i-1") == "healthy");
  BOOST_TEST(Reason("i-1") == "");
  BOOST_TEST(Pick().endpoint()->id == "i-1");
}

BOOST_FIXTURE_TEST_CASE(a_target_that_starts_to_listen_is_in_service_within_100_ms, Fixture) {
  Set({Spec("i-1")});
  const absl::Time listens = kStart + absl::Milliseconds(1901);
  while (State("i-1") == "initial") {
    Check(now >= listens ? CheckResult::Answered(200) : CheckResult::Refused());
    if (State("i-1") == "initial") now = group.Advance(now).next;
  }
  BOOST_TEST(State("i-1") == "healthy");
  BOOST_TEST((now - listens <= absl::Milliseconds(100)));
}

BOOST_FIXTURE_TEST_CASE(retries_of_a_booting_target_slow_down_to_one_a_second, Fixture) {
  Set({Spec("i-1")});
  std::vector<absl::Duration> gaps;
  for (int i = 0; i < 120; ++i) {
    const absl::Time at = now;
    BOOST_REQUIRE(Check(CheckResult::Refused()) == 1);
    now = group.Advance(now).next;
    gaps.push_back(now - at);
    if (now > kStart + absl::Seconds(29)) break;
  }
  BOOST_TEST((gaps.front() == absl::Milliseconds(50)));
  BOOST_TEST((gaps.back() == absl::Seconds(1)));
  BOOST_TEST(State("i-1") == "initial");
}

BOOST_FIXTURE_TEST_CASE(a_target_that_never_passes_turns_unhealthy_after_threshold_intervals, Fixture) {
  Set({Spec("i-1")});
  while (now < kStart + absl::Seconds(30)) {
    BOOST_TEST(State("i-1") == "initial");
    Check(CheckResult::Refused());
    now = group.Advance(now).next;
  }
  Check(CheckResult::Refused());
  BOOST_TEST(State("i-1") == "unhealthy");
  BOOST_TEST(Reason("i-1") == "Target.FailedHealthChecks");
}

struct ReasonCase {
  const char* name;
  CheckResult result;
  const char* reason;
  const char* description;
};
const ReasonCase kReasons[] = {
    {"code", CheckResult::Answered(503), "Target.ResponseCodeMismatch", "Health checks failed with these codes: [503]"},
    {"timeout", CheckResult::Timeout(), "Target.Timeout", "Request timed out"},
    {"refused", CheckResult::Refused(), "Target.FailedHealthChecks", "Health checks failed"},
    {"reset", CheckResult::Failed(), "Target.FailedHealthChecks", "Health checks failed"},
    {"internal", CheckResult::InternalError(), "Elb.InternalError", "Health checks failed due to an internal error"},
};

BOOST_AUTO_TEST_CASE(failures_up_to_the_threshold_make_unhealthy_with_the_reason) {
  for (const ReasonCase& c : kReasons) {
    Fixture f;
    f.Register({Spec("i-1"), Spec("i-2")});
    f.Wait(absl::Seconds(30));
    f.Check(c.result);
    BOOST_TEST(f.State("i-1") == "healthy", c.name);
    f.Wait(absl::Seconds(30));
    f.Check(c.result);
    BOOST_TEST(f.State("i-1") == "unhealthy", c.name);
    BOOST_TEST(f.Reason("i-1") == c.reason, c.name);
    BOOST_TEST(f.Health("i-1").description == c.description, c.name);
  }
}

BOOST_FIXTURE_TEST_CASE(a_pass_between_failures_starts_the_count_again, Fixture) {
  Register({Spec("i-1")});
  for (int i = 0; i < 4; ++i) {
    Wait(absl::Seconds(30));
    Check(i % 2 == 0 ? CheckResult::Timeout() : CheckResult::Answered(200));
  }
  BOOST_TEST(State("i-1") == "healthy");
}

BOOST_FIXTURE_TEST_CASE(an_unhealthy_target_needs_five_passes, Fixture) {
  Register({Spec("i-1")});
  for (int i = 0; i < 2; ++i) {
    Wait(absl::Seconds(30));
    Check(CheckResult::Timeout());
  }
  for (int i = 0; i < 5; ++i) {
    BOOST_TEST(State("i-1") == "unhealthy");
    Wait(absl::Seconds(30));
    Check(CheckResult::Answered(200));
  }
  BOOST_TEST(State("i-1") == "healthy");
}

BOOST_FIXTURE_TEST_CASE(checks_are_an_interval_apart, Fixture) {
  Register({Spec("i-1")});
  BOOST_TEST((group.Advance(now).next == now + absl::Seconds(30)));
  Wait(absl::Seconds(29));
  BOOST_TEST(Check(CheckResult::Answered(200)) == 0);
  Wait(absl::Seconds(1));
  BOOST_TEST(Check(CheckResult::Answered(200)) == 1);
}

BOOST_FIXTURE_TEST_CASE(one_check_at_a_time, Fixture) {
  Set({Spec("i-1")});
  BOOST_TEST(group.Advance(now).checks.size() == 1u);
  Wait(absl::Hours(1));
  BOOST_TEST(group.Advance(now).checks.empty());
}

BOOST_FIXTURE_TEST_CASE(a_refused_connection_takes_a_dead_target_out_at_once, Fixture) {
  Register({Spec("i-1"), Spec("i-2")});
  Wait(absl::Seconds(3));
  group.OnConnectionFailure("i-1", now);
  BOOST_TEST(Check(CheckResult::Refused()) == 1);
  BOOST_TEST(State("i-1") == "healthy");
  Wait(Target::kConfirmDelay);
  BOOST_TEST(Check(CheckResult::Refused()) == 1);
  BOOST_TEST(State("i-1") == "unhealthy");
  BOOST_TEST((Serving() == Ids{"i-2"}));
}

BOOST_FIXTURE_TEST_CASE(hints_alone_decide_nothing_and_are_bounded, Fixture) {
  Register({Spec("i-1")});
  int checks = 0;
  for (int i = 0; i < 100; ++i) {
    Wait(absl::Milliseconds(10));
    group.OnConnectionFailure("i-1", now);
    checks += Check(CheckResult::Answered(200));
  }
  BOOST_TEST(State("i-1") == "healthy");
  BOOST_TEST(checks <= 2);
}

BOOST_FIXTURE_TEST_CASE(a_hint_during_a_check_asks_for_another, Fixture) {
  Register({Spec("i-1")});
  Wait(absl::Seconds(30));
  const DueCheck check = group.Advance(now).checks.at(0);
  group.OnConnectionFailure("i-1", now);
  group.OnCheckResult("i-1", check.attempt, CheckResult::Answered(200), now);
  BOOST_TEST(group.Advance(now).checks.size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(results_nobody_waits_for_are_ignored, Fixture) {
  Set({Spec("i-1")});
  const DueCheck check = group.Advance(now).checks.at(0);
  group.OnCheckResult("i-1", check.attempt + 1, CheckResult::Answered(200), now);
  group.OnCheckResult("i-9", check.attempt, CheckResult::Answered(200), now);
  BOOST_TEST(State("i-1") == "initial");
  group.OnCheckResult("i-1", check.attempt, CheckResult::Answered(200), now);
  group.OnCheckResult("i-1", check.attempt, CheckResult::Answered(500), now);
  BOOST_TEST(State("i-1") == "healthy");
}

BOOST_FIXTURE_TEST_CASE(only_healthy_targets_serve, Fixture) {
  Register({Spec("i-1"), Spec("i-2")});
  Set({Spec("i-1"), Spec("i-2"), Spec("i-3")});
  BOOST_TEST((Serving() == Ids{"i-1", "i-2"}));
}

BOOST_FIXTURE_TEST_CASE(fails_open_when_all_are_unhealthy, Fixture) {
  Register({Spec("i-1"), Spec("i-2")});
  for (int i = 0; i < 2; ++i) {
    Wait(absl::Seconds(30));
    Check(CheckResult::Answered(500));
  }
  BOOST_TEST(State("i-1") == "unhealthy");
  BOOST_TEST((Serving() == Ids{"i-1", "i-2"}));
}

BOOST_FIXTURE_TEST_CASE(an_idle_target_drains_at_once, Fixture) {
  Register({Spec("i-1"), Spec("i-2")});
  Set({Spec("i-1"), Spec("i-2", /*draining=*/true)});
  BOOST_TEST(State("i-2") == "draining");
  BOOST_TEST(Reason("i-2") == "Target.DeregistrationInProgress");
  BOOST_TEST((Serving() == Ids{"i-1"}));
  group.Advance(now);
  BOOST_TEST(State("i-2") == "unused");
  BOOST_TEST(Reason("i-2") == "Target.NotRegistered");
}

BOOST_FIXTURE_TEST_CASE(a_busy_target_drains_until_idle, Fixture) {
  Register({Spec("i-1")});
  Call call(Pick().endpoint()->load, now);
  Set({});
  Wait(absl::Seconds(10));
  BOOST_TEST((group.Advance(now).next == now + TargetGroup::kDrainPoll));
  BOOST_TEST(State("i-1") == "draining");
  BOOST_TEST(group.Describe().at(0).in_flight == 1);
  call.Finish(Call::Outcome::kSuccess, now);
  group.Advance(now);
  BOOST_TEST(group.Describe().empty());
}

BOOST_FIXTURE_TEST_CASE(a_drain_ends_with_the_deregistration_delay, Fixture) {
  Register({Spec("i-1")});
  Call call(Pick().endpoint()->load, now);
  Set({Spec("i-1", /*draining=*/true)});
  Wait(absl::Seconds(299));
  BOOST_TEST(group.Advance(now).out_of_time.empty());
  Wait(absl::Seconds(1));
  const TargetGroup::Step step = group.Advance(now);
  BOOST_REQUIRE(step.out_of_time.size() == 1u);
  BOOST_TEST(step.out_of_time[0] == "i-1");
  BOOST_TEST(State("i-1") == "unused");
}

BOOST_FIXTURE_TEST_CASE(registering_a_draining_target_again_starts_it_anew, Fixture) {
  Register({Spec("i-1")});
  Call call(Pick().endpoint()->load, now);
  Set({});
  Set({Spec("i-1")});
  BOOST_TEST(State("i-1") == "initial");
  BOOST_TEST(group.Describe().at(0).in_flight == 1);
  Check(CheckResult::Answered(200));
  BOOST_TEST((Serving() == Ids{"i-1"}));
}

BOOST_FIXTURE_TEST_CASE(health_survives_an_unchanged_set, Fixture) {
  Register({Spec("i-1"), Spec("i-2")});
  const uint64_t version = group.picker_version();
  Set({Spec("i-1"), Spec("i-2")});
  BOOST_TEST(State("i-1") == "healthy");
  BOOST_TEST(group.picker_version() == version);
}

BOOST_FIXTURE_TEST_CASE(another_address_is_another_target, Fixture) {
  Register({Spec("i-1")});
  TargetSpec moved = Spec("i-1");
  moved.address.port = 8080;
  Set({moved});
  BOOST_TEST(State("i-1") == "initial");
}

BOOST_FIXTURE_TEST_CASE(a_group_nobody_uses_is_unused_and_not_checked, Fixture) {
  Register({Spec("i-1")});
  group.SetInUse(false, now);
  Set({Spec("i-1"), Spec("i-2")});
  Wait(absl::Hours(1));
  BOOST_TEST(Check(CheckResult::Answered(200)) == 0);
  BOOST_TEST(Reason("i-1") == "Target.NotInUse");
  BOOST_TEST(Reason("i-2") == "Target.NotInUse");
  group.SetInUse(true, now);
  BOOST_TEST(State("i-2") == "initial");
  BOOST_TEST(Check(CheckResult::Answered(200)) == 2);
}

BOOST_FIXTURE_TEST_CASE(bad_sets_are_refused_and_change_nothing, Fixture) {
  Register({Spec("i-1")});
  const uint64_t version = group.status_version();
  TargetSpec twin = Spec("i-1");
  twin.id = "twin";
  std::vector<TargetSpec> many;
  for (uint32_t i = 0; i < 1001; ++i) {
    many.push_back({.id = absl::StrCat("t", i), .address = {net::IpAddress::V4(0x0b000000 + i), 80}});
  }
  const auto set = [&](std::vector<TargetSpec> specs) { return group.SetTargets(specs, now); };
  BOOST_TEST(StatusIs(set({Spec("i-2"), Spec("i-2")}), absl::StatusCode::kInvalidArgument, "\"i-2\""));
  BOOST_TEST(StatusIs(set({Spec("i-1"), twin}), absl::StatusCode::kInvalidArgument, "10.0.0.1:80"));
  BOOST_TEST(StatusIs(set({TargetSpec{}}), absl::StatusCode::kInvalidArgument, "no id"));
  BOOST_TEST(StatusIs(set(many), absl::StatusCode::kResourceExhausted, "1001"));
  BOOST_TEST(group.status_version() == version);
  BOOST_TEST(group.Describe().size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_new_target_may_take_the_address_of_a_draining_one, Fixture) {
  TargetSpec heir = Spec("i-1");
  heir.id = "heir";
  Set({Spec("i-1", /*draining=*/true), heir});
  BOOST_TEST(State("heir") == "initial");
}

BOOST_FIXTURE_TEST_CASE(without_checks_targets_are_unavailable_and_serve, Fixture) {
  TargetGroupOptions options;
  options.health_check.enabled = false;
  BOOST_TEST(IsOk(group.SetOptions(options)));
  Set({Spec("i-1")});
  BOOST_TEST(State("i-1") == "unavailable");
  BOOST_TEST(Reason("i-1") == "Target.HealthCheckDisabled");
  BOOST_TEST(Check(CheckResult::Answered(200)) == 0);
  BOOST_TEST((Serving() == Ids{"i-1"}));
  BOOST_TEST(IsOk(group.SetOptions({})));
  Set({Spec("i-1")});
  BOOST_TEST(State("i-1") == "initial");
}

BOOST_FIXTURE_TEST_CASE(a_stopped_target_is_unused_until_it_runs_again, Fixture) {
  Register({Spec("i-1"), Spec("i-2")});
  TargetSpec stopped = Spec("i-1");
  stopped.unusable = TargetReason::kInvalidState;
  Set({stopped, Spec("i-2")});
  BOOST_TEST(State("i-1") == "unused");
  BOOST_TEST(Reason("i-1") == "Target.InvalidState");
  BOOST_TEST((Serving() == Ids{"i-2"}));
  Wait(absl::Hours(1));
  BOOST_TEST(Check(CheckResult::Answered(200)) == 1);
  Set({Spec("i-1"), Spec("i-2")});
  BOOST_TEST(State("i-1") == "initial");
}

BOOST_FIXTURE_TEST_CASE(a_target_whose_address_a_load_balancer_has_is_unused, Fixture) {
  TargetSpec taken = Spec("i-1");
  taken.unusable = TargetReason::kIpUnusable;
  Set({taken});
  BOOST_TEST(State("i-1") == "unused");
  BOOST_TEST(Reason("i-1") == "Target.IpUnusable");
  group.SetInUse(false, now);
  BOOST_TEST(Reason("i-1") == "Target.NotInUse");
  group.SetInUse(true, now);
  BOOST_TEST(Reason("i-1") == "Target.IpUnusable");
}

BOOST_FIXTURE_TEST_CASE(below_the_minimum_of_healthy_targets_all_serve, Fixture) {
  TargetGroupOptions options;
  options.health_requirements.unhealthy_state_routing = {.count = 1, .percentage = 50};
  options.health_requirements.dns_failover = {.count = 1, .percentage = 75};
  BOOST_TEST(IsOk(group.SetOptions(options)));
  Register({Spec("i-1"), Spec("i-2"), Spec("i-3"), Spec("i-4")});
  BOOST_TEST(group.HealthyForDns());
  MakeUnhealthy({"i-1", "i-2"});
  BOOST_TEST((Serving() == Ids{"i-3", "i-4"}));
  BOOST_TEST(!group.HealthyForDns());
  MakeUnhealthy({"i-1", "i-2", "i-3"});
  BOOST_TEST((Serving() == Ids{"i-1", "i-2", "i-3", "i-4"}));
}

BOOST_FIXTURE_TEST_CASE(a_group_without_a_healthy_target_is_unhealthy_in_dns, Fixture) {
  BOOST_TEST(!group.HealthyForDns());
  Set({Spec("i-1")});
  BOOST_TEST(!group.HealthyForDns());
  Check(CheckResult::Answered(200));
  BOOST_TEST(group.HealthyForDns());
}

struct OutlierFixture : Fixture {
  OutlierFixture() {
    TargetGroupOptions options;
    options.outlier_detection.emplace();
    BOOST_REQUIRE(IsOk(group.SetOptions(options)));
  }
  void Fail(absl::string_view id, int times) {
    for (int i = 0; i < times; ++i) group.OnOutcome(id, false, now);
  }
};

BOOST_FIXTURE_TEST_CASE(an_outlier_takes_a_rest_while_its_checks_pass, OutlierFixture) {
  Register({Spec("i-1"), Spec("i-2"), Spec("i-3")});
  const uint64_t version = group.status_version();
  Fail("i-2", 5);
  BOOST_TEST((Serving() == Ids{"i-1", "i-3"}));
  BOOST_TEST(State("i-2") == "healthy");
  BOOST_TEST(Status("i-2").ejected);
  BOOST_TEST(group.status_version() != version);
  Wait(absl::Seconds(29));
  Check(CheckResult::Answered(200));
  BOOST_TEST((Serving() == Ids{"i-1", "i-3"}));
  Wait(absl::Seconds(1));
  group.Advance(now);
  BOOST_TEST((Serving() == Ids{"i-1", "i-2", "i-3"}));
  BOOST_TEST(!Status("i-2").ejected);
}

BOOST_FIXTURE_TEST_CASE(the_group_wakes_when_an_ejection_ends, OutlierFixture) {
  Register({Spec("i-1"), Spec("i-2")});
  Fail("i-2", 5);
  const absl::Time start = now;
  while (Status("i-2").ejected && now < start + absl::Seconds(60)) {
    now = group.Advance(now).next;
    Check(CheckResult::Answered(200));
  }
  BOOST_TEST((now == start + absl::Seconds(30)));
}

BOOST_FIXTURE_TEST_CASE(an_ejection_never_leaves_the_group_empty, OutlierFixture) {
  Register({Spec("i-1"), Spec("i-2")});
  Fail("i-1", 5);
  BOOST_TEST((Serving() == Ids{"i-2"}));
  MakeUnhealthy({"i-2"});
  BOOST_TEST((Serving() == Ids{"i-1"}));
}

BOOST_FIXTURE_TEST_CASE(a_lonely_target_is_never_ejected, OutlierFixture) {
  Register({Spec("i-1")});
  Fail("i-1", 100);
  BOOST_TEST((Serving() == Ids{"i-1"}));
}

BOOST_FIXTURE_TEST_CASE(sweeps_that_change_nothing_tell_nobody, OutlierFixture) {
  Register({Spec("i-1"), Spec("i-2")});
  const uint64_t status = group.status_version();
  const uint64_t picker = group.picker_version();
  for (int i = 0; i < 10; ++i) {
    Wait(absl::Seconds(10));
    Check(CheckResult::Answered(200));
  }
  BOOST_TEST(group.status_version() == status);
  BOOST_TEST(group.picker_version() == picker);
}

BOOST_FIXTURE_TEST_CASE(outlier_detection_may_begin_later, Fixture) {
  Register({Spec("i-1"), Spec("i-2"), Spec("i-3")});
  TargetGroupOptions options;
  options.outlier_detection.emplace();
  BOOST_TEST(IsOk(group.SetOptions(options)));
  group.Advance(now);
  for (int i = 0; i < 5; ++i) group.OnOutcome("i-1", false, now);
  BOOST_TEST(Status("i-1").ejected);
}

BOOST_FIXTURE_TEST_CASE(without_outlier_detection_outcomes_count_nothing, Fixture) {
  Register({Spec("i-1"), Spec("i-2")});
  for (int i = 0; i < 100; ++i) group.OnOutcome("i-1", false, now);
  BOOST_TEST((Serving() == Ids{"i-1", "i-2"}));
  BOOST_TEST((group.Advance(now).next == now + absl::Seconds(30)));
}

BOOST_FIXTURE_TEST_CASE(sticky_clients_follow_the_serving_set, Fixture) {
  BOOST_TEST((group.sticky() == nullptr));
  TargetGroupOptions options;
  options.stickiness.type = StickinessType::kLbCookie;
  options.stickiness_key = {.high = 1, .low = 2};
  BOOST_TEST(IsOk(group.SetOptions(options)));
  Register({Spec("i-1"), Spec("i-2")});
  const StickinessCookie cookie(options.stickiness_key);
  const std::string value = cookie.Encode("i-1", now + options.stickiness.duration);
  const auto sticky = [&] { return group.sticky()->ByTag(*cookie.Decode(value, now)); };
  BOOST_TEST(sticky()->id == "i-1");
  MakeUnhealthy({"i-1"});
  BOOST_TEST((sticky() == nullptr));
}

BOOST_AUTO_TEST_CASE(bad_options_are_refused_each_by_its_own_rule) {
  TargetGroup group({}, MakeRoundRobin());
  const auto refused = [&group](absl::string_view part, auto change) {
    TargetGroupOptions options;
    change(options);
    BOOST_TEST(StatusIs(group.SetOptions(options), absl::StatusCode::kInvalidArgument, part));
  };
  refused("1h1s", [](auto& o) { o.deregistration_delay = absl::Seconds(3601); });
  refused("slow start window is 10s", [](auto& o) { o.slow_start.window = absl::Seconds(10); });
  refused("unhealthy state routing is 0", [](auto& o) { o.health_requirements.unhealthy_state_routing.count = 0; });
  refused("stickiness duration", [](auto& o) { o.stickiness.duration = absl::ZeroDuration(); });
  refused("no key", [](auto& o) { o.stickiness.type = StickinessType::kSourceIp; });
  refused("outlier detection",
          [](auto& o) { o.outlier_detection = OutlierDetectionOptions{.consecutive_failures = -1}; });
}

// Keeps what it was last asked to build of.
class RecordingPolicy final : public Policy {
 public:
  explicit RecordingPolicy(EndpointList* last) : last_(last) {}
  absl::string_view name() const override { return "recording"; }
  absl::StatusOr<std::shared_ptr<const Picker>> Build(EndpointList endpoints) override {
    *last_ = std::move(endpoints);
    return AlwaysWait("recorded");
  }

 private:
  EndpointList* last_;
};

struct SlowStartFixture : Fixture {
  SlowStartFixture() {
    group.SetPolicy(std::make_unique<RecordingPolicy>(&built));
    options.slow_start.window = absl::Seconds(100);
    options.health_check.interval = absl::Seconds(5);
    BOOST_REQUIRE(IsOk(group.SetOptions(options)));
  }
  double Weight(absl::string_view id) {
    for (const auto& endpoint : built) {
      if (endpoint->id == id) return endpoint->weight;
    }
    return -1;
  }
  // To the end of `by`, being driven as by a runtime; all checks pass.
  void Run(absl::Duration by) {
    const absl::Time end = now + by;
    while (now < end) {
      Check(CheckResult::Answered(200));
      now = std::min(end, group.Advance(now).next);
    }
    Check(CheckResult::Answered(200));
  }
  EndpointList built;
  TargetGroupOptions options;
};

BOOST_FIXTURE_TEST_CASE(a_new_target_grows_into_its_weight, SlowStartFixture) {
  Register({Spec("i-1")});
  TargetSpec heavy = Spec("i-2");
  heavy.weight = 4;
  Register({Spec("i-1"), heavy});
  BOOST_TEST(Weight("i-1") == 1);
  BOOST_TEST(Weight("i-2") == 0.4);
  Run(absl::Seconds(50));
  BOOST_TEST(Weight("i-2") == 2);
  BOOST_TEST(Status("i-2").slow_start_factor == 0.5);
  Run(absl::Seconds(50));
  BOOST_TEST(Weight("i-1") == 1);
  BOOST_TEST(Weight("i-2") == 4);
}

BOOST_FIXTURE_TEST_CASE(a_slow_start_asks_for_few_pickers_and_then_for_none, SlowStartFixture) {
  Register({Spec("i-1")});
  Register({Spec("i-1"), Spec("i-2")});
  const uint64_t before = group.picker_version();
  Run(absl::Seconds(100));
  BOOST_TEST(group.picker_version() - before <= static_cast<uint64_t>(kSlowStartSteps));
  const uint64_t after = group.picker_version();
  Run(absl::Seconds(100));
  BOOST_TEST(group.picker_version() == after);
}

BOOST_FIXTURE_TEST_CASE(the_first_batch_does_not_start_slowly, SlowStartFixture) {
  Set({Spec("i-1"), Spec("i-2")});
  CheckSome({"i-2"});
  Run(absl::Seconds(2));
  BOOST_TEST(Weight("i-1") == 1);
  BOOST_TEST(Weight("i-2") == 1);
}

BOOST_FIXTURE_TEST_CASE(who_is_healthy_already_does_not_start_slowly, SlowStartFixture) {
  TargetGroupOptions off = options;
  off.slow_start.window = absl::ZeroDuration();
  BOOST_TEST(IsOk(group.SetOptions(off)));
  Register({Spec("i-1")});
  Register({Spec("i-1"), Spec("i-2")});
  BOOST_TEST(IsOk(group.SetOptions(options)));
  Run(absl::Seconds(10));
  BOOST_TEST(Weight("i-2") == 1);
}

BOOST_FIXTURE_TEST_CASE(an_unhealthy_target_starts_slowly_again, SlowStartFixture) {
  Register({Spec("i-1"), Spec("i-2")});
  for (int i = 0; i < 2; ++i) {
    Wait(absl::Seconds(5));
    CheckSome({"i-2"});
  }
  BOOST_TEST(Weight("i-2") == -1);
  Run(absl::Seconds(25));
  BOOST_TEST(State("i-2") == "healthy");
  BOOST_TEST(Weight("i-2") == 0.1);
}

BOOST_FIXTURE_TEST_CASE(alone_nobody_starts_slowly, SlowStartFixture) {
  Register({Spec("i-1")});
  for (int i = 0; i < 2; ++i) {
    Wait(absl::Seconds(5));
    CheckSome({"i-1"});
  }
  Set({Spec("i-1"), Spec("i-2")});
  Run(absl::Seconds(1));
  BOOST_TEST(Weight("i-2") == 1);
}

BOOST_FIXTURE_TEST_CASE(a_weight_changes_without_a_new_life, Fixture) {
  EndpointList built;
  group.SetPolicy(std::make_unique<RecordingPolicy>(&built));
  Register({Spec("i-1")});
  const std::shared_ptr<Load> load = built.at(0)->load;
  TargetSpec heavy = Spec("i-1");
  heavy.weight = 3;
  Set({heavy});
  BOOST_TEST(State("i-1") == "healthy");
  BOOST_TEST(built.at(0)->weight == 3);
  BOOST_TEST((built.at(0)->load == load));
}

BOOST_FIXTURE_TEST_CASE(weights_that_are_none_are_refused, Fixture) {
  for (const double weight :
       {0.0, -1.0, std::numeric_limits<double>::infinity(), std::nan(""), kWeightMax * 2, kWeightMin / 2}) {
    TargetSpec odd = Spec("i-1");
    odd.weight = weight;
    BOOST_TEST(StatusIs(group.SetTargets({odd}, now), absl::StatusCode::kInvalidArgument, "weight"));
  }
}

// What a target group takes in, every policy can be built of.
BOOST_FIXTURE_TEST_CASE(the_least_weight_can_start_slowly, SlowStartFixture) {
  TargetSpec light = Spec("i-2");
  light.weight = kWeightMin;
  Register({Spec("i-1")});
  Register({Spec("i-1"), light});
  BOOST_TEST(Weight("i-2") == kWeightMin);
  group.SetPolicy(MakeWeightedRoundRobin());
  BOOST_TEST((Pick().endpoint() != nullptr));
}

BOOST_FIXTURE_TEST_CASE(load_reports_decide_with_the_next_refresh, Fixture) {
  group.SetPolicy(*MakeLoadReports({.blackout = absl::ZeroDuration()}));
  Register({Spec("i-1"), Spec("i-2")});
  const auto share = [&] {
    int first = 0;
    for (int i = 0; i < 1000; ++i) first += Pick().endpoint()->id == "i-1" ? 1 : 0;
    return first;
  };
  BOOST_TEST(share() == 500);
  for (int second = 0; second < 3; ++second) {
    group.OnLoadReport("i-1", {.qps = 100, .utilization = 0.2}, now);
    group.OnLoadReport("i-2", {.qps = 100, .utilization = 0.8}, now);
    group.OnLoadReport("nobody", {.qps = 100, .utilization = 0.8}, now);
    const TargetGroup::Step step = group.Advance(now);
    BOOST_TEST((step.next <= now + absl::Seconds(1)));
    Wait(absl::Seconds(1));
  }
  const uint64_t before = group.picker_version();
  group.Advance(now);
  BOOST_TEST(group.picker_version() == before + 1);
  BOOST_TEST(share() == 800);
  // Not before it is due again, and not for whom nobody serves.
  group.Advance(now);
  BOOST_TEST(group.picker_version() == before + 1);
  Set({});
  group.Advance(now);
  Wait(absl::Seconds(5));
  const uint64_t empty = group.picker_version();
  BOOST_TEST((group.Advance(now).next == absl::InfiniteFuture()));
  BOOST_TEST(group.picker_version() == empty);
}

BOOST_AUTO_TEST_CASE(slow_start_needs_a_policy_that_goes_by_weights) {
  TargetGroupOptions options;
  options.slow_start.window = absl::Seconds(30);
  TargetGroup least({}, MakeLeastOutstandingRequests());
  BOOST_TEST(StatusIs(least.SetOptions(options), absl::StatusCode::kInvalidArgument, "least_outstanding_requests"));
  TargetGroup round({}, MakeRoundRobin());
  BOOST_TEST(StatusIs(round.SetOptions(options), absl::StatusCode::kInvalidArgument, "such as weighted_round_robin"));
  TargetGroup weighted({}, MakeWeightedRoundRobin());
  BOOST_TEST(IsOk(weighted.SetOptions(options)));
}

BOOST_FIXTURE_TEST_CASE(targets_unusable_for_another_reason_are_refused, Fixture) {
  TargetSpec odd = Spec("i-1");
  odd.unusable = TargetReason::kTimeout;
  BOOST_TEST(StatusIs(group.SetTargets({odd}, now), absl::StatusCode::kInvalidArgument, "Target.Timeout"));
}

BOOST_FIXTURE_TEST_CASE(bad_settings_are_refused, Fixture) {
  TargetGroupOptions options;
  options.health_check.timeout = absl::Seconds(31);
  BOOST_TEST(StatusIs(group.SetOptions(options), absl::StatusCode::kInvalidArgument, "31s"));
  options.health_check.timeout = absl::ZeroDuration();
  BOOST_TEST(StatusIs(group.SetOptions(options), absl::StatusCode::kInvalidArgument, "above zero"));
  options = {};
  options.health_check.unhealthy_threshold = 11;
  BOOST_TEST(StatusIs(group.SetOptions(options), absl::StatusCode::kInvalidArgument, "unhealthy threshold is 11"));
  options = {};
  options.deregistration_delay = absl::Seconds(-1);
  BOOST_TEST(StatusIs(group.SetOptions(options), absl::StatusCode::kInvalidArgument, "-1s"));
}

struct MatcherCase {
  const char* text;
  bool valid;
  int yes;
  int no;
};
const MatcherCase kMatchers[] = {
    {"200", true, 200, 201},
    {"200,204", true, 204, 203},
    {"200-299", true, 299, 300},
    {"200, 301-302", true, 301, 300},
    {"", false, 0, 0},
    {"abc", false, 0, 0},
    {"299-200", false, 0, 0},
    {"200-", false, 0, 0},
    {"200--299", false, 0, 0},
    {"199", false, 0, 0},
    {"600", false, 0, 0},
    {"+200", false, 0, 0},
    {"200,", false, 0, 0},
    {"1-2-3", false, 0, 0},
    {"99999999999", false, 0, 0},
};

BOOST_AUTO_TEST_CASE(matchers_read_as_aws_writes_them) {
  for (const MatcherCase& c : kMatchers) {
    const auto matcher = CodeMatcher::Parse(c.text, CodeMatcher::kHttp);
    BOOST_TEST(matcher.ok() == c.valid, c.text);
    if (!matcher.ok()) continue;
    BOOST_TEST(matcher->Matches(c.yes), c.text);
    BOOST_TEST(!matcher->Matches(c.no), c.text);
  }
  BOOST_TEST(CodeMatcher::Parse("0-99", CodeMatcher::kGrpc)->Matches(12));
  BOOST_TEST(CodeMatcher::Parse("200, 301-302", CodeMatcher::kHttp)->ToString() == "200,301-302");
}

}  // namespace
}  // namespace nubo::lb
