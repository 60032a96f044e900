#include "nubo/dns/wire/record.h"

#include <limits>
#include <optional>
#include <type_traits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "nubo/base/status.h"
#include "nubo/dns/wire/rdata_reader.h"
#include "nubo/dns/wire/rdata_text.h"
#include "nubo/dns/wire/rdata_words.h"
#include "nubo/dns/wire/shown.h"

namespace nubo::dns {
namespace {

constexpr size_t kRdataSizeMax = 65535;
constexpr absl::string_view kGenericForm = "\\#, the number of bytes, and the bytes in hexadecimal";

template <typename T>
constexpr RecordType kTypeOf = RecordType{};
template <>
constexpr RecordType kTypeOf<A> = RecordType::kA;
template <>
constexpr RecordType kTypeOf<Aaaa> = RecordType::kAaaa;
template <>
constexpr RecordType kTypeOf<Ns> = RecordType::kNs;
template <>
constexpr RecordType kTypeOf<Cname> = RecordType::kCname;
template <>
constexpr RecordType kTypeOf<Dname> = RecordType::kDname;
template <>
constexpr RecordType kTypeOf<Ptr> = RecordType::kPtr;
template <>
constexpr RecordType kTypeOf<Soa> = RecordType::kSoa;
template <>
constexpr RecordType kTypeOf<Mx> = RecordType::kMx;
template <>
constexpr RecordType kTypeOf<Txt> = RecordType::kTxt;
template <>
constexpr RecordType kTypeOf<Srv> = RecordType::kSrv;

bool HasStruct(RecordType type) {
  switch (type) {
    case RecordType::kA:
    case RecordType::kAaaa:
    case RecordType::kNs:
    case RecordType::kCname:
    case RecordType::kDname:
    case RecordType::kPtr:
    case RecordType::kSoa:
    case RecordType::kMx:
    case RecordType::kTxt:
    case RecordType::kSrv:
      return true;
    default:
      return false;
  }
}

absl::Status Bad(RecordType type, absl::string_view text, absl::string_view expected) {
  return absl::InvalidArgumentError(
      absl::StrCat("'", Shown(text), "' is no value for record type ", ToString(type), "; expected ", expected));
}

template <typename T>
bool ParseNumber(const Token& token, T* out) {
  const std::optional<uint32_t> value = NumberOf(token, std::numeric_limits<T>::max());
  *out = static_cast<T>(value.value_or(0));
  return value.has_value();
}

bool ParseName(const Token& token, Name* out) {
  absl::StatusOr<Name> name = Name::Parse(token.raw);
  if (!name.ok()) return false;
  *out = *std::move(name);
  return true;
}

template <typename T>
absl::StatusOr<Rdata> ParseTarget(absl::string_view text, const std::vector<Token>& tokens) {
  T rdata;
  if (tokens.size() != 1 || !ParseName(tokens[0], &rdata.target)) return Bad(kTypeOf<T>, text, "one domain name");
  return rdata;
}

template <typename T>
absl::StatusOr<Rdata> ParseAddress(absl::string_view text, const std::vector<Token>& tokens) {
  const bool v4 = std::is_same_v<T, A>;
  if (tokens.size() == 1) {
    const absl::StatusOr<net::IpAddress> address = net::IpAddress::Parse(tokens[0].raw);
    if (address.ok() && address->is_v4() == v4) return T{*address};
  }
  return Bad(kTypeOf<T>, text, v4 ? "one IPv4 address" : "one IPv6 address");
}

absl::StatusOr<Rdata> ParseSoa(absl::string_view text, const std::vector<Token>& t) {
  Soa soa;
  if (t.size() != 7 || !ParseName(t[0], &soa.primary) || !ParseName(t[1], &soa.mailbox) ||
      !ParseNumber(t[2], &soa.serial) || !ParseNumber(t[3], &soa.refresh_seconds) ||
      !ParseNumber(t[4], &soa.retry_seconds) || !ParseNumber(t[5], &soa.expire_seconds) ||
      !ParseNumber(t[6], &soa.minimum_seconds)) {
    return Bad(RecordType::kSoa, text,
               "the primary server, the mailbox, then serial, refresh, retry, expire and minimum as numbers");
  }
  return soa;
}

absl::StatusOr<Rdata> ParseMx(absl::string_view text, const std::vector<Token>& t) {
  Mx mx;
  if (t.size() != 2 || !ParseNumber(t[0], &mx.preference) || !ParseName(t[1], &mx.exchange)) {
    return Bad(RecordType::kMx, text, "a preference from 0 to 65535 and a domain name");
  }
  return mx;
}

absl::StatusOr<Rdata> ParseSrv(absl::string_view text, const std::vector<Token>& t) {
  Srv srv;
  if (t.size() != 4 || !ParseNumber(t[0], &srv.priority) || !ParseNumber(t[1], &srv.weight) ||
      !ParseNumber(t[2], &srv.port) || !ParseName(t[3], &srv.target)) {
    return Bad(RecordType::kSrv, text, "priority, weight and port from 0 to 65535, and a domain name");
  }
  return srv;
}

absl::StatusOr<Rdata> ParseTxt(absl::string_view text, const std::vector<Token>& tokens) {
  Txt txt;
  for (const Token& token : tokens) txt.strings.push_back(token.text);
  if (!Validate(txt).ok()) return Bad(RecordType::kTxt, text, ExpectedForm(RecordType::kTxt));
  return txt;
}

std::optional<std::string> GenericBytes(const std::vector<Token>& tokens) {
  if (!IsGeneric(tokens) || tokens.size() < 2) return std::nullopt;
  const std::optional<uint32_t> size = NumberOf(tokens[1], kRdataSizeMax);
  std::optional<std::string> bytes = HexBytes(tokens, 2);
  if (!size.has_value() || !bytes.has_value() || bytes->size() != *size) return std::nullopt;
  return bytes;
}

uint32_t ReadU32(RdataReader& reader) {
  const uint32_t high = reader.U16();
  return high << 16 | reader.U16();
}

template <typename T>
Rdata ReadAddress(RdataReader& reader, size_t size) {
  const absl::StatusOr<net::IpAddress> address = net::IpAddress::FromBytes(reader.Take(size));
  return address.ok() ? T{*address} : T{};
}

Soa ReadSoa(RdataReader& reader) {
  Soa soa;
  soa.primary = reader.DomainName();
  soa.mailbox = reader.DomainName();
  soa.serial = ReadU32(reader);
  soa.refresh_seconds = ReadU32(reader);
  soa.retry_seconds = ReadU32(reader);
  soa.expire_seconds = ReadU32(reader);
  soa.minimum_seconds = ReadU32(reader);
  return soa;
}

Mx ReadMx(RdataReader& reader) {
  Mx mx;
  mx.preference = reader.U16();
  mx.exchange = reader.DomainName();
  return mx;
}

Srv ReadSrv(RdataReader& reader) {
  Srv srv;
  srv.priority = reader.U16();
  srv.weight = reader.U16();
  srv.port = reader.U16();
  srv.target = reader.DomainName();
  return srv;
}

// Of a type that has a struct; of any other, nothing is read.
Rdata ReadStruct(RecordType type, RdataReader& reader) {
  switch (type) {
    case RecordType::kA:
      return ReadAddress<A>(reader, 4);
    case RecordType::kAaaa:
      return ReadAddress<Aaaa>(reader, 16);
    case RecordType::kNs:
      return Ns{reader.DomainName()};
    case RecordType::kCname:
      return Cname{reader.DomainName()};
    case RecordType::kDname:
      return Dname{reader.DomainName()};
    case RecordType::kPtr:
      return Ptr{reader.DomainName()};
    case RecordType::kSoa:
      return ReadSoa(reader);
    case RecordType::kMx:
      return ReadMx(reader);
    case RecordType::kTxt:
      return Txt{reader.Strings()};
    case RecordType::kSrv:
      return ReadSrv(reader);
    default:
      return Opaque{type, ""};
  }
}

// RFC 3597's form of a type that has a struct; names are not compressed in it.
absl::StatusOr<Rdata> ParseGenericStruct(RecordType type, absl::string_view text, const std::vector<Token>& tokens) {
  const std::optional<std::string> bytes = GenericBytes(tokens);
  if (!bytes.has_value()) return Bad(type, text, kGenericForm);
  RdataReader reader(*bytes);
  Rdata rdata = ReadStruct(type, reader);
  if (!reader.ok() || !reader.at_end() || !Validate(rdata).ok()) {
    return Bad(type, text, absl::StrCat(kGenericForm, "; the bytes are none of this type"));
  }
  return rdata;
}

absl::StatusOr<Rdata> ParseOpaque(RecordType type, absl::string_view text, const std::vector<Token>& tokens) {
  const bool has_form = HasTextForm(type);
  std::string why;
  std::optional<std::string> bytes;
  if (has_form && !IsGeneric(tokens)) {
    bytes = BytesOfText(type, tokens, &why);
  } else {
    bytes = GenericBytes(tokens);
    // What is known of the type holds however it is written.
    if (bytes.has_value() && has_form && !TextOfBytes(type, *bytes).has_value()) bytes.reset();
  }
  if (!bytes.has_value()) {
    std::string expected(has_form ? ExpectedForm(type) : kGenericForm);
    if (!why.empty()) absl::StrAppend(&expected, "; ", why);
    return Bad(type, text, expected);
  }
  Opaque opaque{type, *std::move(bytes)};
  if (!Validate(opaque).ok()) return Bad(type, text, "at most 65535 bytes");
  return opaque;
}

struct TextOf {
  std::string operator()(const A& a) const { return a.address.ToString(); }
  std::string operator()(const Aaaa& a) const { return a.address.ToString(); }
  std::string operator()(const Ns& ns) const { return ns.target.ToString(); }
  std::string operator()(const Cname& cname) const { return cname.target.ToString(); }
  std::string operator()(const Dname& dname) const { return dname.target.ToString(); }
  std::string operator()(const Ptr& ptr) const { return ptr.target.ToString(); }
  std::string operator()(const Soa& soa) const {
    return absl::StrCat(soa.primary.ToString(), " ", soa.mailbox.ToString(), " ", soa.serial, " ") +
           absl::StrCat(soa.refresh_seconds, " ", soa.retry_seconds, " ", soa.expire_seconds, " ") +
           absl::StrCat(soa.minimum_seconds);
  }
  std::string operator()(const Mx& mx) const { return absl::StrCat(mx.preference, " ", mx.exchange.ToString()); }
  std::string operator()(const Txt& txt) const { return QuotedTexts(txt.strings); }
  std::string operator()(const Srv& srv) const {
    return absl::StrFormat("%d %d %d %s", srv.priority, srv.weight, srv.port, srv.target.ToString());
  }
  std::string operator()(const Opaque& opaque) const {
    if (std::optional<std::string> text = TextOfBytes(opaque.type, opaque.bytes)) return *std::move(text);
    return absl::StrCat("\\# ", opaque.bytes.size(), opaque.bytes.empty() ? "" : " ", HexText(opaque.bytes));
  }
};

}  // namespace

RecordType TypeOf(const Rdata& rdata) {
  return std::visit(
      [](const auto& value) {
        using T = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<T, Opaque>) {
          return value.type;
        } else {
          return kTypeOf<T>;
        }
      },
      rdata);
}

RecordType ResourceRecord::type() const { return TypeOf(rdata); }

Rdata AddressRdata(const net::IpAddress& address) {
  if (address.is_v4()) return A{address};
  return Aaaa{address};
}

absl::Status Validate(const Rdata& rdata) {
  if (const A* a = std::get_if<A>(&rdata); a != nullptr && !a->address.is_v4()) {
    return absl::InvalidArgumentError(absl::StrCat("an A record holds an IPv4 address, not ", a->address.ToString()));
  }
  if (const Aaaa* a = std::get_if<Aaaa>(&rdata); a != nullptr && a->address.is_v4()) {
    return absl::InvalidArgumentError(
        absl::StrCat("an AAAA record holds an IPv6 address, not ", a->address.ToString()));
  }
  if (const Txt* txt = std::get_if<Txt>(&rdata); txt != nullptr) {
    size_t size = 0;
    for (const std::string& text : txt->strings) {
      if (text.size() > kStringSizeMax) {
        return absl::InvalidArgumentError(
            absl::StrCat("a TXT record's string has ", text.size(), " bytes; expected at most ", kStringSizeMax));
      }
      size += 1 + text.size();
    }
    if (size == 0 || size > kRdataSizeMax) {
      return absl::InvalidArgumentError("a TXT record holds one or more strings, 65535 bytes in all");
    }
  }
  if (const Opaque* opaque = std::get_if<Opaque>(&rdata); opaque != nullptr) {
    if (opaque->bytes.size() > kRdataSizeMax || HasStruct(opaque->type) || opaque->type == RecordType::kOpt) {
      return absl::InvalidArgumentError(absl::StrCat("opaque data of ", opaque->bytes.size(),
                                                     " bytes cannot stand for type ", ToString(opaque->type)));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<Rdata> ParseRdata(RecordType type, absl::string_view text) {
  std::vector<Token> tokens;
  if (!Tokenize(type, text, &tokens)) return Bad(type, text, "closed quotes and whole escapes");
  if (IsGeneric(tokens) && HasStruct(type)) return ParseGenericStruct(type, text, tokens);
  switch (type) {
    case RecordType::kA:
      return ParseAddress<A>(text, tokens);
    case RecordType::kAaaa:
      return ParseAddress<Aaaa>(text, tokens);
    case RecordType::kNs:
      return ParseTarget<Ns>(text, tokens);
    case RecordType::kCname:
      return ParseTarget<Cname>(text, tokens);
    case RecordType::kDname:
      return ParseTarget<Dname>(text, tokens);
    case RecordType::kPtr:
      return ParseTarget<Ptr>(text, tokens);
    case RecordType::kSoa:
      return ParseSoa(text, tokens);
    case RecordType::kMx:
      return ParseMx(text, tokens);
    case RecordType::kTxt:
      return ParseTxt(text, tokens);
    case RecordType::kSrv:
      return ParseSrv(text, tokens);
    default:
      return ParseOpaque(type, text, tokens);
  }
}

std::string ToText(const Rdata& rdata) { return std::visit(TextOf{}, rdata); }

std::string ToText(const ResourceRecord& record) {
  return absl::StrCat(record.name.ToString(), "\t", record.ttl_seconds, "\t", ToString(record.rclass), "\t",
                      ToString(record.type()), "\t", ToText(record.rdata));
}

}  // namespace nubo::dns
