// Instances on paper: a driver of one's own behind the EC2 core, which writes down what it would do.
#include <iostream>
#include <string>
#include <vector>

#include "nubo/ec2/lifecycle.h"
#include "nubo/process/driver.h"

namespace ec2 = nubo::ec2;
namespace process = nubo::process;

class PaperDriver final : public process::Driver {
 public:
  absl::Status Launch(process::Spec spec) override {
    if (spec.argv.empty()) return absl::InvalidArgumentError("an instance on paper needs a program too");
    std::cout << spec.id << " would run " << spec.argv[0] << "\n";
    return absl::OkStatus();
  }
  void Reboot(absl::string_view id, absl::Duration) override { std::cout << id << " would be rebooted\n"; }
  void Terminate(absl::string_view id, absl::Duration) override { std::cout << id << " would end\n"; }
  void Adopt(const std::vector<std::string>&) override {}
  void Forget(absl::string_view) override {}
};

int main() {
  PaperDriver driver;
  ec2::Lifecycle life;
  process::Spec spec;
  spec.id = "i-1";
  std::cout << driver.Launch(spec).message() << "\n";
  spec.argv = {"web"};
  if (!driver.Launch(spec).ok()) return 1;
  life.OnStarted();
  std::cout << ec2::StateName(life.state()) << "\n";
  if (!life.Apply(ec2::Call::kTerminate, spec.id).ok()) return 1;
  driver.Terminate(spec.id, absl::ZeroDuration());
  std::cout << ec2::StateName(life.state()) << "\n";
}
