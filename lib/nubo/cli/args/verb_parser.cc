#include "nubo/cli/args/verb_parser.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "nubo/cli/args/foreign_words.h"
#include "nubo/cli/args/help.h"
#include "nubo/cli/args/suggest.h"

namespace nubo::cli {

VerbParser::VerbParser(const std::string& verb, const Surroundings& surroundings)
    : verb_(verb),
      surroundings_(surroundings),
      app_(std::make_unique<CLI::App>(std::string(VerbSummary(verb)), absl::StrCat("nubo ", verb))) {
  app_->set_help_flag("-h,--help", "This text");
  app_->footer(std::string(VerbExamples(verb)));
  app_->allow_extras();
}

VerbParser::~VerbParser() = default;

void VerbParser::Text(const std::string& names, std::string* value, const std::string& help, const std::string& kind) {
  // A script's variable that is not set is no answer.
  const auto given = [](const std::string& text) { return text.empty() ? "must not be empty" : ""; };
  app_->add_option(names, *value, help)->type_name(kind)->check(CLI::Validator(given, ""));
}

void VerbParser::List(const std::string& names, std::vector<std::string>* values, const std::string& help,
                      const std::string& kind) {
  app_->add_option(names, *values, help)->type_name(kind)->allow_extra_args(false);
}

void VerbParser::Positional(const std::string& name, std::string* value, const std::string& help) {
  app_->add_option(name, *value, help)->type_name("");
}

void VerbParser::Positionals(const std::string& name, std::vector<std::string>* values, const std::string& help) {
  app_->add_option(name, *values, help)->type_name("");
}

void VerbParser::Flag(const std::string& names, bool* value, const std::string& help) {
  app_->add_flag(names, *value, help);
}

void VerbParser::HiddenNumber(const std::string& name, int* value) { app_->add_option(name, *value)->group(""); }

void VerbParser::State() { Text("--state", &state_, "Where the region keeps its state", "DIRECTORY"); }

void VerbParser::Output() { Text("-o,--output", &output_, "How to print: table or json", "FORMAT"); }

void VerbParser::AnswerOutput() {
  yaml_ = true;
  Text("-o,--output", &output_, "How to print: table, json or yaml", "FORMAT");
}

void VerbParser::WideOutput() {
  wide_ = yaml_ = true;
  Text("-o,--output", &output_, "How to print: table, wide (more columns), json or yaml", "FORMAT");
}

void VerbParser::Wait(bool* wait, const std::string& for_what) {
  Flag("--wait", wait, absl::StrCat("Return only when ", for_what));
  Text("--timeout", &timeout_, "With --wait, for how long; 5m unless given", "TIME");
}

void VerbParser::Rest(const std::string& name, std::vector<std::string>* words, const std::string& help) {
  Positionals(name, words, help);
  rest_ = words;
}

absl::StatusOr<bool> VerbParser::Run(std::vector<std::string> arguments) {
  const std::vector<std::string> rest = TakeRest(arguments);
  std::reverse(arguments.begin(), arguments.end());  // CLI11 takes them from the back.
  try {
    app_->parse(std::move(arguments));
  } catch (const CLI::CallForHelp&) {
    return true;
  } catch (const CLI::ArgumentMismatch& error) {
    return Wrong(absl::StrCat("an option of ", verb_, " lacks its value, or has too many: ", error.what()));
  } catch (const CLI::Error& error) {
    return Wrong(error.what());
  }
  if (!rest.empty() && !rest_->empty()) {
    return Wrong(absl::StrCat("'", rest_->front(), "' is one word too many before --"));
  }
  if (!rest.empty()) *rest_ = rest;
  return NothingLeftOver();
}

HelpOptions VerbParser::Help() const { return {app_->help(), Usage()}; }

absl::StatusOr<std::string> VerbParser::StateDir() const { return StateDirectory(state_, surroundings_); }

absl::StatusOr<Format> VerbParser::OutputFormat() const {
  if (output_.empty() || output_ == "table") return Format::kTable;
  if (output_ == "json") return Format::kJson;
  if (wide_ && output_ == "wide") return Format::kWide;
  if (yaml_ && output_ == "yaml") return Format::kYaml;
  return Wrong(absl::StrCat("there is no output format '", output_, "'; formats are ",
                            wide_   ? "table, wide, json and yaml"
                            : yaml_ ? "table, json and yaml"
                                    : "table and json"));
}

absl::StatusOr<absl::Duration> VerbParser::Timeout(absl::Duration otherwise) const {
  return timeout_.empty() ? otherwise : ParseTimeout(timeout_);
}

std::vector<std::string> VerbParser::TakeRest(std::vector<std::string>& arguments) const {
  if (rest_ == nullptr) return {};
  const auto dashes = std::find(arguments.begin(), arguments.end(), "--");
  if (dashes == arguments.end()) return {};
  std::vector<std::string> rest(dashes + 1, arguments.end());
  arguments.erase(dashes, arguments.end());
  return rest;
}

absl::Status VerbParser::Wrong(const std::string& what) const {
  return absl::InvalidArgumentError(absl::StrCat(what, "; see: nubo help ", verb_));
}

absl::StatusOr<bool> VerbParser::NothingLeftOver() const {
  for (const std::string& argument : app_->remaining()) {
    if (argument == "--") continue;
    if (!absl::StartsWith(argument, "-") || argument == "-") {
      return Wrong(absl::StrCat("'", argument, "' is one word too many for ", verb_,
                                instead_of_words_.empty() ? "" : "; ", instead_of_words_));
    }
    const std::string name = argument.substr(0, argument.find('='));
    const std::string foreign = ForeignOption(name, OptionNames());
    return Wrong(absl::StrCat(verb_, " has no option ", name,
                              foreign.empty() ? DidYouMean(name, OptionNames()) : absl::StrCat("; ", foreign),
                              rest_ == nullptr ? "" : "; an option of the command comes after --"));
  }
  return false;
}

std::vector<std::string> VerbParser::OptionNames() const {
  std::vector<std::string> names;
  for (const CLI::Option* option : app_->get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back(absl::StrCat("--", name));
  }
  return names;
}

VerbUsage VerbParser::Usage() const {
  VerbUsage usage;
  usage.verb = verb_;
  std::vector<OptionUsage> named;
  for (const CLI::Option* option : app_->get_options()) {
    if (option->get_group().empty()) continue;
    OptionUsage one;
    one.help = option->get_description();
    one.repeated = option->get_items_expected_max() > 1;
    one.positional = option->get_positional();
    if (one.positional) {
      one.names.push_back(option->get_name(true));
      one.value = one.names[0];
      usage.options.push_back(std::move(one));
      continue;
    }
    for (const std::string& name : option->get_snames()) one.names.push_back(absl::StrCat("-", name));
    for (const std::string& name : option->get_lnames()) one.names.push_back(absl::StrCat("--", name));
    one.value = option->get_type_size_max() == 0 ? "" : option->get_type_name();
    named.push_back(std::move(one));
  }
  usage.options.insert(usage.options.end(), named.begin(), named.end());
  return usage;
}

absl::StatusOr<absl::Duration> ParseTimeout(const std::string& text) {
  absl::Duration timeout;
  if (absl::ParseDuration(text, &timeout) && timeout > absl::ZeroDuration()) return timeout;
  double seconds = 0;
  const bool bare = absl::SimpleAtod(text, &seconds) && seconds > 0;
  return absl::InvalidArgumentError(absl::StrCat("--timeout '", text, "' is not a time above 0; for example --timeout ",
                                                 bare ? absl::StrCat(text, "s") : "90s or 5m"));
}

}  // namespace nubo::cli
