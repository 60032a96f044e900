// What is wrong with a template, and where.
//
// Example:
//   std::vector<Diagnostic> problems = Validate(parsed, bindings);
//   if (!problems.empty()) return ToStatus(parsed.file, problems);
//
// Thread safety: values and pure functions.
#ifndef NUBO_STACK_DIAGNOSTIC_H_
#define NUBO_STACK_DIAGNOSTIC_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "nubo/stack/value.h"

namespace nubo::stack {

// How many problems one status tells.
inline constexpr size_t kProblemsShownMax = 50;

struct Diagnostic {
  Location location;
  std::string message;

  friend bool operator==(const Diagnostic& a, const Diagnostic& b) {
    return a.location == b.location && a.message == b.message;
  }
};

// As much of a foreign text as a message shows: whole characters of at most 300 bytes, with "…" for the rest and "?"
// for bytes that are no UTF-8.
std::string Excerpt(absl::string_view text);

// In the order of the file, each once.
std::vector<Diagnostic> Sorted(std::vector<Diagnostic> problems);

// OK for none; else INVALID_ARGUMENT with one "file:line:column: sentence" a line.
absl::Status ToStatus(absl::string_view file, const std::vector<Diagnostic>& problems);

}  // namespace nubo::stack

#endif  // NUBO_STACK_DIAGNOSTIC_H_
