// What holds of every plan, in ten thousand random histories. A history is replayed from its seed, which a failure
// prints.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nubo/scaling/reconcile.h"

namespace nubo::scaling {
namespace {

constexpr int kHistories = 10000;
constexpr int kSteps = 24;
constexpr int kZones = 3;

// A group whose instances boot, get healthy, sicken and die as a seed has it.
class World {
 public:
  explicit World(uint32_t seed) : rng_(seed) {
    spec_.name = "web";
    spec_.health_check_type = Chance(2) ? HealthCheckType::kElb : HealthCheckType::kEc2;
    spec_.grace_period = absl::Seconds(Below(30));
    for (int i = 0; i < kZones; ++i) spec_.subnets.push_back({absl::StrCat("subnet-", i), absl::StrCat("zone-", i)});
    Resize();
  }

  // One plan made, held to what must be true of it, and carried out. False: it breaks a promise.
  bool Step() {
    const Plan plan = Reconcile(spec_, observed_, now_);
    const bool good = Safe(plan);
    Carry(plan);
    now_ = std::min(plan.next, now_ + absl::Milliseconds(200 + Below(3000)));
    return good;
  }

  void Disturb() {
    if (Chance(6)) Resize();
    for (Member& member : observed_.members) {
      if (Chance(8)) member.ec2 = Ec2Health::kGone;
      if (Chance(8) && member.ec2 == Ec2Health::kRunning) member.elb = ElbHealth::kUnhealthy;
      if (Chance(20)) member.protected_from_scale_in = true;
    }
    Age();
  }

  // What goes on by itself: boot, health.
  void Age() {
    for (Member& member : observed_.members) {
      if (member.ec2 == Ec2Health::kStarting) member.ec2 = Ec2Health::kRunning;
      if (member.ec2 == Ec2Health::kRunning && member.elb != ElbHealth::kUnhealthy) member.elb = ElbHealth::kHealthy;
    }
  }

  void Unprotect() {
    for (Member& member : observed_.members) member.protected_from_scale_in = false;
  }

  bool AtRest() const {
    const bool by_elb = spec_.health_check_type == HealthCheckType::kElb;
    const auto rests = [&](const Member& member) {
      return member.lifecycle == LifecycleState::kInService && member.ec2 == Ec2Health::kRunning &&
             (!by_elb || member.elb == ElbHealth::kHealthy);
    };
    return std::all_of(observed_.members.begin(), observed_.members.end(), rests) &&
           static_cast<int>(observed_.members.size()) == spec_.desired;
  }

  std::string broken;

 private:
  int Below(int bound) { return static_cast<int>(rng_() % static_cast<uint32_t>(bound)); }
  bool Chance(int one_in) { return Below(one_in) == 0; }

  void Resize() {
    spec_.min_size = Below(4);
    spec_.max_size = spec_.min_size + Below(12);
    spec_.desired = Chance(8) ? spec_.min_size : spec_.min_size + Below(spec_.max_size - spec_.min_size + 1);
  }

  bool Broken(const std::string& what) {
    broken = what;
    return false;
  }

  bool Safe(const Plan& plan) {
    std::map<std::string, const Member*> members;
    int counted = 0;
    for (const Member& member : observed_.members) {
      members[member.id] = &member;
      if (member.lifecycle != LifecycleState::kTerminating) ++counted;
    }
    std::set<std::string> ended;
    int scaled_in = 0, unhealthy_in_service = 0;
    for (const Termination& end : plan.terminations) {
      if (members.count(end.instance_id) == 0) return Broken("terminates a stranger");
      if (!ended.insert(end.instance_id).second) return Broken("terminates one twice");
      if (end.cause.empty()) return Broken("ends without a cause");
      const Member& member = *members[end.instance_id];
      if (member.lifecycle == LifecycleState::kTerminating && end.kind != Termination::Kind::kGone)
        return Broken("terminates what is terminating");
      if (end.kind == Termination::Kind::kGone && member.ec2 != Ec2Health::kGone) return Broken("buries the living");
      if (end.kind == Termination::Kind::kScaleIn) {
        ++scaled_in;
        if (member.protected_from_scale_in) return Broken("scales in a protected one");
      }
      if (end.kind == Termination::Kind::kUnhealthy && member.lifecycle == LifecycleState::kInService)
        ++unhealthy_in_service;
      if (member.lifecycle != LifecycleState::kTerminating) --counted;
    }
    const int launched = static_cast<int>(plan.launches.size());
    if (launched > 0 && scaled_in > 0) return Broken("launches and scales in at once");
    if (launched > 0 && counted + launched > spec_.desired) return Broken("launches past the desired capacity");
    if (launched > 0 && spec_.desired == 0) return Broken("launches at zero");
    if (scaled_in > 0 && counted < spec_.desired) return Broken("scales in below the desired capacity");
    if (unhealthy_in_service > std::max(1, spec_.desired / 10)) return Broken("replaces too many at once");
    if (plan.next <= now_) return Broken("asks to be called again in the past");
    if (counted + launched < spec_.desired && plan.waiting.empty()) return Broken("is short and does not say why");
    return true;
  }

  void Carry(const Plan& plan) {
    for (const std::string& id : plan.in_service) {
      for (Member& member : observed_.members) {
        if (member.id != id) continue;
        member.lifecycle = LifecycleState::kInService;
        member.in_service_time = now_;
      }
    }
    if (plan.launches_succeed) observed_.failed_launches = 0;
    for (const Termination& end : plan.terminations) Bury(end);
    for (const Launch& launch : plan.launches) {
      observed_.members.push_back({.id = absl::StrCat("i-", ++launched_),
                                   .zone = launch.zone,
                                   .launch_time = now_,
                                   .template_version = launched_ / 5});
    }
  }

  void Bury(const Termination& end) {
    const auto it = std::find_if(observed_.members.begin(), observed_.members.end(),
                                 [&](const Member& member) { return member.id == end.instance_id; });
    if (it == observed_.members.end()) return;
    if (end.kind == Termination::Kind::kGone && FailedLaunch(spec_.health_check_type, it->in_service_time, now_)) {
      ++observed_.failed_launches;
      observed_.last_failure = now_;
      observed_.last_failure_reason = "exited with status 1";
    }
    observed_.members.erase(it);
  }

  std::mt19937 rng_;
  GroupSpec spec_;
  Observed observed_;
  absl::Time now_ = absl::FromUnixSeconds(1893456000);
  int launched_ = 0;
};

BOOST_AUTO_TEST_CASE(every_plan_is_safe_and_every_group_comes_to_rest) {
  for (uint32_t seed = 1; seed <= kHistories; ++seed) {
    World world(seed);
    for (int step = 0; step < kSteps; ++step) {
      world.Disturb();
      if (!world.Step()) BOOST_FAIL("seed " << seed << ", step " << step << ": " << world.broken);
    }
    // Left alone, it gets where it should be: within a backoff, a grace and a replacement of each.
    world.Unprotect();
    int steps = 0;
    while (!world.AtRest() && ++steps < 400) {
      world.Age();
      if (!world.Step()) BOOST_FAIL("seed " << seed << ", at rest: " << world.broken);
    }
    if (!world.AtRest()) BOOST_FAIL("seed " << seed << " never comes to rest");
  }
}

BOOST_AUTO_TEST_CASE(the_same_facts_give_the_same_plan) {
  World one(42), two(42);
  for (int step = 0; step < 200; ++step) {
    one.Disturb();
    two.Disturb();
    BOOST_REQUIRE(one.Step() == two.Step());
    BOOST_REQUIRE(one.AtRest() == two.AtRest());
  }
}

BOOST_AUTO_TEST_CASE(growth_and_shrinkage_keep_zones_even) {
  GroupSpec spec = {.name = "web", .max_size = 50};
  for (int i = 0; i < kZones; ++i) spec.subnets.push_back({absl::StrCat("subnet-", i), absl::StrCat("zone-", i)});
  Observed observed;
  std::mt19937 rng(5);
  int ids = 0;
  for (int step = 0; step < 2000; ++step) {
    spec.desired = static_cast<int>(rng() % 51);
    const Plan plan = Reconcile(spec, observed, absl::UnixEpoch());
    for (const Termination& end : plan.terminations) {
      observed.members.erase(std::find_if(observed.members.begin(), observed.members.end(),
                                          [&](const Member& member) { return member.id == end.instance_id; }));
    }
    for (const Launch& launch : plan.launches) {
      observed.members.push_back({.id = absl::StrCat("i-", ++ids),
                                  .zone = launch.zone,
                                  .lifecycle = LifecycleState::kInService,
                                  .ec2 = Ec2Health::kRunning,
                                  .in_service_time = absl::UnixEpoch()});
    }
    std::map<std::string, int> in_zone;
    for (const SubnetChoice& subnet : spec.subnets) in_zone[subnet.zone] = 0;
    for (const Member& member : observed.members) ++in_zone[member.zone];
    const auto [fewest, most] = std::minmax_element(in_zone.begin(), in_zone.end(),
                                                    [](const auto& a, const auto& b) { return a.second < b.second; });
    BOOST_REQUIRE_LE(most->second - fewest->second, 1);
    BOOST_REQUIRE_EQUAL(static_cast<int>(observed.members.size()), spec.desired);
  }
}

}  // namespace
}  // namespace nubo::scaling
