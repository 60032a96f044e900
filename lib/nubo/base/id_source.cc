#include "nubo/base/id_source.h"

#include <sys/random.h>

#include <algorithm>
#include <cstdlib>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace nubo::base {
namespace {

constexpr int kIdDigits = 17;
constexpr int kDigitsMax = 64;

}  // namespace

std::string IdSource::NewId(absl::string_view prefix) { return absl::StrCat(prefix, "-", NewHex(kIdDigits)); }

std::string RandomIdSource::NewHex(int digits) {
  digits = std::clamp(digits, 1, kDigitsMax);
  char bytes[kDigitsMax / 2];
  // Up to 256 bytes getrandom neither fails nor returns short once the kernel's pool is ready.
  if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes) std::abort();
  return absl::BytesToHexString(absl::string_view(bytes, sizeof bytes)).substr(0, digits);
}

std::string SequentialIdSource::NewHex(int digits) {
  digits = std::clamp(digits, 1, kDigitsMax);
  MutexLock lock(mutex_);
  std::string hex = absl::StrFormat("%0*x", digits, next_++);
  return hex.substr(hex.size() - digits);
}

}  // namespace nubo::base
