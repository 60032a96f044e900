#include "nubo/stack/read_yaml.h"

#include <yaml-cpp/anchor.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <sstream>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
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

  // Fails if there is no such function.
  std::string FunctionOf(const std::string& tag, Location at) {
    const std::string name = LongForm(absl::StripPrefix(tag, "!"));
    if (name.empty()) {
      const absl::string_view shown = absl::StripPrefix(tag, kCoreTag);
      builder_.Fail(at, absl::StrCat("there is no tag ", shown.size() == tag.size() ? "" : "!!", shown,
                                     " in templates; there are ", ShortFormNames()));
    }
    return name;
  }

  TreeBuilder& builder_;
  int documents_ = 0;
};

}  // namespace

absl::StatusOr<Value> ReadYamlTree(absl::string_view text, absl::string_view file, const ReadOptions& options) {
  TreeBuilder builder(file, options);
  Handler handler(builder);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    while (!builder.failed() && parser.HandleNextDocument(handler)) {
    }
  } catch (const YAML::Exception& error) {
    // An error of ours came first, and says more.
    if (!builder.failed()) {
      builder.Fail(ToLocation(error.mark), absl::StrCat("YAML not well-formed: ", error.msg));
    }
  }
  if (builder.failed()) return builder.status();
  if (!builder.has_root()) return ErrorAt(file, {1, 1}, "the template is empty");
  return builder.TakeRoot();
}

}  // namespace nubo::stack
