// An instance's life: states, what each call may do in them, and why they changed.
//
//   pending ──► running ──► shutting-down ──► terminated
//                 │  ▲
//                 ▼  └── pending ◄─┐
//              stopping ──► stopped ┘
//
// A start that fails leads from pending back to stopped. A machine that shuts itself down goes the way of a stop or of
// a termination, as InstanceInitiatedShutdownBehavior says.
//
// Rules: Amazon EC2 user guide, "Instance lifecycle", "Stop protection", "Termination protection"; API reference,
// "Error codes", StateReason, Monitoring. Where AWS does not publish what a call makes of a state, the table in
// tests/ec2/lifecycle_test.cc says what it does here.
//
// Example:
//   Lifecycle life = Lifecycle::Launch(now);  // pending
//   life.OnStarted();                         // running
//   NUBO_RETURN_IF_ERROR(life.Apply(Call::kStop, {}, id, now));  // stopping
//   life.OnEnded("exited with status 0");     // stopped
//   Use(life.record().transition_reason);     // "User initiated (2026-01-15 01:30:45 GMT)"
//
// Thread safety: a value.
#ifndef NUBO_EC2_LIFECYCLE_H_
#define NUBO_EC2_LIFECYCLE_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "nubo/net/ip_address.h"

namespace nubo::ec2 {

// AWS's codes.
enum class InstanceState {
  kPending = 0,
  kRunning = 16,
  kShuttingDown = 32,
  kTerminated = 48,
  kStopping = 64,
  kStopped = 80,
};

// "pending", "running", "shutting-down", "terminated", "stopping", "stopped".
absl::string_view StateName(InstanceState state);
// The state of a code; the high byte is ignored, as AWS says to. INVALID_ARGUMENT: no such code.
absl::StatusOr<InstanceState> StateFromCode(int code);

struct StateReason {
  // "Client.UserInitiatedShutdown"
  std::string code;
  std::string message;
};

// AWS's reasons of state changes.
enum class Reason {
  kClientInstanceInitiatedShutdown,
  kClientInstanceTerminated,
  kClientInternalError,
  kClientInvalidSnapshotNotFound,
  kClientUserInitiatedHibernate,
  kClientUserInitiatedShutdown,
  kClientVolumeLimitExceeded,
  kServerInsufficientInstanceCapacity,
  kServerInternalError,
  kServerScheduledStop,
  kServerSpotInstanceShutdown,
  kServerSpotInstanceTermination,
};

// The reason with its code: "Server.InternalError: <what>"; AWS's words where `what` is empty.
StateReason MakeStateReason(Reason reason, absl::string_view what = "");

// What is done when the machine shuts itself down.
enum class ShutdownBehavior { kStop, kTerminate };
// "stop", "terminate".
absl::string_view ShutdownBehaviorName(ShutdownBehavior behavior);
// INVALID_ARGUMENT (InvalidParameterValue).
absl::StatusOr<ShutdownBehavior> ParseShutdownBehavior(absl::string_view name);

// Detailed monitoring.
enum class Monitoring { kDisabled, kPending, kEnabled, kDisabling };
// "disabled", "pending", "enabled", "disabling".
absl::string_view MonitoringName(Monitoring monitoring);

// Calls about an instance that there is. RunInstances makes one (Launch()), ModifyInstanceAttribute is CheckModify().
enum class Call {
  kStart,
  kStop,
  kReboot,
  kTerminate,
  kMonitor,
  kUnmonitor,
  kGetConsoleOutput,
  kAttachVolume,
  kDetachVolume,
  kAssociateAddress,
};

// Of StopInstances.
struct CallOptions {
  // The machine is not asked to shut down; one that does not come to an end is ended.
  bool force = false;
  // Refused: no instance here is launched for it.
  bool hibernate = false;
};

// What ModifyInstanceAttribute may change.
enum class Attribute {
  kBlockDeviceMapping,
  kDisableApiStop,
  kDisableApiTermination,
  kEbsOptimized,
  kEnaSupport,
  kGroupSet,
  kInstanceInitiatedShutdownBehavior,
  kInstanceType,
  kKernel,
  kRamdisk,
  kSourceDestCheck,
  kSriovNetSupport,
  kUserData,
};
// "blockDeviceMapping", "disableApiStop", … INVALID_ARGUMENT (InvalidParameterValue).
absl::StatusOr<Attribute> ParseAttribute(absl::string_view name);
// Whether it changes only while the instance is stopped.
bool NeedsStopped(Attribute attribute);

// What is kept of a life.
struct LifeRecord {
  InstanceState state = InstanceState::kPending;
  StateReason reason;
  // AWS's StateTransitionReason: "User initiated (2026-01-15 01:30:45 GMT)", "Server.InternalError", or "".
  std::string transition_reason;
  // Of the last start; a reboot does not change it. InfinitePast(): nobody said.
  absl::Time launch_time = absl::InfinitePast();
  Monitoring monitoring = Monitoring::kDisabled;
  ShutdownBehavior shutdown_behavior = ShutdownBehavior::kStop;
  bool disable_api_termination = false;
  bool disable_api_stop = false;
  // The stop that is under way waits for nothing.
  bool forced = false;
};

class Lifecycle {
 public:
  Lifecycle() = default;
  Lifecycle(InstanceState state, StateReason reason) {
    record_.state = state;
    record_.reason = std::move(reason);
  }
  explicit Lifecycle(LifeRecord record) : record_(std::move(record)) {}
  // RunInstances: pending, launched now.
  static Lifecycle Launch(absl::Time now, bool monitored = false);

  InstanceState state() const { return record_.state; }
  const StateReason& reason() const { return record_.reason; }
  const LifeRecord& record() const { return record_; }
  // For how long it has been up since its last start; nothing unless it is pending or running.
  absl::Duration Uptime(absl::Time now) const;

  // A call of the user's; `id` is for messages. What is already so, or on its way, changes nothing: stopping what is
  // stopped, starting what runs, terminating what is terminated. Nothing has changed where it is refused.
  // FAILED_PRECONDITION, as AWS words it for the call: not in this state (IncorrectInstanceState, IncorrectState,
  // InvalidInstanceID), protected (OperationNotPermitted), asked to hibernate (UnsupportedHibernationConfiguration).
  absl::Status Apply(Call call, const CallOptions& options, absl::string_view id, absl::Time now);
  // The same without a date: what it changes keeps the launch time, and the transition reason has no time.
  absl::Status Apply(Call call, absl::string_view id) { return Apply(call, {}, id, absl::InfinitePast()); }
  // Whether the attribute may be changed. FAILED_PRECONDITION (IncorrectInstanceState).
  absl::Status CheckModify(Attribute attribute, absl::string_view id) const;
  void set_termination_protection(bool on) { record_.disable_api_termination = on; }
  // Keeps it from being terminated as well, as at AWS.
  void set_stop_protection(bool on) { record_.disable_api_stop = on; }
  void set_shutdown_behavior(ShutdownBehavior behavior) { record_.shutdown_behavior = behavior; }

  // What was observed. Observations that do not fit the state change nothing. Protection is from calls, not from them.
  void OnStarted();
  // The machine shuts itself down; OnEnded() follows.
  void OnShutdown();
  // Its processes are gone, though nobody asked for it: it has failed. `how`: "exited with status 1".
  void OnEnded(absl::string_view how);
  void OnLaunchFailed(absl::string_view why) { OnLaunchFailed(MakeStateReason(Reason::kServerInternalError, why)); }
  void OnLaunchFailed(StateReason why);
  // The same of one that had been stopped: it is stopped again.
  void OnStartFailed(absl::string_view why) { OnStartFailed(MakeStateReason(Reason::kServerInternalError, why)); }
  void OnStartFailed(StateReason why);
  // Monitoring is what it was to become.
  void OnMonitoringChanged();

 private:
  void Stop(bool force, absl::Time now);
  void Terminate(absl::Time now);

  LifeRecord record_;
};

// INVALID_ARGUMENT (InvalidInstanceID.Malformed): not "i-" and 8 or 17 hexadecimal digits.
absl::Status ValidateInstanceId(absl::string_view id);
// The error for an id that nothing has: NOT_FOUND (InvalidInstanceID.NotFound).
absl::Status InstanceNotFound(absl::string_view id);

// One of the instances of a TerminateInstances call.
struct TerminationCandidate {
  std::string id;
  std::string availability_zone;
  Lifecycle life;
};
struct TerminationPlan {
  // Positions in what was given.
  std::vector<size_t> terminate;
  // The first refusal; OK if all are terminated. AWS answers with it although others go.
  absl::Status refusal;
};
// Which of them are terminated: a protected one keeps all of its Availability Zone, and those of other zones go.
TerminationPlan PlanTermination(const std::vector<TerminationCandidate>& candidates, absl::Time now);

// "ip-10-0-1-5.ec2.internal"; outside us-east-1 "ip-10-0-1-5.REGION.compute.internal".
std::string PrivateDnsName(const net::IpAddress& address, absl::string_view region);

// "ec2-203-0-113-25.compute-1.DOMAIN"; outside us-east-1 "ec2-203-0-113-25.REGION.compute.DOMAIN". AWS's domain is
// amazonaws.com.
std::string PublicDnsName(const net::IpAddress& address, absl::string_view region, absl::string_view domain);

// The bytes that base64 user data are, whatever they mean (user_data.h says it). INVALID_ARGUMENT
// (InvalidUserData.Malformed): not base64, or more than 16 KB decoded.
absl::StatusOr<std::string> DecodeUserData(absl::string_view base64);

}  // namespace nubo::ec2

#endif  // NUBO_EC2_LIFECYCLE_H_
