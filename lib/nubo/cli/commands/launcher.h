// Starts a region in the background.
//
// The region is this same program, run as `nubo serve` in a session of its own, so that closing the terminal does not
// end it. It says through a pipe when it is ready, or why it could not start.
//
// Example:
//   ProcessLauncher launcher("/usr/bin/nubo");
//   NUBO_RETURN_IF_ERROR(launcher.Launch({.state_dir = state_dir}));
//
// Thread safety: thread-compatible.
#ifndef NUBO_CLI_COMMANDS_LAUNCHER_H_
#define NUBO_CLI_COMMANDS_LAUNCHER_H_

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "nubo/net/ip_address.h"

namespace nubo::cli {

struct LaunchOptions {
  // Absolute.
  std::string state_dir;
  net::SocketAddress http_address = {net::IpAddress::V4(0x7f000001), 8080};
  net::SocketAddress dns_address = {net::IpAddress::V4(0x7f000001), 10053};
  std::string fabric = "loopback";
  // Processes that a region left, and that its store does not know, are ended.
  bool end_strays = false;
  bool allow_unisolated = false;
};

class Launcher {
 public:
  virtual ~Launcher() = default;
  // Returns once the region answers. Fails with the region's own words (an address in use, another region in the
  // directory), or UNAVAILABLE if it ended without a word, DEADLINE_EXCEEDED if it says nothing.
  virtual absl::Status Launch(const LaunchOptions& options) = 0;
};

class ProcessLauncher final : public Launcher {
 public:
  // How long a region may take to start.
  static constexpr absl::Duration kStartMax = absl::Seconds(60);

  // `executable` is this program.
  explicit ProcessLauncher(std::string executable, absl::Duration start_max = kStartMax);
  absl::Status Launch(const LaunchOptions& options) override;

 private:
  const std::string executable_;
  const absl::Duration start_max_;
};

}  // namespace nubo::cli

#endif  // NUBO_CLI_COMMANDS_LAUNCHER_H_
