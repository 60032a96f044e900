#include "nubo/ec2/hashes.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>

namespace nubo::ec2 {
namespace {

constexpr size_t kBlock = 64;

// Both hash blocks of 64 bytes of the text, one bit, zeros, and how many bits the text has.
std::string Padded(absl::string_view text, bool big_endian) {
  std::string padded(text);
  padded.push_back('\x80');
  while (padded.size() % kBlock != kBlock - sizeof(uint64_t)) padded.push_back('\0');
  const uint64_t bits = uint64_t{text.size()} * 8;
  for (int i = 0; i < 8; ++i) padded.push_back(static_cast<char>(bits >> (8 * (big_endian ? 7 - i : i))));
  return padded;
}

uint32_t Word(absl::string_view bytes, bool big_endian) {
  uint32_t word = 0;
  for (size_t i = 0; i < 4; ++i) {
    word |= uint32_t{static_cast<unsigned char>(bytes[i])} << (8 * (big_endian ? 3 - i : i));
  }
  return word;
}

void Append(uint32_t word, bool big_endian, std::string& out) {
  for (size_t i = 0; i < 4; ++i) out.push_back(static_cast<char>(word >> (8 * (big_endian ? 3 - i : i))));
}

// The first 32 bits of the fraction of a root: exact, since a double has 52 bits and the whole part at most 5.
uint32_t Fraction(double root) { return static_cast<uint32_t>((root - std::floor(root)) * 4294967296.0); }

std::array<uint32_t, 64> Primes() {
  std::array<uint32_t, 64> primes = {};
  size_t found = 0;
  for (uint32_t n = 2; found < primes.size(); ++n) {
    bool prime = true;
    for (size_t i = 0; i < found && prime; ++i) prime = n % primes[i] != 0;
    if (prime) primes[found++] = n;
  }
  return primes;
}

}  // namespace

std::string Md5(absl::string_view text) {
  constexpr int kShifts[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};
  std::array<uint32_t, 4> state = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
  const std::string padded = Padded(text, /*big_endian=*/false);
  for (size_t at = 0; at < padded.size(); at += kBlock) {
    auto [a, b, c, d] = state;
    for (uint32_t i = 0; i < 64; ++i) {
      const uint32_t mixes[4] = {(b & c) | (~b & d), (d & b) | (~d & c), b ^ c ^ d, c ^ (b | ~d)};
      const uint32_t indexes[4] = {i, 5 * i + 1, 3 * i + 5, 7 * i};
      const uint32_t round = i / 16;
      const auto sine = static_cast<uint32_t>(std::floor(std::abs(std::sin(i + 1.0)) * 4294967296.0));
      const uint32_t word = Word(absl::string_view(padded).substr(at + 4 * (indexes[round] % 16), 4), false);
      const uint32_t sum = a + mixes[round] + sine + word;
      a = d;
      d = c;
      c = b;
      b += std::rotl(sum, kShifts[round][i % 4]);
    }
    state = {state[0] + a, state[1] + b, state[2] + c, state[3] + d};
  }
  std::string hash;
  for (const uint32_t word : state) Append(word, /*big_endian=*/false, hash);
  return hash;
}

std::string Sha256(absl::string_view text) {
  static const std::array<uint32_t, 64> primes = Primes();
  std::array<uint32_t, 8> state = {};
  for (size_t i = 0; i < state.size(); ++i) state[i] = Fraction(std::sqrt(static_cast<double>(primes[i])));
  const std::string padded = Padded(text, /*big_endian=*/true);
  for (size_t at = 0; at < padded.size(); at += kBlock) {
    std::array<uint32_t, 64> w = {};
    for (size_t i = 0; i < 16; ++i) w[i] = Word(absl::string_view(padded).substr(at + 4 * i, 4), true);
    for (size_t i = 16; i < 64; ++i) {
      const uint32_t low = std::rotr(w[i - 15], 7) ^ std::rotr(w[i - 15], 18) ^ (w[i - 15] >> 3);
      const uint32_t high = std::rotr(w[i - 2], 17) ^ std::rotr(w[i - 2], 19) ^ (w[i - 2] >> 10);
      w[i] = w[i - 16] + low + w[i - 7] + high;
    }
    std::array<uint32_t, 8> s = state;
    for (size_t i = 0; i < 64; ++i) {
      const uint32_t high = std::rotr(s[4], 6) ^ std::rotr(s[4], 11) ^ std::rotr(s[4], 25);
      const uint32_t choice = (s[4] & s[5]) ^ (~s[4] & s[6]);
      const uint32_t first = s[7] + high + choice + Fraction(std::cbrt(static_cast<double>(primes[i]))) + w[i];
      const uint32_t low = std::rotr(s[0], 2) ^ std::rotr(s[0], 13) ^ std::rotr(s[0], 22);
      const uint32_t majority = (s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]);
      s = {first + low + majority, s[0], s[1], s[2], s[3] + first, s[4], s[5], s[6]};
    }
    for (size_t i = 0; i < state.size(); ++i) state[i] += s[i];
  }
  std::string hash;
  for (const uint32_t word : state) Append(word, /*big_endian=*/true, hash);
  return hash;
}

}  // namespace nubo::ec2
