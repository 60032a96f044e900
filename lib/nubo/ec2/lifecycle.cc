#include "nubo/ec2/lifecycle.h"

#include <algorithm>
#include <initializer_list>
#include <iterator>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "nubo/base/status.h"

namespace nubo::ec2 {
namespace {

constexpr size_t kUserDataMax = 16 << 10;
constexpr size_t kNameShownMax = 64;

// What state calls want of one that is not over.
struct Rule {
  absl::string_view verb;
  // The state it wants, the one it leads to, and the one that follows by itself.
  InstanceState from;
  InstanceState to;
  InstanceState then;
};

constexpr Rule kStartRule = {"started", InstanceState::kStopped, InstanceState::kPending, InstanceState::kRunning};
constexpr Rule kStopRule = {"stopped", InstanceState::kRunning, InstanceState::kStopping, InstanceState::kStopped};
constexpr Rule kRebootRule = {"rebooted", InstanceState::kRunning, InstanceState::kRunning, InstanceState::kRunning};

bool IsAny(InstanceState state, std::initializer_list<InstanceState> of) {
  return std::find(of.begin(), of.end(), state) != of.end();
}

absl::Status Refusal(absl::string_view code, absl::string_view message) {
  return base::WithErrorCode(absl::FailedPreconditionError(message), code);
}

absl::Status NotFrom(absl::string_view id, absl::string_view verb, InstanceState state, absl::string_view rather) {
  return Refusal("IncorrectInstanceState",
                 absl::StrCat("The instance '", id, "' is not in a state from which it can be ", verb, ": it is ",
                              StateName(state), rather, "."));
}

// OK: go on. A state that is so already is told by IsSo().
absl::Status CheckFrom(const Rule& rule, InstanceState state, absl::string_view id) {
  if (state == rule.from) return absl::OkStatus();
  return NotFrom(id, rule.verb, state, absl::StrCat(", not ", StateName(rule.from)));
}

// What is already so, or on its way, is asked for again without harm.
bool IsSo(const Rule& rule, InstanceState state) { return state == rule.to || state == rule.then; }

absl::Status Protected(absl::string_view id, absl::string_view verb, absl::string_view attribute) {
  return Refusal("OperationNotPermitted", absl::StrCat("The instance '", id, "' may not be ", verb, ". Modify its '",
                                                       attribute, "' instance attribute and try again."));
}

absl::Status CheckNotOver(absl::string_view verb, InstanceState state, absl::string_view id) {
  const bool over = IsAny(state, {InstanceState::kShuttingDown, InstanceState::kTerminated});
  return over ? NotFrom(id, verb, state, "") : absl::OkStatus();
}

// Volumes come and go while it runs or is stopped.
absl::Status CheckVolumes(InstanceState state, absl::string_view id) {
  if (IsAny(state, {InstanceState::kRunning, InstanceState::kStopped})) return absl::OkStatus();
  return Refusal("IncorrectState", absl::StrCat("Instance '", id, "' is not 'running'."));
}

absl::Status CheckAddress(InstanceState state, absl::string_view id) {
  if (IsAny(state, {InstanceState::kRunning, InstanceState::kStopping, InstanceState::kStopped})) {
    return absl::OkStatus();
  }
  return Refusal("InvalidInstanceID", absl::StrCat("The ", StateName(state), " instance '", id,
                                                   "' is not in a valid state for this operation."));
}

std::string UserInitiated(absl::Time now) {
  if (now == absl::InfinitePast()) return "User initiated";
  return absl::StrCat("User initiated (", absl::FormatTime("%Y-%m-%d %H:%M:%S", now, absl::UTCTimeZone()), " GMT)");
}

struct ReasonText {
  Reason reason;
  absl::string_view code;
  absl::string_view words;
};

constexpr ReasonText kReasons[] = {
    {Reason::kClientInstanceInitiatedShutdown, "Client.InstanceInitiatedShutdown", "Instance initiated shutdown"},
    {Reason::kClientInstanceTerminated, "Client.InstanceTerminated", "Terminated or rebooted during AMI creation"},
    {Reason::kClientInternalError, "Client.InternalError", "Client error on launch"},
    {Reason::kClientInvalidSnapshotNotFound, "Client.InvalidSnapshot.NotFound", "The specified snapshot was not found"},
    {Reason::kClientUserInitiatedHibernate, "Client.UserInitiatedHibernate", "User initiated hibernate"},
    {Reason::kClientUserInitiatedShutdown, "Client.UserInitiatedShutdown", "User initiated shutdown"},
    {Reason::kClientVolumeLimitExceeded, "Client.VolumeLimitExceeded", "Volume limit exceeded"},
    {Reason::kServerInsufficientInstanceCapacity, "Server.InsufficientInstanceCapacity",
     "Insufficient capacity to satisfy instance request"},
    {Reason::kServerInternalError, "Server.InternalError", "Internal error on launch"},
    {Reason::kServerScheduledStop, "Server.ScheduledStop", "Stopped due to scheduled retirement"},
    {Reason::kServerSpotInstanceShutdown, "Server.SpotInstanceShutdown", "Spot instance shutdown"},
    {Reason::kServerSpotInstanceTermination, "Server.SpotInstanceTermination", "Spot instance termination"},
};

struct AttributeText {
  absl::string_view name;
  Attribute attribute;
  bool needs_stopped;
};

// API reference, ModifyInstanceAttribute; user guide, "Modify a stopped instance".
constexpr AttributeText kAttributes[] = {
    {"blockDeviceMapping", Attribute::kBlockDeviceMapping, false},
    {"disableApiStop", Attribute::kDisableApiStop, false},
    {"disableApiTermination", Attribute::kDisableApiTermination, false},
    {"ebsOptimized", Attribute::kEbsOptimized, true},
    {"enaSupport", Attribute::kEnaSupport, true},
    {"groupSet", Attribute::kGroupSet, false},
    {"instanceInitiatedShutdownBehavior", Attribute::kInstanceInitiatedShutdownBehavior, false},
    {"instanceType", Attribute::kInstanceType, true},
    {"kernel", Attribute::kKernel, true},
    {"ramdisk", Attribute::kRamdisk, true},
    {"sourceDestCheck", Attribute::kSourceDestCheck, false},
    {"sriovNetSupport", Attribute::kSriovNetSupport, true},
    {"userData", Attribute::kUserData, true},
};

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

StateReason MakeStateReason(Reason reason, absl::string_view what) {
  const auto* text = std::find_if(std::begin(kReasons), std::end(kReasons),
                                  [&](const ReasonText& candidate) { return candidate.reason == reason; });
  return {std::string(text->code), absl::StrCat(text->code, ": ", what.empty() ? text->words : what)};
}

absl::string_view ShutdownBehaviorName(ShutdownBehavior behavior) {
  return behavior == ShutdownBehavior::kStop ? "stop" : "terminate";
}

absl::StatusOr<ShutdownBehavior> ParseShutdownBehavior(absl::string_view name) {
  for (const ShutdownBehavior behavior : {ShutdownBehavior::kStop, ShutdownBehavior::kTerminate}) {
    if (name == ShutdownBehaviorName(behavior)) return behavior;
  }
  return base::WithErrorCode(
      absl::InvalidArgumentError(absl::StrCat("Value (", name.substr(0, kNameShownMax),
                                              ") for parameter instanceInitiatedShutdownBehavior is invalid. Valid "
                                              "values are stop and terminate.")),
      "InvalidParameterValue");
}

absl::string_view MonitoringName(Monitoring monitoring) {
  switch (monitoring) {
    case Monitoring::kDisabled:
      return "disabled";
    case Monitoring::kPending:
      return "pending";
    case Monitoring::kEnabled:
      return "enabled";
    case Monitoring::kDisabling:
      return "disabling";
  }
  return "unknown";
}

absl::StatusOr<Attribute> ParseAttribute(absl::string_view name) {
  for (const AttributeText& candidate : kAttributes) {
    if (name == candidate.name) return candidate.attribute;
  }
  return base::WithErrorCode(
      absl::InvalidArgumentError(absl::StrCat(
          "Value (", name.substr(0, kNameShownMax), ") for parameter attribute is invalid. There are ",
          absl::StrJoin(kAttributes, ", ",
                        [](std::string* out, const AttributeText& text) { absl::StrAppend(out, text.name); }),
          ".")),
      "InvalidParameterValue");
}

bool NeedsStopped(Attribute attribute) {
  return std::any_of(std::begin(kAttributes), std::end(kAttributes),
                     [&](const AttributeText& text) { return text.attribute == attribute && text.needs_stopped; });
}

Lifecycle Lifecycle::Launch(absl::Time now, bool monitored) {
  LifeRecord record;
  record.launch_time = now;
  if (monitored) record.monitoring = Monitoring::kPending;
  return Lifecycle(std::move(record));
}

absl::Duration Lifecycle::Uptime(absl::Time now) const {
  const bool up = IsAny(state(), {InstanceState::kPending, InstanceState::kRunning});
  if (!up || record_.launch_time == absl::InfinitePast()) return absl::ZeroDuration();
  return std::max(now - record_.launch_time, absl::ZeroDuration());
}

absl::Status Lifecycle::Apply(Call call, const CallOptions& options, absl::string_view id, absl::Time now) {
  switch (call) {
    case Call::kStart:
      if (IsSo(kStartRule, state())) return absl::OkStatus();
      NUBO_RETURN_IF_ERROR(CheckFrom(kStartRule, state(), id));
      record_.state = InstanceState::kPending;
      record_.reason = {};
      record_.transition_reason.clear();
      record_.forced = false;
      if (now != absl::InfinitePast()) record_.launch_time = now;
      return absl::OkStatus();
    case Call::kStop:
      if (options.hibernate) {
        return Refusal("UnsupportedHibernationConfiguration",
                       absl::StrCat("The instance can't be hibernated because it was not configured at launch for "
                                    "hibernation: ",
                                    id));
      }
      if (!IsSo(kStopRule, state())) {
        NUBO_RETURN_IF_ERROR(CheckFrom(kStopRule, state(), id));
        if (record_.disable_api_stop) return Protected(id, "stopped", "disableApiStop");
      }
      Stop(options.force, now);
      return absl::OkStatus();
    case Call::kReboot:
      return CheckFrom(kRebootRule, state(), id);
    case Call::kTerminate:
      if (IsAny(state(), {InstanceState::kShuttingDown, InstanceState::kTerminated})) return absl::OkStatus();
      if (record_.disable_api_termination) return Protected(id, "terminated", "disableApiTermination");
      if (record_.disable_api_stop) return Protected(id, "terminated", "disableApiStop");
      Terminate(now);
      return absl::OkStatus();
    case Call::kMonitor:
      NUBO_RETURN_IF_ERROR(CheckNotOver("monitored", state(), id));
      if (record_.monitoring != Monitoring::kEnabled) record_.monitoring = Monitoring::kPending;
      return absl::OkStatus();
    case Call::kUnmonitor:
      NUBO_RETURN_IF_ERROR(CheckNotOver("unmonitored", state(), id));
      if (record_.monitoring != Monitoring::kDisabled) record_.monitoring = Monitoring::kDisabling;
      return absl::OkStatus();
    case Call::kGetConsoleOutput:
      break;
    case Call::kAttachVolume:
    case Call::kDetachVolume:
      return CheckVolumes(state(), id);
    case Call::kAssociateAddress:
      return CheckAddress(state(), id);
  }
  // What it said can be read as long as it is known.
  return absl::OkStatus();
}

// Also of one that stops already: it may be told not to wait any longer.
void Lifecycle::Stop(bool force, absl::Time now) {
  if (state() == InstanceState::kStopped) return;
  record_.forced = record_.forced || force;
  if (state() == InstanceState::kStopping) return;
  record_.state = InstanceState::kStopping;
  record_.reason = MakeStateReason(Reason::kClientUserInitiatedShutdown);
  record_.transition_reason = UserInitiated(now);
}

void Lifecycle::Terminate(absl::Time now) {
  // Stopped has no process to wait for.
  record_.state = state() == InstanceState::kStopped ? InstanceState::kTerminated : InstanceState::kShuttingDown;
  record_.reason = MakeStateReason(Reason::kClientUserInitiatedShutdown);
  record_.transition_reason = UserInitiated(now);
}

absl::Status Lifecycle::CheckModify(Attribute attribute, absl::string_view id) const {
  NUBO_RETURN_IF_ERROR(CheckNotOver("modified", state(), id));
  if (!NeedsStopped(attribute) || state() == InstanceState::kStopped) return absl::OkStatus();
  return Refusal("IncorrectInstanceState", absl::StrCat("The instance '", id, "' is not in the 'stopped' state."));
}

void Lifecycle::OnStarted() {
  if (state() == InstanceState::kPending) record_.state = InstanceState::kRunning;
}

void Lifecycle::OnShutdown() {
  if (!IsAny(state(), {InstanceState::kPending, InstanceState::kRunning})) return;
  const bool stops = record_.shutdown_behavior == ShutdownBehavior::kStop;
  record_.state = stops ? InstanceState::kStopping : InstanceState::kShuttingDown;
  record_.reason = MakeStateReason(Reason::kClientInstanceInitiatedShutdown);
  record_.transition_reason.clear();
}

void Lifecycle::OnEnded(absl::string_view how) {
  if (IsAny(state(), {InstanceState::kTerminated, InstanceState::kStopped})) return;
  record_.forced = false;
  if (state() == InstanceState::kStopping) {
    record_.state = InstanceState::kStopped;
    return;
  }
  if (state() != InstanceState::kShuttingDown) {
    record_.reason =
        MakeStateReason(Reason::kClientInstanceInitiatedShutdown, absl::StrCat("the instance's main process ", how));
    record_.transition_reason.clear();
  }
  record_.state = InstanceState::kTerminated;
}

void Lifecycle::OnLaunchFailed(StateReason why) {
  if (state() != InstanceState::kPending) return;
  record_.state = InstanceState::kTerminated;
  record_.transition_reason = why.code;
  record_.reason = std::move(why);
}

void Lifecycle::OnStartFailed(StateReason why) {
  if (state() != InstanceState::kPending) return;
  record_.state = InstanceState::kStopped;
  record_.transition_reason = why.code;
  record_.reason = std::move(why);
}

void Lifecycle::OnMonitoringChanged() {
  if (record_.monitoring == Monitoring::kPending) record_.monitoring = Monitoring::kEnabled;
  if (record_.monitoring == Monitoring::kDisabling) record_.monitoring = Monitoring::kDisabled;
}

TerminationPlan PlanTermination(const std::vector<TerminationCandidate>& candidates, absl::Time now) {
  TerminationPlan plan;
  std::set<absl::string_view> kept;
  for (const TerminationCandidate& candidate : candidates) {
    Lifecycle life = candidate.life;
    const absl::Status status = life.Apply(Call::kTerminate, {}, candidate.id, now);
    if (status.ok()) continue;
    if (plan.refusal.ok()) plan.refusal = status;
    kept.insert(candidate.availability_zone);
  }
  for (size_t i = 0; i < candidates.size(); ++i) {
    if (kept.count(candidates[i].availability_zone) == 0) plan.terminate.push_back(i);
  }
  return plan;
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
  std::string bytes;
  if (!absl::Base64Unescape(base64, &bytes)) return bad("is not base64; wrap it in Fn::Base64");
  if (bytes.size() > kUserDataMax) {
    return bad(absl::StrCat("has ", bytes.size(), " bytes decoded; at most ", kUserDataMax, " are allowed"));
  }
  return bytes;
}

}  // namespace nubo::ec2
