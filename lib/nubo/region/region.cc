#include "nubo/region/region.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/net/stream.h"
#include "nubo/region/databases.h"
#include "nubo/region/dns_config.h"
#include "nubo/region/groups.h"
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
// While the disk cannot be written nothing is done, and it is tried again.
constexpr absl::Duration kStoreRetry = absl::Seconds(1);

}  // namespace

Region::Region(RegionOptions options, Store& store, const base::Clock& clock, base::IdSource& ids)
    : store_(store), log_(options.log), context_(options.paths, clock, ids), handlers_(context_) {
  context_.block_locks = &block_locks_;
  context_.dns_address = options.dns_address;
  context_.http_address = options.http_address;
  context_.low_ports = options.low_ports;
  context_.program = options.program;
  // Configurations of an earlier control plane must look older than ours.
  revision_ = static_cast<uint64_t>(absl::ToUnixMicros(clock.Now()));
  context_.on_process_event = [this](const drivers::ProcessEvent& event) {
    std::lock_guard lock(mutex_);
    inbox_.push_back(event);
    Wake();
  };
  driver_ = std::make_unique<drivers::ProcessDriver>(options.driver, context_.on_process_event);
}

Region::~Region() { Stop(); }

absl::Status Region::Start() {
  NUBO_RETURN_IF_ERROR(context_.model.Load(store_));
  NUBO_RETURN_IF_ERROR(context_.events.Load(store_));
  RebuildAddresses(context_);
  driver_->Adopt(Recover(context_));
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
  if (status.ok()) context_.model.batch.clear();
  if (status.ok() == unstorable_) {
    log_(status.ok() ? "the store can be written again" : absl::StrCat("nothing is done: ", status.message()));
  }
  unstorable_ = !status.ok();
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
    context_.effects.resize(effects);
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
    std::vector<std::function<void(drivers::ProcessDriver&)>> effects;
    const absl::Time next = Tick(effects);
    lock.unlock();
    for (const auto& effect : effects) effect(*driver_);
    lock.lock();
    const absl::Duration wait = std::clamp(next - context_.now(), absl::ZeroDuration(), kLookAgain);
    wake_.wait_for(lock, absl::ToChronoNanoseconds(wait), [&] { return woken_ || stopping_; });
  }
}

absl::Time Region::Tick(std::vector<std::function<void(drivers::ProcessDriver&)>>& effects) {
  // What was meant is kept in memory, and nothing is done about it, nor decided after it, before it is on disk.
  if (!Commit().ok()) return context_.now() + kStoreRetry;
  TakeInbox();
  absl::Time next = absl::InfiniteFuture();
  for (int pass = 0; pass < kPassesMax; ++pass) {
    const bool stacks_changed = TickStacks(context_, handlers_);
    next = TickGroups(context_);
    next = std::min(next, TickInstances(context_));
    if (!ending_) next = std::min(next, TickServices(context_));
    SyncLinks();
    Publish();
    if (!stacks_changed) break;
  }
  ProbeDatabases();
  if (!Commit().ok()) return context_.now() + kStoreRetry;
  effects = std::exchange(context_.effects, {});
  return next;
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
  const auto link = links_.find(kDnsService);
  if (link == links_.end()) return;
  dns::v1::Config config = DnsConfig(context_);
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

void Region::HearStatus(const std::string& service, const std::string& message) {
  if (context_.model.services.Find(service) == nullptr) return;
  uint64_t revision = 0;
  if (service == kDnsService) {
    (void)context_.dns_status.ParseFromString(message);
    revision = context_.dns_status.applied_revision();
  } else {
    proxy::v1::Status& status = context_.proxy_status[service];
    (void)status.ParseFromString(message);
    revision = status.revision();
  }
  if (revision <= revision_) return;
  // A former control plane, whose clock was ahead, has numbered it: ours has to look newer.
  revision_ = revision;
  context_.proxy_sent.erase(service);
  if (service == kDnsService) context_.dns_sent.Clear();
}

void Region::ProbeDatabases() {
  for (const DatabaseProbe& probe : DatabasesToProbe(context_)) {
    if (!probing_.insert(probe.identifier).second) continue;
    loop_.Post([this, probe] { loop_.Spawn(Probe(this, probe.identifier, probe.address)); });
  }
}

// Until the database greets: MySQL's server speaks first.
net::Task<void> Region::Probe(Region* region, std::string identifier, net::SocketAddress address) {
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

absl::Status Region::EndServices(absl::Time deadline) {
  std::unique_lock lock(mutex_);
  std::vector<std::string> running;
  for (const auto& [id, service] : context_.model.services) running.push_back(id);
  for (const std::string& id : running) {
    const bool launched = context_.model.services.Find(id)->launched();
    context_.model.services.Update(id, [](v1::ServiceState& service) { service.set_stopping(true); });
    if (launched) {
      context_.effects.push_back([id](drivers::ProcessDriver& driver) { driver.Terminate(id, absl::Seconds(5)); });
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
