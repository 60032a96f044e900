#include "nubo/stack/pattern.h"

#include <re2/re2.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace nubo::stack {
namespace {

constexpr int64_t kProgramBytesMax = 1 << 20;

RE2::Options Quiet() {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kProgramBytesMax);
  return options;
}

absl::Status Describe(const RE2& expression, absl::string_view pattern) {
  if (expression.ok()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("\"", pattern, "\" is not a regular expression that can be used: ", expression.error()));
}

}  // namespace

absl::Status CheckPattern(absl::string_view pattern) { return Describe(RE2(std::string(pattern), Quiet()), pattern); }

absl::StatusOr<bool> MatchesWhole(absl::string_view pattern, absl::string_view text) {
  const RE2 expression(std::string(pattern), Quiet());
  if (absl::Status status = Describe(expression, pattern); !status.ok()) return status;
  return RE2::FullMatch(std::string(text), expression);
}

}  // namespace nubo::stack
