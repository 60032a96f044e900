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
constexpr int kSubnetLength = 64;
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

// Those that the VPC is peered with.
std::vector<std::string> PeersOf(const Model& model, const std::string& vpc_id) {
  std::vector<std::string> peers;
  for (const auto& [id, record] : model.plain) {
    if (record.type() != kPeeringType) continue;
    if (record.vpc_id() == vpc_id) peers.push_back(Attribute(record, "PeerVpcId"));
    if (Attribute(record, "PeerVpcId") == vpc_id) peers.push_back(record.vpc_id());
  }
  return peers;
}

absl::Status CheckApart(const Model& model, const std::string& vpc_id, const net::Prefix& block) {
  std::vector<std::string> vpcs = PeersOf(model, vpc_id);
  vpcs.push_back(vpc_id);
  for (const std::string& other : vpcs) {
    for (const net::Prefix& present : BlocksOfVpc(model, other)) {
      if (!present.Overlaps(block)) continue;
      return Refuse(absl::StatusCode::kInvalidArgument,
                    absl::StrCat("The CIDR '", block.ToString(), "' overlaps ", present.ToString(), " of ", other),
                    "InvalidVpc.Range");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckCount(const std::string& vpc_id, size_t present) {
  if (present < kVpcBlocksMax) return absl::OkStatus();
  return Refuse(
      absl::StatusCode::kResourceExhausted,
      absl::StrCat("This network '", vpc_id, "' has met its maximum number of allowed CIDRs: ", kVpcBlocksMax),
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
    NUBO_RETURN_IF_ERROR(CheckCount(request.vpc_id, Ipv6BlocksOfVpc(context.model, request.vpc_id).size()));
    NUBO_ASSIGN_OR_RETURN(const net::Prefix block, NextIpv6Block(context.model));
    SetAttribute(record, kIpv6Block, block.ToString());
  } else {
    NUBO_RETURN_IF_ERROR(
        CheckCount(request.vpc_id, 1 + AssociatedBlocks(context.model, request.vpc_id, kBlock).size()));
    NUBO_ASSIGN_OR_RETURN(const net::Prefix block, vpc::ParseVpcBlock(request.cidr_block));
    NUBO_RETURN_IF_ERROR(CheckApart(context.model, request.vpc_id, block));
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
  const auto block = net::Prefix::Parse(ipv6_cidr_block);
  if (!block.ok() || block->is_v4() || block->length() != kSubnetLength) {
    return Refuse(absl::StatusCode::kInvalidArgument,
                  absl::StrCat("\"", ipv6_cidr_block.substr(0, 64), "\" is no IPv6 block of length ", kSubnetLength),
                  "InvalidSubnet.Range");
  }
  const std::vector<net::Prefix> whole = Ipv6BlocksOfVpc(model, vpc_id);
  if (std::none_of(whole.begin(), whole.end(), [&](const net::Prefix& one) { return one.Contains(*block); })) {
    return Refuse(absl::StatusCode::kInvalidArgument,
                  absl::StrCat("the block ", block->ToString(), " is in no IPv6 block of ", vpc_id),
                  "InvalidSubnet.Range");
  }
  const v1::PlainState* other = FirstPlain(model, kSubnetBlockType, [&](const v1::PlainState& present) {
    return BlockOf(Attribute(present, kIpv6Block)) == *block;
  });
  if (other == nullptr) return absl::OkStatus();
  return Refuse(absl::StatusCode::kInvalidArgument,
                absl::StrCat("the block ", block->ToString(), " is that of ", Attribute(*other, "SubnetId")),
                "InvalidSubnet.Conflict");
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
