#include "nubo/region/dns/name_server.h"

#include <string>

#include "nubo/region/supervisor/services.h"

namespace nubo::region {
namespace {

class NameServerKind final : public ServiceKind {
 public:
  absl::string_view name() const override { return "dns"; }
  bool is_configured() const override { return true; }

  void AddWanted(const Context&, std::map<std::string, v1::Owner>& wanted) const override { wanted[kDnsService] = {}; }

  process::Spec Spec(const Context& context, const std::string& id) const override {
    process::Spec spec = DataPlaneSpec(context, id, "dns");
    spec.argv.push_back("--query-log");
    return spec;
  }

  void ForgetWords(Context& context, const std::string&) const override {
    context.dns_status.Clear();
    context.dns_sent.Clear();
  }

  std::optional<ServiceProbe> Probe(const Context& context, const std::string& id) const override {
    return ServiceProbe{ServiceProbe::How::kDns, "dns", id, context.dns_address};
  }
};

}  // namespace

std::unique_ptr<const ServiceKind> MakeNameServerKind() { return std::make_unique<NameServerKind>(); }

}  // namespace nubo::region
