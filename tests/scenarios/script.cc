#include "tests/scenarios/script.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "nubo/base/status.h"

namespace nubo::scenarios {
namespace {

constexpr absl::string_view kBlanks = " \t\r";
constexpr absl::string_view kSource = "# Source:";

bool IsBlank(char c) { return absl::StrContains(kBlanks, absl::string_view(&c, 1)); }

// Of a word in quotes: without them.
std::string Unquoted(absl::string_view raw) {
  std::string text;
  for (size_t i = 1; i + 1 < raw.size(); ++i) {
    if (raw[i] == '\\' && i + 2 < raw.size() && (raw[i + 1] == '"' || raw[i + 1] == '\\')) ++i;
    text.push_back(raw[i]);
  }
  return text;
}

// Takes the word at the beginning of `rest` off it.
absl::StatusOr<Word> TakeWord(const Line& line, absl::string_view& rest) {
  size_t end = 0;
  bool open = false;
  bool closed = false;
  for (; end < rest.size() && (open || !IsBlank(rest[end])); ++end) {
    if (closed) return line.Error("something stands right behind a closing quote; expected a blank between them");
    if (open && rest[end] == '\\') {
      ++end;
    } else if (rest[end] == '"') {
      closed = open;
      open = !open;
    }
  }
  if (open || end > rest.size()) return line.Error("a quote is opened and not closed on this line");
  Word word{.raw = std::string(rest.substr(0, end)), .quoted = rest[0] == '"'};
  word.text = word.quoted ? Unquoted(word.raw) : word.raw;
  rest.remove_prefix(end);
  return word;
}

absl::Status TakeWords(absl::string_view rest, Line& line) {
  while (true) {
    while (!rest.empty() && IsBlank(rest[0])) rest.remove_prefix(1);
    if (rest.empty() || rest[0] == '#') return absl::OkStatus();
    NUBO_ASSIGN_OR_RETURN(Word word, TakeWord(line, rest));
    line.words.push_back(std::move(word));
  }
}

absl::Status SplitReason(Line& line) {
  for (size_t i = 0; i < line.words.size(); ++i) {
    if (line.words[i].quoted || line.words[i].text != "because") continue;
    if (i + 2 != line.words.size() || !line.words[i + 1].quoted || line.words[i + 1].text.empty()) {
      return line.Error("expected the reason in quotes, and nothing more, after because");
    }
    line.because = line.words[i + 1].text;
    line.words.resize(i);
  }
  return absl::OkStatus();
}

// Takes "at TIME:" or "at TIME" off the beginning.
absl::Status SplitTime(Statement& statement) {
  std::vector<Word>& words = statement.head.words;
  if (words.empty() || words[0].quoted || words[0].text != "at") return absl::OkStatus();
  absl::string_view time = words.size() > 1 ? absl::string_view(words[1].raw) : "";
  const bool colon = absl::ConsumeSuffix(&time, ":");
  statement.at = ParseTime(time);
  if (!statement.at.has_value()) {
    return statement.head.Error(absl::StrCat("\"", time, "\" is not a time; expected at 12s: or at 1m30s:"));
  }
  if (colon != (words.size() > 2)) {
    return statement.head.Error(colon ? "expected what happens after the colon"
                                      : "expected a colon between the time and what happens");
  }
  words.erase(words.begin(), words.begin() + 2);
  return absl::OkStatus();
}

absl::Status Append(Line line, bool indented, std::vector<Statement>& statements) {
  NUBO_RETURN_IF_ERROR(SplitReason(line));
  if (indented) {
    if (statements.empty()) return line.Error("this line is indented, but there is none above that it belongs to");
    statements.back().parts.push_back(std::move(line));
    return absl::OkStatus();
  }
  Statement statement{.head = std::move(line)};
  NUBO_RETURN_IF_ERROR(SplitTime(statement));
  statements.push_back(std::move(statement));
  return absl::OkStatus();
}

}  // namespace

absl::Status Line::Error(absl::string_view message) const {
  return absl::InvalidArgumentError(absl::StrCat(file, ":", number, ": ", message));
}

std::string Line::Rest(size_t first) const {
  std::string rest;
  for (size_t i = first; i < words.size(); ++i) absl::StrAppend(&rest, i == first ? "" : " ", words[i].raw);
  return rest;
}

absl::StatusOr<std::vector<Statement>> ReadScript(absl::string_view text, absl::string_view file) {
  std::vector<Statement> statements;
  bool has_source = false;
  Line at{.file = std::string(file), .number = 0};
  for (absl::string_view written : absl::StrSplit(text, '\n')) {
    ++at.number;
    if (absl::ConsumePrefix(&written, kSource)) {
      has_source |= !absl::StripAsciiWhitespace(written).empty();
      continue;
    }
    Line line = at;
    NUBO_RETURN_IF_ERROR(TakeWords(written, line));
    if (line.words.empty()) continue;
    NUBO_RETURN_IF_ERROR(Append(std::move(line), IsBlank(written[0]), statements));
  }
  if (statements.empty()) return at.Error("the scenario is empty");
  if (!has_source)
    return at.Error("the scenario names no source; expected a comment such as # Source: RFC 1034 §4.3.2");
  return statements;
}

std::optional<absl::Duration> ParseTime(absl::string_view text) {
  absl::Duration time;
  if (!absl::ParseDuration(text, &time)) return std::nullopt;
  if (time < absl::ZeroDuration() || time == absl::InfiniteDuration()) return std::nullopt;
  return time;
}

bool WordReader::Take(absl::string_view word) {
  if (!more() || line_.words[next_].quoted || line_.words[next_].text != word) return false;
  ++next_;
  return true;
}

std::optional<std::string> WordReader::TakeReason() {
  reason_taken_ = true;
  return line_.because;
}

absl::StatusOr<std::string> WordReader::Text(absl::string_view what) {
  if (!more()) return Unknown(what);
  return line_.words[next_++].text;
}

absl::StatusOr<int> WordReader::Number(absl::string_view what) {
  int number = 0;
  if (!more() || !absl::SimpleAtoi(line_.words[next_].raw, &number) || number < 0) {
    return Unknown(absl::StrCat(what, ", a number"));
  }
  ++next_;
  return number;
}

absl::StatusOr<absl::Duration> WordReader::Time(absl::string_view what) {
  const std::optional<absl::Duration> time = more() ? ParseTime(line_.words[next_].raw) : std::nullopt;
  if (!time.has_value()) return Unknown(absl::StrCat(what, ", a time such as 30s or 1m30s"));
  ++next_;
  return *time;
}

absl::Status WordReader::Expect(absl::string_view word) { return Take(word) ? absl::OkStatus() : Unknown(word); }

absl::Status WordReader::Unknown(absl::string_view expected) const {
  if (!more()) return line_.Error(absl::StrCat("the line ends too early; expected ", expected));
  return line_.Error(absl::StrCat("\"", line_.words[next_].text, "\" is not known here; expected ", expected));
}

absl::Status WordReader::End() const {
  if (more()) return Unknown("the end of the line");
  if (line_.because.has_value() && !reason_taken_) return line_.Error("there is no reason to give here");
  return absl::OkStatus();
}

}  // namespace nubo::scenarios
