#include "nubo/vpc/cidr_pool.h"

#include "absl/strings/str_cat.h"

namespace nubo::vpc {
namespace {

// The block of which `block` is one half.
net::Prefix Parent(const net::Prefix& block) { return *net::Prefix::Make(block.first(), block.length() - 1); }

// The other half of its parent.
net::Prefix Buddy(const net::Prefix& block) {
  const int bits = block.first().bits();
  const absl::uint128 flipped = block.first().value() ^ (absl::uint128(1) << (bits - block.length()));
  const net::IpAddress address = block.is_v4() ? net::IpAddress::V4(static_cast<uint32_t>(absl::Uint128Low64(flipped)))
                                               : net::IpAddress::V6(flipped);
  return *net::Prefix::Make(address, block.length());
}

}  // namespace

CidrPool::CidrPool(const net::Prefix& block) : block_(block) { free_[block.length()].insert(block); }

const net::Prefix* CidrPool::FindFreeAround(const net::Prefix& block) const {
  for (int length = block.length(); length >= block_.length(); --length) {
    const auto it = free_[length].find(*net::Prefix::Make(block.first(), length));
    if (it != free_[length].end()) return &*it;
  }
  return nullptr;
}

void CidrPool::Carve(net::Prefix from, const net::Prefix& wanted) {
  free_[from.length()].erase(from);
  while (from.length() < wanted.length()) {
    from = *net::Prefix::Make(wanted.first(), from.length() + 1);
    free_[from.length()].insert(Buddy(from));
  }
  taken_.insert(wanted);
}

absl::StatusOr<net::Prefix> CidrPool::Allocate(int length) {
  if (length < block_.length() || length > block_.first().bits()) {
    return absl::InvalidArgumentError(absl::StrCat("a /", length, " does not fit into ", block_.ToString()));
  }
  for (int larger = length; larger >= block_.length(); --larger) {
    if (free_[larger].empty()) continue;
    const net::Prefix from = *free_[larger].begin();
    const net::Prefix wanted = *net::Prefix::Make(from.first(), length);
    Carve(from, wanted);
    return wanted;
  }
  return absl::ResourceExhaustedError(absl::StrCat(block_.ToString(), " has no free /", length, " left"));
}

absl::Status CidrPool::AllocateExact(const net::Prefix& wanted) {
  if (!block_.Contains(wanted)) {
    return absl::InvalidArgumentError(absl::StrCat(wanted.ToString(), " is not within ", block_.ToString()));
  }
  const net::Prefix* around = FindFreeAround(wanted);
  if (around == nullptr) {
    return absl::AlreadyExistsError(absl::StrCat("part of ", wanted.ToString(), " is taken in ", block_.ToString()));
  }
  Carve(*around, wanted);
  return absl::OkStatus();
}

absl::Status CidrPool::Free(const net::Prefix& taken) {
  if (taken_.erase(taken) == 0) {
    return absl::NotFoundError(absl::StrCat(taken.ToString(), " is not allocated in ", block_.ToString()));
  }
  net::Prefix block = taken;
  while (block.length() > block_.length() && free_[block.length()].erase(Buddy(block)) > 0) block = Parent(block);
  free_[block.length()].insert(block);
  return absl::OkStatus();
}

bool CidrPool::IsFree(const net::Prefix& block) const { return FindFreeAround(block) != nullptr; }

}  // namespace nubo::vpc
