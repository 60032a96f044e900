#include "nubo/cli/verb_parser.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nubo/cli/help.h"
#include "nubo/cli/suggest.h"

namespace nubo::cli {

VerbParser::VerbParser(const std::string& verb, const Surroundings& surroundings)
    : verb_(verb), surroundings_(surroundings), app_(std::string(VerbSummary(verb)), absl::StrCat("nubo ", verb)) {
  app_.set_help_flag("-h,--help", "This text");
  app_.footer(std::string(VerbExamples(verb)));
  app_.allow_extras();
}

void VerbParser::Text(const std::string& names, std::string* value, const std::string& help, const std::string& kind) {
  app_.add_option(names, *value, help)->type_name(kind);
}

void VerbParser::List(const std::string& names, std::vector<std::string>* values, const std::string& help,
                      const std::string& kind) {
  app_.add_option(names, *values, help)->type_name(kind)->allow_extra_args(false);
}

void VerbParser::Positional(const std::string& name, std::string* value, const std::string& help) {
  app_.add_option(name, *value, help)->type_name("");
}

void VerbParser::Positionals(const std::string& name, std::vector<std::string>* values, const std::string& help) {
  app_.add_option(name, *values, help)->type_name("");
}

void VerbParser::Flag(const std::string& names, bool* value, const std::string& help) {
  app_.add_flag(names, *value, help);
}

void VerbParser::HiddenNumber(const std::string& name, int* value) { app_.add_option(name, *value)->group(""); }

void VerbParser::State() { Text("--state", &state_, "Where the region keeps its state", "DIRECTORY"); }

void VerbParser::Output() { Text("-o,--output", &output_, "How to print: table or json", "FORMAT"); }

absl::StatusOr<bool> VerbParser::Run(std::vector<std::string> arguments) {
  std::reverse(arguments.begin(), arguments.end());  // CLI11 takes them from the back.
  try {
    app_.parse(std::move(arguments));
  } catch (const CLI::CallForHelp&) {
    return true;
  } catch (const CLI::ArgumentMismatch& error) {
    return Wrong(absl::StrCat("an option of ", verb_, " lacks its value, or has too many: ", error.what()));
  } catch (const CLI::Error& error) {
    return Wrong(error.what());
  }
  return NothingLeftOver();
}

std::string VerbParser::Help() const { return app_.help(); }

absl::StatusOr<std::string> VerbParser::StateDir() const { return StateDirectory(state_, surroundings_); }

absl::StatusOr<Format> VerbParser::OutputFormat() const {
  if (output_.empty() || output_ == "table") return Format::kTable;
  if (output_ == "json") return Format::kJson;
  return Wrong(absl::StrCat("there is no output format '", output_, "'; formats are table and json"));
}

absl::Status VerbParser::Wrong(const std::string& what) const {
  return absl::InvalidArgumentError(absl::StrCat(what, "; see: nubo help ", verb_));
}

absl::StatusOr<bool> VerbParser::NothingLeftOver() const {
  for (const std::string& argument : app_.remaining()) {
    if (argument == "--") continue;
    if (!absl::StartsWith(argument, "-") || argument == "-") {
      return Wrong(absl::StrCat("'", argument, "' is one word too many for ", verb_));
    }
    const std::string name = argument.substr(0, argument.find('='));
    return Wrong(absl::StrCat(verb_, " has no option ", name, DidYouMean(name, OptionNames())));
  }
  return false;
}

std::vector<std::string> VerbParser::OptionNames() const {
  std::vector<std::string> names;
  for (const CLI::Option* option : app_.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back(absl::StrCat("--", name));
  }
  return names;
}

}  // namespace nubo::cli
