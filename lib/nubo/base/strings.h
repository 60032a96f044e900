// The two conversions between absl::string_view and std::string_view.
//
// They are one type under upstream Abseil and two under Debian's; code that goes through these two functions
// reads and compiles the same with either. Neither copies.
//
// Thread safety: pure functions.
#ifndef NUBO_BASE_STRINGS_H_
#define NUBO_BASE_STRINGS_H_

#include <string_view>

#include "absl/strings/string_view.h"

namespace nubo::base {

inline std::string_view ToStd(absl::string_view s) { return {s.data(), s.size()}; }
inline absl::string_view ToAbsl(std::string_view s) { return {s.data(), s.size()}; }

}  // namespace nubo::base

#endif  // NUBO_BASE_STRINGS_H_
