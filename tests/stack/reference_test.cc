// docs/template-reference.md says what the code does.
#include "tests/stack/reference.h"

#include <boost/test/unit_test.hpp>
#include <fstream>
#include <iterator>
#include <string>

#include "absl/strings/str_cat.h"
#include "nubo/stack/functions.h"
#include "nubo/stack/parse.h"
#include "nubo/stack/reader.h"
#include "nubo/stack/validate.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::stack {
namespace {

using ::nubo::testing::IsOk;

std::string Page() {
  std::ifstream file("docs/template-reference.md");
  BOOST_REQUIRE(file.good());
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

BOOST_AUTO_TEST_CASE(the_resource_types_are_those_of_the_schemas) {
  constexpr char kHeading[] = "## Resource types\n\n";
  const std::string page = Page();
  const size_t start = page.find(kHeading);
  BOOST_REQUIRE(start != std::string::npos);
  const bool equal = absl::StrCat(page.substr(start + sizeof(kHeading) - 1), "\n") == ResourceReference();
  BOOST_TEST(equal, "write the page anew: bazel run //tests/stack:print_reference -- $PWD/docs/template-reference.md");
}

BOOST_AUTO_TEST_CASE(every_template_on_the_page_is_fine) {
  const std::string page = Page();
  int count = 0;
  constexpr char kFence[] = "```yaml\n";
  for (size_t at = page.find(kFence); at != std::string::npos; at = page.find(kFence, at)) {
    at += sizeof(kFence) - 1;
    const size_t end = page.find("```", at);
    BOOST_REQUIRE(end != std::string::npos);
    const auto parsed = Parse(page.substr(at, end - at), "page");
    BOOST_TEST(IsOk(parsed));
    ++count;
    at = end + 3;
    if (!parsed.ok()) continue;
    const auto bindings = Bind(*parsed, {}, {});
    BOOST_TEST(IsOk(bindings));
    if (bindings.ok()) BOOST_TEST(IsOk(ToStatus("page", Validate(*parsed, *bindings))));
  }
  BOOST_TEST(count > 0);
}

BOOST_AUTO_TEST_CASE(every_pseudo_parameter_is_on_the_page) {
  const std::string page = Page();
  for (const char* name : PseudoParameters()) {
    BOOST_TEST((page.find(absl::StrCat("`", name, "`")) != std::string::npos), name);
  }
}

}  // namespace
}  // namespace nubo::stack
