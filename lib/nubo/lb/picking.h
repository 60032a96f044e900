// What the policies share: how to pass over what is to be avoided, how to draw, and whose turn it is.
//
// Internal to this module.
#ifndef NUBO_LB_PICKING_H_
#define NUBO_LB_PICKING_H_

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstdint>

#include "absl/numeric/int128.h"
#include "absl/random/bit_gen_ref.h"
#include "nubo/lb/policy.h"

namespace nubo::lb {

inline bool Avoided(const PickRequest& request, const Endpoint& endpoint) {
  return std::find(request.avoid.begin(), request.avoid.end(), endpoint.id) != request.avoid.end();
}

// The first endpoint at or after `start`, going round, that need not be avoided; `start` itself if all must be.
inline size_t AllowedFrom(const EndpointList& endpoints, const PickRequest& request, size_t start) {
  if (request.avoid.empty()) return start;
  for (size_t i = 0; i < endpoints.size(); ++i) {
    const size_t at = (start + i) % endpoints.size();
    if (!Avoided(request, *endpoints[at])) return at;
  }
  return start;
}

// 64 random bits, which is what a BitGenRef hands out.
inline uint64_t Draw(absl::BitGenRef rng) { return rng(); }

// Below `size`, from 32 random bits: off the even share by less than size / 2^32, without a division.
inline size_t Scale(uint32_t bits, size_t size) { return static_cast<size_t>(uint64_t{bits} * size >> 32); }

// Below `size`, from 64 bits.
inline size_t ScaleWide(uint64_t bits, size_t size) {
  return static_cast<size_t>(absl::Uint128High64(absl::uint128(bits) * size));
}

// In [0, 1).
inline double ToUnit(uint64_t bits) { return static_cast<double>(bits >> 11) * 0x1p-53; }

// Below `kCount`, a power of two: nearly always another one for another thread. The address of something that each
// thread has of its own stands for the thread: it costs no call.
template <size_t kCount>
size_t ThreadIndex() {
  static_assert(std::has_single_bit(kCount) && kCount > 1);
  static thread_local char mine;
  return (reinterpret_cast<uintptr_t>(&mine) * 0x9e3779b97f4a7c15u) >> (65 - std::bit_width(kCount));
}

// A counter that threads do not fight over: each counts on one of several. For one thread nothing is skipped; a counter
// that comes into use later begins further on, so that threads do not march in step. Shared by the pickers before and
// after: a set that changes often must not favour its first endpoint.
class Turns {
 public:
  uint64_t Next() {
    Counter& mine = counters_[ThreadIndex<kCounters>()];
    uint64_t start = mine.start.load(std::memory_order_relaxed);
    if (start == kUnused) start = Begin(mine);
    return start + mine.turns.fetch_add(1, std::memory_order_relaxed);
  }

 private:
  static constexpr size_t kCounters = 64;
  static constexpr uint64_t kUnused = UINT64_MAX;
  struct alignas(64) Counter {
    std::atomic<uint64_t> start{kUnused};
    std::atomic<uint64_t> turns{0};
  };

  uint64_t Begin(Counter& counter) {
    uint64_t expected = kUnused;
    const uint64_t start = begun_.fetch_add(1, std::memory_order_relaxed);
    return counter.start.compare_exchange_strong(expected, start, std::memory_order_relaxed) ? start : expected;
  }

  std::array<Counter, kCounters> counters_;
  std::atomic<uint64_t> begun_{0};
};

}  // namespace nubo::lb

#endif  // NUBO_LB_PICKING_H_
