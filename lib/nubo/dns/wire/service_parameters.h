// The parameters of SVCB and HTTPS records (RFC 9460 §2.1, §7, §8; RFC 9461 §5; RFC 9540 §4). Private to
// nubo/dns/wire/record.h.
//
// Thread safety: pure functions.
#ifndef NUBO_DNS_WIRE_SERVICE_PARAMETERS_H_
#define NUBO_DNS_WIRE_SERVICE_PARAMETERS_H_

#include <cstdint>
#include <map>
#include <string>

#include "absl/strings/string_view.h"
#include "nubo/dns/wire/rdata_words.h"

namespace nubo::dns {

// Values as they are on the wire, by key: the order that the wire wants.
using ServiceParameters = std::map<uint16_t, std::string>;

// Each returns what is wrong, "" if nothing is.
// Adds "key", "key=value" or key="value". Only the key, and the form of the value, are looked at.
std::string AddServiceParameter(const Token& token, ServiceParameters* parameters);
// Looks at every value, and whether they go together.
std::string CheckServiceParameters(const ServiceParameters& parameters);

// "port=443", "key700=\"\\001\"" of a value that has been checked.
std::string ServiceParameterText(uint16_t key, absl::string_view value);

}  // namespace nubo::dns

#endif  // NUBO_DNS_WIRE_SERVICE_PARAMETERS_H_
