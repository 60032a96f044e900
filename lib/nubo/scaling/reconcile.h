// What a scaling group does next: a pure function of what is wanted, what is there, and the time.
//
// Reconcile() never waits and remembers nothing. Whatever was missed or happened twice, the next call on the facts of
// that moment says what is still to be done.
//
// Rules: Amazon EC2 Auto Scaling user guide: "Instance lifecycle", "Health checks for instances", "Control which
// instances terminate", "Availability Zone distribution".
//
// Example:
//   Plan plan = Reconcile(spec, observed, clock.Now());
//   for (const Launch& launch : plan.launches) Run(launch.subnet_id);
//   for (const Termination& gone : plan.terminations) Terminate(gone.instance_id);
//   CallAgainAt(plan.next);
//
// Thread safety: pure functions.
#ifndef NUBO_SCALING_RECONCILE_H_
#define NUBO_SCALING_RECONCILE_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace nubo::scaling {

// Which instances go first when there are too many.
enum class TerminationPolicy {
  // Oldest launch template, then oldest instance.
  kDefault,
  kOldestInstance,
  kNewestInstance,
  kOldestLaunchTemplate,
  // Nearest to another hour since its launch.
  kClosestToNextInstanceHour,
  // These two tell instances apart by what no group has here: they leave the choice to the next policy.
  kOldestLaunchConfiguration,
  kAllocationStrategy,
};

// By AWS's name: "OldestInstance". INVALID_ARGUMENT: there is none of that name.
absl::StatusOr<TerminationPolicy> ParseTerminationPolicy(absl::string_view name);
// Those that there are.
std::vector<std::string> TerminationPolicyNames();

enum class HealthCheckType { kEc2, kElb };
// Of one or more of AWS's words, separated by commas: kElb if ELB is among them; EC2 always counts.
// INVALID_ARGUMENT: another word, or one of AWS's that is not offered yet (EBS, VPC_LATTICE).
absl::StatusOr<HealthCheckType> ParseHealthCheckType(absl::string_view words);

// What one machine could run at most; AWS has a quota of instances instead.
inline constexpr int kGroupSizeMax = 10000;
inline constexpr size_t kGroupNameMax = 255;

// "The name can contain any ASCII character 33 to 126 …; you cannot use a colon."
// INVALID_ARGUMENT: not 1 to 255 of those.
absl::Status ValidateGroupName(absl::string_view name);

struct SubnetChoice {
  std::string subnet_id;
  std::string zone;
};

struct GroupSpec {
  std::string name;
  int min_size = 0;
  int max_size = 0;
  int desired = 0;
  // In the order of preference among those of one zone.
  std::vector<SubnetChoice> subnets;
  HealthCheckType health_check_type = HealthCheckType::kEc2;
  // How long after it is in service an instance's ELB health does not count. Its end is noticed at once all the same.
  absl::Duration grace_period;
  // In order: of what one cannot tell apart the next decides. Empty: kDefault.
  std::vector<TerminationPolicy> termination_policies;
};

// INVALID_ARGUMENT: sizes that contradict each other or are above kGroupSizeMax, a negative grace period, or no subnet.
absl::Status Validate(const GroupSpec& spec);

enum class LifecycleState { kPending, kInService, kTerminating };
enum class Ec2Health { kStarting, kRunning, kGone };
// What all target groups of the group say of it together.
enum class ElbHealth { kNone, kInitial, kHealthy, kUnhealthy };

struct Member {
  std::string id;
  std::string zone;
  LifecycleState lifecycle = LifecycleState::kPending;
  Ec2Health ec2 = Ec2Health::kStarting;
  ElbHealth elb = ElbHealth::kNone;
  // Why the load balancer holds it for unhealthy.
  std::string elb_reason;
  absl::Time launch_time;
  // InfinitePast while it is not in service.
  absl::Time in_service_time = absl::InfinitePast();
  bool protected_from_scale_in = false;
  int template_version = 0;
};

struct Observed {
  std::vector<Member> members;
  // Launches in a row that came to nothing (see FailedLaunch), since Plan::launches_succeed was last true.
  int failed_launches = 0;
  absl::Time last_failure = absl::InfinitePast();
  std::string last_failure_reason;
};

struct Launch {
  std::string subnet_id;
  std::string zone;
  // AWS's words for a scaling activity.
  std::string cause;
};

struct Termination {
  enum class Kind {
    // It is gone already; only the group has to forget it.
    kGone,
    kUnhealthy,
    kScaleIn,
  };
  std::string instance_id;
  Kind kind = Kind::kGone;
  std::string cause;
};

struct Plan {
  std::vector<Launch> launches;
  std::vector<Termination> terminations;
  // Pending instances that are in service from now on.
  std::vector<std::string> in_service;
  // What was launched works: launches that failed before no longer count.
  bool launches_succeed = false;
  // Why something that is wanted is not done now; empty when nothing is held back.
  std::string waiting;
  // When time alone may change the plan.
  absl::Time next = absl::InfiniteFuture();
};

// How long to wait after the n-th failed launch in a row (n >= 1): 1 s doubling to 60 s.
absl::Duration LaunchBackoff(int failed_launches);

// How long an instance that no load balancer vouches for has to be in service before its launch counts as a success:
// without it, a program that ends as soon as it starts would be replaced without a pause.
inline constexpr absl::Duration kProvenAfter = absl::Seconds(10);

// Whether an instance that ended by itself was a launch that came to nothing. `in_service_time` as in Member.
bool FailedLaunch(HealthCheckType type, absl::Time in_service_time, absl::Time ended);

// Never more than `max_size`, and no launch and scale-in at once. In this order:
// 1. Members that are gone are given up; the group is short of them from this moment, also within the grace period.
// 2. Pending members that run, and that the load balancer holds for healthy if its word counts, are in service.
// 3. Members the load balancer holds for unhealthy after the grace period are terminated: at a time 10 % of the desired
//    capacity, at least one, less what the group is short of already. One that never got into service does not wait.
// 4. What is missing is launched, each into the zone with fewest, unless launches keep failing: see LaunchBackoff.
// 5. What is too much is terminated, never a protected one: Pending ones first, then from the zone with most of those
//    that may go, by the termination policies, oldest instance.
Plan Reconcile(const GroupSpec& spec, const Observed& observed, absl::Time now);

}  // namespace nubo::scaling

#endif  // NUBO_SCALING_RECONCILE_H_
