#include "nubo/stack/tree_builder.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "nubo/stack/utf8.h"

namespace nubo::stack {
namespace {

// {"Fn::Sub": value}; the dotted form of Fn::GetAtt becomes a list, as the long form has it.
Value Call(absl::string_view function, Value argument) {
  const Location at = argument.location();
  if (function == "Fn::GetAtt" && argument.is_string()) {
    const std::string& text = argument.text();
    const size_t dot = text.find('.');
    if (dot != std::string::npos) {
      argument = Value::List({Value::String(absl::string_view(text).substr(0, dot), at),
                              Value::String(absl::string_view(text).substr(dot + 1), at)},
                             at);
    }
  }
  return Value::Object({{std::string(function), std::move(argument), at}}, at);
}

}  // namespace

void TreeBuilder::Fail(Location at, absl::string_view message) {
  if (failed()) return;
  status_ = ErrorAt(file_, at, message);
  frames_.clear();
}

bool TreeBuilder::Count(Location at) {
  if (failed()) return false;
  if (++nodes_ > options_.nodes_max) {
    Fail(at, absl::StrCat("a template has at most ", options_.nodes_max, " values"));
    return false;
  }
  return true;
}

void TreeBuilder::SetKey(const Value& key) {
  Frame& frame = frames_.back();
  if (!key.is_scalar()) return Fail(key.location(), absl::StrCat("a key is a string, not ", KindName(key.kind())));
  if (key.text() == "<<") return Fail(key.location(), "merge keys (<<) are not supported; write the members out");
  if (!frame.keys.insert(key.text()).second) {
    return Fail(key.location(), absl::StrCat("the key \"", key.text(), "\" stands here twice"));
  }
  frame.has_key = true;
  frame.key = key.text();
  frame.key_location = key.location();
}

void TreeBuilder::Attach(Value value) {
  if (frames_.empty()) {
    root_ = std::move(value);
    has_root_ = true;
    return;
  }
  Frame& frame = frames_.back();
  if (frame.container.is_list()) {
    frame.container.items().push_back(std::move(value));
    return;
  }
  frame.container.members().push_back({std::move(frame.key), std::move(value), frame.key_location});
  frame.has_key = false;
}

void TreeBuilder::Scalar(Value value, absl::string_view function) {
  if (!Count(value.location())) return;
  if (value.text().find('\0') != std::string::npos) {
    return Fail(value.location(), "a string holds a NUL character, which no template may");
  }
  // The YAML library writes \N and \_ as single bytes.
  if (!IsUtf8(value.text())) {
    return Fail(value.location(), "an escape in this string gives no UTF-8; write the character itself");
  }
  const bool is_key = !frames_.empty() && frames_.back().container.is_object() && !frames_.back().has_key;
  if (!is_key) return Attach(function.empty() ? std::move(value) : Call(function, std::move(value)));
  if (!function.empty()) return Fail(value.location(), absl::StrCat("a key is a string, not ", function));
  SetKey(value);
}

void TreeBuilder::Start(Value container, absl::string_view function) {
  const Location at = container.location();
  if (!Count(at)) return;
  if (static_cast<int>(frames_.size()) >= options_.depth_max) {
    return Fail(at, absl::StrCat("lists and objects nest at most ", options_.depth_max, " deep"));
  }
  if (!frames_.empty() && frames_.back().container.is_object() && !frames_.back().has_key) {
    return Fail(at, absl::StrCat("a key is a string, not ", KindName(container.kind())));
  }
  Frame frame;
  frame.container = std::move(container);
  frame.function = std::string(function);
  frames_.push_back(std::move(frame));
}

void TreeBuilder::End() {
  if (failed() || frames_.empty()) return;
  Frame frame = std::move(frames_.back());
  frames_.pop_back();
  Attach(frame.function.empty() ? std::move(frame.container) : Call(frame.function, std::move(frame.container)));
}

}  // namespace nubo::stack
