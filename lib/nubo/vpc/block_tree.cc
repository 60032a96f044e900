#include "nubo/vpc/block_tree.h"

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace nubo::vpc {
namespace {

// Slots of a node, as the logarithm of a block's size.
constexpr int kAllSlots = 6;

int LowestBit(uint64_t word) { return __builtin_ctzll(word); }
int HighestBit(uint64_t word) { return 63 - __builtin_clzll(word); }

int HighestBit(absl::uint128 bits) {
  const uint64_t high = absl::Uint128High64(bits);
  return high != 0 ? 64 + HighestBit(high) : HighestBit(absl::Uint128Low64(bits));
}

int LowestBit(absl::uint128 bits) {
  const uint64_t low = absl::Uint128Low64(bits);
  return low != 0 ? LowestBit(low) : 64 + LowestBit(absl::Uint128High64(bits));
}

// How many leading bits two keys share.
int CommonBits(absl::uint128 a, absl::uint128 b) { return a == b ? 128 : 127 - HighestBit(a ^ b); }

// The addresses of a block of `bits` bits, less one, as keys count them.
absl::uint128 Extent(int bits) { return bits == 0 ? absl::Uint128Max() : (absl::uint128(1) << (128 - bits)) - 1; }

// The slots at which a block of a size can start.
constexpr uint64_t kAligned[] = {~uint64_t{0},       0x5555555555555555, 0x1111111111111111, 0x0101010101010101,
                                 0x0001000100010001, 0x0000000100000001, 0x0000000000000001};

}  // namespace

uint32_t WordArena::Take() {
  uint32_t unit = free_;
  if (unit != kNone) {
    std::memcpy(&free_, At(unit), sizeof free_);
  } else {
    unit = used_++;
    const int chunk = ChunkOf(unit);
    if (chunk == static_cast<int>(chunks_.size())) {
      // Not zeroed: pages that no unit needs yet are not touched.
      chunks_.emplace_back(new (kCacheLine) uint64_t[(kFirstChunk << chunk) * words_]);
    }
  }
  std::memset(At(unit), 0, words_ * sizeof(uint64_t));
  return unit;
}

void WordArena::Give(uint32_t unit) {
  std::memcpy(At(unit), &free_, sizeof free_);
  free_ = unit;
}

BlockTree::BlockTree(const net::Prefix& block)
    : block_(block),
      bits_(block.first().bits() - block.length()),
      deepest_(std::max(bits_ - 1, 0) / kBits),
      nodes_(sizeof(Node) / sizeof(uint64_t)),
      leaves_(offsetof(Node, inner) / sizeof(uint64_t)),
      alones_(sizeof(Alone) / sizeof(uint64_t)) {
  for (int level = 0; level < deepest_; ++level) {
    inners_.emplace_back(sizeof(Inner) / sizeof(uint64_t) + static_cast<size_t>(bits_ - (level + 1) * kBits));
  }
}

int BlockTree::Slot(Key key, int level) {
  const int at = level * kBits;
  const uint64_t high = absl::Uint128High64(key), low = absl::Uint128Low64(key);
  if (at <= 58) return static_cast<int>((high >> (58 - at)) & 63);
  if (at < 64) return static_cast<int>(((high << (at - 58)) | (low >> (122 - at))) & 63);
  return static_cast<int>((low << (at - 64)) >> 58);
}

BlockTree::Key BlockTree::KeyOfSlot(int slot, int level) {
  const int at = 128 - (level + 1) * kBits;
  const Key key = static_cast<uint64_t>(slot);
  return at >= 0 ? key << at : key >> -at;
}

int BlockTree::StartOf(const Node& node, int slot) { return HighestBit(node.starts & (~uint64_t{0} >> (63 - slot))); }

int BlockTree::SizeAt(const Node& node, int start) {
  const uint64_t above = node.starts >> start >> 1;
  // The last block of a node ends with it.
  return above == 0 ? LowestBit(static_cast<uint64_t>(64 - start))
                    : LowestBit(static_cast<uint64_t>(LowestBit(above) + 1));
}

uint64_t BlockTree::FreeOf(const Node& node, int size) {
  uint64_t free = node.starts & ~node.taken;
  for (int i = 0; i < size; ++i) free &= ~(node.starts >> (1 << i)) & kAligned[i + 1];
  // Without those that are larger.
  return free & ~(~(node.starts >> (1 << size)) & kAligned[size + 1]);
}

BlockTree::Key BlockTree::Mask(int bits) { return ~Extent(bits); }

BlockTree::Lengths BlockTree::Between(int bits, int to) {
  const Lengths all = to == 128 ? absl::Uint128Max() : (Lengths(1) << to) - 1;
  return bits == 128 ? Lengths(0) : (all >> bits) << bits;
}

BlockTree::Key BlockTree::KeyOf(const net::IpAddress& address) const {
  return bits_ == 0 ? Key(0) : address.value() << (128 - bits_);
}

net::Prefix BlockTree::PrefixOf(Key key, int bits) const {
  const absl::uint128 value = block_.first().value() | (bits_ == 0 ? Key(0) : key >> (128 - bits_));
  const net::IpAddress address =
      block_.is_v4() ? net::IpAddress::V4(static_cast<uint32_t>(absl::Uint128Low64(value))) : net::IpAddress::V6(value);
  return *net::Prefix::Make(address, block_.length() + bits);
}

BlockTree::Inner& BlockTree::MakeInner(Node& node, int level) {
  if (node.inner == 0) node.inner = inners_[level].Take() + uint64_t{1};
  return *InnerOf(node, level);
}

BlockTree::Lengths BlockTree::LengthsOf(const Node& node, int level) const {
  uint64_t own = 0;
  uint64_t free = node.starts & ~node.taken;
  for (int size = 0; size < kAllSlots; ++size) {
    const uint64_t larger = free & ~(node.starts >> (1 << size)) & kAligned[size + 1];
    own |= static_cast<uint64_t>(larger != free) << (kAllSlots - 1 - size);
    free = larger;
  }
  Lengths lengths = Lengths(own) << (level * kBits);
  if (const Inner* inner = InnerOf(node, level)) lengths |= absl::MakeUint128(inner->lengths[1], inner->lengths[0]);
  return lengths;
}

void BlockTree::Summarize(Inner& inner, int level, int slot, Lengths before, Lengths after) {
  const int deepest = (level + 1) * kBits;
  const uint64_t bit = uint64_t{1} << slot;
  uint64_t* summary = Summary(&inner);
  for (Lengths changed = before ^ after; changed != 0; changed &= changed - 1) {
    const int length = LowestBit(changed);
    uint64_t& word = summary[length - deepest];
    word ^= bit;
    const uint64_t one = uint64_t{1} << (length & 63);
    if (word == 0) {
      inner.lengths[length >> 6] &= ~one;
    } else {
      inner.lengths[length >> 6] |= one;
    }
  }
}

void BlockTree::Propagate(const Path& path, Lengths before) {
  for (int level = path.level; level > 0; --level) {
    const Lengths after = LengthsOf(NodeAt(path.steps[level].node, level), level);
    if (after == before) return;
    const Step& above = path.steps[level - 1];
    const Node& node = NodeAt(above.node, level - 1);
    const Lengths had = LengthsOf(node, level - 1);
    Summarize(*InnerOf(node, level - 1), level - 1, above.slot, before, after);
    before = had;
  }
}

void BlockTree::PutAlone(Node& node, int level, int slot, Key key, int bits) {
  Inner& inner = MakeInner(node, level);
  const uint32_t unit = alones_.Take();
  inner.children[slot] = (unit + 1) | kAlone;
  AloneAt(unit + 1) = {absl::Uint128High64(key), absl::Uint128Low64(key), static_cast<uint64_t>(bits)};
  Summarize(inner, level, slot, 0, Between((level + 1) * kBits, bits));
}

uint32_t BlockTree::Expand(Inner& inner, int level, int slot) {
  const uint32_t child = inner.children[slot];
  if ((child & kAlone) == 0) return child - 1;
  const Alone alone = AloneAt(child);
  const int below = level + 1;
  const uint32_t unit = NodesAt(below).Take();
  Node& node = NodeAt(unit, below);
  inner.children[slot] = unit + 1;
  node.starts = 1;
  const int bits = static_cast<int>(alone.bits);
  const int own_slot = Slot(alone.key(), below);
  const int own_size = std::max((below + 1) * kBits - bits, 0);
  TakeSlots(node, own_slot, own_size, kAllSlots);
  if (bits <= (below + 1) * kBits) {
    alones_.Give((child & ~kAlone) - 1);
    return unit;
  }
  Inner& own = MakeInner(node, below);
  own.children[own_slot] = child;
  Summarize(own, below, own_slot, 0, Between((below + 1) * kBits, bits));
  return unit;
}

void BlockTree::TakeSlots(Node& node, int start, int size, int from_size) {
  const uint64_t one = uint64_t{1} << start;
  node.starts |= one;
  node.taken |= one;
  for (; size < from_size; ++size) node.starts |= uint64_t{1} << (((start >> size) ^ 1) << size);
}

void BlockTree::Carve(const Path& path, Key key, int bits, int size) {
  const int level = path.level;
  Node& node = NodeAt(path.steps[level].node, level);
  const Lengths before = LengthsOf(node, level);
  const int slot = Slot(key, level);
  const int deepest = (level + 1) * kBits;
  TakeSlots(node, slot, std::max(deepest - bits, 0), size);
  if (bits > deepest) PutAlone(node, level, slot, key, bits);
  Propagate(path, before);
  CountTaken(bits);
}

void BlockTree::CountTaken(int bits) {
  ++taken_;
  taken_addresses_ += absl::uint128(1) << (bits_ - bits == 128 ? 0 : bits_ - bits);
  if (bits_ - bits == 128) taken_addresses_ = 0;
}

void BlockTree::CountGiven(int bits) {
  --taken_;
  taken_addresses_ -= bits_ - bits == 128 ? absl::uint128(0) : absl::uint128(1) << (bits_ - bits);
}

void BlockTree::TakeWhole() {
  whole_ = Whole::kTaken;
  CountTaken(0);
}

void BlockTree::Split() {
  root_ = NodesAt(0).Take();
  NodeAt(root_, 0).starts = 1;
  whole_ = Whole::kSplit;
}

std::optional<int> BlockTree::largest_free() const {
  if (whole_ == Whole::kFree) return block_.length();
  if (whole_ == Whole::kTaken) return std::nullopt;
  const Lengths lengths = LengthsOf(NodeAt(root_, 0), 0);
  if (lengths == 0) return std::nullopt;
  return block_.length() + LowestBit(lengths) + 1;
}

std::optional<int> BlockTree::best_fit(int length) const {
  if (whole_ == Whole::kFree) return block_.length();
  if (whole_ == Whole::kTaken) return std::nullopt;
  const Lengths lengths = LengthsOf(NodeAt(root_, 0), 0) & Between(0, BitsOf(length));
  if (lengths == 0) return std::nullopt;
  return block_.length() + HighestBit(lengths) + 1;
}

size_t BlockTree::bytes() const {
  size_t bytes = nodes_.bytes() + leaves_.bytes() + alones_.bytes();
  for (const WordArena& inner : inners_) bytes += inner.bytes();
  return bytes;
}

std::optional<net::Prefix> BlockTree::TakeLowest(int length) {
  const int bits = BitsOf(length);
  Path path;
  if (whole_ == Whole::kTaken) return std::nullopt;
  if (whole_ == Whole::kFree) {
    if (bits == 0) {
      TakeWhole();
      return block_;
    }
    Split();
    path.steps[0].node = root_;
    Carve(path, 0, bits, kAllSlots);
    return PrefixOf(0, bits);
  }
  const Lengths lengths = LengthsOf(NodeAt(root_, 0), 0) & Between(0, bits);
  if (lengths == 0) return std::nullopt;
  const int from = HighestBit(lengths) + 1;
  Key key = 0;
  uint32_t unit = root_;
  for (int level = 0;; ++level) {
    path.steps[level].node = unit;
    path.level = level;
    const int deepest = (level + 1) * kBits;
    if (from <= deepest) {
      const int size = deepest - from;
      key |= KeyOfSlot(LowestBit(FreeOf(NodeAt(unit, level), size)), level);
      Carve(path, key, bits, size);
      return PrefixOf(key, bits);
    }
    Inner* inner = InnerOf(NodeAt(unit, level), level);
    const int slot = LowestBit(Summary(inner)[from - deepest - 1]);
    key |= KeyOfSlot(slot, level);
    path.steps[level].slot = slot;
    unit = Expand(*inner, level, slot);
  }
}

bool BlockTree::Take(const net::Prefix& block) {
  const int bits = BitsOf(block.length());
  if (whole_ == Whole::kTaken) return false;
  if (bits == 0) {
    if (whole_ == Whole::kSplit) return false;
    TakeWhole();
    return true;
  }
  const Key key = KeyOf(block.first());
  Path path;
  if (whole_ == Whole::kFree) {
    Split();
    path.steps[0].node = root_;
    Carve(path, key, bits, kAllSlots);
    return true;
  }
  uint32_t unit = root_;
  for (int level = 0;; ++level) {
    path.level = level;
    const int slot = Slot(key, level);
    path.steps[level] = {unit, slot};
    const Node& node = NodeAt(unit, level);
    const int start = StartOf(node, slot);
    const int deepest = (level + 1) * kBits;
    if (((node.taken >> start) & 1) == 0) {
      const int size = SizeAt(node, start);
      if (size < deepest - bits) return false;
      Carve(path, key, bits, size);
      return true;
    }
    const uint32_t child = bits <= deepest || start != slot ? 0 : ChildAt(node, level, slot);
    if (child == 0) return false;
    if ((child & kAlone) != 0) {
      const Alone& alone = AloneAt(child);
      if (CommonBits(key, alone.key()) >= std::min(bits, static_cast<int>(alone.bits))) return false;
    }
    unit = Expand(*InnerOf(node, level), level, slot);
  }
}

bool BlockTree::Give(const net::Prefix& block) {
  const int bits = BitsOf(block.length());
  if (whole_ == Whole::kFree) return false;
  if (whole_ == Whole::kTaken || bits == 0) {
    if (whole_ != Whole::kTaken || bits != 0) return false;
    CountGiven(0);
    whole_ = Whole::kFree;
    return true;
  }
  const Key key = KeyOf(block.first());
  Path path;
  uint32_t unit = root_;
  for (int level = 0;; ++level) {
    path.level = level;
    const int slot = Slot(key, level);
    path.steps[level] = {unit, slot};
    Node& node = NodeAt(unit, level);
    const uint32_t child = ChildAt(node, level, slot);
    const int size = (level + 1) * kBits - bits;
    if (size >= 0) {
      if (child != 0 || ((node.taken >> slot) & 1) == 0 || SizeAt(node, slot) != size) return false;
      const Lengths before = LengthsOf(node, level);
      CountGiven(bits);
      Release(path, slot, size, before);
      return true;
    }
    if (child == 0) return false;
    if ((child & kAlone) == 0) {
      // What Propagate will look at, while the child is on its way.
      __builtin_prefetch(InnerOf(node, level)->lengths, 1);
      unit = child - 1;
      continue;
    }
    const Alone& alone = AloneAt(child);
    if (static_cast<int>(alone.bits) != bits || alone.key() != key) return false;
    const Lengths before = LengthsOf(node, level);
    Inner& inner = *InnerOf(node, level);
    Summarize(inner, level, slot, Between((level + 1) * kBits, bits), 0);
    inner.children[slot] = 0;
    alones_.Give((child & ~kAlone) - 1);
    CountGiven(bits);
    Release(path, slot, 0, before);
    return true;
  }
}

void BlockTree::Release(Path path, int start, int size, Lengths before) {
  while (true) {
    Node& node = NodeAt(path.steps[path.level].node, path.level);
    node.taken &= ~(uint64_t{1} << start);
    while (size < kAllSlots) {
      const int buddy = start ^ (1 << size);
      const uint64_t bit = uint64_t{1} << buddy;
      if ((node.starts & ~node.taken & bit) == 0 || SizeAt(node, buddy) != size) break;
      node.starts &= ~(uint64_t{1} << std::max(start, buddy));
      start = std::min(start, buddy);
      ++size;
    }
    if (size < kAllSlots) {
      Propagate(path, before);
      return;
    }
    // All of the node is free: it goes, and the slot above is free instead.
    if (InnerOf(node, path.level) != nullptr) inners_[path.level].Give(static_cast<uint32_t>(node.inner - 1));
    NodesAt(path.level).Give(path.steps[path.level].node);
    if (path.level == 0) {
      whole_ = Whole::kFree;
      return;
    }
    --path.level;
    const Step& step = path.steps[path.level];
    const Node& above = NodeAt(step.node, path.level);
    const Lengths had = LengthsOf(above, path.level);
    Inner& inner = *InnerOf(above, path.level);
    inner.children[step.slot] = 0;
    Summarize(inner, path.level, step.slot, before, 0);
    start = step.slot;
    size = 0;
    before = had;
  }
}

bool BlockTree::IsFree(const net::Prefix& block) const {
  const Block found = Find(block.first());
  return found.free && found.prefix.Contains(block);
}

bool BlockTree::IsTaken(const net::Prefix& block) const {
  const Block found = Find(block.first());
  return !found.free && found.prefix == block;
}

BlockTree::Block BlockTree::Find(const net::IpAddress& address) const {
  if (whole_ != Whole::kSplit) return {block_, whole_ == Whole::kFree};
  const Key key = KeyOf(address);
  uint32_t unit = root_;
  for (int level = 0;; ++level) {
    const Node& node = NodeAt(unit, level);
    const int slot = Slot(key, level);
    const int start = StartOf(node, slot);
    const bool taken = ((node.taken >> start) & 1) != 0;
    const uint32_t child = taken && start == slot ? ChildAt(node, level, slot) : 0;
    if (child == 0) {
      const int bits = (level + 1) * kBits - SizeAt(node, start);
      return {PrefixOf(key & Mask(bits), bits), !taken};
    }
    if ((child & kAlone) == 0) {
      unit = child - 1;
      continue;
    }
    const Alone& alone = AloneAt(child);
    const int bits = static_cast<int>(alone.bits), common = CommonBits(key, alone.key());
    if (common >= bits) return {PrefixOf(alone.key(), bits), false};
    return {PrefixOf(key & Mask(common + 1), common + 1), true};
  }
}

std::optional<net::Prefix> BlockTree::LowestFree(int length) const {
  const int bits = BitsOf(length);
  if (whole_ != Whole::kSplit || bits == 0) {
    if (whole_ == Whole::kFree && bits == 0) return block_;
    return std::nullopt;
  }
  if ((LengthsOf(NodeAt(root_, 0), 0) & Between(bits - 1, bits)) == 0) return std::nullopt;
  Key key = 0;
  uint32_t unit = root_;
  for (int level = 0;; ++level) {
    const int deepest = (level + 1) * kBits;
    const Node& node = NodeAt(unit, level);
    if (bits <= deepest) return PrefixOf(key | KeyOfSlot(LowestBit(FreeOf(node, deepest - bits)), level), bits);
    const Inner* inner = InnerOf(node, level);
    const int slot = LowestBit(Summary(inner)[bits - deepest - 1]);
    key |= KeyOfSlot(slot, level);
    const uint32_t child = inner->children[slot];
    if ((child & kAlone) == 0) {
      unit = child - 1;
      continue;
    }
    // The part beside the block alone that has this length.
    return PrefixOf((AloneAt(child).key() & Mask(bits)) ^ (Key(1) << (128 - bits)), bits);
  }
}

// The lowest block of `bits` in a free block of `block_bits` at `start`, none of it below `from`.
std::optional<BlockTree::Key> BlockTree::FirstIn(Key start, int block_bits, Key from, int bits) {
  if (block_bits > bits) return std::nullopt;
  if (from <= start) return start;
  const Key end = start | Extent(block_bits);
  const Key size = Extent(bits);
  const Key candidate = (from & size) == 0 ? from : (from | size) + 1;
  // Past the end, or around it.
  if (candidate < from || candidate > end) return std::nullopt;
  return candidate;
}

// The highest one none of which is above `last`.
std::optional<BlockTree::Key> BlockTree::LastIn(Key start, int block_bits, Key last, int bits) {
  if (block_bits > bits) return std::nullopt;
  const Key end = start | Extent(block_bits);
  const Key size = Extent(bits);
  const Key highest = std::min(last, end);
  if (highest < start) return std::nullopt;
  if ((highest & size) == size) return highest & ~size;
  const Key aligned = highest & ~size;
  if (aligned == 0 || aligned - 1 < start) return std::nullopt;
  return (aligned - 1) & ~size;
}

std::optional<BlockTree::Key> BlockTree::FirstFit(const Node& node, int level, Key start, Key from, int bits) const {
  std::optional<Key> best;
  const auto offer = [&](const std::optional<Key>& candidate) {
    if (candidate && (!best || *candidate < *best)) best = candidate;
  };
  const int deepest = (level + 1) * kBits;
  for (int size = std::max(deepest - bits, 0); size < kAllSlots; ++size) {
    uint64_t free = FreeOf(node, size);
    if (from > start) free &= ~uint64_t{0} << (Slot(from, level) >> size << size);
    // The first may begin below `from` and end too soon; the second begins above.
    for (int tries = 0; free != 0 && tries < 2; ++tries, free &= free - 1) {
      offer(FirstIn(start | KeyOfSlot(LowestBit(free), level), deepest - size, from, bits));
    }
  }
  const Inner* inner = InnerOf(node, level);
  if (inner == nullptr) return best;
  uint64_t slots = 0;
  for (int length = deepest + 1; length <= bits; ++length) slots |= Summary(inner)[length - deepest - 1];
  if (from > start) slots &= ~uint64_t{0} << Slot(from, level);
  for (int tries = 0; slots != 0 && tries < 2; ++tries, slots &= slots - 1) {
    const int slot = LowestBit(slots);
    const Key below = start | KeyOfSlot(slot, level);
    if (best && *best < below) break;
    const uint32_t child = inner->children[slot];
    if ((child & kAlone) == 0) {
      offer(FirstFit(NodeAt(child - 1, level + 1), level + 1, below, std::max(from, below), bits));
      continue;
    }
    const Alone& alone = AloneAt(child);
    for (int part = deepest + 1; part <= std::min(bits, static_cast<int>(alone.bits)); ++part) {
      offer(FirstIn((alone.key() & Mask(part)) ^ (Key(1) << (128 - part)), part, from, bits));
    }
  }
  return best;
}

std::optional<BlockTree::Key> BlockTree::LastFit(const Node& node, int level, Key start, Key last, int bits) const {
  std::optional<Key> best;
  const auto offer = [&](const std::optional<Key>& candidate) {
    if (candidate && (!best || *candidate > *best)) best = candidate;
  };
  const int deepest = (level + 1) * kBits;
  const bool within = last < (start | Extent(level * kBits));
  for (int size = std::max(deepest - bits, 0); size < kAllSlots; ++size) {
    uint64_t free = FreeOf(node, size);
    if (within) free &= ~uint64_t{0} >> (63 - Slot(last, level));
    for (int tries = 0; free != 0 && tries < 2; ++tries) {
      const int slot = HighestBit(free);
      free ^= uint64_t{1} << slot;
      offer(LastIn(start | KeyOfSlot(slot, level), deepest - size, last, bits));
    }
  }
  const Inner* inner = InnerOf(node, level);
  if (inner == nullptr) return best;
  uint64_t slots = 0;
  for (int length = deepest + 1; length <= bits; ++length) slots |= Summary(inner)[length - deepest - 1];
  if (within) slots &= ~uint64_t{0} >> (63 - Slot(last, level));
  for (int tries = 0; slots != 0 && tries < 2; ++tries) {
    const int slot = HighestBit(slots);
    slots ^= uint64_t{1} << slot;
    const Key below = start | KeyOfSlot(slot, level);
    const Key end = below | Extent(deepest);
    if (best && *best > end) break;
    const uint32_t child = inner->children[slot];
    if ((child & kAlone) == 0) {
      offer(LastFit(NodeAt(child - 1, level + 1), level + 1, below, std::min(last, end), bits));
      continue;
    }
    const Alone& alone = AloneAt(child);
    for (int part = deepest + 1; part <= std::min(bits, static_cast<int>(alone.bits)); ++part) {
      offer(LastIn((alone.key() & Mask(part)) ^ (Key(1) << (128 - part)), part, last, bits));
    }
  }
  return best;
}

std::optional<net::Prefix> BlockTree::FirstFit(const net::IpAddress& from, int length) const {
  const int bits = BitsOf(length);
  const Key key = KeyOf(from);
  if (whole_ == Whole::kTaken) return std::nullopt;
  const std::optional<Key> found =
      whole_ == Whole::kFree ? FirstIn(0, 0, key, bits) : FirstFit(NodeAt(root_, 0), 0, 0, key, bits);
  if (!found) return std::nullopt;
  return PrefixOf(*found, bits);
}

std::optional<net::Prefix> BlockTree::LastFit(const net::IpAddress& before, int length) const {
  const int bits = BitsOf(length);
  const Key key = KeyOf(before);
  if (whole_ == Whole::kTaken || key == 0) return std::nullopt;
  const std::optional<Key> found =
      whole_ == Whole::kFree ? LastIn(0, 0, key - 1, bits) : LastFit(NodeAt(root_, 0), 0, 0, key - 1, bits);
  if (!found) return std::nullopt;
  return PrefixOf(*found, bits);
}

bool BlockTree::WalkAlone(const Alone& alone, int bits, absl::FunctionRef<bool(const Block&)> visit) const {
  const int own = static_cast<int>(alone.bits);
  const auto beside = [&](int part) { return PrefixOf((alone.key() & Mask(part)) ^ (Key(1) << (128 - part)), part); };
  const auto upper = [&](int part) { return ((alone.key() >> (128 - part)) & 1) != 0; };
  for (int part = bits + 1; part <= own; ++part) {
    if (upper(part) && !visit({beside(part), true})) return false;
  }
  if (!visit({PrefixOf(alone.key(), own), false})) return false;
  for (int part = own; part > bits; --part) {
    if (!upper(part) && !visit({beside(part), true})) return false;
  }
  return true;
}

bool BlockTree::Walk(const Node& node, int level, Key start, absl::FunctionRef<bool(const Block&)> visit) const {
  const int deepest = (level + 1) * kBits;
  for (uint64_t starts = node.starts; starts != 0; starts &= starts - 1) {
    const int slot = LowestBit(starts);
    const Key key = start | KeyOfSlot(slot, level);
    const bool taken = ((node.taken >> slot) & 1) != 0;
    const uint32_t child = taken ? ChildAt(node, level, slot) : 0;
    bool on = true;
    if (child == 0) {
      on = visit({PrefixOf(key, deepest - SizeAt(node, slot)), !taken});
    } else if ((child & kAlone) != 0) {
      on = WalkAlone(AloneAt(child), deepest, visit);
    } else {
      on = Walk(NodeAt(child - 1, level + 1), level + 1, key, visit);
    }
    if (!on) return false;
  }
  return true;
}

void BlockTree::ForEach(absl::FunctionRef<bool(const Block&)> visit) const {
  if (whole_ != Whole::kSplit) {
    visit({block_, whole_ == Whole::kFree});
    return;
  }
  Walk(NodeAt(root_, 0), 0, 0, visit);
}

}  // namespace nubo::vpc
