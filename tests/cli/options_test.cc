#include "nubo/cli/args/command_line.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <fstream>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "nubo/cli/args/help.h"
#include "nubo/testing/status_matchers.h"

namespace nubo::cli {
namespace {

using testing::IsOk;
using testing::StatusIs;

constexpr absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;

Surroundings Around() {
  Surroundings around;
  around.current_directory = "/srv/shop";
  around.environment = {{"HOME", "/home/ada"}};
  return around;
}

absl::StatusOr<Command> ParseLine(const std::string& line, const Surroundings& around = Around()) {
  return Parse(absl::StrSplit(line, ' ', absl::SkipEmpty()), around);
}

template <typename Options>
Options As(const std::string& line, const Surroundings& around = Around()) {
  const absl::StatusOr<Command> command = ParseLine(line, around);
  BOOST_REQUIRE_MESSAGE(command.ok(), line << ": " << command.status().ToString());
  BOOST_REQUIRE_MESSAGE(std::holds_alternative<Options>(*command), line);
  return std::get<Options>(*command);
}

BOOST_AUTO_TEST_CASE(up_has_defaults_for_everything) {
  const auto up = As<UpOptions>("up");
  BOOST_TEST(up.template_path == "/srv/shop/template.yaml");
  BOOST_TEST(up.template_name == "template.yaml");
  BOOST_TEST(up.stack_name == "shop");
  BOOST_TEST(up.state_dir == "/home/ada/.local/state/nubo");
  BOOST_TEST((up.timeout == absl::Minutes(5)));
  BOOST_TEST(!up.follow);
  BOOST_TEST(!up.http_address.has_value());
  BOOST_TEST(!up.fabric.has_value());
}

BOOST_AUTO_TEST_CASE(up_takes_the_default_template_and_images_from_the_environment) {
  Surroundings around = Around();
  around.environment["NUBO_DEFAULT_TEMPLATE"] = "/src/examples/todo/template.yaml";
  around.environment["NUBO_DEFAULT_IMAGES"] = "/src/images";
  const auto up = As<UpOptions>("up", around);
  BOOST_TEST(up.template_path == "/src/examples/todo/template.yaml");
  BOOST_TEST(up.stack_name == "todo");
  BOOST_TEST(up.default_images_dir == "/src/images");
  BOOST_TEST(As<UpOptions>("up mine.yaml", around).template_path == "/srv/shop/mine.yaml");
}

BOOST_AUTO_TEST_CASE(up_takes_every_option) {
  const auto up = As<UpOptions>(
      "up --param A=1 x/t.yaml --param B=b=c --param C= --image web=build --name test --state /tmp/s --follow "
      "--timeout 90s --http-address 127.0.0.1:8081 --dns-address 127.0.0.1:10054 --fabric loopback -o json");
  BOOST_TEST(up.template_path == "/srv/shop/x/t.yaml");
  BOOST_TEST(up.stack_name == "test");
  BOOST_TEST(up.state_dir == "/tmp/s");
  BOOST_REQUIRE(up.parameters.size() == 3u);
  BOOST_TEST((up.parameters[0] == std::pair<std::string, std::string>("A", "1")));
  BOOST_TEST((up.parameters[1] == std::pair<std::string, std::string>("B", "b=c")));
  BOOST_TEST((up.parameters[2] == std::pair<std::string, std::string>("C", "")));
  BOOST_REQUIRE(up.images.size() == 1u);
  BOOST_TEST(up.images[0].directory == "/srv/shop/build");
  BOOST_TEST(up.follow);
  BOOST_TEST((up.timeout == absl::Seconds(90)));
  BOOST_TEST(up.http_address->ToString() == "127.0.0.1:8081");
  BOOST_TEST(up.dns_address->ToString() == "127.0.0.1:10054");
  BOOST_TEST((up.format == Format::kJson));
}

BOOST_AUTO_TEST_CASE(up_refuses_what_it_cannot_use) {
  BOOST_TEST(StatusIs(ParseLine("up --param A"), kInvalid, "KEY=VALUE"));
  BOOST_TEST(StatusIs(ParseLine("up --param =1"), kInvalid, "KEY=VALUE"));
  BOOST_TEST(StatusIs(ParseLine("up --param A=1 --param A=2"), kInvalid, "given twice"));
  BOOST_TEST(StatusIs(ParseLine("up --image web"), kInvalid, "NAME=DIR"));
  BOOST_TEST(StatusIs(ParseLine("up --image a/b=c"), kInvalid, "no image name"));
  BOOST_TEST(StatusIs(ParseLine("up --name 1st"), kInvalid, "no stack name"));
  BOOST_TEST(StatusIs(ParseLine("up --timeout 300"), kInvalid, "--timeout 300s"));
  BOOST_TEST(StatusIs(ParseLine("up --timeout soon"), kInvalid, "90s or 5m"));
  BOOST_TEST(StatusIs(ParseLine("up --timeout -5s"), kInvalid));
  BOOST_TEST(
      StatusIs(ParseLine("up --http-address localhost:80"), kInvalid, "for example --http-address 127.0.0.1:8080"));
  BOOST_TEST(StatusIs(ParseLine("up --dns-address 127.0.0.1:99999"), kInvalid, "127.0.0.1:10053"));
  BOOST_TEST(StatusIs(ParseLine("up --fabric vpc"), kInvalid,
                      "there is no fabric 'vpc'; use --fabric namespaces or --fabric loopback"));
  BOOST_TEST(StatusIs(ParseLine("up --fabric mesh"), kInvalid, "no fabric 'mesh'"));
  BOOST_TEST(StatusIs(ParseLine("up a.yaml b.yaml"), kInvalid, "'b.yaml' is one word too many"));
  BOOST_TEST(StatusIs(ParseLine("up --folow"), kInvalid, "did you mean --follow?"));
  BOOST_TEST(StatusIs(ParseLine("up --name"), kInvalid, "--name"));
}

BOOST_AUTO_TEST_CASE(get_takes_filters) {
  const auto get =
      As<GetOptions>("get instances --filter instance-state-name=running,pending --filter a=b=* --filter c=");
  BOOST_REQUIRE_EQUAL(get.filters.size(), 3u);
  BOOST_TEST(get.filters[0].first == "instance-state-name");
  BOOST_TEST(get.filters[0].second == (std::vector<std::string>{"running", "pending"}),
             boost::test_tools::per_element());
  BOOST_TEST(get.filters[1].second.at(0) == "b=*");
  // What has none of it.
  BOOST_TEST(get.filters[2].second.at(0) == "");
  BOOST_TEST(StatusIs(ParseLine("get instances --filter running"), kInvalid, "is not NAME=VALUE"));
  BOOST_TEST(StatusIs(ParseLine("get instances --filters a=b"), kInvalid, "did you mean --filter?"));
}

BOOST_AUTO_TEST_CASE(get_takes_what_to_leave_out) {
  const auto get = As<GetOptions>("get instances i-1 --stack todo -w");
  BOOST_TEST(get.id == "i-1");
  BOOST_TEST(get.stack_name == "todo");
  BOOST_TEST(get.watch);
  BOOST_TEST((As<GetOptions>("image list").kind == Kind::kImages));
  BOOST_TEST(StatusIs(ParseLine("image remove x"), kInvalid, "nubo image list"));
}

BOOST_AUTO_TEST_CASE(logs_takes_a_time_to_begin_at) {
  BOOST_TEST(!As<LogsOptions>("logs i-1").since.has_value());
  BOOST_TEST((std::get<absl::Duration>(*As<LogsOptions>("logs i-1 --since 5m -f -n 3").since) == absl::Minutes(5)));
  BOOST_TEST((std::get<absl::Duration>(*As<LogsOptions>("logs i-1 --since=1h30m").since) == absl::Minutes(90)));
  const absl::Time time = absl::FromUnixSeconds(1893499200);
  BOOST_TEST((std::get<absl::Time>(*As<LogsOptions>("logs i-1 --since 2030-01-01T12:00:00Z").since) == time));
  BOOST_TEST((std::get<absl::Time>(*As<LogsOptions>("logs i-1 --since 2030-01-01T13:00:00.0+01:00").since) == time));
  for (const char* bad : {"yesterday", "5", "-5m", "0s", "2030-01-01", "12:00"}) {
    BOOST_TEST(StatusIs(ParseLine(std::string("logs i-1 --since=") + bad), kInvalid, "for example --since 5m"), bad);
  }
}

BOOST_AUTO_TEST_CASE(logs_takes_a_number_of_lines) {
  BOOST_TEST(!As<LogsOptions>("logs i-1").tail.has_value());
  BOOST_TEST((As<LogsOptions>("logs i-1 --tail 20").tail == 20));
  BOOST_TEST((As<LogsOptions>("logs i-1 -n 0 -f").tail == 0));
  for (const char* bad : {"-1", "x", "1.5"}) {
    BOOST_TEST(StatusIs(ParseLine(std::string("logs i-1 --tail=") + bad), kInvalid, "number of lines"), bad);
  }
}

BOOST_AUTO_TEST_CASE(down_takes_its_options) {
  const auto down = As<DownOptions>("down --name test --data --timeout 1m --state /tmp/s");
  BOOST_TEST(down.stack_name == "test");
  BOOST_TEST(down.data);
  BOOST_TEST((down.timeout == absl::Minutes(1)));
  BOOST_TEST(As<DownOptions>("down").stack_name == "");
  BOOST_TEST(As<DownOptions>("down todo").stack_name == "todo");
  BOOST_TEST(As<DownOptions>("down todo --name todo").stack_name == "todo");
  BOOST_TEST(StatusIs(ParseLine("down todo --name test"), kInvalid, "not both todo and test"));
  BOOST_TEST(StatusIs(ParseLine("down todo test"), kInvalid, "one word too many for down"));
  BOOST_TEST(StatusIs(ParseLine("down --name a/b"), kInvalid, "no stack name"));
}

BOOST_AUTO_TEST_CASE(words_of_other_programs_are_translated) {
  BOOST_TEST(StatusIs(ParseLine("delete-stack --stack-name x"), kInvalid, "here it is: nubo down --name STACK"));
  BOOST_TEST(StatusIs(ParseLine("describe-stacks"), kInvalid, "here it is: nubo get stacks"));
  BOOST_TEST(StatusIs(ParseLine("diff"), kInvalid, "here it is: nubo plan TEMPLATE"));
  BOOST_TEST(StatusIs(ParseLine("plna"), kInvalid, "did you mean plan?"));
  BOOST_TEST(StatusIs(ParseLine("up --stack-name x"), kInvalid, "up has no option --stack-name; did you mean --name?"));
  BOOST_TEST(StatusIs(ParseLine("up --template-body x"), kInvalid, "the template is a word without an option"));
  BOOST_TEST(StatusIs(ParseLine("terminate --instance-ids i-1"), kInvalid, "ids are words without an option"));
  // It has no --name to offer.
  BOOST_TEST(StatusIs(ParseLine("events --stack-name=x"), kInvalid, "events has no option --stack-name; see"));
  BOOST_TEST(StatusIs(ParseLine("get asg"), kInvalid, "did you mean groups?"));
  BOOST_TEST(StatusIs(ParseLine("get ALBs"), kInvalid, "did you mean load-balancers?"));
  BOOST_TEST(StatusIs(ParseLine("get stacks shop todo"), kInvalid, "nubo describe tells all about one thing"));
}

BOOST_AUTO_TEST_CASE(plan_takes_the_words_of_up) {
  const auto plan = As<PlanOptions>("plan shop/t.yaml --name test --param A=1 --image web=build/web -o yaml");
  BOOST_TEST(plan.stack.stack_name == "test");
  BOOST_TEST((plan.stack.format == Format::kYaml));
  BOOST_TEST(StatusIs(ParseLine("plan t.yaml --image web"), kInvalid, "--image 'web' is not NAME=DIR"));
}

BOOST_AUTO_TEST_CASE(answers_come_as_yaml_too) {
  BOOST_TEST((As<UpOptions>("up -o yaml").format == Format::kYaml));
  BOOST_TEST((As<EventsOptions>("events -f -o yaml").format == Format::kYaml));
  BOOST_TEST((As<TerminateOptions>("terminate i-1 -o yaml").format == Format::kYaml));
  BOOST_TEST((As<StatusOptions>("status -o yaml").format == Format::kYaml));
  BOOST_TEST(StatusIs(ParseLine("events -o wide"), kInvalid, "formats are table, json and yaml"));
}

BOOST_AUTO_TEST_CASE(get_needs_a_kind_it_knows) {
  BOOST_TEST((As<GetOptions>("get instances").kind == Kind::kInstances));
  BOOST_TEST((As<GetOptions>("get -o json target-groups").format == Format::kJson));
  BOOST_TEST((As<GetOptions>("get zone --output table").kind == Kind::kZones));
  BOOST_TEST(StatusIs(ParseLine("get"), kInvalid, "get needs a kind (stacks, "));
  BOOST_TEST(StatusIs(ParseLine("get instanes"), kInvalid, "did you mean instances?"));
  BOOST_TEST(StatusIs(ParseLine("get instances -o xml"), kInvalid, "formats are table, wide, json and yaml"));
}

BOOST_AUTO_TEST_CASE(verbs_about_one_thing_need_its_id) {
  BOOST_TEST(As<DescribeOptions>("describe todo/Database").id == "todo/Database");
  BOOST_TEST(As<LogsOptions>("logs i-1 -f").follow);
  BOOST_TEST(As<TerminateOptions>("terminate i-1 i-2").ids.size() == 2u);
  BOOST_TEST((As<InstanceCallOptions>("stop i-1 i-2").call == InstanceCallOptions::Call::kStop));
  BOOST_TEST((As<InstanceCallOptions>("start i-1").call == InstanceCallOptions::Call::kStart));
  BOOST_TEST(As<InstanceCallOptions>("reboot i-1 --wait --timeout 9s").timeout == absl::Seconds(9));
  BOOST_TEST(!As<InstanceCallOptions>("stop i-1").force);
  BOOST_TEST(As<InstanceCallOptions>("stop i-1 --force").force);
  BOOST_TEST(StatusIs(ParseLine("reboot i-1 --force"), kInvalid, "--force"));
  for (const char* verb : {"stop", "start", "reboot"}) {
    BOOST_TEST(StatusIs(ParseLine(verb), kInvalid, absl::StrCat(verb, " needs an instance")));
  }
  BOOST_TEST(StatusIs(ParseLine("describe"), kInvalid, "describe needs an id"));
  BOOST_TEST(StatusIs(ParseLine("logs"), kInvalid, "logs needs an id"));
  BOOST_TEST(StatusIs(ParseLine("terminate"), kInvalid, "terminate needs an instance"));
  BOOST_TEST(StatusIs(ParseLine("describe a b"), kInvalid, "one word too many"));
}

BOOST_AUTO_TEST_CASE(events_can_be_followed) {
  BOOST_TEST(As<EventsOptions>("events -f").follow);
  BOOST_TEST(!As<EventsOptions>("events").follow);
  BOOST_TEST(StatusIs(ParseLine("events todo"), kInvalid, "one word too many"));
}

BOOST_AUTO_TEST_CASE(simulate_takes_what_and_a_scenario) {
  const auto simulate = As<SimulateOptions>("simulate lb a.yaml --html out.html --seed 7 -o json");
  BOOST_TEST(simulate.scenario_name == "a.yaml");
  BOOST_TEST(simulate.scenario_path == "/srv/shop/a.yaml");
  BOOST_TEST(simulate.html_path == "/srv/shop/out.html");
  BOOST_TEST(*simulate.seed == 7u);
  BOOST_TEST((simulate.format == Format::kJson));
  BOOST_TEST(StatusIs(ParseLine("simulate"), kInvalid, "for example: nubo simulate lb"));
  BOOST_TEST(StatusIs(ParseLine("simulate lb"), kInvalid, "for example: nubo simulate lb"));
  BOOST_TEST(StatusIs(ParseLine("simulate dns a.yaml"), kInvalid, "simulate cannot simulate 'dns'"));
  BOOST_TEST(StatusIs(ParseLine("simulate lb a.yaml --seed x"), kInvalid, "--seed 'x' is not a whole number"));
}

BOOST_AUTO_TEST_CASE(networks_are_asked_about_by_any_name) {
  const auto reach = As<ReachOptions>("reach internet todo/Balancer 80 -o yaml");
  BOOST_TEST(reach.from == "internet");
  BOOST_TEST(reach.to == "todo/Balancer");
  BOOST_TEST(reach.port == "80");
  BOOST_TEST((reach.format == Format::kYaml));
  BOOST_TEST(As<ReachOptions>("reach i-1 i-2").port == "");
  BOOST_TEST(StatusIs(ParseLine("reach i-1 i-2 80 81"), kInvalid, "one word too many"));
  BOOST_TEST(As<ExplainOptions>("explain sg-1").id == "sg-1");
  BOOST_TEST(As<IpamOptions>("ipam").id == "");
  BOOST_TEST(As<IpamOptions>("ipam vpc-1 --svg a/vpc.svg").svg_path == "/srv/shop/a/vpc.svg");
}

BOOST_AUTO_TEST_CASE(dig_asks_for_addresses_unless_told_otherwise) {
  BOOST_TEST(As<DigOptions>("dig app.todo.localhost").type == "A");
  const auto dig = As<DigOptions>("dig nubo.test SOA --server 127.0.0.1:53 --tcp");
  BOOST_TEST(dig.type == "SOA");
  BOOST_TEST(dig.server->ToString() == "127.0.0.1:53");
  BOOST_TEST(dig.tcp);
  BOOST_TEST(StatusIs(ParseLine("dig"), kInvalid, "dig needs a name"));
  BOOST_TEST(StatusIs(ParseLine("dig a --server ns1"), kInvalid, "ADDRESS:PORT"));
}

BOOST_AUTO_TEST_CASE(image_imports_and_nothing_else) {
  const auto image = As<ImageImportOptions>("image import web build/web").image;
  BOOST_TEST(image.name == "web");
  BOOST_TEST(image.directory == "/srv/shop/build/web");
  BOOST_TEST(StatusIs(ParseLine("image"), kInvalid, "image import web build/web"));
  BOOST_TEST(StatusIs(ParseLine("image import web"), kInvalid, "image import web build/web"));
  BOOST_TEST(StatusIs(ParseLine("image export web x"), kInvalid, "cannot 'export'"));
  BOOST_TEST(StatusIs(ParseLine("image import .. x"), kInvalid, "no image name"));
}

BOOST_AUTO_TEST_CASE(serve_has_the_regions_defaults) {
  Surroundings around = Around();
  around.environment["NUBO_SHIM"] = "/opt/nubo-shim";
  const auto serve = As<ServeOptions>("serve --ready-fd=3", around);
  BOOST_TEST(serve.http_address.ToString() == "127.0.0.1:8080");
  BOOST_TEST(serve.dns_address.ToString() == "127.0.0.1:10053");
  BOOST_TEST(serve.fabric == "loopback");
  BOOST_TEST(serve.shim_path == "/opt/nubo-shim");
  BOOST_TEST(serve.ready_fd == 3);
  BOOST_TEST(!serve.exit_when_empty);
  BOOST_TEST(!serve.allow_unisolated);
  BOOST_TEST(As<ServeOptions>("serve --allow-unisolated").allow_unisolated);
  BOOST_TEST(As<ServeOptions>("serve --shim bin/shim --exit-when-empty").shim_path == "/srv/shop/bin/shim");
  BOOST_TEST(StatusIs(ParseLine("serve --fabric vpc"), kInvalid, "there is no fabric 'vpc'"));
  BOOST_TEST(StatusIs(ParseLine("serve --ready-fd three"), kInvalid));
}

BOOST_AUTO_TEST_CASE(metrics_are_on_this_machine_unless_told_otherwise_and_off_by_default) {
  BOOST_TEST(!As<ServeOptions>("serve").metrics_address.has_value());
  BOOST_TEST(As<ServeOptions>("serve --metrics 9464").metrics_address->ToString() == "127.0.0.1:9464");
  BOOST_TEST(As<ServeOptions>("serve --metrics [::1]:9464").metrics_address->ToString() == "[::1]:9464");
  BOOST_TEST(As<ProcessOptions>("proxy --control x --metrics 0.0.0.0:1").metrics_address->ToString() == "0.0.0.0:1");
  BOOST_TEST(As<ProcessOptions>("dns --control x --metrics 9465").metrics_address->ToString() == "127.0.0.1:9465");
  BOOST_TEST(!As<ProcessOptions>("dns --control x").metrics_address.has_value());
  for (const char* wrong : {"localhost:9464", "metrics", "0", "65536", "-1", "127.0.0.1:", ":9464", "127.0.0.1:0"}) {
    BOOST_TEST(StatusIs(ParseLine(absl::StrCat("serve --metrics=", wrong)), kInvalid,
                        absl::StrCat("--metrics '", wrong, "' is neither a port nor ADDRESS:PORT; for example")));
  }
}

BOOST_AUTO_TEST_CASE(processes_need_their_control_socket) {
  const auto proxy = As<ProcessOptions>("proxy --control run/lb.sock");
  BOOST_TEST((proxy.program == ProcessOptions::Program::kProxy));
  BOOST_TEST(proxy.control_path == "/srv/shop/run/lb.sock");
  const auto dns = As<ProcessOptions>("dns --control /d.sock --listen 127.0.0.1:10053 --listen [::1]:10053");
  BOOST_TEST((dns.program == ProcessOptions::Program::kDns));
  BOOST_TEST(dns.listeners.size() == 2u);
  BOOST_TEST(!dns.query_log);
  BOOST_TEST(As<ProcessOptions>("dns --control /d.sock --query-log").query_log);
  BOOST_TEST(As<ProcessOptions>("proxy --control /d.sock --drop-privileges").drop_privileges);
  const auto metadata = As<ProcessOptions>("metadata --control run/m.sock --snapshot /m --metrics 9467");
  BOOST_TEST((metadata.program == ProcessOptions::Program::kMetadata));
  BOOST_TEST(metadata.control_path == "/srv/shop/run/m.sock");
  BOOST_TEST(metadata.snapshot_path == "/m");
  BOOST_TEST(metadata.metrics_address.has_value());
  BOOST_TEST(StatusIs(ParseLine("metadata"), kInvalid, "metadata needs a control socket"));
  BOOST_TEST(StatusIs(ParseLine("metadata --control x --listen 127.0.0.1:80"), kInvalid, "no option --listen"));
  BOOST_TEST(StatusIs(ParseLine("metadata --control x --drop-privileges"), kInvalid, "no option --drop-privileges"));
  BOOST_TEST(StatusIs(ParseLine("proxy --control x --query-log"), kInvalid, "no option --query-log"));
  BOOST_TEST(StatusIs(ParseLine("proxy"), kInvalid, "proxy needs a control socket"));
  BOOST_TEST(StatusIs(ParseLine("dns --control x --listen 53"), kInvalid, "--listen"));
}

BOOST_AUTO_TEST_CASE(unknown_verbs_get_the_nearest_one) {
  BOOST_TEST(StatusIs(ParseLine("gte"), kInvalid, "there is no verb 'gte'; did you mean get?"));
  BOOST_TEST(StatusIs(ParseLine("xyzzy"), kInvalid, "see: nubo help"));
  BOOST_TEST(StatusIs(ParseLine("--state x get"), kInvalid, "a verb comes first"));
  BOOST_TEST(StatusIs(ParseLine("help gte"), kInvalid, "did you mean get?"));
}

BOOST_AUTO_TEST_CASE(help_teaches_every_verb_by_example) {
  BOOST_TEST(As<HelpOptions>("").text == As<HelpOptions>("help").text);
  BOOST_TEST(As<HelpOptions>("--help").text == As<HelpOptions>("help").text);
  for (const std::string& verb : Verbs()) {
    BOOST_TEST(absl::StrContains(As<HelpOptions>("help").text, "nubo " + verb), verb);
    BOOST_TEST(!VerbSummary(verb).empty(), verb);
    if (verb == "help") continue;
    const std::string text = As<HelpOptions>("help " + verb).text;
    BOOST_TEST(absl::StrContains(text, "Examples:\n  nubo " + verb), text);
    BOOST_TEST(As<HelpOptions>(verb + " --help").text == text);
  }
}

BOOST_AUTO_TEST_CASE(help_hides_what_only_the_region_starts) {
  const std::string text = As<HelpOptions>("help").text;
  BOOST_TEST(!absl::StrContains(text, "nubo proxy"));
  BOOST_TEST(!absl::StrContains(text, "nubo dns"));
  BOOST_TEST(!absl::StrContains(text, "nubo metadata"));
  BOOST_TEST(!absl::StrContains(As<HelpOptions>("help serve").text, "ready-fd"));
}

BOOST_AUTO_TEST_CASE(every_example_in_help_is_a_good_command_line) {
  for (const std::string& verb : Verbs()) {
    for (absl::string_view line : absl::StrSplit(VerbExamples(verb), '\n')) {
      if (!absl::StartsWith(line, "  nubo ")) continue;
      line.remove_prefix(7);
      // What follows a wide gap is a remark, what follows a bar another program.
      const std::string command(line.substr(0, std::min(line.find("    "), line.find(" |"))));
      BOOST_TEST(IsOk(ParseLine(command)), command);
    }
  }
}

BOOST_AUTO_TEST_CASE(every_command_in_the_guide_is_a_good_command_line) {
  std::ifstream guide("docs/cli.md");
  std::string line;
  std::set<std::string> shown;
  bool commands = false;
  while (std::getline(guide, line)) {
    if (absl::StartsWith(line, "```")) commands = line == "```sh";
    if (!commands || !absl::StartsWith(line, "nubo ")) continue;
    const size_t end = std::min({line.size(), line.find(" |"), line.find("    #"), line.find(" > ")});
    const std::string command = line.substr(5, end - 5);
    BOOST_TEST(IsOk(ParseLine(command)), command);
    shown.insert(command.substr(0, command.find(' ')));
  }
  for (const std::string& verb : Verbs()) BOOST_TEST(shown.count(verb) == 1u, verb);
}

BOOST_AUTO_TEST_CASE(version_is_a_verb_and_an_option) {
  As<VersionOptions>("version");
  As<VersionOptions>("--version");
  BOOST_TEST(StatusIs(ParseLine("version 2"), kInvalid, "one word too many"));
}

BOOST_AUTO_TEST_CASE(bounds_the_number_of_arguments) {
  const std::vector<std::string> many(10001, "terminate");
  BOOST_TEST(StatusIs(Parse(many, Around()), kInvalid, "too many"));
}

}  // namespace
}  // namespace nubo::cli
