#include "nubo/region/probes.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/dns_client/exchange.h"
#include "nubo/net/stream.h"
#include "nubo/region/dns_config.h"
#include "nubo/region/proxy_config.h"
#include "nubo/region/services.h"

namespace nubo::region {
namespace {

using Kind = ProbeTarget::Kind;

// HTTP/2's connection preface (RFC 9113 §3.4): the magic bytes and an empty SETTINGS frame.
constexpr absl::string_view kHttp2Greeting("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0", 33);

void AddBalancers(const Context& context, std::vector<ProbeTarget>& targets) {
  for (const auto& [arn, balancer] : context.model.load_balancers) {
    const v1::ServiceState* service = context.model.services.Find(BalancerServiceId(arn));
    const v1::ListenerState* listener = FirstListener(context, arn);
    if (service == nullptr || service->pid() == 0 || listener == nullptr || balancer.loopback_ips().empty()) continue;
    const auto ip = net::IpAddress::Parse(balancer.loopback_ips(0));
    if (!ip.ok()) continue;
    targets.push_back({service->id(),
                       Kind::kBalancer,
                       balancer.name(),
                       service->pid(),
                       {*ip, static_cast<uint16_t>(listener->local_port())}});
  }
}

void AddDatabases(const Context& context, std::vector<ProbeTarget>& targets) {
  for (const auto& [id, database] : context.model.databases) {
    const v1::ServiceState* service = context.model.services.Find(DatabaseServiceId(id));
    // One that is being made does not listen yet, and its status says so.
    if (service == nullptr || service->pid() == 0 || database.status() != "available") continue;
    const auto ip = net::IpAddress::Parse(database.loopback_ip());
    if (!ip.ok()) continue;
    targets.push_back(
        {service->id(), Kind::kDatabase, id, service->pid(), {*ip, static_cast<uint16_t>(database.port())}});
  }
}

dns::Message Query(uint16_t id) {
  dns::Message query;
  query.id = id;
  query.questions.push_back({*dns::Name::Parse(kBalancerZone), dns::RecordType::kSoa});
  return query;
}

net::Task<absl::Status> ProbeDns(net::Loop& loop, std::shared_ptr<const ProbeTarget> target, absl::Time deadline) {
  for (const dns::Transport transport : {dns::Transport::kUdp, dns::Transport::kTcp}) {
    const dns::Message query = Query(static_cast<uint16_t>(absl::ToUnixMicros(loop.Now())));
    const auto reply = co_await dns_client::Exchange(loop, target->address, query, transport, deadline);
    if (!reply.ok()) {
      co_return base::Annotate(reply.status(), transport == dns::Transport::kUdp ? "over UDP" : "over TCP");
    }
  }
  co_return absl::OkStatus();
}

// Until it has said a byte, after `greeting` has been said to it.
net::Task<absl::Status> ProbeStream(net::Loop& loop, std::shared_ptr<const ProbeTarget> target,
                                    absl::string_view greeting, absl::Time deadline) {
  const auto stream = co_await net::ConnectTcp(loop, target->address, deadline);
  if (!stream.ok()) co_return stream.status();
  (*stream)->SetDeadline(deadline);
  if (!greeting.empty()) NUBO_CO_RETURN_IF_ERROR(co_await (*stream)->Write(greeting));
  char byte[1];
  const auto got = co_await (*stream)->Read(absl::MakeSpan(byte));
  if (!got.ok()) co_return got.status();
  if (*got == 0) co_return absl::UnavailableError(absl::StrCat(target->address.ToString(), " closes the connection"));
  co_return absl::OkStatus();
}

}  // namespace

std::string ToString(ProbeTarget::Kind kind) {
  switch (kind) {
    case Kind::kDns:
      return "dns";
    case Kind::kListener:
      return "listener";
    case Kind::kBalancer:
      return "balancer";
    case Kind::kDatabase:
      return "database";
  }
  return "";
}

std::vector<ProbeTarget> ProbeTargets(const Context& context) {
  std::vector<ProbeTarget> targets;
  const auto add = [&](const char* id, Kind kind, const net::SocketAddress& address) {
    const v1::ServiceState* service = context.model.services.Find(id);
    if (service != nullptr && service->pid() != 0) targets.push_back({id, kind, id, service->pid(), address});
  };
  add(kDnsService, Kind::kDns, context.dns_address);
  add(kEdgeService, Kind::kListener, context.http_address);
  AddBalancers(context, targets);
  AddDatabases(context, targets);
  return targets;
}

net::Task<absl::Status> Probe(net::Loop& loop, std::shared_ptr<const ProbeTarget> target, absl::Time deadline) {
  if (target->kind == Kind::kDns) return ProbeDns(loop, std::move(target), deadline);
  const absl::string_view greeting = target->kind == Kind::kDatabase ? "" : kHttp2Greeting;
  return ProbeStream(loop, std::move(target), greeting, deadline);
}

}  // namespace nubo::region
