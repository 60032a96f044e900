#include "nubo/vpc/pool_snapshot.h"

#include <cstdint>
#include <utility>

#include "absl/numeric/int128.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "nubo/base/status.h"

// A snapshot is "nubopool", the version, a pool, and the checksum. Numbers are in base 128, lowest digits first, with
// the top bit of each byte but the last; the checksum is eight bytes. A pool is its family (4 or 6), first address,
// length, rest, and how many entries it has, in order, and they. An entry is kind + 8 * (has details), its length, how
// many addresses lie between the end of the one before and its beginning; then details, a time, and what the pool or
// reservation has inside.
namespace nubo::vpc {
namespace {

constexpr absl::string_view kMagic = "nubopool";
constexpr size_t kChecksumBytes = 8;
constexpr int kHasDetails = 8;
using Kind = CidrPool::Kind;

// FNV-1a of 64 bits.
uint64_t Checksum(absl::string_view bytes) {
  uint64_t sum = 0xcbf29ce484222325;
  for (const char c : bytes) sum = (sum ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return sum;
}

void Put(absl::uint128 number, std::string& out) {
  for (; number >= 128; number >>= 7) out += static_cast<char>(absl::Uint128Low64(number) | 128);
  out += static_cast<char>(absl::Uint128Low64(number));
}

void PutString(absl::string_view text, std::string& out) {
  Put(text.size(), out);
  absl::StrAppend(&out, text);
}

// Seconds and quarters of nanoseconds are what Abseil counts; infinite ones have seconds of their own.
void PutDuration(absl::Duration duration, std::string& out) {
  const int64_t seconds = absl::IDivDuration(duration, absl::Seconds(1), &duration);
  Put(static_cast<uint64_t>(seconds), out);
  const bool infinite = duration == absl::InfiniteDuration() || duration == -absl::InfiniteDuration();
  const int64_t rest = infinite ? 0 : absl::IDivDuration(duration, absl::Nanoseconds(1) / 4, &duration);
  Put(static_cast<uint64_t>(rest), out);
}

absl::Duration DurationOf(uint64_t seconds, uint64_t quarters) {
  const auto whole = static_cast<int64_t>(seconds);
  if (whole == INT64_MAX) return absl::InfiniteDuration();
  if (whole == INT64_MIN) return -absl::InfiniteDuration();
  return absl::Seconds(whole) + static_cast<int64_t>(quarters) * (absl::Nanoseconds(1) / 4);
}

void PutDetails(const CidrPool::Details& details, std::string& out) {
  PutString(details.owner, out);
  Put(details.tags.size(), out);
  for (const auto& [key, value] : details.tags) {
    PutString(key, out);
    PutString(value, out);
  }
}

void PutEntries(const CidrPool& pool, std::string& out) {
  size_t count = 0;
  std::string entries;
  absl::uint128 from = pool.block().first().value();
  pool.ForEach([&](const CidrPool::Block& block) {
    if (block.kind == Kind::kFree) return true;
    ++count;
    Put(static_cast<uint64_t>(block.kind) + (block.details->empty() ? 0 : kHasDetails), entries);
    Put(static_cast<uint64_t>(block.prefix.length()), entries);
    Put(block.prefix.first().value() - from, entries);
    from = block.prefix.last().value() + 1;
    if (!block.details->empty()) PutDetails(*block.details, entries);
    if (block.kind == Kind::kResting) PutDuration(block.until - absl::UnixEpoch(), entries);
    if (block.kind == Kind::kPool) PutDuration(block.pool->options().rest, entries);
    if (block.pool != nullptr) PutEntries(*block.pool, entries);
    return true;
  });
  Put(count, out);
  out += entries;
}

absl::Status Bad(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("not a snapshot of a pool: ", what));
}

class Reader {
 public:
  explicit Reader(absl::string_view bytes) : bytes_(bytes) {}
  bool done() const { return bytes_.empty(); }

  absl::StatusOr<absl::uint128> TakeWide() {
    absl::uint128 number = 0;
    for (int shift = 0; shift < 128; shift += 7) {
      if (bytes_.empty()) return Bad("it ends too soon");
      const auto byte = static_cast<unsigned char>(bytes_[0]);
      bytes_.remove_prefix(1);
      number |= absl::uint128(byte & 127u) << shift;
      if (byte < 128) return number;
    }
    return Bad("a number is too long");
  }

  absl::StatusOr<uint64_t> Take() {
    NUBO_ASSIGN_OR_RETURN(const absl::uint128 number, TakeWide());
    if (absl::Uint128High64(number) != 0) return Bad("a number is too large");
    return absl::Uint128Low64(number);
  }

  absl::StatusOr<std::string> TakeString() {
    NUBO_ASSIGN_OR_RETURN(const uint64_t size, Take());
    if (size > bytes_.size()) return Bad("a string is too long");
    std::string text(bytes_.substr(0, size));
    bytes_.remove_prefix(size);
    return text;
  }

  absl::StatusOr<absl::Duration> TakeDuration() {
    NUBO_ASSIGN_OR_RETURN(const uint64_t seconds, Take());
    NUBO_ASSIGN_OR_RETURN(const uint64_t quarters, Take());
    return DurationOf(seconds, quarters);
  }

  absl::StatusOr<net::Prefix> TakeBlock(bool v4, absl::uint128 first) {
    NUBO_ASSIGN_OR_RETURN(const uint64_t length, Take());
    return MakeBlock(v4, first, length);
  }

  static absl::StatusOr<net::Prefix> MakeBlock(bool v4, absl::uint128 first, uint64_t length) {
    const net::IpAddress address =
        v4 ? net::IpAddress::V4(static_cast<uint32_t>(absl::Uint128Low64(first))) : net::IpAddress::V6(first);
    if (length > 128 || (v4 && first > UINT32_MAX)) return Bad("there is no such block");
    NUBO_ASSIGN_OR_RETURN(const net::Prefix block, net::Prefix::Make(address, static_cast<int>(length)));
    if (block.first() != address) return Bad("a block has host bits");
    return block;
  }

  absl::StatusOr<CidrPool::Details> TakeDetails() {
    CidrPool::Details details;
    NUBO_ASSIGN_OR_RETURN(details.owner, TakeString());
    NUBO_ASSIGN_OR_RETURN(uint64_t tags, Take());
    for (; tags > 0; --tags) {
      NUBO_ASSIGN_OR_RETURN(std::string key, TakeString());
      NUBO_ASSIGN_OR_RETURN(std::string value, TakeString());
      details.tags.insert_or_assign(std::move(key), std::move(value));
    }
    return details;
  }

  // Those of `block`, which `pool` has, into `pool`.
  absl::Status TakeEntries(CidrPool& pool, const net::Prefix& block, bool reservation) {
    NUBO_ASSIGN_OR_RETURN(uint64_t count, Take());
    absl::uint128 from = block.first().value();
    for (; count > 0; --count) NUBO_RETURN_IF_ERROR(TakeEntry(pool, block, reservation, from));
    return absl::OkStatus();
  }

 private:
  absl::Status TakeEntry(CidrPool& pool, const net::Prefix& within, bool reservation, absl::uint128& from) {
    NUBO_ASSIGN_OR_RETURN(const uint64_t head, Take());
    NUBO_ASSIGN_OR_RETURN(const uint64_t length, Take());
    NUBO_ASSIGN_OR_RETURN(const absl::uint128 gap, TakeWide());
    NUBO_ASSIGN_OR_RETURN(const net::Prefix block, MakeBlock(within.is_v4(), from + gap, length));
    from = block.last().value() + 1;
    const auto kind = static_cast<Kind>(head & (kHasDetails - 1));
    const bool reserved = kind == Kind::kReserved, resting = kind == Kind::kResting, is_pool = kind == Kind::kPool;
    if (!within.Contains(block) || (reservation && (reserved || resting))) return Bad("a block is where it cannot be");
    if (head >= 2 * kHasDetails || (!reserved && !resting && !is_pool && kind != Kind::kAllocated)) {
      return Bad("there is no such kind of block");
    }
    CidrPool::Details details;
    if ((head & kHasDetails) != 0) {
      NUBO_ASSIGN_OR_RETURN(details, TakeDetails());
    }
    if (resting) {
      NUBO_ASSIGN_OR_RETURN(const absl::Duration until, TakeDuration());
      return pool.Rest(block, absl::UnixEpoch() + until);
    }
    CidrPool* inside = &pool;
    if (is_pool) {
      NUBO_ASSIGN_OR_RETURN(const absl::Duration rest, TakeDuration());
      NUBO_ASSIGN_OR_RETURN(inside, pool.AllocatePoolExact(block, {.rest = rest}));
    } else {
      NUBO_RETURN_IF_ERROR(reserved ? pool.Reserve(block) : pool.AllocateExact(block));
    }
    if (!details.empty()) NUBO_RETURN_IF_ERROR(pool.SetDetails(block, std::move(details)));
    return is_pool || reserved ? TakeEntries(*inside, block, reserved) : absl::OkStatus();
  }

  absl::string_view bytes_;
};

}  // namespace

std::string Snapshot(const CidrPool& pool) {
  std::string out(kMagic);
  Put(kPoolSnapshotVersion, out);
  Put(pool.block().is_v4() ? 4 : 6, out);
  Put(pool.block().first().value(), out);
  Put(static_cast<uint64_t>(pool.block().length()), out);
  PutDuration(pool.options().rest, out);
  PutEntries(pool, out);
  uint64_t sum = Checksum(out);
  for (size_t i = 0; i < kChecksumBytes; ++i, sum >>= 8) out += static_cast<char>(sum & 255);
  return out;
}

absl::StatusOr<CidrPool> Restore(absl::string_view bytes) {
  if (!absl::StartsWith(bytes, kMagic)) return Bad("it begins otherwise");
  Reader head(bytes.substr(kMagic.size()));
  NUBO_ASSIGN_OR_RETURN(const uint64_t version, head.Take());
  if (version != kPoolSnapshotVersion) {
    return absl::FailedPreconditionError(
        absl::StrCat("a snapshot of version ", version, "; this reads version ", kPoolSnapshotVersion));
  }
  if (bytes.size() < kMagic.size() + 1 + kChecksumBytes) return absl::DataLossError("the snapshot is cut short");
  uint64_t sum = 0;
  for (size_t i = 1; i <= kChecksumBytes; ++i) sum = sum << 8 | static_cast<unsigned char>(bytes[bytes.size() - i]);
  bytes.remove_suffix(kChecksumBytes);
  if (sum != Checksum(bytes)) return absl::DataLossError("the snapshot is damaged: its checksum is of other bytes");
  Reader reader(bytes.substr(kMagic.size() + 1));
  NUBO_ASSIGN_OR_RETURN(const uint64_t family, reader.Take());
  if (family != 4 && family != 6) return Bad("there is no such family of addresses");
  NUBO_ASSIGN_OR_RETURN(const absl::uint128 first, reader.TakeWide());
  NUBO_ASSIGN_OR_RETURN(const net::Prefix block, reader.TakeBlock(family == 4, first));
  NUBO_ASSIGN_OR_RETURN(const absl::Duration rest, reader.TakeDuration());
  CidrPool pool(block, {.rest = rest});
  NUBO_RETURN_IF_ERROR(reader.TakeEntries(pool, block, false));
  if (!reader.done()) return Bad("something comes after it");
  return pool;
}

}  // namespace nubo::vpc
