// What a verb takes, as data: what completion, the guide and the manual page are made from.
//
// A VerbParser fills it from the options it was given, so that there is one table and no second list of them.
//
// Thread safety: values.
#ifndef NUBO_CLI_ARGS_USAGE_H_
#define NUBO_CLI_ARGS_USAGE_H_

#include <string>
#include <vector>

namespace nubo::cli {

struct OptionUsage {
  // "-f", "--follow"; of a positional one its name, "KIND".
  std::vector<std::string> names;
  // What its value is: "DIRECTORY". "" of a flag; of a positional its name.
  std::string value;
  std::string help;
  bool positional = false;
  bool repeated = false;
};

struct VerbUsage {
  std::string verb;
  // Positionals first, in their order.
  std::vector<OptionUsage> options;
};

}  // namespace nubo::cli

#endif  // NUBO_CLI_ARGS_USAGE_H_
