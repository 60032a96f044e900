#include "nubo/stack/read_json.h"

#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nubo/stack/tree_builder.h"

namespace nubo::stack {
namespace {

// Hands the text to the JSON library byte by byte and remembers how far it has read: its events tell no place.
class CountingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingIterator(const char* at, const char** furthest) : at_(at), furthest_(furthest) {}
  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    ++at_;
    if (*furthest_ < at_) *furthest_ = at_;
    return *this;
  }
  bool operator==(const CountingIterator& other) const { return at_ == other.at_; }

 private:
  const char* at_;
  const char** furthest_;
};

// Line and column of growing offsets, without counting from the beginning each time.
class LineCounter {
 public:
  explicit LineCounter(absl::string_view text) : text_(text) {}

  Location At(size_t offset) {
    if (offset < offset_) *this = LineCounter(text_);
    for (; offset_ < offset && offset_ < text_.size(); ++offset_) {
      at_ = text_[offset_] == '\n' ? Location{at_.line + 1, 1} : Location{at_.line, at_.column + 1};
    }
    return at_;
  }

 private:
  absl::string_view text_;
  size_t offset_ = 0;
  Location at_{1, 1};
};

class Handler {
 public:
  using number_integer_t = nlohmann::json::number_integer_t;
  using number_unsigned_t = nlohmann::json::number_unsigned_t;
  using number_float_t = nlohmann::json::number_float_t;
  using string_t = nlohmann::json::string_t;
  using binary_t = nlohmann::json::binary_t;

  Handler(absl::string_view text, const char* const* furthest, TreeBuilder& builder)
      : text_(text), furthest_(furthest), builder_(builder), lines_(text) {}

  bool null() {
    Value value;
    value.set_location(Token().second);
    return Scalar(std::move(value));
  }
  bool boolean(bool value) { return Scalar(Value::Bool(value, Token().second)); }
  bool number_integer(number_integer_t) { return Number(); }
  bool number_unsigned(number_unsigned_t) { return Number(); }
  bool number_float(number_float_t, const string_t&) { return Number(); }
  bool string(string_t& value) { return Scalar(Value::String(value, Token().second)); }
  bool key(string_t& value) { return Scalar(Value::String(value, Token().second)); }
  bool binary(binary_t&) { return false; }
  bool start_object(size_t) {
    builder_.StartObject(Token().second, "");
    return !builder_.failed();
  }
  bool start_array(size_t) {
    builder_.StartList(Token().second, "");
    return !builder_.failed();
  }
  bool end_object() { return End(); }
  bool end_array() { return End(); }

  bool parse_error(size_t position, const std::string&, const nlohmann::json::exception& error) {
    // The library's text carries its own idea of the place before ": ".
    absl::string_view message = error.what();
    const size_t colon = message.find(": ");
    if (colon != absl::string_view::npos) message.remove_prefix(colon + 2);
    builder_.Fail(lines_.At(position == 0 ? 0 : position - 1), absl::StrCat("JSON not well-formed: ", message));
    return false;
  }

 private:
  // The token just read: its text and its place. It begins after the former one and what may stand between two.
  std::pair<absl::string_view, Location> Token() {
    const size_t end = *furthest_ - text_.data();
    size_t begin = text_.find_first_not_of(" \t\r\n,:", end_);
    if (begin == absl::string_view::npos || begin > end) begin = end;
    end_ = end;
    return {text_.substr(begin, end - begin), lines_.At(begin)};
  }

  // The library reads one character past a number.
  bool Number() {
    auto [token, at] = Token();
    const size_t length = std::min(token.find_first_not_of("0123456789+-.eE"), token.size());
    end_ -= token.size() - length;
    return Scalar(Value::Number(token.substr(0, length), at));
  }

  bool Scalar(Value value) {
    builder_.Scalar(std::move(value), "");
    return !builder_.failed();
  }

  bool End() {
    end_ = *furthest_ - text_.data();
    builder_.End();
    return !builder_.failed();
  }

  const absl::string_view text_;
  const char* const* const furthest_;
  TreeBuilder& builder_;
  LineCounter lines_;
  // Where the last token ended.
  size_t end_ = 0;
};

}  // namespace

absl::StatusOr<Value> ReadJsonTree(absl::string_view text, absl::string_view file, const ReadOptions& options) {
  TreeBuilder builder(file, options);
  const char* furthest = text.data();
  Handler handler(text, &furthest, builder);
  const bool read = nlohmann::json::sax_parse(CountingIterator(text.data(), &furthest),
                                              CountingIterator(text.data() + text.size(), &furthest), &handler);
  if (builder.failed()) return builder.status();
  if (!read || !builder.has_root()) return ErrorAt(file, {1, 1}, "JSON not well-formed");
  return builder.TakeRoot();
}

}  // namespace nubo::stack
