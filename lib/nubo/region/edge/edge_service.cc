#include "nubo/region/edge/edge_service.h"

#include <string>

#include "nubo/region/supervisor/services.h"

namespace nubo::region {
namespace {

class EdgeKind final : public ServiceKind {
 public:
  absl::string_view name() const override { return "edge"; }
  bool is_configured() const override { return true; }

  void AddWanted(const Context&, std::map<std::string, v1::Owner>& wanted) const override { wanted[kEdgeService] = {}; }

  process::Spec Spec(const Context& context, const std::string& id) const override {
    process::Spec spec = DataPlaneSpec(context, id, "proxy");
    // Whoever comes by this machine comes from the world, as far as networks can tell.
    JoinFromOutside(context, kInternetNetwork, /*all_outside=*/true, spec);
    return spec;
  }

  void ForgetWords(Context& context, const std::string& id) const override {
    context.proxy_status.erase(id);
    context.proxy_sent.erase(id);
  }

  std::optional<ServiceProbe> Probe(const Context& context, const std::string& id) const override {
    return ServiceProbe{ServiceProbe::How::kHttp2, "listener", id, context.http_address};
  }
};

}  // namespace

std::unique_ptr<const ServiceKind> MakeEdgeKind() { return std::make_unique<EdgeKind>(); }

}  // namespace nubo::region
