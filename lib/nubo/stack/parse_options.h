// What bounds a template, and how it is parsed (parse.h).
//
// Thread safety: values.
#ifndef NUBO_STACK_PARSE_OPTIONS_H_
#define NUBO_STACK_PARSE_OPTIONS_H_

#include <cstddef>

#include "nubo/stack/read_options.h"

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

}  // namespace nubo::stack

#endif  // NUBO_STACK_PARSE_OPTIONS_H_
