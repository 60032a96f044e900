#include "nubo/ec2/simulated_driver.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace nubo::ec2 {

using Kind = InstanceEvent::Kind;

void SimulatedDriver::At(absl::Time time, InstanceEvent event) { due_.emplace(time, std::move(event)); }

void SimulatedDriver::Boot(const std::string& id, absl::Time from) {
  if (failures_ > 0) {
    --failures_;
    return At(from + options_.boot, {.id = id, .kind = Kind::kExited, .message = failure_message_});
  }
  At(from + options_.boot, {.id = id, .kind = Kind::kRunning, .pid = next_pid_++, .isolated = true});
}

void SimulatedDriver::Cancel(absl::string_view id) {
  for (auto it = due_.begin(); it != due_.end();) it = it->second.id == id ? due_.erase(it) : std::next(it);
}

absl::Status SimulatedDriver::Launch(InstanceSpec spec) {
  if (spec.script.empty() == spec.argv.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(spec.id, ": either a program or a script is needed"));
  }
  Cancel(spec.id);
  instances_[spec.id] = {};
  Boot(spec.id, clock_.Now());
  return absl::OkStatus();
}

void SimulatedDriver::Terminate(absl::string_view id, absl::Duration grace) {
  const auto it = instances_.find(id);
  if (it == instances_.end() || !it->second.alive) return;
  const bool kill = grace < options_.shutdown;
  const absl::Time ends = clock_.Now() + std::max(absl::ZeroDuration(), std::min(grace, options_.shutdown));
  // An end that comes earlier stays.
  for (const auto& [time, event] : due_) {
    if (event.id == id && event.kind == Kind::kExited && time <= ends) return;
  }
  Cancel(id);
  At(ends,
     {.id = it->first, .kind = Kind::kExited, .message = kill ? "was killed by signal 9" : "was killed by signal 15"});
}

void SimulatedDriver::Reboot(absl::string_view id, absl::Duration grace) {
  const auto it = instances_.find(id);
  if (it == instances_.end() || !it->second.running) return;
  for (const auto& [time, event] : due_) {
    if (event.id == id && event.kind == Kind::kExited) return;
  }
  Cancel(id);
  Boot(it->first, clock_.Now() + std::max(absl::ZeroDuration(), std::min(grace, options_.shutdown)));
}

void SimulatedDriver::Adopt(const std::vector<std::string>& ids) {
  for (const std::string& id : ids) {
    const auto it = instances_.find(id);
    if (it == instances_.end()) {
      At(clock_.Now(), {.id = id, .kind = Kind::kExited, .message = "ended while nobody was watching"});
    } else if (!it->second.alive) {
      At(clock_.Now(), {.id = id, .kind = Kind::kExited, .message = it->second.message});
    } else if (it->second.running) {
      At(clock_.Now(), {.id = id, .kind = Kind::kRunning, .pid = next_pid_++, .isolated = true});
    }
    // One that boots is told of in its time.
  }
}

void SimulatedDriver::Forget(absl::string_view id) {
  const auto it = instances_.find(id);
  if (it == instances_.end() || it->second.alive) return;
  Cancel(id);
  instances_.erase(it);
}

void SimulatedDriver::Deliver() {
  while (!due_.empty() && due_.begin()->first <= clock_.Now()) {
    const InstanceEvent event = std::move(due_.extract(due_.begin()).mapped());
    if (const auto it = instances_.find(event.id); it != instances_.end()) {
      it->second.running = event.kind == Kind::kRunning;
      it->second.alive = it->second.running;
      it->second.message = event.message;
    }
    callback_(event);
  }
}

void SimulatedDriver::Crash(absl::string_view id, absl::string_view message) {
  const auto it = instances_.find(id);
  if (it == instances_.end() || !it->second.alive) return;
  Cancel(id);
  At(clock_.Now(), {.id = it->first, .kind = Kind::kExited, .message = std::string(message)});
}

void SimulatedDriver::FailLaunches(int count, absl::string_view message) {
  failures_ = count;
  failure_message_ = std::string(message);
}

int SimulatedDriver::alive() const {
  return static_cast<int>(
      std::count_if(instances_.begin(), instances_.end(), [](const auto& entry) { return entry.second.alive; }));
}

}  // namespace nubo::ec2
