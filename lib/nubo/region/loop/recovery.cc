#include "nubo/region/loop/recovery.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "nubo/base/mutex.h"
#include "nubo/ec2/lifecycle.h"
#include "nubo/region/compute/images.h"
#include "nubo/region/compute/instances.h"
#include "nubo/region/compute/volumes.h"
#include "nubo/region/state/instance_facts.h"

namespace nubo::region {
namespace {

namespace fs = std::filesystem;

// The longest that a target group lets an instance go on.
constexpr absl::Duration kDrainMax = absl::Hours(1);

std::vector<std::string> NamesIn(const std::string& directory) {
  std::vector<std::string> names;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(directory, ignored))
    names.push_back(entry.path().filename().string());
  return names;
}

// What shims were to read, or had not written to its end.
void RemoveScraps(Context& context) {
  for (const std::string& name : NamesIn(context.paths.Run())) {
    const bool scrap = absl::EndsWith(name, ".spec") || absl::EndsWith(name, ".new");
    if (scrap) context.RemoveTree(absl::StrCat(context.paths.Run(), "/", name));
  }
}

// The instances and services that are meant to be there.
std::set<std::string> LiveIds(const Context& context) {
  std::set<std::string> ids;
  for (const auto& [id, instance] : context.model.instances) {
    if (!IsTerminated(instance)) ids.insert(id);
  }
  for (const auto& [id, service] : context.model.services) ids.insert(id);
  return ids;
}

// A service goes by the same name every time: what is there of one that is wanted is its own, even if its record has
// been removed. Its end would else be taken for that of its successor.
void NameStrays(Context& context, const std::set<std::string>& shims) {
  for (const auto& [name, kind] : *context.kinds) {
    std::map<std::string, v1::Owner> wanted;
    kind->AddWanted(context, wanted);
    for (const auto& [id, owner] : wanted) {
      if (shims.count(id) == 0 || context.model.services.Find(id) != nullptr) continue;
      v1::ServiceState service;
      service.set_id(id);
      service.set_kind(name);
      service.set_launched(true);
      context.model.services.Put(id, service);
    }
  }
}

// `images_lost`: some are not known any more, and what was of them is left.
void RemoveStrayDirectories(Context& context, const std::set<std::string>& known, bool images_lost) {
  for (const std::string& parent : {context.paths.Instance(""), context.paths.Service("")}) {
    for (const std::string& name : NamesIn(parent)) {
      if (known.count(name) == 0) context.RemoveTree(parent + name);
    }
  }
  if (images_lost) return;
  std::set<std::string> images;
  // By their last part: the state directory may be named in another way today.
  for (const auto& [id, image] : context.model.images) {
    images.insert(std::filesystem::path(image.directory()).filename());
  }
  for (const std::string& name : NamesIn(context.paths.Images())) {
    if (images.count(name) == 0) context.RemoveTree(absl::StrCat(context.paths.Images(), "/", name));
  }
}

void RemoveStrayLogs(Context& context) {
  for (const std::string& name : NamesIn(context.paths.Logs())) {
    absl::string_view id = name;
    absl::ConsumeSuffix(&id, ".times");
    if (!absl::ConsumeSuffix(&id, ".log") && !absl::ConsumeSuffix(&id, ".log.1")) continue;
    const bool known =
        id == kDaemonLog || context.model.instances.Find(id) != nullptr || context.model.services.Find(id) != nullptr;
    if (!known) context.RemoveTree(context.paths.Logs() + "/" + name);
  }
}

// Times that a clock has written which was ahead of today's. What is waited for is then waited for once more, and never
// until a year that is far away.
void BoundTimes(Context& context) {
  const int64_t now = ToMicros(context.now());
  std::vector<std::string> instances, services;
  for (const auto& [id, instance] : context.model.instances) {
    if (instance.launch_time() > now || instance.terminated_time() > now || instance.drain_until() > now) {
      instances.push_back(id);
    }
  }
  for (const auto& [id, service] : context.model.services) {
    if (service.started_time() > now || service.retry_at() > now) services.push_back(id);
  }
  for (const std::string& id : instances) {
    context.model.instances.Update(id, [now](v1::InstanceState& instance) {
      const auto bound = [now](int64_t time) { return std::min(time, now); };
      const bool ahead = instance.launch_time() > now;
      instance.set_launch_time(bound(instance.launch_time()));
      instance.set_running_time(bound(instance.running_time()));
      instance.set_in_service_time(bound(instance.in_service_time()));
      instance.set_terminated_time(bound(instance.terminated_time()));
      const int64_t longest = now + absl::ToInt64Microseconds(kDrainMax);
      instance.set_drain_until(ahead ? bound(instance.drain_until()) : std::min(instance.drain_until(), longest));
    });
  }
  for (const std::string& id : services) {
    context.model.services.Update(id, [now](v1::ServiceState& service) {
      service.set_started_time(std::min(service.started_time(), now));
      service.set_retry_at(0);
    });
  }
}

}  // namespace

std::set<std::string> ShimsIn(const Paths& paths) {
  std::set<std::string> ids;
  for (const std::string& name : NamesIn(paths.Run())) {
    absl::string_view id = name;
    const bool shims = absl::ConsumeSuffix(&id, ".sock") || absl::ConsumeSuffix(&id, ".sock.exit");
    if (shims && id != kControlSocket) ids.emplace(id);
  }
  return ids;
}

std::vector<std::string> Recover(Context& context, const Damage& damage, const std::set<std::string>& shims) {
  BoundTimes(context);
  RemoveScraps(context);
  NameStrays(context, shims);
  std::set<std::string> known = LiveIds(context);
  std::set<std::string> adopt = shims;
  std::vector<std::string> launch, start, watch, stopping;
  for (const auto& [id, instance] : context.model.instances) {
    if (IsTerminated(instance)) continue;
    if (IsStopped(instance)) {
      if (shims.count(id) > 0) stopping.push_back(id);
      continue;
    }
    // One that was pending and was never seen to run has been recorded, and no more.
    const bool never_ran = instance.pid() == 0 && instance.drain_until() == 0 && shims.count(id) == 0 &&
                           instance.state_code() == static_cast<int>(ec2::InstanceState::kPending);
    if (never_ran) {
      launch.push_back(id);
    } else {
      adopt.insert(id);
    }
  }
  for (const auto& [id, service] : context.model.services) {
    const bool shim = shims.count(id) > 0;
    if (shim || (service.launched() && (service.pid() != 0 || service.stopping()))) {
      adopt.insert(id);
      watch.push_back(id);
    } else if (service.launched()) {
      start.push_back(id);
    }
  }
  RecoverVolumes(context);
  for (const std::string& id : launch) LaunchAgain(context, id);
  // Its shim has its last word yet to tell, which another start of it must not get.
  for (const std::string& id : stopping) {
    context.model.instances.Update(id, [](v1::InstanceState& instance) {
      instance.set_state_code(static_cast<int>(ec2::InstanceState::kStopping));
    });
  }
  // Whatever the record says, its shim is there, and has a last word to tell at least.
  for (const std::string& id : watch) {
    context.model.services.Update(id, [](v1::ServiceState& service) { service.set_launched(true); });
  }
  // The next pass over the services starts them.
  for (const std::string& id : start) {
    context.model.services.Update(id, [](v1::ServiceState& service) { service.set_launched(false); });
  }
  ForgetUnusedImages(context);
  known.insert(shims.begin(), shims.end());
  const bool images_lost = std::any_of(damage.lost.begin(), damage.lost.end(),
                                       [](const std::string& key) { return absl::StartsWith(key, "images/"); });
  RemoveStrayDirectories(context, known, images_lost);
  RemoveStrayLogs(context);
  return {adopt.begin(), adopt.end()};
}

void RemoveOldPrograms(const Paths& paths, store::Store& store, const ServiceKinds& kinds,
                       const std::set<std::string>& current) {
  // By their last part: the state directory may be named in another way today.
  std::set<std::string> used;
  for (const std::string& path : current) used.insert(fs::path(path).filename());
  const auto records = store.List("services/");
  if (!records.ok()) return;
  for (const store::Entry& entry : *records) {
    v1::ServiceState service;
    if (!service.ParseFromString(entry.value)) return;
    const ServiceKind* kind = kinds.Find(service.kind());
    const bool runs_ours = kind == nullptr || kind->is_configured();
    if (service.launched() && runs_ours && service.program().empty()) return;
    used.insert(fs::path(service.program()).filename());
  }
  for (const std::string& name : NamesIn(paths.Programs())) {
    std::error_code ignored;
    if (used.count(name) == 0) fs::remove(absl::StrCat(paths.Programs(), "/", name), ignored);
  }
}

std::vector<std::string> LiveStrays(const Paths& paths) {
  std::vector<std::string> live;
  for (const std::string& id : ShimsIn(paths)) {
    if (drivers::IsLive(paths.Run(), id)) live.push_back(id);
  }
  return live;
}

absl::Status EndStrays(const Paths& paths, const drivers::ProcessDriver::Options& options, absl::Duration timeout) {
  const std::set<std::string> all = ShimsIn(paths);
  if (all.empty()) return absl::OkStatus();
  struct Left {
    base::Mutex mutex;
    base::CondVar changed;
    std::set<std::string> ids NUBO_GUARDED_BY(mutex);
  } left{.ids = all};
  drivers::ProcessDriver* driver = nullptr;
  const auto hear = [&](const process::Event& event) {
    if (event.kind != process::Event::Kind::kExited) return driver->Terminate(event.id, absl::ZeroDuration());
    driver->Forget(event.id);
    base::MutexLock lock(left.mutex);
    left.ids.erase(event.id);
    left.changed.NotifyAll();
  };
  drivers::ProcessDriver owned(options, hear);
  driver = &owned;
  owned.Adopt({all.begin(), all.end()});
  // One that hangs tells nothing, and is ended all the same.
  for (const std::string& id : all) owned.Terminate(id, absl::ZeroDuration());
  base::MutexLock lock(left.mutex);
  const auto none = [&left]() NUBO_REQUIRES(left.mutex) { return left.ids.empty(); };
  if (left.changed.WaitFor(left.mutex, timeout, none)) return absl::OkStatus();
  return absl::DeadlineExceededError(absl::StrCat(
      *left.ids.begin(), ", which the store does not know, has not ended within ", absl::FormatDuration(timeout)));
}

void OnStrayEvent(Context& context, const process::Event& event) {
  const std::string id = event.id;
  if (event.kind != process::Event::Kind::kExited) {
    context.Terminate(id, absl::ZeroDuration());
    return;
  }
  context.Forget(id);
  context.RemoveTree(context.paths.Instance(id));
  context.RemoveTree(context.paths.Service(id));
}

}  // namespace nubo::region
