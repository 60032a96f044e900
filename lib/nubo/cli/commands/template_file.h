// A template as the user names it, read and bounded.
//
// Example:
//   NUBO_ASSIGN_OR_RETURN(const std::string body, ReadTemplate(options.template_path, options.template_name));
//
// Thread safety: pure functions.
#ifndef NUBO_CLI_COMMANDS_TEMPLATE_FILE_H_
#define NUBO_CLI_COMMANDS_TEMPLATE_FILE_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"

namespace nubo::cli {

// As CloudFormation, of a template in a bucket.
constexpr size_t kTemplateBytesMax = 1 << 20;

// `name` is the path as the user gave it. A usage error: it cannot be read, is too large, or is not text in UTF-8.
absl::StatusOr<std::string> ReadTemplate(const std::string& path, const std::string& name);

}  // namespace nubo::cli

#endif  // NUBO_CLI_COMMANDS_TEMPLATE_FILE_H_
