// Matchers of health checks, as templates write them: what is read can be written and read again, to the same effect.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "nubo/lb/code_matcher.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using ::nubo::lb::CodeMatcher;
  const auto matcher = CodeMatcher::Parse({reinterpret_cast<const char*>(data), size}, CodeMatcher::kHttp);
  if (!matcher.ok()) return 0;
  const auto again = CodeMatcher::Parse(matcher->ToString(), CodeMatcher::kHttp);
  if (!again.ok()) std::abort();
  for (int code = 0; code < 1000; ++code) {
    if (matcher->Matches(code) != again->Matches(code)) std::abort();
    if (matcher->Matches(code) && (code < 200 || code > 599)) std::abort();
  }
  return 0;
}
