// What a terminal shows instead of doing it.
#include "nubo/cli/output/visible.h"

#include <boost/test/unit_test.hpp>
#include <string>

namespace nubo::cli {
namespace {

BOOST_AUTO_TEST_CASE(plain_text_stays_as_it_is) {
  const std::string text = "one\ttwo\nGrüße, 世界 🌍\n";
  BOOST_TEST(Visible(text) == text);
}

BOOST_AUTO_TEST_CASE(what_a_terminal_would_obey_is_shown) {
  BOOST_TEST(Visible("\x1b[31mred\x1b[0m") == "^[[31mred^[[0m");
  BOOST_TEST(Visible("\x1b]0;title\x07") == "^[]0;title^G");
  BOOST_TEST(Visible(std::string("\0\b\x7f", 3)) == "^@^H^?");
  BOOST_TEST(Visible("\xc2\x9b"
                     "2J") == "\\x9b2J");
  BOOST_TEST(Visible("\x9b"
                     "2J") == "\\x9b2J");
}

BOOST_AUTO_TEST_CASE(a_line_is_not_written_over) { BOOST_TEST(Visible("true\rfalse\r\n") == "true^Mfalse\n"); }

BOOST_AUTO_TEST_CASE(what_is_no_text_is_shown_by_its_bytes) {
  BOOST_TEST(Visible("\xff\xc3(\xe4\xb8") == "\\xff\\xc3(\\xe4\\xb8");
}

BOOST_AUTO_TEST_CASE(pieces_make_the_same_as_the_whole) {
  const std::string text = "a\x1b[1m\r\nGrüße \xc2\x9b 🌍\rx\xe4";
  for (size_t size = 1; size <= text.size(); ++size) {
    VisibleText visible;
    std::string shown;
    for (size_t at = 0; at < text.size(); at += size) shown += visible.Add(text.substr(at, size));
    BOOST_TEST(shown + visible.End() == Visible(text));
  }
}

}  // namespace
}  // namespace nubo::cli
