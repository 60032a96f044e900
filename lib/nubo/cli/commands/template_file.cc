#include "nubo/cli/commands/template_file.h"

#include <cerrno>
#include <cstring>
#include <fstream>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "nubo/cli/output/output.h"
#include "nubo/stack/reader.h"

namespace nubo::cli {

absl::StatusOr<std::string> ReadTemplate(const std::string& path, const std::string& name) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string body(kTemplateBytesMax + 1, '\0');
  file.read(body.data(), static_cast<std::streamsize>(body.size()));
  if (file.gcount() == 0 && errno != 0) {
    return UsageError(absl::StrCat("cannot read the template ", name, ": ", std::strerror(errno),
                                   "; name one, for example: nubo up shop/template.yaml"));
  }
  body.resize(static_cast<size_t>(file.gcount()));
  if (body.size() > kTemplateBytesMax) {
    return UsageError(absl::StrCat("the template ", name, " is larger than ", kTemplateBytesMax,
                                   " bytes, which is the most that CloudFormation takes"));
  }
  // The region is told in UTF-8 only.
  if (const absl::Status status = stack::CheckCharacters(body, absl::Utf8SafeCEscape(name)); !status.ok()) {
    return UsageError(status.message());
  }
  return body;
}

}  // namespace nubo::cli
