// What the presentation forms of records are made of, whatever their type: words, quoted or not, numbers, and bytes in
// hexadecimal (RFC 1035 §5.1, RFC 3597 §5). Private to nubo/dns.
//
// Thread safety: pure functions.
#ifndef NUBO_DNS_WIRE_RDATA_WORDS_H_
#define NUBO_DNS_WIRE_RDATA_WORDS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "nubo/dns/wire/types.h"

namespace nubo::dns {

// One word of a record's presentation form.
struct Token {
  // Without quotes, escapes resolved.
  std::string text;
  // As written, but for the quotes around it.
  std::string raw;
  bool quoted = false;
};

// Of one character string (RFC 1035 §3.3).
inline constexpr size_t kStringSizeMax = 255;

// Splits a value of `type` at blanks outside of quotes. Of HTTPS and SVCB a word may go on in quotes behind its first
// "=", as in alpn="h2,h3". False: an open quote, something right behind a closed one of key="value", or a broken
// escape.
bool Tokenize(RecordType type, absl::string_view text, std::vector<Token>* tokens);

// A decimal number of at most `max`, not in quotes.
std::optional<uint32_t> NumberOf(const Token& token, uint32_t max);
// The words from `first` on as one run of hexadecimal digits, which may be none.
std::optional<std::string> HexBytes(const std::vector<Token>& tokens, size_t first);
// In upper case.
std::string HexText(absl::string_view bytes);

// Whether the words begin as RFC 3597 §5 has it: \#, the length, and that many bytes in hexadecimal. In quotes \# is a
// string.
bool IsGeneric(const std::vector<Token>& tokens);

// "text" with \" \\ and \DDD where they are needed.
std::string QuotedText(absl::string_view text);
// Each so, with blanks between them.
std::string QuotedTexts(const std::vector<std::string>& texts);

}  // namespace nubo::dns

#endif  // NUBO_DNS_WIRE_RDATA_WORDS_H_
