#include "nubo/drivers/isolation_probe.h"

#include <unistd.h>

#include <filesystem>

#include "nubo/base/files.h"
#include "nubo/base/status.h"
#include "nubo/drivers/instance_files.h"
#include "nubo/drivers/shim_client.h"
#include "nubo/drivers/shim_program.h"
#include "nubo/drivers/shim_spec.h"

namespace nubo::drivers {
namespace {

absl::Status Try(const ProcessDriver::Options& options, const std::string& directory, const std::string& spec_path) {
  ShimSpec spec;
  spec.id = "probe";
  spec.directory = directory;
  spec.argv = {"nothing"};
  spec.socket_path = "nowhere";
  spec.hostname = "probe";
  spec.hidden = options.hidden_dirs;
  spec.hidden.push_back(std::filesystem::path(directory).parent_path());
  spec.uid = options.uid;
  spec.gid = options.gid;
  NUBO_RETURN_IF_ERROR(MakeOwnDirectory(directory, {options.uid, options.gid}));
  NUBO_RETURN_IF_ERROR(base::ReplaceFile(spec_path, Serialize(spec), 0600));
  ShimProgram program(options.shim_path);
  NUBO_ASSIGN_OR_RETURN(const std::string path, program.Path());
  return RunShim(path, "--probe", spec_path);
}

}  // namespace

std::string WhyNotIsolated(const ProcessDriver::Options& options, const std::string& directory) {
  const std::string spec_path = directory + ".spec";
  const absl::Status status = Try(options, directory, spec_path);
  unlink(spec_path.c_str());
  rmdir(directory.c_str());
  return std::string(status.message());
}

}  // namespace nubo::drivers
