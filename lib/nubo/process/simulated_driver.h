// A driver of instances that exist only in time: for tests of whatever drives instances, and for trying a policy on a
// thousand of them.
//
// What happens is decided at once and told when its time has come: Deliver() tells everything due by the clock,
// earliest first. Two runs with the same calls tell the same events.
//
// Example:
//   testing::SimulatedClock clock;
//   SimulatedDriver driver(clock, {}, [&](const InstanceEvent& event) { inbox.push_back(event); });
//   driver.Launch({.id = "i-1", .argv = {"server"}});
//   clock.Advance(driver.next() - clock.Now());
//   driver.Deliver();  // i-1 is running
//
// Thread safety: thread-compatible.
#ifndef NUBO_EC2_SIMULATED_DRIVER_H_
#define NUBO_EC2_SIMULATED_DRIVER_H_

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "nubo/base/clock.h"
#include "nubo/ec2/instance_driver.h"

namespace nubo::ec2 {

class SimulatedDriver final : public InstanceDriver {
 public:
  struct Options {
    // From Launch to kRunning.
    absl::Duration boot = absl::Seconds(1);
    // From Terminate to kExited, unless the grace is shorter.
    absl::Duration shutdown = absl::Milliseconds(100);
  };

  SimulatedDriver(const base::Clock& clock, Options options, std::function<void(const InstanceEvent&)> callback)
      : clock_(clock), options_(options), callback_(std::move(callback)) {}

  absl::Status Launch(InstanceSpec spec) override;
  void Reboot(absl::string_view id, absl::Duration grace) override;
  void Terminate(absl::string_view id, absl::Duration grace) override;
  void Adopt(const std::vector<std::string>& ids) override;
  void Forget(absl::string_view id) override;

  // Tells what is due; also what that brings about, if it is due.
  void Deliver();
  // When something is due next.
  absl::Time next() const { return due_.empty() ? absl::InfiniteFuture() : due_.begin()->first; }

  // Ends it now, by its own doing.
  void Crash(absl::string_view id, absl::string_view message);
  // The next `count` launches exit with `message` instead of running.
  void FailLaunches(int count, absl::string_view message);
  // Those that are booting or running.
  int alive() const;

 private:
  struct Instance {
    bool alive = true;
    bool running = false;
    std::string message;
  };
  void At(absl::Time time, InstanceEvent event);
  void Boot(const std::string& id, absl::Time from);
  // Takes back what was going to be told of it.
  void Cancel(absl::string_view id);

  const base::Clock& clock_;
  const Options options_;
  const std::function<void(const InstanceEvent&)> callback_;
  std::map<std::string, Instance, std::less<>> instances_;
  // In the order of telling: those of one moment as they were decided.
  std::multimap<absl::Time, InstanceEvent> due_;
  int next_pid_ = 1000;
  int failures_ = 0;
  std::string failure_message_;
};

}  // namespace nubo::ec2

#endif  // NUBO_EC2_SIMULATED_DRIVER_H_
