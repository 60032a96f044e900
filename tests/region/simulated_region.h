// The control plane's real loop in a world that is simulated: its store, its processes, its data plane and its time;
// and what goes wrong there, drawn from a seed. Two runs of one seed are the same.
//
// What is done to it: stacks made, changed and deleted, groups scaled, instances terminated. What goes wrong: processes
// end; the control plane is killed between any two writes, or before what it has stored was done; what happens is told
// late, and all that runs is told again as another process; data-plane processes apply late; the disk is full for a
// while; time jumps ahead.
//
// Its property: nothing is begun before it is stored; and what is wanted is reached, and kept, once the world holds
// still.
//
// Thread safety: thread-compatible.
#ifndef NUBO_TESTS_REGION_SIMULATED_REGION_H_
#define NUBO_TESTS_REGION_SIMULATED_REGION_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "nubo/base/id_source.h"
#include "nubo/fabrics/loopback_fabric.h"
#include "nubo/process/simulated_driver.h"
#include "nubo/region/loop/control_loop.h"
#include "nubo/store/memory_store.h"
#include "nubo/testing/simulated_clock.h"

namespace nubo::region {

// What a test of this test breaks on purpose.
enum class Fault {
  kNone,
  // Who is told of something is not woken by it, and nobody looks again by himself.
  kLostWakeUp,
  // What a change does reaches outside before it is stored.
  kEffectBeforeCommit,
  // A restarted control plane begins from what the store held some writes ago.
  kStaleRead,
};

class SimulatedRegion final : public DataPlane {
 public:
  explicit SimulatedRegion(uint64_t seed, Fault fault = Fault::kNone);
  ~SimulatedRegion() override;

  // Everything goes wrong for a while, then nothing any more. A sentence for whatever is not as it is wanted then.
  std::vector<std::string> Run();
  // What was done, for whoever looks at a seed.
  const std::vector<std::string>& history() const { return history_; }
  // Stacks that were there in the end, whole.
  int complete() const { return complete_; }

 private:
  // The control plane is killed: unwinds to whoever drives it.
  struct Killed {};
  // Kills, or fails, at moments that are drawn.
  class Store;
  class Watched;

  bool OneIn(uint32_t n) { return random_() % n == 0; }
  absl::Duration Within(absl::Duration most) { return most * (static_cast<double>(random_() % 1000) / 1000); }
  void Note(std::string what);

  // DataPlane.
  void Connect(const std::set<std::string>& services) override;
  void Configure(const std::string& service, std::string configuration) override;
  void AskReady(const ReadyQuestion& question) override;
  std::optional<uint64_t> DiskLeft() override { return std::nullopt; }

  void Begin();
  void Kill(absl::string_view why);
  // Runs `step` of the control plane, and starts another one where it is killed on the way.
  void Alive(const std::function<void()>& step);
  void Later(absl::Duration after, std::function<void()> what);
  void HearProcess(const process::Event& event);
  void ApplyLater(const std::string& service);
  void Apply(const std::string& service);
  void TellStatus(const std::string& service);
  std::string StatusOf(const std::string& service) const;
  bool Lives(const std::string& id) const { return alive_.count(id) > 0; }

  void Step();
  // Until `end`: whatever is due, in its order.
  void Pass(absl::Time end);
  void Disturb();
  void Operate();
  void OperateOnStack(const std::string& name);
  std::string RandomOf(const std::vector<std::string>& names);
  std::vector<std::string> LiveInstances() const;

  std::vector<std::string> Wrong();
  void CheckStacks(std::vector<std::string>& wrong);
  void CheckGroups(std::vector<std::string>& wrong);
  void CheckProcesses(std::vector<std::string>& wrong);
  void CheckServed(std::vector<std::string>& wrong);
  void CheckStored(std::vector<std::string>& wrong);

  std::mt19937_64 random_;
  const Fault fault_;
  testing::SimulatedClock clock_;
  base::SequentialIdSource ids_;
  fabrics::LoopbackFabric fabric_{{}};
  store::MemoryStore disk_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Watched> watched_;
  process::SimulatedDriver driver_;
  std::unique_ptr<ControlLoop> control_;
  std::multimap<absl::Time, std::function<void()>> due_;
  absl::Time step_at_ = absl::InfinitePast();
  bool calm_ = false;
  bool disk_full_ = false;
  // Processes that run.
  std::set<std::string> alive_;
  // Whom the control plane listens to; and of which of its lives what is under way is.
  std::set<std::string> connected_;
  uint64_t life_ = 0;
  // When the last event of each process is told.
  std::map<std::string, absl::Time> told_;
  std::map<std::string, std::string> wanted_;
  // What each serves, or will when it runs again.
  std::map<std::string, std::string> served_;
  // How often any was sent one.
  int configured_ = 0;
  std::map<std::string, int> versions_;
  // The version of each stack that was acknowledged last; nothing: nobody knows.
  std::map<std::string, std::optional<std::string>> promised_;
  int complete_ = 0;
  // What must never be, and was.
  std::vector<std::string> broken_;
  std::vector<std::string> history_;
};

}  // namespace nubo::region

#endif  // NUBO_TESTS_REGION_SIMULATED_REGION_H_
