#include "nubo/region/compute/metadata_service.h"

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "nubo/ec2/lifecycle.h"
#include "nubo/ec2/metadata.h"
#include "nubo/fabrics/network_layout.h"
#include "nubo/net/ip_address.h"
#include "nubo/region/compute/metadata_options.h"
#include "nubo/region/network/interfaces.h"
#include "nubo/region/network/network_service.h"
#include "nubo/region/network/plain_records.h"
#include "nubo/region/state/instance_facts.h"
#include "nubo/region/state/names.h"
#include "nubo/region/supervisor/services.h"

namespace nubo::region {
namespace {

using metadata::v1::Config;

constexpr char kPrefix[] = "imds-";
constexpr int kKeyDigits = 32;

class MetadataKind final : public ServiceKind {
 public:
  absl::string_view name() const override { return kMetadataKind; }
  bool is_configured() const override { return true; }

  void AddWanted(const Context& context, std::map<std::string, v1::Owner>& wanted) const override {
    if (!context.has_networks()) return;
    for (const auto& [id, vpc] : context.model.vpcs) wanted[VpcMetadataId(id)] = vpc.owner();
  }

  process::Spec Spec(const Context& context, const std::string& id) const override {
    process::Spec spec = DataPlaneSpec(context, id, "metadata");
    spec.network = NetworkNamed(context, VpcOf(id));
    return spec;
  }

  // Tokens are good as long as the key is the same: the VPC keeps it.
  void OnStarting(Context& context, const std::string& id) const override {
    const std::string vpc_id = VpcOf(id);
    const v1::VpcState* vpc = context.model.vpcs.Find(vpc_id);
    if (vpc == nullptr || !vpc->metadata_key().empty()) return;
    const std::string key = absl::HexStringToBytes(context.ids.NewHex(kKeyDigits));
    context.model.vpcs.Update(vpc_id, [&](v1::VpcState& changed) { changed.set_metadata_key(key); });
  }

  void ForgetWords(Context& context, const std::string& id) const override {
    context.metadata_sent.erase(id);
    context.troubles.erase(id);
  }

  // Only who is in the VPC could ask it.
  std::optional<ServiceProbe> Probe(const Context&, const std::string&) const override { return std::nullopt; }

 private:
  static std::string VpcOf(absl::string_view id) { return std::string(absl::StripPrefix(id, kPrefix)); }
};

// AWS's word for where a lifecycle leads; "": the instance is in no group.
std::string TargetOf(const std::string& lifecycle_state) {
  if (lifecycle_state == "Pending") return "InService";
  if (lifecycle_state == "Terminating") return "Terminated";
  return lifecycle_state;
}

// The tags that AWS puts on what its services make, and the instance's own.
ec2::Tags AllTagsOf(const Context& context, const v1::InstanceState& record) {
  ec2::Tags tags = ec2::Tags(record.settings().tags().begin(), record.settings().tags().end());
  if (!record.group_name().empty()) tags["aws:autoscaling:groupName"] = record.group_name();
  const v1::StackState* stack = context.model.stacks.Find(record.owner().stack_name());
  if (stack == nullptr) return tags;
  tags["aws:cloudformation:logical-id"] = record.owner().logical_id();
  tags["aws:cloudformation:stack-id"] = stack->stack_id();
  tags["aws:cloudformation:stack-name"] = stack->stack_name();
  return tags;
}

class Builder {
 public:
  Builder(const Context& context, const vpc::Network& networks)
      : context_(context), network_(FabricNetwork(networks)), layout_(fabrics::MakeLayout(network_, {}, {})) {}

  std::map<std::string, Config> Build() {
    for (const auto& [id, vpc] : context_.model.vpcs) AddVpc(id, vpc);
    for (const auto& [id, router] : layout_.routers) {
      for (const fabrics::Port& port : router.ports) {
        if (!port.is_nat()) ports_[port.interface->attached_to].push_back({&router, &port, DeviceIndex(port)});
      }
    }
    for (const auto& [id, record] : context_.model.instances) {
      const auto config = configs_.find(record.vpc_id());
      if (!IsTerminated(record) && config != configs_.end()) AddInstance(record, *config->second.add_instances());
    }
    return std::move(configs_);
  }

 private:
  struct Place {
    const fabrics::RouterLayout* router;
    const fabrics::Port* port;
    int device_index;
  };

  void AddVpc(const std::string& id, const v1::VpcState& vpc) {
    Config& config = configs_[id];
    config.set_token_key(vpc.metadata_key());
    AddListener(id, ec2::kMetadataAddress, config);
    const auto router = layout_.routers.find(id);
    if (router != layout_.routers.end() && router->second.has_v6()) AddListener(id, ec2::kMetadataAddressV6, config);
  }

  static void AddListener(const std::string& vpc_id, absl::string_view ip, Config& config) {
    metadata::v1::Listener& listener = *config.add_listeners();
    listener.set_vpc_id(vpc_id);
    listener.set_ip(std::string(ip));
    listener.set_port(ec2::kMetadataPort);
  }

  // 0 is an instance's own.
  int DeviceIndex(const fabrics::Port& port) const {
    int index = 0;
    const v1::PlainState* record = FindPlain(context_.model, port.id, kInterfaceType);
    if (record != nullptr && !absl::SimpleAtoi(Attribute(*record, "DeviceIndex"), &index)) index = 1;
    return index;
  }

  void AddInstance(const v1::InstanceState& record, metadata::v1::Instance& out) {
    out.set_vpc_id(record.vpc_id());
    out.set_instance_id(record.id());
    out.set_image_id(record.image_id());
    out.set_instance_type(record.instance_type());
    out.set_launch_time_unix_seconds(absl::ToUnixSeconds(FromMicros(record.launch_time())));
    out.set_reservation_id(absl::StrCat("r-", DigitsOf(record.id())));
    out.set_account_id(kAccountId);
    out.set_region(kRegionName);
    out.set_availability_zone(record.availability_zone());
    out.set_availability_zone_id(ZoneId(record.availability_zone()));
    out.set_user_data(record.user_data());
    out.set_target_lifecycle_state(TargetOf(record.lifecycle_state()));
    const ec2::MetadataOptions options = MetadataOptionsOf(record.metadata_options());
    AddOptions(options, *out.mutable_options());
    if (options.tags_enabled) {
      for (const auto& [key, value] : AllTagsOf(context_, record)) {
        metadata::v1::Tag& tag = *out.add_tags();
        tag.set_key(key);
        tag.set_value(value);
      }
    }
    std::vector<Place>& places = ports_[record.id()];
    std::sort(places.begin(), places.end(), [](const Place& a, const Place& b) {
      return std::tie(a.device_index, a.port->id) < std::tie(b.device_index, b.port->id);
    });
    for (const Place& place : places) {
      for (const vpc::InterfaceAddress& own : place.port->addresses) out.add_addresses(own.address.ToString());
      AddInterface(place, *out.add_interfaces());
    }
  }

  static void AddOptions(const ec2::MetadataOptions& options, metadata::v1::Options& out) {
    out.set_endpoint_disabled(!options.endpoint_enabled);
    out.set_tokens_required(options.tokens_required);
    out.set_hop_limit(options.hop_limit);
    out.set_ipv6_enabled(options.ipv6_enabled);
    out.set_tags_enabled(options.tags_enabled);
  }

  void AddInterface(const Place& place, metadata::v1::Interface& out) const {
    const fabrics::Port& port = *place.port;
    out.set_id(port.id);
    out.set_mac(fabrics::MacOf(*place.router, port));
    out.set_device_index(place.device_index);
    out.set_owner_id(kAccountId);
    for (const vpc::InterfaceAddress& own : port.addresses) {
      out.add_addresses(own.address.ToString());
      if (own.address.is_v4() && out.local_hostname().empty()) {
        out.set_local_hostname(ec2::PrivateDnsName(own.address, kRegionName));
      }
      if (!own.public_address.has_value()) continue;
      if (out.public_hostname().empty()) {
        out.set_public_hostname(ec2::PublicDnsName(*own.public_address, kRegionName, kPublicDomain));
      }
      metadata::v1::Association& association = *out.add_associations();
      association.set_public_address(own.public_address->ToString());
      association.set_private_address(own.address.ToString());
    }
    for (const std::string& id : port.interface->security_groups) {
      const auto group = network_.security_groups.find(id);
      const bool named = group != network_.security_groups.end() && !group->second.name.empty();
      metadata::v1::SecurityGroup& added = *out.add_security_groups();
      added.set_id(id);
      added.set_name(named ? group->second.name : id);
    }
    out.set_subnet_id(port.subnet_id);
    out.set_vpc_id(place.router->id);
    for (const net::Prefix& block : port.subnet->blocks) out.add_subnet_blocks(block.ToString());
    for (const net::Prefix& block : place.router->vpc->blocks) out.add_vpc_blocks(block.ToString());
  }

  const Context& context_;
  const vpc::Network network_;
  const fabrics::NetworkLayout layout_;
  std::map<std::string, Config> configs_;
  // By what they are attached to.
  std::map<std::string, std::vector<Place>> ports_;
};

}  // namespace

std::string VpcMetadataId(const std::string& vpc_id) { return absl::StrCat(kPrefix, vpc_id); }

std::unique_ptr<const ServiceKind> MakeMetadataKind() { return std::make_unique<MetadataKind>(); }

std::map<std::string, Config> MetadataConfigs(const Context& context, const vpc::Network& networks) {
  return Builder(context, networks).Build();
}

std::string MetadataProblem(const metadata::v1::Status& status) {
  if (!status.error().empty()) return status.error();
  for (const metadata::v1::ListenerStatus& listener : status.listeners()) {
    if (!listener.error().empty()) return listener.error();
  }
  return status.refused().empty() ? "" : status.refused(0).why();
}

}  // namespace nubo::region
