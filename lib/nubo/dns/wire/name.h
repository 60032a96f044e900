// Domain names.
//
// A Name is absolute and held in wire form: length-prefixed labels, closed by the root's empty label. Case is
// kept as given and ignored by comparison and hash (RFC 4343). Short names, that is nearly all, live inside
// the object.
//
// Example:
//   Name name = *Name::Parse("www.Example.com");
//   name == *Name::Parse("WWW.example.com.");         // true
//   name.IsSubdomainOf(*Name::Parse("example.com"));  // true
//   name.ToString();                                  // "www.Example.com."
//
// Thread safety: values.
#ifndef NUBO_DNS_WIRE_NAME_H_
#define NUBO_DNS_WIRE_NAME_H_

#include <array>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/string_view.h"

namespace nubo::dns {

class Name {
 public:
  // RFC 1035 §2.3.4: bytes of a whole name with its length bytes and the root, bytes of one label.
  static constexpr size_t kWireSizeMax = 255;
  static constexpr size_t kLabelSizeMax = 63;
  // Follows from the size: 127 labels of one byte and the root.
  static constexpr int kLabelsMax = 127;

  // The root, ".".
  Name() : wire_(1, '\0') {}

  // Presentation form, with or without the closing dot; "\." and "\DDD" escapes (RFC 1035 §5.1).
  // INVALID_ARGUMENT: an empty or overlong label, an overlong name, a broken escape.
  static absl::StatusOr<Name> Parse(absl::string_view text);
  // A whole uncompressed name. INVALID_ARGUMENT: not exactly one name.
  static absl::StatusOr<Name> FromWire(absl::string_view wire);

  absl::string_view wire() const { return absl::string_view(wire_.data(), wire_.size()); }
  bool is_root() const { return wire_.size() == 1; }
  // How many labels, the root's not counted: 3 for www.example.com.
  int label_count() const;
  // The leftmost label's bytes; empty for the root.
  absl::string_view first_label() const { return wire().substr(1, static_cast<uint8_t>(wire_[0])); }
  bool is_wildcard() const { return first_label() == "*"; }
  // Without the leftmost label; the root's parent is the root.
  Name Parent() const;
  // The last `labels` labels; the whole name when it has no more than that.
  Name Suffix(int labels) const;
  // True also for equal names.
  bool IsSubdomainOf(const Name& ancestor) const;
  // `label` (raw bytes) before this name. INVALID_ARGUMENT: an empty or overlong label, an overlong name.
  absl::StatusOr<Name> WithLabel(absl::string_view label) const;
  // This name with its ending `from` replaced by `to`, as DNAME does. INVALID_ARGUMENT: this name does not end
  // in `from`, or the result is overlong.
  absl::StatusOr<Name> WithSuffixReplaced(const Name& from, const Name& to) const;

  // Presentation form with the closing dot.
  std::string ToString() const;
  // Presentation form without the closing dot ("." for the root), as people write names.
  std::string ToDisplayString() const;

  friend bool operator==(const Name& a, const Name& b) { return absl::EqualsIgnoreCase(a.wire(), b.wire()); }
  friend bool operator!=(const Name& a, const Name& b) { return !(a == b); }
  // Canonical order (RFC 4034 §6.1): by labels from the right, so that a zone sorts apex first, subtree by subtree.
  friend bool operator<(const Name& a, const Name& b);
  template <typename H>
  friend H AbslHashValue(H h, const Name& name);

 private:
  absl::InlinedVector<char, 64> wire_;
};

// A name folded to lower case with its labels' positions: what tables keyed by name are searched with, without
// allocating.
//
// Example:
//   FoldedName folded(name);
//   for (int labels = folded.label_count(); labels >= 0; --labels) table.find(folded.Suffix(labels));
class FoldedName {
 public:
  explicit FoldedName(const Name& name);
  int label_count() const { return label_count_; }
  absl::string_view wire() const { return absl::string_view(bytes_.data(), size_); }
  // The wire form of the last `labels` labels, 0 (the root) to label_count().
  absl::string_view Suffix(int labels) const { return wire().substr(starts_[label_count_ - labels]); }

 private:
  std::array<char, Name::kWireSizeMax> bytes_;
  size_t size_ = 0;
  std::array<uint8_t, Name::kLabelsMax + 1> starts_;
  int label_count_ = 0;
};

template <typename H>
H AbslHashValue(H h, const Name& name) {
  std::array<char, Name::kWireSizeMax> folded;
  const size_t size = name.wire_.size();
  for (size_t i = 0; i < size; ++i) folded[i] = absl::ascii_tolower(static_cast<unsigned char>(name.wire_[i]));
  return H::combine(H::combine_contiguous(std::move(h), folded.data(), size), size);
}

}  // namespace nubo::dns

#endif  // NUBO_DNS_WIRE_NAME_H_
