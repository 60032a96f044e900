// Presentation forms of the types that travel as opaque bytes: CAA (RFC 8659), DS (RFC 4034), HTTPS and SVCB
// (RFC 9460), NAPTR (RFC 3403), SPF (RFC 7208), SSHFP (RFC 4255) and TLSA (RFC 6698). Private to nubo/dns/record.h.
//
// Thread safety: pure functions.
#ifndef NUBO_DNS_RDATA_TEXT_H_
#define NUBO_DNS_RDATA_TEXT_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "nubo/dns/types.h"

namespace nubo::dns {

// One word of a record's presentation form.
struct Token {
  // Without quotes, escapes resolved.
  std::string text;
  // As written, but for the quotes around it.
  std::string raw;
  bool quoted = false;
};

// Splits at blanks outside of quotes. With `key_values`, a word may go on in quotes behind its first "=", as in
// alpn="h2,h3". False: an open quote, something right behind a closed one of key="value", or a broken escape.
bool Tokenize(absl::string_view text, bool key_values, std::vector<Token>* tokens);

// Whether the words begin as RFC 3597 §5 has it: \#, the length, and that many bytes in hexadecimal. In quotes \# is a
// string.
bool IsGeneric(const std::vector<Token>& tokens);

// "text" with \" \\ and \DDD where they are needed.
std::string QuotedText(absl::string_view text);

// Whether the type has a form of its own here, besides RFC 3597's.
bool HasTextForm(RecordType type);
// What a value of the type looks like, for messages.
absl::string_view ExpectedForm(RecordType type);
// The bytes that the words stand for; nothing if they are no value of `type`, and *why may say more.
std::optional<std::string> BytesOfText(RecordType type, const std::vector<Token>& tokens, std::string* why);
// Nothing if the bytes are not well-formed.
std::optional<std::string> TextOfBytes(RecordType type, absl::string_view bytes);

}  // namespace nubo::dns

#endif  // NUBO_DNS_RDATA_TEXT_H_
