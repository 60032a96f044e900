// What every part of the region works on.
//
// Parts change the model under the region's lock. What reaches outside (starting a process, removing a directory) is
// not done there but added to `effects`, which run once the change is on disk: a crash in between leaves a record of
// what was meant, never a process nobody knows of.
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_CONTEXT_H_
#define NUBO_REGION_CONTEXT_H_

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "nubo/base/clock.h"
#include "nubo/base/id_source.h"
#include "nubo/dns/v1/dns.pb.h"
#include "nubo/drivers/process_driver.h"
#include "nubo/net/ip_address.h"
#include "nubo/proxy/v1/proxy.pb.h"
#include "nubo/region/events.h"
#include "nubo/region/model.h"
#include "nubo/vpc/subnet_addresses.h"

namespace nubo::region {

// Where things are, below the state directory.
struct Paths {
  std::string state;

  std::string Run() const { return state + "/run"; }
  std::string Log(const std::string& id) const { return state + "/log/" + id + ".log"; }
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

  // Derived from the model when the region starts: which addresses of a subnet are taken.
  std::map<std::string, vpc::SubnetAddresses> addresses;

  // The last word of each data-plane process, by service id.
  std::map<std::string, proxy::v1::Status> proxy_status;
  dns::v1::Status dns_status;
  // The last configuration sent, by service id.
  std::map<std::string, proxy::v1::Configuration> proxy_sent;
  dns::v1::Config dns_sent;

  absl::Time now() const { return clock.Now(); }

  void Tell(const v1::Owner& owner, const std::string& source, const std::string& type, const std::string& status,
            const std::string& message) {
    events.Add({source, type, status, message, owner.stack_name(), owner.logical_id()}, model.batch);
  }
};

inline int64_t ToMicros(absl::Time time) { return absl::ToUnixMicros(time); }
// 0 is "not yet".
inline absl::Time FromMicros(int64_t micros) {
  return micros == 0 ? absl::InfinitePast() : absl::FromUnixMicros(micros);
}

}  // namespace nubo::region

#endif  // NUBO_REGION_CONTEXT_H_
