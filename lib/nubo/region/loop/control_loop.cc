#include "nubo/region/loop/control_loop.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/region/balancing/balancer_service.h"
#include "nubo/region/balancing/proxy_config.h"
#include "nubo/region/compute/instances.h"
#include "nubo/region/compute/metadata_service.h"
#include "nubo/region/dns/dns_config.h"
#include "nubo/region/dns/instance_names.h"
#include "nubo/region/dns/vpc_resolver.h"
#include "nubo/region/edge/edge_config.h"
#include "nubo/region/groups/groups.h"
#include "nubo/region/loop/recovery.h"
#include "nubo/region/network/addresses.h"
#include "nubo/region/network/network_model.h"
#include "nubo/region/network/network_service.h"
#include "nubo/region/resources/handlers.h"
#include "nubo/region/stacks/retained.h"
#include "nubo/region/stacks/stacks.h"
#include "nubo/region/state/instance_facts.h"
#include "nubo/region/supervisor/services.h"

namespace nubo::region {
namespace {

// Passes of one step; more would mean that two parts undo each other's work.
constexpr int kPassesMax = 50;
// While the disk cannot be written nothing is done, and it is tried again.
constexpr absl::Duration kStoreRetry = absl::Seconds(1);
constexpr absl::Duration kDiskInterval = absl::Seconds(2);
// A disk with less room than this is told of.
constexpr uint64_t kDiskLow = 32 << 20;
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

}  // namespace

ControlLoop::ControlLoop(const ControlLoopOptions& options, store::Store& store, const base::Clock& clock,
                         base::IdSource& ids, fabrics::Fabric& fabric, DataPlane& data_plane)
    : store_(store),
      data_plane_(data_plane),
      log_(options.log),
      context_(options.paths, clock, ids, fabric, types_, kinds_, templates_),
      handlers_(context_),
      revision_(static_cast<uint64_t>(absl::ToUnixMicros(clock.Now()))) {
  context_.remover = options.remover;
  context_.dns_address = options.dns_address;
  context_.http_address = options.http_address;
  context_.low_ports = options.low_ports;
  context_.dns_port = options.dns_port;
  context_.own_users = options.own_users;
  context_.program = options.program;
}

absl::StatusOr<std::vector<std::string>> ControlLoop::Load(const std::set<std::string>& shims) {
  Damage damage;
  NUBO_RETURN_IF_ERROR(context_.model.Load(store_, damage));
  const size_t events_lost = context_.events.Load(store_, context_.model.transaction);
  TellDamage(context_, damage, events_lost);
  RebuildAddresses(context_);
  return Recover(context_, damage, shims);
}

absl::Status ControlLoop::Commit() {
  Transaction& transaction = context_.model.transaction;
  if (transaction.empty()) return absl::OkStatus();
  const absl::Time began = context_.now();
  const absl::Status status = store_.Apply(transaction.batch()).status();
  context_.counts.committing += context_.now() - began;
  ++(status.ok() ? context_.counts.commits : context_.counts.failed_commits);
  if (status.ok()) transaction.Committed();
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

absl::Status ControlLoop::End(const std::function<absl::Status(Context&)>& change) {
  if (ending_) return absl::UnavailableError("the region is being taken down; try again when it is gone");
  (void)Commit();
  Transaction& transaction = context_.model.transaction;
  transaction.Begin();
  const absl::Status status = change(context_);
  if (!status.ok()) transaction.Undo();
  transaction.Keep();
  (void)Commit();
  return status;
}

absl::Status ControlLoop::Change(const std::function<absl::Status(Context&)>& change) {
  if (ending_) return absl::UnavailableError("the region is being taken down; try again when it is gone");
  // What the loop could not store yet comes first.
  NUBO_RETURN_IF_ERROR(Commit());
  Transaction& transaction = context_.model.transaction;
  transaction.Begin();
  absl::Status status = change(context_);
  if (status.ok()) status = Commit();
  if (!status.ok()) {
    transaction.Undo();
    return status;
  }
  transaction.Keep();
  return absl::OkStatus();
}

void ControlLoop::HearReady(const std::string& service, bool ready) {
  asked_.erase(service);
  if (!ready) return;
  heard_.push_back([service](Context& context) {
    const v1::ServiceState* record = context.model.services.Find(service);
    const ServiceKind* kind = record == nullptr ? nullptr : context.kinds->Find(record->kind());
    if (kind != nullptr) kind->OnReady(context, service);
  });
}

absl::Time ControlLoop::Step(std::vector<Effect>& effects) {
  const absl::Time began = context_.now();
  const absl::Time next = TakeStep(effects);
  ++context_.counts.steps;
  context_.counts.stepping += context_.now() - began;
  return next;
}

absl::Time ControlLoop::TakeStep(std::vector<Effect>& effects) {
  TakeInbox();
  WatchDisk();
  absl::Time next = absl::InfiniteFuture();
  for (int pass = 0; pass < kPassesMax; ++pass) {
    ++context_.counts.passes;
    const bool stacks_changed = !ending_ && TickStacks(context_, handlers_);
    if (!ending_) next = TickGroups(context_);
    next = std::min(next, TickInstances(context_));
    if (!ending_) next = std::min(next, TickServices(context_));
    ConnectServices();
    Publish();
    if (!stacks_changed) break;
  }
  AskReady();
  // What was meant is kept in memory, and no process is started or ended for it before it is on disk. Configurations
  // are told at once: what drains has to, also while the disk is full.
  if (!Commit().ok()) {
    effects = TakeEndings();
    return context_.now() + kStoreRetry;
  }
  effects = context_.model.transaction.TakeEffects();
  return next;
}

std::vector<Effect> ControlLoop::TakeEndings() {
  std::vector<Effect> endings, kept;
  for (Effect& effect : context_.model.transaction.TakeEffects()) {
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
    processes_.push_back({.id = ending.id,
                          .kind = process::Event::Kind::kExited,
                          .end = process::End::Unknown("was ended before it was started")});
  }
  for (Effect& effect : kept) context_.model.transaction.Do(std::move(effect));
  return endings;
}

// Before it is full: what fills it may be an instance, and nobody else says so.
void ControlLoop::WatchDisk() {
  if (context_.now() < disk_due_) return;
  disk_due_ = context_.now() + kDiskInterval;
  const std::optional<uint64_t> left = data_plane_.DiskLeft();
  if (!left.has_value()) return;
  if (*left >= kDiskLow) {
    context_.troubles.erase(kDiskTrouble);
    return;
  }
  context_.troubles[kDiskTrouble] = absl::StrCat("the disk of ", context_.paths.state, " has only ", *left >> 20,
                                                 " MiB left; what is full cannot be written: make room, or terminate "
                                                 "what fills it");
}

void ControlLoop::TakeInbox() {
  for (const process::Event& event : std::exchange(processes_, {})) {
    if (!OnInstanceEvent(context_, event) && !OnServiceEvent(context_, event)) OnStrayEvent(context_, event);
  }
  for (const auto& [service, message] : std::exchange(statuses_, {})) TakeStatus(service, message);
  for (const auto& heard : std::exchange(heard_, {})) heard(context_);
}

template <typename Config>
bool ControlLoop::PublishTo(const std::string& service, Config config, Config& sent) {
  config.set_revision(sent.revision());
  if (config.revision() != 0 && config.SerializeAsString() == sent.SerializeAsString()) return false;
  config.set_revision(++revision_);
  data_plane_.Configure(service, config.SerializeAsString());
  sent = std::move(config);
  return true;
}

void ControlLoop::PublishProxy(const std::string& service, proxy::v1::Configuration config) {
  if (connected_.count(service) == 0) return;
  PublishTo(service, std::move(config), context_.proxy_sent[service]);
}

void ControlLoop::PublishNetworks() {
  if (!context_.has_networks()) return;
  auto networks = std::make_shared<const vpc::Network>(NetworkModel(context_));
  if (connected_.count(kNetworkService) > 0 &&
      PublishTo(kNetworkService, NetworkConfig(*networks), context_.network_sent)) {
    context_.reachability = std::make_shared<const vpc::Reachability>(*networks);
    context_.networks = networks;
  }
  for (const auto& [id, vpc] : context_.model.vpcs) {
    const std::string service = VpcResolverId(id);
    if (connected_.count(service) == 0) continue;
    PublishTo(service, VpcDnsConfig(context_, id), context_.vpc_dns_sent[service]);
  }
  for (auto& [id, config] : MetadataConfigs(context_, *networks)) {
    const std::string service = VpcMetadataId(id);
    if (connected_.count(service) == 0) continue;
    PublishTo(service, std::move(config), context_.metadata_sent[service]);
  }
}

void ControlLoop::Publish() {
  PublishNetworks();
  PublishProxy(kEdgeService, EdgeConfig(context_));
  for (const auto& [arn, balancer] : context_.model.load_balancers) {
    PublishProxy(BalancerServiceId(arn), BalancerConfig(context_, balancer));
  }
  dns::v1::Config config = DnsConfig(context_);
  // Before any instance is launched that is to see them.
  SyncInstanceNames(context_, config);
  if (connected_.count(kDnsService) > 0) PublishTo(kDnsService, std::move(config), context_.dns_sent);
}

// Every process that runs and is sent configurations.
void ControlLoop::ConnectServices() {
  std::set<std::string> running;
  for (const auto& [id, service] : context_.model.services) {
    const ServiceKind* kind = kinds_.Find(service.kind());
    if (kind != nullptr && kind->is_configured() && service.pid() != 0) running.insert(id);
  }
  if (running == connected_) return;
  connected_ = std::move(running);
  data_plane_.Connect(connected_);
}

void ControlLoop::TakeStatus(const std::string& service, const std::string& message) {
  const v1::ServiceState* record = context_.model.services.Find(service);
  if (record == nullptr) return;
  uint64_t revision = 0;
  if (service == kDnsService) {
    const dns::v1::Status former = context_.dns_status;
    (void)context_.dns_status.ParseFromString(message);
    TellRefused(former);
    revision = std::max(context_.dns_status.applied_revision(), context_.dns_status.refused_revision());
    OnLogLinesDropped(context_, service, context_.dns_status.counters().log_lines_dropped());
  } else if (service == kNetworkService) {
    (void)context_.network_status.ParseFromString(message);
    TellNetworkProblems();
    JoinAnew();
    revision = std::max(context_.network_status.applied_revision(), context_.network_status.refused_revision());
  } else if (const auto resolver = context_.vpc_dns_sent.find(service); resolver != context_.vpc_dns_sent.end()) {
    dns::v1::Status status;
    (void)status.ParseFromString(message);
    revision = std::max(status.applied_revision(), status.refused_revision());
  } else if (record->kind() == kMetadataKind) {
    metadata::v1::Status status;
    (void)status.ParseFromString(message);
    TellMetadataProblem(service, MetadataProblem(status));
    revision = std::max(status.applied_revision(), status.refused_revision());
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
  if (service == kNetworkService) context_.network_sent.Clear();
  context_.vpc_dns_sent.erase(service);
  context_.metadata_sent.erase(service);
}

void ControlLoop::TellMetadataProblem(const std::string& service, const std::string& problem) {
  if (problem.empty()) {
    context_.troubles.erase(service);
  } else {
    context_.troubles[service] = absl::StrCat("instance metadata (", service, "): ", problem);
  }
}

// What this machine refuses of the networks is a trouble until it does not any more.
void ControlLoop::TellNetworkProblems() {
  const network::v1::Status& status = context_.network_status;
  if (status.problems().empty() && status.error().empty()) {
    context_.troubles.erase(kNetworkService);
    return;
  }
  const std::string& first = status.error().empty() ? status.problems(0) : status.error();
  const int others = std::max(0, status.problems_size() - 1);
  context_.troubles[kNetworkService] =
      absl::StrCat("the networks are not as they should be: ", first,
                   others == 0 ? "" : absl::StrCat(", and ", others, " more"), "; it is tried again");
}

// Networks that their holder had to begin anew: what was in the former ones reaches nobody, and is started again in
// these, as machines are whose host has failed.
void ControlLoop::JoinAnew() {
  const std::string& generation = context_.network_status.generation();
  const v1::ServiceState* holder = context_.model.services.Find(kNetworkService);
  if (generation.empty() || holder == nullptr || holder->network_generation() == generation) return;
  const bool first = holder->network_generation().empty();
  context_.model.services.Update(kNetworkService,
                                 [&](v1::ServiceState& changed) { changed.set_network_generation(generation); });
  if (first) return;
  context_.Tell({}, kNetworkService, "nubo::Process", "made-anew",
                "the networks were lost and are made anew; what was in them is started again");
  for (const auto& [id, service] : context_.model.services) {
    if (id == kNetworkService || id == kDnsService || service.pid() == 0) continue;
    context_.model.transaction.Do([id = id](process::Driver& driver) { driver.Reboot(id, absl::ZeroDuration()); });
  }
  for (const auto& [id, instance] : context_.model.instances) {
    if (instance.pid() != 0 && !IsTerminated(instance)) RebootInstance(context_, id);
  }
}

// What the name server leaves out of what it serves, once each.
void ControlLoop::TellRefused(const dns::v1::Status& former) {
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

void ControlLoop::AskReady() {
  for (const auto& [id, service] : context_.model.services) {
    const ServiceKind* kind = kinds_.Find(service.kind());
    if (kind == nullptr || service.pid() == 0) continue;
    const std::optional<ServiceProbe> probe = kind->AwaitsReady(context_, id);
    if (probe.has_value() && asked_.insert(id).second) data_plane_.AskReady({id, probe->address, probe->socket_path});
  }
}

absl::Status ControlLoop::BeginEnding() {
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

}  // namespace nubo::region
