// gzip (RFC 1952) to what it holds, with a bound.
//
// Thread safety: pure function.
#ifndef NUBO_BOOT_GUNZIP_H_
#define NUBO_BOOT_GUNZIP_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace nubo::boot {

// All members one after the other, at most `bytes_max`; no more than that is ever held. RESOURCE_EXHAUSTED: it holds
// more. INVALID_ARGUMENT: it is no gzip, is cut off or damaged, or something else follows.
absl::StatusOr<std::string> Gunzip(absl::string_view bytes, size_t bytes_max);

}  // namespace nubo::boot

#endif  // NUBO_BOOT_GUNZIP_H_
