#include "nubo/ec2/lifecycle.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "nubo/base/status.h"

namespace nubo::ec2 {
namespace {

constexpr size_t kUserDataMax = 16 << 10;

struct Rule {
  absl::string_view verb;
  // The state it wants, the one it leads to, and the one that follows by itself.
  InstanceState from;
  InstanceState to;
  InstanceState then;
};

Rule RuleOf(Call call) {
  switch (call) {
    case Call::kStart:
      return {"started", InstanceState::kStopped, InstanceState::kPending, InstanceState::kRunning};
    case Call::kStop:
      return {"stopped", InstanceState::kRunning, InstanceState::kStopping, InstanceState::kStopped};
    case Call::kReboot:
      return {"rebooted", InstanceState::kRunning, InstanceState::kRunning, InstanceState::kRunning};
    case Call::kTerminate:
      break;
  }
  return {"terminated", InstanceState::kRunning, InstanceState::kShuttingDown, InstanceState::kTerminated};
}

}  // namespace

absl::string_view StateName(InstanceState state) {
  switch (state) {
    case InstanceState::kPending:
      return "pending";
    case InstanceState::kRunning:
      return "running";
    case InstanceState::kShuttingDown:
      return "shutting-down";
    case InstanceState::kTerminated:
      return "terminated";
    case InstanceState::kStopping:
      return "stopping";
    case InstanceState::kStopped:
      return "stopped";
  }
  return "unknown";
}

absl::StatusOr<InstanceState> StateFromCode(int code) {
  constexpr int kLowByte = 0xff;
  switch (code & kLowByte) {
    case 0:
    case 16:
    case 32:
    case 48:
    case 64:
    case 80:
      return static_cast<InstanceState>(code & kLowByte);
    default:
      return absl::InvalidArgumentError(absl::StrCat(code, " is not an instance state's code"));
  }
}

absl::Status Lifecycle::Apply(Call call, absl::string_view id) {
  const Rule rule = RuleOf(call);
  // What is already so, or on its way, is asked for again without harm.
  if (state_ == rule.to || state_ == rule.then) return absl::OkStatus();
  if (call == Call::kTerminate) {
    if (protected_) {
      return base::WithErrorCode(
          absl::FailedPreconditionError(absl::StrCat("The instance '", id,
                                                     "' may not be terminated. Modify its 'disableApiTermination' "
                                                     "instance attribute and try again.")),
          "OperationNotPermitted");
    }
    // Stopped has no process to wait for.
    state_ = state_ == InstanceState::kStopped ? InstanceState::kTerminated : InstanceState::kShuttingDown;
    reason_ = {"Client.UserInitiatedShutdown", "Client.UserInitiatedShutdown: User initiated shutdown"};
    return absl::OkStatus();
  }
  if (state_ != rule.from) {
    return base::WithErrorCode(absl::FailedPreconditionError(absl::StrCat(
                                   "The instance '", id, "' is not in a state from which it can be ", rule.verb,
                                   ": it is ", StateName(state_), ", not ", StateName(rule.from), ".")),
                               "IncorrectInstanceState");
  }
  state_ = rule.to;
  if (call == Call::kStop) {
    reason_ = {"Client.UserInitiatedShutdown", "Client.UserInitiatedShutdown: User initiated shutdown"};
  } else if (call == Call::kStart) {
    reason_ = {};
  }
  return absl::OkStatus();
}

void Lifecycle::OnStarted() {
  if (state_ == InstanceState::kPending) state_ = InstanceState::kRunning;
}

void Lifecycle::OnEnded(absl::string_view how) {
  if (state_ == InstanceState::kTerminated || state_ == InstanceState::kStopped) return;
  if (state_ == InstanceState::kStopping) {
    state_ = InstanceState::kStopped;
    return;
  }
  if (state_ != InstanceState::kShuttingDown) {
    reason_ = {"Client.InstanceInitiatedShutdown",
               absl::StrCat("Client.InstanceInitiatedShutdown: the instance's main process ", how)};
  }
  state_ = InstanceState::kTerminated;
}

void Lifecycle::OnLaunchFailed(absl::string_view why) {
  if (state_ != InstanceState::kPending) return;
  state_ = InstanceState::kTerminated;
  reason_ = {"Server.InternalError", absl::StrCat("Server.InternalError: ", why)};
}

void Lifecycle::OnStartFailed(absl::string_view why) {
  if (state_ != InstanceState::kPending) return;
  state_ = InstanceState::kStopped;
  reason_ = {"Server.InternalError", absl::StrCat("Server.InternalError: ", why)};
}

absl::Status ValidateInstanceId(absl::string_view id) {
  const absl::string_view digits = absl::StartsWith(id, "i-") ? id.substr(2) : "";
  const bool hex = std::all_of(digits.begin(), digits.end(), [](char c) {
    return absl::ascii_isdigit(static_cast<unsigned char>(c)) || (c >= 'a' && c <= 'f');
  });
  if (hex && (digits.size() == 8 || digits.size() == 17)) return absl::OkStatus();
  return base::WithErrorCode(
      absl::InvalidArgumentError(absl::StrCat("Invalid id: \"", id.substr(0, 64), "\" (expecting \"i-...\")")),
      "InvalidInstanceID.Malformed");
}

absl::Status InstanceNotFound(absl::string_view id) {
  return base::WithErrorCode(absl::NotFoundError(absl::StrCat("The instance ID '", id, "' does not exist")),
                             "InvalidInstanceID.NotFound");
}

std::string PrivateDnsName(const net::IpAddress& address, absl::string_view region) {
  const std::string host = absl::StrCat("ip-", absl::StrReplaceAll(address.ToString(), {{".", "-"}}));
  if (region == "us-east-1") return absl::StrCat(host, ".ec2.internal");
  return absl::StrCat(host, ".", region, ".compute.internal");
}

std::string PublicDnsName(const net::IpAddress& address, absl::string_view region, absl::string_view domain) {
  const std::string host = absl::StrCat("ec2-", absl::StrReplaceAll(address.ToString(), {{".", "-"}}));
  if (region == "us-east-1") return absl::StrCat(host, ".compute-1.", domain);
  return absl::StrCat(host, ".", region, ".compute.", domain);
}

absl::StatusOr<std::string> DecodeUserData(absl::string_view base64) {
  const auto bad = [](absl::string_view why) {
    return base::WithErrorCode(absl::InvalidArgumentError(absl::StrCat("user data ", why)),
                               "InvalidUserData.Malformed");
  };
  std::string script;
  if (base64.empty()) return script;
  if (!absl::Base64Unescape(base64, &script)) return bad("is not base64; wrap it in Fn::Base64");
  if (script.size() > kUserDataMax) {
    return bad(absl::StrCat("has ", script.size(), " bytes decoded; at most ", kUserDataMax, " are allowed"));
  }
  if (!absl::StartsWith(script, "#!")) return bad("must be a script whose first line begins with #!");
  return script;
}

}  // namespace nubo::ec2
