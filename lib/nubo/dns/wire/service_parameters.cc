#include "nubo/dns/wire/service_parameters.h"

#include <optional>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "nubo/dns/wire/rdata_reader.h"
#include "nubo/dns/wire/shown.h"
#include "nubo/net/ip_address.h"

namespace nubo::dns {
namespace {

enum Key : uint16_t {
  kMandatory = 0,
  kAlpn = 1,
  kNoDefaultAlpn = 2,
  kPort = 3,
  kIpv4Hint = 4,
  kEch = 5,
  kIpv6Hint = 6,
  kDohPath = 7,
  kOhttp = 8,
  // Reserved: never a parameter.
  kInvalidKey = 65535,
};

constexpr const char* kKeyNames[] = {"mandatory", "alpn",     "no-default-alpn", "port", "ipv4hint",
                                     "ech",       "ipv6hint", "dohpath",         "ohttp"};
constexpr size_t kItemSizeMax = 255;
constexpr size_t kValueSizeMax = 65535;

std::string KeyText(uint16_t key) {
  return key < std::size(kKeyNames) ? std::string(kKeyNames[key]) : absl::StrCat("key", key);
}

// "alpn", "key700". Names are in lower case, numbers without leading zeros.
std::optional<uint16_t> ParseKey(absl::string_view text) {
  for (size_t i = 0; i < std::size(kKeyNames); ++i) {
    if (text == kKeyNames[i]) return static_cast<uint16_t>(i);
  }
  uint32_t number = 0;
  if (!absl::StartsWith(text, "key") || !absl::SimpleAtoi(text.substr(3), &number) || number >= kInvalidKey ||
      absl::StrCat("key", number) != text) {
    return std::nullopt;
  }
  return static_cast<uint16_t>(number);
}

std::string Bytes16(uint16_t value) { return {static_cast<char>(value >> 8), static_cast<char>(value & 0xff)}; }

// RFC 9460 appendix A.1: items are parted by commas, and "\," and "\\" stand for themselves within one.
bool SplitItems(absl::string_view text, std::vector<std::string>* items) {
  items->emplace_back();
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] == ',') {
      items->emplace_back();
      continue;
    }
    if (text[at] == '\\') {
      if (++at == text.size() || (text[at] != ',' && text[at] != '\\')) return false;
    }
    items->back().push_back(text[at]);
  }
  return true;
}

std::optional<std::string> AlpnBytes(absl::string_view text) {
  std::vector<std::string> items;
  if (!SplitItems(text, &items)) return std::nullopt;
  std::string out;
  for (const std::string& item : items) {
    if (item.empty() || item.size() > kItemSizeMax) return std::nullopt;
    out.push_back(static_cast<char>(item.size()));
    out += item;
  }
  return out;
}

std::optional<std::string> MandatoryBytes(absl::string_view text) {
  std::map<uint16_t, bool> keys;
  for (const absl::string_view item : absl::StrSplit(text, ',')) {
    const auto key = ParseKey(item);
    if (!key.has_value() || !keys.emplace(*key, true).second) return std::nullopt;
  }
  std::string out;
  for (const auto& [key, listed] : keys) out += Bytes16(key);
  return out;
}

std::optional<std::string> HintBytes(absl::string_view text, bool v4) {
  std::string out;
  for (const absl::string_view item : absl::StrSplit(text, ',')) {
    const auto address = net::IpAddress::Parse(item);
    if (!address.ok() || address->is_v4() != v4) return std::nullopt;
    absl::StrAppend(&out, address->ToBytes());
  }
  return out;
}

std::optional<std::string> PortBytes(absl::string_view text) {
  uint32_t port = 0;
  if (text.empty() || !absl::ascii_isdigit(static_cast<unsigned char>(text[0])) || !absl::SimpleAtoi(text, &port) ||
      port > 65535) {
    return std::nullopt;
  }
  return Bytes16(static_cast<uint16_t>(port));
}

std::optional<std::string> EchBytes(absl::string_view text) {
  std::string out;
  if (!absl::Base64Unescape(text, &out) || out.empty()) return std::nullopt;
  return out;
}

// The value's bytes on the wire; nothing if it has not the form of its key.
std::optional<std::string> ValueBytes(uint16_t key, absl::string_view text) {
  switch (key) {
    case kMandatory:
      return MandatoryBytes(text);
    case kAlpn:
      return AlpnBytes(text);
    case kPort:
      return PortBytes(text);
    case kIpv4Hint:
      return HintBytes(text, /*v4=*/true);
    case kEch:
      return EchBytes(text);
    case kIpv6Hint:
      return HintBytes(text, /*v4=*/false);
    default:
      return std::string(text);
  }
}

bool IsAlpnList(absl::string_view value) {
  RdataReader in(value);
  do {
    if (in.String().empty()) return false;
  } while (in.ok() && !in.at_end());
  return in.ok();
}

std::string CheckMandatory(absl::string_view value, const ServiceParameters& parameters) {
  RdataReader in(value);
  int former = -1;
  do {
    const uint16_t key = in.U16();
    if (!in.ok() || key <= former) return "mandatory lists each key once, in order";
    if (key == kMandatory) return "mandatory does not list itself";
    if (parameters.count(key) == 0) return absl::StrCat("mandatory lists ", KeyText(key), ", which is not there");
    former = key;
  } while (!in.at_end());
  return "";
}

bool ValueFits(uint16_t key, absl::string_view value) {
  switch (key) {
    case kAlpn:
      return IsAlpnList(value);
    case kNoDefaultAlpn:
    case kOhttp:
      return value.empty();
    case kPort:
      return value.size() == 2;
    case kIpv4Hint:
      return !value.empty() && value.size() % 4 == 0;
    case kEch:
      return !value.empty();
    case kIpv6Hint:
      return !value.empty() && value.size() % 16 == 0;
    case kDohPath:
      // A relative URI template with the variable "dns".
      return absl::StartsWith(value, "/") && absl::StrContains(value, "{?dns");
    default:
      return key != kInvalidKey;
  }
}

std::string AlpnText(absl::string_view value) {
  std::vector<std::string> items;
  RdataReader in(value);
  while (!in.at_end()) {
    std::string& item = items.emplace_back();
    for (const char c : in.String()) {
      if (c == ',' || c == '\\') item.push_back('\\');
      item.push_back(c);
    }
  }
  return QuotedText(absl::StrJoin(items, ","));
}

std::string HintText(absl::string_view value, size_t size) {
  std::vector<std::string> items;
  for (; !value.empty(); value.remove_prefix(size)) {
    items.push_back(net::IpAddress::FromBytes(value.substr(0, size))->ToString());
  }
  return absl::StrJoin(items, ",");
}

std::string MandatoryText(absl::string_view value) {
  std::vector<std::string> keys;
  for (RdataReader in(value); !in.at_end();) keys.push_back(KeyText(in.U16()));
  return absl::StrJoin(keys, ",");
}

}  // namespace

std::string AddServiceParameter(const Token& token, ServiceParameters* parameters) {
  if (token.quoted) return absl::StrCat("parameter \"", Shown(token.text), "\" has no key");
  // The key has no escapes, so that it ends at the same place in both.
  const size_t equals = token.text.find('=');
  const absl::string_view name = absl::string_view(token.text).substr(0, equals);
  const auto key = ParseKey(name);
  if (!key.has_value() || !absl::StartsWith(token.raw, name)) {
    return absl::StrCat("'", Shown(name), "' is not a parameter's key");
  }
  const std::string value = equals == std::string::npos ? "" : token.text.substr(equals + 1);
  const bool by_number = absl::StartsWith(name, "key");
  const auto bytes = by_number ? std::optional<std::string>(value) : ValueBytes(*key, value);
  if (!bytes.has_value() || bytes->size() > kValueSizeMax) {
    return absl::StrCat("'", Shown(value), "' is no value for ", name);
  }
  if (!parameters->emplace(*key, *bytes).second) return absl::StrCat(KeyText(*key), " is there twice");
  return "";
}

std::string CheckServiceParameters(const ServiceParameters& parameters) {
  for (const auto& [key, value] : parameters) {
    if (!ValueFits(key, value)) return absl::StrCat(KeyText(key), " has not the form of its values");
    if (key != kMandatory) continue;
    const std::string wrong = CheckMandatory(value, parameters);
    if (!wrong.empty()) return wrong;
  }
  if (parameters.count(kNoDefaultAlpn) != 0 && parameters.count(kAlpn) == 0) return "no-default-alpn goes with alpn";
  return "";
}

std::string ServiceParameterText(uint16_t key, absl::string_view value) {
  const std::string name = KeyText(key);
  switch (key) {
    case kMandatory:
      return absl::StrCat(name, "=", MandatoryText(value));
    case kAlpn:
      return absl::StrCat(name, "=", AlpnText(value));
    case kNoDefaultAlpn:
    case kOhttp:
      return name;
    case kPort:
      return absl::StrCat(name, "=", RdataReader(value).U16());
    case kIpv4Hint:
      return absl::StrCat(name, "=", HintText(value, 4));
    case kEch:
      return absl::StrCat(name, "=", absl::Base64Escape(value));
    case kIpv6Hint:
      return absl::StrCat(name, "=", HintText(value, 16));
    default:
      return value.empty() ? name : absl::StrCat(name, "=", QuotedText(value));
  }
}

}  // namespace nubo::dns
