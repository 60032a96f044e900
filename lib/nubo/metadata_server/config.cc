#include "nubo/metadata_server/config.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "nubo/base/status.h"
#include "nubo/ec2/metadata.h"
#include "nubo/lb/stickiness.h"

namespace nubo::metadata_server {
namespace {

namespace v1 = nubo::metadata::v1;

uint64_t BigEndian(absl::string_view bytes) {
  uint64_t word = 0;
  for (const char c : bytes) word = word << 8 | static_cast<unsigned char>(c);
  return word;
}

// SipHash-2-4 over two texts that differ in their first byte: 128 bits in all.
ec2::TokenSeal SealWith(absl::string_view key_bytes) {
  const lb::StickinessKey key{.high = BigEndian(key_bytes.substr(0, 8)), .low = BigEndian(key_bytes.substr(8))};
  return [key](absl::string_view text) {
    std::string seal;
    for (const char* half : {"1", "2"}) {
      const uint64_t hash = lb::KeyedHash(key, absl::StrCat(half, text));
      for (int shift = 0; shift < 64; shift += 8) seal.push_back(static_cast<char>(hash >> shift));
    }
    return seal;
  };
}

template <typename Texts>
absl::StatusOr<std::vector<net::IpAddress>> Addresses(const Texts& texts) {
  std::vector<net::IpAddress> addresses;
  for (const std::string& text : texts) {
    NUBO_ASSIGN_OR_RETURN(addresses.emplace_back(), net::IpAddress::Parse(text));
  }
  return addresses;
}

template <typename Texts>
absl::StatusOr<std::vector<net::Prefix>> Blocks(const Texts& texts) {
  std::vector<net::Prefix> blocks;
  for (const std::string& text : texts) {
    NUBO_ASSIGN_OR_RETURN(blocks.emplace_back(), net::Prefix::Parse(text));
  }
  return blocks;
}

absl::StatusOr<ec2::MetadataInterface> InterfaceFromProto(const v1::Interface& interface) {
  ec2::MetadataInterface out;
  out.id = interface.id();
  out.mac = interface.mac();
  out.device_index = interface.device_index();
  out.network_card = interface.network_card();
  out.owner_id = interface.owner_id();
  out.local_hostname = interface.local_hostname();
  out.public_hostname = interface.public_hostname();
  NUBO_ASSIGN_OR_RETURN(out.addresses, Addresses(interface.addresses()));
  for (const v1::Association& association : interface.associations()) {
    ec2::MetadataInterface::Association& added = out.associations.emplace_back();
    NUBO_ASSIGN_OR_RETURN(added.public_address, net::IpAddress::Parse(association.public_address()));
    NUBO_ASSIGN_OR_RETURN(added.private_address, net::IpAddress::Parse(association.private_address()));
  }
  for (const v1::SecurityGroup& group : interface.security_groups()) {
    out.security_groups.push_back({group.id(), group.name()});
  }
  out.subnet_id = interface.subnet_id();
  out.vpc_id = interface.vpc_id();
  NUBO_ASSIGN_OR_RETURN(out.subnet_blocks, Blocks(interface.subnet_blocks()));
  NUBO_ASSIGN_OR_RETURN(out.vpc_blocks, Blocks(interface.vpc_blocks()));
  return out;
}

ec2::MetadataOptions OptionsFromProto(const v1::Options& options) {
  ec2::MetadataOptions out;
  out.endpoint_enabled = !options.endpoint_disabled();
  out.tokens_required = options.tokens_required();
  if (options.hop_limit() != 0) out.hop_limit = options.hop_limit();
  out.ipv6_enabled = options.ipv6_enabled();
  out.tags_enabled = options.tags_enabled();
  return out;
}

absl::StatusOr<ec2::InstanceMetadata> InstanceFromProto(const v1::Instance& instance) {
  if (instance.instance_id().empty()) return absl::InvalidArgumentError("it has no id");
  if (instance.user_data().size() > kUserDataSizeMax) {
    return absl::InvalidArgumentError(absl::StrCat("its user data has ", instance.user_data().size(),
                                                   " bytes; at most ", kUserDataSizeMax, " are served"));
  }
  ec2::InstanceMetadata out;
  out.instance_id = instance.instance_id();
  out.image_id = instance.image_id();
  out.instance_type = instance.instance_type();
  if (!instance.architecture().empty()) out.architecture = instance.architecture();
  out.launch_index = instance.launch_index();
  out.launch_time = absl::FromUnixSeconds(instance.launch_time_unix_seconds());
  out.reservation_id = instance.reservation_id();
  out.account_id = instance.account_id();
  out.region = instance.region();
  out.availability_zone = instance.availability_zone();
  out.availability_zone_id = instance.availability_zone_id();
  out.placement_group = instance.placement_group();
  if (instance.has_partition_number()) out.partition_number = instance.partition_number();
  out.hostname = instance.hostname();
  for (const v1::Interface& interface : instance.interfaces()) {
    absl::StatusOr<ec2::MetadataInterface> added = InterfaceFromProto(interface);
    if (!added.ok()) return base::Annotate(added.status(), absl::StrCat("interface ", interface.id()));
    out.interfaces.push_back(*std::move(added));
  }
  for (const v1::PublicKey& key : instance.public_keys()) out.public_keys.push_back({key.name(), key.openssh_key()});
  out.user_data = instance.user_data();
  for (const v1::Tag& tag : instance.tags()) out.tags.insert_or_assign(tag.key(), tag.value());
  out.target_lifecycle_state = instance.target_lifecycle_state();
  out.spot = instance.spot();
  if (instance.has_spot_interruption()) {
    const v1::SpotInterruption& interruption = instance.spot_interruption();
    out.spot_interruption = ec2::InstanceMetadata::SpotInterruption{
        interruption.action(), absl::FromUnixSeconds(interruption.time_unix_seconds())};
  }
  out.options = OptionsFromProto(instance.options());
  NUBO_RETURN_IF_ERROR(ec2::CheckMetadataOptions(out.options));
  return out;
}

void Refuse(absl::string_view instance_id, const absl::Status& why, ServedConfig* out) {
  v1::Refused& refused = out->refused.emplace_back();
  refused.set_instance_id(std::string(instance_id));
  refused.set_why(std::string(why.message()));
}

// An address that another has is left to that one; the instance is served by its others.
void TakeInstance(const v1::Instance& instance, InstanceTable* table, ServedConfig* out) {
  const std::string place = absl::StrCat("instance ", instance.instance_id());
  absl::StatusOr<std::vector<net::IpAddress>> addresses = Addresses(instance.addresses());
  absl::StatusOr<ec2::InstanceMetadata> metadata =
      addresses.ok() ? InstanceFromProto(instance) : absl::StatusOr<ec2::InstanceMetadata>(addresses.status());
  if (!metadata.ok()) return Refuse(instance.instance_id(), base::Annotate(metadata.status(), place), out);
  const auto tree = std::make_shared<const ec2::MetadataTree>(*std::move(metadata));
  for (const net::IpAddress& address : *addresses) {
    if (table->Add(instance.vpc_id(), address, tree)) continue;
    const std::string& other = table->Find(instance.vpc_id(), address)->instance().instance_id;
    Refuse(instance.instance_id(),
           absl::InvalidArgumentError(
               absl::StrCat(place, ": ", address.ToString(), " in ", instance.vpc_id(), " is already ", other, "'s")),
           out);
  }
}

absl::StatusOr<VpcAddress> ListenerFromProto(const v1::Listener& listener, size_t taken) {
  const std::string place = absl::StrCat("listener ", listener.ip(), " in ", listener.vpc_id());
  const absl::StatusOr<net::IpAddress> ip = net::IpAddress::Parse(listener.ip());
  if (!ip.ok()) return base::Annotate(ip.status(), place);
  if (listener.port() > 65535) {
    return absl::InvalidArgumentError(
        absl::StrCat(place, ": port ", listener.port(), " is not one; expected 0 to 65535"));
  }
  if (taken == kListenersMax) {
    return absl::InvalidArgumentError(absl::StrCat(place, " is one too many; ", kListenersMax, " are opened at most"));
  }
  return VpcAddress{listener.vpc_id(), {*ip, static_cast<uint16_t>(listener.port())}};
}

}  // namespace

absl::StatusOr<ServedConfig> FromProto(const v1::Config& config) {
  if (config.token_key().size() != kTokenKeySize) {
    return absl::InvalidArgumentError(
        absl::StrCat("the token key has ", config.token_key().size(), " bytes; expected ", kTokenKeySize));
  }
  ServedConfig served;
  served.revision = config.revision();
  served.seal = SealWith(config.token_key());
  for (const v1::Listener& listener : config.listeners()) {
    absl::StatusOr<VpcAddress> address = ListenerFromProto(listener, served.listeners.size());
    if (address.ok()) {
      served.listeners.push_back(*std::move(address));
    } else {
      Refuse("", address.status(), &served);
    }
  }
  InstanceTable table;
  for (const v1::Instance& instance : config.instances()) TakeInstance(instance, &table, &served);
  served.instances = std::make_shared<const InstanceTable>(std::move(table));
  return served;
}

}  // namespace nubo::metadata_server
