// Presentation forms of the types that travel as opaque bytes: CAA (RFC 8659), DS (RFC 4034), HTTPS and SVCB
// (RFC 9460), NAPTR (RFC 3403), SPF (RFC 7208), SSHFP (RFC 4255) and TLSA (RFC 6698). Private to nubo/dns.
//
// Thread safety: pure functions.
#ifndef NUBO_DNS_WIRE_RDATA_TEXT_H_
#define NUBO_DNS_WIRE_RDATA_TEXT_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "nubo/dns/wire/rdata_words.h"
#include "nubo/dns/wire/types.h"

namespace nubo::dns {

// Whether the type has a form of its own here, besides RFC 3597's.
bool HasTextForm(RecordType type);
// What a value of the type looks like, for messages.
absl::string_view ExpectedForm(RecordType type);
// The bytes that the words stand for; nothing if they are no value of `type`, and *why may say more.
std::optional<std::string> BytesOfText(RecordType type, const std::vector<Token>& tokens, std::string* why);
// Nothing if the bytes are not well-formed.
std::optional<std::string> TextOfBytes(RecordType type, absl::string_view bytes);

}  // namespace nubo::dns

#endif  // NUBO_DNS_WIRE_RDATA_TEXT_H_
