// The kinds of processes that the region runs itself: what each needs to be started, heard, probed and ended by
// (services.h). A new kind is a class here and one registration; nothing else knows kinds by their names.
//
// Example:
//   ServiceKinds kinds;
//   kinds.Add(std::make_unique<DnsServiceKind>());
//   context.kinds = &kinds;
//   TickServices(context);
//
// Thread safety: a kind is const and guarded by the region's lock.
#ifndef NUBO_REGION_SUPERVISOR_SERVICE_KIND_H_
#define NUBO_REGION_SUPERVISOR_SERVICE_KIND_H_

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "nubo/net/ip_address.h"
#include "nubo/process/driver.h"
#include "nubo/region/state/context.h"

namespace nubo::region {

// How one that runs is asked whether it serves.
struct ServiceProbe {
  enum class How {
    // A DNS query, over UDP and TCP.
    kDns,
    // A connection that says HTTP/2's preface, and hears a byte.
    kHttp2,
    // A connection that hears a byte.
    kGreeting,
  };
  How how = How::kGreeting;
  // What users call the kind of thing: "dns", "listener", "balancer", "database".
  std::string what;
  // What users call this one.
  std::string name;
  net::SocketAddress address = {};
  // A unix socket; "": the address.
  std::string socket_path = {};
  // One that does not answer for long is restarted.
  bool watched = true;
};

class ServiceKind {
 public:
  virtual ~ServiceKind() = default;

  // As the services' records have it. The same for ever: records outlive this program.
  virtual absl::string_view name() const = 0;
  // It runs this program, speaks the region's control protocol, and is sent configurations.
  virtual bool is_configured() const = 0;

  // Adds what should run, by the ids of the services, with whose it is.
  virtual void AddWanted(const Context& context, std::map<std::string, v1::Owner>& wanted) const = 0;
  virtual process::Spec Spec(const Context& context, const std::string& id) const = 0;

  // It is about to be started by that.
  virtual void OnStarting(Context& context, const std::string& id) const {}
  // It has to be started anew, with what its record says by now.
  virtual bool HasToRestart(const Context& context, const std::string& id) const { return false; }
  // Its process ended by itself; it is started again.
  virtual void OnDied(Context& context, const std::string& id) const {}
  // Its process ended because it is no longer wanted. True: nothing of it is left. False: what it leaves goes first,
  // and `context.on_remains_gone` is called with its id after that.
  virtual bool OnStopped(Context& context, const std::string& id) const { return true; }
  // That has happened.
  virtual void OnRemainsGone(Context& context, const std::string& id) const {}

  // What it has said, and been told, does not count any more: it has no process, or is gone.
  virtual void ForgetWords(Context& context, const std::string& id) const {}

  // Of one that runs and has yet to say that it is ready: where to ask. Its answer is OnReady.
  virtual std::optional<ServiceProbe> AwaitsReady(const Context& context, const std::string& id) const {
    return std::nullopt;
  }
  virtual void OnReady(Context& context, const std::string& id) const {}

  // Of one that runs; nullopt: nobody could expect an answer yet.
  virtual std::optional<ServiceProbe> Probe(const Context& context, const std::string& id) const = 0;
};

// Every kind there is.
class ServiceKinds {
 public:
  void Add(std::unique_ptr<const ServiceKind> kind) {
    const std::string name(kind->name());
    kinds_[name] = std::move(kind);
  }
  // nullptr: none of that name.
  const ServiceKind* Find(const std::string& name) const {
    const auto found = kinds_.find(name);
    return found == kinds_.end() ? nullptr : found->second.get();
  }
  // By name.
  auto begin() const { return kinds_.begin(); }
  auto end() const { return kinds_.end(); }

 private:
  std::map<std::string, std::unique_ptr<const ServiceKind>> kinds_;
};

}  // namespace nubo::region

#endif  // NUBO_REGION_SUPERVISOR_SERVICE_KIND_H_
