// Sections of a template, each from its Value. Private; use parse.h.
//
// Thread safety: pure functions.
#ifndef NUBO_STACK_SECTIONS_H_
#define NUBO_STACK_SECTIONS_H_

#include <initializer_list>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nubo/stack/diagnostic.h"
#include "nubo/stack/parse.h"
#include "nubo/stack/template.h"
#include "nubo/stack/value.h"

namespace nubo::stack::sections {

// Each fills its part of `parsed`, whose `file` is set.
absl::Status ReadParameters(const Value& section, const Limits& limits, Template& parsed);
absl::Status ReadMappings(const Value& section, const Limits& limits, Template& parsed);
absl::Status ReadConditions(const Value& section, const Limits& limits, Template& parsed);
// Wrong property names and values are added to `problems`.
absl::Status ReadResources(const Value& section, const Limits& limits, Template& parsed,
                           std::vector<Diagnostic>& problems);
absl::Status ReadOutputs(const Value& section, const Limits& limits, Template& parsed);

// `value` must be an object with at most `count_max` members (0: any number), each with an alphanumeric name.
// `what` is one of them, as in "Parameter".
absl::Status CheckSection(absl::string_view file, const Value& value, absl::string_view what, size_t count_max);

// Every member of `object` must be one of `allowed`.
absl::Status CheckKeys(absl::string_view file, const Value& object, absl::string_view whose,
                       std::initializer_list<absl::string_view> allowed);

// The text of the scalar called `key`, or "" if it is absent.
absl::StatusOr<std::string> TextOf(absl::string_view file, const Value& object, absl::string_view key,
                                   absl::string_view whose);

}  // namespace nubo::stack::sections

#endif  // NUBO_STACK_SECTIONS_H_
