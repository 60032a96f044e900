#include "nubo/dns/wire/route53.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "nubo/base/status.h"
#include "nubo/dns/wire/rdata_words.h"
#include "nubo/dns/wire/shown.h"

namespace nubo::dns::route53 {
namespace {

// Of a batch of changes; a record set is in one at least.
constexpr size_t kBatchRecordsMax = 1'000;
constexpr size_t kCharactersMax = 32'000;

bool IsOctal(char c) { return c >= '0' && c <= '7'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

absl::Status BadEscape(absl::string_view text) {
  return absl::InvalidArgumentError(absl::StrCat(
      "'", Shown(text), "' has a broken escape; expected \\ and three octal digits up to 377, as \\052 for *"));
}

// The decimal escape for the octal one at text[*at] == '\\'; moves *at behind it. False: there is none.
bool TakeOctal(absl::string_view text, size_t* at, std::string* out) {
  if (*at + 3 >= text.size()) return false;
  const absl::string_view digits = text.substr(*at + 1, 3);
  if (!std::all_of(digits.begin(), digits.end(), IsOctal) || digits[0] > '3') return false;
  const int value = (digits[0] - '0') * 64 + (digits[1] - '0') * 8 + (digits[2] - '0');
  absl::StrAppendFormat(out, "\\%03d", value);
  *at += 4;
  return true;
}

absl::Status Invalid(absl::string_view value, absl::string_view why) {
  return absl::InvalidArgumentError(
      absl::StrCat("Invalid Resource Record: FATAL problem: ", why, " encountered with '", Shown(value), "'"));
}

absl::Status CheckStrings(absl::string_view value, const std::vector<Token>& tokens) {
  constexpr size_t kValueSizeMax = 4000;
  for (const Token& token : tokens) {
    if (!token.quoted) {
      return Invalid(value, "InvalidCharacterString (Value should be enclosed in quotation marks)");
    }
    if (token.text.size() > kStringSizeMax) {
      return Invalid(value, absl::StrCat("CharacterStringTooLong (Value is too long: ", token.text.size(),
                                         " bytes; at most ", kStringSizeMax, " stand in one pair of quotes)"));
    }
  }
  if (value.size() > kValueSizeMax) {
    return Invalid(value, absl::StrCat("TXTRDATATooLong (Value is too long: ", value.size(), " characters; at most ",
                                       kValueSizeMax, ")"));
  }
  return absl::OkStatus();
}

absl::Status CheckPlace(const Name& zone, const RecordKey& added) {
  const std::string name = added.name.ToString();
  const std::string rrset = absl::StrCat("RRSet of type ", ToString(added.type), " with DNS name ", name);
  const std::string in_zone = absl::StrCat(" in zone ", zone.ToString());
  if (!added.name.IsSubdomainOf(zone)) {
    return absl::InvalidArgumentError(absl::StrCat("RRSet with DNS name ", name, " is not permitted", in_zone));
  }
  if (added.type == RecordType::kCname && added.name == zone) {
    return absl::InvalidArgumentError(absl::StrCat(rrset, " is not permitted at apex", in_zone, "; use an alias"));
  }
  if (added.type == RecordType::kSoa && added.name != zone) {
    return absl::InvalidArgumentError(absl::StrCat(rrset, " is not permitted", in_zone, "; only its apex has one"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<RecordType> ParseType(absl::string_view text) {
  for (const absl::string_view type : absl::StrSplit(kTypes, ',')) {
    if (type == text) return ParseRecordType(text);
  }
  return absl::InvalidArgumentError(
      absl::StrCat("the type of a record set is one of ", kTypes, ", not \"", Shown(text), "\""));
}

absl::StatusOr<std::string> ToMasterFile(absl::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    if (text[at] != '\\') {
      out.push_back(text[at++]);
      continue;
    }
    if (at + 1 == text.size()) return BadEscape(text);
    if (!IsDigit(text[at + 1])) {
      absl::StrAppend(&out, text.substr(at, 2));
      at += 2;
      continue;
    }
    if (!TakeOctal(text, &at, &out)) return BadEscape(text);
  }
  return out;
}

absl::StatusOr<Name> ParseName(absl::string_view text) {
  std::string master_file;
  for (size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == '\\') {
      if (!TakeOctal(text, &at, &master_file)) return BadEscape(text);
      continue;
    }
    if (!absl::ascii_isgraph(static_cast<unsigned char>(c))) {
      return absl::InvalidArgumentError(
          absl::StrCat("UnsupportedCharacter (Value contains unsupported characters) encountered with '", Shown(text),
                       "'; write names of other scripts in Punycode (xn--…), and other bytes as \\ and three octal "
                       "digits"));
    }
    master_file.push_back(c);
    ++at;
  }
  NUBO_ASSIGN_OR_RETURN(const Name name, Name::Parse(master_file));
  return Name::FromWire(FoldedName(name).wire());
}

absl::StatusOr<Rdata> ParseValue(RecordType type, absl::string_view text) {
  NUBO_ASSIGN_OR_RETURN(const std::string master_file, ToMasterFile(text));
  std::vector<Token> tokens;
  if (Tokenize(type, master_file, &tokens) && !tokens.empty()) {
    if (type == RecordType::kTxt || type == RecordType::kSpf) NUBO_RETURN_IF_ERROR(CheckStrings(text, tokens));
    if (IsGeneric(tokens)) return Invalid(text, "UnsupportedCharacter (the form \\# is not known here)");
  }
  absl::StatusOr<Rdata> rdata = ParseRdata(type, master_file);
  if (rdata.ok()) return rdata;
  if (type == RecordType::kA) return Invalid(text, "ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address)");
  if (type == RecordType::kAaaa) {
    return Invalid(text, "AAAARRDATAIllegalIPv6Address (Value is not a valid IPv6 address)");
  }
  return base::Annotate(rdata.status(), "Invalid Resource Record");
}

absl::StatusOr<std::vector<Rdata>> ParseValues(RecordType type, absl::Span<const std::string> values) {
  if (values.empty() || values.size() > kRecordsPerSetMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("a record set has 1 to ", kRecordsPerSetMax, " values, not ", values.size()));
  }
  size_t characters = 0;
  for (const std::string& value : values) characters += value.size();
  if (characters > kCharactersMax) {
    return absl::InvalidArgumentError(absl::StrCat("the values of a record set have at most ", kCharactersMax,
                                                   " characters in all, not ", characters));
  }
  std::vector<Rdata> out;
  for (const std::string& value : values) {
    NUBO_ASSIGN_OR_RETURN(Rdata rdata, ParseValue(type, value));
    if (std::find(out.begin(), out.end(), rdata) != out.end()) {
      return absl::InvalidArgumentError(absl::StrCat("Duplicate Resource Record: '", Shown(value), "'"));
    }
    out.push_back(std::move(rdata));
  }
  if (out.size() > 1 && (type == RecordType::kCname || type == RecordType::kSoa)) {
    return absl::InvalidArgumentError(
        absl::StrCat("a record set of type ", ToString(type), " has one value, not ", out.size()));
  }
  return out;
}

absl::Status CheckTtl(bool is_alias, std::optional<int64_t> ttl_seconds) {
  if (is_alias && ttl_seconds.has_value()) {
    return absl::InvalidArgumentError("a record set with AliasTarget takes no TTL; an alias has its target's");
  }
  if (is_alias) return absl::OkStatus();
  if (!ttl_seconds.has_value()) return absl::InvalidArgumentError("a record set with ResourceRecords needs TTL");
  if (*ttl_seconds >= 0 && *ttl_seconds <= kTtlSecondsMax) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("the TTL of a record set is from 0 to ", kTtlSecondsMax, ", not ", *ttl_seconds));
}

absl::Status CheckBatchSize(size_t records, size_t characters) {
  if (records > kBatchRecordsMax) {
    return absl::InvalidArgumentError(absl::StrCat("Number of records limit of ", kBatchRecordsMax, " exceeded."));
  }
  if (characters > kCharactersMax) {
    return absl::InvalidArgumentError(absl::StrCat("RDATA character limit of ", kCharactersMax, " exceeded."));
  }
  return absl::OkStatus();
}

absl::Status CheckAliasType(RecordType type) {
  if (type == RecordType::kA || type == RecordType::kAaaa) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("a record set with AliasTarget has Type A or AAAA here, not ", ToString(type)));
}

namespace {

absl::Status RefusedAlias(const AliasShown& alias, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("Tried to create an alias that targets ", alias.target, ", type ",
                                                 alias.type, " in zone ", alias.zone, ", but ", why));
}

}  // namespace

absl::Status CheckAliasPlace(const AliasShown& alias, AliasZone zone, const std::optional<Name>& target,
                             const std::optional<Name>& origin) {
  if (zone == AliasZone::kOther) {
    return RefusedAlias(alias, "an alias record can't reference a record in a different hosted zone");
  }
  const bool is_inside = !target.has_value() || !origin.has_value() || target->IsSubdomainOf(*origin);
  if (zone == AliasZone::kReachable && is_inside) return absl::OkStatus();
  return RefusedAlias(alias, "the alias target name does not lie within the target zone");
}

absl::Status AliasTargetNotFound(const AliasShown& alias, absl::string_view detail) {
  return RefusedAlias(alias, absl::StrCat("that target was not found", detail));
}

absl::Status CheckPermitted(const std::optional<Name>& zone, const RecordKey& added,
                            absl::Span<const RecordKey> others) {
  const std::string name = added.name.ToString();
  const std::string rrset = absl::StrCat("RRSet of type ", ToString(added.type), " with DNS name ", name);
  const std::string in_zone = zone.has_value() ? absl::StrCat(" in zone ", zone->ToString()) : "";
  if (zone.has_value()) NUBO_RETURN_IF_ERROR(CheckPlace(*zone, added));
  for (const RecordKey& other : others) {
    if (other.name != added.name) continue;
    const bool distinct =
        !other.set_identifier.empty() && !added.set_identifier.empty() && other.set_identifier != added.set_identifier;
    if (other.type == added.type && distinct) continue;
    if (other.type == added.type) {
      return absl::AlreadyExistsError(absl::StrCat("Tried to create resource record set [name='", name, "', type='",
                                                   ToString(added.type), "'] but it already exists"));
    }
    if (added.type == RecordType::kCname) {
      return absl::InvalidArgumentError(
          absl::StrCat(rrset, " is not permitted as it conflicts with other records with the same DNS name", in_zone));
    }
    if (other.type == RecordType::kCname) {
      return absl::InvalidArgumentError(absl::StrCat(
          rrset, " is not permitted because a conflicting RRSet of type CNAME with the same DNS name already exists",
          in_zone));
    }
  }
  return absl::OkStatus();
}

bool IsRequired(const Name& zone, const RecordKey& record) {
  return record.name == zone && (record.type == RecordType::kNs || record.type == RecordType::kSoa);
}

}  // namespace nubo::dns::route53
