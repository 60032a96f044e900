#include "tests/region/simulated_region.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "nubo/region/balancing/balancer_service.h"
#include "nubo/region/balancing/proxy_config.h"
#include "nubo/region/compute/instances.h"
#include "nubo/region/dns/dns_config.h"
#include "nubo/region/edge/edge_config.h"
#include "nubo/region/groups/groups.h"
#include "nubo/region/groups/operations.h"
#include "nubo/region/loop/catalog.h"
#include "nubo/region/network/addresses.h"
#include "nubo/region/stacks/stacks.h"
#include "nubo/region/state/instance_facts.h"
#include "nubo/region/supervisor/services.h"

namespace nubo::region {
namespace {

constexpr absl::Duration kTrouble = absl::Minutes(3);
// Longer than any pause before another try.
constexpr absl::Duration kCalm = absl::Minutes(6);
constexpr absl::Duration kKept = absl::Minutes(2);
// The version of a stack that was deleted.
constexpr char kNoStack[] = "none";
// What has been terminated is forgotten after a while.
constexpr size_t kWritesMax = 200;
constexpr int kOperations = 14;
constexpr int kDisturbances = 24;

constexpr char kTemplate[] = R"(
Parameters:
  Version: {Type: String}
  Size: {Type: Number}
Resources:
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}
  SubnetA:
    Type: AWS::EC2::Subnet
    Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.1.0/24, AvailabilityZone: us-east-1a}
  SubnetB:
    Type: AWS::EC2::Subnet
    Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.2.0/24, AvailabilityZone: us-east-1b}
  Balancer:
    Type: AWS::ElasticLoadBalancingV2::LoadBalancer
    Properties: {Subnets: [!Ref SubnetA, !Ref SubnetB]}
  Targets:
    Type: AWS::ElasticLoadBalancingV2::TargetGroup
    Properties: {VpcId: !Ref Vpc, Protocol: HTTP, Port: 8080}
  Listener:
    Type: AWS::ElasticLoadBalancingV2::Listener
    Properties:
      LoadBalancerArn: !Ref Balancer
      Port: 80
      Protocol: HTTP
      DefaultActions: [{Type: forward, TargetGroupArn: !Ref Targets}]
  Template:
    Type: AWS::EC2::LaunchTemplate
    Properties:
      LaunchTemplateData:
        ImageId: web
        UserData: {"Fn::Base64": !Sub "#!/bin/sh\nexec web ${Version}\n"}
  Group:
    Type: AWS::AutoScaling::AutoScalingGroup
    DependsOn: Listener
    UpdatePolicy: {AutoScalingRollingUpdate: {MaxBatchSize: 1, MinInstancesInService: 1}}
    Properties:
      MinSize: 1
      MaxSize: 5
      DesiredCapacity: !Ref Size
      VPCZoneIdentifier: [!Ref SubnetA, !Ref SubnetB]
      LaunchTemplate: {LaunchTemplateId: !Ref Template, Version: !GetAtt Template.LatestVersionNumber}
      TargetGroupARNs: [!Ref Targets]
      HealthCheckType: ELB
  Alone:
    Type: AWS::EC2::Instance
    Properties:
      ImageId: web
      SubnetId: !Ref SubnetA
      UserData: {"Fn::Base64": "#!/bin/sh\nexec web\n"}
  Database:
    Type: AWS::RDS::DBInstance
    DependsOn: [SubnetA, SubnetB]
    DeletionPolicy: Delete
    Properties:
      Engine: mysql
      DBInstanceClass: db.t3.micro
      AllocatedStorage: '20'
      MasterUsername: admin
      ManageMasterUserPassword: true
  Zone: {Type: AWS::Route53::HostedZone, Properties: {Name: NAME.localhost}}
  Record:
    Type: AWS::Route53::RecordSet
    Properties:
      HostedZoneId: !Ref Zone
      Name: www.NAME.localhost
      Type: A
      AliasTarget: {DNSName: !GetAtt Balancer.DNSName, HostedZoneId: !GetAtt Balancer.CanonicalHostedZoneID}
)";

template <typename Table>
void CheckSame(const char* what, const Table& memory, const Table& stored, std::vector<std::string>& wrong) {
  const auto text = [](const Table& table) {
    std::string all;
    for (const auto& [id, record] : table) absl::StrAppend(&all, id, ":", record.ShortDebugString(), ";");
    return all;
  };
  if (text(memory) != text(stored)) wrong.push_back(absl::StrCat("the store holds other ", what, " than memory does"));
}

bool InProgress(absl::string_view status) { return absl::StrContains(status, "IN_PROGRESS"); }

}  // namespace

// Nothing is begun that a control plane which starts a moment later would not know of.
class SimulatedRegion::Watched final : public process::Driver {
 public:
  explicit Watched(SimulatedRegion& region) : region_(region) {}

  absl::Status Launch(process::Spec spec) override {
    const bool known = region_.disk_.Get(absl::StrCat("instances/", spec.id)).ok() ||
                       region_.disk_.Get(absl::StrCat("services/", spec.id)).ok();
    if (!known) region_.broken_.push_back(absl::StrCat(spec.id, " was started before it was stored"));
    return region_.driver_.Launch(std::move(spec));
  }
  void Reboot(absl::string_view id, absl::Duration grace) override { region_.driver_.Reboot(id, grace); }
  void Terminate(absl::string_view id, absl::Duration grace) override { region_.driver_.Terminate(id, grace); }
  void Adopt(const std::vector<std::string>& ids) override { region_.driver_.Adopt(ids); }
  void Forget(absl::string_view id) override { region_.driver_.Forget(id); }

 private:
  SimulatedRegion& region_;
};

// Writes are of no use to a control plane that is killed before it hears of them, or before it has done what they say.
class SimulatedRegion::Store final : public store::Store {
 public:
  explicit Store(SimulatedRegion& region) : region_(region) {}

  absl::StatusOr<store::Entry> Get(absl::string_view key) override { return region_.disk_.Get(key); }
  absl::StatusOr<std::vector<store::Entry>> List(absl::string_view prefix) override {
    if (!stale_.has_value()) return region_.disk_.List(prefix);
    return (*stale_)->List(prefix);
  }
  absl::StatusOr<int64_t> Apply(const store::Batch& batch) override {
    if (region_.disk_full_) return absl::ResourceExhaustedError("database or disk is full");
    if (region_.fault_ == Fault::kEffectBeforeCommit && region_.control_ != nullptr) {
      for (const Effect& effect : region_.control_->context().model.transaction.TakeEffects())
        effect(*region_.watched_);
    }
    const bool kill = kill_in_ > 0 && --kill_in_ == 0;
    if (kill && before_) throw Killed{};
    former_.push_back(batch);
    absl::StatusOr<int64_t> revision = region_.disk_.Apply(batch);
    if (kill) throw Killed{};
    return revision;
  }

  void KillSoon(int writes, bool before) {
    kill_in_ = writes;
    before_ = before;
  }
  // From now on what was written last is not read.
  void ForgetLast(size_t writes) {
    if (former_.size() <= writes) return;
    auto old = std::make_shared<store::MemoryStore>();
    former_.resize(former_.size() - writes);
    for (const store::Batch& batch : former_) (void)old->Apply(batch);
    stale_ = std::move(old);
  }
  void Remember() { stale_.reset(); }

 private:
  SimulatedRegion& region_;
  int kill_in_ = 0;
  bool before_ = false;
  std::vector<store::Batch> former_;
  std::optional<std::shared_ptr<store::MemoryStore>> stale_;
};

SimulatedRegion::SimulatedRegion(uint64_t seed, Fault fault)
    : random_(seed),
      fault_(fault),
      store_(std::make_unique<Store>(*this)),
      watched_(std::make_unique<Watched>(*this)),
      driver_(clock_, {.boot = absl::Milliseconds(200), .shutdown = absl::Milliseconds(50)},
              [this](const process::Event& event) { HearProcess(event); }) {}

SimulatedRegion::~SimulatedRegion() = default;

void SimulatedRegion::Note(std::string what) {
  history_.push_back(absl::StrCat(absl::FormatDuration(clock_.Now() - absl::FromUnixSeconds(1893456000)), " ", what));
}

void SimulatedRegion::Later(absl::Duration after, std::function<void()> what) {
  due_.emplace(clock_.Now() + after, std::move(what));
}

void SimulatedRegion::Begin() {
  ++life_;
  connected_.clear();
  ControlLoopOptions options;
  // Nothing can be made there.
  options.paths = {"/dev/null/state"};
  options.dns_address = *net::SocketAddress::Parse("127.0.0.1:10053");
  options.http_address = *net::SocketAddress::Parse("127.0.0.1:8080");
  options.low_ports = true;
  if (fault_ == Fault::kStaleRead && life_ > 1) store_->ForgetLast(2);
  control_ = std::make_unique<ControlLoop>(options, *store_, clock_, ids_, fabric_, *this);
  control_->context().on_process_event = [this](const process::Event& event) { HearProcess(event); };
  control_->context().on_remains_gone = [this](const std::string& service) {
    if (control_ != nullptr) {
      control_->Hear([service](Context& context) { OnRemainsGone(context, service); });
    }
  };
  Note("a control plane begins");
  const absl::StatusOr<std::vector<std::string>> left = control_->Load(driver_.known());
  store_->Remember();
  if (left.ok()) driver_.Adopt(*left);
  step_at_ = clock_.Now();
}

void SimulatedRegion::Kill(absl::string_view why) {
  if (control_ == nullptr) return;
  Note(absl::StrCat("the control plane is killed ", why));
  control_.reset();
  // What it has told nobody yet is lost.
  wanted_.clear();
  Later(Within(absl::Seconds(5)), [this] {
    if (control_ == nullptr) Begin();
  });
}

void SimulatedRegion::Alive(const std::function<void()>& step) {
  if (control_ == nullptr) return;
  try {
    step();
  } catch (const Killed&) {
    Kill("at a write");
  }
}

void SimulatedRegion::HearProcess(const process::Event& event) {
  const bool runs = event.kind == process::Event::Kind::kRunning;
  Note(absl::StrCat(event.id, " ", runs ? "runs" : process::ToString(event.end)));
  if (runs) {
    alive_.insert(event.id);
    ApplyLater(event.id);
  } else {
    // What it served stays in its file, for the next one.
    alive_.erase(event.id);
  }
  const auto tell = [this, event, life = life_] {
    if (control_ == nullptr || life != life_) return;
    control_->HearProcess(event);
    if (fault_ != Fault::kLostWakeUp || OneIn(2)) step_at_ = clock_.Now();
  };
  // Late, but those of one process in their order.
  const absl::Duration late = !calm_ && OneIn(4) ? Within(absl::Seconds(2)) : absl::ZeroDuration();
  absl::Time& told = told_[event.id];
  // The one before may be due at this very moment, and comes first.
  const bool at_once = late == absl::ZeroDuration() && told < clock_.Now();
  told = std::max(told, clock_.Now() + late);
  if (at_once) return tell();
  Later(told - clock_.Now(), tell);
}

void SimulatedRegion::Connect(const std::set<std::string>& services) {
  for (const std::string& service : services) {
    if (connected_.count(service) == 0) Later(Within(absl::Milliseconds(50)), [this, service] { TellStatus(service); });
  }
  connected_ = services;
  for (auto it = wanted_.begin(); it != wanted_.end();) {
    it = connected_.count(it->first) > 0 ? std::next(it) : wanted_.erase(it);
  }
}

void SimulatedRegion::Configure(const std::string& service, std::string configuration) {
  ++configured_;
  wanted_[service] = std::move(configuration);
  ApplyLater(service);
}

void SimulatedRegion::ApplyLater(const std::string& service) {
  Later(Within(absl::Milliseconds(calm_ ? 50 : 3000)), [this, service] { Apply(service); });
}

void SimulatedRegion::Apply(const std::string& service) {
  if (!Lives(service)) return;
  const auto wanted = wanted_.find(service);
  if (wanted != wanted_.end()) served_[service] = wanted->second;
  TellStatus(service);
}

// What a load balancer, or the name server, says of the configuration that it has.
std::string SimulatedRegion::StatusOf(const std::string& service) const {
  const auto served = served_.find(service);
  const std::string configuration = served == served_.end() ? "" : served->second;
  if (service == kDnsService) {
    dns::v1::Config config;
    (void)config.ParseFromString(configuration);
    dns::v1::Status status;
    status.set_applied_revision(config.revision());
    return status.SerializeAsString();
  }
  proxy::v1::Configuration config;
  (void)config.ParseFromString(configuration);
  proxy::v1::Status status;
  status.set_revision(config.revision());
  for (const auto& listener : config.listeners()) status.add_listeners()->set_id(listener.id());
  for (const auto& group : config.target_groups()) {
    for (const auto& target : group.targets()) {
      auto* shown = status.add_targets();
      shown->set_target_group_id(group.id());
      shown->set_target_id(target.id());
      shown->set_state(target.draining() ? "draining" : Lives(target.id()) ? "healthy" : "unhealthy");
    }
  }
  return status.SerializeAsString();
}

void SimulatedRegion::TellStatus(const std::string& service) {
  if (control_ == nullptr || connected_.count(service) == 0 || !Lives(service)) return;
  control_->HearStatus(service, StatusOf(service));
  step_at_ = clock_.Now();
}

void SimulatedRegion::AskReady(const ReadyQuestion& question) {
  Later(Within(absl::Milliseconds(500)), [this, question, life = life_] {
    if (control_ == nullptr || life != life_) return;
    control_->HearReady(question.service, Lives(question.service) && !OneIn(3));
    step_at_ = clock_.Now();
  });
}

void SimulatedRegion::Step() {
  Alive([this] {
    std::vector<Effect> effects;
    const absl::Time next = control_->Step(effects);
    const absl::Duration again = fault_ == Fault::kLostWakeUp ? absl::InfiniteDuration() : absl::Seconds(1);
    step_at_ = std::min(std::max(next, clock_.Now() + absl::Milliseconds(1)), clock_.Now() + again);
    if (fault_ != Fault::kLostWakeUp && control_->has_heard()) step_at_ = clock_.Now() + absl::Milliseconds(1);
    for (const Effect& effect : effects) {
      // Between two of them, too.
      if (!calm_ && OneIn(150)) throw Killed{};
      if (!effect.id.empty()) {
        Note(absl::StrCat(effect.kind == Effect::Kind::kLaunch ? "start " : "end ", effect.id));
      }
      effect(*watched_);
    }
  });
}

void SimulatedRegion::Pass(absl::Time end) {
  while (true) {
    absl::Time next = std::min(end, driver_.next());
    if (!due_.empty()) next = std::min(next, due_.begin()->first);
    if (control_ != nullptr) next = std::min(next, step_at_);
    clock_.Advance(next - clock_.Now());
    if (next >= end) return;
    driver_.Deliver();
    while (!due_.empty() && due_.begin()->first <= clock_.Now()) {
      const std::function<void()> what = std::move(due_.extract(due_.begin()).mapped());
      what();
    }
    if (control_ != nullptr && step_at_ <= clock_.Now()) Step();
  }
}

std::string SimulatedRegion::RandomOf(const std::vector<std::string>& names) {
  return names.empty() ? "" : names[random_() % names.size()];
}

std::vector<std::string> SimulatedRegion::LiveInstances() const {
  std::vector<std::string> ids;
  for (const auto& [id, instance] : control_->context().model.instances) {
    if (!IsTerminated(instance)) ids.push_back(id);
  }
  return ids;
}

void SimulatedRegion::Disturb() {
  switch (random_() % 7) {
    case 0: {
      const bool before = OneIn(2);
      const int writes = 1 + static_cast<int>(random_() % 12);
      Note(absl::StrCat("the control plane is to be killed ", before ? "before" : "after", " write ", writes));
      return store_->KillSoon(writes, before);
    }
    case 1:
      return Kill("at rest");
    case 2: {
      disk_full_ = true;
      Note("the disk is full");
      return Later(Within(absl::Seconds(8)), [this] { disk_full_ = false; });
    }
    case 3: {
      // Everything is told again.
      if (control_ == nullptr) return;
      Note("what runs is told again");
      return driver_.Adopt({alive_.begin(), alive_.end()});
    }
    case 4: {
      const absl::Duration jump = Within(absl::Seconds(40));
      Note(absl::StrCat("time jumps by ", absl::FormatDuration(jump)));
      return clock_.Advance(jump);
    }
    default: {
      const std::string id = RandomOf({alive_.begin(), alive_.end()});
      if (id.empty()) return;
      Note(absl::StrCat(id, " ends"));
      if (OneIn(3)) return driver_.KillWithWatcher(id);
      return driver_.Crash(id, OneIn(2) ? process::End::Signaled(9) : process::End::Exited(1));
    }
  }
}

void SimulatedRegion::OperateOnStack(const std::string& name) {
  const std::string body = absl::StrReplaceAll(kTemplate, {{"NAME", name}});
  const StackRequest request{name,
                             body,
                             "simulated.yaml",
                             {{"Version", absl::StrCat(++versions_[name])}, {"Size", absl::StrCat(1 + random_() % 4)}}};
  Context& context = control_->context();
  // Whether it has been done nobody knows, should the control plane be killed on the way.
  const std::optional<std::string> former = std::exchange(promised_[name], std::nullopt);
  const auto promise = [&](const absl::Status& status, const std::string& version) {
    promised_[name] = status.ok() ? std::optional(version) : former;
  };
  if (context.model.stacks.Find(name) == nullptr) {
    const absl::Status status =
        control_->Change([&](Context& changed) { return CreateStack(changed, request).status(); });
    promise(status, request.parameters.at("Version"));
    return Note(absl::StrCat("create ", name, ": ", status.ToString()));
  }
  if (OneIn(3)) {
    const absl::Status status = control_->End([&](Context& changed) { return DeleteStack(changed, name, OneIn(2)); });
    // An end that cannot be stored is done all the same, and a later control plane may not know of it.
    if (!disk_full_) promise(status, kNoStack);
    return Note(absl::StrCat("delete ", name, ": ", status.ToString()));
  }
  const absl::Status status =
      control_->Change([&](Context& changed) { return UpdateStack(changed, request).status(); });
  promise(status, request.parameters.at("Version"));
  Note(absl::StrCat("update ", name, ": ", status.ToString()));
}

void SimulatedRegion::Operate() {
  Alive([this] {
    step_at_ = clock_.Now();
    switch (random_() % 6) {
      case 0: {
        std::vector<std::string> groups;
        for (const auto& [name, group] : control_->context().model.groups) groups.push_back(name);
        const std::string name = RandomOf(groups);
        const int desired = 1 + static_cast<int>(random_() % 5);
        if (name.empty()) return;
        Note(absl::StrCat("scale ", name, " to ", desired));
        (void)control_->Change([&](Context& context) { return SetDesiredCapacity(context, {name, desired}).status(); });
        return;
      }
      case 1: {
        const std::string id = RandomOf(LiveInstances());
        if (id.empty()) return;
        Note(absl::StrCat("terminate ", id));
        (void)control_->End([&](Context& context) {
          DrainAndTerminate(context, id);
          return absl::OkStatus();
        });
        return;
      }
      default:
        return OperateOnStack(OneIn(2) ? "shop" : "blog");
    }
  });
}

void SimulatedRegion::CheckStacks(std::vector<std::string>& wrong) {
  for (const auto& [name, stack] : control_->context().model.stacks) {
    if (InProgress(stack.status())) wrong.push_back(absl::StrCat("stack ", name, " is still ", stack.status()));
  }
  // What a call was answered with holds: but for what could not be done, which the stack's status says.
  for (const auto& [name, version] : promised_) {
    if (!version.has_value()) continue;
    const v1::StackState* stack = control_->context().model.stacks.Find(name);
    const std::string status = stack == nullptr ? "" : stack->status();
    const bool done = status == "CREATE_COMPLETE" || status == "UPDATE_COMPLETE";
    if (*version == kNoStack) {
      if (stack != nullptr && status != "DELETE_FAILED") {
        wrong.push_back(absl::StrCat("stack ", name, " was to be deleted, and is ", status));
      }
    } else if (stack == nullptr) {
      wrong.push_back(absl::StrCat("stack ", name, " was to be there in version ", *version, ", and is not"));
    } else if (done && stack->parameters().at("Version") != *version) {
      wrong.push_back(absl::StrCat("stack ", name, " was to be of version ", *version, ", and is ", status, " of ",
                                   stack->parameters().at("Version")));
    }
    complete_ += done ? 1 : 0;
  }
}

void SimulatedRegion::CheckGroups(std::vector<std::string>& wrong) {
  const Context& context = control_->context();
  for (const auto& [name, group] : context.model.groups) {
    const int in_service = InService(context, name);
    if (in_service == group.desired()) continue;
    wrong.push_back(absl::StrCat("group ", name, " has ", in_service, " in service, not ", group.desired(), ": ",
                                 WaitingReason(context, group)));
  }
}

void SimulatedRegion::CheckProcesses(std::vector<std::string>& wrong) {
  const Context& context = control_->context();
  std::set<std::string> wanted;
  for (const auto& [id, instance] : context.model.instances) {
    if (!IsTerminated(instance) && !IsStopped(instance)) wanted.insert(id);
  }
  for (const auto& [id, service] : context.model.services) wanted.insert(id);
  for (const std::string& id : alive_) {
    if (wanted.count(id) == 0) wrong.push_back(absl::StrCat(id, " runs, and nobody wants it"));
  }
  for (const std::string& id : wanted) {
    if (alive_.count(id) == 0) wrong.push_back(absl::StrCat(id, " is wanted, and does not run"));
  }
}

void SimulatedRegion::CheckServed(std::vector<std::string>& wrong) {
  Context& context = control_->context();
  for (const auto& [arn, balancer] : context.model.load_balancers) {
    proxy::v1::Configuration served, meant = BalancerConfig(context, balancer);
    (void)served.ParseFromString(served_[BalancerServiceId(arn)]);
    meant.set_revision(served.revision());
    if (served.SerializeAsString() != meant.SerializeAsString()) {
      wrong.push_back(absl::StrCat("load balancer ", balancer.name(), " serves something else than is meant"));
    }
  }
  proxy::v1::Configuration listener, edge = EdgeConfig(context);
  (void)listener.ParseFromString(served_[kEdgeService]);
  edge.set_revision(listener.revision());
  if (listener.SerializeAsString() != edge.SerializeAsString()) {
    wrong.push_back("the shared listener serves something else than is meant");
  }
  dns::v1::Config served, meant = DnsConfig(context);
  (void)served.ParseFromString(served_[kDnsService]);
  meant.set_revision(served.revision());
  if (served.SerializeAsString() != meant.SerializeAsString()) {
    wrong.push_back("the name server serves something else than is meant");
  }
}

// A control plane that starts now would know the same.
void SimulatedRegion::CheckStored(std::vector<std::string>& wrong) {
  const Context& context = control_->context();
  Context other(context.paths, clock_, ids_, fabric_, *context.types, *context.kinds, *context.templates);
  Damage damage;
  if (!other.model.Load(disk_, damage).ok()) return wrong.push_back("the store cannot be read");
  RebuildAddresses(other);
  const Model& memory = context.model;
  const Model& stored = other.model;
  CheckSame("stacks", memory.stacks, stored.stacks, wrong);
  CheckSame("VPCs", memory.vpcs, stored.vpcs, wrong);
  CheckSame("subnets", memory.subnets, stored.subnets, wrong);
  CheckSame("plain records", memory.plain, stored.plain, wrong);
  CheckSame("launch templates", memory.launch_templates, stored.launch_templates, wrong);
  CheckSame("instances", memory.instances, stored.instances, wrong);
  CheckSame("groups", memory.groups, stored.groups, wrong);
  CheckSame("load balancers", memory.load_balancers, stored.load_balancers, wrong);
  CheckSame("target groups", memory.target_groups, stored.target_groups, wrong);
  CheckSame("listeners", memory.listeners, stored.listeners, wrong);
  CheckSame("zones", memory.zones, stored.zones, wrong);
  CheckSame("record sets", memory.records, stored.records, wrong);
  CheckSame("databases", memory.databases, stored.databases, wrong);
  CheckSame("secrets", memory.secrets, stored.secrets, wrong);
  CheckSame("services", memory.services, stored.services, wrong);
  if (memory.secrets.size() != memory.databases.size()) wrong.push_back("a secret has outlived its database");
  for (const auto& [id, addresses] : context.addresses) {
    const vpc::SubnetAddresses* rebuilt = other.addresses.Find(id);
    const int available = rebuilt == nullptr ? -1 : rebuilt->available();
    if (available == addresses.available()) continue;
    wrong.push_back(
        absl::StrCat("subnet ", id, " has ", addresses.available(), " free addresses, and by the store ", available));
  }
}

std::vector<std::string> SimulatedRegion::Wrong() {
  std::vector<std::string> wrong = broken_;
  complete_ = 0;
  if (control_ == nullptr) return {"there is no control plane"};
  CheckStacks(wrong);
  CheckGroups(wrong);
  CheckProcesses(wrong);
  CheckServed(wrong);
  CheckStored(wrong);
  return wrong;
}

std::vector<std::string> SimulatedRegion::Run() {
  {
    store::Batch image;
    v1::ImageState record;
    record.set_id("ami-1");
    record.set_name("web");
    record.set_directory("/nowhere/image");
    image.Put("images/ami-1", record.SerializeAsString());
    (void)store_->Apply(image);
  }
  Begin();
  const absl::Time calm = clock_.Now() + kTrouble;
  for (int i = 0; i < kOperations; ++i) Later(Within(kTrouble), [this] { Operate(); });
  for (int i = 0; i < kDisturbances; ++i) {
    Later(Within(kTrouble), [this] {
      if (!calm_) Disturb();
    });
  }
  Pass(calm);
  calm_ = true;
  disk_full_ = false;
  store_->KillSoon(0, false);
  Note("the world holds still");
  Pass(clock_.Now() + kCalm);
  std::vector<std::string> wrong = Wrong();
  if (!wrong.empty()) return wrong;
  // And it is kept.
  const std::set<std::string> before = alive_;
  const int configured = configured_;
  const size_t changes = disk_.changes();
  Pass(clock_.Now() + kKept);
  wrong = Wrong();
  if (configured_ != configured) wrong.push_back("configurations were sent although nothing changed");
  if (disk_.changes() > changes + kWritesMax) wrong.push_back("the store was written again and again");
  if (alive_ != before) wrong.push_back("processes came and went although the world held still");
  return wrong;
}

}  // namespace nubo::region
