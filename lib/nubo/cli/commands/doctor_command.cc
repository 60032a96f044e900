// What on this machine is missing or in the way: nubo doctor.
#include "nubo/cli/commands/commands.h"

#include "nubo/base/status.h"
#include "nubo/cli/client/client.h"
#include "nubo/cli/commands/doctor.h"

namespace nubo::cli {

absl::Status RunDoctor(const DoctorOptions& options, Context& context) {
  MachineSeen seen = LookAround(options);
  seen.region_running = Client::Connect(options.state_dir).ok();
  const std::vector<Check> checks = Judge(seen);
  NUBO_ASSIGN_OR_RETURN(const std::string text, Print(checks, options.format, context.style.color));
  context.out << text;
  return Verdict(checks);
}

}  // namespace nubo::cli
