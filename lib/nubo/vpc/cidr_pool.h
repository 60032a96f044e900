// Blocks of addresses out of one larger block: a buddy allocator.
//
// Free blocks are kept in one ordered set a prefix length. Allocate takes the smallest free block that fits (best fit),
// the lowest of those, and halves it down to the length asked for; Free merges a block with its buddy upward as long
// as the buddy is free. Each takes at most `address bits + 1` steps, however many blocks are out.
//
// Example:
//   CidrPool pool(*net::Prefix::Parse("10.0.0.0/16"));
//   net::Prefix subnet = *pool.Allocate(24);  // 10.0.0.0/24
//   pool.Free(subnet);
//
// Thread safety: thread-compatible.
#ifndef NUBO_VPC_CIDR_POOL_H_
#define NUBO_VPC_CIDR_POOL_H_

#include <array>
#include <set>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "nubo/net/ip_address.h"

namespace nubo::vpc {

class CidrPool {
 public:
  explicit CidrPool(const net::Prefix& block);

  const net::Prefix& block() const { return block_; }

  // RESOURCE_EXHAUSTED: no free block is large enough. INVALID_ARGUMENT: no block of `length` fits into this one.
  absl::StatusOr<net::Prefix> Allocate(int length);
  // This very block. ALREADY_EXISTS: some of it is taken. INVALID_ARGUMENT: it is not within this one.
  absl::Status AllocateExact(const net::Prefix& wanted);
  // NOT_FOUND: `taken` was not allocated as it is.
  absl::Status Free(const net::Prefix& taken);
  // True if no address of `block` is taken.
  bool IsFree(const net::Prefix& block) const;
  size_t allocated() const { return taken_.size(); }

 private:
  // The free block that contains `block`, if there is one.
  const net::Prefix* FindFreeAround(const net::Prefix& block) const;
  // Takes `wanted` out of the free block `from`, leaving the halves not taken free.
  void Carve(net::Prefix from, const net::Prefix& wanted);

  const net::Prefix block_;
  // Invariants:
  // 1. Blocks in free_ and taken_ are disjoint, and together they are block_.
  // 2. No two buddies are both free.
  std::array<std::set<net::Prefix>, 129> free_;
  std::set<net::Prefix> taken_;
};

}  // namespace nubo::vpc

#endif  // NUBO_VPC_CIDR_POOL_H_
