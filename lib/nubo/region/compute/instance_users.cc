#include "nubo/region/compute/instance_users.h"

#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"

namespace nubo::region {
namespace {

// More hexadecimal digits than the numbers have bits for.
constexpr size_t kDigits = 8;

}  // namespace

uint32_t InstanceUser(absl::string_view instance_id) {
  const absl::string_view digits =
      instance_id.size() > kDigits ? instance_id.substr(instance_id.size() - kDigits) : instance_id;
  uint32_t number = 0;
  if (!absl::SimpleHexAtoi(digits, &number)) return 0;
  return kFirstInstanceUser + number % kInstanceUsers;
}

bool MapsInstanceUsers(absl::string_view map) {
  for (const absl::string_view line : absl::StrSplit(map, '\n')) {
    // "first inside, first outside, how many"
    const std::vector<absl::string_view> columns = absl::StrSplit(line, ' ', absl::SkipWhitespace());
    uint64_t first = 0, count = 0;
    if (columns.size() != 3 || !absl::SimpleAtoi(columns[0], &first) || !absl::SimpleAtoi(columns[2], &count)) continue;
    if (first <= kFirstInstanceUser && first + count >= uint64_t{kFirstInstanceUser} + kInstanceUsers) return true;
  }
  return false;
}

}  // namespace nubo::region
