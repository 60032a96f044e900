// What every part of the region works on.
//
// Parts change the model under the region's lock. What reaches outside (starting a process, removing a directory) is
// not done there but added to `effects`, which run once the change is on disk: a crash in between leaves a record of
// what was meant, never a process nobody knows of.
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_CONTEXT_H_
#define NUBO_REGION_CONTEXT_H_

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "nubo/base/clock.h"
#include "nubo/base/id_source.h"
#include "nubo/dns/v1/dns.pb.h"
#include "nubo/drivers/process_driver.h"
#include "nubo/fabrics/block_locks.h"
#include "nubo/net/ip_address.h"
#include "nubo/proxy/v1/proxy.pb.h"
#include "nubo/region/events.h"
#include "nubo/region/hang_watch.h"
#include "nubo/region/model.h"
#include "nubo/vpc/subnet_addresses.h"

namespace nubo::region {

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
  std::string Images() const { return state + "/images"; }
  std::string Programs() const { return state + "/bin"; }
  std::string Data() const { return state + "/data"; }
  std::string Control(const std::string& id) const { return Service(id) + "/ctl"; }
};

struct Context {
  Context(Paths paths, const base::Clock& clock, base::IdSource& ids)
      : paths(std::move(paths)), clock(clock), ids(ids), events(clock) {}

  const Paths paths;
  const base::Clock& clock;
  base::IdSource& ids;
  Model model;
  Events events;
  net::SocketAddress dns_address;
  net::SocketAddress http_address;
  // Ports below 1024 may be listened on.
  bool low_ports = false;
  std::string program;

  std::vector<std::function<void(drivers::ProcessDriver&)>> effects;
  // Of the blocks that VPCs are mapped to; null: nobody else takes any.
  fabrics::BlockLocks* block_locks = nullptr;
  // Where effects tell what became of a process. Called without the region's lock.
  std::function<void(const drivers::ProcessEvent&)> on_process_event = [](const drivers::ProcessEvent&) {};

  // Derived from the model when the region starts: which addresses of a subnet are taken.
  std::map<std::string, vpc::SubnetAddresses> addresses;

  // The last word of each data-plane process, by service id.
  std::map<std::string, proxy::v1::Status> proxy_status;
  dns::v1::Status dns_status;
  // The last configuration sent, by service id.
  std::map<std::string, proxy::v1::Configuration> proxy_sent;
  dns::v1::Config dns_sent;
  // Which of them do not answer.
  HangWatch hangs;

  absl::Time now() const { return clock.Now(); }

  void Tell(const v1::Owner& owner, const std::string& source, const std::string& type, const std::string& status,
            const std::string& message) {
    events.Add({source, type, status, message, owner.stack_name(), owner.logical_id()}, model.batch);
  }

  // Failing, too, is told as an event of the process: there is no call to return it from.
  void Launch(drivers::ProcessSpec spec) {
    effects.push_back([this, spec = std::move(spec)](drivers::ProcessDriver& driver) {
      const absl::Status status = driver.Launch(spec);
      if (status.ok()) return;
      on_process_event({.id = spec.id,
                        .kind = drivers::ProcessEvent::Kind::kExited,
                        .message = absl::StrCat("could not be started: ", status.message())});
    });
  }

  // What cannot be removed is found again when the next control plane starts.
  void RemoveTree(const std::string& path) {
    effects.push_back([path](drivers::ProcessDriver&) {
      std::error_code ignored;
      std::filesystem::remove_all(path, ignored);
    });
  }
  // What a process has printed goes once nothing names it any more.
  void RemoveLog(const std::string& id) {
    RemoveTree(paths.Log(id));
    RemoveTree(paths.Log(id) + ".1");
  }
};

inline int64_t ToMicros(absl::Time time) { return absl::ToUnixMicros(time); }
// 0 is "not yet".
inline absl::Time FromMicros(int64_t micros) {
  return micros == 0 ? absl::InfinitePast() : absl::FromUnixMicros(micros);
}

}  // namespace nubo::region

#endif  // NUBO_REGION_CONTEXT_H_
