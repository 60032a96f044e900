// What the control plane does, without threads, sockets and processes of its own: one model, and the loop that brings
// what is towards what is wanted.
//
// Calls change the model. A step takes in what has happened (processes started and ended, what data-plane processes
// say), reconciles until nothing more changes, and writes the changes in one transaction; what is returned then reaches
// outside. New configurations are handed to the data plane. All of it is level-triggered: after a crash the next loop
// starts from the store. Whoever runs it (region.h, or a test with a clock, a driver and a data plane that are
// simulated) gives it the time, and calls Step when something has happened, or is due.
//
// Example:
//   ControlLoop loop(options, store, clock, ids, fabric, data_plane);
//   NUBO_ASSIGN_OR_RETURN(const std::vector<std::string> left, loop.Load(ShimsIn(paths)));
//   driver.Adopt(left);
//   std::vector<Effect> effects;
//   const absl::Time next = loop.Step(effects);
//   for (const Effect& effect : effects) effect(driver);
//
// Thread safety: thread-compatible.
#ifndef NUBO_REGION_LOOP_CONTROL_LOOP_H_
#define NUBO_REGION_LOOP_CONTROL_LOOP_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "nubo/base/clock.h"
#include "nubo/base/id_source.h"
#include "nubo/fabrics/fabric.h"
#include "nubo/net/ip_address.h"
#include "nubo/process/driver.h"
#include "nubo/region/loop/catalog.h"
#include "nubo/region/resources/handlers.h"
#include "nubo/region/resources/resource_types.h"
#include "nubo/region/stacks/prepared_templates.h"
#include "nubo/region/state/context.h"
#include "nubo/region/state/effect.h"
#include "nubo/region/supervisor/service_kind.h"
#include "nubo/store/store.h"

namespace nubo::region {

// Whether a service that speaks first, once it serves, does so there.
struct ReadyQuestion {
  std::string service;
  net::SocketAddress address = {};
  // A unix socket; "": the address.
  std::string socket_path = {};
};

// The processes that serve: load balancers, the shared listener, the name server, databases.
class DataPlane {
 public:
  virtual ~DataPlane() = default;
  // These, by the ids of their processes, and no others, are to be told configurations and heard.
  virtual void Connect(const std::set<std::string>& services) = 0;
  // The serialized configuration of one of them, from now on.
  virtual void Configure(const std::string& service, std::string configuration) = 0;
  // Asks one that has been started whether it is ready; the answer is ControlLoop::HearReady.
  virtual void AskReady(const ReadyQuestion& question) = 0;
  // Bytes that the disk of the state directory has left; nothing: it is not known.
  virtual std::optional<uint64_t> DiskLeft() = 0;
};

struct ControlLoopOptions {
  Paths paths;
  net::SocketAddress dns_address;
  net::SocketAddress http_address;
  // Ports below 1024 may be listened on; and port 53, which may be another matter.
  bool low_ports = false;
  bool dns_port = false;
  // Each instance is a user of its own (instance_users.h).
  bool own_users = false;
  // This program, below the state directory, where its processes can see it.
  std::string program;
  // Of directories; null: they are removed at once.
  Remover* remover = nullptr;
  // For what a person should see and no call can return.
  std::function<void(absl::string_view)> log = [](absl::string_view) {};
};

class ControlLoop {
 public:
  // All of them outlive it.
  ControlLoop(const ControlLoopOptions& options, store::Store& store, const base::Clock& clock, base::IdSource& ids,
              fabrics::Fabric& fabric, DataPlane& data_plane);

  // Reads the store; the ids of what a former loop may have left running, which is to be adopted. `shims`: of those
  // that are known to be there (ShimsIn). As store::Store::List.
  absl::StatusOr<std::vector<std::string>> Load(const std::set<std::string>& shims);

  // Runs `change` and stores what it did. All or nothing: when `change` fails, or cannot be stored, its status is
  // returned, and the model and its leases of addresses are as they were.
  absl::Status Change(const std::function<absl::Status(Context&)>& change);
  // The same for a change that ends something: while it cannot be stored it is done all the same, and stored later.
  absl::Status End(const std::function<absl::Status(Context&)>& change);

  // What has happened; taken in by the next step, in this order for each of them.
  void HearProcess(process::Event event) { processes_.push_back(std::move(event)); }
  // The newest of a service says all.
  void HearStatus(const std::string& service, std::string status) { statuses_[service] = std::move(status); }
  void HearReady(const std::string& service, bool ready);
  void Hear(std::function<void(Context&)> what) { heard_.push_back(std::move(what)); }

  // One pass; when the next is due by itself. `effects` are to be run, in order.
  absl::Time Step(std::vector<Effect>& effects);
  // Something has happened that a step has not taken in.
  bool has_heard() const { return !processes_.empty() || !statuses_.empty() || !heard_.empty(); }

  // From here on Change() is refused with UNAVAILABLE, and nothing is started any more. FAILED_PRECONDITION: there are
  // stacks, or what stacks have left behind, and all goes on.
  absl::Status BeginEnding();
  // The same, whatever there is.
  void MustEnd() { ending_ = true; }
  bool ending() const { return ending_; }

  Context& context() { return context_; }
  const Context& context() const { return context_; }

 private:
  absl::Time TakeStep(std::vector<Effect>& effects);
  absl::Status Commit();
  // What can be done although it cannot be stored.
  std::vector<Effect> TakeEndings();
  void WatchDisk();
  void TakeInbox();
  void TakeStatus(const std::string& service, const std::string& message);
  void TellRefused(const dns::v1::Status& former);
  void ConnectServices();
  void Publish();
  void PublishNetworks();
  // To a service that is connected; false: it is what was `sent` to it last. A Config has no maps: the same is the same
  // text.
  template <typename Config>
  bool PublishTo(const std::string& service, Config config, Config& sent);
  void TellNetworkProblems();
  void TellMetadataProblem(const std::string& service, const std::string& problem);
  void JoinAnew();
  void PublishProxy(const std::string& service, proxy::v1::Configuration config);
  void AskReady();

  store::Store& store_;
  DataPlane& data_plane_;
  const std::function<void(absl::string_view)> log_;
  const ResourceTypes types_ = AllResourceTypes();
  const ServiceKinds kinds_ = AllServiceKinds();
  PreparedTemplates templates_;
  Context context_;
  Handlers handlers_;
  std::deque<process::Event> processes_;
  std::map<std::string, std::string> statuses_;
  std::deque<std::function<void(Context&)>> heard_;
  std::set<std::string> connected_;
  // Services that have been asked whether they are ready, and have not answered.
  std::set<std::string> asked_;
  bool unstorable_ = false;
  bool ending_ = false;
  absl::Time disk_due_ = absl::InfinitePast();
  // Of the last configuration. Those of an earlier control plane must look older than ours.
  uint64_t revision_ = 0;
};

}  // namespace nubo::region

#endif  // NUBO_REGION_LOOP_CONTROL_LOOP_H_
