#include "nubo/region/loop/region.h"

#include <sys/statvfs.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/control/link.h"
#include "nubo/fabrics/loopback.h"
#include "nubo/fabrics/loopback_fabric.h"
#include "nubo/fabrics/namespaces_fabric.h"
#include "nubo/lb/hash.h"
#include "nubo/net/stream.h"
#include "nubo/region/loop/probe_round.h"
#include "nubo/region/loop/recovery.h"
#include "nubo/region/state/instance_facts.h"
#include "nubo/region/supervisor/services.h"

namespace nubo::region {
namespace {

// What depends on something polled, rather than told, is looked at this often at least.
constexpr absl::Duration kLookAgain = absl::Seconds(1);
constexpr absl::Duration kProbeInterval = absl::Milliseconds(20);
constexpr absl::Duration kProbeTimeout = absl::Seconds(2);
// How often the data plane is asked whether it is there, and how long one answer may take: far longer than any does
// that is only slow.
constexpr absl::Duration kWatchInterval = absl::Seconds(2);
constexpr absl::Duration kWatchLimit = absl::Seconds(2);
// What a probe on its way back may take beyond its limit.
constexpr absl::Duration kAskSlack = absl::Milliseconds(300);
// A loop that is itself so late does not know who else is.
constexpr absl::Duration kLateMax = absl::Seconds(1);
constexpr absl::Duration kEndGrace = absl::Seconds(5);
// How often what is to end is looked at.
constexpr absl::Duration kEndRound = absl::Milliseconds(20);

}  // namespace

// The data plane as it is: a control socket for each process.
class Region::Links final : public DataPlane {
 public:
  explicit Links(Region& region) : region_(region) {}

  void Connect(const std::set<std::string>& services) override NUBO_REQUIRES(region_.mutex_) {
    for (const std::string& id : services) {
      if (links_.count(id) > 0) continue;
      // The region outlives its loop's run.
      const auto hear = [region = &region_, id](std::string message) {
        base::MutexLock lock(region->mutex_);
        region->control_->HearStatus(id, std::move(message));
        region->Wake();
      };
      const Paths& paths = region_.control_->context().paths;
      links_[id] = std::make_shared<control::Link>(region_.loop_, paths.Control(id), hear);
      links_[id]->Start();
    }
    for (auto it = links_.begin(); it != links_.end();) {
      if (services.count(it->first) > 0) {
        ++it;
        continue;
      }
      it->second->Stop();
      it = links_.erase(it);
    }
  }

  void Configure(const std::string& service, std::string configuration) override NUBO_REQUIRES(region_.mutex_) {
    const auto link = links_.find(service);
    if (link != links_.end()) link->second->SetConfig(std::move(configuration));
  }

  void AskReady(const ReadyQuestion& question) override NUBO_REQUIRES(region_.mutex_) {
    // The region outlives its loop's run.
    region_.loop_.Post([region = &region_, question] { region->loop_.Spawn(AskOne(region, question)); });
  }

  std::optional<uint64_t> DiskLeft() override NUBO_REQUIRES(region_.mutex_) {
    struct statvfs disk;
    if (statvfs(region_.control_->context().paths.state.c_str(), &disk) != 0) return std::nullopt;
    return static_cast<uint64_t>(disk.f_bavail) * disk.f_frsize;
  }

 private:
  // Until it greets: it speaks first. The region outlives its loop's run.
  static net::Task<void> AskOne(Region* region, ReadyQuestion question) {
    const absl::Time deadline = region->loop_.Now() + kProbeTimeout;
    auto stream = question.socket_path.empty()
                      ? co_await net::ConnectTcp(region->loop_, question.address, deadline)
                      : co_await net::ConnectUnix(region->loop_, question.socket_path, deadline);
    bool greets = false;
    if (stream.ok()) {
      (*stream)->SetDeadline(deadline);
      char byte[1];
      const auto got = co_await (*stream)->Read(absl::MakeSpan(byte));
      greets = got.ok() && *got > 0;
    }
    if (!greets) co_await region->loop_.SleepFor(kProbeInterval);
    base::MutexLock lock(region->mutex_);
    region->control_->HearReady(question.service, greets);
    region->Wake();
  }

  Region& region_;
  std::map<std::string, std::shared_ptr<control::Link>> links_ NUBO_GUARDED_BY(region_.mutex_);
};

namespace {

std::unique_ptr<fabrics::Fabric> MakeFabric(bool networks, fabrics::LoopbackFabric::Options options) {
  if (networks) return std::make_unique<fabrics::NamespacesFabric>(std::move(options));
  return std::make_unique<fabrics::LoopbackFabric>(std::move(options));
}

}  // namespace

Region::Region(RegionOptions options, store::Store& store, const base::Clock& clock, base::IdSource& ids)
    : block_locks_(options.locks_directory),
      fabric_(MakeFabric(options.networks, {.hint = static_cast<uint32_t>(lb::Hash(options.control.paths.state)),
                                            .locks = &block_locks_,
                                            .busy = fabrics::BusyLoopbackAddresses})) {
  remover_ = std::make_unique<Remover>(
      options.control.paths.Trash(),
      [this](const std::string& path, const absl::Status& status) { HearRemoval(path, status); });
  options.control.remover = remover_.get();
  links_ = std::make_unique<Links>(*this);
  control_ = std::make_unique<ControlLoop>(options.control, store, clock, ids, *fabric_, *links_);
  Context& context = control_->context();
  events_ = &context.events;
  context.on_process_event = [this](const process::Event& event) {
    base::MutexLock lock(mutex_);
    control_->HearProcess(event);
    Wake();
  };
  context.on_remains_gone = [this](const std::string& service) {
    base::MutexLock lock(mutex_);
    control_->Hear([service](Context& context) { OnRemainsGone(context, service); });
    Wake();
  };
  driver_ = options.make_driver(context.on_process_event);
}

Region::~Region() { Stop(); }

absl::Status Region::Start() {
  std::vector<std::string> left;
  {
    base::MutexLock lock(mutex_);
    NUBO_ASSIGN_OR_RETURN(left, control_->Load(ShimsIn(control_->context().paths)));
  }
  remover_->Sweep();
  driver_->Adopt(left);
  // The region outlives its loop's run.
  loop_.Post([this] { loop_.Spawn(WatchServices(this)); });
  loop_thread_ = std::thread([this] { loop_.Run(); });
  thread_ = std::thread([this] { RunLoop(); });
  return absl::OkStatus();
}

void Region::Stop() {
  {
    base::MutexLock lock(mutex_);
    stopping_ = true;
    wake_.NotifyAll();
  }
  events_->Close();
  if (thread_.joinable()) thread_.join();
  driver_.reset();
  // It tells of what happens until it has ended, and nobody takes that in any more.
  {
    base::MutexLock lock(mutex_);
    control_->context().remover = nullptr;
  }
  remover_.reset();
  loop_.Stop();
  if (loop_thread_.joinable()) loop_thread_.join();
}

void Region::Wake() {
  woken_ = true;
  wake_.NotifyAll();
}

absl::Status Region::End(const std::function<absl::Status(Context&)>& change) {
  base::MutexLock lock(mutex_);
  const absl::Status status = control_->End(change);
  Wake();
  return status;
}

absl::Status Region::Change(const std::function<absl::Status(Context&)>& change) {
  base::MutexLock lock(mutex_);
  NUBO_RETURN_IF_ERROR(control_->Change(change));
  Wake();
  return absl::OkStatus();
}

void Region::Look(const std::function<void(const Context&)>& look) const {
  base::MutexLock lock(mutex_);
  look(control_->context());
}

void Region::RunLoop() {
  base::MutexLock lock(mutex_);
  while (!stopping_) {
    woken_ = false;
    std::vector<Effect> effects;
    const absl::Time next = control_->Step(effects);
    lock.Unlock();
    for (const auto& effect : effects) effect(*driver_);
    lock.Lock();
    const absl::Duration wait = std::clamp(next - control_->context().now(), absl::ZeroDuration(), kLookAgain);
    wake_.WaitFor(mutex_, wait,
                  [this]() NUBO_REQUIRES(mutex_) { return woken_ || stopping_ || control_->has_heard(); });
  }
}

void Region::HearRemoval(const std::string& path, const absl::Status& status) {
  base::MutexLock lock(mutex_);
  control_->Hear([path, status](Context& context) {
    const std::string name = std::filesystem::path(path).filename();
    if (status.ok()) {
      context.troubles.erase(path);
    } else {
      context.troubles[path] = absl::StrCat("what ", name, " has left cannot be removed: ", status.message());
    }
    const v1::InstanceState* instance = context.model.instances.Find(name);
    context.Tell(instance == nullptr ? v1::Owner() : instance->owner(), name, "nubo::Directory",
                 status.ok() ? "removed" : "removal-failed",
                 status.ok() ? absl::StrCat(path, " is removed after all")
                             : absl::StrCat(status.message(), "; it is tried again"));
  });
  Wake();
}

// The region outlives its loop's run.
net::Task<void> Region::WatchServices(Region* region) {
  while (true) {
    co_await region->loop_.SleepFor(kWatchInterval);
    std::vector<ProbeTarget> targets;
    {
      base::MutexLock lock(region->mutex_);
      if (region->control_->ending()) continue;
      targets = ProbeTargets(region->control_->context());
    }
    // Some would write every such visit into their logs.
    const auto not_watched = [](const ProbeTarget& target) { return !target.probe.watched; };
    targets.erase(std::remove_if(targets.begin(), targets.end(), not_watched), targets.end());
    const auto round = std::make_shared<ProbeRound>(region->loop_, std::move(targets));
    const absl::Time started = region->loop_.Now();
    ProbeRound::Start(round, started + kWatchLimit);
    co_await ProbeRound::Finish(round);
    if (region->loop_.Now() > started + kWatchLimit + kLateMax) continue;
    base::MutexLock lock(region->mutex_);
    for (const auto& [target, status] : round->Collect()) region->TakeProbe(target, status);
  }
}

void Region::TakeProbe(const ProbeTarget& target, const absl::Status& status) {
  const v1::ServiceState* service = control_->context().model.services.Find(target.service);
  if (service == nullptr || service->pid() != target.pid || service->stopping()) return;
  const HangWatch::Verdict verdict =
      control_->context().hangs.Take(target.service, target.pid, status, control_->context().now());
  if (verdict == HangWatch::Verdict::kNothing) return;
  const std::string process = absl::StrCat("process ", target.pid, " of ", target.probe.name);
  const auto tell = [&](const char* what, const std::string& message) NUBO_REQUIRES(mutex_) {
    control_->context().Tell({}, target.service, "nubo::Process", what, message);
  };
  if (verdict == HangWatch::Verdict::kHung) {
    tell("hung", absl::StrCat(process, " does not answer: ", status.message()));
  } else if (verdict == HangWatch::Verdict::kAnswersAgain) {
    tell("running", absl::StrCat(process, " answers again"));
  } else {
    const absl::Duration hung_for =
        control_->context().now() - control_->context().hangs.Find(target.service)->hung_since;
    tell("restarting",
         absl::StrCat(process, " has not answered for ", absl::FormatDuration(absl::Trunc(hung_for, absl::Seconds(1))),
                      "; it is killed and started again"));
    control_->context().model.transaction.Do(
        [id = target.service](process::Driver& driver) { driver.Reboot(id, absl::ZeroDuration()); });
  }
  Wake();
}

std::vector<Region::Answer> Region::AskServices(absl::Duration limit) {
  std::vector<ProbeTarget> targets;
  Look([&](const Context& context) { targets = ProbeTargets(context); });
  const auto round = std::make_shared<ProbeRound>(loop_, std::move(targets));
  // The region outlives its loop's run.
  loop_.Post([this, round, limit] { ProbeRound::Start(round, loop_.Now() + limit); });
  std::vector<Answer> answers;
  for (auto& [target, status] : round->WaitFor(limit + kAskSlack)) {
    answers.push_back({std::move(target), std::move(status), absl::ZeroDuration(), 0});
  }
  Look([&](const Context& context) {
    for (Answer& answer : answers) {
      const HangWatch::State* state = context.hangs.Find(answer.target.service);
      if (absl::IsDeadlineExceeded(answer.status)) answer.hung_for = limit;
      if (state == nullptr) continue;
      answer.restarts = state->restarts;
      if (absl::IsDeadlineExceeded(answer.status) && state->failures > 0 && state->pid == answer.target.pid) {
        answer.hung_for = std::max(limit, context.now() - state->hung_since);
      }
    }
  });
  return answers;
}

absl::Status Region::BeginEnding() {
  base::MutexLock lock(mutex_);
  return control_->BeginEnding();
}

absl::Status Region::EndAll(absl::Time deadline) {
  base::MutexLock lock(mutex_);
  control_->MustEnd();
  Context& context = control_->context();
  const auto lives = [](const v1::InstanceState& instance) { return !IsTerminated(instance) && !IsStopped(instance); };
  std::vector<std::string> live;
  for (const auto& [id, instance] : context.model.instances) {
    if (lives(instance)) live.push_back(id);
  }
  for (const std::string& id : live) context.Terminate(id, kEndGrace);
  Wake();
  const auto left = [&context, lives] {
    size_t count = 0;
    for (const auto& [id, instance] : context.model.instances) count += lives(instance) ? 1 : 0;
    return count;
  };
  while (left() > 0 && context.now() < deadline && !stopping_) wake_.WaitFor(mutex_, kEndRound);
  const size_t count = left();
  lock.Unlock();
  const absl::Status services = EndServices(deadline);
  if (count == 0) return services;
  return absl::DeadlineExceededError(absl::StrCat(count, " instances have not ended"));
}

absl::Status Region::EndServices(absl::Time deadline) {
  base::MutexLock lock(mutex_);
  Context& context = control_->context();
  std::vector<std::string> running;
  for (const auto& [id, service] : context.model.services) running.push_back(id);
  for (const std::string& id : running) {
    const bool launched = context.model.services.Find(id)->launched();
    context.model.services.Update(id, [](v1::ServiceState& service) { service.set_stopping(true); });
    if (launched) {
      context.Terminate(id, kEndGrace);
    } else {
      context.model.services.Erase(id);
    }
  }
  Wake();
  while (!context.model.services.empty() && context.now() < deadline && !stopping_) {
    wake_.WaitFor(mutex_, kEndRound);
  }
  if (context.model.services.empty()) return absl::OkStatus();
  return absl::DeadlineExceededError(absl::StrCat("process ", context.model.services.begin()->first, " and ",
                                                  context.model.services.size() - 1,
                                                  " others have not ended; take the region down again"));
}

}  // namespace nubo::region
