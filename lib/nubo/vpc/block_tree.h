// The addresses of one block as a tree of free and taken blocks: what CidrPool is made of.
//
// A buddy allocator in a radix tree of 64 ways. A node stands for six bits of the address: two words say where in its
// 64 slots blocks start and which of them are taken, and for each length below, one word says which of the 64 children
// have a free block of it. So the lowest free block of a length is found by one "lowest bit" a level, and whatever is
// done changes a few words on one path of `bits / 6` nodes.
//
// Nodes are made as blocks need them; a block alone in its part of the space is kept as it is, without nodes of its
// own, so that a /128 somewhere in a /64 costs a few dozen bytes. Nodes come from chunks that are reused, and given
// back with the tree: once warm, no operation allocates.
//
// Memory: 16 bytes for a node of the longest lengths, which can hold up to 64 blocks; the nodes above add a tenth.
// Blocks given lowest first cost 1 to 10 bytes each; claims scattered at random over a wide space up to 200.
//
// Lengths are prefix lengths, as in net::Prefix. Unless said otherwise, lengths and blocks given must be of this tree:
// its block's family, and within it.
//
// Example:
//   BlockTree tree(*net::Prefix::Parse("10.0.0.0/16"));
//   net::Prefix subnet = *tree.TakeLowest(24);  // 10.0.0.0/24
//   tree.Give(subnet);
//
// Thread safety: thread-compatible.
#ifndef NUBO_VPC_BLOCK_TREE_H_
#define NUBO_VPC_BLOCK_TREE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/numeric/int128.h"
#include "nubo/net/ip_address.h"

namespace nubo::vpc {

// Units of some words each, named by number, out of chunks that double in size.
class WordArena {
 public:
  explicit WordArena(size_t words) : words_(words) {}

  // All words zero.
  uint32_t Take();
  void Give(uint32_t unit);
  uint64_t* At(uint32_t unit) {
    const int chunk = ChunkOf(unit);
    return chunks_[chunk].get() + (unit + kFirstChunk - (kFirstChunk << chunk)) * words_;
  }
  const uint64_t* At(uint32_t unit) const { return const_cast<WordArena*>(this)->At(unit); }
  // Of units handed out at least once.
  size_t bytes() const { return used_ * words_ * sizeof(uint64_t); }

 private:
  static constexpr uint64_t kFirstChunk = 8;
  static constexpr uint32_t kNone = UINT32_MAX;
  static constexpr std::align_val_t kCacheLine{64};
  struct FreeAligned {
    void operator()(uint64_t* words) const { operator delete[](words, kCacheLine); }
  };
  // Chunk n has 8 << n units.
  static int ChunkOf(uint32_t unit) { return 60 - __builtin_clzll(unit + kFirstChunk); }

  size_t words_;
  std::vector<std::unique_ptr<uint64_t[], FreeAligned>> chunks_;
  uint32_t used_ = 0;
  // The first of the units given back, each of which holds the number of the next.
  uint32_t free_ = kNone;
};

class BlockTree {
 public:
  struct Block {
    net::Prefix prefix;
    bool free = false;
  };

  // All of it free.
  explicit BlockTree(const net::Prefix& block);

  const net::Prefix& block() const { return block_; }
  // How many blocks are taken, and how many addresses they have (2^128 wraps to 0).
  size_t taken() const { return taken_; }
  absl::uint128 taken_addresses() const { return taken_addresses_; }
  // The length of the largest free block.
  std::optional<int> largest_free() const;
  // That of the smallest free block that can hold one of `length`.
  std::optional<int> best_fit(int length) const;
  // What the blocks cost.
  size_t bytes() const;

  // Takes the lowest of the smallest free blocks that can hold one of `length`; unset if there is none.
  std::optional<net::Prefix> TakeLowest(int length);
  // False if any address of it is taken.
  bool Take(const net::Prefix& block);
  // False if `block` was not taken as it is.
  bool Give(const net::Prefix& block);

  // True if no address of it is taken.
  bool IsFree(const net::Prefix& block) const;
  // True if it is taken as it is.
  bool IsTaken(const net::Prefix& block) const;
  // The free or taken block around an address.
  Block Find(const net::IpAddress& address) const;
  // The lowest free block of exactly that length, which is not part of a larger one.
  std::optional<net::Prefix> LowestFree(int length) const;
  // The lowest block of `length` whose addresses are all free and none below `from`. Takes nothing.
  std::optional<net::Prefix> FirstFit(const net::IpAddress& from, int length) const;
  // The highest one whose addresses are all free and all below `before`.
  std::optional<net::Prefix> LastFit(const net::IpAddress& before, int length) const;

  // Every free and taken block in the order of their addresses, until `visit` says false.
  void ForEach(absl::FunctionRef<bool(const Block&)> visit) const;

 private:
  // An address without the bits that all of the block have in common, aligned to the left.
  using Key = absl::uint128;
  static constexpr int kBits = 6;
  static constexpr int kLevelsMax = (128 + kBits - 1) / kBits;
  // A set of lengths: bit n - 1 stands for n bits more than the whole block has.
  using Lengths = absl::uint128;

  // Invariants:
  // 1. Slot 0 starts a block, and a block lasts until the next one starts: a power of two of slots, at a multiple of
  //    that. `taken` has none but bits of `starts`.
  // 2. No two buddies are both free, and no node is wholly free.
  // 3. A block of one slot that is taken is a child instead, if the node has an Inner and a child there.
  struct Node {
    uint64_t starts;
    uint64_t taken;
    // 0, or one more than the unit that holds the Inner. Nodes of the deepest level have none, and end here: four to a
    // cache line.
    uint64_t inner;
  };
  // Followed by one word for each length below the node's own: the children with a free block of it.
  struct Inner {
    // 0: none. Else one more than the unit of a node or, with kAlone set, of an Alone.
    uint32_t children[64];
    // Of which some child has a free block.
    uint64_t lengths[2];
  };
  static constexpr uint32_t kAlone = uint32_t{1} << 31;
  // A taken block, around which all of a child's space is free.
  struct Alone {
    uint64_t high;
    uint64_t low;
    uint64_t bits;
    Key key() const { return absl::MakeUint128(high, low); }
  };
  struct Step {
    uint32_t node;
    int slot;
  };
  // The nodes from the root to some node, each but the last with the slot of the next.
  struct Path {
    std::array<Step, kLevelsMax> steps;
    int level = 0;
  };
  enum class Whole : uint8_t { kFree, kTaken, kSplit };

  static int Slot(Key key, int level);
  static Key KeyOfSlot(int slot, int level);
  // Sizes of blocks in slots are given as logarithms: 0 to 5.
  static int StartOf(const Node& node, int slot);
  static int SizeAt(const Node& node, int start);
  // Where free blocks of that size start.
  static uint64_t FreeOf(const Node& node, int size);
  // Bits that `key` keeps when a block of `bits` is meant.
  static Key Mask(int bits);
  // The lengths from `bits` + 1 up to `to`.
  static Lengths Between(int bits, int to);

  Key KeyOf(const net::IpAddress& address) const;
  net::Prefix PrefixOf(Key key, int bits) const;
  int BitsOf(int length) const { return length - block_.length(); }
  bool IsDeepest(int level) const { return level == deepest_; }
  WordArena& NodesAt(int level) { return IsDeepest(level) ? leaves_ : nodes_; }
  Node& NodeAt(uint32_t unit, int level) { return *reinterpret_cast<Node*>(NodesAt(level).At(unit)); }
  const Node& NodeAt(uint32_t unit, int level) const { return const_cast<BlockTree*>(this)->NodeAt(unit, level); }
  Inner* InnerOf(const Node& node, int level) {
    if (IsDeepest(level) || node.inner == 0) return nullptr;
    return reinterpret_cast<Inner*>(inners_[level].At(static_cast<uint32_t>(node.inner - 1)));
  }
  const Inner* InnerOf(const Node& node, int level) const { return const_cast<BlockTree*>(this)->InnerOf(node, level); }
  Inner& MakeInner(Node& node, int level);
  static uint64_t* Summary(Inner* inner) { return reinterpret_cast<uint64_t*>(inner + 1); }
  static const uint64_t* Summary(const Inner* inner) { return reinterpret_cast<const uint64_t*>(inner + 1); }
  Alone& AloneAt(uint32_t child) { return *reinterpret_cast<Alone*>(alones_.At((child & ~kAlone) - 1)); }
  const Alone& AloneAt(uint32_t child) const { return const_cast<BlockTree*>(this)->AloneAt(child); }

  // The lengths of which a node or what is below it has a free block.
  Lengths LengthsOf(const Node& node, int level) const;
  // Says in `inner`, of a node at `level`, that the child in `slot` changed from having `before` to `after`.
  static void Summarize(Inner& inner, int level, int slot, Lengths before, Lengths after);
  // Tells the nodes above the last of `path`, which had `before`.
  void Propagate(const Path& path, Lengths before);
  void PutAlone(Node& node, int level, int slot, Key key, int bits);
  // The child in a slot, made a node if it was a block alone.
  uint32_t Expand(Inner& inner, int level, int slot);
  // Takes the block of `key` and `bits` out of the free block of `size` around it in the last node of `path`.
  void Carve(const Path& path, Key key, int bits, int size);
  // Takes a block of `size` at `start` out of the free block of `from_size` around it.
  static void TakeSlots(Node& node, int start, int size, int from_size);
  void TakeWhole();
  // Makes the root, wholly free.
  void Split();
  void CountTaken(int bits);
  void CountGiven(int bits);
  // Makes the block of `size` at `start` in the last node of `path`, which had `before`, free, and merges.
  void Release(Path path, int start, int size, Lengths before);
  // The child that a block of one slot is, or 0.
  uint32_t ChildAt(const Node& node, int level, int slot) const {
    const Inner* inner = InnerOf(node, level);
    return inner == nullptr ? 0 : inner->children[slot];
  }

  std::optional<Key> FirstFit(const Node& node, int level, Key start, Key from, int bits) const;
  std::optional<Key> LastFit(const Node& node, int level, Key start, Key last, int bits) const;
  static std::optional<Key> FirstIn(Key start, int block_bits, Key from, int bits);
  static std::optional<Key> LastIn(Key start, int block_bits, Key last, int bits);
  bool Walk(const Node& node, int level, Key start, absl::FunctionRef<bool(const Block&)> visit) const;
  bool WalkAlone(const Alone& alone, int bits, absl::FunctionRef<bool(const Block&)> visit) const;

  net::Prefix block_;
  // How many bits the addresses of the block do not have in common.
  int bits_;
  // The last level that has nodes.
  int deepest_;
  Whole whole_ = Whole::kFree;
  // Of a tree that is split.
  uint32_t root_ = 0;
  size_t taken_ = 0;
  absl::uint128 taken_addresses_ = 0;
  WordArena nodes_;
  WordArena leaves_;
  WordArena alones_;
  // One for each level but the deepest.
  std::vector<WordArena> inners_;
};

}  // namespace nubo::vpc

#endif  // NUBO_VPC_BLOCK_TREE_H_
