// The templates of docs/first-steps.md: each is right by itself, and the one before with little taken away.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "nubo/stack/diagnostic.h"
#include "nubo/stack/evaluate.h"
#include "nubo/stack/parse.h"
#include "nubo/stack/validate.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::examples::todo {
namespace {

using testing::IsOk;

constexpr const char* kSteps[] = {"1-instance", "2-name", "3-load-balancer", "4-group"};

std::string Read(const std::string& step) {
  std::ifstream in(absl::StrCat("examples/todo/steps/", step, ".yaml"));
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// Its lines in order, without what is only indentation, comment or empty.
std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    line = absl::StripAsciiWhitespace(line);
    if (!line.empty() && line.front() != '#') lines.emplace_back(line);
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

// How many of `from` are not in `in`.
size_t Missing(const std::vector<std::string>& from, const std::vector<std::string>& in) {
  std::vector<std::string> missing;
  std::set_difference(from.begin(), from.end(), in.begin(), in.end(), std::back_inserter(missing));
  return missing.size();
}

BOOST_AUTO_TEST_CASE(nothing_is_wrong_with_any_of_them) {
  for (const std::string step : kSteps) {
    const auto parsed = stack::Parse(Read(step), step);
    BOOST_REQUIRE_MESSAGE(parsed.ok(), parsed.status().ToString());
    const auto bindings = stack::Bind(*parsed, {}, {.stack_name = "steps", .stack_id = "arn"});
    BOOST_REQUIRE(IsOk(bindings));
    BOOST_TEST(IsOk(stack::ToStatus(step, stack::Validate(*parsed, *bindings))));
  }
}

// The description and what the step is about. The last one moves an instance's lines to the launch template and drops
// the other instance.
BOOST_AUTO_TEST_CASE(each_takes_little_from_the_one_before) {
  constexpr size_t kTaken[] = {1, 10, 19};
  constexpr size_t kAdded[] = {17, 77, 31};
  for (size_t i = 0; i + 1 < std::size(kSteps); ++i) {
    const std::vector<std::string> before = Lines(Read(kSteps[i]));
    const std::vector<std::string> after = Lines(Read(kSteps[i + 1]));
    BOOST_TEST_CONTEXT(kSteps[i + 1]) {
      BOOST_TEST(Missing(before, after) <= kTaken[i]);
      BOOST_TEST(Missing(after, before) <= kAdded[i]);
      BOOST_TEST(after.size() > before.size());
    }
  }
}

}  // namespace
}  // namespace nubo::examples::todo
