// Pools as text and as snapshots: what is read can be written and read again, to the same pool.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "absl/status/statusor.h"
#include "nubo/vpc/cidr_pool.h"
#include "nubo/vpc/pool_picture.h"
#include "nubo/vpc/pool_snapshot.h"
#include "nubo/vpc/pool_text.h"

namespace {

using namespace nubo::vpc;

void Check(const CidrPool& pool) {
  const std::string text = PrintPool(pool);
  const absl::StatusOr<CidrPool> read = ParsePool(text);
  if (!read.ok() || PrintPool(*read) != text || !Compare(pool, *read).empty()) std::abort();
  const std::string bytes = Snapshot(pool);
  const absl::StatusOr<CidrPool> restored = Restore(bytes);
  if (!restored.ok() || Snapshot(*restored) != bytes || !Compare(pool, *restored).empty()) std::abort();
  const CidrPool::Usage usage = pool.usage();
  if (usage.allocated + usage.reserved + usage.resting + usage.free != pool.block().size()) std::abort();
  (void)PoolTree(pool);
  (void)PoolSvg(pool);
}

// FNV-1a of 64 bits, as a snapshot ends with.
std::string WithChecksum(std::string bytes) {
  uint64_t sum = 0xcbf29ce484222325;
  for (const char c : bytes) sum = (sum ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  for (int i = 0; i < 8; ++i, sum >>= 8) bytes += static_cast<char>(sum & 255);
  return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string input(reinterpret_cast<const char*>(data), size);
  if (const absl::StatusOr<CidrPool> pool = ParsePool(input); pool.ok()) Check(*pool);
  // Damaged ones are found by their checksum: so is what lies behind it read, with the checksum that it ought to have.
  for (const std::string& bytes : {input, WithChecksum(input), WithChecksum(std::string("nubopool\x01") + input),
                                   WithChecksum(input.substr(0, size < 8 ? 0 : size - 8))}) {
    if (const absl::StatusOr<CidrPool> pool = Restore(bytes); pool.ok()) Check(*pool);
  }
  return 0;
}
