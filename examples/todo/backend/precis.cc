#include "examples/todo/backend/precis.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "nubo/base/status.h"

namespace nubo::examples::todo {
namespace {

using Points = std::vector<utf8proc_int32_t>;

// What RFC 8264 §8 makes of a character.
enum class Derived { kValid, kContext, kFreeformOnly, kDisallowed };

const utf8proc_property_t& Property(utf8proc_int32_t point) { return *utf8proc_get_property(point); }

// Well-formed UTF-8 as code points (RFC 3629: no overlong forms, no surrogates); nullopt if it is not.
std::optional<Points> Decode(absl::string_view text) {
  Points points;
  while (!text.empty()) {
    utf8proc_int32_t point = 0;
    const utf8proc_ssize_t taken =
        utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()), text.size(), &point);
    if (taken <= 0) return std::nullopt;
    points.push_back(point);
    text.remove_prefix(taken);
  }
  return points;
}

std::string Encode(const Points& points) {
  std::string out;
  for (const utf8proc_int32_t point : points) {
    std::array<utf8proc_uint8_t, 4> bytes;
    const utf8proc_ssize_t size = utf8proc_encode_char(point, bytes.data());
    out.append(reinterpret_cast<const char*>(bytes.data()), size);
  }
  return out;
}

// nullopt: utf8proc has no memory for it, or it holds what is not a character.
std::optional<std::string> Map(absl::string_view text, int options) {
  utf8proc_uint8_t* out = nullptr;
  const utf8proc_ssize_t size = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()), text.size(), &out,
                                             static_cast<utf8proc_option_t>(options));
  if (size < 0) return std::nullopt;
  std::string mapped(reinterpret_cast<const char*>(out), size);
  std::free(out);
  return mapped;
}

std::string Composed(absl::string_view text) {
  return Map(text, UTF8PROC_STABLE | UTF8PROC_COMPOSE).value_or(std::string(text));
}

bool HasCompatibleForm(utf8proc_int32_t point) {
  const std::string text = Encode({point});
  return Map(text, UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT) != text;
}

bool IsOldHangulJamo(const utf8proc_property_t& property) {
  return property.boundclass == UTF8PROC_BOUNDCLASS_L || property.boundclass == UTF8PROC_BOUNDCLASS_V ||
         property.boundclass == UTF8PROC_BOUNDCLASS_T;
}

bool IsAnyOf(utf8proc_int32_t point, std::initializer_list<utf8proc_int32_t> set) {
  return std::find(set.begin(), set.end(), point) != set.end();
}

bool IsArabicDigit(utf8proc_int32_t point) { return point >= 0x660 && point <= 0x669; }
bool IsExtendedArabicDigit(utf8proc_int32_t point) { return point >= 0x6F0 && point <= 0x6F9; }

// RFC 8264 §9.6, which takes them from RFC 5892 §2.6.
std::optional<Derived> Exception(utf8proc_int32_t point) {
  if (IsAnyOf(point, {0xDF, 0x3C2, 0x6FD, 0x6FE, 0xF0B, 0x3007})) return Derived::kValid;
  if (IsAnyOf(point, {0xB7, 0x375, 0x5F3, 0x5F4, 0x30FB}) || IsArabicDigit(point) || IsExtendedArabicDigit(point)) {
    return Derived::kContext;
  }
  if (IsAnyOf(point, {0x640, 0x7FA, 0x302E, 0x302F, 0x3031, 0x3032, 0x3033, 0x3034, 0x3035, 0x303B})) {
    return Derived::kDisallowed;
  }
  return std::nullopt;
}

// RFC 8264 §8, in its order.
Derived Derive(utf8proc_int32_t point) {
  if (const std::optional<Derived> exception = Exception(point)) return *exception;
  const utf8proc_property_t& property = Property(point);
  if (property.category == UTF8PROC_CATEGORY_CN) return Derived::kDisallowed;
  if (point >= 0x21 && point <= 0x7E) return Derived::kValid;
  if (point == 0x200C || point == 0x200D) return Derived::kContext;
  if (IsOldHangulJamo(property) || property.ignorable || property.category == UTF8PROC_CATEGORY_CC) {
    return Derived::kDisallowed;
  }
  if (HasCompatibleForm(point)) return Derived::kFreeformOnly;
  switch (property.category) {
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ND:
      return Derived::kValid;
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
      return Derived::kDisallowed;
    default:
      return Derived::kFreeformOnly;
  }
}

bool IsHebrew(utf8proc_int32_t point) { return point >= 0x590 && point <= 0x5FF; }
bool IsGreek(utf8proc_int32_t point) {
  return (point >= 0x370 && point <= 0x3FF) || (point >= 0x1F00 && point <= 0x1FFF);
}
bool IsJapanese(utf8proc_int32_t point) {
  return (point >= 0x3041 && point <= 0x30FF && point != 0x30FB) || (point >= 0x3400 && point <= 0x9FFF) ||
         (point >= 0x20000 && point <= 0x3FFFF);
}

// RFC 5892 appendix A. A joiner is taken after a virama only: that it also may stand between certain Arabic letters is
// left out.
bool FitsItsContext(const Points& points, size_t at) {
  constexpr int kVirama = 9;
  const utf8proc_int32_t before = at == 0 ? 0 : points[at - 1];
  const utf8proc_int32_t after = at + 1 == points.size() ? 0 : points[at + 1];
  switch (points[at]) {
    case 0x200C:
    case 0x200D:
      return at > 0 && Property(before).combining_class == kVirama;
    case 0xB7:
      return before == 'l' && after == 'l';
    case 0x375:
      return IsGreek(after);
    case 0x5F3:
    case 0x5F4:
      return IsHebrew(before);
    case 0x30FB:
      return std::any_of(points.begin(), points.end(), IsJapanese);
    default:
      return std::none_of(points.begin(), points.end(),
                          IsArabicDigit(points[at]) ? IsExtendedArabicDigit : IsArabicDigit);
  }
}

absl::Status Refused(absl::string_view what, utf8proc_int32_t point) {
  return absl::InvalidArgumentError(absl::StrFormat("%s cannot have the character U+%04X", what, point));
}

absl::Status CheckIdentifier(const Points& points) {
  for (size_t i = 0; i < points.size(); ++i) {
    const Derived derived = Derive(points[i]);
    const bool fits = derived == Derived::kValid || (derived == Derived::kContext && FitsItsContext(points, i));
    if (fits) continue;
    if (Property(points[i]).category == UTF8PROC_CATEGORY_ZS) {
      return absl::InvalidArgumentError("a user name has no spaces");
    }
    return Refused("a user name", points[i]);
  }
  return absl::OkStatus();
}

bool HasDirection(utf8proc_int32_t point, std::initializer_list<int> classes) {
  return std::find(classes.begin(), classes.end(), static_cast<int>(Property(point).bidi_class)) != classes.end();
}

// RFC 5893 §2: what is written from right to left reads one way only.
bool ReadsOneWay(const Points& points) {
  const auto has = [&](std::initializer_list<int> classes) {
    return std::any_of(points.begin(), points.end(), [&](utf8proc_int32_t p) { return HasDirection(p, classes); });
  };
  if (!has({UTF8PROC_BIDI_CLASS_R, UTF8PROC_BIDI_CLASS_AL, UTF8PROC_BIDI_CLASS_AN})) return true;
  const bool right_to_left = HasDirection(points[0], {UTF8PROC_BIDI_CLASS_R, UTF8PROC_BIDI_CLASS_AL});
  if (!right_to_left) return false;
  const bool only_fitting = std::all_of(points.begin(), points.end(), [](utf8proc_int32_t p) {
    return HasDirection(p,
                        {UTF8PROC_BIDI_CLASS_R, UTF8PROC_BIDI_CLASS_AL, UTF8PROC_BIDI_CLASS_AN, UTF8PROC_BIDI_CLASS_EN,
                         UTF8PROC_BIDI_CLASS_ES, UTF8PROC_BIDI_CLASS_CS, UTF8PROC_BIDI_CLASS_ET, UTF8PROC_BIDI_CLASS_ON,
                         UTF8PROC_BIDI_CLASS_BN, UTF8PROC_BIDI_CLASS_NSM});
  });
  const auto last = std::find_if(points.rbegin(), points.rend(),
                                 [](utf8proc_int32_t p) { return !HasDirection(p, {UTF8PROC_BIDI_CLASS_NSM}); });
  return only_fitting && last != points.rend() &&
         HasDirection(
             *last, {UTF8PROC_BIDI_CLASS_R, UTF8PROC_BIDI_CLASS_AL, UTF8PROC_BIDI_CLASS_EN, UTF8PROC_BIDI_CLASS_AN}) &&
         !(has({UTF8PROC_BIDI_CLASS_EN}) && has({UTF8PROC_BIDI_CLASS_AN}));
}

// Full-width and half-width characters as their ordinary ones (RFC 8264 §5.2.1).
Points WidthMapped(const Points& points) {
  Points mapped;
  for (const utf8proc_int32_t point : points) {
    const int type = Property(point).decomp_type;
    if (type != UTF8PROC_DECOMP_TYPE_WIDE && type != UTF8PROC_DECOMP_TYPE_NARROW) {
      mapped.push_back(point);
      continue;
    }
    std::array<utf8proc_int32_t, 8> ordinary;
    int last_class = 0;
    const utf8proc_ssize_t size =
        utf8proc_decompose_char(point, ordinary.data(), ordinary.size(),
                                static_cast<utf8proc_option_t>(UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT), &last_class);
    if (size > 0 && size <= static_cast<utf8proc_ssize_t>(ordinary.size())) {
      mapped.insert(mapped.end(), ordinary.begin(), ordinary.begin() + size);
    }
  }
  return mapped;
}

// Nothing is drawn for it, although its category is that of symbols.
bool IsBlankSymbol(utf8proc_int32_t point) { return point == 0x2800; }

bool IsVisible(utf8proc_int32_t point) {
  const utf8proc_property_t& property = Property(point);
  if (property.ignorable || IsBlankSymbol(point)) return false;
  switch (property.category) {
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
    // A mark is drawn upon something.
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_ME:
      return false;
    default:
      return true;
  }
}

}  // namespace

absl::StatusOr<std::string> UsernameCaseMapped(absl::string_view name) {
  const std::optional<Points> points = Decode(name);
  if (!points) return absl::InvalidArgumentError("the user name is not UTF-8");
  if (points->empty()) return absl::InvalidArgumentError("a user name has at least 1 character");
  const Points wide = WidthMapped(*points);
  NUBO_RETURN_IF_ERROR(CheckIdentifier(wide));
  // Folding and composing can open the way for one another; the same name must give the same key when it is mapped
  // again (RFC 8264 §7).
  constexpr int kRoundsMax = 4;
  std::string key = Encode(wide);
  for (int round = 0; round < kRoundsMax; ++round) {
    std::string next = Composed(Map(key, UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD).value_or(key));
    const bool stable = next == key;
    key = std::move(next);
    if (!stable) continue;
    const Points mapped = Decode(key).value_or(Points());
    NUBO_RETURN_IF_ERROR(CheckIdentifier(mapped));
    if (!std::any_of(mapped.begin(), mapped.end(), IsVisible)) {
      return absl::InvalidArgumentError("a user name has at least 1 character that can be seen");
    }
    if (ReadsOneWay(mapped)) return key;
    return absl::InvalidArgumentError(
        "the user name mixes directions of writing in a way that does not read one way (RFC 5893)");
  }
  return absl::InvalidArgumentError("the user name has no stable form");
}

absl::StatusOr<std::string> OpaqueString(absl::string_view password) {
  std::optional<Points> points = Decode(password);
  if (!points) return absl::InvalidArgumentError("the password is not UTF-8");
  for (size_t i = 0; i < points->size(); ++i) {
    utf8proc_int32_t& point = (*points)[i];
    if (Property(point).category == UTF8PROC_CATEGORY_ZS) point = ' ';
    if (point == ' ') continue;
    const Derived derived = Derive(point);
    if (derived == Derived::kDisallowed || (derived == Derived::kContext && !FitsItsContext(*points, i))) {
      return Refused("a password", point);
    }
  }
  if (points->empty()) return absl::InvalidArgumentError("the password is empty");
  return Composed(Encode(*points));
}

absl::StatusOr<TextShape> ShapeOf(absl::string_view text) {
  const std::optional<Points> points = Decode(text);
  if (!points) return absl::InvalidArgumentError("the text is not UTF-8");
  TextShape shape;
  shape.characters = points->size();
  for (const utf8proc_int32_t point : *points) {
    shape.visible = shape.visible || IsVisible(point);
    const bool control = Property(point).category == UTF8PROC_CATEGORY_CC && point != '\t' && point != '\n';
    if (control && !shape.control) shape.control = point;
  }
  return shape;
}

}  // namespace nubo::examples::todo
