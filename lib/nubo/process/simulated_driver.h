// A driver of processes that exist only in time: for tests of whatever runs some, and for trying a policy on a thousand
// of them.
//
// What happens is decided at once and told when its time has come: Deliver() tells everything due by the clock,
// earliest first. Two runs with the same calls tell the same events.
//
// Example:
//   testing::SimulatedClock clock;
//   process::SimulatedDriver driver(clock, {}, [&](const process::Event& event) { inbox.push_back(event); });
//   NUBO_RETURN_IF_ERROR(driver.Launch({.id = "i-1", .argv = {"server"}}));
//   clock.Advance(driver.next() - clock.Now());
//   driver.Deliver();  // i-1 is running
//
// Thread safety: thread-compatible.
#ifndef NUBO_PROCESS_SIMULATED_DRIVER_H_
#define NUBO_PROCESS_SIMULATED_DRIVER_H_

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "nubo/base/clock.h"
#include "nubo/process/driver.h"

namespace nubo::process {

class SimulatedDriver final : public Driver {
 public:
  struct Options {
    // From Launch to kRunning.
    absl::Duration boot = absl::Seconds(1);
    // From Terminate to kExited, unless the grace is shorter.
    absl::Duration shutdown = absl::Milliseconds(100);
    // From the end of one that is kept running to its next start.
    absl::Duration restart = absl::Milliseconds(100);
  };

  SimulatedDriver(const base::Clock& clock, Options options, std::function<void(const Event&)> callback)
      : clock_(clock), options_(options), callback_(std::move(callback)) {}

  absl::Status Launch(Spec spec) override;
  void Reboot(absl::string_view id, absl::Duration grace) override;
  void Terminate(absl::string_view id, absl::Duration grace) override;
  void Adopt(const std::vector<std::string>& ids) override;
  void Forget(absl::string_view id) override;

  // Tells what is due; also what that brings about, if it is due.
  void Deliver();
  // When something is due next.
  absl::Time next() const { return due_.empty() ? absl::InfiniteFuture() : due_.begin()->first; }

  // Ends it now, by its own doing; one that is kept running (Spec::keep_running) is started again.
  void Crash(absl::string_view id, End end);
  // Ends it now, together with whoever would have started it again.
  void KillWithWatcher(absl::string_view id);
  // The next `count` launches end so instead of running.
  void FailLaunches(int count, End end);
  // Those that have not been forgotten.
  std::set<std::string> known() const;
  // Those that are booting or running.
  int alive() const;

 private:
  struct Process {
    bool alive = true;
    bool running = false;
    bool kept = false;
    // Of one that runs.
    int pid = 0;
    End end;
  };
  void At(absl::Time time, Event event);
  void Boot(const std::string& id, absl::Time from);
  // It has ended, and that has not been told yet.
  bool HasEnded(absl::string_view id) const;
  // Takes back what was going to be told of it.
  void Cancel(absl::string_view id);

  const base::Clock& clock_;
  const Options options_;
  const std::function<void(const Event&)> callback_;
  std::map<std::string, Process, std::less<>> processes_;
  // In the order of telling: those of one moment as they were decided.
  std::multimap<absl::Time, Event> due_;
  int next_pid_ = 1000;
  int failures_ = 0;
  End failure_;
};

}  // namespace nubo::process

#endif  // NUBO_PROCESS_SIMULATED_DRIVER_H_
