#include "nubo/region/loop/probes.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/dns_client/exchange.h"
#include "nubo/net/stream.h"
#include "nubo/region/state/names.h"

namespace nubo::region {
namespace {

using How = ServiceProbe::How;

// HTTP/2's connection preface (RFC 9113 §3.4): the magic bytes and an empty SETTINGS frame.
constexpr absl::string_view kHttp2Greeting("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0", 33);

dns::Message Query(uint16_t id) {
  dns::Message query;
  query.id = id;
  query.questions.push_back({*dns::Name::Parse(kBalancerZone), dns::RecordType::kSoa});
  return query;
}

net::Task<absl::Status> ProbeDns(net::Loop& loop, std::shared_ptr<const ProbeTarget> target, absl::Time deadline) {
  for (const dns::Transport transport : {dns::Transport::kUdp, dns::Transport::kTcp}) {
    const dns::Message query = Query(static_cast<uint16_t>(absl::ToUnixMicros(loop.Now())));
    const auto reply = co_await dns_client::Exchange(loop, target->probe.address, query, transport, deadline);
    if (!reply.ok()) {
      co_return base::Annotate(reply.status(), transport == dns::Transport::kUdp ? "over UDP" : "over TCP");
    }
  }
  co_return absl::OkStatus();
}

// Until it has said a byte, after `greeting` has been said to it.
net::Task<absl::Status> ProbeStream(net::Loop& loop, std::shared_ptr<const ProbeTarget> target,
                                    absl::string_view greeting, absl::Time deadline) {
  const std::string path = target->probe.socket_path;
  const auto stream = path.empty() ? co_await net::ConnectTcp(loop, target->probe.address, deadline)
                                   : co_await net::ConnectUnix(loop, path, deadline);
  if (!stream.ok()) co_return stream.status();
  (*stream)->SetDeadline(deadline);
  if (!greeting.empty()) NUBO_CO_RETURN_IF_ERROR(co_await (*stream)->Write(greeting));
  char byte[1];
  const auto got = co_await (*stream)->Read(absl::MakeSpan(byte));
  if (!got.ok()) co_return got.status();
  if (*got == 0)
    co_return absl::UnavailableError(
        absl::StrCat(path.empty() ? target->probe.address.ToString() : path, " closes the connection"));
  co_return absl::OkStatus();
}

}  // namespace

std::vector<ProbeTarget> ProbeTargets(const Context& context) {
  std::vector<ProbeTarget> targets;
  for (const auto& [id, service] : context.model.services) {
    const ServiceKind* kind = context.kinds->Find(service.kind());
    if (kind == nullptr || service.pid() == 0) continue;
    std::optional<ServiceProbe> probe = kind->Probe(context, id);
    if (probe.has_value()) targets.push_back({id, service.pid(), *std::move(probe)});
  }
  return targets;
}

net::Task<absl::Status> Probe(net::Loop& loop, std::shared_ptr<const ProbeTarget> target, absl::Time deadline) {
  if (target->probe.how == How::kDns) return ProbeDns(loop, std::move(target), deadline);
  const absl::string_view greeting = target->probe.how == How::kHttp2 ? kHttp2Greeting : "";
  return ProbeStream(loop, std::move(target), greeting, deadline);
}

}  // namespace nubo::region
