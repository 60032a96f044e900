// Ends the region for good, and waits until it has.
//
// Thread safety: a free function.
#ifndef NUBO_CLI_SHUT_DOWN_H_
#define NUBO_CLI_SHUT_DOWN_H_

#include <memory>

#include "absl/status/status.h"
#include "nubo/cli/client.h"

namespace nubo::cli {

// Returns once the region's process has ended, so that the next one can have its directory and its addresses.
// FAILED_PRECONDITION: there are stacks. DEADLINE_EXCEEDED: it has not ended in time.
absl::Status ShutDown(std::unique_ptr<Client> client);

}  // namespace nubo::cli

#endif  // NUBO_CLI_SHUT_DOWN_H_
