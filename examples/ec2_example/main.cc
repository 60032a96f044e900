// Follows one instance through its life, and asks for what its state does not allow.
#include <iostream>
#include <string>

#include "nubo/base/status.h"
#include "nubo/ec2/lifecycle.h"

namespace ec2 = nubo::ec2;

int main() {
  // [use]
  const std::string id = "i-0123456789abcdef0";
  ec2::Lifecycle life;  // pending
  life.OnStarted();     // what a driver saw
  std::cout << ec2::StateName(life.state()) << " " << static_cast<int>(life.state()) << "\n";

  life.set_termination_protection(true);
  const absl::Status refused = life.Apply(ec2::Call::kTerminate, id);
  std::cout << nubo::base::ErrorCode(refused) << "\n";

  life.set_termination_protection(false);
  if (absl::Status status = life.Apply(ec2::Call::kTerminate, id); !status.ok()) return 1;
  std::cout << ec2::StateName(life.state()) << " because of " << life.reason().code << "\n";
  life.OnEnded("exited with status 0");
  std::cout << ec2::StateName(life.state()) << "\n";
  // [/use]
}
