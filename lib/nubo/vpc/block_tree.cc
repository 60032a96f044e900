#include "nubo/vpc/block_tree.h"

#include <algorithm>
#include <cstring>

namespace nubo::vpc {
namespace {

constexpr int kRows = 6;
constexpr int kFirstChild = 64;

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

// The part of a heap's row that a node's word holds, moved to bit 0, and how wide it is.
uint64_t Row(const uint64_t (&words)[2], int row) {
  if (row == kRows) return words[1];
  return (words[0] >> (1 << row)) & ((uint64_t{1} << (1 << row)) - 1);
}

// For each slot the positions around it, and their buddies, in two words.
struct Positions {
  uint64_t around[64][2] = {};
  uint64_t beside[64][2] = {};
  constexpr Positions() {
    for (int slot = 0; slot < 64; ++slot) {
      for (int row = 1; row <= kRows; ++row) {
        const int at = (kFirstChild | slot) >> (kRows - row);
        around[slot][at >> 6] |= uint64_t{1} << (at & 63);
        beside[slot][at >> 6] |= uint64_t{1} << ((at ^ 1) & 63);
      }
    }
  }
};
constexpr Positions kPositions;

}  // namespace

uint32_t WordArena::Take() {
  uint32_t unit = free_;
  if (unit != kNone) {
    free_ = static_cast<uint32_t>(*At(unit));
  } else {
    unit = used_++;
    const int chunk = ChunkOf(unit);
    if (chunk == static_cast<int>(chunks_.size())) {
      // Not zeroed: pages that no unit needs yet are not touched.
      chunks_.emplace_back(new uint64_t[(kFirstChunk << chunk) * words_]);
    }
  }
  std::memset(At(unit), 0, words_ * sizeof(uint64_t));
  return unit;
}

void WordArena::Give(uint32_t unit) {
  *At(unit) = free_;
  free_ = unit;
}

BlockTree::BlockTree(const net::Prefix& block)
    : block_(block),
      bits_(block.first().bits() - block.length()),
      nodes_(sizeof(Node) / sizeof(uint64_t)),
      alones_(sizeof(Alone) / sizeof(uint64_t)) {
  for (int deepest = kBits; deepest < bits_; deepest += kBits) {
    inners_.emplace_back(sizeof(Inner) / sizeof(uint64_t) + static_cast<size_t>(bits_ - deepest));
  }
}

int BlockTree::Slot(Key key, int level) {
  const int at = level * kBits;
  const uint64_t high = absl::Uint128High64(key), low = absl::Uint128Low64(key);
  if (at <= 58) return static_cast<int>((high >> (58 - at)) & 63);
  if (at < 64) return static_cast<int>(((high << (at - 58)) | (low >> (122 - at))) & 63);
  return static_cast<int>((low << (at - 64)) >> 58);
}

BlockTree::Bits BlockTree::Around(int slot, int rows) {
  const uint64_t(&words)[2] = kPositions.around[slot];
  if (rows == kRows) return {{words[0], words[1]}};
  return {{words[0] & ((uint64_t{2} << ((2 << rows) - 1)) - 1), 0}};
}

BlockTree::Bits BlockTree::Beside(int slot, int above, int rows) {
  const uint64_t(&words)[2] = kPositions.beside[slot];
  Bits bits{{words[0], rows == kRows ? words[1] : 0}};
  if (above == kRows) return {};
  bits.words[0] &= ~((uint64_t{2} << ((2 << above) - 1)) - 1);
  if (rows < kRows) bits.words[0] &= (uint64_t{2} << ((2 << rows) - 1)) - 1;
  return bits;
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

int BlockTree::FreeRows(const Bits& free) {
  const uint64_t low = free.words[0];
  return static_cast<int>((low & 0xc) != 0) | static_cast<int>((low & 0xf0) != 0) << 1 |
         static_cast<int>((low & 0xff00) != 0) << 2 | static_cast<int>((low & 0xffff0000) != 0) << 3 |
         static_cast<int>((low >> 32) != 0) << 4 | static_cast<int>(free.words[1] != 0) << 5;
}

BlockTree::Lengths BlockTree::LengthsOf(const Node& node, int level) const {
  Lengths lengths = Lengths(static_cast<uint64_t>(FreeRows(node.free))) << (level * kBits);
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
    const Lengths after = LengthsOf(NodeAt(path.steps[level].node), level);
    if (after == before) return;
    const Step& above = path.steps[level - 1];
    const Node& node = NodeAt(above.node);
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
  const uint32_t unit = nodes_.Take();
  Node& node = NodeAt(unit);
  const int below = level + 1;
  const int rows = static_cast<int>(alone.bits) - below * kBits;
  const int own_slot = Slot(alone.key(), below);
  node.free = Beside(own_slot, 0, std::min(rows, kRows));
  inner.children[slot] = unit + 1;
  if (rows <= kRows) {
    node.taken.Set((kFirstChild | own_slot) >> (kRows - rows));
    alones_.Give((child & ~kAlone) - 1);
    return unit;
  }
  Inner& own = MakeInner(node, below);
  own.children[own_slot] = child;
  Summarize(own, below, own_slot, 0, Between((below + 1) * kBits, static_cast<int>(alone.bits)));
  return unit;
}

void BlockTree::Carve(const Path& path, Key key, int bits, int position, int row) {
  const int level = path.level;
  Node& node = NodeAt(path.steps[level].node);
  const Lengths before = LengthsOf(node, level);
  const int slot = Slot(key, level);
  const int rows = std::min(bits - level * kBits, kRows);
  node.free.Clear(position);
  const Bits beside = Beside(slot, row, rows);
  node.free.words[0] |= beside.words[0];
  node.free.words[1] |= beside.words[1];
  if (bits - level * kBits <= kRows) {
    node.taken.Set((kFirstChild | slot) >> (kRows - rows));
  } else {
    PutAlone(node, level, slot, key, bits);
  }
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
  if (whole_ == Whole::kSplit) return;
  root_ = nodes_.Take();
  whole_ = Whole::kSplit;
}

std::optional<int> BlockTree::largest_free() const {
  if (whole_ == Whole::kFree) return block_.length();
  if (whole_ == Whole::kTaken) return std::nullopt;
  const Lengths lengths = LengthsOf(NodeAt(root_), 0);
  if (lengths == 0) return std::nullopt;
  return block_.length() + LowestBit(lengths) + 1;
}

std::optional<int> BlockTree::best_fit(int length) const {
  if (whole_ == Whole::kFree) return block_.length();
  if (whole_ == Whole::kTaken) return std::nullopt;
  const Lengths lengths = LengthsOf(NodeAt(root_), 0) & Between(0, BitsOf(length));
  if (lengths == 0) return std::nullopt;
  return block_.length() + HighestBit(lengths) + 1;
}

size_t BlockTree::bytes() const {
  size_t bytes = nodes_.bytes() + alones_.bytes();
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
    Carve(path, 0, bits, 1, 0);
    return PrefixOf(0, bits);
  }
  const Lengths lengths = LengthsOf(NodeAt(root_), 0) & Between(0, bits);
  if (lengths == 0) return std::nullopt;
  const int from = HighestBit(lengths) + 1;
  Key key = 0;
  uint32_t unit = root_;
  for (int level = 0;; ++level) {
    path.steps[level].node = unit;
    path.level = level;
    const int row = from - level * kBits;
    if (row <= kRows) {
      const int position = (1 << row) + LowestBit(Row(NodeAt(unit).free.words, row));
      const int slot = (position << (kRows - row)) & 63;
      const int at = 122 - level * kBits;
      key |= at >= 0 ? Key(static_cast<uint64_t>(slot)) << at : Key(static_cast<uint64_t>(slot)) >> -at;
      Carve(path, key, bits, position, row);
      return PrefixOf(key, bits);
    }
    Inner* inner = InnerOf(NodeAt(unit), level);
    const int slot = LowestBit(Summary(inner)[row - kRows - 1]);
    key |= Key(static_cast<uint64_t>(slot)) << (122 - level * kBits);
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
    Carve(path, key, bits, 1, 0);
    return true;
  }
  uint32_t unit = root_;
  for (int level = 0;; ++level) {
    path.level = level;
    const int rows = std::min(bits - level * kBits, kRows);
    const int slot = Slot(key, level);
    path.steps[level] = {unit, slot};
    const Node& node = NodeAt(unit);
    const Bits around = Around(slot, rows);
    if (((node.taken.words[0] & around.words[0]) | (node.taken.words[1] & around.words[1])) != 0) return false;
    if (const uint64_t low = node.free.words[0] & around.words[0], high = node.free.words[1] & around.words[1];
        (low | high) != 0) {
      const int position = low != 0 ? LowestBit(low) : kFirstChild + LowestBit(high);
      Carve(path, key, bits, position, HighestBit(static_cast<uint64_t>(position)));
      return true;
    }
    if (bits - level * kBits <= kRows) return false;
    Inner& inner = *InnerOf(node, level);
    if (const uint32_t child = inner.children[slot]; (child & kAlone) != 0) {
      const Alone& alone = AloneAt(child);
      if (CommonBits(key, alone.key()) >= std::min(bits, static_cast<int>(alone.bits))) return false;
    }
    unit = Expand(inner, level, slot);
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
    Node& node = NodeAt(unit);
    const int rows = bits - level * kBits;
    if (rows <= kRows) {
      const int position = (kFirstChild | slot) >> (kRows - rows);
      if (!node.taken.Has(position)) return false;
      const Lengths before = LengthsOf(node, level);
      node.taken.Clear(position);
      CountGiven(bits);
      Release(path, position, before);
      return true;
    }
    Inner* inner = InnerOf(node, level);
    const uint32_t child = inner == nullptr ? 0 : inner->children[slot];
    if (child == 0) return false;
    if ((child & kAlone) == 0) {
      unit = child - 1;
      continue;
    }
    const Alone& alone = AloneAt(child);
    if (static_cast<int>(alone.bits) != bits || alone.key() != key) return false;
    const Lengths before = LengthsOf(node, level);
    Summarize(*inner, level, slot, Between((level + 1) * kBits, bits), 0);
    inner->children[slot] = 0;
    alones_.Give((child & ~kAlone) - 1);
    CountGiven(bits);
    Release(path, kFirstChild + slot, before);
    return true;
  }
}

void BlockTree::Release(Path path, int position, Lengths before) {
  while (true) {
    Node& node = NodeAt(path.steps[path.level].node);
    while (position > 1 && node.free.Has(position ^ 1)) {
      node.free.Clear(position ^ 1);
      position >>= 1;
    }
    if (position > 1) {
      node.free.Set(position);
      Propagate(path, before);
      return;
    }
    // All of the node is free: it goes, and the slot above is free instead.
    if (node.inner != 0) inners_[path.level].Give(static_cast<uint32_t>(node.inner - 1));
    nodes_.Give(path.steps[path.level].node);
    if (path.level == 0) {
      whole_ = Whole::kFree;
      return;
    }
    --path.level;
    const Step& step = path.steps[path.level];
    const Node& above = NodeAt(step.node);
    const Lengths had = LengthsOf(above, path.level);
    Inner& inner = *InnerOf(above, path.level);
    inner.children[step.slot] = 0;
    Summarize(inner, path.level, step.slot, before, 0);
    position = kFirstChild + step.slot;
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
    const Node& node = NodeAt(unit);
    const int slot = Slot(key, level);
    const Bits around = Around(slot, kRows);
    for (const bool free : {false, true}) {
      const Bits& bits = free ? node.free : node.taken;
      const uint64_t low = bits.words[0] & around.words[0], high = bits.words[1] & around.words[1];
      if ((low | high) == 0) continue;
      const int row = low != 0 ? HighestBit(static_cast<uint64_t>(LowestBit(low))) : kRows;
      return {PrefixOf(key & Mask(level * kBits + row), level * kBits + row), free};
    }
    const uint32_t child = InnerOf(node, level)->children[slot];
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
  if ((LengthsOf(NodeAt(root_), 0) & Between(bits - 1, bits)) == 0) return std::nullopt;
  Key key = 0;
  uint32_t unit = root_;
  for (int level = 0;; ++level) {
    const int row = bits - level * kBits;
    const int at = 122 - level * kBits;
    const Node& node = NodeAt(unit);
    if (row <= kRows) {
      const int position = (1 << row) + LowestBit(Row(node.free.words, row));
      const Key slot = static_cast<uint64_t>((position << (kRows - row)) & 63);
      return PrefixOf(key | (at >= 0 ? slot << at : slot >> -at), bits);
    }
    const Inner* inner = InnerOf(node, level);
    const int slot = LowestBit(Summary(inner)[row - kRows - 1]);
    key |= Key(static_cast<uint64_t>(slot)) << at;
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
  const int above = level * kBits;
  for (int row = 1; row <= kRows && above + row <= bits; ++row) {
    uint64_t free = Row(node.free.words, row);
    if (from > start) free &= ~uint64_t{0} << (Slot(from, level) >> (kRows - row));
    // The first may begin below `from` and end too soon; the second begins above.
    for (int tries = 0; free != 0 && tries < 2; ++tries, free &= free - 1) {
      const Key block = start | (Key(static_cast<uint64_t>(LowestBit(free))) << (128 - above - row));
      offer(FirstIn(block, above + row, from, bits));
    }
  }
  const Inner* inner = InnerOf(node, level);
  if (inner == nullptr) return best;
  uint64_t slots = 0;
  for (int length = above + kRows + 1; length <= bits; ++length) slots |= Summary(inner)[length - above - kRows - 1];
  if (from > start) slots &= ~uint64_t{0} << Slot(from, level);
  for (int tries = 0; slots != 0 && tries < 2; ++tries, slots &= slots - 1) {
    const int slot = LowestBit(slots);
    const Key below = start | (Key(static_cast<uint64_t>(slot)) << (122 - above));
    if (best && *best < below) break;
    const uint32_t child = inner->children[slot];
    if ((child & kAlone) == 0) {
      offer(FirstFit(NodeAt(child - 1), level + 1, below, std::max(from, below), bits));
      continue;
    }
    const Alone& alone = AloneAt(child);
    for (int part = above + kRows + 1; part <= std::min(bits, static_cast<int>(alone.bits)); ++part) {
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
  const int above = level * kBits;
  const bool within = last < (start | Extent(above));
  for (int row = 1; row <= kRows && above + row <= bits; ++row) {
    uint64_t free = Row(node.free.words, row);
    if (within) free &= ~uint64_t{0} >> (63 - (Slot(last, level) >> (kRows - row)));
    for (int tries = 0; free != 0 && tries < 2; ++tries) {
      const int index = HighestBit(free);
      free ^= uint64_t{1} << index;
      offer(LastIn(start | (Key(static_cast<uint64_t>(index)) << (128 - above - row)), above + row, last, bits));
    }
  }
  const Inner* inner = InnerOf(node, level);
  if (inner == nullptr) return best;
  uint64_t slots = 0;
  for (int length = above + kRows + 1; length <= bits; ++length) slots |= Summary(inner)[length - above - kRows - 1];
  if (within) slots &= ~uint64_t{0} >> (63 - Slot(last, level));
  for (int tries = 0; slots != 0 && tries < 2; ++tries) {
    const int slot = HighestBit(slots);
    slots ^= uint64_t{1} << slot;
    const Key below = start | (Key(static_cast<uint64_t>(slot)) << (122 - above));
    const Key end = below | Extent(above + kRows);
    if (best && *best > end) break;
    const uint32_t child = inner->children[slot];
    if ((child & kAlone) == 0) {
      offer(LastFit(NodeAt(child - 1), level + 1, below, std::min(last, end), bits));
      continue;
    }
    const Alone& alone = AloneAt(child);
    for (int part = above + kRows + 1; part <= std::min(bits, static_cast<int>(alone.bits)); ++part) {
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
      whole_ == Whole::kFree ? FirstIn(0, 0, key, bits) : FirstFit(NodeAt(root_), 0, 0, key, bits);
  if (!found) return std::nullopt;
  return PrefixOf(*found, bits);
}

std::optional<net::Prefix> BlockTree::LastFit(const net::IpAddress& before, int length) const {
  const int bits = BitsOf(length);
  const Key key = KeyOf(before);
  if (whole_ == Whole::kTaken || key == 0) return std::nullopt;
  const std::optional<Key> found =
      whole_ == Whole::kFree ? LastIn(0, 0, key - 1, bits) : LastFit(NodeAt(root_), 0, 0, key - 1, bits);
  if (!found) return std::nullopt;
  return PrefixOf(*found, bits);
}

bool BlockTree::WalkAlone(const Alone& alone, int bits, absl::FunctionRef<bool(const Block&)> visit) const {
  const int own = static_cast<int>(alone.bits);
  const auto beside = [&](int part) {
    return PrefixOf((alone.key() & Mask(part)) ^ (Key(1) << (128 - part)), part);
  };
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

bool BlockTree::Walk(const Node& node, int level, Key start, int position, int row,
                     absl::FunctionRef<bool(const Block&)> visit) const {
  const bool free = node.free.Has(position);
  if (position > 1 && (free || node.taken.Has(position))) {
    const int bits = level * kBits + row;
    const uint64_t index = static_cast<uint64_t>(position - (1 << row));
    return visit({PrefixOf(start | (Key(index) << (128 - bits)), bits), free});
  }
  if (row < kRows) {
    return Walk(node, level, start, 2 * position, row + 1, visit) &&
           Walk(node, level, start, 2 * position + 1, row + 1, visit);
  }
  const int slot = position - kFirstChild;
  const uint32_t child = InnerOf(node, level)->children[slot];
  if ((child & kAlone) != 0) return WalkAlone(AloneAt(child), (level + 1) * kBits, visit);
  const Key below = start | (Key(static_cast<uint64_t>(slot)) << (122 - level * kBits));
  return Walk(NodeAt(child - 1), level + 1, below, 1, 0, visit);
}

void BlockTree::ForEach(absl::FunctionRef<bool(const Block&)> visit) const {
  if (whole_ != Whole::kSplit) {
    visit({block_, whole_ == Whole::kFree});
    return;
  }
  Walk(NodeAt(root_), 0, 0, 1, 0, visit);
}

}  // namespace nubo::vpc
