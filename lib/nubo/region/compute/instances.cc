#include "nubo/region/compute/instances.h"

#include <unistd.h>

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "nubo/base/status.h"
#include "nubo/boot/reader.h"
#include "nubo/ec2/boot_plan.h"
#include "nubo/ec2/lifecycle.h"
#include "nubo/region/balancing/registration.h"
#include "nubo/region/balancing/target_health.h"
#include "nubo/region/compute/instance_settings.h"
#include "nubo/region/compute/instance_users.h"
#include "nubo/region/compute/metadata_options.h"
#include "nubo/region/compute/volumes.h"
#include "nubo/region/network/addresses.h"
#include "nubo/region/resources/ids.h"
#include "nubo/region/state/instance_facts.h"
#include "nubo/region/supervisor/services.h"
#include "nubo/stack/dynamic_reference.h"
#include "nubo/stack/schema.h"

namespace nubo::region {
namespace {

constexpr char kType[] = "AWS::EC2::Instance";
constexpr absl::Duration kTerminateGrace = absl::Seconds(20);
// AWS keeps them visible for about an hour; and never more than this many.
constexpr absl::Duration kTerminatedVisible = absl::Hours(1);
constexpr size_t kTerminatedMax = 200;

// What calls and observations change of it.
void Save(const ec2::Lifecycle& life, v1::InstanceState& record) {
  record.set_state_code(static_cast<int>(life.state()));
  record.set_reason_code(life.reason().code);
  record.set_reason_message(life.reason().message);
  record.set_transition_reason(life.record().transition_reason);
  if (life.record().launch_time != absl::InfinitePast()) record.set_launch_time(ToMicros(life.record().launch_time));
  record.set_monitoring(static_cast<int>(life.record().monitoring));
  record.set_forced(life.record().forced);
}

void TellState(Context& context, const v1::InstanceState& record) {
  context.Tell(record.owner(), record.id(), kType, std::string(ec2::StateName(LifeOf(record).state())),
               record.reason_message());
}

// Dynamic references become what they stand for, for this launch only; what they name was there when they were taken.
std::string ResolveSecrets(const Context& context, std::string text) {
  for (const stack::DynamicReference& reference : stack::FindDynamicReferences(text)) {
    const v1::SecretState* secret = context.model.secrets.Find(reference.secret);
    if (secret == nullptr || !stack::WhyUnresolvable(reference, true).empty()) continue;
    text = absl::StrReplaceAll(
        text, {{reference.text, reference.key == "username" ? secret->username() : secret->password()}});
  }
  return text;
}

// What it boots with, as its user data say by now.
absl::StatusOr<ec2::BootPlan> PlanOf(const Context& context, const std::string& user_data) {
  return boot::ReadUserData(ResolveSecrets(context, user_data));
}

process::Spec MakeSpec(const Context& context, const v1::InstanceState& record, const v1::ImageState& image,
                       const ec2::BootPlan& plan) {
  process::Spec spec;
  spec.id = record.id();
  spec.directory = context.paths.Instance(record.id());
  spec.script = ec2::ToScript(plan, ec2::Boot::kFirst);
  spec.later_script = ec2::ToScript(plan, ec2::Boot::kLater);
  spec.outlives_main = true;
  if (context.own_users) spec.uid = InstanceUser(record.id());
  spec.limits.file_bytes = kInstanceFileBytesMax;
  spec.limits.oom_score = kInstanceOomScore;
  // Where all instances are one user of this machine's, each would count the others' too.
  if (context.own_users || getuid() != 0) spec.limits.processes = kInstanceProcessesMax;
  spec.environment = {
      {"PATH", absl::StrCat(image.directory(), "/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")},
      {"HOME", spec.directory},
      {"LANG", "C.UTF-8"},
      {"AWS_REGION", kRegionName},
      {"NUBO_ADDRESS", FoundAt(context, record.private_ip(), record.loopback_ip())},
      {"NUBO_AVAILABILITY_ZONE", record.availability_zone()},
      {"NUBO_DNS", ResolverOf(context, record.vpc_id()).ToString()},
      {"NUBO_IMAGE", image.directory()},
      {"NUBO_INSTANCE_ID", record.id()},
      {"NUBO_PRIVATE_IP", record.private_ip()},
  };
  spec.read_only_dirs = {image.directory()};
  spec.hidden_dirs = {context.paths.state};
  spec.files_in_place = {{context.names.resolv_conf.path, context.paths.ResolvConf(record.vpc_id())},
                         {context.names.hosts.path, context.paths.Hosts(record.vpc_id())}};
  spec.hostname = plan.hostname.empty() ? absl::StrCat("ip-", absl::StrReplaceAll(record.private_ip(), {{".", "-"}}))
                                        : plan.hostname;
  spec.log_path = context.paths.Log(record.id());
  spec.network = NetworkNamed(context, record.id());
  AddVolumes(context, record, spec);
  return spec;
}

void Begin(Context& context, const v1::InstanceState& record, const v1::ImageState& image, const ec2::BootPlan& plan) {
  context.Launch(MakeSpec(context, record, image, plan), VolumePreparation(context, record));
}

// It ended before it was in service, or by itself so soon after its launch that another would do the same. A kill
// from outside says nothing about the next one.
bool DiedYoung(const v1::InstanceState& record, const process::End& end, absl::Time now) {
  if (record.in_service_time() == 0) return true;
  return now - FromMicros(record.launch_time()) < kSettled && !end.killed();
}

// How long it has to end by itself.
absl::Duration GraceOf(const v1::InstanceState& record) {
  return record.forced() ? absl::ZeroDuration() : kTerminateGrace;
}

// What a terminated one leaves: its address is free, and its directory goes.
void Bury(Context& context, const std::string& id) {
  context.model.instances.Update(id, [&](v1::InstanceState& record) {
    record.set_terminated_time(ToMicros(context.now()));
    record.set_lifecycle_state("Terminated");
  });
  const v1::InstanceState& record = *context.model.instances.Find(id);
  ReleaseAddress(context, record.subnet_id(), record.private_ip());
  TellState(context, record);
  context.Forget(id);
  ReleaseVolumes(context, id);
  context.RemoveTree(context.paths.Instance(id));
}

// Its process is gone: it is terminated, or stopped if that was asked for, or could not be started after it was.
void Ended(Context& context, const std::string& id, const process::End& end) {
  const std::string how = process::ToString(end);
  context.model.instances.Update(id, [&](v1::InstanceState& record) {
    ec2::Lifecycle life = LifeOf(record);
    if (end.kind == process::End::Kind::kNotStarted) {
      if (record.started_again()) life.OnStartFailed(how);
      life.OnLaunchFailed(how);
    }
    life.OnEnded(how);
    Save(life, record);
    record.set_pid(0);
    if (!IsStopped(record)) {
      record.set_failed_launch(record.drain_until() == 0 && DiedYoung(record, end, context.now()));
    }
  });
  const v1::InstanceState& record = *context.model.instances.Find(id);
  if (!IsStopped(record)) return Bury(context, id);
  TellState(context, record);
  // Another process of this name may be started.
  context.Forget(id);
}

// AWS lets a target group say how long; the longest of them counts.
absl::Duration DeregistrationDelay(const Context& context, const v1::InstanceState& record) {
  absl::Duration longest = absl::ZeroDuration();
  for (const std::string& arn : TargetGroupsOf(context, record)) {
    if (const v1::TargetGroupState* group = context.model.target_groups.Find(arn)) {
      longest = std::max(longest, absl::Seconds(group->deregistration_delay_s()));
    }
  }
  return longest;
}

}  // namespace

ec2::Lifecycle LifeOf(const v1::InstanceState& record) {
  ec2::LifeRecord life;
  life.state = ec2::StateFromCode(record.state_code()).value_or(ec2::InstanceState::kTerminated);
  life.reason = {record.reason_code(), record.reason_message()};
  life.transition_reason = record.transition_reason();
  life.launch_time = FromMicros(record.launch_time());
  life.monitoring = static_cast<ec2::Monitoring>(record.monitoring());
  life.shutdown_behavior =
      record.terminates_on_shutdown() ? ec2::ShutdownBehavior::kTerminate : ec2::ShutdownBehavior::kStop;
  life.disable_api_termination = record.disable_api_termination();
  life.disable_api_stop = record.disable_api_stop();
  life.forced = record.forced();
  return ec2::Lifecycle(std::move(life));
}

void FillFromVersion(const v1::LaunchTemplateState::Version& version, LaunchRequest& request) {
  request.image = version.image_id();
  request.user_data = version.user_data();
  request.template_version = version.version();
  request.data_digest = version.data_digest();
  request.security_group_ids.assign(version.security_group_ids().begin(), version.security_group_ids().end());
  if (version.has_public_ip()) request.public_ip = version.public_ip();
  request.disable_api_termination = version.disable_api_termination();
  request.settings = version.settings();
  request.metadata_options = version.metadata_options();
  request.disable_api_stop = version.disable_api_stop();
  if (!version.instance_type().empty()) request.instance_type = version.instance_type();
  request.monitored = version.monitored();
  request.shutdown_behavior =
      version.terminates_on_shutdown() ? ec2::ShutdownBehavior::kTerminate : ec2::ShutdownBehavior::kStop;
}

absl::Status CheckTerminable(const Context& context, const std::string& id) {
  const v1::InstanceState* record = context.model.instances.Find(id);
  if (record == nullptr || IsTerminated(*record)) return absl::OkStatus();
  return LifeOf(*record).Apply(ec2::Call::kTerminate, id);
}

namespace {

// One whose user no other instance has.
std::string NewInstanceId(Context& context) {
  constexpr int kTries = 100;
  std::string id;
  for (int i = 0; i < kTries; ++i) {
    id = context.ids.NewId("i");
    const bool shared =
        std::any_of(context.model.instances.begin(), context.model.instances.end(), [&](const auto& other) {
          return !IsTerminated(other.second) && InstanceUser(other.first) == InstanceUser(id);
        });
    if (!shared) break;
  }
  return id;
}

}  // namespace

absl::StatusOr<std::string> LaunchInstance(Context& context, const LaunchRequest& request) {
  NUBO_RETURN_IF_ERROR(CheckId(*context.types, context.model, stack::IdKind::kImage, request.image));
  NUBO_RETURN_IF_ERROR(CheckNamed(context, request.settings));
  const v1::ImageState* image = FindImage(context.model, request.image);
  NUBO_ASSIGN_OR_RETURN(const ec2::BootPlan plan, PlanOf(context, request.user_data));
  v1::InstanceSettings settings = request.settings;
  if (const v1::SubnetState* known = context.model.subnets.Find(request.subnet_id); known != nullptr) {
    NUBO_RETURN_IF_ERROR(Place(context, known->availability_zone(), settings));
  }
  NUBO_ASSIGN_OR_RETURN(const Address address, TakeAddress(context, request.subnet_id, request.private_ip));
  const v1::SubnetState& subnet = *context.model.subnets.Find(request.subnet_id);
  v1::InstanceState record;
  Save(ec2::Lifecycle::Launch(context.now(), request.monitored), record);
  record.set_id(NewInstanceId(context));
  *record.mutable_owner() = request.owner;
  record.set_private_ip(address.private_ip);
  record.set_loopback_ip(address.loopback_ip);
  if (request.public_ip.value_or(subnet.map_public_ip())) record.set_public_ip(address.loopback_ip);
  record.mutable_security_group_ids()->Assign(request.security_group_ids.begin(), request.security_group_ids.end());
  record.set_availability_zone(subnet.availability_zone());
  record.set_subnet_id(subnet.id());
  record.set_vpc_id(subnet.vpc_id());
  record.set_image_id(image->id());
  record.set_user_data(request.user_data);
  record.set_group_name(request.group_name);
  record.set_template_version(request.template_version);
  record.set_launch_data_digest(request.data_digest);
  record.set_disable_api_termination(request.disable_api_termination);
  record.set_protected_from_scale_in(request.protected_from_scale_in);
  *record.mutable_settings() = std::move(settings);
  *record.mutable_metadata_options() = request.metadata_options;
  for (const auto& [key, value] : request.tags) (*record.mutable_settings()->mutable_tags())[key] = value;
  record.set_launch_time(ToMicros(context.now()));
  record.set_disable_api_stop(request.disable_api_stop);
  record.set_instance_type(request.instance_type);
  record.set_terminates_on_shutdown(request.shutdown_behavior == ec2::ShutdownBehavior::kTerminate);
  if (!request.group_name.empty()) record.set_lifecycle_state("Pending");
  TellState(context, record);
  const std::string id = record.id();
  context.model.instances.Put(id, std::move(record));
  MakeBlockDevices(context, *context.model.instances.Find(id));
  Begin(context, *context.model.instances.Find(id), *image, plan);
  return id;
}

void LaunchAgain(Context& context, const std::string& id) {
  const v1::InstanceState& record = *context.model.instances.Find(id);
  const v1::ImageState* image = context.model.images.Find(record.image_id());
  if (image == nullptr) {
    return Ended(context, id, process::End::NotStarted(absl::StrCat("its image ", record.image_id(), " is gone")));
  }
  const absl::StatusOr<ec2::BootPlan> plan = PlanOf(context, record.user_data());
  if (!plan.ok()) return Ended(context, id, process::End::NotStarted(std::string(plan.status().message())));
  Begin(context, record, *image, *plan);
}

absl::Status CheckCall(const Context& context, const std::string& id, ec2::Call call, const ec2::CallOptions& options) {
  NUBO_RETURN_IF_ERROR(ec2::ValidateInstanceId(id));
  const v1::InstanceState* record = context.model.instances.Find(id);
  if (record == nullptr) return ec2::InstanceNotFound(id);
  // One that drains has been terminated, as far as its users can tell.
  const bool leaves = record->drain_until() != 0 && !IsTerminated(*record);
  ec2::Lifecycle life = leaves ? ec2::Lifecycle(ec2::InstanceState::kShuttingDown, {}) : LifeOf(*record);
  return life.Apply(call, options, id, context.now());
}

void StopInstance(Context& context, const std::string& id, const ec2::CallOptions& options) {
  const v1::InstanceState& record = *context.model.instances.Find(id);
  const bool stops = IsHalted(record);
  // What stops already is told anew only if it is to wait no longer.
  if (IsStopped(record) || (stops && (!options.force || record.forced()))) return;
  ec2::Lifecycle life = LifeOf(record);
  if (!life.Apply(ec2::Call::kStop, options, id, context.now()).ok()) return;
  context.model.instances.Update(id, [&](v1::InstanceState& changed) { Save(life, changed); });
  if (!stops) TellState(context, record);
  context.Terminate(id, GraceOf(record));
}

void StartInstance(Context& context, const std::string& id) {
  const v1::InstanceState& record = *context.model.instances.Find(id);
  ec2::Lifecycle life = LifeOf(record);
  if (!IsStopped(record) || !life.Apply(ec2::Call::kStart, {}, id, context.now()).ok()) return;
  context.model.instances.Update(id, [&](v1::InstanceState& changed) {
    Save(life, changed);
    changed.set_started_again(true);
    changed.set_running_time(0);
  });
  TellState(context, record);
  LaunchAgain(context, id);
}

void RebootInstance(Context& context, const std::string& id) {
  const v1::InstanceState& record = *context.model.instances.Find(id);
  context.Tell(record.owner(), id, kType, "rebooting", "its process is ended and started again");
  context.model.transaction.Do([id](process::Driver& driver) { driver.Reboot(id, kTerminateGrace); });
}

void MonitorInstance(Context& context, const std::string& id, bool on) {
  const v1::InstanceState& record = *context.model.instances.Find(id);
  ec2::Lifecycle life = LifeOf(record);
  if (!life.Apply(on ? ec2::Call::kMonitor : ec2::Call::kUnmonitor, {}, id, context.now()).ok()) return;
  if (static_cast<int>(life.record().monitoring) == record.monitoring()) return;
  context.model.instances.Update(id, [&](v1::InstanceState& changed) { Save(life, changed); });
}

void DrainAndTerminate(Context& context, const std::string& id) {
  const v1::InstanceState* record = context.model.instances.Find(id);
  if (record == nullptr || IsTerminated(*record) || record->drain_until() != 0) return;
  const absl::Duration delay = DeregistrationDelay(context, *record);
  context.model.instances.Update(id, [&](v1::InstanceState& changed) {
    changed.set_drain_until(ToMicros(context.now() + delay));
    if (!changed.group_name().empty()) changed.set_lifecycle_state("Terminating");
  });
  context.Tell(record->owner(), id, kType, "draining", "takes no new requests, and is terminated once it is idle");
}

bool OnInstanceEvent(Context& context, const process::Event& event) {
  const v1::InstanceState* record = context.model.instances.Find(event.id);
  if (record == nullptr || IsTerminated(*record)) return false;
  if (IsStopped(*record)) {
    // A last word that was heard before, or a process that nobody wants.
    if (event.kind == process::Event::Kind::kExited) {
      context.Forget(event.id);
    } else {
      context.Terminate(event.id, kTerminateGrace);
    }
    return true;
  }
  if (event.kind == process::Event::Kind::kExited) {
    Ended(context, event.id, event.end);
    return true;
  }
  const bool was_running = LifeOf(*record).state() == ec2::InstanceState::kRunning;
  context.model.instances.Update(event.id, [&](v1::InstanceState& changed) {
    ec2::Lifecycle life = LifeOf(changed);
    life.OnStarted();
    Save(life, changed);
    if (changed.pid() != event.pid) changed.set_boot_time(ToMicros(context.now()));
    changed.set_pid(event.pid);
    changed.set_not_isolated(!event.isolated);
    changed.set_isolation_reason(event.message);
    if (changed.running_time() == 0) changed.set_running_time(ToMicros(context.now()));
  });
  // Told before, perhaps by a control plane that was killed on its way to tell the process.
  if (record->terminate_sent() || IsHalted(*record)) context.Terminate(event.id, GraceOf(*record));
  if (!was_running) TellState(context, *record);
  if (!was_running && !event.isolated) {
    context.Tell(record->owner(), event.id, kType, "not-isolated",
                 absl::StrCat("runs without namespaces of its own, and sees this user's files: ", event.message));
  } else if (!was_running && !event.message.empty()) {
    context.Tell(record->owner(), event.id, kType, "without-names",
                 absl::StrCat("libc finds no names of the region, which NUBO_DNS still leads to: ", event.message));
  }
  return true;
}

absl::Time TickInstances(Context& context) {
  const absl::Time now = context.now();
  absl::Time next = absl::InfiniteFuture();
  std::vector<std::string> finish;
  std::vector<std::pair<int64_t, std::string>> terminated;
  std::vector<std::string> orphans;
  std::vector<std::string> unsettled;
  for (const auto& [id, record] : context.model.instances) {
    if (IsTerminated(record)) terminated.push_back({record.terminated_time(), id});
    const ec2::Monitoring monitoring = LifeOf(record).record().monitoring;
    if (monitoring == ec2::Monitoring::kPending || monitoring == ec2::Monitoring::kDisabling) unsettled.push_back(id);
    // Nobody would ever end it: the record of its group has been lost.
    const bool grouped = !record.group_name().empty();
    if (grouped && context.model.groups.Find(record.group_name()) == nullptr) orphans.push_back(id);
    if (record.drain_until() == 0 || record.terminate_sent() || IsTerminated(record)) continue;
    const absl::Time deadline = FromMicros(record.drain_until());
    if (now >= deadline || IsHalted(record) || Drained(context, record)) {
      finish.push_back(id);
    } else {
      next = std::min(next, deadline);
    }
  }
  for (const std::string& id : unsettled) {
    context.model.instances.Update(id, [&](v1::InstanceState& record) {
      ec2::Lifecycle life = LifeOf(record);
      life.OnMonitoringChanged();
      Save(life, record);
    });
  }
  for (const std::string& id : orphans) DrainAndTerminate(context, id);
  for (const std::string& id : finish) {
    context.model.instances.Update(id, [&](v1::InstanceState& record) {
      ec2::Lifecycle life = LifeOf(record);
      // Whether it may be was asked when it was told to go; a group's is whatever it says.
      life.set_termination_protection(false);
      life.set_stop_protection(false);
      (void)life.Apply(ec2::Call::kTerminate, {}, id, context.now());
      Save(life, record);
      record.set_terminate_sent(true);
    });
    const v1::InstanceState& record = *context.model.instances.Find(id);
    // A stopped one has no process whose end would be heard of.
    if (IsTerminated(record)) {
      Bury(context, id);
      continue;
    }
    TellState(context, record);
    context.Terminate(id, kTerminateGrace);
  }
  std::sort(terminated.begin(), terminated.end());
  for (size_t i = 0; i < terminated.size(); ++i) {
    const bool surplus = terminated.size() - i > kTerminatedMax;
    if (!surplus && now < FromMicros(terminated[i].first) + kTerminatedVisible) break;
    context.model.instances.Erase(terminated[i].second);
    context.RemoveLog(terminated[i].second);
  }
  return next;
}

}  // namespace nubo::region
