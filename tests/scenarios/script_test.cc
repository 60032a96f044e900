#include "tests/scenarios/script.h"

#include <boost/test/unit_test.hpp>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::scenarios {
namespace {

using ::nubo::testing::IsOk;
using ::nubo::testing::StatusIs;

// With the source as line 1.
absl::StatusOr<std::vector<Statement>> Read(absl::string_view text) {
  return ReadScript(absl::StrCat("# Source: this test\n", text), "s.txt");
}

boost::test_tools::assertion_result Refuses(absl::string_view text, absl::string_view why) {
  return StatusIs(Read(text), absl::StatusCode::kInvalidArgument, why);
}

// The words of a single line, each in angle brackets.
std::string Words(absl::string_view line) {
  const auto statements = Read(line);
  if (!statements.ok()) return std::string(statements.status().message());
  std::vector<std::string> words;
  for (const Word& word : statements->at(0).head.words) words.push_back(absl::StrCat("<", word.text, ">"));
  return absl::StrJoin(words, "");
}

Line LineOf(absl::string_view text) { return Read(text).value().at(0).head; }

boost::test_tools::assertion_result Says(const absl::Status& status, absl::string_view what) {
  return StatusIs(status, absl::StatusCode::kInvalidArgument, what);
}

BOOST_AUTO_TEST_CASE(statements_have_their_indented_lines) {
  const auto statements = Read("zone a\n  x\n\ty\n\n  z # still a's\nask b\r\n  nothing\n");
  BOOST_REQUIRE(IsOk(statements));
  BOOST_REQUIRE(statements->size() == 2u);
  BOOST_TEST(statements->at(0).head.Rest() == "zone a");
  BOOST_TEST(statements->at(0).head.number == 2);
  BOOST_REQUIRE(statements->at(0).parts.size() == 3u);
  BOOST_TEST(statements->at(0).parts[2].Rest() == "z");
  BOOST_TEST(statements->at(0).parts[2].number == 6);
  BOOST_TEST(statements->at(1).head.Rest(1) == "b");
  BOOST_TEST(statements->at(1).parts.size() == 1u);
}

BOOST_AUTO_TEST_CASE(words_stand_between_blanks_unless_quoted) {
  BOOST_TEST(Words("a  b\tc") == "<a><b><c>");
  BOOST_TEST(Words("a \"b  c\" d") == "<a><b  c><d>");
  BOOST_TEST(Words("\"\"") == "<>");
  BOOST_TEST(Words("\"say \\\"b\\\" and \\\\ and \\065\"") == "<say \"b\" and \\ and \\065>");
  BOOST_TEST(Words("alpn=\"h2, h3\" x") == "<alpn=\"h2, h3\"><x>");
  BOOST_TEST(LineOf("a  \"b \\\" c\"   d").Rest() == "a \"b \\\" c\" d");
  BOOST_TEST(LineOf("a \"b\"").words[1].quoted);
}

BOOST_AUTO_TEST_CASE(comments_begin_where_a_word_could) {
  BOOST_TEST(Words("a b#c # d \"") == "<a><b#c>");
  BOOST_TEST(Words("a \"# b\" c") == "<a><# b><c>");
  BOOST_TEST(Words("\\# 4 0A000001") == "<\\#><4><0A000001>");
}

BOOST_AUTO_TEST_CASE(times_come_off_the_beginning) {
  const Statement step = Read("at 1m30s: i-1 ends\n").value().at(0);
  BOOST_TEST((step.at == absl::Seconds(90)));
  BOOST_TEST(step.head.Rest() == "i-1 ends");
  BOOST_TEST((Read("at 200ms\n")->at(0).at == absl::Milliseconds(200)));
  BOOST_TEST(Read("at 200ms\n")->at(0).head.words.empty());
  BOOST_TEST((Read("look at 5s\n")->at(0).at == std::nullopt));
}

BOOST_AUTO_TEST_CASE(times_that_are_none_are_refused) {
  BOOST_TEST(Refuses("at soon: x\n", "s.txt:2: \"soon\" is not a time; expected at 12s:"));
  BOOST_TEST(Refuses("at -1s: x\n", "\"-1s\" is not a time"));
  BOOST_TEST(Refuses("at inf: x\n", "\"inf\" is not a time"));
  BOOST_TEST(Refuses("at 12: x\n", "\"12\" is not a time"));
  BOOST_TEST(Refuses("at\n", "s.txt:2: \"\" is not a time"));
  BOOST_TEST(Refuses("at 12s x\n", "expected a colon between the time and what happens"));
  BOOST_TEST(Refuses("at 12s:\n", "expected what happens after the colon"));
}

BOOST_AUTO_TEST_CASE(reasons_come_off_the_end) {
  const Line line = LineOf("wait x because \"of \\\"y\\\"\" # comment");
  BOOST_TEST(line.Rest() == "wait x");
  BOOST_TEST(line.because.value() == "of \"y\"");
  BOOST_TEST(!LineOf("say \"because\" \"x\"").because.has_value());
  BOOST_TEST(Refuses("x because\n", "s.txt:2: expected the reason in quotes"));
  BOOST_TEST(Refuses("x because y\n", "expected the reason in quotes"));
  BOOST_TEST(Refuses("x because \"\"\n", "expected the reason in quotes"));
  BOOST_TEST(Refuses("x because \"y\" z\n", "and nothing more"));
  BOOST_TEST(Refuses("a\n  x because \"y\" because \"z\"\n", "s.txt:3: "));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_read_is_refused_with_its_line) {
  BOOST_TEST(Refuses("a\n\nb \"c\n", "s.txt:4: a quote is opened and not closed"));
  BOOST_TEST(Refuses("b \"c\\\"\n", "s.txt:2: a quote is opened and not closed"));
  BOOST_TEST(Refuses("b \"c\\", "s.txt:2: a quote is opened and not closed"));
  BOOST_TEST(Refuses("a \"b\"c\n", "s.txt:2: something stands right behind a closing quote"));
  BOOST_TEST(Refuses("  a\nb\n", "s.txt:2: this line is indented, but there is none above"));
}

BOOST_AUTO_TEST_CASE(empty_files_and_those_without_a_source_are_refused) {
  BOOST_TEST(Refuses("", "s.txt:2: the scenario is empty"));
  BOOST_TEST(Refuses("\n# only\n   # comments\n", "the scenario is empty"));
  const auto invalid = absl::StatusCode::kInvalidArgument;
  BOOST_TEST(StatusIs(ReadScript("", "s.txt"), invalid, "s.txt:1: the scenario is empty"));
  BOOST_TEST(StatusIs(ReadScript("a\n  b\n", "s.txt"), invalid, "s.txt:3: the scenario names no source"));
  BOOST_TEST(StatusIs(ReadScript("# Source:  \na\n", "s.txt"), invalid, "names no source"));
}

BOOST_AUTO_TEST_CASE(words_are_taken_in_turn) {
  const Line line = LineOf("group web 3 30s \"on\"");
  WordReader words(line);
  BOOST_TEST(!words.Take("web"));
  BOOST_TEST(words.Take("group"));
  BOOST_TEST(words.Peek() == "web");
  BOOST_TEST(words.Text("a name").value() == "web");
  BOOST_TEST(words.Number("a size").value() == 3);
  BOOST_TEST((words.Time("a grace").value() == absl::Seconds(30)));
  // In quotes it is somebody's text, and no word of the grammar.
  BOOST_TEST(!words.Take("on"));
  BOOST_TEST(words.Text("a text").value() == "on");
  BOOST_TEST(IsOk(words.End()));
}

BOOST_AUTO_TEST_CASE(errors_name_the_place_the_word_and_what_was_expected) {
  const Line line = LineOf("group x because \"y\"");
  WordReader words(line);
  BOOST_TEST(Says(words.Number("a size").status(), "s.txt:2: \"group\" is not known here; expected a size, a number"));
  BOOST_TEST(Says(words.Time("a grace").status(), "\"group\" is not known here; expected a grace, a time such as 30s"));
  BOOST_TEST(Says(words.Expect("zone"), "\"group\" is not known here; expected zone"));
  BOOST_TEST(Says(words.OneOf<int>({{"a", 1}, {"b", 2}}).status(), "\"group\" is not known here; expected a, b"));
  BOOST_TEST(Says(words.End(), "\"group\" is not known here; expected the end of the line"));
  BOOST_TEST(words.OneOf<int>({{"zone", 1}, {"group", 2}}).value() == 2);
  BOOST_TEST(IsOk(words.Text("a name").status()));
  BOOST_TEST(Says(words.Text("another").status(), "s.txt:2: the line ends too early; expected another"));
  BOOST_TEST(Says(words.End(), "s.txt:2: there is no reason to give here"));
  BOOST_TEST(words.TakeReason().value() == "y");
  BOOST_TEST(IsOk(words.End()));
}

BOOST_AUTO_TEST_CASE(numbers_are_whole_and_not_negative) {
  for (const char* text : {"-1", "1.5", "3x", "99999999999", "\"3\"", "x"}) {
    const Line line = LineOf(text);
    BOOST_TEST(Says(WordReader(line).Number("a size").status(), "expected a size, a number"), text);
  }
}

}  // namespace
}  // namespace nubo::scenarios
