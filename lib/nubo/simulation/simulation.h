// What a simulation of queues is made of, and what it results in. What it is for, and who runs it, stands in
// queueing.h.
//
// Thread safety: values.
#ifndef NUBO_SIMULATION_SIMULATION_H_
#define NUBO_SIMULATION_SIMULATION_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "nubo/lb/policy.h"
#include "nubo/lb/target_group.h"
#include "nubo/simulation/latency_histogram.h"
#include "nubo/simulation/queueing_random.h"

namespace nubo::simulation {

struct SimulatedServer {
  std::string id;
  std::string zone;
  // What takes one second at speed 1 takes 1 / speed.
  double speed = 1;
  // Requests served at once; the others wait.
  int workers = 1;
  // What the balancers are told it can take, beside the others.
  double weight = 1;
  // For policies that go by priorities: 0 is served first.
  int priority = 0;
  // Part of the set from the beginning; else an incident adds it.
  bool present = true;
};

// Something happens to servers.
struct Incident {
  enum class Kind {
    kKill,     // refuses connections; what it holds fails at once
    kHang,     // accepts everything and answers nothing
    kFail,     // answers `share` of its requests with an error, `error_time` after they came, without serving them
    kSlow,     // works at `factor` of its speed; what is being served keeps its pace
    kRecover,  // none of these any more; after a kill it starts cold for `cold`
    kDrain,    // leaves the set, finishing what it holds
    kAdd,      // joins the set, cold for `cold`
  };

  absl::Duration at;
  Kind kind = Kind::kKill;
  // Indices into Simulation::servers.
  std::vector<size_t> servers;
  double share = 1;
  absl::Duration error_time = absl::Milliseconds(1);
  double factor = 0.1;
  // A cold server begins at kColdSpeed of its speed and gains evenly.
  absl::Duration cold = absl::ZeroDuration();
};

struct Simulation {
  // Bounds; CheckSimulation refuses what is past them.
  static constexpr size_t kServersMax = 10'000;
  static constexpr size_t kBalancersMax = 1'000;
  static constexpr size_t kEndpointsMax = 200'000;  // servers times balancers
  static constexpr size_t kIncidentsMax = 1'000;
  static constexpr size_t kKeysMax = 1'000'000;
  static constexpr double kRequestsMax = 1e9;
  static constexpr int kIntervalsMax = 1'000;
  static constexpr double kColdSpeed = 0.1;
  // Connecting to a server that is down takes this long to fail; a health check takes as long to be answered.
  static constexpr absl::Duration kRoundTrip = absl::Microseconds(500);
  // With its answers a server reports how it was doing in the last whole window of this length.
  static constexpr int64_t kReportWindowNs = 100'000'000;

  uint64_t seed = 1;
  // Requests arrive for so long; the simulation goes on until the last is answered.
  absl::Duration duration = absl::Seconds(60);
  // Requests that arrive before count only in `intervals`.
  absl::Duration warm_up = absl::Seconds(5);
  Arrivals arrivals;
  double rate_per_second = 0;
  // At speed 1.
  Distribution service;
  std::vector<SimulatedServer> servers;
  // Requests come to one of them at random.
  size_t balancers = 1;
  // All balancers see one view of each server's load: what only an oracle has.
  bool share_load = false;
  // A request that takes longer fails; 0 for none.
  absl::Duration timeout = absl::ZeroDuration();
  // Requests in the system at once; one more fails at once.
  size_t in_flight_max = 1'000'000;
  // Keys that requests carry; none carries one if 0.
  size_t keys = 0;
  // Zipf's exponent: 0 makes all keys equally frequent.
  double key_skew = 0;
  // How many keys a server remembers (the least recently used goes first), and what a request for one of these takes
  // of the time it would take otherwise. 0: no cache.
  size_t cache_entries = 0;
  double cache_hit_factor = 0.1;
  std::vector<Incident> incidents;
  // Health checks and all that follows from them, by each balancer for itself.
  std::optional<lb::TargetGroupOptions> target_group;
  // A server that fails requests fails its health checks too.
  bool fail_health_checks = false;
  // Into so many equal parts `duration` is cut.
  int intervals = 60;
};

struct ServerResult {
  std::string id;
  // From now on without the warm-up.
  uint64_t requests = 0;
  uint64_t failed = 0;
  // Requests sent to it while it was dead (killed, and not recovered yet).
  uint64_t requests_while_dead = 0;
  // The share of time its workers were busy, of the time it was part of the set and alive.
  double utilization = 0;
  // Requests sent to it in each interval, warm-up included.
  std::vector<uint32_t> requests_by_interval;
};

struct IntervalResult {
  // Of requests that arrived in the interval.
  uint64_t requests = 0;
  uint64_t failed = 0;
  double mean_ns = 0;
  double p99_ns = 0;
};

struct SimulationResult {
  // Without the warm-up.
  uint64_t requests = 0;
  uint64_t succeeded = 0;
  uint64_t refused = 0;     // the server was down, or died with the request
  uint64_t errors = 0;      // the server answered with an error
  uint64_t timed_out = 0;   // not answered within the timeout
  uint64_t unroutable = 0;  // the picker had nobody, or the system was full
  uint64_t failed() const { return refused + errors + timed_out + unroutable; }

  // From arrival to answer, of those that succeeded.
  LatencyHistogram latency;
  absl::Duration Mean() const { return absl::Nanoseconds(latency.Mean()); }
  absl::Duration Quantile(double share) const { return absl::Nanoseconds(latency.Quantile(share)); }
  // Successes per second.
  double throughput = 0;
  // The busiest server's utilization over the mean of all that were part of the set and alive until the end. 1 is even.
  double imbalance = 1;

  // Keys asked for both before and after a change of the set, summed over all changes; how many of them went to
  // another server after it; and how many of these went from one server to another that were both there before and
  // after, which no change of the set asks for.
  uint64_t keys_followed = 0;
  uint64_t keys_moved = 0;
  uint64_t keys_moved_needlessly = 0;
  double disruption() const { return keys_followed == 0 ? 0 : static_cast<double>(keys_moved) / keys_followed; }
  uint64_t cache_hits = 0;

  std::vector<ServerResult> servers;
  std::vector<IntervalResult> intervals;
};

// Called once for each balancer; never returns null.
using PolicyFactory = std::function<std::unique_ptr<lb::Policy>()>;

// What a policy that asks servers how they are (Prequal) would be told by them, at this moment of virtual time.
class ServerProbe {
 public:
  struct Answer {
    // Of all balancers.
    int64_t in_flight = 0;
    // Of requests that met as many; zero before the first (latency_by_load.h).
    absl::Duration latency;
  };
  virtual ~ServerProbe() = default;
  // Nothing if the server is dead or hangs. `endpoint` is one that the policy was built of.
  virtual std::optional<Answer> Ask(const lb::Endpoint& endpoint) const = 0;
};
// Called once for each balancer, which is counted from 0; never returns null. `probe` outlives the policy.
using ProbingPolicyFactory = std::function<std::unique_ptr<lb::Policy>(size_t balancer, const ServerProbe& probe)>;

}  // namespace nubo::simulation

#endif  // NUBO_SIMULATION_SIMULATION_H_
