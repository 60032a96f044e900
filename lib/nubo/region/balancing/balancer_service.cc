#include "nubo/region/balancing/balancer_service.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "nubo/region/balancing/proxy_config.h"
#include "nubo/region/state/view.h"
#include "nubo/region/supervisor/services.h"

namespace nubo::region {
namespace {

constexpr char kServicePrefix[] = "lb-";

class BalancerKind final : public ServiceKind {
 public:
  absl::string_view name() const override { return "proxy"; }
  bool is_configured() const override { return true; }

  void AddWanted(const Context& context, std::map<std::string, v1::Owner>& wanted) const override {
    for (const auto& [arn, balancer] : context.model.load_balancers) wanted[BalancerServiceId(arn)] = balancer.owner();
  }

  process::Spec Spec(const Context& context, const std::string& id) const override {
    process::Spec spec = DataPlaneSpec(context, id, "proxy");
    JoinFromOutside(context, id, /*all_outside=*/false, spec);
    return spec;
  }

  void ForgetWords(Context& context, const std::string& id) const override {
    context.proxy_status.erase(id);
    context.proxy_sent.erase(id);
  }

  std::optional<ServiceProbe> Probe(const Context& context, const std::string& id) const override {
    absl::string_view token = id;
    if (!absl::ConsumePrefix(&token, kServicePrefix)) return std::nullopt;
    const v1::LoadBalancerState* balancer = View(context.model).BalancerWithToken(token);
    const v1::ListenerState* listener = balancer == nullptr ? nullptr : FirstListener(context, balancer->arn());
    if (listener == nullptr) return std::nullopt;
    // Nobody outside of the networks reaches the others.
    const std::vector<std::string> open = OpenToHost(context, *balancer, *listener);
    if (open.empty()) return std::nullopt;
    const auto ip = net::IpAddress::Parse(open.front());
    if (!ip.ok()) return std::nullopt;
    const net::SocketAddress address{*ip, static_cast<uint16_t>(listener->local_port())};
    return ServiceProbe{ServiceProbe::How::kHttp2, "balancer", balancer->name(), address};
  }
};

}  // namespace

absl::StatusOr<bool> HasApplied(const Context& context, const std::string& balancer_arn) {
  const auto status = context.proxy_status.find(BalancerServiceId(balancer_arn));
  const auto sent = context.proxy_sent.find(BalancerServiceId(balancer_arn));
  if (status == context.proxy_status.end() || sent == context.proxy_sent.end()) return false;
  if (!status->second.error().empty() && status->second.refused_revision() >= sent->second.revision()) {
    return absl::FailedPreconditionError(status->second.error());
  }
  return status->second.revision() >= sent->second.revision();
}

void AwaitApplied(Context& context, const std::string& balancer_arn) {
  context.proxy_sent.erase(BalancerServiceId(balancer_arn));
}

std::unique_ptr<const ServiceKind> MakeBalancerKind() { return std::make_unique<BalancerKind>(); }

}  // namespace nubo::region
