// The control plane as it runs: a ControlLoop (control_loop.h) behind one lock, with the threads, sockets and processes
// that it needs.
//
// Thread safety: thread-safe.
#ifndef NUBO_REGION_LOOP_REGION_H_
#define NUBO_REGION_LOOP_REGION_H_

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "nubo/base/clock.h"
#include "nubo/base/id_source.h"
#include "nubo/base/mutex.h"
#include "nubo/fabrics/block_locks.h"
#include "nubo/fabrics/fabric.h"
#include "nubo/net/loop.h"
#include "nubo/process/driver.h"
#include "nubo/region/loop/control_loop.h"
#include "nubo/region/loop/probes.h"
#include "nubo/region/state/context.h"
#include "nubo/region/state/remover.h"
#include "nubo/store/store.h"

namespace nubo::region {

struct RegionOptions {
  // `log` is called with the region's lock held; its remover is the region's own.
  ControlLoopOptions control;
  // Where regions of this user hold blocks of addresses against each other (block_locks.h).
  std::string locks_directory;
  // Instances and what serves them are in networks of their own (fabrics/namespaces_fabric.h); else on this machine's
  // loopback addresses.
  bool networks = false;
  // What runs the region's processes: it tells what happens to them through the function it is given, from any thread.
  std::function<std::unique_ptr<process::Driver>(std::function<void(const process::Event&)>)> make_driver;
};

class Region {
 public:
  // The store, the clock and the ids outlive it.
  Region(RegionOptions options, store::Store& store, const base::Clock& clock, base::IdSource& ids);
  ~Region();

  // Reads the store, finds what runs already, and begins. As store::Store::List.
  absl::Status Start() NUBO_EXCLUDES(mutex_);
  // Stops the loop; everything it runs goes on.
  void Stop() NUBO_EXCLUDES(mutex_);

  // Runs `change` under the lock, stores what it did and wakes the loop. All or nothing: when `change` fails, or cannot
  // be stored, its status is returned, and all is as it was: ControlLoop::Change.
  absl::Status Change(const std::function<absl::Status(Context&)>& change) NUBO_EXCLUDES(mutex_);
  // The same for a change that ends something: while it cannot be stored it is done all the same, and stored later. A
  // control plane that is started meanwhile does not know of it; it finds what has ended ended.
  absl::Status End(const std::function<absl::Status(Context&)>& change) NUBO_EXCLUDES(mutex_);
  // Runs `look` under the lock.
  void Look(const std::function<void(const Context&)>& look) const NUBO_EXCLUDES(mutex_);
  const Events& events() const { return *events_; }

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
  std::vector<Answer> AskServices(absl::Duration limit) NUBO_EXCLUDES(mutex_);

  // From here on Change() is refused with UNAVAILABLE, and nothing is started any more. FAILED_PRECONDITION: there are
  // stacks, or what stacks have left behind, and all goes on.
  absl::Status BeginEnding() NUBO_EXCLUDES(mutex_);
  // Ends every process of the region and waits for it: services, and instances, of which there are some where the
  // directory is gone, or the record of a stack. DEADLINE_EXCEEDED: some have not ended.
  absl::Status EndAll(absl::Time deadline) NUBO_EXCLUDES(mutex_);

 private:
  class Links;

  absl::Status EndServices(absl::Time deadline) NUBO_EXCLUDES(mutex_);
  void RunLoop() NUBO_EXCLUDES(mutex_);
  void HearRemoval(const std::string& path, const absl::Status& status) NUBO_EXCLUDES(mutex_);
  // Every so often, for as long as the loop runs.
  static net::Task<void> WatchServices(Region* region);
  void TakeProbe(const ProbeTarget& target, const absl::Status& status) NUBO_REQUIRES(mutex_);
  void Wake() NUBO_REQUIRES(mutex_);

  mutable base::Mutex mutex_;
  base::CondVar wake_;
  fabrics::BlockLocks block_locks_;
  const std::unique_ptr<fabrics::Fabric> fabric_;
  std::unique_ptr<Remover> remover_;
  net::Loop loop_;
  std::unique_ptr<Links> links_ NUBO_PT_GUARDED_BY(mutex_);
  std::unique_ptr<ControlLoop> control_ NUBO_PT_GUARDED_BY(mutex_);
  // Those of control_, which have a lock of their own.
  Events* events_ = nullptr;
  bool woken_ NUBO_GUARDED_BY(mutex_) = false;
  bool stopping_ NUBO_GUARDED_BY(mutex_) = false;
  std::thread loop_thread_;
  std::unique_ptr<process::Driver> driver_;
  std::thread thread_;
};

}  // namespace nubo::region

#endif  // NUBO_REGION_LOOP_REGION_H_
