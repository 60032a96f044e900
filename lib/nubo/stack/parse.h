// Text to Template.
//
// Parse() checks everything that needs neither parameter values nor other resources' ids: sections, shapes, counts,
// resource types and property names, intrinsic functions' arguments, references to names that do not exist,
// and circular dependencies.
//
// Example:
//   auto parsed = Parse(text, "template.yaml");
//   if (!parsed.ok()) return parsed.status();  // template.yaml:12:7: AWS::EC2::Subnet has no property "CidrBlok"; ...
//
// Thread safety: pure functions.
#ifndef NUBO_STACK_PARSE_H_
#define NUBO_STACK_PARSE_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nubo/stack/parse_options.h"
#include "nubo/stack/template.h"

namespace nubo::stack {

// INVALID_ARGUMENT, one "file:line:column: sentence" a line: all that is wrong with the template; of a text that cannot
// be read, the first.
absl::StatusOr<Template> Parse(absl::string_view text, absl::string_view file, const ParseOptions& options = {});

}  // namespace nubo::stack

#endif  // NUBO_STACK_PARSE_H_
