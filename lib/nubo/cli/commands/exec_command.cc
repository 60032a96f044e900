// Runs a command inside an instance: nubo exec.
#include "nubo/cli/commands/commands.h"

#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/cli/args/names.h"
#include "nubo/cli/client/client.h"
#include "nubo/cli/output/output.h"

namespace nubo::cli {

absl::Status Exec(const ExecOptions& options, Context& context) {
  std::string id = options.id;
  // An id needs no region to be found.
  if (!IsInstanceId(id)) {
    NUBO_ASSIGN_OR_RETURN(const auto client, Client::Connect(options.state_dir));
    NUBO_ASSIGN_OR_RETURN(id, client->PhysicalId(id));
    if (!IsInstanceId(id)) {
      return UsageError(
          absl::StrCat("'", options.id, "' is no instance; see which there are with: nubo get instances"));
    }
  }
  const std::string socket = InstanceSocketPath(options.state_dir, id);
  if (::access(socket.c_str(), F_OK) != 0) {
    // Says so if there is no region at all.
    NUBO_RETURN_IF_ERROR(Client::Connect(options.state_dir).status());
    return base::WithErrorCode(
        absl::NotFoundError(absl::StrCat("no instance ", id, " is running; see: nubo get instances")),
        "InvalidInstanceID.NotFound");
  }
  std::vector<std::string> arguments = {options.shim_path, "--enter", socket};
  if (options.no_terminal) arguments.push_back("--no-terminal");
  arguments.push_back("--");
  arguments.insert(arguments.end(), options.command.begin(), options.command.end());
  // The helper takes this process over: standard input, signals and the exit code need nobody to pass them on.
  return context.become(arguments);
}

}  // namespace nubo::cli
