// The control plane: one lock, one model, one loop that brings what is towards what is wanted.
//
// Calls change the model and wake the loop. The loop takes in what has happened (processes started and ended, what
// data-plane processes say), reconciles until nothing more changes, writes the changes in one transaction, acts, and
// publishes new configurations. All of it is level-triggered: after a crash the next loop starts from the store.
//
// Thread safety: thread-safe.
#ifndef NUBO_REGION_REGION_H_
#define NUBO_REGION_REGION_H_

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "nubo/base/clock.h"
#include "nubo/base/id_source.h"
#include "nubo/drivers/process_driver.h"
#include "nubo/fabrics/block_locks.h"
#include "nubo/net/loop.h"
#include "nubo/region/context.h"
#include "nubo/region/control_link.h"
#include "nubo/region/handlers.h"
#include "nubo/region/probes.h"
#include "nubo/region/remover.h"
#include "nubo/region/store.h"

namespace nubo::region {

struct RegionOptions {
  Paths paths;
  net::SocketAddress dns_address;
  net::SocketAddress http_address;
  // Ports below 1024 may be listened on; and port 53, which may be another matter.
  bool low_ports = false;
  bool dns_port = false;
  // Each instance is a user of its own (instance_users.h).
  bool own_users = false;
  // Where regions of this user hold blocks of addresses against each other (block_locks.h).
  std::string locks_directory;
  // This program, below the state directory, where its processes can see it.
  std::string program;
  drivers::ProcessDriver::Options driver;
  // For what a person should see and no call can return. Called with the region's lock held.
  std::function<void(absl::string_view)> log = [](absl::string_view) {};
};

class Region {
 public:
  // The store, the clock and the ids outlive it.
  Region(RegionOptions options, Store& store, const base::Clock& clock, base::IdSource& ids);
  ~Region();

  // Reads the store, finds what runs already, and begins. As Store::List.
  absl::Status Start();
  // Stops the loop; everything it runs goes on.
  void Stop();

  // Runs `change` under the lock, stores what it did and wakes the loop. All or nothing: when `change` fails, or cannot
  // be stored, its status is returned and the model is as it was. It must not take addresses.
  absl::Status Change(const std::function<absl::Status(Context&)>& change);
  // The same for a change that ends something: while it cannot be stored it is done all the same, and stored later. A
  // control plane that is started meanwhile does not know of it; it finds what has ended ended.
  absl::Status End(const std::function<absl::Status(Context&)>& change);
  // Runs `look` under the lock.
  void Look(const std::function<void(const Context&)>& look) const;
  const Events& events() const { return context_.events; }

  // What a process of the region says when it is asked, as its users would ask it.
  struct Answer {
    ProbeTarget target;
    // As Probe().
    absl::Status status;
    // How long it has not answered, as far as is known; zero if it does.
    absl::Duration hung_for;
    // How often it has been restarted for that.
    int restarts = 0;
  };
  // Asks all of them at once, and waits no longer than `limit`. Not under the lock.
  std::vector<Answer> AskServices(absl::Duration limit);

  // From here on Change() is refused with UNAVAILABLE, and nothing is started any more. FAILED_PRECONDITION: there are
  // stacks, or what stacks have left behind, and all goes on.
  absl::Status BeginEnding();
  // Ends every process of the region and waits for it: services, and instances, of which there are some where the
  // directory is gone, or the record of a stack. DEADLINE_EXCEEDED: some have not ended.
  absl::Status EndAll(absl::Time deadline);

 private:
  absl::Status EndServices(absl::Time deadline);
  void RunLoop();
  // One pass; when the next is due by itself.
  absl::Time Tick(std::vector<Effect>& effects);
  absl::Status Commit();
  // What can be done although it cannot be stored.
  std::vector<Effect> TakeEndings();
  void WatchDisk();
  void HearRemoval(const std::string& path, const absl::Status& status);
  void HearStatus(const std::string& service, const std::string& message);
  void TellRefused(const dns::v1::Status& former);
  void TakeInbox();
  void Publish();
  void PublishProxy(const std::string& service, proxy::v1::Configuration config);
  void SyncLinks();
  void ProbeDatabases();
  static net::Task<void> ProbeDatabase(Region* region, std::string identifier, net::SocketAddress address);
  // Every so often, for as long as the loop runs.
  static net::Task<void> WatchServices(Region* region);
  void TakeProbe(const ProbeTarget& target, const absl::Status& status);
  void Wake();

  Store& store_;
  const std::function<void(absl::string_view)> log_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  fabrics::BlockLocks block_locks_;
  Context context_;                                  // guarded by mutex_
  Handlers handlers_;                                // guarded by mutex_
  std::deque<drivers::ProcessEvent> inbox_;          // guarded by mutex_
  std::deque<std::function<void(Context&)>> heard_;  // guarded by mutex_
  std::map<std::string, std::string> statuses_;      // the last of each service; guarded by mutex_
  bool woken_ = false;                               // guarded by mutex_
  bool stopping_ = false;                            // guarded by mutex_
  bool unstorable_ = false;                          // guarded by mutex_
  bool ending_ = false;                              // guarded by mutex_
  absl::Time disk_due_ = absl::InfinitePast();       // guarded by mutex_
  uint64_t revision_ = 0;                            // guarded by mutex_
  std::set<std::string> probing_;                    // guarded by mutex_

  net::Loop loop_;
  std::map<std::string, std::shared_ptr<ControlLink>> links_;  // guarded by mutex_; before the loop ends
  std::thread loop_thread_;
  std::unique_ptr<Remover> remover_;
  std::unique_ptr<drivers::ProcessDriver> driver_;
  std::thread thread_;
};

}  // namespace nubo::region

#endif  // NUBO_REGION_REGION_H_
