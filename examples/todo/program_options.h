// The options of the todo list's programs: CLI11, in one place, since its header costs eight seconds in every file.
//
// Example:
//   ProgramOptions program("The todo list's backend.");
//   program.Text("--address", &address, "IP address to listen on", {.variable = "NUBO_ADDRESS", .shows_default =
//   true}); if (const std::optional<int> exit_code = program.Parse(argc, argv)) return *exit_code;
//
// Thread safety: thread-compatible.
#ifndef EXAMPLES_TODO_PROGRAM_OPTIONS_H_
#define EXAMPLES_TODO_PROGRAM_OPTIONS_H_

#include <memory>
#include <optional>
#include <string>

namespace CLI {
class App;
}

namespace nubo::examples::todo {

struct TextOption {
  // The environment variable that says it where no argument does.
  std::string variable;
  bool required = false;
  bool shows_default = false;
};

class ProgramOptions {
 public:
  explicit ProgramOptions(const std::string& purpose);
  ~ProgramOptions();

  // Where a value goes must outlive Parse(); what stands there is the default.
  void Text(const std::string& name, std::string* value, const std::string& help, const TextOption& option = {});
  // From `min` to `max`.
  void Number(const std::string& name, int* value, int min, int max, const std::string& help,
              const std::string& variable = "");
  void Number(const std::string& name, double* value, double min, double max, const std::string& help);

  // The exit code, if the program is to end: help was asked for, or an argument is wrong; it is said then.
  std::optional<int> Parse(int argc, char** argv);

 private:
  const std::unique_ptr<CLI::App> app_;
};

}  // namespace nubo::examples::todo

#endif  // EXAMPLES_TODO_PROGRAM_OPTIONS_H_
