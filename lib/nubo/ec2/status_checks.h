// Status checks of an instance: the system it runs on, the instance itself, and the volumes attached to it.
//
// Checks are made every minute while the instance runs; this says what comes of what they saw. A check is initializing
// until it first passes, or until it has had its time and still fails; then it is ok, or impaired once it has failed
// several times in a row. It is insufficient-data when nothing has been heard for a while, and not-applicable when the
// instance does not run, or has no volumes. Where the system fails, so does the instance.
//
// Rules: Amazon EC2 user guide, "Status checks for your instances"; API reference, InstanceStatusSummary,
// InstanceStatusDetails, EbsStatusSummary. AWS does not say how many failures it takes, nor for how long a check is
// initializing: Options do.
//
// Example:
//   StatusChecks checks;
//   checks.OnState(InstanceState::kRunning, now);                                       // initializing
//   checks.Observe({.system = true, .instance = true}, now + absl::Minutes(1));         // ok
//   Use(StatusName(checks.Instance(now + absl::Minutes(1)).status));                    // "ok"
//
// Thread safety: a value.
#ifndef NUBO_EC2_STATUS_CHECKS_H_
#define NUBO_EC2_STATUS_CHECKS_H_

#include <optional>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "nubo/ec2/lifecycle.h"

namespace nubo::ec2 {

enum class CheckStatus { kOk, kImpaired, kInsufficientData, kNotApplicable, kInitializing };

// "ok", "impaired", "insufficient-data", "not-applicable", "initializing".
absl::string_view StatusName(CheckStatus status);
// Of the detail that AWS calls reachability: "passed", "failed", "insufficient-data", "not-applicable", "initializing".
absl::string_view ReachabilityName(CheckStatus status);

// What one round of checks saw: whether each passed; nullopt: it could not be told.
struct CheckObservation {
  std::optional<bool> system = std::nullopt;
  // ARP, and whatever else answers for the machine inside.
  std::optional<bool> instance = std::nullopt;
  // Whether the attached volumes take input and output.
  std::optional<bool> volumes = std::nullopt;
};

struct CheckResult {
  CheckStatus status = CheckStatus::kNotApplicable;
  // The first of the failures in a row, where it is impaired.
  std::optional<absl::Time> impaired_since = std::nullopt;
};

class StatusChecks {
 public:
  struct Options {
    absl::Duration interval = absl::Minutes(1);
    // One that does not pass is initializing for so long.
    absl::Duration initializing_max = absl::Minutes(3);
    // Failures in a row that make what was ok impaired.
    int failures = 2;
    // Nothing heard for longer: insufficient data.
    absl::Duration silence_max = absl::Minutes(5);
  };

  StatusChecks() = default;
  explicit StatusChecks(Options options) : options_(options) {}

  // Tell of each change of state: running begins anew, all else ends the checks.
  void OnState(InstanceState state, absl::Time now);
  // It boots again, and so its own check begins anew.
  void OnReboot(absl::Time now);
  // How many volumes are attached.
  void OnVolumes(int attached, absl::Time now);
  // Nothing comes of it while the instance does not run. `now` does not go back.
  void Observe(const CheckObservation& seen, absl::Time now);

  CheckResult System(absl::Time now) const { return Result(system_, now); }
  // Impaired also where the system is.
  CheckResult Instance(absl::Time now) const;
  CheckResult Volumes(absl::Time now) const;
  // All of them: impaired if any is, ok if all that apply are.
  CheckStatus Overall(absl::Time now) const;

  // When the next round is due; InfiniteFuture() while there is nothing to check.
  absl::Time NextCheck() const { return next_; }

 private:
  struct Check {
    bool applies = false;
    // Since when it is initializing or looked at.
    absl::Time begun;
    bool passed_once = false;
    int failures = 0;
    absl::Time first_failure;
    absl::Time last_seen;
  };
  static Check Begin(absl::Time now) { return {.applies = true, .begun = now, .first_failure = {}, .last_seen = now}; }
  static void See(std::optional<bool> passed, absl::Time now, Check& check);
  CheckResult Result(const Check& check, absl::Time now) const;

  Options options_;
  bool running_ = false;
  Check system_, instance_, volumes_;
  absl::Time next_ = absl::InfiniteFuture();
};

}  // namespace nubo::ec2

#endif  // NUBO_EC2_STATUS_CHECKS_H_
