// Names and places that a user need not spell out: the stack's name, the state directory, the template.
//
// Thread safety: pure functions.
#ifndef NUBO_CLI_ARGS_NAMES_H_
#define NUBO_CLI_ARGS_NAMES_H_

#include <cstddef>
#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace nubo::cli {

// A unix socket's path has room for 108 bytes, and sockets below the state directory need up to 29 of them.
constexpr size_t kStateDirBytesMax = 76;
// What CloudFormation allows.
constexpr size_t kStackNameMax = 128;

// What the program was started in; handed over rather than asked for, so that a test decides.
struct Surroundings {
  std::map<std::string, std::string> environment;
  // Absolute.
  std::string current_directory;

  // "" when it is not set.
  std::string Variable(const std::string& name) const;
};

// `path` from the current directory on, without "." and ".." and without a slash at its end.
std::string AbsolutePath(absl::string_view path, const Surroundings& surroundings);

// `asked` if not empty, else $NUBO_STATE, $XDG_STATE_HOME/nubo or ~/.local/state/nubo; absolute.
// INVALID_ARGUMENT: longer than kStateDirBytesMax, or none of them is known.
absl::StatusOr<std::string> StateDirectory(absl::string_view asked, const Surroundings& surroundings);

// Where the region of a state directory answers.
std::string SocketPath(absl::string_view state_dir);
// Where the shim of one of its instances does.
std::string InstanceSocketPath(absl::string_view state_dir, absl::string_view id);
// Where it writes its log.
std::string LogPath(absl::string_view state_dir);

// i- and hexadecimal digits, as AWS makes an instance's id.
bool IsInstanceId(absl::string_view id);

// [A-Za-z][-A-Za-z0-9]*, at most kStackNameMax.
bool IsStackName(absl::string_view name);

// The name of the directory that holds the template, made a legal stack name: ".../my_shop/template.yaml" is "my-shop".
// "stack" where nothing is left of it.
std::string StackNameFor(absl::string_view absolute_template_path);

}  // namespace nubo::cli

#endif  // NUBO_CLI_ARGS_NAMES_H_
