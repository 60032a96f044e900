#include "nubo/cli/args/command_line.h"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <system_error>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "nubo/base/status.h"
#include "nubo/cli/args/completion.h"
#include "nubo/cli/args/foreign_words.h"
#include "nubo/cli/args/help.h"
#include "nubo/cli/args/manual.h"
#include "nubo/cli/args/parse.h"
#include "nubo/cli/args/suggest.h"
#include "nubo/cli/args/verb_parser.h"
#include "nubo/stack/utf8.h"

namespace nubo::cli {
namespace {

constexpr char kDefaultTemplate[] = "template.yaml";
constexpr char kFabricHelp[] = "How instances are connected: namespaces or loopback";
constexpr char kMetricsHelp[] = "Answer Prometheus at /metrics there; on 127.0.0.1 if it is only a port";
constexpr char kMetricsKind[] = "[ADDRESS:]PORT";
constexpr char kAllowUnisolatedHelp[] = "Run instances even where they cannot be kept apart from your files";
// A template has at most 200 parameters; so many options are a mistake.
constexpr size_t kArgumentsMax = 10000;

absl::StatusOr<std::string> CheckFabric(const std::string& fabric) {
  if (fabric == "loopback" || fabric == "namespaces") return fabric;
  return absl::InvalidArgumentError(
      absl::StrCat("there is no fabric '", fabric, "'; use --fabric namespaces or --fabric loopback"));
}

absl::StatusOr<std::string> CheckStackName(const std::string& name) {
  if (IsStackName(name)) return name;
  return absl::InvalidArgumentError(absl::StrCat(
      "'", name, "' is no stack name: letters, digits and hyphens, a letter first, at most ", kStackNameMax));
}

bool IsImageName(const std::string& name) {
  return !name.empty() && name.size() <= kStackNameMax && name != "." && name != ".." &&
         std::all_of(name.begin(), name.end(),
                     [](unsigned char c) { return absl::ascii_isalnum(c) || c == '-' || c == '_' || c == '.'; });
}

absl::StatusOr<ImageSource> MakeImage(const std::string& name, const std::string& directory,
                                      const Surroundings& surroundings) {
  if (!IsImageName(name)) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", name, "' is no image name: letters, digits, '-', '_' and '.', at most ", kStackNameMax));
  }
  return ImageSource{name, AbsolutePath(directory, surroundings)};
}

// "KEY=VALUE"; both must be there, though VALUE may be empty where `empty_value` says so.
absl::StatusOr<std::pair<std::string, std::string>> SplitPair(absl::string_view option, const std::string& text,
                                                              absl::string_view example, bool empty_value) {
  const size_t equals = text.find('=');
  if (equals != std::string::npos && equals > 0 && (empty_value || equals + 1 < text.size())) {
    return std::pair(text.substr(0, equals), text.substr(equals + 1));
  }
  return absl::InvalidArgumentError(absl::StrCat(option, " '", text, "' is not ", example));
}

void FillTemplate(const std::string& asked, const Surroundings& surroundings, UpOptions& options) {
  const std::string preset = surroundings.Variable("NUBO_DEFAULT_TEMPLATE");
  const std::string chosen = !asked.empty() ? asked : !preset.empty() ? preset : kDefaultTemplate;
  options.template_name = chosen;
  options.template_path = AbsolutePath(chosen, surroundings);
  // A directory stands for the template in it, as a stack is named after it.
  std::error_code ignored;
  if (std::filesystem::is_directory(options.template_path, ignored)) {
    options.template_name = absl::StrCat(absl::StripSuffix(chosen, "/"), "/", kDefaultTemplate);
    options.template_path = absl::StrCat(options.template_path, "/", kDefaultTemplate);
  }
  if (const std::string images = surroundings.Variable("NUBO_DEFAULT_IMAGES"); !images.empty()) {
    options.default_images_dir = AbsolutePath(images, surroundings);
  }
}

absl::Status FillPairs(const std::vector<std::string>& parameters, const std::vector<std::string>& images,
                       const Surroundings& surroundings, UpOptions& options) {
  for (const std::string& text : parameters) {
    NUBO_ASSIGN_OR_RETURN(auto pair, SplitPair("--param", text, "KEY=VALUE; for example --param Instances=3", true));
    const auto same = [&](const auto& other) { return other.first == pair.first; };
    if (std::any_of(options.parameters.begin(), options.parameters.end(), same)) {
      return absl::InvalidArgumentError(absl::StrCat("--param ", pair.first, " is given twice; once is right"));
    }
    options.parameters.push_back(std::move(pair));
  }
  for (const std::string& text : images) {
    NUBO_ASSIGN_OR_RETURN(auto pair, SplitPair("--image", text, "NAME=DIR; for example --image web=build/web", false));
    NUBO_ASSIGN_OR_RETURN(ImageSource image, MakeImage(pair.first, pair.second, surroundings));
    options.images.push_back(std::move(image));
  }
  return absl::OkStatus();
}

absl::StatusOr<Command> ParseUp(const Words& words, const Surroundings& surroundings) {
  VerbParser parser("up", surroundings);
  UpOptions options;
  std::string template_path, http, dns, fabric, timeout;
  Words parameters, images;
  parser.Positional("TEMPLATE", &template_path,
                    "The template, or its directory; ./template.yaml if there is no other default");
  parser.Text("--name", &options.stack_name, "The stack's name; its directory's unless given", "NAME");
  parser.List("--param", &parameters, "A parameter of the template; may be given again", "KEY=VALUE");
  parser.List("--image", &images, "A directory to import as an image first; may be given again", "NAME=DIR");
  parser.Flag("-y,--yes", &options.yes, "Do not ask before an update that deletes or replaces");
  parser.Flag("--follow", &options.follow, "Go on printing events until Ctrl-C, which only stops following");
  parser.Text("--timeout", &timeout, "How long to wait until it serves; 5m unless given", "TIME");
  parser.Text("--http-address", &http,
              "Where public names under .localhost are served; $NUBO_HTTP_ADDRESS, else 127.0.0.1:8080",
              "ADDRESS:PORT");
  parser.Text("--dns-address", &dns, "Where the DNS server answers; $NUBO_DNS_ADDRESS, else 127.0.0.1:10053",
              "ADDRESS:PORT");
  parser.Text("--fabric", &fabric, kFabricHelp, "NAME");
  parser.Flag("--allow-unisolated", &options.allow_unisolated, kAllowUnisolatedHelp);
  parser.State();
  parser.AnswerOutput();
  NUBO_ASSIGN_OR_RETURN(const bool help, parser.Run(words));
  if (help) return HelpOptions{parser.Help()};
  NUBO_ASSIGN_OR_RETURN(options.state_dir, parser.StateDir());
  NUBO_ASSIGN_OR_RETURN(options.format, parser.OutputFormat());
  FillTemplate(template_path, surroundings, options);
  NUBO_RETURN_IF_ERROR(FillPairs(parameters, images, surroundings, options));
  if (options.stack_name.empty()) options.stack_name = StackNameFor(options.template_path);
  NUBO_ASSIGN_OR_RETURN(options.stack_name, CheckStackName(options.stack_name));
  if (!timeout.empty()) {
    NUBO_ASSIGN_OR_RETURN(options.timeout, ParseTimeout(timeout));
  }
  NUBO_ASSIGN_OR_RETURN(options.http_address, ChosenAddress("--http-address", http, "127.0.0.1:8080", surroundings));
  NUBO_ASSIGN_OR_RETURN(options.dns_address, ChosenAddress("--dns-address", dns, "127.0.0.1:10053", surroundings));
  if (!fabric.empty()) {
    NUBO_ASSIGN_OR_RETURN(options.fabric, CheckFabric(fabric));
  }
  return options;
}

absl::StatusOr<Command> ParsePlan(const Words& words, const Surroundings& surroundings) {
  VerbParser parser("plan", surroundings);
  UpOptions options;
  std::string template_path;
  Words parameters, images;
  parser.Positional("TEMPLATE", &template_path,
                    "The template, or its directory; ./template.yaml if there is no other default");
  parser.Text("--name", &options.stack_name, "The stack's name; its directory's unless given", "NAME");
  parser.List("--param", &parameters, "A parameter of the template; may be given again", "KEY=VALUE");
  parser.List("--image", &images, "As of up, and not looked at: images are no part of a plan", "NAME=DIR");
  parser.State();
  parser.AnswerOutput();
  NUBO_ASSIGN_OR_RETURN(const bool help, parser.Run(words));
  if (help) return HelpOptions{parser.Help()};
  NUBO_ASSIGN_OR_RETURN(options.state_dir, parser.StateDir());
  NUBO_ASSIGN_OR_RETURN(options.format, parser.OutputFormat());
  FillTemplate(template_path, surroundings, options);
  NUBO_RETURN_IF_ERROR(FillPairs(parameters, images, surroundings, options));
  if (options.stack_name.empty()) options.stack_name = StackNameFor(options.template_path);
  NUBO_ASSIGN_OR_RETURN(options.stack_name, CheckStackName(options.stack_name));
  return PlanOptions{std::move(options)};
}

absl::StatusOr<Command> ParseDown(const Words& words, const Surroundings& surroundings) {
  VerbParser parser("down", surroundings);
  DownOptions options;
  std::string timeout, name;
  parser.Positional("NAME", &name, "The stack; may be left out if there is only one");
  parser.Text("--name", &options.stack_name, "The same", "NAME");
  parser.Flag("--data", &options.data, "Remove the data of its databases too");
  parser.Flag("-y,--yes", &options.yes,
              "Do not ask; and with the last stack, also delete what stacks left behind (Retain)");
  parser.Text("--timeout", &timeout, "How long to wait until it is gone; 5m unless given", "TIME");
  parser.State();
  parser.InsteadOfWords("one stack is taken down at a time");
  NUBO_ASSIGN_OR_RETURN(const bool help, parser.Run(words));
  if (help) return HelpOptions{parser.Help()};
  NUBO_ASSIGN_OR_RETURN(options.state_dir, parser.StateDir());
  if (!name.empty() && !options.stack_name.empty() && name != options.stack_name) {
    return absl::InvalidArgumentError(
        absl::StrCat("down takes one stack, not both ", name, " and ", options.stack_name, "; leave one of them out"));
  }
  if (options.stack_name.empty()) options.stack_name = name;
  if (!options.stack_name.empty()) {
    NUBO_ASSIGN_OR_RETURN(options.stack_name, CheckStackName(options.stack_name));
  }
  if (!timeout.empty()) {
    NUBO_ASSIGN_OR_RETURN(options.timeout, ParseTimeout(timeout));
  }
  return options;
}

absl::StatusOr<Command> ParseGet(const Words& words, const Surroundings& surroundings) {
  VerbParser parser("get", surroundings);
  GetOptions options;
  std::string kind;
  Words filters;
  parser.Positional("KIND", &kind, absl::StrCat("One of ", absl::StrJoin(KindNames(), ", ")));
  parser.Positional("ID", &options.id, "Only this one: a physical id, a name, or STACK/LOGICAL-ID");
  parser.Text("--stack", &options.stack_name, "Only what is of this stack", "NAME");
  parser.List("--filter", &filters, "Only what has one of these, separated by commas; may be given again",
              "NAME=VALUE");
  parser.Flag("-w,--watch", &options.watch, "Print it again whenever it differs, until Ctrl-C");
  parser.State();
  parser.InsteadOfWords("nubo describe tells all about one thing");
  parser.WideOutput();
  NUBO_ASSIGN_OR_RETURN(const bool help, parser.Run(words));
  if (help) return HelpOptions{parser.Help()};
  if (kind.empty()) {
    return Missing("get", absl::StrCat("a kind (", absl::StrJoin(KindNames(), ", "), ")"), "get instances");
  }
  NUBO_ASSIGN_OR_RETURN(options.kind, ParseKind(kind));
  for (const std::string& text : filters) {
    NUBO_ASSIGN_OR_RETURN(
        const auto pair,
        SplitPair("--filter", text, "NAME=VALUE; for example --filter instance-state-name=running,pending", true));
    options.filters.emplace_back(pair.first, absl::StrSplit(pair.second, ','));
  }
  NUBO_ASSIGN_OR_RETURN(options.format, parser.OutputFormat());
  NUBO_ASSIGN_OR_RETURN(options.state_dir, parser.StateDir());
  return options;
}

absl::StatusOr<Command> ParseDescribe(const Words& words, const Surroundings& surroundings) {
  VerbParser parser("describe", surroundings);
  DescribeOptions options;
  parser.Positional("ID", &options.id, "A physical id, a name, or STACK/LOGICAL-ID");
  parser.State();
  parser.WideOutput();
  NUBO_ASSIGN_OR_RETURN(const bool help, parser.Run(words));
  if (help) return HelpOptions{parser.Help()};
  if (options.id.empty()) return Missing("describe", "an id", "describe todo/Database");
  NUBO_ASSIGN_OR_RETURN(options.format, parser.OutputFormat());
  NUBO_ASSIGN_OR_RETURN(options.state_dir, parser.StateDir());
  return options;
}

absl::StatusOr<Command> ParseEvents(const Words& words, const Surroundings& surroundings) {
  VerbParser parser("events", surroundings);
  EventsOptions options;
  parser.Flag("-f,--follow", &options.follow, "Go on with what happens from now on");
  parser.State();
  parser.AnswerOutput();
  NUBO_ASSIGN_OR_RETURN(const bool help, parser.Run(words));
  if (help) return HelpOptions{parser.Help()};
  NUBO_ASSIGN_OR_RETURN(options.format, parser.OutputFormat());
  NUBO_ASSIGN_OR_RETURN(options.state_dir, parser.StateDir());
  return options;
}

// "5m", or "2030-01-01T12:00:00Z".
absl::StatusOr<std::variant<absl::Time, absl::Duration>> ParseSince(const std::string& text) {
  absl::Time time;
  std::string ignored;
  if (absl::ParseTime(absl::RFC3339_full, text, &time, &ignored)) return time;
  if (const absl::StatusOr<absl::Duration> ago = ParseTimeout(text); ago.ok()) return *ago;
  return absl::InvalidArgumentError(absl::StrCat(
      "--since '", text, "' is neither a time before now nor a time in RFC 3339; for example --since 5m or --since ",
      "2030-01-01T12:00:00Z"));
}

absl::StatusOr<Command> ParseLogs(const Words& words, const Surroundings& surroundings) {
  VerbParser parser("logs", surroundings);
  LogsOptions options;
  std::string tail, since;
  parser.Positional("ID", &options.id,
                    "An instance, load balancer or database, by id, name or STACK/LOGICAL-ID; or \"dns\"");
  parser.Flag("-f,--follow", &options.follow, "Go on with what is added from now on");
  parser.Text("-n,--tail", &tail, "Begin with so many lines from its end; with all of it unless given", "LINES");
  parser.Text("--since", &since, "Only what was printed since: so long before now (5m, 2h), or at a time in RFC 3339",
              "TIME");
  parser.State();
  NUBO_ASSIGN_OR_RETURN(const bool help, parser.Run(words));
  if (help) return HelpOptions{parser.Help()};
  if (options.id.empty()) return Missing("logs", "an id", "logs i-0123456789abcdef0");
  if (!tail.empty()) {
    int lines = 0;
    if (!absl::SimpleAtoi(tail, &lines) || lines < 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("--tail '", tail, "' is not a number of lines; for example --tail 100"));
    }
    options.tail = lines;
  }
  if (!since.empty()) {
    NUBO_ASSIGN_OR_RETURN(options.since, ParseSince(since));
  }
  NUBO_ASSIGN_OR_RETURN(options.state_dir, parser.StateDir());
  return options;
}

absl::StatusOr<Command> ParseDig(const Words& words, const Surroundings& surroundings) {
  VerbParser parser("dig", surroundings);
  DigOptions options;
  std::string server;
  parser.Positional("NAME", &options.name, "The name to ask for");
  parser.Positional("TYPE", &options.type, "A unless given");
  parser.Text("--server", &server, "Whom to ask; the region's DNS server unless given", "ADDRESS:PORT");
  parser.Flag("--tcp", &options.tcp, "Ask over TCP");
  parser.State();
  NUBO_ASSIGN_OR_RETURN(const bool help, parser.Run(words));
  if (help) return HelpOptions{parser.Help()};
  if (options.name.empty()) return Missing("dig", "a name", "dig app.todo.localhost");
  if (!server.empty()) {
    NUBO_ASSIGN_OR_RETURN(options.server, ParseAddress("--server", server, "127.0.0.1:53"));
  }
  NUBO_ASSIGN_OR_RETURN(options.state_dir, parser.StateDir());
  return options;
}

absl::StatusOr<Command> ParseReach(const Words& words, const Surroundings& surroundings) {
  VerbParser parser("reach", surroundings);
  ReachOptions options;
  parser.Positional("FROM", &options.from,
                    "An instance, interface, load balancer or database, by id, name or STACK/LOGICAL-ID; an address; "
                    "or \"internet\"");
  parser.Positional("TO", &options.to, "The same");
  parser.Positional("PORT", &options.port, "80, tcp:80, udp:53, icmp:8; a ping unless given");
  parser.State();
  parser.AnswerOutput();
  NUBO_ASSIGN_OR_RETURN(const bool help, parser.Run(words));
  if (help) return HelpOptions{parser.Help()};
  if (options.to.empty()) return Missing("reach", "two ends", "reach internet todo/Balancer 80");
  NUBO_ASSIGN_OR_RETURN(options.format, parser.OutputFormat());
  NUBO_ASSIGN_OR_RETURN(options.state_dir, parser.StateDir());
  return options;
}

absl::StatusOr<Command> ParseExplain(const Words& words, const Surroundings& surroundings) {
  VerbParser parser("explain", surroundings);
  ExplainOptions options;
  parser.Positional("ID", &options.id,
                    "A security group, a network ACL, an interface, what has one, such as an instance, or a VPC; by "
                    "id, name or STACK/LOGICAL-ID");
  parser.State();
  parser.AnswerOutput();
  NUBO_ASSIGN_OR_RETURN(const bool help, parser.Run(words));
  if (help) return HelpOptions{parser.Help()};
  if (options.id.empty()) return Missing("explain", "an id", "explain todo/WebGroup");
  NUBO_ASSIGN_OR_RETURN(options.format, parser.OutputFormat());
  NUBO_ASSIGN_OR_RETURN(options.state_dir, parser.StateDir());
  return options;
}

absl::StatusOr<Command> ParseIpam(const Words& words, const Surroundings& surroundings) {
  VerbParser parser("ipam", surroundings);
  IpamOptions options;
  std::string svg;
  parser.Positional("ID", &options.id, "Only this VPC or IPAM pool: its id, or STACK/LOGICAL-ID");
  parser.Text("--svg", &svg, "Also draw it, a file for each block", "FILE");
  parser.State();
  parser.AnswerOutput();
  NUBO_ASSIGN_OR_RETURN(const bool help, parser.Run(words));
  if (help) return HelpOptions{parser.Help()};
  if (!svg.empty()) options.svg_path = AbsolutePath(svg, surroundings);
  NUBO_ASSIGN_OR_RETURN(options.format, parser.OutputFormat());
  NUBO_ASSIGN_OR_RETURN(options.state_dir, parser.StateDir());
  return options;
}

absl::StatusOr<Command> ParseSimulate(const Words& words, const Surroundings& surroundings) {
  VerbParser parser("simulate", surroundings);
  SimulateOptions options;
  std::string what, html, seed;
  parser.Positional("WHAT", &what, "lb: balancing policies");
  parser.Positional("SCENARIO", &options.scenario_name, "The file that says what happens");
  parser.Text("--html", &html, "Also write a page with charts", "FILE");
  parser.Text("--seed", &seed, "Another seed than the scenario's", "NUMBER");
  parser.Output();
  NUBO_ASSIGN_OR_RETURN(const bool help, parser.Run(words));
  if (help) return HelpOptions{parser.Help()};
  if (what.empty() || (what == "lb" && options.scenario_name.empty())) {
    return Missing("simulate", "what to simulate and a scenario", "simulate lb scenario.yaml");
  }
  if (what != "lb") {
    return absl::InvalidArgumentError(
        absl::StrCat("simulate cannot simulate '", what, "'; it can: nubo simulate lb SCENARIO"));
  }
  options.scenario_path = AbsolutePath(options.scenario_name, surroundings);
  if (!html.empty()) options.html_path = AbsolutePath(html, surroundings);
  uint64_t number = 0;
  if (!seed.empty()) {
    if (!absl::SimpleAtoi(seed, &number)) {
      return absl::InvalidArgumentError(
          absl::StrCat("--seed '", seed, "' is not a whole number from 0 on; for example --seed 7"));
    }
    options.seed = number;
  }
  NUBO_ASSIGN_OR_RETURN(options.format, parser.OutputFormat());
  return options;
}

absl::StatusOr<Command> ParseImage(const Words& words, const Surroundings& surroundings) {
  VerbParser parser("image", surroundings);
  ImageImportOptions options;
  std::string action, name, directory;
  parser.Positional("ACTION", &action, "import, or list");
  parser.Positional("NAME", &name, "What templates call the image");
  parser.Positional("DIR", &directory, "The directory whose content it is; copied");
  parser.State();
  parser.AnswerOutput();
  NUBO_ASSIGN_OR_RETURN(const bool help, parser.Run(words));
  if (help) return HelpOptions{parser.Help()};
  if (action.empty() || (action == "import" && directory.empty())) {
    return Missing("image", "what to do, a name and a directory", "image import web build/web");
  }
  if (action == "list" && name.empty()) {
    GetOptions list;
    list.kind = Kind::kImages;
    NUBO_ASSIGN_OR_RETURN(list.format, parser.OutputFormat());
    NUBO_ASSIGN_OR_RETURN(list.state_dir, parser.StateDir());
    return list;
  }
  if (action != "import") {
    return absl::InvalidArgumentError(
        absl::StrCat("image cannot '", action, "'; it can: nubo image import NAME DIR, nubo image list"));
  }
  NUBO_ASSIGN_OR_RETURN(options.image, MakeImage(name, directory, surroundings));
  NUBO_ASSIGN_OR_RETURN(options.format, parser.OutputFormat());
  NUBO_ASSIGN_OR_RETURN(options.state_dir, parser.StateDir());
  return options;
}

absl::StatusOr<Command> ParseServe(const Words& words, const Surroundings& surroundings) {
  VerbParser parser("serve", surroundings);
  ServeOptions options;
  std::string http, dns, metrics;
  parser.Text("--http-address", &http, "Where public names under .localhost are served; 127.0.0.1:8080",
              "ADDRESS:PORT");
  parser.Text("--dns-address", &dns, "Where the DNS server answers; 127.0.0.1:10053", "ADDRESS:PORT");
  parser.Text("--metrics", &metrics, kMetricsHelp, kMetricsKind);
  parser.Text("--fabric", &options.fabric, kFabricHelp, "NAME");
  parser.Text("--shim", &options.shim_path, "The program that watches over one instance; nubo-shim beside this one",
              "FILE");
  parser.Flag("--allow-unisolated", &options.allow_unisolated, kAllowUnisolatedHelp);
  parser.Flag("--exit-when-empty", &options.exit_when_empty, "End some seconds after the last stack was deleted");
  parser.Flag("--end-strays", &options.end_strays,
              "End processes that a former region has left and the store knows nothing of");
  parser.HiddenNumber("--ready-fd", &options.ready_fd);
  parser.HiddenNumber("--crash-at", &options.crash_at);
  parser.State();
  NUBO_ASSIGN_OR_RETURN(const bool help, parser.Run(words));
  if (help) return HelpOptions{parser.Help()};
  NUBO_ASSIGN_OR_RETURN(options.state_dir, parser.StateDir());
  NUBO_ASSIGN_OR_RETURN(options.fabric, CheckFabric(options.fabric));
  if (!http.empty()) {
    NUBO_ASSIGN_OR_RETURN(options.http_address, ParseAddress("--http-address", http, "127.0.0.1:8080"));
  }
  if (!dns.empty()) {
    NUBO_ASSIGN_OR_RETURN(options.dns_address, ParseAddress("--dns-address", dns, "127.0.0.1:10053"));
  }
  NUBO_ASSIGN_OR_RETURN(options.metrics_address, ParseMetricsAddress(metrics));
  if (options.shim_path.empty()) options.shim_path = surroundings.Variable("NUBO_SHIM");
  if (!options.shim_path.empty()) options.shim_path = AbsolutePath(options.shim_path, surroundings);
  return options;
}

absl::StatusOr<Command> ParseProcess(const std::string& verb, const Words& words, const Surroundings& surroundings) {
  VerbParser parser(verb, surroundings);
  ProcessOptions options;
  options.program = verb == "proxy"     ? ProcessOptions::Program::kProxy
                    : verb == "dns"     ? ProcessOptions::Program::kDns
                    : verb == "network" ? ProcessOptions::Program::kNetwork
                                        : ProcessOptions::Program::kMetadata;
  std::string control, snapshot, metrics;
  Words listeners;
  parser.Text("--control", &control, "The unix socket that the configuration comes by", "PATH");
  parser.Text("--snapshot", &snapshot, "Where the last configuration is kept for a successor", "FILE");
  if (verb == "dns") {
    parser.List("--listen", &listeners, "Where to answer; may be given again", "ADDRESS:PORT");
    parser.Flag("--query-log", &options.query_log, "Print a line per query");
  } else if (verb == "network") {
    parser.Text("--join", &options.join_path, "The unix socket on which networks are asked for", "PATH");
  } else if (verb == "proxy") {
    parser.Flag("--drop-privileges", &options.drop_privileges, "If run by root, become nobody");
  }
  if (verb != "network") parser.Text("--metrics", &metrics, kMetricsHelp, kMetricsKind);
  NUBO_ASSIGN_OR_RETURN(const bool help, parser.Run(words));
  if (help) return HelpOptions{parser.Help()};
  if (control.empty())
    return Missing(verb, "a control socket", absl::StrCat(verb, " --control /tmp/region/run/x.sock"));
  options.control_path = AbsolutePath(control, surroundings);
  if (verb == "network" && options.join_path.empty()) {
    return Missing(verb, "a socket to join by", "network --control /tmp/region/ctl --join /tmp/region/join");
  }
  if (!options.join_path.empty()) options.join_path = AbsolutePath(options.join_path, surroundings);
  if (!snapshot.empty()) options.snapshot_path = AbsolutePath(snapshot, surroundings);
  NUBO_ASSIGN_OR_RETURN(options.metrics_address, ParseMetricsAddress(metrics));
  for (const std::string& text : listeners) {
    NUBO_ASSIGN_OR_RETURN(const net::SocketAddress listener, ParseAddress("--listen", text, "127.0.0.1:10053"));
    options.listeners.push_back(listener);
  }
  return options;
}

absl::StatusOr<Command> ParseCompletion(const Words& words, const Surroundings& surroundings) {
  VerbParser parser("completion", surroundings);
  std::string shell;
  parser.Positional("SHELL", &shell, "bash, zsh or fish");
  NUBO_ASSIGN_OR_RETURN(const bool help, parser.Run(words));
  if (help) return parser.Help();
  if (shell.empty()) return Missing("completion", "a shell (bash, zsh or fish)", "completion bash");
  if (shell == "bash") return HelpOptions{BashCompletion(AllUsages())};
  if (shell == "zsh") return HelpOptions{ZshCompletion(AllUsages())};
  if (shell == "fish") return HelpOptions{FishCompletion(AllUsages())};
  return absl::InvalidArgumentError(
      absl::StrCat("there is no completion for '", shell, "'; shells are bash, zsh and fish"));
}

// `nubo help --markdown` and the like; `nubo help VERB` is that verb's own.
absl::StatusOr<Command> ParseHelpItself(const Words& words, const Surroundings& surroundings) {
  VerbParser parser("help", surroundings);
  std::string verb;
  bool markdown = false, man = false;
  parser.Positional("VERB", &verb, "What to explain; everything in short unless given");
  parser.Flag("--markdown", &markdown, "Print all of it as Markdown");
  parser.Flag("--man", &man, "Print all of it as a manual page");
  NUBO_ASSIGN_OR_RETURN(const bool help, parser.Run(words));
  if (help) return parser.Help();
  if (!verb.empty())
    return absl::InvalidArgumentError(absl::StrCat("--markdown and --man are about all verbs, not ", verb));
  if (markdown && man) return absl::InvalidArgumentError("--markdown or --man, not both");
  return HelpOptions{markdown ? MarkdownManual(AllUsages()) : ManPage(AllUsages())};
}

absl::Status UnknownVerb(const std::string& verb) {
  if (absl::StartsWith(verb, "-")) {
    return absl::InvalidArgumentError(
        absl::StrCat("a verb comes first, not ", verb, "; for example: nubo get instances, or: nubo help"));
  }
  const std::string foreign = ForeignVerb(verb);
  const std::string meant = foreign.empty() ? DidYouMean(verb, Verbs()) : absl::StrCat("; here it is: ", foreign);
  return absl::InvalidArgumentError(
      absl::StrCat("there is no verb '", verb, "'", meant.empty() ? "; see: nubo help" : meant));
}

using VerbFunction = std::function<absl::StatusOr<Command>(const Words&, const Surroundings&)>;

VerbFunction FindVerb(const std::string& verb) {
  if (verb == "up") return ParseUp;
  if (verb == "plan") return ParsePlan;
  if (verb == "down") return ParseDown;
  if (verb == "get") return ParseGet;
  if (verb == "describe") return ParseDescribe;
  if (verb == "events") return ParseEvents;
  if (verb == "logs") return ParseLogs;
  if (verb == "terminate") return ParseTerminate;
  if (verb == "stop" || verb == "start" || verb == "reboot") {
    return [verb](const Words& words, const Surroundings& s) { return ParseInstanceCall(verb, words, s); };
  }
  if (verb == "delete") return ParseDelete;
  if (verb == "protect") return ParseProtect;
  if (verb == "set-desired") return ParseSetDesired;
  if (verb == "exec") return ParseExec;
  if (verb == "status") return ParseStatus;
  if (verb == "console") return ParseConsole;
  if (verb == "doctor") return ParseDoctor;
  if (verb == "completion") return ParseCompletion;
  if (verb == "help") return ParseHelpItself;
  if (verb == "dig") return ParseDig;
  if (verb == "reach") return ParseReach;
  if (verb == "explain") return ParseExplain;
  if (verb == "ipam") return ParseIpam;
  if (verb == "image") return ParseImage;
  if (verb == "simulate") return ParseSimulate;
  if (verb == "serve") return ParseServe;
  if (verb == "version" || verb == "--version") return ParseVersion;
  if (verb == "proxy" || verb == "dns" || verb == "network" || verb == "metadata") {
    return [verb](const Words& words, const Surroundings& s) { return ParseProcess(verb, words, s); };
  }
  return nullptr;
}

absl::StatusOr<Command> ParseHelp(const Words& words, const Surroundings& surroundings) {
  if (words.empty() || words[0] == "help" || words[0] == "-h" || words[0] == "--help") {
    return HelpOptions{std::string(ShortHelp())};
  }
  if (absl::StartsWith(words[0], "-")) return ParseHelpItself(words, surroundings);
  const VerbFunction parse = FindVerb(words[0]);
  if (parse == nullptr) return UnknownVerb(words[0]);
  return parse({"--help"}, surroundings);
}

// What the region is told is text. What a command in an instance is told is its own matter.
absl::Status CheckText(const std::vector<std::string>& arguments) {
  const auto end = std::find(arguments.begin(), arguments.end(), "--");
  for (auto it = arguments.begin(); it != end; ++it) {
    if (stack::IsUtf8(*it)) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("argument ", it - arguments.begin() + 1, ", \"", absl::CHexEscape(*it), "\", is not UTF-8"));
  }
  return absl::OkStatus();
}

}  // namespace

const std::vector<std::string>& Verbs() {
  static const auto& verbs = *new std::vector<std::string>{
      "up",   "plan",  "down",     "status",    "console", "get",        "describe",    "events", "logs",  "exec",
      "stop", "start", "reboot",   "terminate", "delete",  "protect",    "set-desired", "dig",    "reach", "explain",
      "ipam", "image", "simulate", "doctor",    "serve",   "completion", "version",     "help"};
  return verbs;
}

std::vector<VerbUsage> AllUsages() {
  std::vector<VerbUsage> usages;
  for (const std::string& verb : Verbs()) {
    const absl::StatusOr<Command> answer = FindVerb(verb)({"--help"}, Surroundings());
    if (answer.ok() && std::holds_alternative<HelpOptions>(*answer)) {
      usages.push_back(std::get<HelpOptions>(*answer).usage);
    }
  }
  return usages;
}

absl::StatusOr<Command> Parse(const std::vector<std::string>& arguments, const Surroundings& surroundings) {
  if (arguments.empty()) return HelpOptions{std::string(ShortHelp())};
  if (arguments.size() > kArgumentsMax) {
    return absl::InvalidArgumentError(
        absl::StrCat(arguments.size(), " arguments are too many; at most ", kArgumentsMax));
  }
  NUBO_RETURN_IF_ERROR(CheckText(arguments));
  const std::string& verb = arguments[0];
  const Words rest(arguments.begin() + 1, arguments.end());
  if (verb == "help" || verb == "-h" || verb == "--help") return ParseHelp(rest, surroundings);
  const VerbFunction parse = FindVerb(verb);
  if (parse == nullptr) return UnknownVerb(verb);
  return parse(rest, surroundings);
}

}  // namespace nubo::cli
