// What every part of the region works on.
//
// Parts change the model under the region's lock. What reaches outside (starting a process, removing a directory) is
// not done there but added to the model's transaction, as an effect that begins once the change is on disk. While the
// disk cannot be written only what ends something is done.
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_STATE_CONTEXT_H_
#define NUBO_REGION_STATE_CONTEXT_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "nubo/base/clock.h"
#include "nubo/base/id_source.h"
#include "nubo/base/tree_removal.h"
#include "nubo/dns/v1/dns.pb.h"
#include "nubo/drivers/log_times.h"
#include "nubo/fabrics/fabric.h"
#include "nubo/metadata/v1/metadata.pb.h"
#include "nubo/net/ip_address.h"
#include "nubo/network/v1/network.pb.h"
#include "nubo/process/driver.h"
#include "nubo/proxy/v1/proxy.pb.h"
#include "nubo/region/state/address_leases.h"
#include "nubo/region/state/effect.h"
#include "nubo/region/state/events.h"
#include "nubo/region/state/hang_watch.h"
#include "nubo/region/state/model.h"
#include "nubo/region/state/remover.h"
#include "nubo/region/state/state_directory.h"
#include "nubo/vpc/network.h"
#include "nubo/vpc/reachability.h"

namespace nubo::region {

class PreparedTemplates;
class ResourceTypes;
class ServiceKinds;

// What the control plane's own socket, and its own log, are called beside those of the processes it runs.
inline constexpr char kControlSocket[] = "nubo";
inline constexpr char kDaemonLog[] = "nubo";

// Where things are, below the state directory.
struct Paths {
  std::string state;

  std::string Store() const { return state + "/state.db"; }
  std::string Run() const { return state + "/run"; }
  std::string Logs() const { return state + "/log"; }
  std::string Log(const std::string& id) const { return Logs() + "/" + id + ".log"; }
  std::string Instance(const std::string& id) const { return state + "/instances/" + id; }
  std::string Service(const std::string& id) const { return state + "/svc/" + id; }
  // What the instances of a VPC see in place of this machine's files.
  std::string Names(const std::string& vpc_id) const { return state + "/names/" + vpc_id; }
  std::string ResolvConf(const std::string& vpc_id) const { return Names(vpc_id) + "/resolv.conf"; }
  std::string Hosts(const std::string& vpc_id) const { return Names(vpc_id) + "/hosts"; }
  std::string Images() const { return state + "/images"; }
  std::string Programs() const { return state + "/bin"; }
  std::string Data() const { return state + "/data"; }
  // Of the volumes that an instance has, each by its id and by the names of its device.
  std::string VolumesOf(const std::string& instance_id) const { return Data() + "/attached/" + instance_id; }
  // Where what is to be removed waits for it. Its name is nobody else's: what is in there goes.
  std::string Trash() const { return state + "/" + kTrash; }
  std::string Control(const std::string& id) const { return Service(id) + "/ctl"; }
  // Where the service of networks is asked for them.
  std::string Join() const { return Service("network") + "/join"; }
};

// A file of this machine's, as it was when it was last looked at.
struct HostFile {
  std::string path;
  std::string content = {};
  // Another one, or what has been written since, has another.
  std::string identity = {};
};

// What instances have been told of names (instance_names.h).
struct NameFiles {
  HostFile resolv_conf = {"/etc/resolv.conf"};
  HostFile hosts = {"/etc/hosts"};
  // The lines of hosts, and the configuration they are made of.
  std::string lines;
  std::string config;
  // The VPCs whose files are written: whether to ask the name server, or with these lines.
  std::map<std::string, bool> told;
};

struct Context {
  // They outlive it.
  Context(Paths paths, const base::Clock& clock, base::IdSource& ids, fabrics::Fabric& fabric,
          const ResourceTypes& types, const ServiceKinds& kinds, PreparedTemplates& templates)
      : paths(std::move(paths)),
        clock(clock),
        ids(ids),
        fabric(fabric),
        types(&types),
        kinds(&kinds),
        templates(&templates),
        events(clock) {}

  const Paths paths;
  const base::Clock& clock;
  base::IdSource& ids;
  fabrics::Fabric& fabric;
  // What the region can make (resources/resource_types.h) and run (supervisor/service_kind.h).
  const ResourceTypes* const types;
  const ServiceKinds* const kinds;
  // What reading the stacks' templates came to (stacks/prepared_templates.h); who only looks adds to it as well.
  PreparedTemplates* const templates;
  Model model;
  Events events;
  net::SocketAddress dns_address;
  net::SocketAddress http_address;
  // Ports below 1024 may be listened on.
  bool low_ports = false;
  // Port 53 may be.
  bool dns_port = false;
  // Each instance is a user of its own (instance_users.h).
  bool own_users = false;
  std::string program;

  // Of directories; null: they are removed at once.
  Remover* remover = nullptr;
  // What a person should know of the region as a whole, and can perhaps mend: a sentence each, by what it is about.
  std::map<std::string, std::string> troubles;
  // Where effects tell what became of a process. Called without the region's lock.
  std::function<void(const process::Event&)> on_process_event = [](const process::Event&) {};
  // Where effects tell that what a service left behind is gone, by its id. Without the region's lock.
  std::function<void(const std::string&)> on_remains_gone = [](const std::string&) {};

  AddressLeases addresses{model.transaction};

  NameFiles names;

  // The last word of each data-plane process, by service id.
  std::map<std::string, proxy::v1::Status> proxy_status;
  dns::v1::Status dns_status;
  network::v1::Status network_status;
  // The last configuration sent, by service id.
  std::map<std::string, proxy::v1::Configuration> proxy_sent;
  dns::v1::Config dns_sent;
  // Of the name servers of VPCs, by service id.
  std::map<std::string, dns::v1::Config> vpc_dns_sent;
  network::v1::Config network_sent;
  // Who reaches whom in the networks that were sent last; null: nobody has been told of any. It refers to the other.
  std::shared_ptr<const vpc::Network> networks;
  std::shared_ptr<const vpc::Reachability> reachability;
  // Of the instance metadata services of VPCs, by service id.
  std::map<std::string, metadata::v1::Config> metadata_sent;
  // Which of them do not answer.
  HangWatch hangs;

  // Of the log of each data-plane process: what was told last.
  struct DroppedLines {
    uint64_t lines = 0;
    absl::Time time = absl::InfinitePast();
  };
  std::map<std::string, DroppedLines> dropped_lines;

  // Since this control plane began; for Prometheus (metrics/region_metrics.h).
  struct Counts {
    uint64_t steps = 0;
    uint64_t passes = 0;
    absl::Duration stepping;
    uint64_t commits = 0;
    uint64_t failed_commits = 0;
    absl::Duration committing;
    // How often the process of each service has ended, to be started again.
    std::map<std::string, uint64_t> restarts;
  };
  Counts counts;

  absl::Time now() const { return clock.Now(); }
  // Instances and what serves them have networks of their own (fabrics/fabric.h).
  bool has_networks() const { return fabric.has_networks(); }

  void Tell(const v1::Owner& owner, const std::string& source, const std::string& type, const std::string& status,
            const std::string& message) {
    events.Add({source, type, status, message, owner.stack_name(), owner.logical_id()}, model.transaction);
  }

  // Failing, too, is told as an event of the process: there is no call to return it from. `prepare`: what has to be on
  // disk before.
  void Launch(process::Spec spec, std::function<absl::Status()> prepare = [] { return absl::OkStatus(); }) {
    const std::string id = spec.id;
    const auto run = [this, spec = std::move(spec), prepare = std::move(prepare)](process::Driver& driver) {
      absl::Status status = prepare();
      if (status.ok()) status = driver.Launch(spec);
      if (status.ok()) return;
      on_process_event({.id = spec.id,
                        .kind = process::Event::Kind::kExited,
                        .end = process::End::NotStarted(std::string(status.message()))});
    };
    model.transaction.Do({Effect::Kind::kLaunch, id, run});
  }
  void Terminate(const std::string& id, absl::Duration grace) {
    const auto run = [id, grace](process::Driver& driver) { driver.Terminate(id, grace); };
    model.transaction.Do({Effect::Kind::kEnd, id, run});
  }
  // Of one that has ended.
  void Forget(const std::string& id) {
    model.transaction.Do({Effect::Kind::kEnd, "", [id](process::Driver& driver) { driver.Forget(id); }});
  }

  // What cannot be removed is told, stays in the trash, and is tried again, also by the next control plane.
  void RemoveTree(const std::string& path) {
    model.transaction.Do({Effect::Kind::kEnd, "", [this, path](process::Driver&) { Discard(path); }});
  }
  void Discard(const std::string& path) const {
    if (remover != nullptr) {
      remover->Discard(path);
    } else {
      (void)base::RemoveTree(path);
    }
  }
  // What a process has printed goes once nothing names it any more.
  void RemoveLog(const std::string& id) {
    for (const std::string& log : {paths.Log(id), drivers::FormerLogPath(paths.Log(id))}) {
      RemoveTree(log);
      RemoveTree(drivers::LogTimesPath(log));
    }
  }
};

inline int64_t ToMicros(absl::Time time) { return absl::ToUnixMicros(time); }
// 0 is "not yet".
inline absl::Time FromMicros(int64_t micros) {
  return micros == 0 ? absl::InfinitePast() : absl::FromUnixMicros(micros);
}

}  // namespace nubo::region

#endif  // NUBO_REGION_STATE_CONTEXT_H_
