#include "nubo/region/services.h"

#include <algorithm>
#include <limits>
#include <map>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nubo/region/databases.h"
#include "nubo/region/digest.h"
#include "nubo/region/instances.h"

namespace nubo::region {
namespace {

constexpr absl::Duration kGrace = absl::Seconds(20);
constexpr char kProcessType[] = "nubo::Process";
constexpr absl::Duration kBackoffMax = absl::Seconds(30);
constexpr absl::Duration kDroppedToldAgain = absl::Minutes(5);

struct Wanted {
  std::string kind;
  v1::Owner owner;
};

std::map<std::string, Wanted> AllWanted(const Context& context) {
  std::map<std::string, Wanted> wanted;
  wanted[kDnsService] = {"dns", {}};
  wanted[kEdgeService] = {"proxy", {}};
  for (const auto& [arn, balancer] : context.model.load_balancers) {
    wanted[BalancerServiceId(arn)] = {"proxy", balancer.owner()};
  }
  for (const auto& [id, database] : context.model.databases) {
    if (!database.deleting()) wanted[DatabaseServiceId(id)] = {"database", database.owner()};
  }
  return wanted;
}

process::Spec DataPlaneSpec(const Context& context, const std::string& id, const std::string& kind) {
  process::Spec spec;
  spec.id = id;
  spec.directory = context.paths.Service(id);
  spec.argv = {context.program,           kind,         "--control",
               context.paths.Control(id), "--snapshot", absl::StrCat(spec.directory, "/configuration")};
  if (kind == "dns") spec.argv.push_back("--query-log");
  spec.environment = {{"PATH", "/usr/sbin:/usr/bin:/sbin:/bin"}, {"LANG", "C.UTF-8"}};
  spec.read_only_dirs = {context.paths.Programs()};
  spec.hidden_dirs = {context.paths.state};
  spec.log_path = context.paths.Log(id);
  spec.bind_low_ports = true;
  // As many connections as there are: all that the machine allows.
  spec.limits.open_files = std::numeric_limits<uint64_t>::max();
  spec.keep_running = true;
  return spec;
}

void Start(Context& context, const std::string& id, const std::string& kind) {
  context.model.services.Update(id, [&](v1::ServiceState& service) {
    service.set_launched(true);
    service.set_started_time(ToMicros(context.now()));
    service.set_retry_at(0);
    if (kind != "database") service.set_program(context.program);
  });
  if (kind == "database") OnDatabaseStarting(context, id);
  context.Launch(kind == "database" ? DatabaseSpec(context, id) : DataPlaneSpec(context, id, kind));
}

void Terminate(Context& context, const std::string& id) { context.Terminate(id, kGrace); }

void Discard(Context& context, const std::string& id) {
  context.model.services.Erase(id);
  context.hangs.Forget(id);
  context.proxy_status.erase(id);
  context.proxy_sent.erase(id);
  context.dropped_lines.erase(id);
  context.Forget(id);
  context.RemoveTree(context.paths.Service(id));
  context.RemoveLog(id);
}

}  // namespace

std::string BalancerServiceId(const std::string& arn) { return absl::StrCat("lb-", arn.substr(arn.rfind('/') + 1)); }

std::string DatabaseServiceId(const std::string& identifier) { return absl::StrCat("db-", Digest(identifier)); }

absl::StatusOr<bool> HasApplied(const Context& context, const std::string& balancer_arn) {
  const auto status = context.proxy_status.find(BalancerServiceId(balancer_arn));
  const auto sent = context.proxy_sent.find(BalancerServiceId(balancer_arn));
  if (status == context.proxy_status.end() || sent == context.proxy_sent.end()) return false;
  if (!status->second.error().empty() && status->second.refused_revision() >= sent->second.revision()) {
    return absl::FailedPreconditionError(status->second.error());
  }
  return status->second.revision() >= sent->second.revision();
}

void AwaitApplied(Context& context, const std::string& balancer_arn) {
  context.proxy_sent.erase(BalancerServiceId(balancer_arn));
}

absl::Time TickServices(Context& context) {
  const absl::Time now = context.now();
  absl::Time next = absl::InfiniteFuture();
  const std::map<std::string, Wanted> wanted = AllWanted(context);
  for (const auto& [id, want] : wanted) {
    const v1::ServiceState* service = context.model.services.Find(id);
    if (service == nullptr) {
      v1::ServiceState made;
      made.set_id(id);
      made.set_kind(want.kind);
      context.model.services.Put(id, made);
      service = context.model.services.Find(id);
    }
    if (service->launched() || service->stopping()) continue;
    if (now < FromMicros(service->retry_at())) {
      next = std::min(next, FromMicros(service->retry_at()));
      continue;
    }
    Start(context, id, want.kind);
  }
  // They are started again, with what their records say by then.
  for (const std::string& id : DatabasesToRestart(context)) {
    if (context.model.services.Find(id)->pid() != 0) Terminate(context, id);
  }
  std::vector<std::string> gone;
  for (const auto& [id, service] : context.model.services) {
    if (wanted.count(id) == 0 && !service.stopping()) gone.push_back(id);
  }
  for (const std::string& id : gone) {
    if (!context.model.services.Find(id)->launched()) {
      if (context.model.services.Find(id)->kind() != "database" || OnDatabaseStopped(context, id)) {
        Discard(context, id);
        continue;
      }
      // It has no process, and the end of its data is waited for like the end of one.
      context.model.services.Update(id, [](v1::ServiceState& service) {
        service.set_stopping(true);
        service.set_launched(true);
      });
      continue;
    }
    context.model.services.Update(id, [](v1::ServiceState& service) { service.set_stopping(true); });
    Terminate(context, id);
  }
  return next;
}

namespace {

std::string StartedAgain(const process::End& end, absl::Duration pause) {
  return absl::StrCat(process::ToString(end), "; it is started again",
                      pause == absl::ZeroDuration() ? "" : absl::StrCat(" in ", absl::FormatDuration(pause)));
}

void EndNow(Context& context, const std::string& id) { context.Terminate(id, absl::ZeroDuration()); }

// It has no process now, whatever it was told before.
void Died(Context& context, const v1::ServiceState& service, const std::string& message, bool not_started = false) {
  const std::string id = service.id();
  context.model.services.Update(id, [&](v1::ServiceState& changed) {
    changed.set_pid(0);
    changed.set_last_exit(message);
    changed.set_not_started(not_started);
  });
  context.proxy_status.erase(id);
  context.proxy_sent.erase(id);
  if (id == kDnsService) {
    context.dns_status.Clear();
    context.dns_sent.Clear();
  }
  if (service.kind() == "database") OnDatabaseDied(context, id);
}

void OnRunning(Context& context, const v1::ServiceState& service, int pid) {
  const std::string id = service.id();
  if (service.pid() != 0 && service.pid() != pid) {
    const std::string message =
        absl::StrCat("process ", service.pid(), " ended while nobody was watching; ", pid, " has taken its place");
    Died(context, service, message);
    context.Tell({}, id, kProcessType, "restarted", message);
  }
  context.model.services.Update(id, [&](v1::ServiceState& changed) { changed.set_pid(pid); });
  // Told before, perhaps by a control plane that was killed on its way to tell the process.
  if (service.stopping()) Terminate(context, id);
}

}  // namespace

void OnDatabaseDataRemoved(Context& context, const std::string& id) {
  const v1::ServiceState* service = context.model.services.Find(id);
  if (service == nullptr || !service->stopping()) return;
  ForgetDatabase(context, id);
  Discard(context, id);
}

void OnLogLinesDropped(Context& context, const std::string& id, uint64_t lines) {
  Context::DroppedLines& told = context.dropped_lines[id];
  // A process that was started again counts from the beginning.
  if (lines < told.lines) told = {};
  if (lines == told.lines || context.now() < told.time + kDroppedToldAgain) return;
  told = {lines, context.now()};
  context.Tell({}, id, kProcessType, "log-lines-dropped",
               absl::StrCat("has dropped ", lines, " lines of its log, which could not be written as fast as it grew: ",
                            context.paths.Log(id)));
}

bool OnServiceEvent(Context& context, const process::Event& event) {
  const v1::ServiceState* service = context.model.services.Find(event.id);
  if (service == nullptr) return false;
  if (event.kind == process::Event::Kind::kRunning) {
    OnRunning(context, *service, event.pid);
    return true;
  }
  const bool not_started = event.end.kind == process::End::Kind::kNotStarted;
  if (event.kind == process::Event::Kind::kRestarting) {
    // Its shim tries again what it was told once. Should that not be there any more, another shim is told what is.
    const bool hopeless = service->not_started() && not_started;
    const std::string message = StartedAgain(event.end, event.restarts_in);
    Died(context, *service, message, not_started);
    context.Tell({}, event.id, kProcessType, "restarting", message);
    if (hopeless) EndNow(context, event.id);
    return true;
  }
  if (service->stopping()) {
    if (service->kind() != "database" || OnDatabaseStopped(context, event.id)) Discard(context, event.id);
    return true;
  }
  const absl::Time now = context.now();
  const bool settled = now - FromMicros(service->started_time()) >= kSettled;
  const int failures = settled ? 0 : service->failures() + 1;
  // The first restart is immediate.
  const absl::Duration wait = failures == 0
                                  ? absl::ZeroDuration()
                                  : std::min(kBackoffMax, absl::Milliseconds(100) * (1 << std::min(failures - 1, 10)));
  context.model.services.Update(event.id, [&](v1::ServiceState& changed) {
    changed.set_launched(false);
    changed.set_failures(failures);
    changed.set_retry_at(wait == absl::ZeroDuration() ? 0 : ToMicros(now + wait));
  });
  const std::string message = StartedAgain(event.end, wait);
  Died(context, *service, message, not_started);
  context.Forget(event.id);
  context.Tell({}, event.id, kProcessType, "restarting", message);
  return true;
}

}  // namespace nubo::region
