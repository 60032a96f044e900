#include "nubo/dns/wire/rdata_words.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace nubo::dns {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsBlank(char c) { return c == ' ' || c == '\t'; }

bool AppendUnescaped(absl::string_view text, size_t* at, std::string* out) {
  if (text[*at] != '\\') {
    out->push_back(text[(*at)++]);
    return true;
  }
  if (*at + 1 >= text.size()) return false;
  if (!IsDigit(text[*at + 1])) {
    out->push_back(text[*at + 1]);
    *at += 2;
    return true;
  }
  int value = 0;
  if (*at + 3 >= text.size()) return false;
  for (size_t i = 1; i <= 3; ++i) {
    if (!IsDigit(text[*at + i])) return false;
    value = value * 10 + (text[*at + i] - '0');
  }
  if (value > 255) return false;
  out->push_back(static_cast<char>(value));
  *at += 4;
  return true;
}

}  // namespace

bool Tokenize(RecordType type, absl::string_view text, std::vector<Token>* tokens) {
  const bool key_values = type == RecordType::kSvcb || type == RecordType::kHttps;
  size_t at = 0;
  while (true) {
    while (at < text.size() && IsBlank(text[at])) ++at;
    if (at == text.size()) return true;
    Token token;
    token.quoted = text[at] == '"';
    bool in_quotes = token.quoted;
    if (in_quotes) ++at;
    const size_t start = at;
    while (at < text.size() && (in_quotes ? text[at] != '"' : !IsBlank(text[at]))) {
      const bool opens = key_values && !in_quotes && text[at] == '"' && at > start && text[at - 1] == '=';
      if (opens) {
        in_quotes = true;
        ++at;
      } else if (!AppendUnescaped(text, &at, &token.text)) {
        return false;
      }
    }
    if (in_quotes && at == text.size()) return false;
    token.raw = std::string(text.substr(start, at - start));
    if (in_quotes) ++at;
    if (in_quotes && !token.quoted && at < text.size() && !IsBlank(text[at])) return false;
    tokens->push_back(std::move(token));
  }
}

std::optional<uint32_t> NumberOf(const Token& token, uint32_t max) {
  uint32_t value = 0;
  if (token.quoted || token.raw.empty() || !IsDigit(token.raw[0]) || !absl::SimpleAtoi(token.raw, &value)) {
    return std::nullopt;
  }
  return value <= max ? std::optional<uint32_t>(value) : std::nullopt;
}

std::optional<std::string> HexBytes(const std::vector<Token>& tokens, size_t first) {
  std::string digits;
  for (size_t i = first; i < tokens.size(); ++i) digits += tokens[i].raw;
  if (digits.size() % 2 != 0) return std::nullopt;
  for (const char c : digits) {
    if (!absl::ascii_isxdigit(static_cast<unsigned char>(c))) return std::nullopt;
  }
  return absl::HexStringToBytes(digits);
}

std::string HexText(absl::string_view bytes) { return absl::AsciiStrToUpper(absl::BytesToHexString(bytes)); }

bool IsGeneric(const std::vector<Token>& tokens) {
  return !tokens.empty() && !tokens[0].quoted && tokens[0].raw == "\\#";
}

std::string QuotedText(absl::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      absl::StrAppend(&out, "\\", absl::string_view(&c, 1));
    } else if (c >= ' ' && c <= '~') {
      out.push_back(c);
    } else {
      absl::StrAppendFormat(&out, "\\%03d", static_cast<int>(static_cast<unsigned char>(c)));
    }
  }
  out.push_back('"');
  return out;
}

std::string QuotedTexts(const std::vector<std::string>& texts) {
  return absl::StrJoin(texts, " ", [](std::string* out, const std::string& text) { *out += QuotedText(text); });
}

}  // namespace nubo::dns
