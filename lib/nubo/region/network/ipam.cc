#include "nubo/region/network/ipam.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "nubo/base/status.h"
#include "nubo/region/network/plain_records.h"
#include "nubo/stack/schema.h"
#include "nubo/stack/value.h"

namespace nubo::region {
namespace {

using stack::IdKind;
using stack::ResourceContext;
using stack::Value;
using vpc::CidrPool;

constexpr char kArnStart[] = "arn:aws:ec2::123456789012:";
constexpr char kPrivate[] = "private";
constexpr char kPublic[] = "public";
constexpr char kMin[] = "AllocationMinNetmaskLength";
constexpr char kMax[] = "AllocationMaxNetmaskLength";
constexpr char kDefault[] = "AllocationDefaultNetmaskLength";

absl::Status Refuse(absl::StatusCode code, const std::string& message, absl::string_view aws_code) {
  return base::WithErrorCode(absl::Status(code, message), aws_code);
}
absl::Status Wrong(const std::string& message) {
  return Refuse(absl::StatusCode::kInvalidArgument, message, "InvalidParameterValue");
}

std::optional<int> NumberOf(const v1::PlainState& record, const char* name) {
  int number = 0;
  return absl::SimpleAtoi(Attribute(record, name), &number) ? std::optional<int>(number) : std::nullopt;
}

int BitsOf(const v1::PlainState& pool) { return Attribute(pool, "AddressFamily") == "ipv6" ? 128 : 32; }

// Of a type, those whose attribute `name` is `value`.
const v1::PlainState* FirstWith(const Model& model, absl::string_view type, const char* name,
                                const std::string& value) {
  return FirstPlain(model, type, [&](const v1::PlainState& record) { return Attribute(record, name) == value; });
}

bool SameOwner(const v1::Owner& a, const v1::Owner& b) {
  return a.stack_name() == b.stack_name() && a.logical_id() == b.logical_id();
}

absl::Status CheckRules(const AllocationRules& rules, int bits) {
  const int least = rules.min_netmask_length.value_or(0), most = rules.max_netmask_length.value_or(bits);
  const int usual = rules.default_netmask_length.value_or(least);
  if (0 <= least && least <= usual && usual <= most && most <= bits) return absl::OkStatus();
  return Wrong(absl::StrCat("the netmask lengths of a pool must be 0 <= minimum <= default <= maximum <= ", bits,
                            ", not minimum ", least, ", default ", usual, ", maximum ", most));
}

void SetRules(const AllocationRules& rules, v1::PlainState& record) {
  const auto set = [&](const char* name, const std::optional<int>& length) {
    SetAttribute(record, name, length.has_value() ? absl::StrCat(*length) : "");
  };
  set(kMin, rules.min_netmask_length);
  set(kMax, rules.max_netmask_length);
  set(kDefault, rules.default_netmask_length);
}

// Takes its place in one of the blocks; what does not fit, because a record was damaged, is left out.
void Take(const net::Prefix& block, const std::string& owner, std::vector<CidrPool>& blocks) {
  for (CidrPool& pool : blocks) {
    if (pool.block().Contains(block) && pool.AllocateExact(block).ok()) {
      (void)pool.SetDetails(block, {.owner = owner, .tags = {}});
    }
  }
}

// What the pool's rules say of an allocation of that length.
absl::Status CheckLength(const v1::PlainState& pool, int length) {
  const int least = NumberOf(pool, kMin).value_or(0), most = NumberOf(pool, kMax).value_or(BitsOf(pool));
  if (length >= least && length <= most) return absl::OkStatus();
  return Wrong(absl::StrCat("the pool ", pool.id(), " gives blocks of /", least, " to /", most, ", not /", length));
}

// The smallest hole that fits, over all of its blocks.
absl::StatusOr<net::Prefix> FreeBlock(const v1::PlainState& pool, std::vector<CidrPool>& blocks, int length) {
  std::optional<net::Prefix> found;
  std::optional<int> largest;
  std::string all;
  for (CidrPool& block : blocks) {
    absl::StrAppend(&all, all.empty() ? "" : ", ", block.block().ToString());
    const std::optional<int> free = block.usage().largest_free;
    if (free.has_value() && (!largest.has_value() || *free < *largest)) largest = free;
    if (found.has_value() || length < block.block().length()) continue;
    if (const auto given = block.Allocate(length); given.ok()) found = *given;
  }
  if (found.has_value()) return *found;
  return Refuse(absl::StatusCode::kResourceExhausted,
                absl::StrCat("The allocation size is too big for the pool ", pool.id(), " (",
                             all.empty() ? "nothing is provisioned to it" : all, "): /", length, " was asked for, and ",
                             largest.has_value() ? absl::StrCat("its largest free block is /", *largest)
                                                 : std::string("nothing of it is free")),
                "InvalidParameterValue");
}

absl::Status CheckGiven(const v1::PlainState& pool, const std::vector<CidrPool>& blocks, const net::Prefix& wanted) {
  for (const CidrPool& block : blocks) {
    if (!block.block().Contains(wanted)) continue;
    if (block.IsFree(wanted)) return absl::OkStatus();
    return Refuse(absl::StatusCode::kAlreadyExists,
                  absl::StrCat("some of ", wanted.ToString(), " is taken in the pool ", pool.id()),
                  "InvalidParameterValue");
  }
  return Wrong(absl::StrCat(wanted.ToString(), " is in no block of the pool ", pool.id()));
}

// A block of the pool that is free, as its rules have it.
absl::StatusOr<net::Prefix> Choose(const Context& context, const std::string& pool_id, const BlockRequest& request) {
  NUBO_RETURN_IF_ERROR(CheckExists(context, IdKind::kIpamPool, pool_id));
  const v1::PlainState& pool = *FindPlain(context.model, pool_id, kIpamPoolType);
  std::vector<CidrPool> blocks = BlocksOfIpamPool(context.model, pool_id);
  if (!request.cidr.empty()) {
    if (request.netmask_length.has_value()) {
      return Refuse(absl::StatusCode::kInvalidArgument, "a block and a netmask length are given; give one of them",
                    "InvalidParameterCombination");
    }
    const auto wanted = net::Prefix::Parse(request.cidr);
    if (!wanted.ok()) return Wrong(absl::StrCat("'", request.cidr.substr(0, 64), "' is no block"));
    NUBO_RETURN_IF_ERROR(CheckLength(pool, wanted->length()));
    NUBO_RETURN_IF_ERROR(CheckGiven(pool, blocks, *wanted));
    return *wanted;
  }
  const std::optional<int> length =
      request.netmask_length.has_value() ? request.netmask_length : NumberOf(pool, kDefault);
  if (!length.has_value()) {
    return Refuse(absl::StatusCode::kInvalidArgument,
                  absl::StrCat("neither a block nor a netmask length is given, and the pool ", pool_id,
                               " has no default netmask length"),
                  "InvalidParameterCombination");
  }
  NUBO_RETURN_IF_ERROR(CheckLength(pool, *length));
  return FreeBlock(pool, blocks, *length);
}

void PutAllocation(Context& context, const v1::Owner& owner, const std::string& id, const std::string& pool_id,
                   const net::Prefix& block, const std::string& resource_id) {
  v1::PlainState record;
  record.set_id(id);
  *record.mutable_owner() = owner;
  record.set_type(kIpamAllocationType);
  SetAttribute(record, "Cidr", block.ToString());
  SetAttribute(record, "IpamPoolId", pool_id);
  SetAttribute(record, "ResourceId", resource_id);
  context.model.plain.Put(id, std::move(record));
}

std::string AllocationId(Context& context, const std::string& pool_id, const net::Prefix& block) {
  return absl::StrCat(pool_id, "|", context.ids.NewId("ipam-pool-alloc"), "|", block.ToString());
}

// "ipam-pool-alloc-…" of "ipam-pool-…|ipam-pool-alloc-…|10.0.0.0/24".
std::string Part(const std::string& id, size_t number) {
  const std::vector<std::string> parts = absl::StrSplit(id, '|');
  return number < parts.size() ? parts[number] : "";
}

std::string PutScope(Context& context, const v1::Owner& owner, const std::string& ipam_id, const char* type,
                     bool is_default) {
  v1::PlainState record;
  SetAttribute(record, "IpamId", ipam_id);
  SetAttribute(record, "IpamScopeType", type);
  SetAttribute(record, "IsDefault", is_default ? "true" : "false");
  return PutPlain(context, owner, kIpamScopeType, "ipam-scope", std::move(record));
}

// What in the scope overlaps it; pools out of pools have what is their source's.
const v1::PlainState* Overlapping(const Model& model, const std::string& scope_id, const net::Prefix& block) {
  return FirstPlain(model, kIpamPoolCidrType, [&](const v1::PlainState& other) {
    const v1::PlainState* pool = FindPlain(model, Attribute(other, "IpamPoolId"), kIpamPoolType);
    return pool != nullptr && Attribute(*pool, "IpamScopeId") == scope_id &&
           Attribute(*pool, "SourceIpamPoolId").empty() && BlockOf(Attribute(other, "Cidr")).Overlaps(block);
  });
}

absl::StatusOr<net::Prefix> GivenBlock(const Context& context, const v1::PlainState& pool,
                                       const BlockRequest& request) {
  const auto block = net::Prefix::Parse(request.cidr);
  if (!block.ok() || block->first().bits() != BitsOf(pool)) {
    return Wrong(absl::StrCat("the pool ", pool.id(), " has no source: give it a block of ",
                              Attribute(pool, "AddressFamily"), ", not \"", request.cidr.substr(0, 64), "\""));
  }
  const v1::PlainState* other = Overlapping(context.model, Attribute(pool, "IpamScopeId"), *block);
  if (other == nullptr) return *block;
  return Wrong(absl::StrCat(block->ToString(), " overlaps ", Attribute(*other, "Cidr"), " of the pool ",
                            Attribute(*other, "IpamPoolId")));
}

}  // namespace

absl::StatusOr<std::string> CreateIpam(Context& context, const v1::Owner& owner) {
  const std::string id = PutPlain(context, owner, kIpamType, "ipam", {});
  // They go with it, and are no resources.
  (void)PutScope(context, {}, id, kPrivate, true);
  (void)PutScope(context, {}, id, kPublic, true);
  return id;
}

std::pair<std::string, std::string> DefaultScopesOf(const Model& model, const std::string& ipam_id) {
  std::pair<std::string, std::string> scopes;
  for (const auto& [id, record] : model.plain) {
    if (record.type() != kIpamScopeType || Attribute(record, "IpamId") != ipam_id) continue;
    if (Attribute(record, "IsDefault") != "true") continue;
    (Attribute(record, "IpamScopeType") == kPrivate ? scopes.first : scopes.second) = id;
  }
  return scopes;
}

absl::Status DeleteIpam(Context& context, const std::string& ipam_id) {
  if (FindPlain(context.model, ipam_id, kIpamType) == nullptr) return absl::OkStatus();
  std::vector<std::string> scopes;
  for (const auto& [id, record] : context.model.plain) {
    if (record.type() != kIpamScopeType || Attribute(record, "IpamId") != ipam_id) continue;
    if (Attribute(record, "IsDefault") != "true") return HasDependencies("ipam", ipam_id, absl::StrCat("it has ", id));
    const v1::PlainState* pool = FirstWith(context.model, kIpamPoolType, "IpamScopeId", id);
    if (pool != nullptr) return HasDependencies("ipam", ipam_id, absl::StrCat("it has the pool ", pool->id()));
    scopes.push_back(id);
  }
  for (const std::string& id : scopes) context.model.plain.Erase(id);
  context.model.plain.Erase(ipam_id);
  return absl::OkStatus();
}

absl::StatusOr<std::string> CreateIpamScope(Context& context, const v1::Owner& owner, const std::string& ipam_id) {
  NUBO_RETURN_IF_ERROR(CheckExists(context, IdKind::kIpam, ipam_id));
  return PutScope(context, owner, ipam_id, kPrivate, false);
}

absl::Status DeleteIpamScope(Context& context, const std::string& scope_id) {
  if (const v1::PlainState* pool = FirstWith(context.model, kIpamPoolType, "IpamScopeId", scope_id)) {
    return HasDependencies("ipam scope", scope_id, absl::StrCat("it has the pool ", pool->id()));
  }
  context.model.plain.Erase(scope_id);
  return absl::OkStatus();
}

absl::StatusOr<std::string> CreateIpamPool(Context& context, const v1::Owner& owner,
                                           const CreateIpamPoolRequest& request) {
  NUBO_RETURN_IF_ERROR(CheckExists(context, IdKind::kIpamScope, request.ipam_scope_id));
  v1::PlainState record;
  SetAttribute(record, "AddressFamily", request.address_family);
  SetAttribute(record, "IpamScopeId", request.ipam_scope_id);
  SetAttribute(record, "SourceIpamPoolId", request.source_ipam_pool_id);
  NUBO_RETURN_IF_ERROR(CheckRules(request.rules, BitsOf(record)));
  SetRules(request.rules, record);
  if (!request.source_ipam_pool_id.empty()) {
    NUBO_RETURN_IF_ERROR(CheckExists(context, IdKind::kIpamPool, request.source_ipam_pool_id));
    const v1::PlainState& source = *FindPlain(context.model, request.source_ipam_pool_id, kIpamPoolType);
    for (const char* name : {"AddressFamily", "IpamScopeId"}) {
      if (Attribute(source, name) == Attribute(record, name)) continue;
      return Wrong(absl::StrCat("the source ", source.id(), " has the ", name, " ", Attribute(source, name), ", not ",
                                Attribute(record, name)));
    }
  }
  return PutPlain(context, owner, kIpamPoolType, "ipam-pool", std::move(record));
}

absl::Status ModifyIpamPool(Context& context, const std::string& pool_id, const AllocationRules& rules) {
  NUBO_RETURN_IF_ERROR(CheckExists(context, IdKind::kIpamPool, pool_id));
  NUBO_RETURN_IF_ERROR(CheckRules(rules, BitsOf(*FindPlain(context.model, pool_id, kIpamPoolType))));
  context.model.plain.Update(pool_id, [&](v1::PlainState& record) { SetRules(rules, record); });
  return absl::OkStatus();
}

absl::Status DeleteIpamPool(Context& context, const std::string& pool_id) {
  const v1::PlainState* pool = FindPlain(context.model, pool_id, kIpamPoolType);
  if (pool == nullptr) return absl::OkStatus();
  const auto in_the_way = [&](const v1::PlainState* other) {
    return HasDependencies("ipam pool", pool_id, absl::StrCat(other->id(), " is of it"));
  };
  if (const auto* other = FirstWith(context.model, kIpamAllocationType, "IpamPoolId", pool_id))
    return in_the_way(other);
  if (const auto* other = FirstWith(context.model, kIpamPoolType, "SourceIpamPoolId", pool_id))
    return in_the_way(other);
  std::vector<std::string> along;
  for (const auto& [id, record] : context.model.plain) {
    if (record.type() != kIpamPoolCidrType || Attribute(record, "IpamPoolId") != pool_id) continue;
    if (!SameOwner(record.owner(), pool->owner())) return in_the_way(&record);
    along.push_back(id);
  }
  for (const std::string& id : along) context.model.plain.Erase(id);
  context.model.plain.Erase(pool_id);
  return absl::OkStatus();
}

absl::StatusOr<std::string> ProvisionIpamPoolCidr(Context& context, const v1::Owner& owner, const std::string& pool_id,
                                                  const BlockRequest& request) {
  NUBO_RETURN_IF_ERROR(CheckExists(context, IdKind::kIpamPool, pool_id));
  const v1::PlainState& pool = *FindPlain(context.model, pool_id, kIpamPoolType);
  const std::string source = Attribute(pool, "SourceIpamPoolId");
  NUBO_ASSIGN_OR_RETURN(const net::Prefix block,
                        source.empty() ? GivenBlock(context, pool, request) : Choose(context, source, request));
  const std::string cidr_id = context.ids.NewId("ipam-pool-cidr");
  const std::string id = absl::StrCat(pool_id, "|", cidr_id);
  v1::PlainState record;
  record.set_id(id);
  *record.mutable_owner() = owner;
  record.set_type(kIpamPoolCidrType);
  SetAttribute(record, "Cidr", block.ToString());
  SetAttribute(record, "IpamPoolCidrId", cidr_id);
  SetAttribute(record, "IpamPoolId", pool_id);
  SetAttribute(record, "SourceIpamPoolId", source);
  context.model.plain.Put(id, std::move(record));
  return id;
}

absl::Status DeprovisionIpamPoolCidr(Context& context, const std::string& id) {
  const v1::PlainState* record = FindPlain(context.model, id, kIpamPoolCidrType);
  if (record == nullptr) return absl::OkStatus();
  const net::Prefix block = BlockOf(Attribute(*record, "Cidr"));
  for (const CidrPool& pool : BlocksOfIpamPool(context.model, Attribute(*record, "IpamPoolId"))) {
    if (pool.block() == block && pool.allocated() > 0) {
      return HasDependencies("ipam pool CIDR", id, absl::StrCat("something of ", block.ToString(), " is allocated"));
    }
  }
  context.model.plain.Erase(id);
  return absl::OkStatus();
}

absl::StatusOr<std::string> AllocateIpamPoolCidr(Context& context, const v1::Owner& owner, const std::string& pool_id,
                                                 const BlockRequest& request) {
  NUBO_ASSIGN_OR_RETURN(const net::Prefix block, Choose(context, pool_id, request));
  const std::string id = AllocationId(context, pool_id, block);
  PutAllocation(context, owner, id, pool_id, block, "");
  return id;
}

void ReleaseIpamPoolAllocation(Context& context, const std::string& id) {
  if (FindPlain(context.model, id, kIpamAllocationType) != nullptr) context.model.plain.Erase(id);
}

absl::StatusOr<net::Prefix> AllocateForResource(Context& context, const std::string& resource_id,
                                                const std::string& pool_id, const BlockRequest& request) {
  NUBO_ASSIGN_OR_RETURN(const net::Prefix block, Choose(context, pool_id, request));
  PutAllocation(context, {}, AllocationId(context, pool_id, block), pool_id, block, resource_id);
  return block;
}

void ReleaseOfResource(Context& context, const std::string& resource_id) {
  while (const auto* record = FirstWith(context.model, kIpamAllocationType, "ResourceId", resource_id)) {
    context.model.plain.Erase(std::string(record->id()));
  }
}

std::vector<CidrPool> BlocksOfIpamPool(const Model& model, const std::string& pool_id) {
  std::vector<CidrPool> blocks;
  for (const auto& [id, record] : model.plain) {
    if (record.type() == kIpamPoolCidrType && Attribute(record, "IpamPoolId") == pool_id) {
      blocks.emplace_back(BlockOf(Attribute(record, "Cidr")));
    }
  }
  std::sort(blocks.begin(), blocks.end(), [](const CidrPool& a, const CidrPool& b) { return a.block() < b.block(); });
  for (const auto& [id, record] : model.plain) {
    const net::Prefix block = BlockOf(Attribute(record, "Cidr"));
    if (record.type() == kIpamPoolCidrType && Attribute(record, "SourceIpamPoolId") == pool_id) {
      Take(block, Attribute(record, "IpamPoolId"), blocks);
    } else if (record.type() == kIpamAllocationType && Attribute(record, "IpamPoolId") == pool_id) {
      const std::string resource = Attribute(record, "ResourceId");
      Take(block, resource.empty() ? Part(id, 1) : resource, blocks);
    }
  }
  return blocks;
}

namespace {

Value Text(const std::string& text) { return Value::String(text); }

std::optional<int> LengthOf(const Value& properties, const char* name) {
  const std::optional<int64_t> number = properties.Get(name).AsInteger();
  return number.has_value() ? std::optional<int>(static_cast<int>(*number)) : std::nullopt;
}

AllocationRules RulesOf(const Value& properties) {
  return {.min_netmask_length = LengthOf(properties, kMin),
          .max_netmask_length = LengthOf(properties, kMax),
          .default_netmask_length = LengthOf(properties, kDefault)};
}

BlockRequest BlockOfProperties(const Value& properties) {
  return {.cidr = properties.Get("Cidr").text(), .netmask_length = LengthOf(properties, "NetmaskLength")};
}

int CountWith(const Model& model, absl::string_view type, const char* name, const std::string& value) {
  return static_cast<int>(
      CountPlain(model, type, [&](const v1::PlainState& record) { return Attribute(record, name) == value; }));
}

std::string ArnOf(absl::string_view kind, const std::string& id) { return absl::StrCat(kArnStart, kind, "/", id); }

void AddIpam(ResourceTypes& types) {
  ResourceType& type = AddPlainType(types, kIpamType, [](const Context& context, const v1::PlainState& record) {
    const auto [priv, pub] = DefaultScopesOf(context.model, record.id());
    return stack::Attributes{
        {"Arn", Text(ArnOf("ipam", record.id()))},
        {"IpamId", Text(record.id())},
        {"PrivateDefaultScopeId", Text(priv)},
        {"PublicDefaultScopeId", Text(pub)},
        {"ScopeCount", Text(absl::StrCat(CountWith(context.model, kIpamScopeType, "IpamId", record.id())))}};
  });
  type.create = [](Context& context, const ResourceContext& resource, const Value&) {
    return CreateIpam(context, OwnerOf(resource));
  };
  type.update = NothingToChange;
  type.remove = [](Context& context, const ResourceContext&, const std::string& id) { return DeleteIpam(context, id); };
  AddPlainId(types, IdKind::kIpam, "ipam-", "IPAM ID", "InvalidIpamId.NotFound", kIpamType);
}

void AddScope(ResourceTypes& types) {
  ResourceType& type = AddPlainType(types, kIpamScopeType, [](const Context& context, const v1::PlainState& record) {
    return stack::Attributes{
        {"Arn", Text(ArnOf("ipam-scope", record.id()))},
        {"IpamArn", Text(ArnOf("ipam", Attribute(record, "IpamId")))},
        {"IpamScopeId", Text(record.id())},
        {"IpamScopeType", Text(Attribute(record, "IpamScopeType"))},
        {"IsDefault", Text(Attribute(record, "IsDefault"))},
        {"PoolCount", Text(absl::StrCat(CountWith(context.model, kIpamPoolType, "IpamScopeId", record.id())))}};
  });
  type.create = [](Context& context, const ResourceContext& resource, const Value& properties) {
    return CreateIpamScope(context, OwnerOf(resource), properties.Get("IpamId").text());
  };
  type.update = NothingToChange;
  type.remove = [](Context& context, const ResourceContext&, const std::string& id) {
    return DeleteIpamScope(context, id);
  };
  AddPlainId(types, IdKind::kIpamScope, "ipam-scope-", "IPAM scope ID", "InvalidIpamScopeId.NotFound", kIpamScopeType);
}

// From 1; a pool that is its own source in a damaged store ends it all the same.
int DepthOf(const Model& model, const v1::PlainState& pool) {
  int depth = 1;
  const v1::PlainState* source = FindPlain(model, Attribute(pool, "SourceIpamPoolId"), kIpamPoolType);
  while (source != nullptr && depth < CidrPool::kDepthMax) {
    ++depth;
    source = FindPlain(model, Attribute(*source, "SourceIpamPoolId"), kIpamPoolType);
  }
  return depth;
}

// With its blocks, or not at all.
absl::StatusOr<std::string> MakePool(Context& context, const v1::Owner& owner, const Value& properties) {
  NUBO_ASSIGN_OR_RETURN(const std::string id,
                        CreateIpamPool(context, owner,
                                       {.ipam_scope_id = properties.Get("IpamScopeId").text(),
                                        .address_family = properties.Get("AddressFamily").text(),
                                        .source_ipam_pool_id = properties.Get("SourceIpamPoolId").text(),
                                        .rules = RulesOf(properties)}));
  for (const Value& block : properties.Get("ProvisionedCidrs").items()) {
    const absl::Status status = ProvisionIpamPoolCidr(context, owner, id, {.cidr = block.Get("Cidr").text()}).status();
    if (status.ok()) continue;
    NUBO_RETURN_IF_ERROR(DeleteIpamPool(context, id));
    return status;
  }
  return id;
}

// What it lists beside what it has, and no longer.
absl::Status ChangePool(Context& context, const v1::Owner& owner, const std::string& id, const Value& properties) {
  std::vector<net::Prefix> wanted;
  for (const Value& block : properties.Get("ProvisionedCidrs").items()) {
    wanted.push_back(BlockOf(block.Get("Cidr").text()));
  }
  std::vector<std::string> gone;
  for (const auto& [cidr_id, record] : context.model.plain) {
    if (record.type() != kIpamPoolCidrType || Attribute(record, "IpamPoolId") != id) continue;
    if (!SameOwner(record.owner(), owner)) continue;
    const auto found = std::find(wanted.begin(), wanted.end(), BlockOf(Attribute(record, "Cidr")));
    if (found == wanted.end()) {
      gone.push_back(cidr_id);
    } else {
      wanted.erase(found);
    }
  }
  for (const std::string& cidr_id : gone) NUBO_RETURN_IF_ERROR(DeprovisionIpamPoolCidr(context, cidr_id));
  for (const net::Prefix& block : wanted) {
    NUBO_RETURN_IF_ERROR(ProvisionIpamPoolCidr(context, owner, id, {.cidr = block.ToString()}).status());
  }
  return ModifyIpamPool(context, id, RulesOf(properties));
}

void AddPool(ResourceTypes& types) {
  ResourceType& type = AddPlainType(types, kIpamPoolType, [](const Context& context, const v1::PlainState& record) {
    const std::string scope_id = Attribute(record, "IpamScopeId");
    const v1::PlainState* scope = FindPlain(context.model, scope_id, kIpamScopeType);
    return stack::Attributes{{"Arn", Text(ArnOf("ipam-pool", record.id()))},
                             {"IpamArn", Text(scope == nullptr ? "" : ArnOf("ipam", Attribute(*scope, "IpamId")))},
                             {"IpamPoolId", Text(record.id())},
                             {"IpamScopeArn", Text(ArnOf("ipam-scope", scope_id))},
                             {"IpamScopeType", Text(scope == nullptr ? "" : Attribute(*scope, "IpamScopeType"))},
                             {"PoolDepth", Text(absl::StrCat(DepthOf(context.model, record)))},
                             {"State", Text("create-complete")},
                             {"StateMessage", Text("")}};
  });
  type.create = [](Context& context, const ResourceContext& resource, const Value& properties) {
    return MakePool(context, OwnerOf(resource), properties);
  };
  type.update = [](Context& context, const ResourceContext& resource, const std::string& id, const Value& properties) {
    return ChangePool(context, OwnerOf(resource), id, properties);
  };
  type.remove = [](Context& context, const ResourceContext&, const std::string& id) {
    return DeleteIpamPool(context, id);
  };
  AddPlainId(types, IdKind::kIpamPool, "ipam-pool-", "IPAM pool ID", "InvalidIpamPoolId.NotFound", kIpamPoolType);
}

void AddPoolCidr(ResourceTypes& types) {
  ResourceType& type = AddPlainType(types, kIpamPoolCidrType, [](const Context&, const v1::PlainState& record) {
    return stack::Attributes{{"IpamPoolCidrId", Text(Attribute(record, "IpamPoolCidrId"))},
                             {"State", Text("provisioned")}};
  });
  type.create = [](Context& context, const ResourceContext& resource, const Value& properties) {
    return ProvisionIpamPoolCidr(context, OwnerOf(resource), properties.Get("IpamPoolId").text(),
                                 BlockOfProperties(properties));
  };
  type.update = NothingToChange;
  type.remove = [](Context& context, const ResourceContext&, const std::string& id) {
    return DeprovisionIpamPoolCidr(context, id);
  };
}

void AddAllocation(ResourceTypes& types) {
  ResourceType& type = AddPlainType(types, kIpamAllocationType, [](const Context&, const v1::PlainState& record) {
    return stack::Attributes{{"IpamPoolAllocationId", Text(Part(record.id(), 1))}};
  });
  type.create = [](Context& context, const ResourceContext& resource, const Value& properties) {
    return AllocateIpamPoolCidr(context, OwnerOf(resource), properties.Get("IpamPoolId").text(),
                                BlockOfProperties(properties));
  };
  type.update = NothingToChange;
  type.remove = [](Context& context, const ResourceContext&, const std::string& id) {
    ReleaseIpamPoolAllocation(context, id);
    return absl::OkStatus();
  };
}

}  // namespace

void AddIpamTypes(ResourceTypes& types) {
  AddIpam(types);
  AddScope(types);
  AddPool(types);
  AddPoolCidr(types);
  AddAllocation(types);
}

}  // namespace nubo::region
