#include "nubo/dns/wire/name.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "nubo/dns/wire/shown.h"

// A length byte is at most 63, below 'A': folding a whole wire form to lower case never touches a length.

namespace nubo::dns {
namespace {

absl::Status Bad(absl::string_view text, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("'", Shown(text), "' is not a domain name: ", why));
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Reads one escape at text[*at] == '\\' and moves *at behind it. False: broken.
bool ReadEscape(absl::string_view text, size_t* at, char* out) {
  if (*at + 1 >= text.size()) return false;
  if (!IsDigit(text[*at + 1])) {
    *out = text[*at + 1];
    *at += 2;
    return true;
  }
  if (*at + 3 >= text.size() || !IsDigit(text[*at + 2]) || !IsDigit(text[*at + 3])) return false;
  const int value = (text[*at + 1] - '0') * 100 + (text[*at + 2] - '0') * 10 + (text[*at + 3] - '0');
  if (value > 255) return false;
  *out = static_cast<char>(value);
  *at += 4;
  return true;
}

void AppendLabelText(absl::string_view label, std::string* out) {
  constexpr absl::string_view kEscaped = ".\\\"();@$";
  for (const char c : label) {
    if (absl::StrContains(kEscaped, c)) {
      absl::StrAppend(out, "\\", absl::string_view(&c, 1));
    } else if (absl::ascii_isgraph(static_cast<unsigned char>(c))) {
      out->push_back(c);
    } else {
      absl::StrAppendFormat(out, "\\%03d", static_cast<int>(static_cast<unsigned char>(c)));
    }
  }
}

}  // namespace

std::string Shown(absl::string_view text) {
  constexpr size_t kShownMax = 300;
  std::string out;
  for (const char c : text.substr(0, kShownMax)) {
    if (c >= ' ' && c <= '~') {
      out.push_back(c);
    } else {
      absl::StrAppendFormat(&out, "\\%03d", static_cast<int>(static_cast<unsigned char>(c)));
    }
  }
  return out;
}

absl::StatusOr<Name> Name::Parse(absl::string_view text) {
  if (text == ".") return Name();
  if (text.empty()) return Bad(text, "it is empty; the root is written '.'");
  std::string wire;
  size_t label_start = 0;
  wire.push_back('\0');
  // Closes the label begun at label_start; empty: fine, else what is wrong with it.
  const auto close = [&]() -> absl::string_view {
    const size_t size = wire.size() - label_start - 1;
    if (size == 0) return "it has an empty label";
    if (size > kLabelSizeMax) return "it has a label of more than 63 bytes";
    wire[label_start] = static_cast<char>(size);
    return "";
  };
  for (size_t at = 0; at < text.size();) {
    char c = text[at];
    if (c == '.') {
      if (const absl::string_view why = close(); !why.empty()) return Bad(text, why);
      label_start = wire.size();
      wire.push_back('\0');
      ++at;
      continue;
    }
    if (c != '\\') {
      ++at;
    } else if (!ReadEscape(text, &at, &c)) {
      return Bad(text, "it has a broken escape; expected \\ and a character, or \\ and three digits up to 255");
    }
    wire.push_back(c);
    if (wire.size() > kWireSizeMax) return Bad(text, "it is longer than 255 bytes");
  }
  const bool closed = wire.size() - label_start == 1;
  if (!closed) {
    if (const absl::string_view why = close(); !why.empty()) return Bad(text, why);
    wire.push_back('\0');
  }
  if (wire.size() > kWireSizeMax) return Bad(text, "it is longer than 255 bytes");
  return FromWire(wire);
}

absl::StatusOr<Name> Name::FromWire(absl::string_view wire) {
  if (wire.size() > kWireSizeMax) return absl::InvalidArgumentError("a name in wire form is longer than 255 bytes");
  size_t at = 0;
  while (at < wire.size() && wire[at] != '\0') {
    const size_t size = static_cast<uint8_t>(wire[at]);
    if (size > kLabelSizeMax)
      return absl::InvalidArgumentError("a name in wire form has a label of more than 63 bytes");
    at += 1 + size;
  }
  if (at + 1 != wire.size()) {
    return absl::InvalidArgumentError("a name in wire form does not end with its empty label");
  }
  Name name;
  name.wire_.assign(wire.begin(), wire.end());
  return name;
}

int Name::label_count() const {
  int count = 0;
  for (size_t at = 0; wire_[at] != '\0'; at += 1 + static_cast<uint8_t>(wire_[at])) ++count;
  return count;
}

Name Name::Parent() const {
  if (is_root()) return *this;
  Name parent;
  parent.wire_.assign(wire_.begin() + 1 + static_cast<uint8_t>(wire_[0]), wire_.end());
  return parent;
}

Name Name::Suffix(int labels) const {
  size_t at = 0;
  for (int skip = label_count() - labels; skip > 0; --skip) at += 1 + static_cast<uint8_t>(wire_[at]);
  Name suffix;
  suffix.wire_.assign(wire_.begin() + at, wire_.end());
  return suffix;
}

bool Name::IsSubdomainOf(const Name& ancestor) const {
  const size_t size = ancestor.wire_.size();
  size_t at = 0;
  while (wire_.size() - at > size) at += 1 + static_cast<uint8_t>(wire_[at]);
  return wire_.size() - at == size && absl::EqualsIgnoreCase(wire().substr(at), ancestor.wire());
}

absl::StatusOr<Name> Name::WithLabel(absl::string_view label) const {
  if (label.empty() || label.size() > kLabelSizeMax) return Bad(label, "a label has 1 to 63 bytes");
  return FromWire(absl::StrCat(std::string(1, static_cast<char>(label.size())), label, wire()));
}

absl::StatusOr<Name> Name::WithSuffixReplaced(const Name& from, const Name& to) const {
  if (!IsSubdomainOf(from)) return Bad(ToString(), absl::StrCat("it does not end in ", from.ToString()));
  return FromWire(absl::StrCat(wire().substr(0, wire_.size() - from.wire_.size()), to.wire()));
}

std::string Name::ToString() const {
  if (is_root()) return ".";
  std::string out;
  for (size_t at = 0; wire_[at] != '\0'; at += 1 + static_cast<uint8_t>(wire_[at])) {
    AppendLabelText(wire().substr(at + 1, static_cast<uint8_t>(wire_[at])), &out);
    out.push_back('.');
  }
  return out;
}

std::string Name::ToDisplayString() const {
  std::string text = ToString();
  if (text.size() > 1) text.pop_back();
  return text;
}

bool operator<(const Name& a, const Name& b) {
  const FoldedName x(a);
  const FoldedName y(b);
  const int common = std::min(x.label_count(), y.label_count());
  for (int labels = 1; labels <= common; ++labels) {
    const absl::string_view left = x.Suffix(labels);
    const absl::string_view right = y.Suffix(labels);
    const absl::string_view left_label = left.substr(1, static_cast<uint8_t>(left[0]));
    const absl::string_view right_label = right.substr(1, static_cast<uint8_t>(right[0]));
    if (left_label != right_label) return left_label < right_label;
  }
  return x.label_count() < y.label_count();
}

FoldedName::FoldedName(const Name& name) {
  const absl::string_view wire = name.wire();
  size_ = wire.size();
  for (size_t i = 0; i < size_; ++i) bytes_[i] = absl::ascii_tolower(static_cast<unsigned char>(wire[i]));
  size_t at = 0;
  while (wire[at] != '\0') {
    starts_[label_count_++] = static_cast<uint8_t>(at);
    at += 1 + static_cast<uint8_t>(wire[at]);
  }
  starts_[label_count_] = static_cast<uint8_t>(at);
}

}  // namespace nubo::dns
