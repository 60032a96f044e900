// Foreign text as error messages show it: bounded, printable, and valid UTF-8 wherever it was cut.
//
// Thread safety: pure functions.
#ifndef NUBO_DNS_WIRE_SHOWN_H_
#define NUBO_DNS_WIRE_SHOWN_H_

#include <string>

#include "absl/strings/string_view.h"

namespace nubo::dns {

// The first 300 bytes, with \DDD for what is not printable ASCII.
std::string Shown(absl::string_view text);

}  // namespace nubo::dns

#endif  // NUBO_DNS_WIRE_SHOWN_H_
