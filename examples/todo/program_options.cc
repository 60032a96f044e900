#include "examples/todo/program_options.h"

#include <CLI/CLI.hpp>

namespace nubo::examples::todo {

ProgramOptions::ProgramOptions(const std::string& purpose) : app_(std::make_unique<CLI::App>(purpose)) {}

ProgramOptions::~ProgramOptions() = default;

void ProgramOptions::Text(const std::string& name, std::string* value, const std::string& help,
                          const TextOption& option) {
  CLI::Option* added = app_->add_option(name, *value, help);
  if (!option.variable.empty()) added->envname(option.variable);
  if (option.required) added->required();
  if (option.shows_default) added->capture_default_str();
}

void ProgramOptions::Number(const std::string& name, int* value, int min, int max, const std::string& help,
                            const std::string& variable) {
  CLI::Option* added = app_->add_option(name, *value, help)->check(CLI::Range(min, max))->capture_default_str();
  if (!variable.empty()) added->envname(variable);
}

void ProgramOptions::Number(const std::string& name, double* value, double min, double max, const std::string& help) {
  app_->add_option(name, *value, help)->check(CLI::Range(min, max))->capture_default_str();
}

std::optional<int> ProgramOptions::Parse(int argc, char** argv) {
  try {
    app_->parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app_->exit(error);
  }
  return std::nullopt;
}

}  // namespace nubo::examples::todo
