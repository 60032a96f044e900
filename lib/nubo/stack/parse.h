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

#include <cstddef>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nubo/stack/reader.h"
#include "nubo/stack/template.h"

namespace nubo::stack {

// CloudFormation's bounds.
struct Limits {
  size_t resources_max = 500;
  size_t parameters_max = 200;
  size_t mappings_max = 200;
  size_t mapping_attributes_max = 200;
  size_t outputs_max = 200;
  size_t conditions_max = 500;
};

struct ParseOptions {
  ReadOptions read;
  Limits limits;
  // False for a template that passed before: its properties are taken as they are.
  bool check_properties = true;
};

// INVALID_ARGUMENT, one "file:line:column: sentence" a line: all that is wrong with the template; of a text that cannot
// be read, the first.
absl::StatusOr<Template> Parse(absl::string_view text, absl::string_view file, const ParseOptions& options = {});

}  // namespace nubo::stack

#endif  // NUBO_STACK_PARSE_H_
