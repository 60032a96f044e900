#include "nubo/lb/hash.h"

#include <cstring>

namespace nubo::lb {
namespace {

constexpr uint64_t kPrime1 = 0x9e3779b185ebca87;
constexpr uint64_t kPrime2 = 0xc2b2ae3d27d4eb4f;
constexpr uint64_t kPrime3 = 0x165667b19e3779f9;
constexpr uint64_t kPrime4 = 0x85ebca77c2b2ae63;
constexpr uint64_t kPrime5 = 0x27d4eb2f165667c5;

uint64_t RotateLeft(uint64_t x, int bits) { return x << bits | x >> (64 - bits); }

// Little-endian, wherever this runs.
template <typename T>
T Read(const char* at) {
  T value = 0;
  for (size_t i = 0; i < sizeof(T); ++i) value |= static_cast<T>(static_cast<unsigned char>(at[i])) << (8 * i);
  return value;
}

uint64_t Round(uint64_t lane, uint64_t input) { return RotateLeft(lane + input * kPrime2, 31) * kPrime1; }

uint64_t Merge(uint64_t sum, uint64_t lane) { return (sum ^ Round(0, lane)) * kPrime1 + kPrime4; }

uint64_t Avalanche(uint64_t x) {
  x = (x ^ x >> 33) * kPrime2;
  x = (x ^ x >> 29) * kPrime3;
  return x ^ x >> 32;
}

}  // namespace

uint64_t Hash(absl::string_view text, uint64_t seed) {
  const char* at = text.data();
  const char* const end = at + text.size();
  uint64_t sum = seed + kPrime5;
  if (text.size() >= 32) {
    uint64_t lanes[4] = {seed + kPrime1 + kPrime2, seed + kPrime2, seed, seed - kPrime1};
    for (; end - at >= 32; at += 32) {
      for (int i = 0; i < 4; ++i) lanes[i] = Round(lanes[i], Read<uint64_t>(at + 8 * i));
    }
    sum = RotateLeft(lanes[0], 1) + RotateLeft(lanes[1], 7) + RotateLeft(lanes[2], 12) + RotateLeft(lanes[3], 18);
    for (const uint64_t lane : lanes) sum = Merge(sum, lane);
  }
  sum += text.size();
  for (; end - at >= 8; at += 8) sum = RotateLeft(sum ^ Round(0, Read<uint64_t>(at)), 27) * kPrime1 + kPrime4;
  if (end - at >= 4) {
    sum = RotateLeft(sum ^ Read<uint32_t>(at) * kPrime1, 23) * kPrime2 + kPrime3;
    at += 4;
  }
  for (; at < end; ++at) sum = RotateLeft(sum ^ static_cast<unsigned char>(*at) * kPrime5, 11) * kPrime1;
  return Avalanche(sum);
}

uint64_t CombineHash(uint64_t first, uint64_t second) { return Avalanche(RotateLeft(first, 29) ^ second * kPrime1); }

}  // namespace nubo::lb
