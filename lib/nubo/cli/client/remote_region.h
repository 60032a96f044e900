// The running region as the console sees it: over the control plane's socket.
//
// Thread safety: may be called from any thread. Connects anew with every call, so that it finds the next control plane
// too.
#ifndef NUBO_CLI_CLIENT_REMOTE_REGION_H_
#define NUBO_CLI_CLIENT_REMOTE_REGION_H_

#include <cstddef>
#include <string>

#include "nubo/console/console.h"

namespace nubo::cli {

class RemoteRegion final : public console::Region {
 public:
  // What Log gives at most, from the end of the log; and the newest events that a snapshot holds.
  static constexpr size_t kLogBytesMax = 64 << 10;
  static constexpr int kEventsMax = 200;

  explicit RemoteRegion(std::string state_dir);

  // All: UNAVAILABLE if no region runs there. Describe, Log, Kill, Terminate: NOT_FOUND for what is not there.
  absl::StatusOr<std::string> Snapshot() override;
  absl::StatusOr<std::string> Describe(const std::string& id) override;
  absl::StatusOr<std::string> Log(const std::string& id) override;
  // FAILED_PRECONDITION: its process has ended already.
  absl::Status Kill(const std::string& id) override;
  absl::Status Terminate(const std::string& id) override;
  absl::Status SetDesired(const std::string& group, int desired) override;

 private:
  const std::string state_dir_;
};

}  // namespace nubo::cli

#endif  // NUBO_CLI_CLIENT_REMOTE_REGION_H_
