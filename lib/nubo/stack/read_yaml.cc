#include "nubo/stack/read_yaml.h"

#include <yaml-cpp/anchor.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "nubo/stack/functions.h"
#include "nubo/stack/tree_builder.h"

namespace nubo::stack {
namespace {

Location ToLocation(const YAML::Mark& mark) { return {mark.line + 1, mark.column + 1}; }

bool OneOf(absl::string_view text, std::initializer_list<absl::string_view> choices) {
  for (const absl::string_view choice : choices) {
    if (text == choice) return true;
  }
  return false;
}

// Numbers are what JSON would call one; "007", "0x1F" and "1_000" are strings, so that ids keep their digits.
bool IsPlainNumber(absl::string_view text) {
  const Value value = Value::Number(text);
  return !text.empty() && ToJson(value) == text;
}

Value PlainScalar(absl::string_view text, Location at) {
  if (OneOf(text, {"", "~", "null", "Null", "NULL"})) {
    Value null;
    null.set_location(at);
    return null;
  }
  if (OneOf(text, {"true", "True", "TRUE"})) return Value::Bool(true, at);
  if (OneOf(text, {"false", "False", "FALSE"})) return Value::Bool(false, at);
  if (IsPlainNumber(text)) return Value::Number(text, at);
  return Value::String(text, at);
}

class Handler final : public YAML::EventHandler {
 public:
  explicit Handler(TreeBuilder& builder) : builder_(builder) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) builder_.Fail(ToLocation(mark), "a template is one document; a second one begins here");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (!Check(mark, anchor)) return;
    builder_.Scalar(PlainScalar("", ToLocation(mark)), "");
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    builder_.Fail(ToLocation(mark), "aliases (*name) are not supported; write the value out");
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    if (!Check(mark, anchor)) return;
    const Location at = ToLocation(mark);
    if (tag == "?") return builder_.Scalar(PlainScalar(text, at), "");
    if (tag == "!") return builder_.Scalar(Value::String(text, at), "");
    if (absl::StartsWith(tag, kCoreTag)) return CoreScalar(absl::StripPrefix(tag, kCoreTag), text, at);
    const std::string function = FunctionOf(tag, at);
    if (!function.empty()) builder_.Scalar(Value::String(text, at), function);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    if (!Check(mark, anchor)) return;
    builder_.StartList(ToLocation(mark), ContainerFunction(tag, "seq", ToLocation(mark)));
  }
  void OnSequenceEnd() override { builder_.End(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    if (!Check(mark, anchor)) return;
    builder_.StartObject(ToLocation(mark), ContainerFunction(tag, "map", ToLocation(mark)));
  }
  void OnMapEnd() override { builder_.End(); }

 private:
  static constexpr char kCoreTag[] = "tag:yaml.org,2002:";

  bool Check(const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor) {
      builder_.Fail(ToLocation(mark), "anchors (&name) are not supported; write the value out where it is needed");
    }
    return !builder_.failed();
  }

  void CoreScalar(absl::string_view type, const std::string& text, Location at) {
    if (type == "str") return builder_.Scalar(Value::String(text, at), "");
    if (OneOf(type, {"int", "float", "bool", "null"})) return builder_.Scalar(PlainScalar(text, at), "");
    builder_.Fail(at, absl::StrCat("the tag !!", type, " is not supported in templates"));
  }

  std::string ContainerFunction(const std::string& tag, absl::string_view core_type, Location at) {
    if (tag.empty() || tag == "?" || tag == "!" || tag == absl::StrCat(kCoreTag, core_type)) return "";
    return FunctionOf(tag, at);
  }

  // "!Sub" is Fn::Sub; a name that no function has is told with all the others. Fails if it cannot be one.
  std::string FunctionOf(const std::string& tag, Location at) {
    const absl::string_view name = absl::StripPrefix(tag, "!");
    const bool is_name = name.size() < tag.size() &&
                         std::all_of(
                             name.begin(), name.end(),
                             [](char c) { return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == ':'; });
    if (is_name) {
      const std::string known = LongForm(name);
      return known.empty() ? absl::StrCat("Fn::", name) : known;
    }
    const absl::string_view shown = absl::StripPrefix(tag, kCoreTag);
    builder_.Fail(at, absl::StrCat("there is no tag ", shown.size() == tag.size() ? "" : "!!", shown,
                                   " in templates; there are ", ShortFormNames()));
    return "";
  }

  TreeBuilder& builder_;
  int documents_ = 0;
};

}  // namespace

namespace {

size_t IndentOf(absl::string_view line) { return std::min(line.find_first_not_of(' '), line.size()); }

// "!Sub words", also as a list's item: "- !Sub words". No comment, and no scalar of another style.
bool IsTaggedPlain(absl::string_view line) {
  line = absl::StripAsciiWhitespace(line);
  while (absl::ConsumePrefix(&line, "- ")) line = absl::StripLeadingAsciiWhitespace(line);
  const size_t end = line.find(' ');
  if (!absl::StartsWith(line, "!") || end == absl::string_view::npos || absl::StrContains(line, " #")) return false;
  const absl::string_view words = absl::StripLeadingAsciiWhitespace(line.substr(end));
  return !words.empty() && absl::string_view("|>\"'[{#&*").find(words[0]) == absl::string_view::npos;
}

// The library takes a tag that begins a line for the beginning of a map's key, and then a second line of its plain
// scalar for a mistake:
//
//   Value:
//     !Sub begins here
//     and goes on
//
// The same text with what follows in the scalar's first line, if `line` (from 0), where the library gave up, goes on
// with one; else nothing. Every place stays what it is.
std::optional<std::string> Fold(absl::string_view text, int line) {
  const std::vector<absl::string_view> lines = absl::StrSplit(text, '\n');
  if (line < 1 || line >= static_cast<int>(lines.size()) || !IsTaggedPlain(lines[line - 1])) return std::nullopt;
  const size_t indent = IndentOf(lines[line]);
  std::string first(absl::StripTrailingAsciiWhitespace(lines[line - 1]));
  size_t next = line;
  for (; next < lines.size(); ++next) {
    const absl::string_view words = absl::StripAsciiWhitespace(lines[next]);
    if (words.empty() || IndentOf(lines[next]) < indent || absl::StrContains(words, " #") || words[0] == '#') break;
    absl::StrAppend(&first, " ", words);
  }
  std::vector<absl::string_view> folded(lines.begin(), lines.begin() + line - 1);
  folded.push_back(first);
  folded.insert(folded.end(), next - line, "");
  folded.insert(folded.end(), lines.begin() + next, lines.end());
  return absl::StrJoin(folded, "\n");
}

// `failed_line`: where the library gave up, from 0; -1 if it did not.
absl::StatusOr<Value> ReadOnce(absl::string_view text, absl::string_view file, const ReadOptions& options,
                               int& failed_line) {
  TreeBuilder builder(file, options);
  Handler handler(builder);
  failed_line = -1;
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    while (!builder.failed() && parser.HandleNextDocument(handler)) {
    }
  } catch (const YAML::Exception& error) {
    // An error of ours came first, and says more.
    if (!builder.failed()) {
      failed_line = error.mark.line;
      builder.Fail(ToLocation(error.mark), absl::StrCat("YAML not well-formed: ", error.msg));
    }
  }
  if (builder.failed()) return builder.status();
  if (!builder.has_root()) return ErrorAt(file, {1, 1}, "the template is empty");
  return builder.TakeRoot();
}

}  // namespace

absl::StatusOr<Value> ReadYamlTree(absl::string_view text, absl::string_view file, const ReadOptions& options) {
  // Each costs a reading of the whole.
  constexpr int kFoldsMax = 20;
  int failed_line = -1;
  absl::StatusOr<Value> value = ReadOnce(text, file, options, failed_line);
  std::string folded(text);
  for (int i = 0; i < kFoldsMax && failed_line >= 0; ++i) {
    std::optional<std::string> next = Fold(folded, failed_line);
    if (!next.has_value()) break;
    folded = *std::move(next);
    absl::StatusOr<Value> again = ReadOnce(folded, file, options, failed_line);
    if (again.ok()) return again;
  }
  // What helped nothing is told as it was.
  return value;
}

}  // namespace nubo::stack
