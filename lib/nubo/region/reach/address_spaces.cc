#include "nubo/region/reach/address_spaces.h"

#include <map>
#include <optional>
#include <utility>

#include "absl/numeric/int128.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/net/ip_address.h"
#include "nubo/region/lookup/describe_one.h"
#include "nubo/region/network/elastic_addresses.h"
#include "nubo/region/network/ipam.h"
#include "nubo/region/network/network_model.h"
#include "nubo/region/network/plain_records.h"
#include "nubo/region/reach/attachment_names.h"
#include "nubo/vpc/network.h"
#include "nubo/vpc/pool_picture.h"

namespace nubo::region {
namespace {

using vpc::CidrPool;

constexpr char kElasticAddresses[] = "elastic-addresses";
// AWS keeps the first four addresses of a subnet and the last. (Amazon VPC user guide, "Subnet CIDR blocks".)
constexpr int kFirstFourBits = 2;

net::Prefix Whole(const net::IpAddress& address) { return *net::Prefix::Make(address, address.bits()); }

// "0" of all 2^128, which nobody has.
std::string Text(absl::uint128 number) {
  std::string digits;
  do {
    digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(number % 10)));
    number /= 10;
  } while (number != 0);
  return digits;
}

class Builder {
 public:
  explicit Builder(const Context& context) : context_(context), network_(NetworkModel(context)) {
    NameAttachments(context, network_);
    for (const auto& entry : network_.interfaces) interfaces_[entry.second.subnet].push_back(&entry);
  }

  void Add(const std::string& vpc_id, std::vector<AddressSpace>& spaces) const {
    const auto found = network_.vpcs.find(vpc_id);
    if (found == network_.vpcs.end()) return;
    const v1::VpcState* record = context_.model.vpcs.Find(vpc_id);
    for (const net::Prefix& block : found->second.blocks) {
      CidrPool pool(block);
      for (const auto& [id, subnet] : network_.subnets) {
        if (subnet.vpc == vpc_id) AddSubnet(id, subnet, pool);
      }
      spaces.push_back({vpc_id, record == nullptr ? "" : PathOf(record->owner()), std::move(pool)});
    }
  }
  void AddAll(std::vector<AddressSpace>& spaces) const {
    for (const auto& [id, vpc] : network_.vpcs) Add(id, spaces);
  }

 private:
  using Interfaces = std::vector<const std::pair<const std::string, vpc::NetworkInterface>*>;

  // Blocks of it that are of another block of the VPC are not within the pool, and left out.
  void AddSubnet(const std::string& id, const vpc::Subnet& subnet, CidrPool& pool) const {
    for (const net::Prefix& block : subnet.blocks) {
      const auto inner = pool.AllocatePoolExact(block);
      if (!inner.ok()) continue;
      Keep(block, **inner);
      const auto found = interfaces_.find(id);
      if (found != interfaces_.end()) AddAddresses(found->second, **inner);
      CidrPool::Details details = {.owner = id, .tags = {{"free", Text((*inner)->usage().free)}}};
      if (!subnet.availability_zone.empty()) details.tags["zone"] = subnet.availability_zone;
      const v1::SubnetState* record = context_.model.subnets.Find(id);
      const std::string path = record == nullptr ? "" : PathOf(record->owner());
      if (!path.empty()) details.tags["name"] = path;
      // It is there: it has just been allocated.
      (void)pool.SetDetails(block, std::move(details));
    }
  }

  static void Keep(const net::Prefix& block, CidrPool& pool) {
    const int bits = block.first().bits();
    for (const net::Prefix& kept : {*net::Prefix::Make(block.first(), bits - kFirstFourBits), Whole(block.last())}) {
      if (pool.Reserve(kept).ok()) (void)pool.SetDetails(kept, {.owner = "AWS", .tags = {}});
    }
  }

  static void AddAddresses(const Interfaces& interfaces, CidrPool& pool) {
    for (const auto* entry : interfaces) {
      const auto& [id, interface] = *entry;
      for (const vpc::InterfaceAddress& own : interface.addresses) {
        const net::Prefix whole = Whole(own.address);
        if (!pool.AllocateExact(whole).ok()) continue;
        CidrPool::Details details = {.owner = interface.attached_to.empty() ? id : interface.attached_to, .tags = {}};
        if (own.public_address.has_value()) details.tags["public"] = own.public_address->ToString();
        (void)pool.SetDetails(whole, std::move(details));
      }
    }
  }

  const Context& context_;
  vpc::Network network_;
  // By subnet.
  std::map<std::string, Interfaces> interfaces_;
};

void AddPool(const Model& model, const v1::PlainState& pool, std::vector<AddressSpace>& spaces) {
  for (CidrPool& block : BlocksOfIpamPool(model, pool.id())) {
    spaces.push_back({pool.id(), PathOf(pool.owner()), std::move(block)});
  }
}

absl::string_view KindText(CidrPool::Kind kind) {
  switch (kind) {
    case CidrPool::Kind::kFree:
      return "free";
    case CidrPool::Kind::kAllocated:
      return "allocated";
    case CidrPool::Kind::kReserved:
      return "reserved";
    case CidrPool::Kind::kPool:
      return "pool";
    case CidrPool::Kind::kResting:
      return "resting";
  }
  return "";
}

void ShowBlock(const CidrPool::Block& block, vpc::v1::AddressBlock& shown) {
  shown.set_cidr_block(block.prefix.ToString());
  shown.set_kind(std::string(KindText(block.kind)));
  shown.set_owner(block.details->owner);
  for (const auto& [key, value] : block.details->tags) (*shown.mutable_tags())[key] = value;
  shown.set_size(Text(block.prefix.size()));
  const CidrPool::Usage usage = block.pool == nullptr ? CidrPool::Usage() : block.pool->usage();
  shown.set_allocated(block.pool == nullptr ? shown.size() : Text(usage.allocated + usage.reserved));
}

void Show(const AddressSpace& space, const vpc::v1::DescribeAddressSpacesRequest& request,
          vpc::v1::AddressSpace& shown) {
  const CidrPool::Usage usage = space.pool.usage();
  shown.set_id(space.id);
  shown.set_name(space.name);
  shown.set_cidr_block(space.pool.block().ToString());
  shown.set_allocated(Text(usage.allocated + usage.reserved));
  shown.set_free(Text(usage.free));
  shown.set_size(Text(space.pool.block().size()));
  if (usage.largest_free.has_value()) shown.set_largest_free_block(absl::StrCat("/", *usage.largest_free));
  shown.set_fragmentation(usage.fragmentation);
  space.pool.ForEach([&](const CidrPool::Block& block) {
    if (block.kind != CidrPool::Kind::kFree) ShowBlock(block, *shown.add_blocks());
    return true;
  });
  // Of all there are, what is free would be most of what is shown.
  if (request.tree()) shown.set_tree(vpc::PoolTree(space.pool, {.free = !request.id().empty()}));
  if (request.picture()) shown.set_picture(vpc::PoolSvg(space.pool));
}

}  // namespace

std::vector<AddressSpace> AddressSpaces(const Context& context, absl::string_view id) {
  std::vector<AddressSpace> spaces;
  const Builder builder(context);
  if (!id.empty()) {
    const v1::PlainState* pool = FindPlain(context.model, id, kIpamPoolType);
    if (pool != nullptr) AddPool(context.model, *pool, spaces);
    builder.Add(std::string(id), spaces);
    return spaces;
  }
  builder.AddAll(spaces);
  for (const auto& [pool_id, record] : context.model.plain) {
    if (record.type() == kIpamPoolType) AddPool(context.model, record, spaces);
  }
  std::optional<CidrPool> elastic = ElasticAddressPool(context.model);
  if (elastic.has_value()) spaces.push_back({kElasticAddresses, "", *std::move(elastic)});
  return spaces;
}

absl::Status Describe(const Context& context, const vpc::v1::DescribeAddressSpacesRequest& request,
                      vpc::v1::DescribeAddressSpacesResponse& response) {
  std::string id = request.id();
  const auto has_space = [&] {
    return context.model.vpcs.Find(id) != nullptr || FindPlain(context.model, id, kIpamPoolType) != nullptr;
  };
  if (!id.empty() && !has_space()) {
    NUBO_ASSIGN_OR_RETURN(const v1::DescribeResponse described, DescribeOne(context, id));
    id = described.id();
    if (!has_space()) {
      return absl::NotFoundError(
          absl::StrCat(request.id(), " is no VPC and no IPAM pool; see which there are with: nubo ipam"));
    }
  }
  for (const AddressSpace& space : AddressSpaces(context, id)) Show(space, request, *response.add_spaces());
  return absl::OkStatus();
}

}  // namespace nubo::region
