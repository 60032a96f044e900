#include "nubo/simulation/queueing.h"

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/simulation/queueing_run.h"

namespace nubo::simulation {
namespace {

absl::Status Wrong(absl::string_view what, absl::string_view value, absl::string_view right) {
  return absl::InvalidArgumentError(absl::StrCat(what, " is ", value, "; ", right));
}

absl::Status CheckIn(absl::string_view what, double value, double low, double high) {
  if (value >= low && value <= high) return absl::OkStatus();
  return Wrong(what, absl::StrCat(value), absl::StrCat("it must be ", low, " to ", high));
}

absl::Status CheckTime(absl::string_view what, absl::Duration value, absl::Duration low, absl::Duration high) {
  if (value >= low && value <= high) return absl::OkStatus();
  return Wrong(what, absl::FormatDuration(value),
               absl::StrCat("it must be ", absl::FormatDuration(low), " to ", absl::FormatDuration(high)));
}

absl::Status CheckServers(const Simulation& simulation) {
  if (simulation.servers.empty()) return absl::InvalidArgumentError("there are no servers; one at least is needed");
  if (simulation.servers.size() > Simulation::kServersMax) {
    return Wrong("the number of servers", absl::StrCat(simulation.servers.size()),
                 absl::StrCat("at most ", Simulation::kServersMax, " can be simulated"));
  }
  absl::flat_hash_set<absl::string_view> ids;
  for (const SimulatedServer& server : simulation.servers) {
    if (server.id.empty()) return absl::InvalidArgumentError("a server has no id; every one needs one");
    if (!ids.insert(server.id).second) {
      return absl::InvalidArgumentError(absl::StrCat("two servers are called ", server.id, "; ids must differ"));
    }
    NUBO_RETURN_IF_ERROR(CheckIn(absl::StrCat("the speed of ", server.id), server.speed, 0.001, 1000));
    NUBO_RETURN_IF_ERROR(CheckIn(absl::StrCat("the number of workers of ", server.id), server.workers, 1, 100'000));
    NUBO_RETURN_IF_ERROR(CheckIn(absl::StrCat("the weight of ", server.id), server.weight, 0.001, 100'000));
    NUBO_RETURN_IF_ERROR(CheckIn(absl::StrCat("the priority of ", server.id), server.priority, 0, 127));
  }
  return absl::OkStatus();
}

absl::Status CheckIncident(const Incident& incident, const Simulation& simulation) {
  const std::string what = absl::StrCat("of the incident \"", IncidentName(incident.kind), "\"");
  if (incident.servers.size() > simulation.servers.size()) {
    return Wrong(absl::StrCat("the number of servers ", what), absl::StrCat(incident.servers.size()),
                 absl::StrCat("there are ", simulation.servers.size(), "; name each once"));
  }
  NUBO_RETURN_IF_ERROR(
      CheckTime(absl::StrCat("the time ", what), incident.at, absl::ZeroDuration(), simulation.duration));
  for (const size_t server : incident.servers) {
    if (server < simulation.servers.size()) continue;
    return Wrong(absl::StrCat("the server ", what), absl::StrCat("number ", server),
                 absl::StrCat("there are ", simulation.servers.size(), ", counted from 0"));
  }
  NUBO_RETURN_IF_ERROR(CheckIn(absl::StrCat("the share ", what), incident.share, 0, 1));
  NUBO_RETURN_IF_ERROR(CheckIn(absl::StrCat("the factor ", what), incident.factor, 0.001, 1000));
  NUBO_RETURN_IF_ERROR(
      CheckTime(absl::StrCat("the error time ", what), incident.error_time, absl::ZeroDuration(), absl::Hours(1)));
  NUBO_RETURN_IF_ERROR(
      CheckTime(absl::StrCat("the cold time ", what), incident.cold, absl::ZeroDuration(), absl::Hours(24)));
  if (incident.kind == Incident::Kind::kHang && simulation.timeout == absl::ZeroDuration()) {
    return absl::InvalidArgumentError("a server hangs and requests have no timeout; set one, or they never end");
  }
  return absl::OkStatus();
}

absl::Status CheckHealthChecks(const Simulation& simulation) {
  const absl::Duration interval = simulation.target_group->health_check.interval;
  const double checks = absl::FDivDuration(simulation.duration, interval) *
                        static_cast<double>(simulation.servers.size() * simulation.balancers);
  if (checks <= Simulation::kRequestsMax) return absl::OkStatus();
  return Wrong(
      "the number of health checks", absl::StrCat(checks),
      absl::StrCat("at most ", Simulation::kRequestsMax, " are simulated; check less often, or for less long"));
}

absl::Status CheckLength(const Simulation& simulation) {
  NUBO_RETURN_IF_ERROR(CheckTime("the duration", simulation.duration, absl::Milliseconds(1), absl::Hours(24 * 7)));
  NUBO_RETURN_IF_ERROR(CheckTime("the timeout", simulation.timeout, absl::ZeroDuration(), absl::Hours(1)));
  if (simulation.warm_up < absl::ZeroDuration() || simulation.warm_up >= simulation.duration) {
    return Wrong("the warm-up", absl::FormatDuration(simulation.warm_up),
                 absl::StrCat("it must end before the duration, ", absl::FormatDuration(simulation.duration)));
  }
  NUBO_RETURN_IF_ERROR(CheckIn("the rate", simulation.rate_per_second, 1e-6, 1e9));
  const double requests = simulation.rate_per_second * absl::ToDoubleSeconds(simulation.duration);
  if (requests > Simulation::kRequestsMax) {
    return Wrong("the number of requests", absl::StrCat(requests),
                 absl::StrCat("at most ", Simulation::kRequestsMax, " are simulated; shorten the duration"));
  }
  return CheckIn("the number of intervals", simulation.intervals, 1, Simulation::kIntervalsMax);
}

}  // namespace

std::vector<SimulatedServer> MakeServers(size_t count, double speed, absl::string_view prefix) {
  std::vector<SimulatedServer> servers;
  for (size_t i = 0; i < count; ++i) servers.push_back({.id = absl::StrCat(prefix, "-", i), .speed = speed});
  return servers;
}

absl::string_view IncidentName(Incident::Kind kind) {
  constexpr absl::string_view kNames[] = {"kill", "hang", "fail", "slow", "recover", "drain", "add"};
  return kNames[static_cast<int>(kind)];
}

double RateForLoad(const Simulation& simulation, double load) {
  double speed = 0;
  for (const SimulatedServer& server : simulation.servers) speed += server.present ? server.speed * server.workers : 0;
  return load * speed / absl::ToDoubleSeconds(simulation.service.mean);
}

absl::Status CheckSimulation(const Simulation& simulation) {
  NUBO_RETURN_IF_ERROR(CheckServers(simulation));
  NUBO_RETURN_IF_ERROR(CheckLength(simulation));
  NUBO_RETURN_IF_ERROR(base::Annotate(CheckDistribution(simulation.service), "service"));
  NUBO_RETURN_IF_ERROR(base::Annotate(CheckArrivals(simulation.arrivals), "arrivals"));
  NUBO_RETURN_IF_ERROR(CheckIn("the number of balancers", static_cast<double>(simulation.balancers), 1,
                               static_cast<double>(Simulation::kBalancersMax)));
  if (simulation.balancers * simulation.servers.size() > Simulation::kEndpointsMax) {
    return Wrong("servers times balancers", absl::StrCat(simulation.balancers * simulation.servers.size()),
                 absl::StrCat("at most ", Simulation::kEndpointsMax, " endpoints can be simulated"));
  }
  NUBO_RETURN_IF_ERROR(
      CheckIn("the bound on requests in flight", static_cast<double>(simulation.in_flight_max), 1, 1e7));
  NUBO_RETURN_IF_ERROR(CheckIn("the number of keys", static_cast<double>(simulation.keys), 0,
                               static_cast<double>(Simulation::kKeysMax)));
  NUBO_RETURN_IF_ERROR(CheckIn("the skew of keys", simulation.key_skew, 0, 10));
  NUBO_RETURN_IF_ERROR(CheckIn("the number of cache entries", static_cast<double>(simulation.cache_entries), 0,
                               static_cast<double>(Simulation::kKeysMax)));
  NUBO_RETURN_IF_ERROR(CheckIn("the factor of a cache hit", simulation.cache_hit_factor, 0, 1));
  if (simulation.cache_entries > 0 && simulation.keys == 0) {
    return absl::InvalidArgumentError("servers have a cache and requests have no keys; set the number of keys");
  }
  if (simulation.share_load && simulation.target_group.has_value()) {
    return absl::InvalidArgumentError("target groups keep their own loads; load cannot be shared between them");
  }
  if (simulation.incidents.size() > Simulation::kIncidentsMax) {
    return Wrong("the number of incidents", absl::StrCat(simulation.incidents.size()),
                 absl::StrCat("at most ", Simulation::kIncidentsMax, " are simulated"));
  }
  for (const Incident& incident : simulation.incidents) {
    NUBO_RETURN_IF_ERROR(CheckIncident(incident, simulation));
  }
  if (!simulation.target_group.has_value()) return absl::OkStatus();
  for (const SimulatedServer& server : simulation.servers) {
    if (server.priority == 0) continue;
    return Wrong(absl::StrCat("the priority of ", server.id), absl::StrCat(server.priority),
                 "target groups know no priorities; leave it at 0, or leave the target group away");
  }
  NUBO_RETURN_IF_ERROR(base::Annotate(lb::CheckTargetGroupOptions(*simulation.target_group), "target group"));
  return CheckHealthChecks(simulation);
}

absl::StatusOr<SimulationResult> Simulate(const Simulation& simulation, const PolicyFactory& make_policy) {
  NUBO_RETURN_IF_ERROR(CheckSimulation(simulation));
  if (make_policy == nullptr) return absl::InvalidArgumentError("there is no policy; give a function that makes one");
  return QueueingRun(simulation, [&](size_t, const ServerProbe&) { return make_policy(); }).Go();
}

absl::StatusOr<SimulationResult> SimulateProbing(const Simulation& simulation,
                                                 const ProbingPolicyFactory& make_policy) {
  NUBO_RETURN_IF_ERROR(CheckSimulation(simulation));
  if (make_policy == nullptr) return absl::InvalidArgumentError("there is no policy; give a function that makes one");
  return QueueingRun(simulation, make_policy).Go();
}

absl::StatusOr<SimulationResult> SimulateCentralQueue(const Simulation& simulation) {
  NUBO_RETURN_IF_ERROR(CheckSimulation(simulation));
  return QueueingRun(simulation, nullptr).Go();
}

}  // namespace nubo::simulation
