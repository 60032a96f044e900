#include "nubo/network_holder/config.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "nubo/net/ip_address.h"
#include "nubo/vpc/security_group.h"

namespace nubo::network_holder {
namespace {

namespace v1 = nubo::network::v1;

using Texts = google::protobuf::RepeatedPtrField<std::string>;

void AddBlocks(const std::vector<net::Prefix>& blocks, Texts* out) {
  for (const net::Prefix& block : blocks) *out->Add() = block.ToString();
}

void AddEntries(const std::vector<vpc::NetworkAclEntry>& entries,
                google::protobuf::RepeatedPtrField<v1::AclEntry>* out) {
  for (const vpc::NetworkAclEntry& entry : entries) {
    v1::AclEntry* added = out->Add();
    added->set_number(entry.number);
    added->set_allow(entry.allow);
    added->set_protocol(entry.protocol);
    added->set_block(entry.block.ToString());
    added->set_from_port(entry.from_port);
    added->set_to_port(entry.to_port);
  }
}

void AddRules(const std::vector<vpc::SecurityGroupRule>& rules,
              google::protobuf::RepeatedPtrField<v1::GroupRule>* out) {
  for (const vpc::SecurityGroupRule& rule : rules) {
    v1::GroupRule* added = out->Add();
    added->set_protocol(rule.protocol);
    added->set_from_port(rule.from_port);
    added->set_to_port(rule.to_port);
    if (rule.block.has_value()) added->set_block(rule.block->ToString());
    added->set_group_id(rule.group_id);
    added->set_prefix_list_id(rule.prefix_list_id);
  }
}

// Reads texts, and remembers what was wrong first.
class Reader {
 public:
  // What is being read: errors name it.
  void Begin(const std::string& id) {
    id_ = id;
    if (id.empty()) Fail("a thing without an id");
  }

  net::IpAddress Address(const std::string& text) { return Parsed(net::IpAddress::Parse(text)); }
  net::Prefix Block(const std::string& text) { return Parsed(net::Prefix::Parse(text)); }

  std::optional<net::IpAddress> AddressOrNone(const std::string& text) {
    if (text.empty()) return std::nullopt;
    return Address(text);
  }

  std::vector<net::Prefix> Blocks(const Texts& texts) {
    std::vector<net::Prefix> blocks;
    for (const std::string& text : texts) blocks.push_back(Block(text));
    return blocks;
  }

  std::vector<vpc::NetworkAclEntry> Entries(const google::protobuf::RepeatedPtrField<v1::AclEntry>& entries) {
    std::vector<vpc::NetworkAclEntry> out;
    for (const v1::AclEntry& entry : entries) {
      out.push_back({.number = entry.number(),
                     .allow = entry.allow(),
                     .protocol = entry.protocol(),
                     .block = Block(entry.block()),
                     .from_port = entry.from_port(),
                     .to_port = entry.to_port()});
    }
    return out;
  }

  std::vector<vpc::SecurityGroupRule> Rules(const google::protobuf::RepeatedPtrField<v1::GroupRule>& rules) {
    std::vector<vpc::SecurityGroupRule> out;
    for (const v1::GroupRule& rule : rules) {
      vpc::SecurityGroupRule& read = out.emplace_back();
      read.protocol = rule.protocol();
      read.from_port = rule.from_port();
      read.to_port = rule.to_port();
      if (!rule.block().empty()) read.block = Block(rule.block());
      read.group_id = rule.group_id();
      read.prefix_list_id = rule.prefix_list_id();
    }
    return out;
  }

  const absl::Status& status() const { return status_; }

 private:
  template <typename Value>
  Value Parsed(const absl::StatusOr<Value>& parsed) {
    if (parsed.ok()) return *parsed;
    Fail(parsed.status().message());
    return Value();
  }

  void Fail(absl::string_view why) {
    if (status_.ok()) status_ = absl::InvalidArgumentError(absl::StrCat(id_, ": ", why));
  }

  std::string id_;
  absl::Status status_;
};

void ReadPlaces(const v1::Network& from, Reader& reader, vpc::Network& to) {
  for (const v1::Vpc& one : from.vpcs()) {
    reader.Begin(one.id());
    to.vpcs[one.id()] = {.blocks = reader.Blocks(one.blocks()),
                         .main_route_table = one.main_route_table(),
                         .dns_support = one.dns_support(),
                         .dns_hostnames = one.dns_hostnames()};
  }
  for (const v1::Subnet& one : from.subnets()) {
    reader.Begin(one.id());
    to.subnets[one.id()] = {.vpc = one.vpc(),
                            .blocks = reader.Blocks(one.blocks()),
                            .availability_zone = one.availability_zone(),
                            .route_table = one.route_table(),
                            .acl = one.acl(),
                            .map_public_ip_on_launch = one.map_public_ip_on_launch()};
  }
  for (const v1::Interface& one : from.interfaces()) {
    reader.Begin(one.id());
    vpc::NetworkInterface& interface = to.interfaces[one.id()];
    interface.subnet = one.subnet();
    for (const v1::Address& address : one.addresses()) {
      interface.addresses.push_back(
          {reader.Address(address.address()), reader.AddressOrNone(address.public_address())});
    }
    interface.security_groups = {one.security_groups().begin(), one.security_groups().end()};
    interface.attached_to = one.attached_to();
    interface.source_dest_check = one.source_dest_check();
  }
}

void ReadWays(const v1::Network& from, Reader& reader, vpc::Network& to) {
  for (const v1::RouteTable& one : from.route_tables()) {
    reader.Begin(one.id());
    vpc::NetworkRouteTable& table = to.route_tables[one.id()];
    table.vpc = one.vpc();
    for (const v1::Route& route : one.routes()) {
      vpc::NetworkRoute& read = table.routes.emplace_back();
      if (!route.destination().empty()) read.destination = reader.Block(route.destination());
      read.prefix_list = route.prefix_list();
      read.target = route.target();
    }
  }
  for (const v1::InternetGateway& one : from.internet_gateways()) {
    reader.Begin(one.id());
    to.internet_gateways[one.id()] = {.vpc = one.vpc(), .egress_only = one.egress_only()};
  }
  for (const v1::NatGateway& one : from.nat_gateways()) {
    reader.Begin(one.id());
    to.nat_gateways[one.id()] = {.subnet = one.subnet(),
                                 .private_address = reader.Address(one.private_address()),
                                 .public_address = reader.AddressOrNone(one.public_address())};
  }
  for (const v1::Peering& one : from.peerings()) {
    reader.Begin(one.id());
    to.peerings[one.id()] = {.requester = one.requester(), .accepter = one.accepter(), .active = one.active()};
  }
  for (const v1::Endpoint& one : from.endpoints()) {
    reader.Begin(one.id());
    to.endpoints[one.id()] = {
        .vpc = one.vpc(), .service = one.service(), .gateway = one.gateway(), .blocks = reader.Blocks(one.blocks())};
  }
}

void ReadGates(const v1::Network& from, Reader& reader, vpc::Network& to) {
  for (const v1::NetworkAcl& one : from.acls()) {
    reader.Begin(one.id());
    to.acls[one.id()] = {
        .vpc = one.vpc(), .ingress = reader.Entries(one.ingress()), .egress = reader.Entries(one.egress())};
  }
  for (const v1::SecurityGroup& one : from.security_groups()) {
    reader.Begin(one.id());
    to.security_groups[one.id()] = {.vpc = one.vpc(),
                                    .name = one.name(),
                                    .ingress = reader.Rules(one.ingress()),
                                    .egress = reader.Rules(one.egress())};
  }
  for (const v1::PrefixList& one : from.prefix_lists()) {
    reader.Begin(one.id());
    to.prefix_lists[one.id()] = reader.Blocks(one.blocks());
  }
}

void WritePlaces(const vpc::Network& from, v1::Network& to) {
  for (const auto& [id, one] : from.vpcs) {
    v1::Vpc* out = to.add_vpcs();
    out->set_id(id);
    AddBlocks(one.blocks, out->mutable_blocks());
    out->set_main_route_table(one.main_route_table);
    out->set_dns_support(one.dns_support);
    out->set_dns_hostnames(one.dns_hostnames);
  }
  for (const auto& [id, one] : from.subnets) {
    v1::Subnet* out = to.add_subnets();
    out->set_id(id);
    out->set_vpc(one.vpc);
    AddBlocks(one.blocks, out->mutable_blocks());
    out->set_availability_zone(one.availability_zone);
    out->set_route_table(one.route_table);
    out->set_acl(one.acl);
    out->set_map_public_ip_on_launch(one.map_public_ip_on_launch);
  }
  for (const auto& [id, one] : from.interfaces) {
    v1::Interface* out = to.add_interfaces();
    out->set_id(id);
    out->set_subnet(one.subnet);
    for (const vpc::InterfaceAddress& address : one.addresses) {
      v1::Address* added = out->add_addresses();
      added->set_address(address.address.ToString());
      if (address.public_address.has_value()) added->set_public_address(address.public_address->ToString());
    }
    *out->mutable_security_groups() = {one.security_groups.begin(), one.security_groups.end()};
    out->set_attached_to(one.attached_to);
    out->set_source_dest_check(one.source_dest_check);
  }
}

void WriteWays(const vpc::Network& from, v1::Network& to) {
  for (const auto& [id, one] : from.route_tables) {
    v1::RouteTable* out = to.add_route_tables();
    out->set_id(id);
    out->set_vpc(one.vpc);
    for (const vpc::NetworkRoute& route : one.routes) {
      v1::Route* added = out->add_routes();
      if (route.destination.has_value()) added->set_destination(route.destination->ToString());
      added->set_prefix_list(route.prefix_list);
      added->set_target(route.target);
    }
  }
  for (const auto& [id, one] : from.internet_gateways) {
    v1::InternetGateway* out = to.add_internet_gateways();
    out->set_id(id);
    out->set_vpc(one.vpc);
    out->set_egress_only(one.egress_only);
  }
  for (const auto& [id, one] : from.nat_gateways) {
    v1::NatGateway* out = to.add_nat_gateways();
    out->set_id(id);
    out->set_subnet(one.subnet);
    out->set_private_address(one.private_address.ToString());
    if (one.public_address.has_value()) out->set_public_address(one.public_address->ToString());
  }
  for (const auto& [id, one] : from.peerings) {
    v1::Peering* out = to.add_peerings();
    out->set_id(id);
    out->set_requester(one.requester);
    out->set_accepter(one.accepter);
    out->set_active(one.active);
  }
  for (const auto& [id, one] : from.endpoints) {
    v1::Endpoint* out = to.add_endpoints();
    out->set_id(id);
    out->set_vpc(one.vpc);
    out->set_service(one.service);
    out->set_gateway(one.gateway);
    AddBlocks(one.blocks, out->mutable_blocks());
  }
}

void WriteGates(const vpc::Network& from, v1::Network& to) {
  for (const auto& [id, one] : from.acls) {
    v1::NetworkAcl* out = to.add_acls();
    out->set_id(id);
    out->set_vpc(one.vpc);
    AddEntries(one.ingress, out->mutable_ingress());
    AddEntries(one.egress, out->mutable_egress());
  }
  for (const auto& [id, one] : from.security_groups) {
    v1::SecurityGroup* out = to.add_security_groups();
    out->set_id(id);
    out->set_vpc(one.vpc);
    out->set_name(one.name);
    AddRules(one.ingress, out->mutable_ingress());
    AddRules(one.egress, out->mutable_egress());
  }
  for (const auto& [id, blocks] : from.prefix_lists) {
    v1::PrefixList* out = to.add_prefix_lists();
    out->set_id(id);
    AddBlocks(blocks, out->mutable_blocks());
  }
}

}  // namespace

v1::Network ToProto(const vpc::Network& network) {
  v1::Network out;
  WritePlaces(network, out);
  WriteWays(network, out);
  WriteGates(network, out);
  return out;
}

absl::StatusOr<vpc::Network> FromProto(const v1::Network& network) {
  Reader reader;
  vpc::Network read;
  ReadPlaces(network, reader, read);
  ReadWays(network, reader, read);
  ReadGates(network, reader, read);
  if (!reader.status().ok()) return reader.status();
  return read;
}

}  // namespace nubo::network_holder
