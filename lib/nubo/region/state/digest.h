// The digest of what is written to disk, or named after what it is of: the same on every machine and in every version,
// which std::hash promises of neither.
//
// Thread safety: pure functions.
#ifndef NUBO_REGION_STATE_DIGEST_H_
#define NUBO_REGION_STATE_DIGEST_H_

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "nubo/lb/hash.h"

namespace nubo::region {

// XXH64 as 16 hexadecimal digits.
inline std::string Digest(absl::string_view text) { return absl::StrCat(absl::Hex(lb::Hash(text), absl::kZeroPad16)); }

}  // namespace nubo::region

#endif  // NUBO_REGION_STATE_DIGEST_H_
