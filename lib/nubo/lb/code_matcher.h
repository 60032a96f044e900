// Which codes of a health check mean that the target is well: "200", "200,204", "200-299", for gRPC "0-99".
//
// Example:
//   CodeMatcher ok = *CodeMatcher::Parse("200-299", CodeMatcher::kHttp);
//   bool well = ok.Matches(204);
//
// Thread safety: a value.
#ifndef NUBO_LB_CODE_MATCHER_H_
#define NUBO_LB_CODE_MATCHER_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace nubo::lb {

class CodeMatcher {
 public:
  struct Range {
    int first = 0;
    int last = 0;
  };
  // The codes AWS allows in a matcher.
  static constexpr Range kHttp = {200, 599};
  static constexpr Range kGrpc = {0, 99};
  // Entries of one matcher.
  static constexpr size_t kEntriesMax = 64;

  // Numbers and ranges, separated by commas. INVALID_ARGUMENT: anything else, or a code outside `allowed`.
  static absl::StatusOr<CodeMatcher> Parse(absl::string_view text, Range allowed);

  bool Matches(int code) const;
  // As it was given, without spaces.
  std::string ToString() const;

 private:
  std::vector<Range> ranges_;
};

}  // namespace nubo::lb

#endif  // NUBO_LB_CODE_MATCHER_H_
