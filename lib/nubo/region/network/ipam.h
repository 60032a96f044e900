// Amazon VPC IPAM: pools of blocks, out of which pools, VPCs and whoever asks get theirs. (Amazon VPC IPAM user guide,
// "How IPAM works"; EC2 API reference, CreateIpam, CreateIpamPool, ProvisionIpamPoolCidr, AllocateIpamPoolCidr.)
//
//   IPAM → scopes (a private and a public one by default) → pools, with the blocks provisioned to them
//        → pools of which a pool is the source: their blocks are allocations of it
//
// Which blocks of a pool are taken stands in the records of what took them; a vpc::CidrPool is made of these whenever
// one is asked for.
//
// Example:
//   NUBO_ASSIGN_OR_RETURN(const std::string ipam, CreateIpam(context, {}));
//   NUBO_ASSIGN_OR_RETURN(const std::string pool,
//                         CreateIpamPool(context, {}, {.ipam_scope_id = DefaultScopesOf(context.model, ipam).first,
//                                                      .allocation_default_netmask_length = 20}));
//   NUBO_RETURN_IF_ERROR(ProvisionIpamPoolCidr(context, {}, pool, {.cidr = "10.0.0.0/8"}).status());
//   NUBO_ASSIGN_OR_RETURN(const net::Prefix block, AllocateForResource(context, "vpc-1", pool, {}));  // 10.0.0.0/20
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_NETWORK_IPAM_H_
#define NUBO_REGION_NETWORK_IPAM_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "nubo/net/ip_address.h"
#include "nubo/region/resources/resource_types.h"
#include "nubo/region/state/context.h"
#include "nubo/region/state/model.h"
#include "nubo/vpc/cidr_pool.h"

namespace nubo::region {

// Its id (ipam-…).
absl::StatusOr<std::string> CreateIpam(Context& context, const v1::Owner& owner);
// Its default scopes: the private one, the public one.
std::pair<std::string, std::string> DefaultScopesOf(const Model& model, const std::string& ipam_id);
// FAILED_PRECONDITION (DependencyViolation): it has further scopes, or pools. Without effect on one that is not there.
absl::Status DeleteIpam(Context& context, const std::string& ipam_id);

// A private one (ipam-scope-…). NOT_FOUND (InvalidIpamId.NotFound).
absl::StatusOr<std::string> CreateIpamScope(Context& context, const v1::Owner& owner, const std::string& ipam_id);
// FAILED_PRECONDITION (DependencyViolation): it has pools. Without effect on one that is not there.
absl::Status DeleteIpamScope(Context& context, const std::string& scope_id);

// Which lengths its allocations may have.
struct AllocationRules {
  std::optional<int> min_netmask_length = {};
  std::optional<int> max_netmask_length = {};
  std::optional<int> default_netmask_length = {};
};
struct CreateIpamPoolRequest {
  std::string ipam_scope_id;
  // "ipv4" or "ipv6".
  std::string address_family = "ipv4";
  // "": none; its blocks are whatever is provisioned.
  std::string source_ipam_pool_id = {};
  AllocationRules rules = {};
};
// Its id (ipam-pool-…). NOT_FOUND (InvalidIpamScopeId.NotFound, InvalidIpamPoolId.NotFound). INVALID_ARGUMENT
// (InvalidParameterValue): the rules contradict each other, or the source is of another scope or family.
absl::StatusOr<std::string> CreateIpamPool(Context& context, const v1::Owner& owner,
                                           const CreateIpamPoolRequest& request);
// NOT_FOUND (InvalidIpamPoolId.NotFound); of rules as CreateIpamPool(). What is allocated stays.
absl::Status ModifyIpamPool(Context& context, const std::string& pool_id, const AllocationRules& rules);
// With the blocks that `owner`, and nobody else, has provisioned. FAILED_PRECONDITION (DependencyViolation): something
// is allocated, or a block or a pool is there that is another resource's. Without effect on one that is not there.
absl::Status DeleteIpamPool(Context& context, const std::string& pool_id);

// One of these, or neither where a pool has a default.
struct BlockRequest {
  std::string cidr = {};
  std::optional<int> netmask_length = {};
};
// Of a pool with a source it is allocated there, by the source's rules. Its id, "ipam-pool-…|ipam-pool-cidr-…".
// NOT_FOUND (InvalidIpamPoolId.NotFound). INVALID_ARGUMENT (InvalidParameterValue): it is no block of the pool's
// family, or overlaps one that a pool of the scope has; without a source, it has to be given. RESOURCE_EXHAUSTED, as of
// AllocateIpamPoolCidr().
absl::StatusOr<std::string> ProvisionIpamPoolCidr(Context& context, const v1::Owner& owner, const std::string& pool_id,
                                                  const BlockRequest& request);
// FAILED_PRECONDITION (DependencyViolation): something is allocated in it. Without effect on one that is not there.
absl::Status DeprovisionIpamPoolCidr(Context& context, const std::string& id);

// Its id, "ipam-pool-…|ipam-pool-alloc-…|BLOCK". NOT_FOUND (InvalidIpamPoolId.NotFound). INVALID_ARGUMENT: neither or
// both are given (InvalidParameterCombination), the length breaks the pool's rules, or the block is not of the pool
// (InvalidParameterValue). ALREADY_EXISTS (InvalidParameterValue): some of the block is taken. RESOURCE_EXHAUSTED
// (InvalidParameterValue, as AWS has it): no free block is large enough; the message names the pool, what was asked for
// and its largest free block.
absl::StatusOr<std::string> AllocateIpamPoolCidr(Context& context, const v1::Owner& owner, const std::string& pool_id,
                                                 const BlockRequest& request);
// Without effect on one that is not there.
void ReleaseIpamPoolAllocation(Context& context, const std::string& id);

// The same for a resource that has the block as long as it is there. Errors as above.
absl::StatusOr<net::Prefix> AllocateForResource(Context& context, const std::string& resource_id,
                                                const std::string& pool_id, const BlockRequest& request);
// All that it has.
void ReleaseOfResource(Context& context, const std::string& resource_id);

// Its provisioned blocks in order, with who has what of them.
std::vector<vpc::CidrPool> BlocksOfIpamPool(const Model& model, const std::string& pool_id);

// AWS::EC2::IPAM, IPAMScope, IPAMPool, IPAMPoolCidr and IPAMAllocation.
void AddIpamTypes(ResourceTypes& types);

}  // namespace nubo::region

#endif  // NUBO_REGION_NETWORK_IPAM_H_
