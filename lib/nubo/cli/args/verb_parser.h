// The parser of one verb's arguments: CLI11, with error messages that say what would be right.
//
// Options are declared first, each with the variable that takes its value; Run() then parses.
//
// Example:
//   VerbParser parser("get", surroundings);
//   parser.Positional("KIND", &kind, "What to list");
//   NUBO_ASSIGN_OR_RETURN(const bool help, parser.Run(words));
//
// Thread safety: thread-compatible.
#ifndef NUBO_CLI_ARGS_VERB_PARSER_H_
#define NUBO_CLI_ARGS_VERB_PARSER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "nubo/cli/args/names.h"
#include "nubo/cli/args/options.h"
#include "nubo/cli/args/usage.h"

// Not included here: its header costs eight seconds in every file.
namespace CLI {
class App;
}

namespace nubo::cli {

class VerbParser {
 public:
  VerbParser(const std::string& verb, const Surroundings& surroundings);
  ~VerbParser();

  // Where a value goes must outlive Run().
  void Text(const std::string& names, std::string* value, const std::string& help, const std::string& kind);
  // May be given several times, one value each.
  void List(const std::string& names, std::vector<std::string>* values, const std::string& help,
            const std::string& kind);
  void Positional(const std::string& name, std::string* value, const std::string& help);
  void Positionals(const std::string& name, std::vector<std::string>* values, const std::string& help);
  void Flag(const std::string& names, bool* value, const std::string& help);
  // A number that help does not list: for whoever starts nubo as a part of itself.
  void HiddenNumber(const std::string& name, int* value);
  // What follows "--" goes to `words` as it is, options and all.
  void Rest(const std::string& name, std::vector<std::string>* words, const std::string& help);
  // --state and --output: table or json; where the region answers, also yaml; where tables have more columns to offer,
  // also wide.
  void State();
  void Output();
  void AnswerOutput();
  void WideOutput();
  // What to say to a word too many: "name the stack with --name".
  void InsteadOfWords(const std::string& advice) { instead_of_words_ = advice; }
  // --wait and --timeout.
  void Wait(bool* wait, const std::string& for_what);

  // True if help was asked for. INVALID_ARGUMENT: an argument is unknown, too many, or lacks its value.
  absl::StatusOr<bool> Run(std::vector<std::string> arguments);

  // The text, and what it was made from.
  HelpOptions Help() const;
  // After Run(): what --state and --output say. INVALID_ARGUMENT: what cannot be.
  absl::StatusOr<std::string> StateDir() const;
  absl::StatusOr<Format> OutputFormat() const;
  // What --timeout says; `otherwise` if nothing.
  absl::StatusOr<absl::Duration> Timeout(absl::Duration otherwise) const;

 private:
  absl::Status Wrong(const std::string& what) const;
  absl::StatusOr<bool> NothingLeftOver() const;
  // Cuts off what follows "--", for a verb that runs a command.
  std::vector<std::string> TakeRest(std::vector<std::string>& arguments) const;
  std::vector<std::string> OptionNames() const;
  VerbUsage Usage() const;

  const std::string verb_;
  const Surroundings& surroundings_;
  const std::unique_ptr<CLI::App> app_;
  std::string state_;
  std::string output_;
  bool wide_ = false;
  bool yaml_ = false;
  std::string instead_of_words_;
  std::string timeout_;
  std::vector<std::string>* rest_ = nullptr;
};

// "90s", "5m". INVALID_ARGUMENT: not a time above 0.
absl::StatusOr<absl::Duration> ParseTimeout(const std::string& text);

}  // namespace nubo::cli

#endif  // NUBO_CLI_ARGS_VERB_PARSER_H_
