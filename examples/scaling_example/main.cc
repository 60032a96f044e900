// Drives a scaling group through a launch, a death and its replacement, on a clock that the program turns.
#include <iostream>
#include <string>

#include "absl/time/time.h"
#include "nubo/scaling/reconcile.h"

namespace scaling = nubo::scaling;

// [use]
void Print(const scaling::Plan& plan) {
  for (const scaling::Launch& launch : plan.launches) std::cout << "launch in " << launch.subnet_id << "\n";
  for (const scaling::Termination& gone : plan.terminations) std::cout << "terminate " << gone.instance_id << "\n";
  for (const std::string& id : plan.in_service) std::cout << id << " is in service\n";
}

int main() {
  const scaling::GroupSpec spec = {.name = "web",
                                   .min_size = 1,
                                   .max_size = 4,
                                   .desired = 2,
                                   .subnets = {{"subnet-a", "us-east-1a"}, {"subnet-b", "us-east-1b"}}};
  absl::Time now = absl::UnixEpoch();
  scaling::Observed observed;  // nothing runs yet
  Print(scaling::Reconcile(spec, observed, now));

  // Both were launched, and run.
  scaling::Member first = {.id = "i-1", .zone = "us-east-1a", .ec2 = scaling::Ec2Health::kRunning, .launch_time = now};
  scaling::Member second = {.id = "i-2", .zone = "us-east-1b", .ec2 = scaling::Ec2Health::kRunning, .launch_time = now};
  observed.members = {first, second};
  Print(scaling::Reconcile(spec, observed, now));

  // One dies. Whoever calls again, at any time, is told what is still to be done.
  now += absl::Seconds(10);
  first.lifecycle = second.lifecycle = scaling::LifecycleState::kInService;
  first.in_service_time = second.in_service_time = now;
  second.ec2 = scaling::Ec2Health::kGone;
  observed.members = {first, second};
  Print(scaling::Reconcile(spec, observed, now));
}
// [/use]
