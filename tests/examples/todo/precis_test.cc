#include "examples/todo/backend/precis.h"

#include <boost/test/unit_test.hpp>
#include <string>
#include <utility>

#include "nubo/testing/status_matchers.h"

namespace nubo::examples::todo {
namespace {

using testing::IsOk;
using testing::StatusIs;

BOOST_AUTO_TEST_SUITE(Precis)

// RFC 8265 §3.5, tables 1 and 2, as far as names without a space go; and more of each kind.
BOOST_AUTO_TEST_CASE(names_that_are_the_same_have_one_key) {
  const std::pair<const char*, const char*> same[] = {
      {"juliet@example.com", "JULIET@Example.Com"},
      {"fussball", "fußball"},
      {"Σ", "σ"},
      {"ς", "σ"},
      {"é", "e\u0301"},
      {"Ａｄａ１", "ada1"},
      {"ｶﾞ", "ガ"},
      {"İ", "i\u0307"},
      {"Å", "\u00E5"},
  };
  for (const auto& [a, b] : same) {
    BOOST_TEST_CONTEXT(a << " and " << b) {
      BOOST_TEST(UsernameCaseMapped(a).value() == UsernameCaseMapped(b).value());
      BOOST_TEST(UsernameCaseMapped(UsernameCaseMapped(a).value()).value() == UsernameCaseMapped(a).value());
    }
  }
  BOOST_TEST(UsernameCaseMapped("π").value() == "π");
}

BOOST_AUTO_TEST_CASE(what_cannot_be_in_an_identifier_is_named) {
  for (const char* bad :
       {"foo bar", "henry\u2163", "♚", "a\u200Bb", "\u00ADa", "\u2066a", "a\u3164", "\u115F", "\uFFA0", "\U000E0041",
        "a\tb", "\u1100\u1161", "\u0640", "ﬁ", "a\uFDD0", "\u2800", "\u2028", "a\u180E"}) {
    BOOST_TEST_CONTEXT(bad)
    BOOST_TEST(StatusIs(UsernameCaseMapped(bad), absl::StatusCode::kInvalidArgument, "user name"));
  }
  BOOST_TEST(StatusIs(UsernameCaseMapped("a♚"), absl::StatusCode::kInvalidArgument, "U+265A"));
  for (const std::string& bad :
       {std::string("\xff"), std::string("\xc0\x80"), std::string("\xed\xa0\x80"), std::string("a\0b", 3)}) {
    BOOST_TEST(StatusIs(UsernameCaseMapped(bad), absl::StatusCode::kInvalidArgument));
  }
  BOOST_TEST(StatusIs(UsernameCaseMapped(""), absl::StatusCode::kInvalidArgument, "at least 1"));
  BOOST_TEST(StatusIs(UsernameCaseMapped("\u0301"), absl::StatusCode::kInvalidArgument, "can be seen"));
}

// RFC 5892 appendix A.
BOOST_AUTO_TEST_CASE(some_characters_need_their_context) {
  for (const char* good : {"l·l", "क्\u200Dष", "א׳", "͵α", "ナ・ガ", "ا٣٤", "۳۴"}) {
    BOOST_TEST_CONTEXT(good) BOOST_TEST(IsOk(UsernameCaseMapped(good)));
  }
  for (const char* bad : {"a·l", "·", "l·", "a\u200Dx", "\u200C", "a׳", "͵a", "a・b", "ا٣۴"}) {
    BOOST_TEST_CONTEXT(bad) BOOST_TEST(StatusIs(UsernameCaseMapped(bad), absl::StatusCode::kInvalidArgument));
  }
}

// RFC 5893 §2.
BOOST_AUTO_TEST_CASE(a_name_reads_one_way) {
  for (const char* good : {"עדה", "عبد1", "ada1", "עדה-1"}) {
    BOOST_TEST_CONTEXT(good) BOOST_TEST(IsOk(UsernameCaseMapped(good)));
  }
  for (const char* bad : {"adaעדה", "עדהada", "1עדה", "עדה-"}) {
    BOOST_TEST_CONTEXT(bad)
    BOOST_TEST(StatusIs(UsernameCaseMapped(bad), absl::StatusCode::kInvalidArgument, "directions"));
  }
}

// RFC 8265 §4.3.
BOOST_AUTO_TEST_CASE(a_password_keeps_its_case_and_width_and_has_one_kind_of_space) {
  BOOST_TEST(OpaqueString("correct horse battery staple").value() == "correct horse battery staple");
  BOOST_TEST(OpaqueString("Correct Horse Battery Staple").value() == "Correct Horse Battery Staple");
  BOOST_TEST(OpaqueString("πßå").value() == "πßå");
  BOOST_TEST(OpaqueString("Jack of \u2666s").value() == "Jack of \u2666s");
  BOOST_TEST(OpaqueString("foo\u1680bar").value() == "foo bar");
  BOOST_TEST(OpaqueString("Ａ").value() == "Ａ");
  BOOST_TEST(OpaqueString("e\u0301").value() == "é");
  BOOST_TEST(StatusIs(OpaqueString(""), absl::StatusCode::kInvalidArgument, "empty"));
  BOOST_TEST(StatusIs(OpaqueString("my cat is a \tby"), absl::StatusCode::kInvalidArgument, "U+0009"));
  BOOST_TEST(StatusIs(OpaqueString("a\u200Bb"), absl::StatusCode::kInvalidArgument, "U+200B"));
  BOOST_TEST(StatusIs(OpaqueString("\xff"), absl::StatusCode::kInvalidArgument, "UTF-8"));
}

BOOST_AUTO_TEST_CASE(what_can_be_seen_is_told_by_property) {
  for (const char* seen : {"a", "🙂", "-", " x ", "中", "e\u0301", "+", "\u2801"}) {
    BOOST_TEST_CONTEXT(seen) BOOST_TEST(ShapeOf(seen)->visible);
  }
  for (const char* blank : {"", " ", "\u3000", "\u200B", "\u2060", "\uFEFF", "\u00AD", "\u3164", "\u2800", "\U000E0020",
                            "\u0301", "\u2029", "\u180E", "\uFE0F"}) {
    BOOST_TEST_CONTEXT(blank) BOOST_TEST(!ShapeOf(blank)->visible);
  }
  BOOST_TEST((ShapeOf(std::string("a\0", 2))->control == char32_t{0}));
  BOOST_TEST(ShapeOf("a\n\tb")->control.has_value() == false);
  BOOST_TEST(ShapeOf("中é")->characters == 2u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace nubo::examples::todo
