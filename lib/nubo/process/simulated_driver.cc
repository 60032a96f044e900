#include "nubo/process/simulated_driver.h"

#include <algorithm>
#include <csignal>
#include <utility>

#include "absl/strings/str_cat.h"

namespace nubo::process {

using Kind = Event::Kind;

void SimulatedDriver::At(absl::Time time, Event event) { due_.emplace(time, std::move(event)); }

void SimulatedDriver::Boot(const std::string& id, absl::Time from) {
  if (failures_ > 0) {
    --failures_;
    return At(from + options_.boot, {.id = id, .kind = Kind::kExited, .end = failure_});
  }
  At(from + options_.boot, {.id = id, .kind = Kind::kRunning, .pid = next_pid_++, .isolated = true});
}

bool SimulatedDriver::HasEnded(absl::string_view id) const {
  for (const auto& [time, event] : due_) {
    if (event.id == id && event.kind == Kind::kExited && time <= clock_.Now()) return true;
  }
  return false;
}

void SimulatedDriver::Cancel(absl::string_view id) {
  for (auto it = due_.begin(); it != due_.end();) it = it->second.id == id ? due_.erase(it) : std::next(it);
}

absl::Status SimulatedDriver::Launch(Spec spec) {
  const bool both = !spec.script.empty() && !spec.argv.empty();
  const bool neither = spec.script.empty() && spec.argv.empty();
  if (both || (neither && !spec.outlives_main)) {
    return absl::InvalidArgumentError(absl::StrCat(spec.id, ": either a program or a script is needed"));
  }
  Cancel(spec.id);
  processes_[spec.id] = {};
  processes_[spec.id].kept = spec.keep_running;
  Boot(spec.id, clock_.Now());
  return absl::OkStatus();
}

void SimulatedDriver::Terminate(absl::string_view id, absl::Duration grace) {
  const auto it = processes_.find(id);
  if (it == processes_.end() || !it->second.alive) return;
  const bool kill = grace < options_.shutdown;
  const absl::Time ends = clock_.Now() + std::max(absl::ZeroDuration(), std::min(grace, options_.shutdown));
  // An end that comes earlier stays.
  for (const auto& [time, event] : due_) {
    if (event.id == id && event.kind == Kind::kExited && time <= ends) return;
  }
  Cancel(id);
  At(ends, {.id = it->first, .kind = Kind::kExited, .end = End::Signaled(kill ? SIGKILL : SIGTERM)});
}

void SimulatedDriver::Reboot(absl::string_view id, absl::Duration grace) {
  const auto it = processes_.find(id);
  if (it == processes_.end() || !it->second.running) return;
  for (const auto& [time, event] : due_) {
    if (event.id == id && event.kind == Kind::kExited) return;
  }
  Cancel(id);
  Boot(it->first, clock_.Now() + std::max(absl::ZeroDuration(), std::min(grace, options_.shutdown)));
}

void SimulatedDriver::Adopt(const std::vector<std::string>& ids) {
  for (const std::string& id : ids) {
    const auto it = processes_.find(id);
    if (it == processes_.end()) {
      At(clock_.Now(), {.id = id, .kind = Kind::kExited, .end = End::Unknown("ended while nobody was watching")});
    } else if (!it->second.alive) {
      At(clock_.Now(), {.id = id, .kind = Kind::kExited, .end = it->second.end});
    } else if (it->second.running && !HasEnded(id)) {
      At(clock_.Now(), {.id = id, .kind = Kind::kRunning, .pid = it->second.pid, .isolated = true});
    }
    // One that boots, or whose end has not been told, is told of in its time.
  }
}

void SimulatedDriver::Forget(absl::string_view id) {
  const auto it = processes_.find(id);
  if (it == processes_.end() || it->second.alive) return;
  Cancel(id);
  processes_.erase(it);
}

void SimulatedDriver::Deliver() {
  while (!due_.empty() && due_.begin()->first <= clock_.Now()) {
    const Event event = std::move(due_.extract(due_.begin()).mapped());
    if (const auto it = processes_.find(event.id); it != processes_.end()) {
      it->second.running = event.kind == Kind::kRunning;
      it->second.alive = event.kind != Kind::kExited;
      it->second.pid = event.pid;
      it->second.end = event.end;
    }
    callback_(event);
  }
}

void SimulatedDriver::Crash(absl::string_view id, End end) {
  const auto it = processes_.find(id);
  if (it == processes_.end() || !it->second.alive) return;
  Cancel(id);
  if (!it->second.kept) return At(clock_.Now(), {.id = it->first, .kind = Kind::kExited, .end = std::move(end)});
  At(clock_.Now(),
     {.id = it->first, .kind = Kind::kRestarting, .end = std::move(end), .restarts_in = options_.restart});
  Boot(it->first, clock_.Now() + options_.restart);
}

void SimulatedDriver::KillWithWatcher(absl::string_view id) {
  const auto it = processes_.find(id);
  if (it == processes_.end() || !it->second.alive) return;
  Cancel(id);
  At(clock_.Now(),
     {.id = it->first, .kind = Kind::kExited, .end = End::KilledWithWatcher("ended because its watcher was killed")});
}

void SimulatedDriver::FailLaunches(int count, End end) {
  failures_ = count;
  failure_ = std::move(end);
}

std::set<std::string> SimulatedDriver::known() const {
  std::set<std::string> ids;
  for (const auto& [id, process] : processes_) ids.insert(id);
  return ids;
}

int SimulatedDriver::alive() const {
  return static_cast<int>(
      std::count_if(processes_.begin(), processes_.end(), [](const auto& entry) { return entry.second.alive; }));
}

}  // namespace nubo::process
