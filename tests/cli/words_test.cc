// Suggestions, names, tables, errors: what needs neither a region nor a command line.
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <fstream>
#include <iterator>

#include "absl/strings/match.h"
#include "nubo/base/status.h"
#include "nubo/cli/args/kinds.h"
#include "nubo/cli/args/names.h"
#include "nubo/cli/args/suggest.h"
#include "nubo/cli/output/output.h"
#include "nubo/cli/output/table.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::cli {
namespace {

using testing::IsOk;
using testing::StatusIs;

BOOST_AUTO_TEST_CASE(counts_edits_and_takes_a_swap_for_one) {
  BOOST_TEST(EditDistance("", "abc") == 3u);
  BOOST_TEST(EditDistance("kitten", "sitting") == 3u);
  BOOST_TEST(EditDistance("gte", "get") == 1u);
  BOOST_TEST(EditDistance("get", "get") == 0u);
}

BOOST_AUTO_TEST_CASE(names_the_nearest_word) {
  BOOST_TEST(Nearest("instanes", KindNames()) == "instances");
  BOOST_TEST(Nearest("DATABASE", KindNames()) == "databases");
  BOOST_TEST(Nearest("load", KindNames()) == "load-balancers");
}

BOOST_AUTO_TEST_CASE(names_nothing_when_nothing_is_near) {
  BOOST_TEST(Nearest("xyzzy", KindNames()) == "");
  BOOST_TEST(Nearest("", KindNames()) == "");
  BOOST_TEST(Nearest(std::string(65, 'a'), {std::string(65, 'a')}) == "");
  BOOST_TEST(DidYouMean("xyzzy", KindNames()) == "");
}

BOOST_AUTO_TEST_CASE(takes_kinds_in_singular_and_plural) {
  for (const std::string& name : KindNames()) {
    BOOST_TEST(IsOk(ParseKind(name)));
    BOOST_TEST((ParseKind(name.substr(0, name.size() - 1)) == ParseKind(name)));
  }
  BOOST_TEST((ParseKind("Images").value() == Kind::kImages));
}

BOOST_AUTO_TEST_CASE(refuses_unknown_kinds_with_what_would_be_right) {
  BOOST_TEST(StatusIs(ParseKind("instanes"), absl::StatusCode::kInvalidArgument, "did you mean instances?"));
  BOOST_TEST(StatusIs(ParseKind("xyzzy"), absl::StatusCode::kInvalidArgument, "kinds are stacks, resources"));
}

BOOST_AUTO_TEST_CASE(derives_a_stack_name_from_the_templates_directory) {
  BOOST_TEST(StackNameFor("/src/examples/todo/template.yaml") == "todo");
  BOOST_TEST(StackNameFor("/src/my_shop.v2/template.yaml") == "my-shop-v2");
  BOOST_TEST(StackNameFor("/src/9 lives!/template.yaml") == "lives");
  BOOST_TEST(StackNameFor("/template.yaml") == "stack");
  BOOST_TEST(StackNameFor("/src/42/template.yaml") == "stack");
  BOOST_TEST(StackNameFor("/src/" + std::string(200, 'a') + "/t.yaml").size() == kStackNameMax);
}

BOOST_AUTO_TEST_CASE(knows_stack_names) {
  BOOST_TEST(IsStackName("todo-2"));
  BOOST_TEST(IsStackName(std::string(kStackNameMax, 'a')));
  for (const std::string bad : {"", "2todo", "-a", "a_b", "a b", "a/b"}) BOOST_TEST(!IsStackName(bad), bad);
  BOOST_TEST(!IsStackName(std::string(kStackNameMax + 1, 'a')));
}

BOOST_AUTO_TEST_CASE(looks_for_the_state_directory_in_order) {
  Surroundings around;
  around.current_directory = "/srv";
  around.environment = {{"HOME", "/home/ada"}};
  BOOST_TEST(StateDirectory("", around).value() == "/home/ada/.local/state/nubo");
  around.environment["XDG_STATE_HOME"] = "/var/ada";
  BOOST_TEST(StateDirectory("", around).value() == "/var/ada/nubo");
  around.environment["NUBO_STATE"] = "state/";
  BOOST_TEST(StateDirectory("", around).value() == "/srv/state");
  BOOST_TEST(StateDirectory("../other", around).value() == "/other");
}

BOOST_AUTO_TEST_CASE(ignores_a_relative_xdg_directory) {
  Surroundings around;
  around.current_directory = "/srv";
  around.environment = {{"HOME", "/home/ada"}, {"XDG_STATE_HOME", "relative"}};
  BOOST_TEST(StateDirectory("", around).value() == "/home/ada/.local/state/nubo");
}

BOOST_AUTO_TEST_CASE(refuses_a_state_directory_that_no_socket_fits_in) {
  Surroundings around;
  around.current_directory = "/";
  BOOST_TEST(IsOk(StateDirectory("/" + std::string(kStateDirBytesMax - 1, 'd'), around)));
  BOOST_TEST(StatusIs(StateDirectory("/" + std::string(kStateDirBytesMax, 'd'), around),
                      absl::StatusCode::kInvalidArgument, "77 bytes long"));
  BOOST_TEST(StatusIs(StateDirectory("", around), absl::StatusCode::kInvalidArgument, "--state"));
}

BOOST_AUTO_TEST_CASE(aligns_columns) {
  Table table({"name", "state"});
  table.Add({"a", "running"});
  table.Add({"longer", "x"});
  BOOST_TEST(table.Text() == "NAME    STATE\na       running\nlonger  x\n");
  BOOST_TEST(table.rows() == 2u);
}

BOOST_AUTO_TEST_CASE(marks_empty_cells_so_that_columns_can_be_counted) {
  Table table({"a", "b", "c"});
  table.Add({"", "x"});
  table.Add({"1", "2", "3", "4"});
  BOOST_TEST(table.Text() == "A  B  C\n-  x  -\n1  2  3\n");
}

BOOST_AUTO_TEST_CASE(counts_code_points_not_bytes) {
  Table table({"a", "b"});
  table.Add({"ü", "1"});
  table.Add({"uu", "2"});
  BOOST_TEST(table.Text() == "A   B\nü   1\nuu  2\n");
  BOOST_TEST(Width("…") == 1u);
}

BOOST_AUTO_TEST_CASE(keeps_a_terminal_from_what_is_in_a_cell) {
  Table table({"a"});
  table.Add({"x\x1b[31m\ny"});
  BOOST_TEST(table.Text() == "A\nx [31m y\n");
}

BOOST_AUTO_TEST_CASE(maps_outcomes_to_exit_codes) {
  BOOST_TEST(ExitCode(absl::OkStatus()) == 0);
  BOOST_TEST(ExitCode(absl::UnavailableError("x")) == 1);
  BOOST_TEST(ExitCode(absl::InvalidArgumentError("the region refuses it")) == 1);
  BOOST_TEST(ExitCode(UsageError("x")) == 2);
  BOOST_TEST(ExitCode(absl::CancelledError("x")) == 130);
}

BOOST_AUTO_TEST_CASE(prints_errors_with_awss_code_and_a_line_each) {
  BOOST_TEST(ErrorText(absl::NotFoundError("no such thing")) == "nubo: no such thing\n");
  const absl::Status coded = base::WithErrorCode(absl::NotFoundError("there is no i-1"), "InvalidInstanceID.NotFound");
  BOOST_TEST(ErrorText(coded) == "nubo: InvalidInstanceID.NotFound: there is no i-1\n");
  BOOST_TEST(ErrorText(absl::InvalidArgumentError("a:1: x\na:2: y\n")) == "nubo: a:1: x\nnubo: a:2: y\n");
  BOOST_TEST(ErrorText(absl::InternalError("")) == "nubo: INTERNAL\n");
}

BOOST_AUTO_TEST_CASE(writes_to_a_descriptor_and_remembers_why_it_failed) {
  int ends[2];
  BOOST_REQUIRE(::pipe(ends) == 0);
  {
    FdBuffer buffer(ends[1]);
    std::ostream out(&buffer);
    out << std::string(10000, 'x') << std::flush;
    BOOST_TEST(buffer.error() == 0);
    std::string got(10000, ' ');
    BOOST_TEST(::read(ends[0], got.data(), got.size()) == 10000);
    ::close(ends[1]);
    out << "y" << std::flush;
    BOOST_TEST(buffer.error() == EBADF);
    BOOST_TEST(!out.good());
  }
  ::close(ends[0]);
}

}  // namespace
}  // namespace nubo::cli
