// Scenario files: lines, words and where they stand. What the words mean is each runner's own part.
//
//   # What this is about, in a sentence or two.
//   # Source: RFC 4592 §2.2.1
//   zone example                                   what there is, and what belongs to it
//     *.example. 3600 TXT "this is a wildcard"
//
//   ask foo.example TXT                            a step, and all that is to be seen after it
//     NOERROR authoritative
//     answer foo.example 3600 TXT "this is a wildcard"
//
//   at 12s: i-2 ends                               a step of a scenario in which time passes
//     forget i-2 because "EC2 health check"
//
// Grammar:
//   statement   a line that is not indented, and the indented lines below it
//   word        anything between blanks; within "quotes" blanks belong to it, and \" and \\ stand for " and \.
//   comment     from a # that begins a word to the end of the line
//   time        "at TIME:" before a step, or "at TIME" alone: nothing happens, time passes. TIME is 90s, 1m30s, 200ms,
//               counted from the beginning. A step without one comes right after the one before.
//   reason      because "TEXT" at the end of a line
// A file names where its behaviour is written down: a comment that begins with "Source:".
//
// Example:
//   NUBO_ASSIGN_OR_RETURN(std::vector<Statement> statements, ReadScript(text, "scaling/grace.txt"));
//   WordReader words(statements[0].head);
//   if (words.Take("group")) { NUBO_ASSIGN_OR_RETURN(std::string name, words.Text("the group's name")); }
//   NUBO_RETURN_IF_ERROR(words.End());   // scaling/grace.txt:3: "mni" is not known here
//
// Thread safety: values and pure functions.
#ifndef NUBO_TESTS_SCENARIOS_SCRIPT_H_
#define NUBO_TESTS_SCENARIOS_SCRIPT_H_

#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace nubo::scenarios {

struct Word {
  // As written.
  std::string raw;
  // Without the quotes around it, their escapes resolved.
  std::string text;
  bool quoted = false;
};

struct Line {
  std::string file;
  int number = 0;
  // Without "at TIME:" and because "TEXT".
  std::vector<Word> words;
  std::optional<std::string> because;

  // INVALID_ARGUMENT with "FILE:NUMBER: message".
  absl::Status Error(absl::string_view message) const;
  // The words from `first` on as written, one blank between them.
  std::string Rest(size_t first = 0) const;
};

struct Statement {
  Line head;
  // Since the beginning.
  std::optional<absl::Duration> at;
  // The indented lines below it.
  std::vector<Line> parts;
};

// INVALID_ARGUMENT, with the line: no statement, no source, an open quote, something right behind a closed one, a time
// or reason that is none, an indented line that belongs to nothing.
absl::StatusOr<std::vector<Statement>> ReadScript(absl::string_view text, absl::string_view file);

// "12s", "1m30s", "200ms", "0". Nothing if it is none, negative or infinite.
std::optional<absl::Duration> ParseTime(absl::string_view text);

// Takes the words of a line one after the other. All errors are INVALID_ARGUMENT and name the line, the word, and what
// was expected. Whoever reads a line calls End(), so that no word is passed over.
class WordReader {
 public:
  // `line` outlives it.
  explicit WordReader(const Line& line, size_t first = 0) : line_(line), next_(first) {}

  bool more() const { return next_ < line_.words.size(); }
  // How many words are taken.
  size_t position() const { return next_; }
  // For a reader of its own.
  void TakeRest() { next_ = line_.words.size(); }
  // The next word without quotes, left where it is; "" at the end.
  absl::string_view Peek() const { return more() ? absl::string_view(line_.words[next_].text) : ""; }
  // True if the next word is `word`, without quotes; then it is taken.
  bool Take(absl::string_view word);
  // The reason at the end of the line, if it has one; then it is taken.
  std::optional<std::string> TakeReason();

  // The next word. `what` is what is expected, for the error: "the group's name".
  absl::StatusOr<std::string> Text(absl::string_view what);
  // A whole number from 0 on.
  absl::StatusOr<int> Number(absl::string_view what);
  absl::StatusOr<absl::Duration> Time(absl::string_view what);
  absl::Status Expect(absl::string_view word);
  template <typename T>
  absl::StatusOr<T> OneOf(std::initializer_list<std::pair<absl::string_view, T>> choices);

  // The next word, or the end of the line, is not what could stand here.
  absl::Status Unknown(absl::string_view expected) const;
  // What somebody else says of the word just taken, with the line.
  absl::Status Refused(const absl::Status& status) const { return line_.Error(status.message()); }
  // INVALID_ARGUMENT: there are words left, or a reason that nobody took.
  absl::Status End() const;

 private:
  const Line& line_;
  size_t next_;
  bool reason_taken_ = false;
};

template <typename T>
absl::StatusOr<T> WordReader::OneOf(std::initializer_list<std::pair<absl::string_view, T>> choices) {
  std::string expected;
  for (const auto& [word, value] : choices) {
    if (Take(word)) return value;
    expected.append(expected.empty() ? "" : ", ").append(word.data(), word.size());
  }
  return Unknown(expected);
}

}  // namespace nubo::scenarios

#endif  // NUBO_TESTS_SCENARIOS_SCRIPT_H_
