#include "nubo/region/supervisor/services.h"

#include <algorithm>
#include <limits>
#include <map>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace nubo::region {
namespace {

constexpr absl::Duration kGrace = absl::Seconds(20);
constexpr char kProcessType[] = "nubo::Process";
// One that has run this long was started well.
constexpr absl::Duration kServiceSettled = absl::Seconds(10);
constexpr absl::Duration kBackoffMax = absl::Seconds(30);
constexpr absl::Duration kDroppedToldAgain = absl::Minutes(5);

// nullptr: a kind of a later version; nobody wants one, so it ends.
const ServiceKind* KindOf(const Context& context, const v1::ServiceState& service) {
  return context.kinds->Find(service.kind());
}

struct Wanted {
  const ServiceKind* kind;
  v1::Owner owner;
};

std::map<std::string, Wanted> AllWanted(const Context& context) {
  std::map<std::string, Wanted> all;
  for (const auto& [name, kind] : *context.kinds) {
    std::map<std::string, v1::Owner> wanted;
    kind->AddWanted(context, wanted);
    for (const auto& [id, owner] : wanted) all[id] = {kind.get(), owner};
  }
  return all;
}

void Start(Context& context, const std::string& id, const ServiceKind& kind) {
  context.model.services.Update(id, [&](v1::ServiceState& service) {
    service.set_launched(true);
    service.set_started_time(ToMicros(context.now()));
    service.set_retry_at(0);
    if (kind.is_configured()) service.set_program(context.program);
  });
  kind.OnStarting(context, id);
  context.Launch(kind.Spec(context, id));
}

void Terminate(Context& context, const std::string& id) { context.Terminate(id, kGrace); }

void Discard(Context& context, const ServiceKind* kind, const std::string& id) {
  context.model.services.Erase(id);
  context.hangs.Forget(id);
  if (kind != nullptr) kind->ForgetWords(context, id);
  context.dropped_lines.erase(id);
  context.counts.restarts.erase(id);
  context.Forget(id);
  context.RemoveTree(context.paths.Service(id));
  context.RemoveLog(id);
}

}  // namespace

process::Spec::Network NetworkNamed(const Context& context, const std::string& name) {
  if (!context.has_networks()) return {};
  return {.name = name, .holder_socket = context.paths.Join()};
}

void JoinFromOutside(const Context& context, const std::string& name, bool all_outside, process::Spec& spec) {
  spec.network = NetworkNamed(context, name);
  if (spec.network.name.empty()) return;
  spec.network.listens_outside = true;
  spec.environment.push_back({"NUBO_HOST_SOCKETS", all_outside ? "all" : "loopback"});
}

process::Spec DataPlaneSpec(const Context& context, const std::string& id, const std::string& verb) {
  process::Spec spec;
  spec.id = id;
  spec.directory = context.paths.Service(id);
  spec.argv = {context.program,           verb,         "--control",
               context.paths.Control(id), "--snapshot", absl::StrCat(spec.directory, "/configuration")};
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

absl::Time TickServices(Context& context) {
  const absl::Time now = context.now();
  absl::Time next = absl::InfiniteFuture();
  const std::map<std::string, Wanted> wanted = AllWanted(context);
  for (const auto& [id, want] : wanted) {
    const v1::ServiceState* service = context.model.services.Find(id);
    if (service == nullptr || service->kind() != want.kind->name()) {
      v1::ServiceState made = service == nullptr ? v1::ServiceState() : *service;
      made.set_id(id);
      made.set_kind(std::string(want.kind->name()));
      context.model.services.Put(id, made);
      service = context.model.services.Find(id);
    }
    if (service->stopping()) continue;
    if (service->launched()) {
      if (service->pid() != 0 && want.kind->HasToRestart(context, id)) Terminate(context, id);
      continue;
    }
    if (now < FromMicros(service->retry_at())) {
      next = std::min(next, FromMicros(service->retry_at()));
      continue;
    }
    Start(context, id, *want.kind);
  }
  std::vector<std::string> gone;
  for (const auto& [id, service] : context.model.services) {
    if (wanted.count(id) == 0 && !service.stopping()) gone.push_back(id);
  }
  for (const std::string& id : gone) {
    const v1::ServiceState& service = *context.model.services.Find(id);
    const ServiceKind* kind = KindOf(context, service);
    if (!service.launched()) {
      if (kind == nullptr || kind->OnStopped(context, id)) {
        Discard(context, kind, id);
        continue;
      }
      // It has no process, and the end of what it leaves is waited for like the end of one.
      context.model.services.Update(id, [](v1::ServiceState& changed) {
        changed.set_stopping(true);
        changed.set_launched(true);
      });
      continue;
    }
    context.model.services.Update(id, [](v1::ServiceState& changed) { changed.set_stopping(true); });
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
void Died(Context& context, const ServiceKind* kind, const v1::ServiceState& service, const std::string& message,
          bool not_started = false) {
  const std::string id = service.id();
  ++context.counts.restarts[id];
  context.model.services.Update(id, [&](v1::ServiceState& changed) {
    changed.set_pid(0);
    changed.set_last_exit(message);
    changed.set_not_started(not_started);
  });
  if (kind == nullptr) return;
  kind->ForgetWords(context, id);
  kind->OnDied(context, id);
}

void OnRunning(Context& context, const ServiceKind* kind, const v1::ServiceState& service, int pid) {
  const std::string id = service.id();
  if (service.pid() != 0 && service.pid() != pid) {
    const std::string message =
        absl::StrCat("process ", service.pid(), " ended while nobody was watching; ", pid, " has taken its place");
    Died(context, kind, service, message);
    context.Tell({}, id, kProcessType, "restarted", message);
  }
  context.model.services.Update(id, [&](v1::ServiceState& changed) { changed.set_pid(pid); });
  // Told before, perhaps by a control plane that was killed on its way to tell the process.
  if (service.stopping()) Terminate(context, id);
}

}  // namespace

void OnRemainsGone(Context& context, const std::string& id) {
  const v1::ServiceState* service = context.model.services.Find(id);
  if (service == nullptr || !service->stopping()) return;
  const ServiceKind* kind = KindOf(context, *service);
  if (kind != nullptr) kind->OnRemainsGone(context, id);
  Discard(context, kind, id);
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
  const ServiceKind* kind = KindOf(context, *service);
  if (event.kind == process::Event::Kind::kRunning) {
    OnRunning(context, kind, *service, event.pid);
    return true;
  }
  const bool not_started = event.end.kind == process::End::Kind::kNotStarted;
  if (event.kind == process::Event::Kind::kRestarting) {
    // Its shim tries again what it was told once. Should that not be there any more, another shim is told what is.
    const bool hopeless = service->not_started() && not_started;
    const std::string message = StartedAgain(event.end, event.restarts_in);
    Died(context, kind, *service, message, not_started);
    context.Tell({}, event.id, kProcessType, "restarting", message);
    if (hopeless) EndNow(context, event.id);
    return true;
  }
  if (service->stopping()) {
    if (kind == nullptr || kind->OnStopped(context, event.id)) Discard(context, kind, event.id);
    return true;
  }
  const absl::Time now = context.now();
  const bool settled = now - FromMicros(service->started_time()) >= kServiceSettled;
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
  Died(context, kind, *service, message, not_started);
  context.Forget(event.id);
  context.Tell({}, event.id, kProcessType, "restarting", message);
  return true;
}

}  // namespace nubo::region
