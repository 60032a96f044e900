#include "nubo/region/network/address_blocks.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/region/network/addresses.h"
#include "nubo/region/network/plain_records.h"
#include "nubo/stack/runner.h"
#include "nubo/stack/schema.h"
#include "nubo/stack/value.h"
#include "nubo/vpc/cidr_pool.h"
#include "nubo/vpc/validate.h"

namespace nubo::region {
namespace {

using stack::IdKind;
using stack::ResourceContext;
using stack::Value;

constexpr char kIpv6Pool[] = "fd6e:7562:6f00::/40";
constexpr int kVpcLength = 56;
constexpr char kBlock[] = "CidrBlock";
constexpr char kIpv6Block[] = "Ipv6CidrBlock";

absl::Status Refuse(absl::StatusCode status, const std::string& message, absl::string_view code) {
  return base::WithErrorCode(absl::Status(status, message), code);
}

std::vector<net::Prefix> AssociatedBlocks(const Model& model, const std::string& vpc_id, const char* attribute) {
  std::vector<net::Prefix> blocks;
  for (const auto& [id, record] : model.plain) {
    if (record.type() != kVpcBlockType || record.vpc_id() != vpc_id) continue;
    if (const auto block = net::Prefix::Parse(Attribute(record, attribute)); block.ok()) blocks.push_back(*block);
  }
  return blocks;
}

// The VPC as the core looks at it before it gets another block.
vpc::VpcToExtend ToExtend(const Model& model, const std::string& vpc_id) {
  vpc::VpcToExtend vpc;
  for (const net::Prefix& block : BlocksOfVpc(model, vpc_id)) {
    if (block.is_v4()) vpc.blocks.push_back(block);
  }
  for (const auto& [id, record] : model.plain) {
    const std::string peer = Attribute(record, "PeerVpcId");
    if (record.type() == kRouteType && record.vpc_id() == vpc_id) {
      const auto destination = net::Prefix::Parse(Attribute(record, "Destination"));
      if (destination.ok()) vpc.route_destinations.push_back(*destination);
    } else if (record.type() == kPeeringType && (record.vpc_id() == vpc_id || peer == vpc_id)) {
      for (const net::Prefix& block : BlocksOfVpc(model, peer == vpc_id ? record.vpc_id() : peer)) {
        vpc.peers.push_back({id, block});
      }
    }
  }
  return vpc;
}

absl::Status CheckIpv6Count(const Model& model, const std::string& vpc_id) {
  if (Ipv6BlocksOfVpc(model, vpc_id).size() < vpc::kBlocksPerVpc) return absl::OkStatus();
  return Refuse(
      absl::StatusCode::kResourceExhausted,
      absl::StrCat("This network '", vpc_id, "' has met its maximum number of allowed CIDRs: ", vpc::kBlocksPerVpc),
      "CidrLimitExceeded");
}

absl::StatusOr<net::Prefix> NextIpv6Block(const Model& model) {
  NUBO_ASSIGN_OR_RETURN(const net::Prefix whole, net::Prefix::Parse(kIpv6Pool));
  vpc::CidrPool pool(whole);
  for (const auto& [id, record] : model.plain) {
    if (record.type() != kVpcBlockType) continue;
    const auto taken = net::Prefix::Parse(Attribute(record, kIpv6Block));
    if (taken.ok()) (void)pool.AllocateExact(*taken);
  }
  return pool.Allocate(kVpcLength);
}

const v1::PlainState* SubnetBlockRecord(const Model& model, const std::string& subnet_id) {
  return FirstPlain(model, kSubnetBlockType,
                    [&](const v1::PlainState& other) { return Attribute(other, "SubnetId") == subnet_id; });
}

// A subnet of the VPC with an address in the block; "": none.
std::string SubnetWithin(const Model& model, const v1::PlainState& association) {
  const auto v4 = net::Prefix::Parse(Attribute(association, kBlock));
  const auto v6 = net::Prefix::Parse(Attribute(association, kIpv6Block));
  for (const auto& [id, subnet] : model.subnets) {
    if (subnet.vpc_id() != association.vpc_id()) continue;
    if (v4.ok() && v4->Contains(BlockOf(subnet.cidr()))) return id;
    const auto its = Ipv6BlockOf(model, id);
    if (v6.ok() && its.has_value() && v6->Contains(*its)) return id;
  }
  return "";
}

}  // namespace

std::vector<net::Prefix> Ipv6BlocksOfVpc(const Model& model, const std::string& vpc_id) {
  return AssociatedBlocks(model, vpc_id, kIpv6Block);
}

std::vector<net::Prefix> BlocksOfVpc(const Model& model, const std::string& vpc_id) {
  std::vector<net::Prefix> blocks;
  const v1::VpcState* vpc = model.vpcs.Find(vpc_id);
  if (vpc == nullptr) return blocks;
  blocks.push_back(BlockOf(vpc->cidr()));
  for (const char* attribute : {kBlock, kIpv6Block}) {
    for (const net::Prefix& block : AssociatedBlocks(model, vpc_id, attribute)) blocks.push_back(block);
  }
  return blocks;
}

std::vector<std::string> BlockAssociationsOf(const Model& model, const std::string& vpc_id) {
  std::vector<std::string> ids = {absl::StrCat("vpc-cidr-assoc-", DigitsOf(vpc_id))};
  for (const auto& [id, record] : model.plain) {
    if (record.type() == kVpcBlockType && record.vpc_id() == vpc_id) ids.push_back(id);
  }
  return ids;
}

std::optional<net::Prefix> Ipv6BlockOf(const Model& model, const std::string& subnet_id) {
  const v1::PlainState* record = SubnetBlockRecord(model, subnet_id);
  if (record == nullptr) return std::nullopt;
  return BlockOf(Attribute(*record, kIpv6Block));
}

absl::StatusOr<std::string> AssociateVpcCidrBlock(Context& context, const v1::Owner& owner,
                                                  const AssociateVpcCidrBlockRequest& request) {
  NUBO_RETURN_IF_ERROR(CheckExists(context, IdKind::kVpc, request.vpc_id));
  if (request.cidr_block.empty() != request.amazon_provided_ipv6) {
    return Refuse(absl::StatusCode::kInvalidArgument,
                  "one block is associated: a CidrBlock, or one of IPv6 that is provided",
                  "InvalidParameterCombination");
  }
  v1::PlainState record;
  record.set_vpc_id(request.vpc_id);
  if (request.amazon_provided_ipv6) {
    NUBO_RETURN_IF_ERROR(CheckIpv6Count(context.model, request.vpc_id));
    NUBO_ASSIGN_OR_RETURN(const net::Prefix block, NextIpv6Block(context.model));
    SetAttribute(record, kIpv6Block, block.ToString());
  } else {
    NUBO_ASSIGN_OR_RETURN(const net::Prefix block,
                          vpc::ParseSecondaryBlock(request.cidr_block, ToExtend(context.model, request.vpc_id)));
    NUBO_ASSIGN_OR_RETURN(const net::Prefix place, Place(context, block));
    SetAttribute(record, kBlock, block.ToString());
    record.set_loopback_cidr(place.ToString());
  }
  return PutPlain(context, owner, kVpcBlockType, "vpc-cidr-assoc", std::move(record));
}

absl::Status DisassociateVpcCidrBlock(Context& context, const std::string& association_id) {
  const v1::PlainState* record = FindPlain(context.model, association_id, kVpcBlockType);
  if (record == nullptr) return absl::OkStatus();
  if (const std::string subnet = SubnetWithin(context.model, *record); !subnet.empty()) {
    return HasDependencies("CIDR block association", association_id, absl::StrCat(subnet, " is in its block"));
  }
  context.model.plain.Erase(association_id);
  return absl::OkStatus();
}

absl::Status CheckIpv6Block(const Model& model, const std::string& vpc_id, const std::string& ipv6_cidr_block) {
  std::vector<std::pair<std::string, net::Prefix>> others;
  for (const auto& [id, record] : model.plain) {
    if (record.type() != kSubnetBlockType || record.vpc_id() != vpc_id) continue;
    others.push_back({Attribute(record, "SubnetId"), BlockOf(Attribute(record, kIpv6Block))});
  }
  absl::Status refusal =
      Refuse(absl::StatusCode::kInvalidArgument,
             absl::StrCat("the block ", ipv6_cidr_block.substr(0, 64), " is in no IPv6 block of ", vpc_id),
             "InvalidSubnet.Range");
  const auto wanted = net::Prefix::Parse(ipv6_cidr_block);
  for (const net::Prefix& whole : Ipv6BlocksOfVpc(model, vpc_id)) {
    if (wanted.ok() && !whole.Contains(*wanted)) continue;
    refusal = vpc::ParseSubnetBlockV6(ipv6_cidr_block, whole, others).status();
  }
  return refusal;
}

absl::StatusOr<std::string> AssociateSubnetCidrBlock(Context& context, const v1::Owner& owner,
                                                     const std::string& subnet_id, const std::string& ipv6_cidr_block) {
  NUBO_RETURN_IF_ERROR(CheckExists(context, IdKind::kSubnet, subnet_id));
  const std::string vpc_id = context.model.subnets.Find(subnet_id)->vpc_id();
  NUBO_RETURN_IF_ERROR(CheckIpv6Block(context.model, vpc_id, ipv6_cidr_block));
  if (const auto present = Ipv6BlockOf(context.model, subnet_id); present.has_value()) {
    return Refuse(absl::StatusCode::kAlreadyExists,
                  absl::StrCat("the subnet ", subnet_id, " has the IPv6 block ", present->ToString()),
                  "Resource.AlreadyAssociated");
  }
  v1::PlainState record;
  record.set_vpc_id(vpc_id);
  SetAttribute(record, kIpv6Block, BlockOf(ipv6_cidr_block).ToString());
  SetAttribute(record, "SubnetId", subnet_id);
  return PutPlain(context, owner, kSubnetBlockType, "subnet-cidr-assoc", std::move(record));
}

absl::Status DisassociateSubnetCidrBlock(Context& context, const std::string& association_id) {
  const v1::PlainState* record = FindPlain(context.model, association_id, kSubnetBlockType);
  if (record == nullptr) return absl::OkStatus();
  const net::Prefix block = BlockOf(Attribute(*record, kIpv6Block));
  const v1::PlainState* user = FirstPlain(context.model, kInterfaceType, [&](const v1::PlainState& other) {
    const std::vector<std::string> addresses = ListOf(other, "Ipv6Addresses");
    return std::any_of(addresses.begin(), addresses.end(), [&](const std::string& address) {
      const auto parsed = net::IpAddress::Parse(address);
      return parsed.ok() && block.Contains(*parsed);
    });
  });
  if (user != nullptr) {
    return HasDependencies("CIDR block association", association_id, absl::StrCat(user->id(), " has an address of it"));
  }
  context.model.plain.Erase(association_id);
  return absl::OkStatus();
}

void AddAddressBlockTypes(ResourceTypes& types) {
  ResourceType& vpc = AddPlainType(types, kVpcBlockType, OwnId("Id"));
  IsPartOf(vpc, "AWS::EC2::VPC", [](const v1::PlainState& record) { return record.vpc_id(); });
  vpc.asks_also = [](const Value& properties) -> std::vector<fabrics::Feature> {
    if (properties.Has(kBlock)) return {};
    return {fabrics::Feature::kIpv6};
  };
  vpc.create = [](Context& context, const ResourceContext& resource, const Value& properties) {
    return AssociateVpcCidrBlock(
        context, OwnerOf(resource),
        {.vpc_id = properties.Get("VpcId").text(),
         .cidr_block = properties.Get(kBlock).text(),
         .amazon_provided_ipv6 = properties.Get("AmazonProvidedIpv6CidrBlock").AsBool().value_or(false)});
  };
  vpc.update = NothingToChange;
  vpc.remove = [](Context& context, const ResourceContext&, const std::string& id) {
    return DisassociateVpcCidrBlock(context, id);
  };
  ResourceType& subnet = AddPlainType(types, kSubnetBlockType, OwnId("Id"));
  IsPartOf(subnet, "AWS::EC2::Subnet", [](const v1::PlainState& record) { return Attribute(record, "SubnetId"); });
  subnet.asks_for = fabrics::Feature::kIpv6;
  subnet.create = [](Context& context, const ResourceContext& resource, const Value& properties) {
    return AssociateSubnetCidrBlock(context, OwnerOf(resource), properties.Get("SubnetId").text(),
                                    properties.Get(kIpv6Block).text());
  };
  subnet.update = NothingToChange;
  subnet.remove = [](Context& context, const ResourceContext&, const std::string& id) {
    return DisassociateSubnetCidrBlock(context, id);
  };
}

}  // namespace nubo::region
