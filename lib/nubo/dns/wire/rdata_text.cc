#include "nubo/dns/wire/rdata_text.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "nubo/dns/wire/name.h"
#include "nubo/dns/wire/rdata_reader.h"
#include "nubo/dns/wire/service_parameters.h"

namespace nubo::dns {
namespace {

using Tokens = std::vector<Token>;
using Bytes = std::optional<std::string>;
using Text = std::optional<std::string>;

void Put8(uint32_t value, std::string* out) { out->push_back(static_cast<char>(value)); }
void Put16(uint32_t value, std::string* out) {
  Put8(value >> 8, out);
  Put8(value & 0xff, out);
}

bool PutString(const std::string& text, std::string* out) {
  if (text.size() > kStringSizeMax) return false;
  Put8(static_cast<uint32_t>(text.size()), out);
  *out += text;
  return true;
}

// CAA: flags, tag, value (RFC 8659 §4.1.1).

bool IsCaaTag(absl::string_view tag) {
  if (tag.empty() || tag.size() > kStringSizeMax) return false;
  return std::all_of(tag.begin(), tag.end(), [](char c) { return absl::ascii_isalnum(static_cast<unsigned char>(c)); });
}

Bytes CaaBytes(const Tokens& t) {
  const auto flags = t.size() == 3 ? NumberOf(t[0], 0xff) : std::nullopt;
  if (!flags.has_value() || !IsCaaTag(t[1].raw)) return std::nullopt;
  std::string out;
  Put8(*flags, &out);
  if (!PutString(t[1].raw, &out)) return std::nullopt;
  return out + t[2].text;
}

Text CaaText(absl::string_view bytes) {
  RdataReader in(bytes);
  const uint32_t flags = in.U8();
  const absl::string_view tag = in.String();
  const absl::string_view value = in.Rest();
  if (!in.ok() || !IsCaaTag(tag)) return std::nullopt;
  return absl::StrCat(flags, " ", tag, " ", QuotedText(value));
}

// DS (RFC 4034 §5.3), SSHFP (RFC 4255 §3.2) and TLSA (RFC 6698 §2.2): numbers, and a digest whose length one of them
// gives.

struct DigestForm {
  RecordType type;
  // Bits of each number.
  std::vector<int> numbers;
  // Which number gives the digest's length, and the lengths of the values 0, 1, 2…; 0: any.
  size_t kind_at;
  std::vector<size_t> sizes;
};

const DigestForm& DigestFormOf(RecordType type) {
  static const DigestForm& ds = *new DigestForm{RecordType::kDs, {16, 8, 8}, 2, {0, 20, 32, 32, 48}};
  static const DigestForm& sshfp = *new DigestForm{RecordType::kSshfp, {8, 8}, 1, {0, 20, 32}};
  static const DigestForm& tlsa = *new DigestForm{RecordType::kTlsa, {8, 8, 8}, 2, {0, 32, 64}};
  if (type == RecordType::kDs) return ds;
  return type == RecordType::kSshfp ? sshfp : tlsa;
}

bool SizeFits(const DigestForm& form, uint32_t kind, size_t size) {
  const size_t wanted = kind < form.sizes.size() ? form.sizes[kind] : 0;
  return wanted == 0 ? size > 0 : size == wanted;
}

// RFC 4034 appendix A.1 and its successors: a DS record may name its algorithm.
std::optional<uint32_t> Algorithm(const Token& token) {
  struct Named {
    const char* name;
    uint32_t number;
  };
  static constexpr Named kAlgorithms[] = {
      {"RSAMD5", 1},
      {"DH", 2},
      {"DSA", 3},
      {"RSASHA1", 5},
      {"DSA-NSEC3-SHA1", 6},
      {"RSASHA1-NSEC3-SHA1", 7},
      {"RSASHA256", 8},
      {"RSASHA512", 10},
      {"ECC-GOST", 12},
      {"ECDSAP256SHA256", 13},
      {"ECDSAP384SHA384", 14},
      {"ED25519", 15},
      {"ED448", 16},
  };
  for (const Named& named : kAlgorithms) {
    if (absl::AsciiStrToUpper(token.raw) == named.name) return named.number;
  }
  return std::nullopt;
}

Bytes DigestBytes(RecordType type, const Tokens& t, std::string* why) {
  const DigestForm& form = DigestFormOf(type);
  if (t.size() <= form.numbers.size()) return std::nullopt;
  std::string out;
  uint32_t kind = 0;
  for (size_t i = 0; i < form.numbers.size(); ++i) {
    const uint32_t max = form.numbers[i] == 16 ? 0xffff : 0xff;
    std::optional<uint32_t> number = NumberOf(t[i], max);
    if (!number.has_value() && type == RecordType::kDs && i == 1) number = Algorithm(t[i]);
    if (!number.has_value()) return std::nullopt;
    if (max == 0xffff) {
      Put16(*number, &out);
    } else {
      Put8(*number, &out);
    }
    if (i == form.kind_at) kind = *number;
  }
  const Bytes digest = HexBytes(t, form.numbers.size());
  if (!digest.has_value() || digest->empty()) return std::nullopt;
  if (!SizeFits(form, kind, digest->size())) {
    *why = absl::StrCat("of kind ", kind, " it has ", form.sizes[kind], " bytes, not ", digest->size());
    return std::nullopt;
  }
  return out + *digest;
}

Text DigestText(RecordType type, absl::string_view bytes) {
  const DigestForm& form = DigestFormOf(type);
  RdataReader in(bytes);
  std::string out;
  uint32_t kind = 0;
  for (size_t i = 0; i < form.numbers.size(); ++i) {
    const uint32_t number = form.numbers[i] == 16 ? in.U16() : in.U8();
    absl::StrAppend(&out, number, " ");
    if (i == form.kind_at) kind = number;
  }
  const absl::string_view digest = in.Rest();
  if (!in.ok() || !SizeFits(form, kind, digest.size())) return std::nullopt;
  return out + HexText(digest);
}

// NAPTR (RFC 3403 §4.1).

bool AreNaptrFlags(absl::string_view flags) {
  return std::all_of(flags.begin(), flags.end(),
                     [](char c) { return absl::ascii_isalnum(static_cast<unsigned char>(c)); });
}

Bytes NaptrBytes(const Tokens& t) {
  if (t.size() != 6) return std::nullopt;
  const auto order = NumberOf(t[0], 0xffff);
  const auto preference = NumberOf(t[1], 0xffff);
  const absl::StatusOr<Name> replacement = Name::Parse(t[5].raw);
  if (!order.has_value() || !preference.has_value() || !replacement.ok() || !AreNaptrFlags(t[2].text)) {
    return std::nullopt;
  }
  std::string out;
  Put16(*order, &out);
  Put16(*preference, &out);
  for (size_t i = 2; i <= 4; ++i) {
    if (!PutString(t[i].text, &out)) return std::nullopt;
  }
  return absl::StrCat(out, replacement->wire());
}

Text NaptrText(absl::string_view bytes) {
  RdataReader in(bytes);
  const uint32_t order = in.U16();
  const uint32_t preference = in.U16();
  const absl::string_view flags = in.String();
  const absl::string_view services = in.String();
  const absl::string_view regexp = in.String();
  const Name replacement = in.DomainName();
  if (!in.ok() || !in.Rest().empty() || !AreNaptrFlags(flags)) return std::nullopt;
  return absl::StrCat(order, " ", preference, " ", QuotedText(flags), " ", QuotedText(services), " ") +
         absl::StrCat(QuotedText(regexp), " ", replacement.ToString());
}

// SPF (RFC 7208 §3.1): as TXT.

Bytes SpfBytes(const Tokens& tokens) {
  std::string out;
  for (const Token& token : tokens) {
    if (!PutString(token.text, &out)) return std::nullopt;
  }
  return out.empty() ? std::nullopt : Bytes(out);
}

Text SpfText(absl::string_view bytes) {
  RdataReader in(bytes);
  const std::vector<std::string> strings = in.Strings();
  return in.ok() && !strings.empty() ? Text(QuotedTexts(strings)) : std::nullopt;
}

// SVCB and HTTPS (RFC 9460 §2).

Bytes ServiceBytes(const Tokens& t, std::string* why) {
  const auto priority = t.size() >= 2 ? NumberOf(t[0], 0xffff) : std::nullopt;
  if (!priority.has_value() || t[1].quoted) return std::nullopt;
  const absl::StatusOr<Name> target = Name::Parse(t[1].raw);
  if (!target.ok()) return std::nullopt;
  if (*priority == 0 && t.size() > 2) {
    *why = "with priority 0, an alias, it has no parameters";
    return std::nullopt;
  }
  ServiceParameters parameters;
  for (size_t i = 2; i < t.size(); ++i) {
    *why = AddServiceParameter(t[i], &parameters);
    if (!why->empty()) return std::nullopt;
  }
  *why = CheckServiceParameters(parameters);
  if (!why->empty()) return std::nullopt;
  std::string out;
  Put16(*priority, &out);
  absl::StrAppend(&out, target->wire());
  for (const auto& [key, value] : parameters) {
    Put16(key, &out);
    Put16(static_cast<uint32_t>(value.size()), &out);
    out += value;
  }
  return out;
}

Text ServiceText(absl::string_view bytes) {
  RdataReader in(bytes);
  const uint32_t priority = in.U16();
  const Name target = in.DomainName();
  std::string out = absl::StrCat(priority, " ", target.ToString());
  ServiceParameters parameters;
  while (in.ok() && !in.at_end()) {
    const uint16_t key = in.U16();
    const absl::string_view value = in.Take(in.U16());
    // In strictly increasing order (RFC 9460 §2.2).
    if (!in.ok() || priority == 0 || (!parameters.empty() && parameters.rbegin()->first >= key)) return std::nullopt;
    parameters[key] = std::string(value);
  }
  if (!in.ok() || !CheckServiceParameters(parameters).empty()) return std::nullopt;
  for (const auto& [key, value] : parameters) absl::StrAppend(&out, " ", ServiceParameterText(key, value));
  return out;
}

}  // namespace

bool HasTextForm(RecordType type) { return !ExpectedForm(type).empty(); }

absl::string_view ExpectedForm(RecordType type) {
  switch (type) {
    case RecordType::kCaa:
      return "flags from 0 to 255, a tag of letters and digits, and a \"quoted\" value";
    case RecordType::kDs:
      return "a key tag, an algorithm, a digest type, and the digest in hexadecimal";
    case RecordType::kNaptr:
      return "order, preference, \"flags\", \"services\", \"regexp\" of at most 255 bytes each, and a domain name";
    case RecordType::kSshfp:
      return "an algorithm, a fingerprint type, and the fingerprint in hexadecimal";
    case RecordType::kTlsa:
      return "a usage, a selector, a matching type, and the data in hexadecimal";
    case RecordType::kSpf:
    case RecordType::kTxt:
      return "one or more \"quoted\" strings of at most 255 bytes each";
    case RecordType::kSvcb:
    case RecordType::kHttps:
      return "a priority from 0 to 65535, a domain name, and parameters such as alpn=\"h2,h3\" port=443";
    default:
      return "";
  }
}

std::optional<std::string> BytesOfText(RecordType type, const std::vector<Token>& tokens, std::string* why) {
  switch (type) {
    case RecordType::kCaa:
      return CaaBytes(tokens);
    case RecordType::kDs:
    case RecordType::kSshfp:
    case RecordType::kTlsa:
      return DigestBytes(type, tokens, why);
    case RecordType::kNaptr:
      return NaptrBytes(tokens);
    case RecordType::kSpf:
      return SpfBytes(tokens);
    case RecordType::kSvcb:
    case RecordType::kHttps:
      return ServiceBytes(tokens, why);
    default:
      return std::nullopt;
  }
}

std::optional<std::string> TextOfBytes(RecordType type, absl::string_view bytes) {
  switch (type) {
    case RecordType::kCaa:
      return CaaText(bytes);
    case RecordType::kDs:
    case RecordType::kSshfp:
    case RecordType::kTlsa:
      return DigestText(type, bytes);
    case RecordType::kNaptr:
      return NaptrText(bytes);
    case RecordType::kSpf:
      return SpfText(bytes);
    case RecordType::kSvcb:
    case RecordType::kHttps:
      return ServiceText(bytes);
    default:
      return std::nullopt;
  }
}

}  // namespace nubo::dns
