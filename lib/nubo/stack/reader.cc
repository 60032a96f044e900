#include "nubo/stack/reader.h"

#include <algorithm>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nubo/stack/read_json.h"
#include "nubo/stack/read_yaml.h"
#include "nubo/stack/utf8.h"

namespace nubo::stack {
namespace {

constexpr absl::string_view kByteOrderMark = "\xEF\xBB\xBF";

}  // namespace

absl::Status CheckCharacters(absl::string_view text, absl::string_view file) {
  Location at{1, 1};
  for (size_t i = 0; i < text.size();) {
    const size_t length = Utf8Length(text.substr(i));
    if (length == 0) {
      return ErrorAt(file, at,
                     absl::StrCat("the text is not UTF-8: byte 0x", absl::Hex(static_cast<unsigned char>(text[i])),
                                  "; save the file in UTF-8"));
    }
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

namespace {

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
