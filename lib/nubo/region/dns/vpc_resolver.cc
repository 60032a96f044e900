#include "nubo/region/dns/vpc_resolver.h"

#include <map>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "nubo/region/supervisor/services.h"

namespace nubo::region {
namespace {

constexpr char kPrefix[] = "dns-";

class VpcResolverKind final : public ServiceKind {
 public:
  absl::string_view name() const override { return "vpc-dns"; }
  bool is_configured() const override { return true; }

  void AddWanted(const Context& context, std::map<std::string, v1::Owner>& wanted) const override {
    if (!context.has_networks()) return;
    for (const auto& [id, vpc] : context.model.vpcs) wanted[VpcResolverId(id)] = vpc.owner();
  }

  process::Spec Spec(const Context& context, const std::string& id) const override {
    process::Spec spec = DataPlaneSpec(context, id, "dns");
    absl::string_view vpc = id;
    absl::ConsumePrefix(&vpc, kPrefix);
    spec.network = NetworkNamed(context, std::string(vpc));
    return spec;
  }

  void ForgetWords(Context& context, const std::string& id) const override { context.vpc_dns_sent.erase(id); }

  // Only who is in the VPC could ask it.
  std::optional<ServiceProbe> Probe(const Context&, const std::string&) const override { return std::nullopt; }
};

}  // namespace

std::string VpcResolverId(const std::string& vpc_id) { return absl::StrCat(kPrefix, vpc_id); }

std::unique_ptr<const ServiceKind> MakeVpcResolverKind() { return std::make_unique<VpcResolverKind>(); }

}  // namespace nubo::region
