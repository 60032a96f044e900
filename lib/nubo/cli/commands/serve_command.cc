// The region itself: nubo serve.
#include "nubo/cli/commands/processes.h"

#include <unistd.h>

#include <filesystem>

#include "nubo/daemon/serve.h"

namespace nubo::cli {
namespace {

constexpr char kShimName[] = "nubo-shim";

}  // namespace

std::string FindShim(const std::string& executable) {
  const std::filesystem::path directory = std::filesystem::path(executable).parent_path();
  for (const std::filesystem::path& candidate :
       {directory / kShimName, directory.parent_path() / "drivers" / kShimName}) {
    if (::access(candidate.c_str(), X_OK) == 0) return candidate.string();
  }
  return (directory / kShimName).string();
}

absl::Status Serve(const ServeOptions& options, const std::string& executable) {
  region::ServeOptions serve;
  serve.state_dir = options.state_dir;
  serve.dns_address = options.dns_address;
  serve.http_address = options.http_address;
  serve.metrics_address = options.metrics_address;
  serve.fabric = options.fabric;
  serve.shim_path = options.shim_path.empty() ? FindShim(executable) : options.shim_path;
  serve.nubo_path = executable;
  serve.allow_unisolated = options.allow_unisolated;
  serve.exit_when_empty = options.exit_when_empty;
  serve.end_strays = options.end_strays;
  serve.ready_fd = options.ready_fd;
  serve.crash_at = options.crash_at;
  return region::RunServe(serve);
}

}  // namespace nubo::cli
