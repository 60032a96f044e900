// Ends the region for good, and waits until it has; or ends a control plane that does not answer.
//
// Thread safety: a free function.
#ifndef NUBO_CLI_COMMANDS_SHUT_DOWN_H_
#define NUBO_CLI_COMMANDS_SHUT_DOWN_H_

#include <atomic>
#include <memory>
#include <ostream>
#include <string>

#include "absl/status/status.h"
#include "nubo/cli/client/client.h"

namespace nubo::cli {

// Returns once the region's process has ended, so that the next one can have its directory and its addresses.
// What takes long is told to `out`. FAILED_PRECONDITION: there are stacks, or what stacks left behind.
// DEADLINE_EXCEEDED: it has not ended in time. CANCELLED: `interrupted`; it goes on ending.
absl::Status ShutDown(std::unique_ptr<Client> client, std::ostream& out, const std::atomic<bool>& interrupted);

// Ends the region's process, which has the directory's lock and does not answer: what it runs goes on. OK also if there
// is none. DEADLINE_EXCEEDED: even killed it has not ended. UNAVAILABLE: it is not known which process it is.
absl::Status EndHung(const std::string& state_dir, std::ostream& out);

}  // namespace nubo::cli

#endif  // NUBO_CLI_COMMANDS_SHUT_DOWN_H_
