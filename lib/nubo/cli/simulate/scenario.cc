#include "nubo/cli/simulate/scenario.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nubo/base/status.h"
#include "nubo/cli/args/suggest.h"
#include "nubo/cli/simulate/fields.h"
#include "nubo/cli/simulate/scenario_target_group.h"
#include "nubo/lb/hash.h"
#include "nubo/lb/policies.h"
#include "nubo/stack/reader.h"

namespace nubo::cli {
namespace {

using simulation::Incident;
using simulation::Simulation;
using stack::Value;

constexpr double kMost = 1e9;
constexpr absl::Duration kWeek = absl::Hours(24 * 7);

class Reader {
 public:
  Reader(absl::string_view file, const lb::PolicyRegistry& registry) : file_(file), registry_(registry) {}

  absl::StatusOr<Scenario> Read(const Value& root);

 private:
  absl::Status ReadTop(const Value& root);
  absl::Status ReadServers(const Value& servers);
  absl::Status ReadGroup(const Value& group);
  absl::Status ReadService(const Value& service);
  absl::Status ReadArrivals(const Value& arrivals);
  absl::Status ReadKeys(const Value& keys);
  absl::Status ReadCache(const Value& cache);
  absl::Status ReadEvent(const Value& event);
  absl::Status ReadPolicyObject(const Value& value, ScenarioPolicy* policy);
  absl::Status ReadPolicy(const Value& policy);
  absl::Status AddServersCalled(const Value& name, std::vector<size_t>* servers);
  // `status` with the place of `at` before it.
  absl::Status At(const Value& at, const absl::Status& status) const {
    return status.ok() ? status : stack::ErrorAt(file_, at.location(), status.message());
  }
  absl::Status Error(const Value& at, absl::string_view message) const {
    return stack::ErrorAt(file_, at.location(), message);
  }
  absl::Status EachOf(const Value* list, absl::Status (Reader::*read)(const Value&)) {
    if (list == nullptr) return absl::OkStatus();
    for (const Value& item : list->items()) NUBO_RETURN_IF_ERROR((this->*read)(item));
    return absl::OkStatus();
  }

  const std::string file_;
  const lb::PolicyRegistry& registry_;
  Scenario scenario_;
  // What events may name: every server, and every group of servers.
  std::map<std::string, std::vector<size_t>> names_;
  std::optional<double> load_;
};

absl::StatusOr<Scenario> Reader::Read(const Value& root) {
  NUBO_RETURN_IF_ERROR(ReadTop(root));
  Simulation& simulation = scenario_.simulation;
  if (load_.has_value()) simulation.rate_per_second = simulation::RateForLoad(simulation, *load_);
  NUBO_RETURN_IF_ERROR(At(root, simulation::CheckSimulation(simulation)));
  return std::move(scenario_);
}

absl::Status Reader::ReadTop(const Value& root) {
  Simulation& simulation = scenario_.simulation;
  Fields fields(file_, root, "the scenario");
  int64_t seed = 1;
  int64_t balancers = 1;
  int64_t intervals = simulation.intervals;
  int64_t in_flight_max = static_cast<int64_t>(simulation.in_flight_max);
  fields.Text("description", &scenario_.description);
  fields.Count("seed", 0, std::numeric_limits<int64_t>::max(), &seed);
  fields.Time("duration", absl::Milliseconds(1), kWeek, &simulation.duration);
  simulation.warm_up = simulation.duration / 10;
  fields.Time("warm_up", absl::ZeroDuration(), kWeek, &simulation.warm_up);
  fields.Time("timeout", absl::Milliseconds(1), absl::Hours(1), &simulation.timeout);
  fields.Count("balancers", 1, Simulation::kBalancersMax, &balancers);
  fields.Count("intervals", 1, Simulation::kIntervalsMax, &intervals);
  fields.Count("in_flight_max", 1, 10'000'000, &in_flight_max);
  const Value* servers = fields.List("servers");
  const Value* service = fields.Object("service");
  const Value* arrivals = fields.Object("arrivals");
  const Value* keys = fields.Object("keys");
  const Value* cache = fields.Object("cache");
  const Value* group = fields.Object("target_group");
  const Value* events = fields.List("events");
  const Value* policies = fields.List("policies");
  NUBO_RETURN_IF_ERROR(fields.Done());
  simulation.seed = static_cast<uint64_t>(seed);
  simulation.balancers = static_cast<size_t>(balancers);
  simulation.intervals = static_cast<int>(intervals);
  simulation.in_flight_max = static_cast<size_t>(in_flight_max);
  if (servers == nullptr) return Error(root, "there are no servers; for example: servers: [{name: web, count: 10}]");
  if (arrivals == nullptr) return Error(root, "there are no arrivals; for example: arrivals: {load: 0.8}");
  if (policies == nullptr || policies->items().empty()) {
    return Error(root, absl::StrCat("there are no policies; for example: policies: [round_robin]; there are ",
                                    absl::StrJoin(registry_.names(), ", ")));
  }
  NUBO_RETURN_IF_ERROR(ReadServers(*servers));
  if (service != nullptr) NUBO_RETURN_IF_ERROR(ReadService(*service));
  NUBO_RETURN_IF_ERROR(ReadArrivals(*arrivals));
  if (keys != nullptr) NUBO_RETURN_IF_ERROR(ReadKeys(*keys));
  if (cache != nullptr) NUBO_RETURN_IF_ERROR(ReadCache(*cache));
  if (group != nullptr) {
    NUBO_ASSIGN_OR_RETURN(simulation.target_group, ReadTargetGroup(file_, *group, &simulation.fail_health_checks));
  }
  NUBO_RETURN_IF_ERROR(EachOf(events, &Reader::ReadEvent));
  return EachOf(policies, &Reader::ReadPolicy);
}

absl::Status Reader::ReadServers(const Value& servers) {
  for (const Value& group : servers.items()) {
    NUBO_RETURN_IF_ERROR(ReadGroup(group));
    if (scenario_.simulation.servers.size() > Simulation::kServersMax) {
      return Error(group, absl::StrCat("more than ", Simulation::kServersMax, " servers are too many"));
    }
  }
  return absl::OkStatus();
}

absl::Status Reader::ReadGroup(const Value& group) {
  Fields fields(file_, group, "a group of servers");
  simulation::SimulatedServer server;
  std::string name;
  int64_t count = 1;
  int64_t workers = 1;
  int64_t priority = 0;
  fields.Text("name", &name);
  fields.Count("count", 1, Simulation::kServersMax, &count);
  fields.Number("speed", 0.001, 1000, &server.speed);
  fields.Count("workers", 1, 100'000, &workers);
  fields.Number("weight", 0.001, 100'000, &server.weight);
  fields.Count("priority", 0, 127, &priority);
  fields.Flag("present", &server.present);
  fields.Text("zone", &server.zone);
  NUBO_RETURN_IF_ERROR(fields.Done());
  if (name.empty()) return Error(group, "a group of servers has no name; for example: {name: web, count: 10}");
  server.workers = static_cast<int>(workers);
  server.priority = static_cast<int>(priority);
  std::vector<size_t> all;
  for (int64_t i = 0; i < count; ++i) {
    server.id = count == 1 ? name : absl::StrCat(name, "-", i);
    all.push_back(scenario_.simulation.servers.size());
    scenario_.simulation.servers.push_back(server);
    if (!names_.insert({server.id, {all.back()}}).second) {
      return Error(group, absl::StrCat("two servers or groups are called '", server.id, "'; names must differ"));
    }
  }
  if (count > 1 && !names_.insert({name, std::move(all)}).second) {
    return Error(group, absl::StrCat("two servers or groups are called '", name, "'; names must differ"));
  }
  return absl::OkStatus();
}

absl::Status Reader::ReadService(const Value& service) {
  simulation::Distribution& distribution = scenario_.simulation.service;
  Fields fields(file_, service, "the service time");
  int kind = static_cast<int>(distribution.kind);
  fields.Choice("distribution", {"constant", "exponential", "log_normal", "bimodal", "pareto"}, &kind);
  distribution.kind = static_cast<simulation::Distribution::Kind>(kind);
  fields.Time("mean", absl::Microseconds(1), absl::Hours(1), &distribution.mean);
  using Kind = simulation::Distribution::Kind;
  if (distribution.kind == Kind::kLogNormal) fields.Number("sigma", 0.001, 5, &distribution.sigma);
  if (distribution.kind == Kind::kBimodal) {
    fields.Number("long_share", 1e-6, 0.999999, &distribution.long_share);
    fields.Number("long_factor", 1.000001, 1e6, &distribution.long_factor);
  }
  if (distribution.kind == Kind::kPareto) fields.Number("alpha", 1.01, 100, &distribution.alpha);
  NUBO_RETURN_IF_ERROR(fields.Done());
  return At(service, simulation::CheckDistribution(distribution));
}

absl::Status Reader::ReadArrivals(const Value& value) {
  simulation::Arrivals& arrivals = scenario_.simulation.arrivals;
  Fields fields(file_, value, "the arrivals");
  int kind = static_cast<int>(arrivals.kind);
  double load = 0;
  fields.Choice("process", {"poisson", "constant", "bursty"}, &kind);
  arrivals.kind = static_cast<simulation::Arrivals::Kind>(kind);
  fields.Number("load", 0.001, 1000, &load);
  fields.Number("rate", 1e-6, kMost, &scenario_.simulation.rate_per_second);
  if (arrivals.kind == simulation::Arrivals::Kind::kBursty) {
    fields.Number("burst_factor", 1.000001, 1000, &arrivals.burst_factor);
    fields.Number("burst_share", 1e-6, 0.999999, &arrivals.burst_share);
    fields.Time("burst_length", absl::Milliseconds(1), absl::Hours(1), &arrivals.burst_length);
  }
  NUBO_RETURN_IF_ERROR(fields.Done());
  if ((load > 0) == (scenario_.simulation.rate_per_second > 0)) {
    return Error(value,
                 "arrivals need either a load (the share of time servers are busy) or a rate (requests a second)");
  }
  if (load > 0) load_ = load;
  return At(value, simulation::CheckArrivals(arrivals));
}

absl::Status Reader::ReadKeys(const Value& keys) {
  Fields fields(file_, keys, "the keys");
  int64_t count = 10'000;
  fields.Count("count", 1, Simulation::kKeysMax, &count);
  fields.Number("skew", 0, 10, &scenario_.simulation.key_skew);
  scenario_.simulation.keys = static_cast<size_t>(count);
  return fields.Done();
}

absl::Status Reader::ReadCache(const Value& cache) {
  Fields fields(file_, cache, "the cache");
  int64_t entries = 1'000;
  fields.Count("entries", 1, Simulation::kKeysMax, &entries);
  fields.Number("hit_factor", 0, 1, &scenario_.simulation.cache_hit_factor);
  scenario_.simulation.cache_entries = static_cast<size_t>(entries);
  return fields.Done();
}

absl::Status Reader::AddServersCalled(const Value& name, std::vector<size_t>* servers) {
  const auto found = names_.find(name.text());
  if (name.is_scalar() && found != names_.end()) {
    servers->insert(servers->end(), found->second.begin(), found->second.end());
    // Each once at most; a long list of large groups is refused before it fills the memory.
    if (servers->size() <= scenario_.simulation.servers.size()) return absl::OkStatus();
    return Error(name, absl::StrCat("the event names more servers than there are, ",
                                    scenario_.simulation.servers.size(), "; name each once"));
  }
  std::vector<std::string> known;
  for (const auto& entry : names_) known.push_back(entry.first);
  return Error(name, absl::StrCat("there is no server or group '", name.text(), "'", DidYouMean(name.text(), known)));
}

absl::Status Reader::ReadEvent(const Value& value) {
  Fields fields(file_, value, "an event");
  Incident incident;
  incident.at = -absl::Seconds(1);
  std::vector<std::string> kinds;
  const Value* whom = nullptr;
  int found = 0;
  for (int kind = 0; kind <= static_cast<int>(Incident::Kind::kAdd); ++kind) {
    kinds.emplace_back(simulation::IncidentName(static_cast<Incident::Kind>(kind)));
    const Value* named = fields.Take(kinds.back());
    if (named == nullptr) continue;
    whom = named;
    incident.kind = static_cast<Incident::Kind>(kind);
    ++found;
  }
  fields.Time("at", absl::ZeroDuration(), scenario_.simulation.duration, &incident.at);
  if (incident.kind == Incident::Kind::kFail) {
    fields.Number("share", 0, 1, &incident.share);
    fields.Time("error_time", absl::ZeroDuration(), absl::Hours(1), &incident.error_time);
  }
  if (incident.kind == Incident::Kind::kSlow) fields.Number("factor", 0.001, 1000, &incident.factor);
  if (incident.kind == Incident::Kind::kAdd || incident.kind == Incident::Kind::kRecover) {
    fields.Time("cold", absl::ZeroDuration(), absl::Hours(24), &incident.cold);
  }
  NUBO_RETURN_IF_ERROR(fields.Done());
  if (found != 1) {
    return Error(value, absl::StrCat("an event is exactly one of ", absl::StrJoin(kinds, ", "),
                                     "; for example: {at: 10s, kill: web-0}"));
  }
  if (incident.at < absl::ZeroDuration()) return Error(value, "an event has no time; for example: at: 10s");
  if (!whom->is_list()) NUBO_RETURN_IF_ERROR(AddServersCalled(*whom, &incident.servers));
  for (const Value& name : whom->items()) NUBO_RETURN_IF_ERROR(AddServersCalled(name, &incident.servers));
  scenario_.simulation.incidents.push_back(std::move(incident));
  return absl::OkStatus();
}

absl::Status Reader::ReadPolicyObject(const Value& value, ScenarioPolicy* policy) {
  Fields fields(file_, value, "a policy");
  fields.Text("policy", &policy->policy);
  fields.Text("name", &policy->label);
  fields.Flag("ask_servers", &policy->ask_servers);
  const Value* options = fields.Object("options");
  NUBO_RETURN_IF_ERROR(fields.Done());
  if (policy->ask_servers && policy->policy != lb::kPrequal) {
    return Error(value, absl::StrCat("only ", lb::kPrequal, " asks servers, not '", policy->policy, "'"));
  }
  if (policy->ask_servers && options != nullptr) {
    return Error(*options, absl::StrCat(lb::kPrequal, " that asks servers has no options here"));
  }
  if (options == nullptr) return absl::OkStatus();
  for (const stack::Member& option : options->members()) {
    if (!option.value.is_scalar()) return Error(option.value, absl::StrCat(option.key, " must be a text or a number"));
    policy->options[option.key] = option.value.text();
  }
  return absl::OkStatus();
}

absl::Status Reader::ReadPolicy(const Value& value) {
  ScenarioPolicy policy;
  if (value.is_object()) {
    NUBO_RETURN_IF_ERROR(ReadPolicyObject(value, &policy));
  } else {
    policy.policy = value.text();
  }
  if (policy.label.empty()) policy.label = policy.policy;
  std::vector<std::string> known = registry_.names();
  known.emplace_back(kCentralQueue);
  known.emplace_back(kJoinShortestQueue);
  if (std::find(known.begin(), known.end(), policy.policy) == known.end()) {
    return Error(value,
                 absl::StrCat("there is no policy '", policy.policy, "'; there are ", absl::StrJoin(known, ", ")));
  }
  if (policy.policy != kCentralQueue && policy.policy != kJoinShortestQueue) {
    lb::PolicyOptions options = policy.options;
    if (policy.policy == lb::kSubset) options.emplace("seed", "0");
    NUBO_RETURN_IF_ERROR(At(value, registry_.Create(policy.policy, options).status()));
  } else if (!policy.options.empty()) {
    return Error(value, absl::StrCat(policy.policy, " has no options"));
  }
  for (const ScenarioPolicy& other : scenario_.policies) {
    if (other.label != policy.label) continue;
    return Error(value, absl::StrCat("two policies are called '", policy.label, "'; give one another name"));
  }
  if (scenario_.policies.size() == kScenarioPoliciesMax) {
    return Error(value, absl::StrCat("more than ", kScenarioPoliciesMax, " policies are too many"));
  }
  scenario_.policies.push_back(std::move(policy));
  return absl::OkStatus();
}

// Prequal, told by the servers themselves.
std::unique_ptr<lb::Policy> AskingPrequal(const simulation::ServerProbe& servers) {
  lb::PrequalOptions options;
  options.probe = [&servers](const lb::Endpoint& endpoint, absl::Time) -> std::optional<lb::ProbeAnswer> {
    const auto answer = servers.Ask(endpoint);
    if (!answer.has_value()) return std::nullopt;
    return lb::ProbeAnswer{static_cast<double>(answer->in_flight), answer->latency};
  };
  return *lb::MakePrequal(std::move(options));
}

}  // namespace

absl::StatusOr<Scenario> ReadScenario(absl::string_view text, absl::string_view file,
                                      const lb::PolicyRegistry& registry) {
  if (text.find_first_not_of(" \t\r\n") == absl::string_view::npos) {
    return stack::ErrorAt(file, {1, 1}, "the scenario is empty");
  }
  stack::ReadOptions options;
  options.bytes_max = kScenarioBytesMax;
  NUBO_ASSIGN_OR_RETURN(const Value root, stack::ReadText(text, file, options));
  return Reader(file, registry).Read(root);
}

absl::StatusOr<simulation::SimulationResult> RunPolicy(const Scenario& scenario, const ScenarioPolicy& policy,
                                                       const lb::PolicyRegistry& registry) {
  if (policy.policy == kCentralQueue) return simulation::SimulateCentralQueue(scenario.simulation);
  if (policy.policy == kJoinShortestQueue) {
    Simulation oracle = scenario.simulation;
    oracle.share_load = !oracle.target_group.has_value();
    return simulation::Simulate(oracle, [] { return lb::MakeLeastOutstandingRequests(Simulation::kServersMax); });
  }
  // Every balancer has a part of its own, unless the file says which.
  const bool part = policy.policy == lb::kSubset && policy.options.count("seed") == 0;
  return simulation::SimulateProbing(scenario.simulation, [&](size_t balancer, const simulation::ServerProbe& servers) {
    if (policy.ask_servers) return AskingPrequal(servers);
    lb::PolicyOptions options = policy.options;
    if (part) options["seed"] = absl::StrCat(lb::Hash(absl::StrCat("balancer-", balancer)));
    return *registry.Create(policy.policy, options);
  });
}

}  // namespace nubo::cli
