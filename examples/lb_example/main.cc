// Balances requests over three endpoints, by name of the policy, and follows their health.
#include <iostream>
#include <memory>
#include <random>
#include <string>

#include "absl/time/time.h"
#include "examples/lb_example/nearest.h"
#include "nubo/lb/load.h"
#include "nubo/lb/policy_registry.h"
#include "nubo/lb/target_group.h"

namespace {

namespace lb = nubo::lb;

// [use]
std::shared_ptr<const lb::Endpoint> MakeEndpoint(const std::string& id, const char* address, const char* zone) {
  return std::make_shared<lb::Endpoint>(lb::Endpoint{.id = id,
                                                     .address = *nubo::net::SocketAddress::Parse(address),
                                                     .zone = zone,
                                                     .load = std::make_shared<lb::Load>()});
}

void PickByName(const lb::PolicyRegistry& registry, const char* policy_name) {
  const lb::EndpointList endpoints = {MakeEndpoint("a", "127.0.0.1:9001", "us-east-1a"),
                                      MakeEndpoint("b", "127.0.0.1:9002", "us-east-1b"),
                                      MakeEndpoint("c", "127.0.0.1:9003", "us-east-1b")};
  std::unique_ptr<lb::Policy> policy = *registry.Create(policy_name);
  std::shared_ptr<const lb::Picker> picker = *policy->Build(endpoints);
  // Yours to own: the same seed gives the same run.
  std::mt19937_64 rng(1);
  std::cout << policy_name << ":";
  for (int i = 0; i < 4; ++i) {
    lb::Choice choice = picker->Pick({}, rng);
    // Counts as one request in flight for as long as it lives.
    lb::Call call(choice.endpoint()->load, absl::UnixEpoch());
    std::cout << " " << choice.endpoint()->address.ToString();
    call.Finish(lb::Call::Outcome::kSuccess, absl::UnixEpoch() + absl::Milliseconds(3));
  }
  std::cout << "\n";
}
// [/use]

// [health]
// The group decides, and never acts: it says which checks are due and is told what came of them.
void FollowHealth(const lb::PolicyRegistry& registry) {
  absl::Time now = absl::UnixEpoch();
  lb::TargetGroup group({}, *registry.Create("round_robin"));
  const lb::TargetSpec target{.id = "i-1", .address = *nubo::net::SocketAddress::Parse("127.0.0.1:9001")};
  if (absl::Status status = group.SetTargets({target}, now); !status.ok()) return;
  std::cout << "registered: " << lb::StateName(group.Describe()[0].health.state) << "\n";
  for (const lb::DueCheck& check : group.Advance(now).checks) {
    // Here a program asks check.address; this one is told at once that it answered 200.
    const lb::CheckResult answer{.kind = lb::CheckResult::Kind::kAnswered, .code = 200};
    group.OnCheckResult(check.target_id, check.attempt, answer, now + absl::Milliseconds(2));
  }
  std::cout << "one passed check later: " << lb::StateName(group.Describe()[0].health.state) << "\n";
}
// [/health]

}  // namespace

int main() {
  // [register]
  const lb::PolicyRegistry registry = lb::PolicyRegistry::Builder()
                                          .AddBuiltins()
                                          .Add("nearest", [] { return std::make_unique<Nearest>("us-east-1a"); })
                                          .Build();
  // [/register]
  PickByName(registry, "round_robin");
  PickByName(registry, "nearest");
  FollowHealth(registry);
}
