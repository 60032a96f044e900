#include "nubo/region/region.h"

#include <sys/statvfs.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/net/stream.h"
#include "nubo/region/databases.h"
#include "nubo/region/dns_config.h"
#include "nubo/region/groups.h"
#include "nubo/region/instance_names.h"
#include "nubo/region/instances.h"
#include "nubo/region/network.h"
#include "nubo/region/proxy_config.h"
#include "nubo/region/recovery.h"
#include "nubo/region/retained.h"
#include "nubo/region/services.h"
#include "nubo/region/stacks.h"

namespace nubo::region {
namespace {

// What depends on something polled, rather than told, is looked at this often at least.
constexpr absl::Duration kLookAgain = absl::Seconds(1);
// Passes of one tick; more would mean that two parts undo each other's work.
constexpr int kPassesMax = 50;
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
// While the disk cannot be written nothing is done, and it is tried again.
constexpr absl::Duration kStoreRetry = absl::Seconds(1);
constexpr absl::Duration kDiskInterval = absl::Seconds(2);
// A disk with less room than this is told of.
constexpr uint64_t kDiskLow = 32 << 20;
constexpr absl::Duration kEndGrace = absl::Seconds(5);
constexpr char kStoreTrouble[] = "store";
constexpr char kDiskTrouble[] = "disk";

void TellDamage(Context& context, const Damage& damage, size_t events_lost) {
  const auto tell = [&](const std::string& key, const std::string& message) {
    context.Tell({}, key, "nubo::Store", "damaged", message);
    context.troubles[absl::StrCat("record ", key)] = absl::StrCat("the store's record ", key, " ", message);
  };
  for (const std::string& key : damage.lost) {
    tell(key, absl::StrCat(
                  "cannot be read: what it was about is not known any more; a copy is in the store as damaged/", key));
  }
  for (const std::string& key : damage.doubtful) {
    tell(key,
         absl::StrCat("is not what was written, and is gone by all the same; a copy is in the store as damaged/", key));
  }
  if (events_lost == 0) return;
  context.Tell({}, "events", "nubo::Store", "damaged", absl::StrCat(events_lost, " past events could not be read"));
}

// Several probes at once, and those who wait for them. Shared by both, so that neither outlives it.
class ProbeRound {
 public:
  ProbeRound(net::Loop& loop, std::vector<ProbeTarget> targets)
      : loop_(loop), answers_(targets.size()), finished_(loop), left_(targets.size()) {
    for (ProbeTarget& target : targets) targets_.push_back(std::make_shared<const ProbeTarget>(std::move(target)));
  }

  // On the loop's thread. Each ends by the deadline.
  static void Start(const std::shared_ptr<ProbeRound>& round, absl::Time deadline) {
    for (size_t i = 0; i < round->targets_.size(); ++i) round->loop_.Spawn(RunOne(round, i, deadline));
  }
  // On the loop's thread, once they have been started.
  static net::Task<void> Finish(std::shared_ptr<ProbeRound> round) {
    while (round->left() > 0) co_await round->finished_.Wait();
  }
  // On any other thread. What has not ended by then counts as no answer.
  std::vector<std::pair<ProbeTarget, absl::Status>> WaitFor(absl::Duration limit) {
    std::unique_lock lock(mutex_);
    ended_.wait_for(lock, absl::ToChronoNanoseconds(limit), [this] { return left_ == 0; });
    return Collect();
  }
  std::vector<std::pair<ProbeTarget, absl::Status>> Answers() {
    std::lock_guard lock(mutex_);
    return Collect();
  }

 private:
  static net::Task<void> RunOne(std::shared_ptr<ProbeRound> round, size_t i, absl::Time deadline) {
    absl::Status status = co_await Probe(round->loop_, round->targets_[i], deadline);
    round->End(i, std::move(status));
  }
  void End(size_t i, absl::Status status) {
    {
      std::lock_guard lock(mutex_);
      answers_[i] = std::move(status);
      --left_;
    }
    ended_.notify_all();
    finished_.Notify();
  }
  size_t left() {
    std::lock_guard lock(mutex_);
    return left_;
  }
  std::vector<std::pair<ProbeTarget, absl::Status>> Collect() const {
    std::vector<std::pair<ProbeTarget, absl::Status>> out;
    for (size_t i = 0; i < targets_.size(); ++i) {
      out.emplace_back(*targets_[i], answers_[i].value_or(absl::DeadlineExceededError("it does not answer")));
    }
    return out;
  }

  net::Loop& loop_;
  std::vector<std::shared_ptr<const ProbeTarget>> targets_;
  std::mutex mutex_;
  std::condition_variable ended_;
  std::vector<std::optional<absl::Status>> answers_;  // guarded by mutex_
  net::Event finished_;
  size_t left_;  // guarded by mutex_
};

}  // namespace

Region::Region(RegionOptions options, Store& store, const base::Clock& clock, base::IdSource& ids)
    : store_(store),
      log_(options.log),
      block_locks_(options.locks_directory),
      context_(options.paths, clock, ids),
      handlers_(context_) {
  context_.block_locks = &block_locks_;
  context_.dns_address = options.dns_address;
  context_.http_address = options.http_address;
  context_.low_ports = options.low_ports;
  context_.dns_port = options.dns_port;
  context_.own_users = options.own_users;
  context_.program = options.program;
  // Configurations of an earlier control plane must look older than ours.
  revision_ = static_cast<uint64_t>(absl::ToUnixMicros(clock.Now()));
  context_.on_process_event = [this](const drivers::ProcessEvent& event) {
    std::lock_guard lock(mutex_);
    inbox_.push_back(event);
    Wake();
  };
  remover_ = std::make_unique<Remover>(
      context_.paths.Trash(),
      [this](const std::string& path, const absl::Status& status) { HearRemoval(path, status); });
  context_.remover = remover_.get();
  driver_ = std::make_unique<drivers::ProcessDriver>(options.driver, context_.on_process_event);
}

Region::~Region() { Stop(); }

absl::Status Region::Start() {
  Damage damage;
  NUBO_RETURN_IF_ERROR(context_.model.Load(store_, damage));
  const size_t events_lost = context_.events.Load(store_, context_.model.batch);
  TellDamage(context_, damage, events_lost);
  RebuildAddresses(context_);
  remover_->Sweep();
  driver_->Adopt(Recover(context_, damage));
  // The region outlives its loop's run.
  loop_.Post([this] { loop_.Spawn(WatchServices(this)); });
  loop_thread_ = std::thread([this] { loop_.Run(); });
  thread_ = std::thread([this] { RunLoop(); });
  return absl::OkStatus();
}

void Region::Stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    wake_.notify_all();
  }
  context_.events.Close();
  if (thread_.joinable()) thread_.join();
  driver_.reset();
  // It tells of what happens until it has ended, and nobody takes that in any more.
  context_.remover = nullptr;
  remover_.reset();
  loop_.Stop();
  if (loop_thread_.joinable()) loop_thread_.join();
}

void Region::Wake() {
  woken_ = true;
  wake_.notify_all();
}

absl::Status Region::Commit() {
  if (context_.model.batch.empty()) return absl::OkStatus();
  const absl::Status status = store_.Apply(context_.model.batch).status();
  if (status.ok()) context_.model.batch.Applied();
  if (status.ok() == unstorable_) {
    log_(status.ok() ? "the store can be written again"
                     : absl::StrCat("nothing is done but to end what is to end: ", status.message()));
  }
  unstorable_ = !status.ok();
  if (status.ok()) {
    context_.troubles.erase(kStoreTrouble);
  } else {
    context_.troubles[kStoreTrouble] = absl::StrCat("nothing can be changed, only ended: ", status.message());
  }
  return status;
}

absl::Status Region::End(const std::function<absl::Status(Context&)>& change) {
  std::lock_guard lock(mutex_);
  if (ending_) return absl::UnavailableError("the region is being taken down; try again when it is gone");
  (void)Commit();
  const size_t effects = context_.effects.size();
  context_.model.batch.BeginUndoable();
  const absl::Status status = change(context_);
  if (!status.ok()) {
    context_.model.batch.Undo();
    context_.effects.erase(context_.effects.begin() + effects, context_.effects.end());
  }
  context_.model.batch.Keep();
  (void)Commit();
  Wake();
  return status;
}

absl::Status Region::Change(const std::function<absl::Status(Context&)>& change) {
  std::lock_guard lock(mutex_);
  if (ending_) return absl::UnavailableError("the region is being taken down; try again when it is gone");
  // What the loop could not store yet comes first.
  NUBO_RETURN_IF_ERROR(Commit());
  const size_t effects = context_.effects.size();
  context_.model.batch.BeginUndoable();
  absl::Status status = change(context_);
  if (status.ok()) status = Commit();
  if (!status.ok()) {
    context_.model.batch.Undo();
    context_.effects.erase(context_.effects.begin() + effects, context_.effects.end());
    return status;
  }
  Wake();
  return absl::OkStatus();
}

void Region::Look(const std::function<void(const Context&)>& look) const {
  std::lock_guard lock(mutex_);
  look(context_);
}

void Region::RunLoop() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    woken_ = false;
    std::vector<Effect> effects;
    const absl::Time next = Tick(effects);
    lock.unlock();
    for (const auto& effect : effects) effect(*driver_);
    lock.lock();
    const absl::Duration wait = std::clamp(next - context_.now(), absl::ZeroDuration(), kLookAgain);
    wake_.wait_for(lock, absl::ToChronoNanoseconds(wait), [&] { return woken_ || stopping_; });
  }
}

absl::Time Region::Tick(std::vector<Effect>& effects) {
  TakeInbox();
  WatchDisk();
  absl::Time next = absl::InfiniteFuture();
  for (int pass = 0; pass < kPassesMax; ++pass) {
    const bool stacks_changed = !ending_ && TickStacks(context_, handlers_);
    if (!ending_) next = TickGroups(context_);
    next = std::min(next, TickInstances(context_));
    if (!ending_) next = std::min(next, TickServices(context_));
    SyncLinks();
    Publish();
    if (!stacks_changed) break;
  }
  ProbeDatabases();
  // What was meant is kept in memory, and nothing is begun about it before it is on disk.
  if (!Commit().ok()) {
    effects = TakeEndings();
    return context_.now() + kStoreRetry;
  }
  effects = std::exchange(context_.effects, {});
  return next;
}

std::vector<Effect> Region::TakeEndings() {
  std::vector<Effect> endings, kept;
  for (Effect& effect : std::exchange(context_.effects, {})) {
    (effect.kind == Effect::Kind::kEnd ? endings : kept).push_back(std::move(effect));
  }
  for (const Effect& ending : endings) {
    if (ending.id.empty()) continue;
    // What has not been begun need not be ended.
    const auto begun = std::remove_if(kept.begin(), kept.end(), [&](const Effect& effect) {
      return effect.kind == Effect::Kind::kLaunch && effect.id == ending.id;
    });
    if (begun == kept.end()) continue;
    kept.erase(begun, kept.end());
    inbox_.push_back(
        {.id = ending.id, .kind = drivers::ProcessEvent::Kind::kExited, .message = "was ended before it was started"});
    woken_ = true;
  }
  context_.effects = std::move(kept);
  return endings;
}

// Before it is full: what fills it may be an instance, and nobody else says so.
void Region::WatchDisk() {
  if (context_.now() < disk_due_) return;
  disk_due_ = context_.now() + kDiskInterval;
  struct statvfs disk;
  if (statvfs(context_.paths.state.c_str(), &disk) != 0) return;
  const uint64_t left = static_cast<uint64_t>(disk.f_bavail) * disk.f_frsize;
  if (left >= kDiskLow) {
    context_.troubles.erase(kDiskTrouble);
    return;
  }
  context_.troubles[kDiskTrouble] = absl::StrCat("the disk of ", context_.paths.state, " has only ", left >> 20,
                                                 " MiB left; what is full cannot be written: make room, or terminate "
                                                 "what fills it");
}

void Region::TakeInbox() {
  for (const drivers::ProcessEvent& event : std::exchange(inbox_, {})) {
    if (!OnInstanceEvent(context_, event) && !OnServiceEvent(context_, event)) OnStrayEvent(context_, event);
  }
  for (const auto& [service, message] : std::exchange(statuses_, {})) HearStatus(service, message);
  for (const auto& heard : std::exchange(heard_, {})) heard(context_);
}

void Region::PublishProxy(const std::string& service, proxy::v1::Configuration config) {
  const auto link = links_.find(service);
  if (link == links_.end()) return;
  const auto sent = context_.proxy_sent.find(service);
  if (sent != context_.proxy_sent.end()) {
    config.set_revision(sent->second.revision());
    if (config.SerializeAsString() == sent->second.SerializeAsString()) return;
  }
  config.set_revision(++revision_);
  link->second->SetConfig(config.SerializeAsString());
  context_.proxy_sent[service] = std::move(config);
}

void Region::Publish() {
  PublishProxy(kEdgeService, EdgeConfig(context_));
  for (const auto& [arn, balancer] : context_.model.load_balancers) {
    PublishProxy(BalancerServiceId(arn), BalancerConfig(context_, balancer));
  }
  dns::v1::Config config = DnsConfig(context_);
  // Before any instance is launched that is to see them.
  SyncInstanceNames(context_, config);
  const auto link = links_.find(kDnsService);
  if (link == links_.end()) return;
  config.set_revision(context_.dns_sent.revision());
  if (config.revision() != 0 && config.SerializeAsString() == context_.dns_sent.SerializeAsString()) return;
  config.set_revision(++revision_);
  link->second->SetConfig(config.SerializeAsString());
  context_.dns_sent = std::move(config);
}

// A link for each data-plane process that runs.
void Region::SyncLinks() {
  for (const auto& [id, service] : context_.model.services) {
    if (service.kind() == "database" || service.pid() == 0 || links_.count(id) > 0) continue;
    const auto hear = [this, id = id](std::string message) {
      std::lock_guard lock(mutex_);
      // The newest says all: however long nobody listens, there is one of each.
      statuses_[id] = std::move(message);
      Wake();
    };
    links_[id] = std::make_shared<ControlLink>(loop_, context_.paths.Control(id), hear);
    links_[id]->Start();
  }
  for (auto it = links_.begin(); it != links_.end();) {
    const v1::ServiceState* service = context_.model.services.Find(it->first);
    if (service != nullptr && service->pid() != 0) {
      ++it;
      continue;
    }
    it->second->Stop();
    it = links_.erase(it);
  }
}

void Region::HearRemoval(const std::string& path, const absl::Status& status) {
  std::lock_guard lock(mutex_);
  heard_.push_back([path, status](Context& context) {
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

void Region::HearStatus(const std::string& service, const std::string& message) {
  if (context_.model.services.Find(service) == nullptr) return;
  uint64_t revision = 0;
  if (service == kDnsService) {
    const dns::v1::Status former = context_.dns_status;
    (void)context_.dns_status.ParseFromString(message);
    TellRefused(former);
    revision = context_.dns_status.applied_revision();
    OnLogLinesDropped(context_, service, context_.dns_status.counters().log_lines_dropped());
  } else {
    proxy::v1::Status& status = context_.proxy_status[service];
    (void)status.ParseFromString(message);
    revision = std::max(status.revision(), status.refused_revision());
    OnLogLinesDropped(context_, service, status.counters().log_lines_dropped());
  }
  if (revision <= revision_) return;
  // A former control plane, whose clock was ahead, has numbered it: ours has to look newer.
  revision_ = revision;
  context_.proxy_sent.erase(service);
  if (service == kDnsService) context_.dns_sent.Clear();
}

// What the name server leaves out of what it serves, once each.
void Region::TellRefused(const dns::v1::Status& former) {
  const auto told = [&](const dns::v1::Refused& refused) {
    return std::any_of(former.refused().begin(), former.refused().end(),
                       [&](const dns::v1::Refused& one) { return one.why() == refused.why(); });
  };
  for (const dns::v1::Refused& refused : context_.dns_status.refused()) {
    if (told(refused)) continue;
    const std::string& source = refused.name().empty() ? refused.zone() : refused.name();
    context_.Tell({}, source.empty() ? kDnsService : source, "nubo::Process", "refused",
                  absl::StrCat("the name server does not serve ", refused.why()));
  }
}

void Region::ProbeDatabases() {
  for (const DatabaseProbe& probe : DatabasesToProbe(context_)) {
    if (!probing_.insert(probe.identifier).second) continue;
    // The region outlives its loop's run.
    loop_.Post([this, probe] { loop_.Spawn(ProbeDatabase(this, probe.identifier, probe.address)); });
  }
}

// Until the database greets: MySQL's server speaks first. The region outlives its loop's run.
net::Task<void> Region::ProbeDatabase(Region* region, std::string identifier, net::SocketAddress address) {
  const absl::Time deadline = region->loop_.Now() + kProbeTimeout;
  auto stream = co_await net::ConnectTcp(region->loop_, address, deadline);
  bool greeted = false;
  if (stream.ok()) {
    (*stream)->SetDeadline(deadline);
    char byte[1];
    const auto got = co_await (*stream)->Read(absl::MakeSpan(byte));
    greeted = got.ok() && *got > 0;
  }
  if (!greeted) co_await region->loop_.SleepFor(kProbeInterval);
  std::lock_guard lock(region->mutex_);
  region->probing_.erase(identifier);
  if (greeted) {
    region->heard_.push_back([identifier](Context& context) { OnDatabaseAvailable(context, identifier); });
  }
  region->Wake();
}

// The region outlives its loop's run.
net::Task<void> Region::WatchServices(Region* region) {
  while (true) {
    co_await region->loop_.SleepFor(kWatchInterval);
    std::vector<ProbeTarget> targets;
    {
      std::lock_guard lock(region->mutex_);
      if (region->ending_) continue;
      targets = ProbeTargets(region->context_);
    }
    // A database would write every such visit into its log.
    const auto not_watched = [](const ProbeTarget& target) { return target.kind == ProbeTarget::Kind::kDatabase; };
    targets.erase(std::remove_if(targets.begin(), targets.end(), not_watched), targets.end());
    const auto round = std::make_shared<ProbeRound>(region->loop_, std::move(targets));
    const absl::Time started = region->loop_.Now();
    ProbeRound::Start(round, started + kWatchLimit);
    co_await ProbeRound::Finish(round);
    if (region->loop_.Now() > started + kWatchLimit + kLateMax) continue;
    std::lock_guard lock(region->mutex_);
    for (const auto& [target, status] : round->Answers()) region->TakeProbe(target, status);
  }
}

void Region::TakeProbe(const ProbeTarget& target, const absl::Status& status) {
  const v1::ServiceState* service = context_.model.services.Find(target.service);
  if (service == nullptr || service->pid() != target.pid || service->stopping()) return;
  const HangWatch::Verdict verdict = context_.hangs.Take(target.service, target.pid, status, context_.now());
  if (verdict == HangWatch::Verdict::kNothing) return;
  const std::string process = absl::StrCat("process ", target.pid, " of ", target.name);
  const auto tell = [&](const char* what, const std::string& message) {
    context_.Tell({}, target.service, "nubo::Process", what, message);
  };
  if (verdict == HangWatch::Verdict::kHung) {
    tell("hung", absl::StrCat(process, " does not answer: ", status.message()));
  } else if (verdict == HangWatch::Verdict::kAnswersAgain) {
    tell("running", absl::StrCat(process, " answers again"));
  } else {
    const absl::Duration hung_for = context_.now() - context_.hangs.Find(target.service)->hung_since;
    tell("restarting",
         absl::StrCat(process, " has not answered for ", absl::FormatDuration(absl::Trunc(hung_for, absl::Seconds(1))),
                      "; it is killed and started again"));
    context_.effects.push_back(
        [id = target.service](drivers::ProcessDriver& driver) { driver.Reboot(id, absl::ZeroDuration()); });
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
  std::lock_guard lock(mutex_);
  const size_t stacks = context_.model.stacks.size();
  if (stacks > 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("there ", stacks == 1 ? "is a stack" : absl::StrCat("are ", stacks, " stacks"), "; take ",
                     stacks == 1 ? "it" : "them", " down first"));
  }
  if (!context_.model.retained.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat("the region keeps what stacks left behind (Retain): ", NameRetained(context_),
                     "; delete it first: nubo delete ID, or all of it: nubo down --yes"));
  }
  ending_ = true;
  return absl::OkStatus();
}

absl::Status Region::EndAll(absl::Time deadline) {
  std::unique_lock lock(mutex_);
  ending_ = true;
  const auto lives = [](const v1::InstanceState& instance) { return !IsTerminated(instance) && !IsStopped(instance); };
  std::vector<std::string> live;
  for (const auto& [id, instance] : context_.model.instances) {
    if (lives(instance)) live.push_back(id);
  }
  for (const std::string& id : live) context_.Terminate(id, kEndGrace);
  Wake();
  const auto left = [this, lives] {
    size_t count = 0;
    for (const auto& [id, instance] : context_.model.instances) count += lives(instance) ? 1 : 0;
    return count;
  };
  while (left() > 0 && context_.now() < deadline && !stopping_) wake_.wait_for(lock, std::chrono::milliseconds(20));
  const size_t count = left();
  lock.unlock();
  const absl::Status services = EndServices(deadline);
  if (count == 0) return services;
  return absl::DeadlineExceededError(absl::StrCat(count, " instances have not ended"));
}

absl::Status Region::EndServices(absl::Time deadline) {
  std::unique_lock lock(mutex_);
  std::vector<std::string> running;
  for (const auto& [id, service] : context_.model.services) running.push_back(id);
  for (const std::string& id : running) {
    const bool launched = context_.model.services.Find(id)->launched();
    context_.model.services.Update(id, [](v1::ServiceState& service) { service.set_stopping(true); });
    if (launched) {
      context_.Terminate(id, kEndGrace);
    } else {
      context_.model.services.Erase(id);
    }
  }
  Wake();
  while (!context_.model.services.empty() && context_.now() < deadline && !stopping_) {
    wake_.wait_for(lock, std::chrono::milliseconds(20));
  }
  if (context_.model.services.empty()) return absl::OkStatus();
  return absl::DeadlineExceededError(absl::StrCat("process ", context_.model.services.begin()->first, " and ",
                                                  context_.model.services.size() - 1,
                                                  " others have not ended; take the region down again"));
}

}  // namespace nubo::region
