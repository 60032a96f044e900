// One run of a simulation. Internal to queueing.cc.
//
// Invariants:
// 1. Events happen in the order of their time; those of one time in the order they were scheduled. A timeout comes
//    after the events of its time, an arrival after both.
// 2. A request is in exactly one place: unused, waiting or served at a server, waiting in the central queue, or on its
//    way to fail. Its step changes whenever an event meant for it is void, its life whenever its slot is free again.
//
// Thread safety: thread-compatible.
#ifndef NUBO_SIMULATION_QUEUEING_RUN_H_
#define NUBO_SIMULATION_QUEUEING_RUN_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <queue>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "nubo/lb/load.h"
#include "nubo/simulation/queueing_balancer.h"
#include "nubo/simulation/queueing_random.h"
#include "nubo/simulation/queueing_server.h"
#include "nubo/simulation/queueing_statistics.h"
#include "nubo/simulation/simulation.h"

namespace nubo::simulation {

class QueueingRun final : public ServerProbe {
 public:
  // A null `make_policy` stands for the central queue.
  QueueingRun(const Simulation& simulation, ProbingPolicyFactory make_policy);
  QueueingRun(const QueueingRun&) = delete;
  QueueingRun& operator=(const QueueingRun&) = delete;

  absl::StatusOr<SimulationResult> Go();
  std::optional<Answer> Ask(const lb::Endpoint& endpoint) const override;

 private:
  enum class EventKind : uint8_t { kDone, kFailed, kIncident, kAdvance, kCheck };
  struct Event {
    int64_t at_ns;
    uint64_t order;
    EventKind kind;
    uint32_t index;  // of a request, an incident, a balancer, or a check
    uint32_t step;   // of a request or a balancer; the event is void if that has moved on

    bool operator>(const Event& other) const {
      return at_ns != other.at_ns ? at_ns > other.at_ns : order > other.order;
    }
  };

  enum class Place : uint8_t { kNowhere, kWaiting, kServing, kFailing, kCentral };
  struct Request {
    int64_t arrived_ns = 0;
    int64_t demand_ns = 0;
    int64_t service_began_ns = 0;
    uint32_t key = 0;
    uint32_t balancer = 0;
    uint32_t server = 0;
    uint32_t life = 0;
    uint32_t step = 0;
    // Requests its server had when it came.
    uint32_t met = 0;
    Place place = Place::kNowhere;
    Failure failure = Failure::kError;  // while failing
    std::shared_ptr<lb::Load> load;
    lb::Call call;
  };
  struct Timeout {
    int64_t at_ns;
    uint32_t request;
    uint32_t life;
  };
  struct PendingCheck {
    size_t balancer = 0;
    lb::DueCheck check;
    lb::CheckResult result;
  };

  absl::Status Start();
  void Schedule(int64_t at_ns, EventKind kind, uint32_t index, uint32_t step = 0);
  absl::Status Handle(const Event& event);

  // Requests.
  void Arrive();
  uint32_t TakeSlot();
  void Route(uint32_t index);
  void Send(uint32_t index, size_t server);
  void FailLater(uint32_t index, Failure failure, int64_t after_ns);
  void Begin(ServerState& server, uint32_t index);
  void StopServing(ServerState& server, uint32_t index);
  void FillWorkers(ServerState& server);
  void FillFromCentral();
  void Succeed(uint32_t index);
  void Report(Request& request, ServerState& server);
  void Fail(uint32_t index, Failure failure);
  void Release(uint32_t index);
  void TimeOut(const Timeout& timeout);

  // Servers and sets.
  absl::Status Happen(const Incident& incident);
  void Kill(ServerState& server);
  void Hang(ServerState& server);
  void Recover(ServerState& server, const Incident& incident);
  absl::Status Publish();
  absl::Status SetMember(size_t server, bool member);
  // A balancer learns how a request ended.
  void Tell(size_t balancer, size_t server, bool success);
  absl::Status Advance(size_t balancer);
  // A balancer cuts off what it still has at a server.
  void CutOff(size_t balancer, absl::string_view id);
  void ScheduleAdvance(size_t balancer);
  lb::CheckResult Check(const ServerState& server, absl::Duration* after) const;

  const Simulation& simulation_;
  const ProbingPolicyFactory make_policy_;
  const Sampler service_;
  const int64_t end_ns_;
  const int64_t timeout_ns_;
  SimulationRandom arrival_random_;
  SimulationRandom service_random_;
  SimulationRandom key_random_;
  SimulationRandom fault_random_;
  ArrivalProcess arrivals_;
  std::unique_ptr<KeySampler> keys_;
  // What policies see of each key.
  std::vector<uint64_t> key_hashes_;

  int64_t now_ns_ = 0;
  int64_t next_arrival_ns_ = 0;
  uint64_t scheduled_ = 0;
  std::priority_queue<Event, std::vector<Event>, std::greater<Event>> events_;
  std::deque<Timeout> timeouts_;
  std::vector<Request> requests_;
  std::vector<uint32_t> free_requests_;
  size_t in_flight_ = 0;
  std::deque<uint32_t> central_;
  size_t central_turn_ = 0;
  std::vector<ServerState> servers_;
  std::vector<std::unique_ptr<Balancer>> balancers_;
  // What each balancer's policy draws from, and how often each was scheduled.
  std::vector<SimulationRandom> pick_randoms_;
  std::vector<uint32_t> advance_steps_;
  std::vector<PendingCheck> checks_;
  std::vector<uint32_t> free_checks_;
  // The window that each server last reported to each balancer.
  std::vector<int64_t> reported_;
  Statistics statistics_;
};

}  // namespace nubo::simulation

#endif  // NUBO_SIMULATION_QUEUEING_RUN_H_
