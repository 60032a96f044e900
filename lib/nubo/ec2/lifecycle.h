// An instance's life: states, what each call may do in them, and why they changed.
//
//   pending ──► running ──► shutting-down ──► terminated
//                 │  ▲
//                 ▼  └── pending ◄─┐
//              stopping ──► stopped ┘
//
// A start that fails leads from pending back to stopped.
//
// Rules: Amazon EC2 user guide, "Instance lifecycle"; API reference, "Error codes".
//
// Example:
//   Lifecycle life;                       // pending
//   life.OnStarted();                     // running
//   NUBO_RETURN_IF_ERROR(life.Apply(Call::kTerminate, id));  // shutting-down
//
// Thread safety: a value.
#ifndef NUBO_EC2_LIFECYCLE_H_
#define NUBO_EC2_LIFECYCLE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
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

enum class Call { kStart, kStop, kReboot, kTerminate };

class Lifecycle {
 public:
  Lifecycle() = default;
  Lifecycle(InstanceState state, StateReason reason) : state_(state), reason_(std::move(reason)) {}

  InstanceState state() const { return state_; }
  const StateReason& reason() const { return reason_; }

  // A call of the user's; `id` is for messages. What is already so, or on its way, changes nothing: stopping what is
  // stopped, starting what runs, terminating what is terminated.
  // FAILED_PRECONDITION: not in this state (IncorrectInstanceState), or protected (OperationNotPermitted).
  absl::Status Apply(Call call, absl::string_view id);
  void set_termination_protection(bool on) { protected_ = on; }

  // What was observed. Observations that do not fit the state change nothing.
  void OnStarted();
  // Its processes are gone. `how`: "exited with status 1".
  void OnEnded(absl::string_view how);
  void OnLaunchFailed(absl::string_view why);
  // The same of one that had been stopped: it is stopped again.
  void OnStartFailed(absl::string_view why);

 private:
  InstanceState state_ = InstanceState::kPending;
  StateReason reason_;
  bool protected_ = false;
};

// INVALID_ARGUMENT (InvalidInstanceID.Malformed): not "i-" and 8 or 17 hexadecimal digits.
absl::Status ValidateInstanceId(absl::string_view id);
// The error for an id that nothing has: NOT_FOUND (InvalidInstanceID.NotFound).
absl::Status InstanceNotFound(absl::string_view id);

// "ip-10-0-1-5.ec2.internal"; outside us-east-1 "ip-10-0-1-5.REGION.compute.internal".
std::string PrivateDnsName(const net::IpAddress& address, absl::string_view region);

// "ec2-203-0-113-25.compute-1.DOMAIN"; outside us-east-1 "ec2-203-0-113-25.REGION.compute.DOMAIN". AWS's domain is
// amazonaws.com.
std::string PublicDnsName(const net::IpAddress& address, absl::string_view region, absl::string_view domain);

// The script in base64 user data; "" if there is none. INVALID_ARGUMENT (InvalidUserData.Malformed): not base64, more
// than 16 KB decoded, or a script without "#!" on its first line.
absl::StatusOr<std::string> DecodeUserData(absl::string_view base64);

}  // namespace nubo::ec2

#endif  // NUBO_EC2_LIFECYCLE_H_
