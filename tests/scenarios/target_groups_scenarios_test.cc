// Scenarios of target groups (tests/scenarios/target_groups/*.txt): who is healthy, and who gets requests.
//
// script.h has the grammar of lines, world.h how steps are held against what is seen. Health checks are made when the
// group says that they are due, and go as the words below say. What is seen after a step is what is different from the
// step before; of the first step, everything.
//
// What there is:
//   group NAME SETTING...              the group; settings may also stand below it, a line each
//   target ID ADDRESS:PORT [weight N]  a machine that may be registered; health checks are answered with 200 at once
//
// SETTING; without one AWS's default:
//   interval TIME, timeout TIME        of health checks
//   healthy N, unhealthy N             the thresholds
//   codes CODES                        that pass: "200", "200,204", "200-299"
//   grpc-codes CODES                   that pass: "12", "0-99"
//   health-checks on|off
//   deregistration-delay TIME
//   routing-minimum count N percentage N
//                                      healthy targets, for requests to go to them alone; else to all
//   dns-minimum count N percentage N   healthy targets, for DNS to give the load balancer's addresses out
//   slow-start TIME                    the window; 0: none
//   outlier-detection                  by Envoy's defaults
//   policy NAME                        how it balances: weighted_round_robin (the default), round_robin or
//                                      least_outstanding_requests
//
// Steps:
//   register ID...                     the group's set has these targets as well
//   deregister ID...                   they are to drain; the set still names them
//   forget ID...                       the set does not name them any more
//   ID... answers CODE [after TIME]    what health checks meet from now on; too late is a timeout
//   ID... times-out                    nothing
//   ID... refuses                      nobody listens
//   ID... breaks                       a connection that comes about and breaks
//   ID... defies-checker               the load balancer itself cannot check it
//   ID... unusable REASON              Target.InvalidState (stopped) or Target.IpUnusable (a load balancer's address)
//   ID... usable                       again
//   move ID to ADDRESS:PORT            registered at another place
//   begin N at ID, end N at ID         requests in flight
//   fail N at ID, succeed N at ID      how so many requests end, for outlier detection
//   connection-fails at ID             a request could not connect
//   listener on|off                    whether a listener leads to the group
//   set SETTING...                     the group is changed
//
// What is seen:
//   ID STATE [REASON]                  initial, healthy, unhealthy, draining, unused or unavailable, and AWS's reason
//                                      code; because "TEXT" is AWS's description
//   ID gone                            nothing is known of it any more
//   ID weight N                        its part of the requests, if it is another than before (1, to begin with)
//   ID ejected, ID returned            by outlier detection
//   ID cut-off                         its deregistration delay ended with requests in flight
//   serve ID...                        who gets the next requests
//   serve wait|fail because "TEXT"     nobody
//   dns healthy|unhealthy              whether DNS gives the load balancer's addresses out
//   refused because "TEXT"             a set of targets or settings that cannot be; the former stays
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "nubo/base/status.h"
#include "nubo/lb/code_matcher.h"
#include "nubo/lb/group_health.h"
#include "nubo/lb/load.h"
#include "nubo/lb/policies.h"
#include "nubo/lb/policy.h"
#include "nubo/lb/slow_start.h"
#include "nubo/lb/target_group.h"
#include "nubo/lb/target_health.h"
#include "nubo/net/ip_address.h"
#include "nubo/testing/status_matchers.h"
#include "tests/scenarios/script.h"
#include "tests/scenarios/world.h"

namespace nubo::scenarios {
namespace {

using lb::CheckResult;
using lb::TargetReason;
using lb::TargetState;
using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

constexpr char kFolder[] = "tests/scenarios/target_groups";
const absl::Time kStart = absl::FromUnixSeconds(1893456000);
// Rounds of checks and drains in one scenario: hours of them.
constexpr int kRoundsMax = 1'000'000;

constexpr TargetState kStates[] = {TargetState::kInitial,  TargetState::kHealthy, TargetState::kUnhealthy,
                                   TargetState::kDraining, TargetState::kUnused,  TargetState::kUnavailable};
constexpr TargetReason kReasons[] = {TargetReason::kRegistrationInProgress,
                                     TargetReason::kInitialHealthChecking,
                                     TargetReason::kResponseCodeMismatch,
                                     TargetReason::kTimeout,
                                     TargetReason::kFailedHealthChecks,
                                     TargetReason::kNotRegistered,
                                     TargetReason::kNotInUse,
                                     TargetReason::kInternalError,
                                     TargetReason::kInvalidState,
                                     TargetReason::kDeregistrationInProgress,
                                     TargetReason::kIpUnusable,
                                     TargetReason::kHealthCheckDisabled};

std::optional<TargetState> ParseState(absl::string_view word) {
  for (const TargetState state : kStates) {
    if (lb::StateName(state) == word) return state;
  }
  return std::nullopt;
}

std::optional<TargetReason> ParseReason(absl::string_view word) {
  for (const TargetReason reason : kReasons) {
    if (lb::ReasonCode(reason) == word) return reason;
  }
  return std::nullopt;
}

// Another policy that remembers of whom it was last built.
class Observed final : public lb::Policy {
 public:
  Observed(std::unique_ptr<lb::Policy> policy, lb::EndpointList* serving)
      : policy_(std::move(policy)), serving_(serving) {}
  absl::string_view name() const override { return policy_->name(); }
  absl::StatusOr<std::shared_ptr<const lb::Picker>> Build(lb::EndpointList endpoints) override {
    *serving_ = endpoints;
    return policy_->Build(std::move(endpoints));
  }
  bool uses_weights() const override { return policy_->uses_weights(); }
  absl::Duration refresh_interval() const override { return policy_->refresh_interval(); }

 private:
  const std::unique_ptr<lb::Policy> policy_;
  lb::EndpointList* const serving_;
};

class TargetGroupWorld final : public World {
 public:
  bool has_time() const override { return true; }
  bool Declares(absl::string_view word) const override { return word == "group" || word == "target"; }
  absl::Status Declare(const Statement& statement) override;
  absl::Status Do(const Line& step, absl::Duration now) override;
  absl::StatusOr<std::string> Canonical(const Line& expected) const override;
  absl::StatusOr<std::vector<Seen>> See(absl::Span<const Line> expected) override;

 private:
  // What health checks meet at a target.
  struct Answer {
    CheckResult result = CheckResult::Answered(200);
    // Infinite: it never comes.
    absl::Duration after;
  };
  struct Machine {
    lb::TargetSpec spec;
    bool registered = false;
    Answer answer;
    std::vector<std::unique_ptr<lb::Call>> calls;
  };
  struct Result {
    std::string id;
    uint64_t attempt = 0;
    CheckResult result;
  };
  // What can be seen, by what it is about.
  using View = std::map<std::string, Seen>;

  absl::Status DeclareGroup(const Statement& statement);
  absl::Status DeclareTarget(const Line& line);
  // The group's policy is set at once, the options when all are read.
  absl::Status ReadSettings(WordReader& words, lb::TargetGroupOptions& options);
  absl::Status ReadSetting(WordReader& words, lb::TargetGroupOptions& options);
  static absl::Status ReadMinimum(WordReader& words, lb::HealthyTargetsMin& minimum);
  absl::Status ReadCodes(WordReader& words, lb::CodeMatcher::Range allowed, lb::TargetGroupOptions& options);
  absl::StatusOr<net::SocketAddress> ReadAddress(WordReader& words) const;
  absl::StatusOr<std::vector<Machine*>> ReadMachines(WordReader& words);
  absl::StatusOr<Machine*> ReadMachine(WordReader& words);

  absl::Status Act(const Line& step);
  absl::Status Register(WordReader& words, bool registered, bool draining);
  absl::Status Move(WordReader& words);
  absl::Status Begin(WordReader& words);
  absl::Status End(WordReader& words);
  absl::Status Report(WordReader& words, bool success);
  absl::Status Set(WordReader& words);
  absl::Status Behave(const Line& step);
  absl::Status SetUsable(const Line& step, WordReader& words, const std::vector<Machine*>& machines);
  static absl::Status ReadAnswer(WordReader& words, Answer& answer);
  // Changes machines, and tells the group the whole set; if it refuses that, they are as before.
  void Change(const std::vector<Machine*>& machines, const std::function<void(Machine&)>& change);
  absl::Status SetTargets();

  // Drives the group as a runtime does, up to and including `end`.
  absl::Status DriveTo(absl::Time end);
  void StartChecks(const lb::TargetGroup::Step& step);
  void DeliverResults();
  // Those who get the next requests.
  lb::EndpointList Serving();
  View Look();
  Seen LookAtServing();
  void CompareWeights(std::vector<Seen>& seen);
  void CompareEjections(std::vector<Seen>& seen);
  absl::StatusOr<std::string> CanonicalServing(WordReader& words) const;
  absl::Status CheckOfTarget(WordReader& words) const;

  std::optional<lb::TargetGroup> group_;
  lb::TargetGroupOptions options_;
  // Of whom the policy was last built.
  lb::EndpointList built_of_;
  std::map<std::string, Machine, std::less<>> machines_;
  absl::Time now_ = kStart;
  // Of health checks under way, by when they come.
  std::multimap<absl::Time, Result> results_;
  std::mt19937_64 rng_{1};
  // What was there when somebody last looked.
  View view_;
  std::map<std::string, double> weights_;
  std::set<std::string> ejected_;
  // What is seen once, as it happens.
  std::vector<Seen> events_;
};

absl::StatusOr<std::unique_ptr<lb::Policy>> MakePolicy(WordReader& words) {
  enum class Kind { kRound, kWeighted, kLeast };
  NUBO_ASSIGN_OR_RETURN(const Kind kind, words.OneOf<Kind>({{lb::kRoundRobin, Kind::kRound},
                                                            {lb::kWeightedRoundRobin, Kind::kWeighted},
                                                            {lb::kLeastOutstandingRequests, Kind::kLeast}}));
  if (kind == Kind::kRound) return lb::MakeRoundRobin();
  return kind == Kind::kWeighted ? lb::MakeWeightedRoundRobin() : lb::MakeLeastOutstandingRequests();
}

absl::Status TargetGroupWorld::Declare(const Statement& statement) {
  if (statement.head.words[0].text == "group") return DeclareGroup(statement);
  if (!statement.parts.empty()) return statement.parts[0].Error("nothing belongs below a target");
  return DeclareTarget(statement.head);
}

absl::Status TargetGroupWorld::DeclareGroup(const Statement& statement) {
  WordReader words(statement.head, 1);
  if (group_.has_value()) return statement.head.Error("there is a group already");
  NUBO_RETURN_IF_ERROR(words.Text("the group's name").status());
  group_.emplace(options_, std::make_unique<Observed>(lb::MakeWeightedRoundRobin(), &built_of_));
  NUBO_RETURN_IF_ERROR(ReadSettings(words, options_));
  for (const Line& part : statement.parts) {
    WordReader more(part);
    NUBO_RETURN_IF_ERROR(ReadSettings(more, options_));
  }
  const absl::Status valid = group_->SetOptions(options_);
  return valid.ok() ? valid : statement.head.Error(valid.message());
}

absl::Status TargetGroupWorld::ReadSettings(WordReader& words, lb::TargetGroupOptions& options) {
  while (words.more()) NUBO_RETURN_IF_ERROR(ReadSetting(words, options));
  return words.End();
}

absl::Status TargetGroupWorld::ReadSetting(WordReader& words, lb::TargetGroupOptions& options) {
  lb::HealthCheckSettings& check = options.health_check;
  if (words.Take("healthy")) {
    NUBO_ASSIGN_OR_RETURN(check.healthy_threshold, words.Number("a threshold"));
    return absl::OkStatus();
  }
  if (words.Take("unhealthy")) {
    NUBO_ASSIGN_OR_RETURN(check.unhealthy_threshold, words.Number("a threshold"));
    return absl::OkStatus();
  }
  if (words.Take("codes")) return ReadCodes(words, lb::CodeMatcher::kHttp, options);
  if (words.Take("grpc-codes")) return ReadCodes(words, lb::CodeMatcher::kGrpc, options);
  if (words.Take("routing-minimum")) return ReadMinimum(words, options.health_requirements.unhealthy_state_routing);
  if (words.Take("dns-minimum")) return ReadMinimum(words, options.health_requirements.dns_failover);
  if (words.Take("outlier-detection")) return options.outlier_detection.emplace(), absl::OkStatus();
  if (words.Take("health-checks")) {
    NUBO_ASSIGN_OR_RETURN(check.enabled, words.OneOf<bool>({{"on", true}, {"off", false}}));
    return absl::OkStatus();
  }
  if (words.Take("policy")) {
    NUBO_ASSIGN_OR_RETURN(std::unique_ptr<lb::Policy> policy, MakePolicy(words));
    group_->SetPolicy(std::make_unique<Observed>(std::move(policy), &built_of_));
    return absl::OkStatus();
  }
  NUBO_ASSIGN_OR_RETURN(absl::Duration * time,
                        words.OneOf<absl::Duration*>({{"interval", &check.interval},
                                                      {"timeout", &check.timeout},
                                                      {"deregistration-delay", &options.deregistration_delay},
                                                      {"slow-start", &options.slow_start.window}}));
  NUBO_ASSIGN_OR_RETURN(*time, words.Time("how long"));
  return absl::OkStatus();
}

absl::Status TargetGroupWorld::ReadMinimum(WordReader& words, lb::HealthyTargetsMin& minimum) {
  NUBO_RETURN_IF_ERROR(words.Expect("count"));
  NUBO_ASSIGN_OR_RETURN(minimum.count, words.Number("a count of targets"));
  NUBO_RETURN_IF_ERROR(words.Expect("percentage"));
  NUBO_ASSIGN_OR_RETURN(minimum.percentage, words.Number("a percentage of the targets"));
  return absl::OkStatus();
}

absl::Status TargetGroupWorld::ReadCodes(WordReader& words, lb::CodeMatcher::Range allowed,
                                         lb::TargetGroupOptions& options) {
  NUBO_ASSIGN_OR_RETURN(const std::string codes, words.Text("codes such as 200-299"));
  absl::StatusOr<lb::CodeMatcher> matcher = lb::CodeMatcher::Parse(codes, allowed);
  if (!matcher.ok()) return words.Refused(matcher.status());
  options.health_check.matcher = *std::move(matcher);
  return absl::OkStatus();
}

absl::StatusOr<net::SocketAddress> TargetGroupWorld::ReadAddress(WordReader& words) const {
  NUBO_ASSIGN_OR_RETURN(const std::string text, words.Text("an address such as 10.0.0.1:80"));
  absl::StatusOr<net::SocketAddress> address = net::SocketAddress::Parse(text);
  return address.ok() ? address : words.Refused(address.status());
}

absl::Status TargetGroupWorld::DeclareTarget(const Line& line) {
  WordReader words(line, 1);
  Machine machine;
  NUBO_ASSIGN_OR_RETURN(machine.spec.id, words.Text("the target's id"));
  NUBO_ASSIGN_OR_RETURN(machine.spec.address, ReadAddress(words));
  if (words.Take("weight")) {
    NUBO_ASSIGN_OR_RETURN(machine.spec.weight, words.Number("its weight"));
  }
  const std::string id = machine.spec.id;
  if (!machines_.try_emplace(id, std::move(machine)).second) {
    return line.Error(absl::StrCat("there is a target ", id, " already"));
  }
  return words.End();
}

absl::StatusOr<TargetGroupWorld::Machine*> TargetGroupWorld::ReadMachine(WordReader& words) {
  const auto found = machines_.find(words.Peek());
  if (found == machines_.end()) return words.Unknown("a target's id");
  NUBO_RETURN_IF_ERROR(words.Text("a target's id").status());
  return &found->second;
}

// One at least, up to the end of the line or a word that is none.
absl::StatusOr<std::vector<TargetGroupWorld::Machine*>> TargetGroupWorld::ReadMachines(WordReader& words) {
  NUBO_ASSIGN_OR_RETURN(Machine * first, ReadMachine(words));
  std::vector<Machine*> machines = {first};
  while (words.more() && machines_.contains(words.Peek())) {
    NUBO_ASSIGN_OR_RETURN(Machine * machine, ReadMachine(words));
    machines.push_back(machine);
  }
  return machines;
}

absl::Status TargetGroupWorld::Do(const Line& step, absl::Duration now) {
  if (!group_.has_value()) return step.Error("there is no group yet; expected group NAME above the first step");
  NUBO_RETURN_IF_ERROR(DriveTo(kStart + now));
  if (!step.words.empty()) NUBO_RETURN_IF_ERROR(Act(step));
  return DriveTo(now_);
}

absl::Status TargetGroupWorld::Act(const Line& step) {
  WordReader words(step);
  if (words.Take("register")) return Register(words, /*registered=*/true, /*draining=*/false);
  if (words.Take("deregister")) return Register(words, /*registered=*/true, /*draining=*/true);
  if (words.Take("forget")) return Register(words, /*registered=*/false, /*draining=*/false);
  if (words.Take("move")) return Move(words);
  if (words.Take("begin")) return Begin(words);
  if (words.Take("end")) return End(words);
  if (words.Take("fail")) return Report(words, /*success=*/false);
  if (words.Take("succeed")) return Report(words, /*success=*/true);
  if (words.Take("set")) return Set(words);
  if (words.Take("connection-fails")) {
    NUBO_RETURN_IF_ERROR(words.Expect("at"));
    NUBO_ASSIGN_OR_RETURN(const Machine* machine, ReadMachine(words));
    group_->OnConnectionFailure(machine->spec.id, now_);
    return words.End();
  }
  if (words.Take("listener")) {
    NUBO_ASSIGN_OR_RETURN(const bool on, words.OneOf<bool>({{"on", true}, {"off", false}}));
    group_->SetInUse(on, now_);
    return words.End();
  }
  return Behave(step);
}

absl::Status TargetGroupWorld::Register(WordReader& words, bool registered, bool draining) {
  NUBO_ASSIGN_OR_RETURN(const std::vector<Machine*> machines, ReadMachines(words));
  NUBO_RETURN_IF_ERROR(words.End());
  Change(machines, [&](Machine& machine) {
    machine.registered = registered;
    machine.spec.draining = draining;
  });
  return absl::OkStatus();
}

absl::Status TargetGroupWorld::Move(WordReader& words) {
  NUBO_ASSIGN_OR_RETURN(Machine * machine, ReadMachine(words));
  NUBO_RETURN_IF_ERROR(words.Expect("to"));
  NUBO_ASSIGN_OR_RETURN(const net::SocketAddress address, ReadAddress(words));
  NUBO_RETURN_IF_ERROR(words.End());
  Change({machine}, [&](Machine& moved) { moved.spec.address = address; });
  return absl::OkStatus();
}

absl::Status TargetGroupWorld::Begin(WordReader& words) {
  NUBO_ASSIGN_OR_RETURN(const int count, words.Number("how many requests"));
  NUBO_RETURN_IF_ERROR(words.Expect("at"));
  NUBO_ASSIGN_OR_RETURN(Machine * machine, ReadMachine(words));
  NUBO_RETURN_IF_ERROR(words.End());
  for (const std::shared_ptr<const lb::Endpoint>& endpoint : Serving()) {
    if (endpoint->id != machine->spec.id) continue;
    for (int i = 0; i < count; ++i) machine->calls.push_back(std::make_unique<lb::Call>(endpoint->load, now_));
    return absl::OkStatus();
  }
  return words.Refused(absl::InvalidArgumentError("no request goes to this target now"));
}

absl::Status TargetGroupWorld::End(WordReader& words) {
  NUBO_ASSIGN_OR_RETURN(const int count, words.Number("how many requests"));
  NUBO_RETURN_IF_ERROR(words.Expect("at"));
  NUBO_ASSIGN_OR_RETURN(Machine * machine, ReadMachine(words));
  if (machine->calls.size() < static_cast<size_t>(count)) {
    return words.Refused(absl::InvalidArgumentError("there are not so many requests at this target"));
  }
  for (int i = 0; i < count; ++i) {
    machine->calls.back()->Finish(lb::Call::Outcome::kSuccess, now_);
    machine->calls.pop_back();
  }
  return words.End();
}

absl::Status TargetGroupWorld::Report(WordReader& words, bool success) {
  NUBO_ASSIGN_OR_RETURN(const int count, words.Number("how many requests"));
  NUBO_RETURN_IF_ERROR(words.Expect("at"));
  NUBO_ASSIGN_OR_RETURN(const Machine* machine, ReadMachine(words));
  for (int i = 0; i < count; ++i) group_->OnOutcome(machine->spec.id, success, now_);
  return words.End();
}

absl::Status TargetGroupWorld::Set(WordReader& words) {
  lb::TargetGroupOptions changed = options_;
  if (!words.more()) return words.Unknown("a setting of the group");
  NUBO_RETURN_IF_ERROR(ReadSettings(words, changed));
  const absl::Status set = group_->SetOptions(changed);
  if (!set.ok()) return events_.push_back({"refused", std::string(set.message())}), absl::OkStatus();
  options_ = std::move(changed);
  // Whether there are checks counts from the next set on.
  Change({}, [](Machine&) {});
  return absl::OkStatus();
}

absl::Status TargetGroupWorld::Behave(const Line& step) {
  WordReader words(step);
  if (!machines_.contains(words.Peek())) {
    return words.Unknown(
        "register, deregister, forget, move, begin, end, fail, succeed, connection-fails, listener, set "
        "or a target's id");
  }
  NUBO_ASSIGN_OR_RETURN(const std::vector<Machine*> machines, ReadMachines(words));
  if (words.Take("usable") || words.Take("unusable")) return SetUsable(step, words, machines);
  Answer answer;
  NUBO_RETURN_IF_ERROR(ReadAnswer(words, answer));
  for (Machine* machine : machines) machine->answer = answer;
  return words.End();
}

absl::Status TargetGroupWorld::SetUsable(const Line& step, WordReader& words, const std::vector<Machine*>& machines) {
  TargetReason unusable = TargetReason::kNone;
  if (step.words[machines.size()].text == "unusable") {
    NUBO_ASSIGN_OR_RETURN(unusable, words.OneOf<TargetReason>({{"Target.InvalidState", TargetReason::kInvalidState},
                                                               {"Target.IpUnusable", TargetReason::kIpUnusable}}));
  }
  NUBO_RETURN_IF_ERROR(words.End());
  Change(machines, [&](Machine& machine) { machine.spec.unusable = unusable; });
  return absl::OkStatus();
}

absl::Status TargetGroupWorld::ReadAnswer(WordReader& words, Answer& answer) {
  if (words.Take("answers")) {
    NUBO_ASSIGN_OR_RETURN(const int code, words.Number("a code"));
    answer.result = CheckResult::Answered(code);
    if (words.Take("after")) {
      NUBO_ASSIGN_OR_RETURN(answer.after, words.Time("how long"));
    }
    return absl::OkStatus();
  }
  if (words.Take("times-out")) {
    answer.after = absl::InfiniteDuration();
    return absl::OkStatus();
  }
  using Kind = CheckResult::Kind;
  NUBO_ASSIGN_OR_RETURN(answer.result.kind, words.OneOf<Kind>({{"refuses", Kind::kRefused},
                                                               {"breaks", Kind::kFailed},
                                                               {"defies-checker", Kind::kInternalError}}));
  return absl::OkStatus();
}

void TargetGroupWorld::Change(const std::vector<Machine*>& machines, const std::function<void(Machine&)>& change) {
  std::vector<std::pair<lb::TargetSpec, bool>> former;
  for (Machine* machine : machines) {
    former.emplace_back(machine->spec, machine->registered);
    change(*machine);
  }
  const absl::Status set = SetTargets();
  if (set.ok()) return;
  events_.push_back({"refused", std::string(set.message())});
  for (size_t i = machines.size(); i-- > 0;) std::tie(machines[i]->spec, machines[i]->registered) = former[i];
}

absl::Status TargetGroupWorld::SetTargets() {
  std::vector<lb::TargetSpec> specs;
  for (const auto& [id, machine] : machines_) {
    if (machine.registered) specs.push_back(machine.spec);
  }
  return group_->SetTargets(specs, now_);
}

absl::Status TargetGroupWorld::DriveTo(absl::Time end) {
  for (int round = 0; round < kRoundsMax; ++round) {
    DeliverResults();
    const lb::TargetGroup::Step step = group_->Advance(now_);
    StartChecks(step);
    const absl::Time result = results_.empty() ? absl::InfiniteFuture() : results_.begin()->first;
    const absl::Time next = std::max(now_, std::min(result, step.next));
    if (next > end) return now_ = end, absl::OkStatus();
    now_ = next;
  }
  return absl::InternalError("the group asks to be called again and again, and time does not pass");
}

void TargetGroupWorld::DeliverResults() {
  while (!results_.empty() && results_.begin()->first <= now_) {
    const Result result = results_.begin()->second;
    results_.erase(results_.begin());
    group_->OnCheckResult(result.id, result.attempt, result.result, now_);
  }
}

void TargetGroupWorld::StartChecks(const lb::TargetGroup::Step& step) {
  for (const std::string& id : step.out_of_time) {
    machines_.find(id)->second.calls.clear();
    events_.push_back({absl::StrCat(id, " cut-off")});
  }
  const absl::Duration timeout = options_.health_check.timeout;
  for (const lb::DueCheck& check : step.checks) {
    const Answer& answer = machines_.find(check.target_id)->second.answer;
    const bool late = answer.after >= timeout;
    results_.emplace(now_ + std::min(answer.after, timeout),
                     Result{check.target_id, check.attempt, late ? CheckResult::Timeout() : answer.result});
  }
}

lb::EndpointList TargetGroupWorld::Serving() {
  const lb::Choice choice = group_->picker()->Pick({}, rng_);
  return choice.kind() == lb::ChoiceKind::kEndpoint ? built_of_ : lb::EndpointList();
}

Seen TargetGroupWorld::LookAtServing() {
  const lb::Choice choice = group_->picker()->Pick({}, rng_);
  if (choice.kind() == lb::ChoiceKind::kWait) return {"serve wait", std::string(choice.reason())};
  if (choice.kind() == lb::ChoiceKind::kFail) return {"serve fail", std::string(choice.reason())};
  std::vector<std::string> ids;
  for (const std::shared_ptr<const lb::Endpoint>& endpoint : built_of_) ids.push_back(endpoint->id);
  std::sort(ids.begin(), ids.end());
  return {absl::StrCat("serve ", absl::StrJoin(ids, " "))};
}

TargetGroupWorld::View TargetGroupWorld::Look() {
  View view;
  view["serve"] = LookAtServing();
  view["dns"] = {group_->HealthyForDns() ? "dns healthy" : "dns unhealthy"};
  for (const lb::TargetStatus& status : group_->Describe()) {
    const absl::string_view reason = lb::ReasonCode(status.health.reason);
    view[absl::StrCat("target ", status.id)] = {
        absl::StrCat(status.id, " ", lb::StateName(status.health.state), reason.empty() ? "" : " ", reason),
        status.health.description};
  }
  return view;
}

void TargetGroupWorld::CompareWeights(std::vector<Seen>& seen) {
  std::map<std::string, double> weights;
  for (const std::shared_ptr<const lb::Endpoint>& endpoint : Serving()) {
    const auto former = weights_.find(endpoint->id);
    weights[endpoint->id] = endpoint->weight;
    if (endpoint->weight == (former == weights_.end() ? 1 : former->second)) continue;
    seen.push_back({absl::StrCat(endpoint->id, " weight ", endpoint->weight)});
  }
  weights_ = std::move(weights);
}

void TargetGroupWorld::CompareEjections(std::vector<Seen>& seen) {
  std::set<std::string> ejected;
  for (const lb::TargetStatus& status : group_->Describe()) {
    if (status.ejected) ejected.insert(status.id);
    if (status.ejected == ejected_.contains(status.id)) continue;
    seen.push_back({absl::StrCat(status.id, status.ejected ? " ejected" : " returned")});
  }
  ejected_ = std::move(ejected);
}

absl::StatusOr<std::vector<Seen>> TargetGroupWorld::See(absl::Span<const Line>) {
  std::vector<Seen> seen = std::exchange(events_, {});
  View view = Look();
  for (const auto& [about, former] : view_) {
    if (!view.contains(about)) seen.push_back({absl::StrCat(absl::StripPrefix(about, "target "), " gone")});
  }
  for (const auto& [about, now] : view) {
    const auto former = view_.find(about);
    const bool same = former != view_.end() && former->second.text == now.text && former->second.reason == now.reason;
    if (!same) seen.push_back(now);
  }
  CompareWeights(seen);
  CompareEjections(seen);
  view_ = std::move(view);
  return seen;
}

absl::StatusOr<std::string> TargetGroupWorld::Canonical(const Line& expected) const {
  WordReader words(expected);
  words.TakeReason();
  std::string text = expected.Rest();
  if (words.Take("refused")) {
    NUBO_RETURN_IF_ERROR(words.End());
  } else if (words.Take("dns")) {
    NUBO_RETURN_IF_ERROR(words.OneOf<bool>({{"healthy", true}, {"unhealthy", false}}).status());
    NUBO_RETURN_IF_ERROR(words.End());
  } else if (words.Take("serve")) {
    NUBO_ASSIGN_OR_RETURN(text, CanonicalServing(words));
  } else if (machines_.contains(words.Peek())) {
    NUBO_RETURN_IF_ERROR(CheckOfTarget(words));
  } else {
    return words.Unknown("serve, dns, refused or a target's id");
  }
  return text;
}

absl::StatusOr<std::string> TargetGroupWorld::CanonicalServing(WordReader& words) const {
  std::string text = "serve";
  for (const absl::string_view nobody : {"wait", "fail"}) {
    if (!words.Take(nobody)) continue;
    NUBO_RETURN_IF_ERROR(words.End());
    return absl::StrCat(text, " ", nobody);
  }
  std::set<std::string> ids;
  do {
    if (!machines_.contains(words.Peek())) return words.Unknown("wait, fail or a target's id");
    NUBO_ASSIGN_OR_RETURN(std::string id, words.Text("a target's id"));
    if (!ids.insert(std::move(id)).second) return words.Refused(absl::InvalidArgumentError("a target is named twice"));
  } while (words.more());
  return absl::StrCat(text, " ", absl::StrJoin(ids, " "));
}

absl::Status TargetGroupWorld::CheckOfTarget(WordReader& words) const {
  NUBO_RETURN_IF_ERROR(words.Text("a target's id").status());
  for (const absl::string_view word : {"gone", "ejected", "returned", "cut-off"}) {
    if (words.Take(word)) return words.End();
  }
  if (words.Take("weight")) {
    double weight = 0;
    NUBO_ASSIGN_OR_RETURN(const std::string text, words.Text("its weight"));
    if (!absl::SimpleAtod(text, &weight) || absl::StrCat(weight) != text) {
      return words.Refused(
          absl::InvalidArgumentError("the weight is not a number as it would be printed, such as 0.25"));
    }
    return words.End();
  }
  if (!ParseState(words.Peek()).has_value()) {
    return words.Unknown("weight, ejected, returned, cut-off, gone or a state of AWS's, such as healthy");
  }
  NUBO_RETURN_IF_ERROR(words.Text("a state").status());
  if (!words.more()) return words.End();
  if (!ParseReason(words.Peek()).has_value()) return words.Unknown("a reason code of AWS's, such as Target.Timeout");
  NUBO_RETURN_IF_ERROR(words.Text("a reason").status());
  return words.End();
}

std::unique_ptr<World> MakeWorld() { return std::make_unique<TargetGroupWorld>(); }

absl::Status Run(absl::string_view text) {
  TargetGroupWorld world;
  return RunScenario(absl::StrCat("# Source: this test\n", text), "s.txt", world);
}

constexpr absl::string_view kGroup = "group web\ntarget t-1 10.0.0.1:80\ntarget t-2 10.0.0.2:80\n";

// The group and its targets, in lines 2 to 4, and more.
absl::Status RunGroup(absl::string_view more) { return Run(absl::StrCat(kGroup, more)); }

boost::test_tools::assertion_result Refuses(const absl::Status& status, absl::string_view why) {
  return StatusIs(status, absl::StatusCode::kInvalidArgument, why);
}
boost::test_tools::assertion_result Fails(const absl::Status& status, absl::string_view why) {
  return StatusIs(status, absl::StatusCode::kFailedPrecondition, why);
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_scenario_holds) {
  constexpr size_t kFilesMin = 10;
  for (const absl::Status& failure : RunFolder(kFolder, kFilesMin, &MakeWorld)) {
    BOOST_ERROR("\n" << std::string(failure.message()));
  }
}

BOOST_AUTO_TEST_CASE(what_changes_is_seen) {
  BOOST_TEST(
      IsOk(RunGroup("at 0s: register t-1\n  t-1 healthy\n  serve t-1\n  dns healthy\n"
                    "at 5s: t-1 times-out\nat 64s\n  nothing\n"
                    "at 65s\n  t-1 unhealthy Target.Timeout because \"Request timed out\"\n  dns unhealthy\n")));
}

BOOST_AUTO_TEST_CASE(a_wrong_expectation_is_told_with_what_was_seen) {
  BOOST_TEST(Fails(RunGroup("register t-1\n  t-1 unhealthy Target.Timeout\n"),
                   "s.txt:6: expected, and not seen: t-1 unhealthy Target.Timeout\n"
                   "s.txt:5: seen, and not expected: dns healthy\n"
                   "s.txt:5: seen, and not expected: serve t-1\n"
                   "s.txt:5: seen, and not expected: t-1 healthy\n"));
  BOOST_TEST(Fails(RunGroup("t-1 refuses\nregister t-1\n  t-1 initial Elb.InitialHealthChecking because \"busy\"\n"),
                   "s.txt:7: expected, and not seen: t-1 initial Elb.InitialHealthChecking because \"busy\""));
  BOOST_TEST(Fails(RunGroup("register t-1\n  t-1 healthy\n  serve t-1 t-2\n  dns healthy\n"), "s.txt:7: expected"));
  BOOST_TEST(Fails(RunGroup("at 1s\n  serve wait\n  dns unhealthy\n"), "seen, and not expected: serve fail because"));
}

BOOST_AUTO_TEST_CASE(words_that_nobody_knows_are_refused) {
  BOOST_TEST(Refuses(Run("group web intervall 5s\n"), "s.txt:2: \"intervall\" is not known here"));
  BOOST_TEST(Refuses(Run("group web\n  timeout 31s\n"), "s.txt:2: health check timeout 31s must not be longer"));
  BOOST_TEST(Refuses(Run("group web\n  codes 2xx\n"), "s.txt:3: "));
  BOOST_TEST(Refuses(Run("target t-1 10.0.0.1\n"), "s.txt:2: "));
  BOOST_TEST(Refuses(Run("target t-1 10.0.0.1:80 wait 2\n"), "s.txt:2: \"wait\" is not known here"));
  BOOST_TEST(Refuses(RunGroup("target t-1 10.0.0.1:80\n"), "s.txt:5: there is a target t-1 already"));
  BOOST_TEST(
      Refuses(RunGroup("regster t-1\n  nothing\n"), "s.txt:5: \"regster\" is not known here; expected register,"));
  BOOST_TEST(Refuses(RunGroup("register t-3\n  nothing\n"), "s.txt:5: \"t-3\" is not known here"));
  BOOST_TEST(Refuses(RunGroup("register\n  nothing\n"), "s.txt:5: the line ends too early; expected a target's id"));
  BOOST_TEST(Refuses(RunGroup("t-1 anwsers 200\n  nothing\n"), "s.txt:5: \"anwsers\" is not known here"));
  BOOST_TEST(Refuses(RunGroup("t-1 answers 200 before 1s\n  nothing\n"), "s.txt:5: \"before\" is not known here"));
  BOOST_TEST(Refuses(RunGroup("begin 1 at t-1\n  nothing\n"), "s.txt:5: no request goes to this target now"));
  BOOST_TEST(Refuses(RunGroup("end 1 at t-1\n  nothing\n"), "s.txt:5: there are not so many requests"));
  BOOST_TEST(Refuses(RunGroup("at 1s\n  t-1 helthy\n"), "s.txt:6: \"helthy\" is not known here"));
  BOOST_TEST(Refuses(RunGroup("at 1s\n  t-1 unhealthy Target.Tiemout\n"), "s.txt:6: \"Target.Tiemout\" is not known"));
  BOOST_TEST(Refuses(RunGroup("at 1s\n  t-1 weight 0.10\n"), "s.txt:6: the weight is not a number as it would be"));
  BOOST_TEST(Refuses(RunGroup("at 1s\n  serve\n"), "s.txt:6: the line ends too early"));
  BOOST_TEST(Refuses(RunGroup("at 1s\n  dns down\n"), "s.txt:6: \"down\" is not known here"));
}

BOOST_AUTO_TEST_CASE(a_file_that_checks_nothing_is_refused) {
  BOOST_TEST(Refuses(RunGroup(""), "s.txt:4: the scenario checks nothing"));
  BOOST_TEST(Refuses(RunGroup("register t-1\n"), "s.txt:5: nothing is said of what is to be seen"));
  BOOST_TEST(Refuses(Run("at 0s\n  nothing\n"), "s.txt:2: there is no group yet"));
}

}  // namespace nubo::scenarios
