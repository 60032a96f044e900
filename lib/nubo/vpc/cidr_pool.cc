#include "nubo/vpc/cidr_pool.h"

#include <algorithm>
#include <numeric>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nubo/base/status.h"

namespace nubo::vpc {
namespace {

const CidrPool::Details& NoDetails() {
  static const auto* const none = new CidrPool::Details;
  return *none;
}

// How far apart two blocks are, the first below the second.
absl::uint128 Gap(const net::Prefix& below, const net::Prefix& above) {
  return above.first().value() - below.last().value();
}

}  // namespace

CidrPool::CidrPool(const net::Prefix& block) : CidrPool(block, Options()) {}

CidrPool::CidrPool(const net::Prefix& block, Options options) : options_(options), tree_(block) {}

absl::Status CidrPool::Exhausted(absl::string_view wanted) const {
  const std::optional<int> largest = tree_.largest_free();
  return absl::ResourceExhaustedError(
      absl::StrCat(block().ToString(), " has no free ", wanted, " left: ",
                   largest ? absl::StrCat("its largest free block is ", tree_.LowestFree(*largest)->ToString())
                           : std::string("none of its addresses is free"),
                   resting_.empty() ? std::string() : absl::StrCat(", and ", resting_.size(), " blocks rest")));
}

absl::Status CidrPool::CheckLength(int length) const {
  if (length >= block().length() && length <= block().first().bits()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("a /", length, " does not fit into ", block().ToString()));
}

absl::Status CidrPool::CheckWithin(const net::Prefix& wanted) const {
  if (block().Contains(wanted)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(wanted.ToString(), " is not within ", block().ToString()));
}

absl::Status CidrPool::CheckDepth() const {
  if (depth_ < kDepthMax) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(block().ToString(), " is already ", kDepthMax, " pools deep, the most that there can be"));
}

absl::Status CidrPool::Taken(const net::Prefix& wanted) const {
  return absl::AlreadyExistsError(absl::StrCat("part of ", wanted.ToString(), " is taken in ", block().ToString()));
}

void CidrPool::CountAllocated(const net::Prefix& block) {
  ++allocated_;
  allocated_addresses_ += block.size();
}

void CidrPool::CountFreed(const net::Prefix& block) {
  --allocated_;
  allocated_addresses_ -= block.size();
}

void CidrPool::Wake(absl::Time now) {
  while (!wakes_.empty() && wakes_.front().until <= now) {
    std::pop_heap(wakes_.begin(), wakes_.end());
    const Resting due = wakes_.back();
    wakes_.pop_back();
    const auto found = resting_.find(due.block);
    // Claimed since then, and perhaps resting anew.
    if (found == resting_.end() || found->second != due.until) continue;
    resting_.erase(found);
    resting_addresses_ -= due.block.size();
    tree_.Give(due.block);
  }
}

void CidrPool::Return(const net::Prefix& block, absl::Time until) {
  resting_[block] = until;
  resting_addresses_ += block.size();
  wakes_.push_back({until, block});
  std::push_heap(wakes_.begin(), wakes_.end());
}

absl::StatusOr<net::Prefix> CidrPool::Allocate(int length, absl::Time now) {
  if (length < block().length() || length > block().first().bits()) return CheckLength(length);
  if (!wakes_.empty()) Wake(now);
  const std::optional<net::Prefix> given = tree_.TakeLowest(length);
  if (!given) return Exhausted(absl::StrCat("/", length));
  CountAllocated(*given);
  return *given;
}

absl::StatusOr<std::vector<net::Prefix>> CidrPool::AllocateAll(absl::Span<const int> lengths, absl::Time now) {
  for (const int length : lengths) NUBO_RETURN_IF_ERROR(CheckLength(length));
  if (!wakes_.empty()) Wake(now);
  std::vector<size_t> order(lengths.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(),
            [&](size_t a, size_t b) { return std::pair(lengths[a], a) < std::pair(lengths[b], b); });
  std::vector<net::Prefix> blocks(lengths.size());
  for (size_t i = 0; i < order.size(); ++i) {
    const std::optional<net::Prefix> given = tree_.TakeLowest(lengths[order[i]]);
    if (!given) {
      while (i-- > 0) {
        CountFreed(blocks[order[i]]);
        tree_.Give(blocks[order[i]]);
      }
      constexpr size_t kNamedMax = 8;
      const absl::Span<const int> named = lengths.subspan(0, kNamedMax);
      const auto slash = [](std::string* out, int length) { absl::StrAppend(out, "/", length); };
      return Exhausted(absl::StrCat(absl::StrJoin(named, ", ", slash), lengths.size() > kNamedMax ? ", …" : ""));
    }
    blocks[order[i]] = *given;
    CountAllocated(*given);
  }
  return blocks;
}

net::Prefix CidrPool::TakeFound(const net::Prefix& block) {
  tree_.Take(block);
  CountAllocated(block);
  return block;
}

absl::StatusOr<net::Prefix> CidrPool::AllocateAfter(const net::Prefix& block, int length, absl::Time now) {
  NUBO_RETURN_IF_ERROR(CheckWithin(block));
  NUBO_RETURN_IF_ERROR(CheckLength(length));
  if (!wakes_.empty()) Wake(now);
  std::optional<net::Prefix> found;
  if (block.last() != this->block().last()) {
    const absl::uint128 next = block.last().value() + 1;
    found = tree_.FirstFit(
        block.is_v4() ? net::IpAddress::V4(static_cast<uint32_t>(absl::Uint128Low64(next))) : net::IpAddress::V6(next),
        length);
  }
  if (!found) return Exhausted(absl::StrCat("/", length, " after ", block.ToString()));
  return TakeFound(*found);
}

absl::StatusOr<net::Prefix> CidrPool::AllocateNextTo(const net::Prefix& block, int length, absl::Time now) {
  NUBO_RETURN_IF_ERROR(CheckWithin(block));
  NUBO_RETURN_IF_ERROR(CheckLength(length));
  if (!wakes_.empty()) Wake(now);
  const std::optional<net::Prefix> below = tree_.LastFit(block.first(), length);
  std::optional<net::Prefix> above;
  if (block.last() != this->block().last()) {
    const absl::uint128 next = block.last().value() + 1;
    above = tree_.FirstFit(
        block.is_v4() ? net::IpAddress::V4(static_cast<uint32_t>(absl::Uint128Low64(next))) : net::IpAddress::V6(next),
        length);
  }
  if (below && (!above || Gap(*below, block) <= Gap(block, *above))) return TakeFound(*below);
  if (above) return TakeFound(*above);
  return Exhausted(absl::StrCat("/", length, " beside ", block.ToString()));
}

absl::Status CidrPool::AllocateExact(const net::Prefix& wanted) {
  if (!block().Contains(wanted)) return CheckWithin(wanted);
  if (tree_.Take(wanted)) {
    CountAllocated(wanted);
    return absl::OkStatus();
  }
  if (Extra* reservation = ReservationOf(wanted)) {
    NUBO_RETURN_IF_ERROR(reservation->pool->AllocateExact(wanted));
    reserved_addresses_ -= wanted.size();
    CountAllocated(wanted);
    return absl::OkStatus();
  }
  if (resting_.empty()) return Taken(wanted);
  const BlockTree::Block around = tree_.Find(wanted.first());
  const auto rests = resting_.find(around.prefix);
  if (around.free || rests == resting_.end() || !around.prefix.Contains(wanted)) return Taken(wanted);
  // Its rest ends here, as that of all of its block does.
  resting_.erase(rests);
  resting_addresses_ -= around.prefix.size();
  tree_.Give(around.prefix);
  tree_.Take(wanted);
  CountAllocated(wanted);
  return absl::OkStatus();
}

CidrPool* CidrPool::AddPool(const net::Prefix& block, Options options, bool reserved) {
  std::unique_ptr<Extra>& extra = extras_[block];
  extra = std::make_unique<Extra>();
  extra->pool = std::make_unique<CidrPool>(block, options);
  extra->pool->depth_ = depth_ + 1;
  extra->reserved = reserved;
  return extra->pool.get();
}

absl::StatusOr<CidrPool*> CidrPool::AllocatePool(int length, absl::Time now) {
  NUBO_RETURN_IF_ERROR(CheckDepth());
  NUBO_ASSIGN_OR_RETURN(const net::Prefix block, Allocate(length, now));
  return AddPool(block, options_, false);
}

absl::StatusOr<CidrPool*> CidrPool::AllocatePoolExact(const net::Prefix& wanted, Options options) {
  NUBO_RETURN_IF_ERROR(CheckDepth());
  NUBO_RETURN_IF_ERROR(CheckWithin(wanted));
  if (Extra* reservation = ReservationOf(wanted)) {
    NUBO_ASSIGN_OR_RETURN(CidrPool* const pool, reservation->pool->AllocatePoolExact(wanted, options));
    reserved_addresses_ -= wanted.size();
    CountAllocated(wanted);
    return pool;
  }
  NUBO_RETURN_IF_ERROR(AllocateExact(wanted));
  return AddPool(wanted, options, false);
}

absl::Status CidrPool::Reserve(const net::Prefix& block) {
  NUBO_RETURN_IF_ERROR(CheckDepth());
  NUBO_RETURN_IF_ERROR(CheckWithin(block));
  if (!tree_.Take(block)) return Taken(block);
  reserved_addresses_ += block.size();
  AddPool(block, Options(), true);
  return absl::OkStatus();
}

absl::Status CidrPool::Rest(const net::Prefix& block, absl::Time until) {
  NUBO_RETURN_IF_ERROR(CheckWithin(block));
  if (!tree_.Take(block)) return Taken(block);
  Return(block, until);
  return absl::OkStatus();
}

CidrPool::Extra* CidrPool::FindExtra(const net::Prefix& block) {
  if (extras_.empty()) return nullptr;
  const auto found = extras_.find(block);
  return found == extras_.end() ? nullptr : found->second.get();
}

const CidrPool::Extra* CidrPool::FindExtra(const net::Prefix& block) const {
  return const_cast<CidrPool*>(this)->FindExtra(block);
}

CidrPool::Extra* CidrPool::ReservationOf(const net::Prefix& block) {
  if (extras_.empty() || !this->block().Contains(block)) return nullptr;
  const BlockTree::Block around = tree_.Find(block.first());
  if (around.free || !around.prefix.Contains(block)) return nullptr;
  Extra* extra = FindExtra(around.prefix);
  return extra != nullptr && extra->reserved ? extra : nullptr;
}

CidrPool* CidrPool::FindPool(const net::Prefix& block) {
  if (Extra* extra = FindExtra(block); extra != nullptr && !extra->reserved && extra->pool != nullptr) {
    return extra->pool.get();
  }
  Extra* reservation = ReservationOf(block);
  return reservation == nullptr ? nullptr : reservation->pool->FindPool(block);
}

const CidrPool* CidrPool::FindPool(const net::Prefix& block) const {
  return const_cast<CidrPool*>(this)->FindPool(block);
}

void CidrPool::DropExtra(const net::Prefix& block) {
  const auto found = extras_.find(block);
  if (found == extras_.end()) return;
  if (const auto owner = owners_.find(found->second->details.owner); owner != owners_.end()) {
    owner->second.erase(block);
    if (owner->second.empty()) owners_.erase(owner);
  }
  extras_.erase(found);
}

absl::Status CidrPool::FreePool(const net::Prefix& block, Extra& extra) {
  if (extra.pool->tree_.taken() > extra.pool->resting_.size()) {
    return absl::FailedPreconditionError(absl::StrCat(
        block.ToString(), " is ", extra.reserved ? "a reservation" : "a pool", " in which blocks are taken"));
  }
  if (extra.reserved) {
    reserved_addresses_ -= block.size();
  } else {
    CountFreed(block);
  }
  DropExtra(block);
  tree_.Give(block);
  return absl::OkStatus();
}

absl::Status CidrPool::Free(const net::Prefix& taken, absl::Time now) {
  const auto not_found = [&] {
    return absl::NotFoundError(absl::StrCat(taken.ToString(), " is not allocated in ", block().ToString()));
  };
  if (!block().Contains(taken)) return not_found();
  if (!extras_.empty()) {
    if (Extra* reservation = ReservationOf(taken)) {
      // What is allocated of it goes first, also if that is all of it.
      const absl::Status freed = reservation->pool->Free(taken);
      if (freed.ok()) {
        reserved_addresses_ += taken.size();
        CountFreed(taken);
        return freed;
      }
      Extra* extra = FindExtra(taken);
      return extra == nullptr || !absl::IsNotFound(freed) ? freed : FreePool(taken, *extra);
    }
    if (Extra* extra = FindExtra(taken)) {
      if (extra->pool != nullptr) return FreePool(taken, *extra);
      DropExtra(taken);
    }
  }
  if (!resting_.empty() && resting_.contains(taken)) return not_found();
  const bool rests = options_.rest > absl::ZeroDuration() && now > absl::InfinitePast();
  if (rests ? !tree_.IsTaken(taken) : !tree_.Give(taken)) return not_found();
  CountFreed(taken);
  if (rests) Return(taken, now + options_.rest);
  return absl::OkStatus();
}

absl::Status CidrPool::SetDetails(const net::Prefix& block, Details details) {
  if (Extra* reservation = ReservationOf(block)) {
    const absl::Status set = reservation->pool->SetDetails(block, details);
    if (!absl::IsNotFound(set) || FindExtra(block) == nullptr) return set;
  }
  if (!this->block().Contains(block) || !tree_.IsTaken(block) || resting_.contains(block)) {
    return absl::NotFoundError(absl::StrCat(block.ToString(), " is not allocated in ", this->block().ToString()));
  }
  std::unique_ptr<Extra>& extra = extras_[block];
  if (extra == nullptr) extra = std::make_unique<Extra>();
  if (const auto owner = owners_.find(extra->details.owner); owner != owners_.end()) {
    owner->second.erase(block);
    if (owner->second.empty()) owners_.erase(owner);
  }
  if (!details.owner.empty()) owners_[details.owner].insert(block);
  extra->details = std::move(details);
  if (extra->details.empty() && extra->pool == nullptr) extras_.erase(block);
  return absl::OkStatus();
}

CidrPool::Block CidrPool::Describe(const BlockTree::Block& block) const {
  Block described{.prefix = block.prefix, .kind = Kind::kFree, .details = &NoDetails()};
  if (block.free) return described;
  described.kind = Kind::kAllocated;
  if (const Extra* extra = FindExtra(block.prefix)) {
    described.details = &extra->details;
    described.pool = extra->pool.get();
    if (extra->pool != nullptr) described.kind = extra->reserved ? Kind::kReserved : Kind::kPool;
  }
  if (resting_.empty()) return described;
  if (const auto rests = resting_.find(block.prefix); rests != resting_.end()) {
    described.kind = Kind::kResting;
    described.until = rests->second;
  }
  return described;
}

std::optional<CidrPool::Block> CidrPool::Find(const net::IpAddress& address) const {
  if (!block().Contains(address)) return std::nullopt;
  Block found = Describe(tree_.Find(address));
  if (found.kind == Kind::kReserved) {
    std::optional<Block> within = found.pool->Find(address);
    if (within->kind != Kind::kFree) return within;
  }
  return found;
}

std::vector<net::Prefix> CidrPool::OwnedBy(absl::string_view owner) const {
  std::vector<net::Prefix> blocks;
  if (const auto found = owners_.find(owner); found != owners_.end()) {
    blocks.assign(found->second.begin(), found->second.end());
  }
  for (const auto& [block, extra] : extras_) {
    if (extra->pool == nullptr) continue;
    const std::vector<net::Prefix> within = extra->pool->OwnedBy(owner);
    blocks.insert(blocks.end(), within.begin(), within.end());
  }
  std::sort(blocks.begin(), blocks.end());
  return blocks;
}

void CidrPool::ForEach(absl::FunctionRef<bool(const Block&)> visit) const {
  tree_.ForEach([&](const BlockTree::Block& block) { return visit(Describe(block)); });
}

CidrPool::Usage CidrPool::usage() const {
  Usage usage;
  usage.allocated = allocated_addresses_;
  usage.reserved = reserved_addresses_;
  usage.resting = resting_addresses_;
  usage.free = block().size() - tree_.taken_addresses();
  usage.largest_free = tree_.largest_free();
  if (!usage.largest_free || *usage.largest_free == block().length()) return usage;
  const absl::uint128 largest = absl::uint128(1) << (block().first().bits() - *usage.largest_free);
  usage.fragmentation = 1 - static_cast<double>(largest) / static_cast<double>(usage.free);
  return usage;
}

namespace {

struct Entry {
  CidrPool::Block block;
  int depth = 0;
  auto key() const { return std::tuple(block.prefix.first(), block.prefix.length(), depth); }
};

// Of each pool what it has, and then what that has within, which is the order of their keys.
void Collect(const CidrPool& pool, int depth, std::vector<Entry>& entries) {
  pool.ForEach([&](const CidrPool::Block& block) {
    if (block.kind == CidrPool::Kind::kFree || block.kind == CidrPool::Kind::kResting) return true;
    entries.push_back({block, depth});
    if (block.pool != nullptr) Collect(*block.pool, depth + 1, entries);
    return true;
  });
}

bool Alike(const CidrPool::Block& a, const CidrPool::Block& b) {
  if (a.kind != b.kind || !(*a.details == *b.details)) return false;
  return a.kind != CidrPool::Kind::kPool || a.pool->options() == b.pool->options();
}

}  // namespace

PoolDifference Compare(const CidrPool& first, const CidrPool& second) {
  std::vector<Entry> a, b;
  Collect(first, 0, a);
  Collect(second, 0, b);
  PoolDifference difference;
  auto i = a.begin(), j = b.begin();
  while (i != a.end() || j != b.end()) {
    if (j == b.end() || (i != a.end() && i->key() < j->key())) {
      difference.only_first.push_back((i++)->block.prefix);
    } else if (i == a.end() || j->key() < i->key()) {
      difference.only_second.push_back((j++)->block.prefix);
    } else {
      if (!Alike(i->block, j->block)) difference.changed.push_back(i->block.prefix);
      ++i;
      ++j;
    }
  }
  return difference;
}

}  // namespace nubo::vpc
