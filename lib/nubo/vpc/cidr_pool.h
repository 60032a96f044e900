// Blocks of addresses out of one larger block, IPv4 or IPv6.
//
// Allocate takes the smallest free block that fits (best fit), the lowest of those, and halves it down to the length
// asked for; Free merges a block with its buddy as long as the buddy is free. Both, and AllocateExact, change a few
// words on one path of a tree (block_tree.h), however many blocks are out: a tenth of a microsecond with a million of
// them, at less than 32 bytes a block. What only some blocks have (an owner, tags, a pool inside) is kept beside for
// those.
//
// A pool can hold
// * reservations: blocks that Allocate never gives, and AllocateExact does, wholly or in part;
// * pools: a block out of this one that is a CidrPool itself;
// * resting blocks: with Options::rest, what is freed is not given again before that time is over. Time is an argument;
//   whoever leaves it out has no block rest, and wakes none.
//
// It is kept as text (pool_text.h) or as bytes (pool_snapshot.h), and drawn (pool_picture.h).
//
// Example:
//   CidrPool pool(*net::Prefix::Parse("10.0.0.0/16"));
//   net::Prefix subnet = *pool.Allocate(24);  // 10.0.0.0/24
//   if (absl::Status status = pool.SetDetails(subnet, {.owner = "web"}); !status.ok()) return status;
//   net::Prefix beside = *pool.AllocateNextTo(subnet, 24);  // 10.0.1.0/24
//   if (absl::Status status = pool.Free(beside); !status.ok()) return status;
//   double fragmentation = pool.usage().fragmentation;
//
// Thread safety: thread-compatible.
#ifndef NUBO_VPC_CIDR_POOL_H_
#define NUBO_VPC_CIDR_POOL_H_

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/hash/hash.h"
#include "absl/numeric/int128.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "nubo/net/ip_address.h"
#include "nubo/vpc/block_tree.h"

namespace nubo::vpc {

class CidrPool {
 public:
  // How deep pools and reservations may lie in one another.
  static constexpr int kDepthMax = 16;

  struct Options {
    // How long a block that was freed is not given again.
    absl::Duration rest;
    friend bool operator==(const Options& a, const Options& b) { return a.rest == b.rest; }
  };
  // Of a block that is not free.
  struct Details {
    std::string owner;
    std::map<std::string, std::string> tags;
    bool empty() const { return owner.empty() && tags.empty(); }
    friend bool operator==(const Details& a, const Details& b) { return a.owner == b.owner && a.tags == b.tags; }
  };
  enum class Kind { kFree, kAllocated, kReserved, kPool, kResting };
  struct Block {
    net::Prefix prefix;
    Kind kind = Kind::kFree;
    // Never null; empty for most. Good until the pool changes.
    const Details* details = nullptr;
    // What a kPool is, and for a kReserved what has been allocated of it; else null.
    const CidrPool* pool = nullptr;
    // Of a kResting.
    absl::Time until = absl::InfinitePast();
  };
  // All in addresses; 2^128 is 0. Together, allocated, reserved, resting and free are all there are.
  struct Usage {
    // Given out; a pool counts as a whole.
    absl::uint128 allocated = 0;
    // Of reservations, and not allocated.
    absl::uint128 reserved = 0;
    absl::uint128 resting = 0;
    absl::uint128 free = 0;
    // The prefix length of the largest free block.
    std::optional<int> largest_free;
    // 1 - largest free block / all that is free: 0 if what is free is one block, or nothing is; near 1 if it is in
    // pieces.
    double fragmentation = 0;
  };

  explicit CidrPool(const net::Prefix& block);
  CidrPool(const net::Prefix& block, Options options);
  CidrPool(CidrPool&&) = default;
  CidrPool& operator=(CidrPool&&) = default;

  const net::Prefix& block() const { return tree_.block(); }
  const Options& options() const { return options_; }

  // RESOURCE_EXHAUSTED: no free block is large enough; the message names the pool, what was asked for and the largest
  // free block. INVALID_ARGUMENT: no block of `length` fits into this one.
  absl::StatusOr<net::Prefix> Allocate(int length, absl::Time now = absl::InfinitePast());
  // One block for each length, in their order, or none at all: errors as above. Larger ones are placed first, so that
  // it fails only if there is no way.
  absl::StatusOr<std::vector<net::Prefix>> AllocateAll(absl::Span<const int> lengths,
                                                       absl::Time now = absl::InfinitePast());
  // The lowest that begins after `block`, which is within this one: INVALID_ARGUMENT if not, else errors as above.
  absl::StatusOr<net::Prefix> AllocateAfter(const net::Prefix& block, int length,
                                            absl::Time now = absl::InfinitePast());
  // The one nearest to `block` on either side, the lower of two that are equally near. Errors as above.
  absl::StatusOr<net::Prefix> AllocateNextTo(const net::Prefix& block, int length,
                                             absl::Time now = absl::InfinitePast());
  // This very block; also out of a reservation or of a block that rests, if it is within that.
  // ALREADY_EXISTS: some of it is taken. INVALID_ARGUMENT: it is not within this one.
  absl::Status AllocateExact(const net::Prefix& wanted);

  // A block that is a pool itself; owned by this one, and good until it is freed. Errors as of Allocate and
  // AllocateExact, and FAILED_PRECONDITION if pools would lie too deep in one another.
  absl::StatusOr<CidrPool*> AllocatePool(int length, absl::Time now = absl::InfinitePast());
  absl::StatusOr<CidrPool*> AllocatePoolExact(const net::Prefix& wanted, Options options = Options());
  // The pool that is exactly `block`, or null.
  CidrPool* FindPool(const net::Prefix& block);
  const CidrPool* FindPool(const net::Prefix& block) const;

  // Sets a free block aside. Errors as of AllocatePoolExact.
  absl::Status Reserve(const net::Prefix& block);
  // Has a free block rest until then. ALREADY_EXISTS and INVALID_ARGUMENT as of AllocateExact.
  absl::Status Rest(const net::Prefix& block, absl::Time until);

  // A block, a pool or a reservation. With Options::rest and a time, a block rests first.
  // NOT_FOUND: `taken` was not allocated as it is. FAILED_PRECONDITION: a pool or a reservation of which some is
  // allocated.
  absl::Status Free(const net::Prefix& taken, absl::Time now = absl::InfinitePast());

  // NOT_FOUND: `block` is not allocated, a pool or reserved as it is.
  absl::Status SetDetails(const net::Prefix& block, Details details);

  // True if Allocate could give `block`: no address of it is taken, reserved or resting.
  bool IsFree(const net::Prefix& block) const { return this->block().Contains(block) && tree_.IsFree(block); }
  // The block around an address, whatever kind it is of; within a reservation, the part of it that is allocated if the
  // address is there. Unset for an address that is not of this pool.
  std::optional<Block> Find(const net::IpAddress& address) const;
  // Blocks that have this owner, in order; also those within reservations and pools.
  std::vector<net::Prefix> OwnedBy(absl::string_view owner) const;
  // All blocks in order, free ones too, until `visit` says false. A pool or reservation is one block.
  void ForEach(absl::FunctionRef<bool(const Block&)> visit) const;

  // How many blocks have been given out; a pool counts as one.
  size_t allocated() const { return allocated_; }
  Usage usage() const;
  // What keeping the blocks costs, without details.
  size_t bytes() const { return tree_.bytes(); }

 private:
  struct PrefixHash {
    size_t operator()(const net::Prefix& block) const {
      return absl::Hash<std::pair<net::IpAddress, int>>()({block.first(), block.length()});
    }
  };
  struct Extra {
    Details details;
    // Of pools and reservations.
    std::unique_ptr<CidrPool> pool;
    bool reserved = false;
  };
  struct Resting {
    absl::Time until;
    net::Prefix block;
    // Earliest first, as heaps have it.
    friend bool operator<(const Resting& a, const Resting& b) { return a.until > b.until; }
  };

  absl::Status Exhausted(absl::string_view wanted) const;
  absl::Status CheckLength(int length) const;
  absl::Status CheckWithin(const net::Prefix& block) const;
  absl::Status CheckDepth() const;
  absl::Status Taken(const net::Prefix& wanted) const;
  void CountAllocated(const net::Prefix& block);
  void CountFreed(const net::Prefix& block);
  // Takes a block found free.
  net::Prefix TakeFound(const net::Prefix& block);
  // Frees what has rested until `now`.
  void Wake(absl::Time now);
  void Return(const net::Prefix& block, absl::Time until);
  absl::Status FreePool(const net::Prefix& block, Extra& extra);
  // Of a block of this pool, not within a reservation.
  Extra* FindExtra(const net::Prefix& block);
  const Extra* FindExtra(const net::Prefix& block) const;
  // The reservation that has `block` within, or null.
  Extra* ReservationOf(const net::Prefix& block);
  CidrPool* AddPool(const net::Prefix& block, Options options, bool reserved);
  void DropExtra(const net::Prefix& block);
  Block Describe(const BlockTree::Block& block) const;

  Options options_;
  int depth_ = 0;
  // Taken in it: what is allocated, reservations, pools, and what rests.
  BlockTree tree_;
  size_t allocated_ = 0;
  absl::uint128 allocated_addresses_ = 0;
  absl::uint128 reserved_addresses_ = 0;
  absl::uint128 resting_addresses_ = 0;
  // Of those blocks that have any.
  absl::flat_hash_map<net::Prefix, std::unique_ptr<Extra>, PrefixHash> extras_;
  std::map<std::string, std::set<net::Prefix>, std::less<>> owners_;
  absl::flat_hash_map<net::Prefix, absl::Time, PrefixHash> resting_;
  // A heap of all that is in resting_, and of what was claimed before its time.
  std::vector<Resting> wakes_;
};

// What two pools have differently, with what is within their pools and reservations; blocks that rest do not count.
struct PoolDifference {
  std::vector<net::Prefix> only_first;
  std::vector<net::Prefix> only_second;
  // In both, of another kind or with other details.
  std::vector<net::Prefix> changed;
  bool empty() const { return only_first.empty() && only_second.empty() && changed.empty(); }
};
PoolDifference Compare(const CidrPool& first, const CidrPool& second);

}  // namespace nubo::vpc

#endif  // NUBO_VPC_CIDR_POOL_H_
