// What a control plane looks at, and makes, before it takes its state directory into use: options, directories, its
// store, isolation, addresses, and its own programs.
//
// Thread safety: free functions, called by the thread that starts the region.
#ifndef NUBO_DAEMON_PREPARATION_H_
#define NUBO_DAEMON_PREPARATION_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nubo/daemon/serve_options.h"
#include "nubo/drivers/process_driver.h"
#include "nubo/region/state/context.h"
#include "nubo/store/store.h"

namespace nubo::region {

// What the region needs, once it is known that it can start.
struct Preparation {
  std::unique_ptr<store::Store> store;
  std::string program;
  std::string shim;
  // Why instances cannot be isolated; "" if they can.
  std::string not_isolated;
  // The files that a process might have open before this one asked for more.
  uint64_t usual_files = 0;
};

// Where what is worth knowing of the start is told.
using StartLog = std::function<void(absl::string_view)>;

// INVALID_ARGUMENT: an option that cannot be.
absl::Status CheckOptions(const ServeOptions& options);

// Instances never run as root: as whoever called sudo, or as nobody.
drivers::ProcessDriver::Options DriverOptions(const std::string& shim, const Paths& paths);

// `options` get the addresses and permissions that the store's region was started with. Whoever calls it has the lock
// of the state directory. DEADLINE_EXCEEDED: what ran without a record has not ended; else as RunServe.
absl::StatusOr<Preparation> PrepareToServe(const Paths& paths, ServeOptions& options, const StartLog& log);

}  // namespace nubo::region

#endif  // NUBO_DAEMON_PREPARATION_H_
