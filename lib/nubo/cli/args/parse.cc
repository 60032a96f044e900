#include "nubo/cli/args/parse.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "nubo/base/status.h"
#include "nubo/cli/args/verb_parser.h"

namespace nubo::cli {
namespace {

std::string ShimPath(const std::string& asked, const Surroundings& surroundings) {
  const std::string chosen = asked.empty() ? surroundings.Variable("NUBO_SHIM") : asked;
  return chosen.empty() ? "" : AbsolutePath(chosen, surroundings);
}

}  // namespace

absl::Status Missing(absl::string_view verb, absl::string_view what, absl::string_view example) {
  return absl::InvalidArgumentError(absl::StrCat(verb, " needs ", what, ", for example: nubo ", example));
}

absl::StatusOr<net::SocketAddress> ParseAddress(absl::string_view option, const std::string& text,
                                                absl::string_view example) {
  auto address = net::SocketAddress::Parse(text);
  if (address.ok()) return address;
  return absl::InvalidArgumentError(
      absl::StrCat(option, " '", text, "' is not ADDRESS:PORT; for example ", option, " ", example));
}

absl::StatusOr<std::optional<net::SocketAddress>> ParseMetricsAddress(const std::string& text) {
  if (text.empty()) return std::nullopt;
  const auto address =
      net::SocketAddress::Parse(absl::StrContains(text, ':') ? text : absl::StrCat("127.0.0.1:", text));
  // A port that nobody knows is of no use to Prometheus.
  if (address.ok() && address->port != 0) return *address;
  return absl::InvalidArgumentError(
      absl::StrCat("--metrics '", text,
                   "' is neither a port nor ADDRESS:PORT; for example --metrics 9464 or --metrics 127.0.0.1:9464"));
}

absl::StatusOr<std::optional<net::SocketAddress>> ChosenAddress(absl::string_view option, const std::string& asked,
                                                                absl::string_view example,
                                                                const Surroundings& surroundings) {
  const std::string variable =
      absl::StrCat("NUBO_", absl::AsciiStrToUpper(absl::StrReplaceAll(absl::StripPrefix(option, "--"), {{"-", "_"}})));
  const std::string preset = surroundings.Variable(variable);
  if (asked.empty() && preset.empty()) return std::nullopt;
  NUBO_ASSIGN_OR_RETURN(const net::SocketAddress address,
                        asked.empty() ? ParseAddress(absl::StrCat("$", variable), preset, example)
                                      : ParseAddress(option, asked, example));
  return address;
}

absl::StatusOr<Command> ParseTerminate(const Words& words, const Surroundings& surroundings) {
  VerbParser parser("terminate", surroundings);
  TerminateOptions options;
  parser.Positionals("ID", &options.ids, "Instances, by their ids or as STACK/LOGICAL-ID");
  parser.Wait(&options.wait, "they are terminated");
  parser.State();
  parser.AnswerOutput();
  NUBO_ASSIGN_OR_RETURN(const bool help, parser.Run(words));
  if (help) return parser.Help();
  if (options.ids.empty()) return Missing("terminate", "an instance", "terminate i-0123456789abcdef0");
  NUBO_ASSIGN_OR_RETURN(options.timeout, parser.Timeout(options.timeout));
  NUBO_ASSIGN_OR_RETURN(options.format, parser.OutputFormat());
  NUBO_ASSIGN_OR_RETURN(options.state_dir, parser.StateDir());
  return options;
}

absl::StatusOr<Command> ParseInstanceCall(const std::string& verb, const Words& words,
                                          const Surroundings& surroundings) {
  using Call = InstanceCallOptions::Call;
  VerbParser parser(verb, surroundings);
  InstanceCallOptions options;
  options.call = verb == "stop" ? Call::kStop : verb == "start" ? Call::kStart : Call::kReboot;
  parser.Positionals("ID", &options.ids, "Instances, by their ids or as STACK/LOGICAL-ID");
  if (options.call == Call::kStop) parser.Flag("--force", &options.force, "Kill their processes, without asking first");
  parser.Wait(&options.wait, options.call == Call::kStop ? "they are stopped" : "they run");
  parser.State();
  parser.AnswerOutput();
  NUBO_ASSIGN_OR_RETURN(const bool help, parser.Run(words));
  if (help) return parser.Help();
  if (options.ids.empty()) return Missing(verb, "an instance", absl::StrCat(verb, " i-0123456789abcdef0"));
  NUBO_ASSIGN_OR_RETURN(options.timeout, parser.Timeout(options.timeout));
  NUBO_ASSIGN_OR_RETURN(options.format, parser.OutputFormat());
  NUBO_ASSIGN_OR_RETURN(options.state_dir, parser.StateDir());
  return options;
}

absl::StatusOr<Command> ParseDelete(const Words& words, const Surroundings& surroundings) {
  VerbParser parser("delete", surroundings);
  DeleteOptions options;
  parser.Positionals("NAME", &options.ids, "What a stack left behind: an id, or STACK/LOGICAL-ID");
  parser.Wait(&options.wait, "it is gone");
  parser.State();
  NUBO_ASSIGN_OR_RETURN(const bool help, parser.Run(words));
  if (help) return parser.Help();
  if (options.ids.empty()) return Missing("delete", "what a stack left behind", "delete i-0123456789abcdef0");
  NUBO_ASSIGN_OR_RETURN(options.timeout, parser.Timeout(options.timeout));
  NUBO_ASSIGN_OR_RETURN(options.state_dir, parser.StateDir());
  return options;
}

absl::StatusOr<Command> ParseProtect(const Words& words, const Surroundings& surroundings) {
  VerbParser parser("protect", surroundings);
  ProtectOptions options;
  parser.Positionals("ID", &options.ids, "Instances, load balancers or databases");
  parser.Flag("--off", &options.off, "Take the protection off");
  parser.Flag("--scale-in", &options.scale_in, "Only from a scaling group that has too many instances");
  parser.State();
  NUBO_ASSIGN_OR_RETURN(const bool help, parser.Run(words));
  if (help) return parser.Help();
  if (options.ids.empty()) return Missing("protect", "an instance, load balancer or database", "protect todo-db");
  NUBO_ASSIGN_OR_RETURN(options.state_dir, parser.StateDir());
  return options;
}

absl::StatusOr<Command> ParseSetDesired(const Words& words, const Surroundings& surroundings) {
  VerbParser parser("set-desired", surroundings);
  SetDesiredOptions options;
  std::string number;
  parser.Positional("GROUP", &options.group, "A scaling group's name, or STACK/LOGICAL-ID");
  parser.Positional("N", &number, "How many instances it is to have");
  parser.Wait(&options.wait, "so many are in service and no other is left");
  parser.State();
  parser.AnswerOutput();
  NUBO_ASSIGN_OR_RETURN(const bool help, parser.Run(words));
  if (help) return parser.Help();
  if (number.empty()) return Missing("set-desired", "a group and a number", "set-desired todo/WebGroup 3");
  if (!absl::SimpleAtoi(number, &options.desired) || options.desired < 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        "'", number, "' is not a number of instances; for example: nubo set-desired ", options.group, " 3"));
  }
  NUBO_ASSIGN_OR_RETURN(options.timeout, parser.Timeout(options.timeout));
  NUBO_ASSIGN_OR_RETURN(options.format, parser.OutputFormat());
  NUBO_ASSIGN_OR_RETURN(options.state_dir, parser.StateDir());
  return options;
}

absl::StatusOr<Command> ParseExec(const Words& words, const Surroundings& surroundings) {
  VerbParser parser("exec", surroundings);
  ExecOptions options;
  std::string shim;
  parser.Positional("ID", &options.id, "An instance, by its id or as STACK/LOGICAL-ID");
  parser.Rest("COMMAND", &options.command, "What to run there, after --, with its arguments");
  parser.Flag("-T,--no-terminal", &options.no_terminal, "Give it plain pipes even if this is run on a terminal");
  parser.Text("--shim", &shim, "The program that enters instances; nubo-shim beside this one", "FILE");
  parser.State();
  NUBO_ASSIGN_OR_RETURN(const bool help, parser.Run(words));
  if (help) return parser.Help();
  if (options.id.empty() || options.command.empty()) {
    return Missing("exec", "an instance and a command", "exec i-0123456789abcdef0 -- ps aux");
  }
  if (absl::StartsWith(options.id, "i-") && !IsInstanceId(options.id)) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", options.id, "' is no instance's id; see which there are with: nubo get instances"));
  }
  options.shim_path = ShimPath(shim, surroundings);
  NUBO_ASSIGN_OR_RETURN(options.state_dir, parser.StateDir());
  return options;
}

absl::StatusOr<Command> ParseStatus(const Words& words, const Surroundings& surroundings) {
  VerbParser parser("status", surroundings);
  StatusOptions options;
  parser.State();
  parser.AnswerOutput();
  NUBO_ASSIGN_OR_RETURN(const bool help, parser.Run(words));
  if (help) return parser.Help();
  NUBO_ASSIGN_OR_RETURN(options.format, parser.OutputFormat());
  NUBO_ASSIGN_OR_RETURN(options.state_dir, parser.StateDir());
  return options;
}

absl::StatusOr<Command> ParseConsole(const Words& words, const Surroundings& surroundings) {
  VerbParser parser("console", surroundings);
  ConsoleCommandOptions options;
  std::string address, page;
  parser.Text("--address", &address, "Where it listens, on this machine alone; a free port unless given",
              "ADDRESS:PORT");
  parser.Text("--page", &page, "The directory of the page", "DIRECTORY");
  parser.State();
  NUBO_ASSIGN_OR_RETURN(const bool help, parser.Run(words));
  if (help) return parser.Help();
  if (!address.empty()) {
    NUBO_ASSIGN_OR_RETURN(options.address, ParseAddress("--address", address, "127.0.0.1:10080"));
    if (!options.address.ip.IsLoopback()) {
      return absl::InvalidArgumentError(
          absl::StrCat("the console shows and changes everything, so it listens on this "
                       "machine alone: --address ",
                       address, " is not in 127.0.0.0/8"));
    }
  }
  options.page_dir = page.empty() ? surroundings.Variable("NUBO_CONSOLE_PAGE") : AbsolutePath(page, surroundings);
  NUBO_ASSIGN_OR_RETURN(options.state_dir, parser.StateDir());
  return options;
}

absl::StatusOr<Command> ParseDoctor(const Words& words, const Surroundings& surroundings) {
  VerbParser parser("doctor", surroundings);
  DoctorOptions options;
  std::string http, dns, shim;
  parser.Text("--http-address", &http, "Where public names would be served; 127.0.0.1:8080", "ADDRESS:PORT");
  parser.Text("--dns-address", &dns, "Where the DNS server would answer; 127.0.0.1:10053", "ADDRESS:PORT");
  parser.Text("--shim", &shim, "The program that watches over one instance; nubo-shim beside this one", "FILE");
  parser.State();
  parser.AnswerOutput();
  NUBO_ASSIGN_OR_RETURN(const bool help, parser.Run(words));
  if (help) return parser.Help();
  NUBO_ASSIGN_OR_RETURN(const auto http_address, ChosenAddress("--http-address", http, "127.0.0.1:8080", surroundings));
  NUBO_ASSIGN_OR_RETURN(const auto dns_address, ChosenAddress("--dns-address", dns, "127.0.0.1:10053", surroundings));
  options.http_address = http_address.value_or(options.http_address);
  options.dns_address = dns_address.value_or(options.dns_address);
  options.shim_path = ShimPath(shim, surroundings);
  NUBO_ASSIGN_OR_RETURN(options.format, parser.OutputFormat());
  NUBO_ASSIGN_OR_RETURN(options.state_dir, parser.StateDir());
  return options;
}

absl::StatusOr<Command> ParseVersion(const Words& words, const Surroundings& surroundings) {
  VerbParser parser("version", surroundings);
  NUBO_ASSIGN_OR_RETURN(const bool help, parser.Run(words));
  if (help) return parser.Help();
  return VersionOptions{};
}

}  // namespace nubo::cli
