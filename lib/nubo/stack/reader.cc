#include "nubo/stack/reader.h"

#include <algorithm>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nubo/stack/read_json.h"
#include "nubo/stack/read_yaml.h"

namespace nubo::stack {
namespace {

constexpr absl::string_view kByteOrderMark = "\xEF\xBB\xBF";

// How many bytes the well-formed UTF-8 character at the start of `text` has; 0 if there is none (RFC 3629 §4).
size_t Utf8Length(absl::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  const bool overlong = (first == 0xE0 && byte(1) < 0xA0) || (first == 0xF0 && byte(1) < 0x90);
  const bool surrogate = first == 0xED && byte(1) >= 0xA0;
  const bool too_large = first == 0xF4 && byte(1) >= 0x90;
  return overlong || surrogate || too_large ? 0 : length;
}

absl::Status CheckCharacters(absl::string_view text, absl::string_view file) {
  Location at{1, 1};
  for (size_t i = 0; i < text.size();) {
    const size_t length = Utf8Length(text.substr(i));
    if (length == 0) return ErrorAt(file, at, "the text is not UTF-8");
    const unsigned char c = text[i];
    if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7F) {
      return ErrorAt(file, at,
                     absl::StrCat("control character ", static_cast<int>(c), " is not allowed in a template"));
    }
    at = c == '\n' ? Location{at.line + 1, 1} : Location{at.line, at.column + static_cast<int>(length)};
    i += length;
  }
  return absl::OkStatus();
}

// Checks what both formats share; strips a byte order mark.
absl::Status Prepare(absl::string_view& text, absl::string_view file, const ReadOptions& options) {
  const size_t bytes_max = std::min(options.bytes_max, kTemplateBytesMax);
  if (text.size() > bytes_max) {
    return ErrorAt(file, {1, 1},
                   absl::StrCat("the template has ", text.size(), " bytes; at most ", bytes_max, " are allowed"));
  }
  if (text.substr(0, kByteOrderMark.size()) == kByteOrderMark) text.remove_prefix(kByteOrderMark.size());
  return CheckCharacters(text, file);
}

}  // namespace

absl::StatusOr<Value> ReadText(absl::string_view text, absl::string_view file, const ReadOptions& options) {
  if (absl::Status status = Prepare(text, file, options); !status.ok()) return status;
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == absl::string_view::npos) return ErrorAt(file, {1, 1}, "the template is empty");
  if (text[first] != '{') return ReadYamlTree(text, file, options);
  absl::StatusOr<Value> json = ReadJsonTree(text, file, options);
  if (json.ok() || absl::EndsWith(file, ".json")) return json;
  // YAML may begin with `{` too; if it is neither, it was most likely meant to be JSON.
  absl::StatusOr<Value> yaml = ReadYamlTree(text, file, options);
  return yaml.ok() ? yaml : json;
}

absl::StatusOr<Value> ReadJson(absl::string_view text, absl::string_view file, const ReadOptions& options) {
  if (absl::Status status = Prepare(text, file, options); !status.ok()) return status;
  return ReadJsonTree(text, file, options);
}

}  // namespace nubo::stack
