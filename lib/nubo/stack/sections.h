// Sections of a template, each from its Value. Private; use parse.h.
//
// Thread safety: pure functions.
#ifndef NUBO_STACK_SECTIONS_H_
#define NUBO_STACK_SECTIONS_H_

#include <cstddef>
#include <initializer_list>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "nubo/stack/diagnostic.h"
#include "nubo/stack/parse_options.h"
#include "nubo/stack/template.h"
#include "nubo/stack/value.h"

namespace nubo::stack::sections {

using Problems = std::vector<Diagnostic>;

void Add(Problems& problems, Location at, std::string message);

// Each fills its part of `parsed`, whose `file` is set, as far as it can, and adds all that is wrong.
void ReadParameters(const Value& section, const Limits& limits, Template& parsed, Problems& problems);
void ReadMappings(const Value& section, const Limits& limits, Template& parsed, Problems& problems);
void ReadConditions(const Value& section, const Limits& limits, Template& parsed, Problems& problems);
void ReadResources(const Value& section, const ParseOptions& options, Template& parsed, Problems& problems);
void ReadOutputs(const Value& section, const Limits& limits, Template& parsed, Problems& problems);

// `value` must be an object with at most `count_max` members (0: any number), each with a name of letters, digits and
// characters of `others`. `what` is one of them, as in "Parameter".
void CheckSection(const Value& value, absl::string_view what, size_t count_max, absl::string_view others,
                  Problems& problems);

// Every member of `object` must be one of `allowed`.
void CheckKeys(const Value& object, absl::string_view whose, std::initializer_list<absl::string_view> allowed,
               Problems& problems);

// The text of the scalar called `key`, or "" if it is absent or none.
std::string TextOf(const Value& object, absl::string_view key, absl::string_view whose, Problems& problems);

}  // namespace nubo::stack::sections

#endif  // NUBO_STACK_SECTIONS_H_
