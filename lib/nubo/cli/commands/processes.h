// The verbs that are processes of their own: serve, proxy, dns, network, metadata.
//
// Thread safety: none; one a process.
#ifndef NUBO_CLI_COMMANDS_PROCESSES_H_
#define NUBO_CLI_COMMANDS_PROCESSES_H_

#include <string>

#include "absl/status/status.h"
#include "nubo/cli/args/options.h"

namespace nubo::cli {

// The shim of this installation: beside `executable`, or where it was built.
std::string FindShim(const std::string& executable);

// Runs the region until it is shut down. `executable` is this program.
absl::Status Serve(const ServeOptions& options, const std::string& executable);

// Runs one load balancer, the DNS server or the metadata service until a signal ends it.
absl::Status RunProcess(const ProcessOptions& options);

}  // namespace nubo::cli

#endif  // NUBO_CLI_COMMANDS_PROCESSES_H_
