// What is made from the verbs' own texts: the guide, the manual page, completion; and the lines of the newer verbs.
#include <boost/test/unit_test.hpp>
#include <fstream>
#include <iterator>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "nubo/cli/args/command_line.h"
#include "nubo/cli/args/completion.h"
#include "nubo/cli/args/help.h"
#include "nubo/cli/args/manual.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::cli {
namespace {

using testing::StatusIs;

constexpr absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;

absl::StatusOr<Command> ParseLine(const std::string& line) {
  Surroundings around;
  around.current_directory = "/srv/shop";
  around.environment = {{"HOME", "/home/ada"}};
  return Parse(absl::StrSplit(line, ' ', absl::SkipEmpty()), around);
}

template <typename Options>
Options As(const std::string& line) {
  const absl::StatusOr<Command> command = ParseLine(line);
  BOOST_REQUIRE_MESSAGE(command.ok(), line << ": " << command.status().ToString());
  BOOST_REQUIRE_MESSAGE(std::holds_alternative<Options>(*command), line);
  return std::get<Options>(*command);
}

BOOST_AUTO_TEST_CASE(the_guide_is_what_the_program_prints) {
  std::ifstream file("docs/cli.md");
  const std::string guide{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  BOOST_TEST((guide == MarkdownManual(AllUsages())), "write it anew: ./nubo help --markdown > docs/cli.md");
}

BOOST_AUTO_TEST_CASE(the_manual_has_every_verb_and_every_option) {
  const std::string page = ManPage(AllUsages());
  BOOST_TEST(absl::StartsWith(page, ".\\\" Made by: nubo help --man\n.TH NUBO 1"));
  for (const VerbUsage& verb : AllUsages()) {
    const bool there = absl::StrContains(page, "\n.SS " + verb.verb + "\n") || absl::StrContains(verb.verb, "-");
    BOOST_TEST(there, verb.verb);
    BOOST_TEST(!VerbSummary(verb.verb).empty(), verb.verb);
    for (const OptionUsage& option : verb.options) BOOST_TEST(!option.help.empty(), verb.verb);
  }
}

BOOST_AUTO_TEST_CASE(markdown_becomes_roff) {
  struct Case {
    const char *markdown, *roff;
  };
  const Case cases[] = {
      {"plain", "plain\n"},
      {"* an item", ".IP \\(bu 2\nan item\n"},
      {"## A part", ".SS A part\n"},
      {"a `word` and **more**", "a \\fBword\\fR and \\fBmore\\fR\n"},
      {"| `this` | means that |", ".TP\n\\fBthis\\fR\nmeans that\n"},
      {"| --- | --- |", ""},
      {".dots and \\ do no harm", "\\&.dots and \\e do no harm\n"},
  };
  for (const Case& c : cases) BOOST_TEST(RoffFromMarkdown(c.markdown) == c.roff, c.markdown);
}

BOOST_AUTO_TEST_CASE(completion_knows_every_verb_in_every_shell) {
  for (const std::string& script :
       {BashCompletion(AllUsages()), ZshCompletion(AllUsages()), FishCompletion(AllUsages())}) {
    for (const std::string& verb : Verbs()) BOOST_TEST(absl::StrContains(script, verb), verb);
    BOOST_TEST(absl::StrContains(script, "wait"));
  }
}

BOOST_AUTO_TEST_CASE(completion_needs_a_shell_it_knows) {
  BOOST_TEST(!As<HelpOptions>("completion bash").text.empty());
  BOOST_TEST(StatusIs(ParseLine("completion"), kInvalid, "bash"));
  BOOST_TEST(StatusIs(ParseLine("completion csh"), kInvalid, "csh"));
}

BOOST_AUTO_TEST_CASE(set_desired_needs_a_group_and_a_number) {
  const auto options = As<SetDesiredOptions>("set-desired todo/Web 3 --wait --timeout 90s");
  BOOST_TEST(options.group == "todo/Web");
  BOOST_TEST(options.desired == 3);
  BOOST_TEST(options.wait);
  BOOST_TEST((options.timeout == absl::Seconds(90)));
  for (const char* line :
       {"set-desired", "set-desired todo/Web", "set-desired todo/Web many", "set-desired todo/Web -1",
        "set-desired todo/Web 99999999999", "set-desired todo/Web 1.5", "set-desired todo/Web 1 2"}) {
    BOOST_TEST(StatusIs(ParseLine(line), kInvalid), line);
  }
}

BOOST_AUTO_TEST_CASE(exec_takes_what_follows_the_dashes_as_it_is) {
  const std::string id = "i-0123456789abcdef0";
  const auto options = As<ExecOptions>("exec " + id + " -- ls -l --help");
  BOOST_TEST(options.id == id);
  const std::vector<std::string> expected = {"ls", "-l", "--help"};
  BOOST_TEST(options.command == expected, boost::test_tools::per_element());
  BOOST_TEST(!options.no_terminal);
  BOOST_TEST(As<ExecOptions>("exec -T " + id + " -- ls").no_terminal);
  BOOST_TEST(StatusIs(ParseLine("exec"), kInvalid, "exec needs"));
  BOOST_TEST(StatusIs(ParseLine("exec " + id), kInvalid, "exec needs"));
  BOOST_TEST(StatusIs(ParseLine("exec " + id + " --"), kInvalid, "exec needs"));
  for (const char* bad : {"i-", "i-xyz", "i-../../etc"}) {
    BOOST_TEST(StatusIs(ParseLine(std::string("exec ") + bad + " -- ls"), kInvalid, bad), bad);
  }
}

BOOST_AUTO_TEST_CASE(the_console_listens_on_this_machine_alone) {
  BOOST_TEST(As<ConsoleCommandOptions>("console").address.ToString() == "127.0.0.1:0");
  BOOST_TEST(As<ConsoleCommandOptions>("console --address 127.0.0.1:10080").address.port == 10080);
  BOOST_TEST(As<ConsoleCommandOptions>("console --page web").page_dir == "/srv/shop/web");
  for (const char* address : {"0.0.0.0:10080", "10.0.0.1:80", "[::]:80"}) {
    BOOST_TEST(StatusIs(ParseLine(absl::StrCat("console --address ", address)), kInvalid, "this machine alone"),
               address);
  }
  BOOST_TEST(StatusIs(ParseLine("console --address here"), kInvalid, "here"));
  BOOST_TEST(StatusIs(ParseLine("console me"), kInvalid, "one word too many"));
}

BOOST_AUTO_TEST_CASE(status_and_doctor_take_few_words) {
  BOOST_TEST((As<StatusOptions>("status -o json").format == Format::kJson));
  BOOST_TEST(As<StatusOptions>("status --state /tmp/r").state_dir == "/tmp/r");
  BOOST_TEST(StatusIs(ParseLine("status todo"), kInvalid, "one word too many"));
  As<DoctorOptions>("doctor --http-address 127.0.0.1:8081");
  BOOST_TEST(StatusIs(ParseLine("doctor --http-address nowhere"), kInvalid, "nowhere"));
  BOOST_TEST(StatusIs(ParseLine("doctor me"), kInvalid, "one word too many"));
}

}  // namespace
}  // namespace nubo::cli
