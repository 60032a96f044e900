// What a shim is told to run, and how that is written into a file: NUL-separated KEY=VALUE records.
//
// Only the standard library: the shim links nothing else.
//
// Thread safety: values and pure functions.
#ifndef NUBO_DRIVERS_SHIM_SPEC_H_
#define NUBO_DRIVERS_SHIM_SPEC_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace nubo::drivers {

struct ShimSpec {
  std::string id;
  // The instance's own directory: writable, and where it starts.
  std::string directory;
  std::vector<std::string> argv;
  // "NAME=value"; nothing else is in the environment.
  std::vector<std::string> environment;
  // Kept visible below hidden ones, at the same paths.
  std::vector<std::string> writable;
  std::vector<std::string> read_only;
  // Covered by something empty.
  std::vector<std::string> hidden;
  std::string hostname;
  std::string log_path;
  std::string socket_path;
  // Whom to run as when started by root.
  uint32_t uid = 65534;
  uint32_t gid = 65534;
  // Keeps CAP_NET_BIND_SERVICE, and nothing else (when started by root).
  bool bind_low_ports = false;
  // Started again when it ends by itself, with the listening sockets it had.
  bool keep_running = false;
};

// The shim's exit status when another shim of the same instance lives.
inline constexpr int kRunsAlready = 3;

std::string Serialize(const ShimSpec& spec);
// False: not what Serialize() wrote.
bool Parse(std::string_view text, ShimSpec& spec);

// Where the end of the instance is written for whoever asks later.
inline std::string ExitPath(const std::string& socket_path) { return socket_path + ".exit"; }

}  // namespace nubo::drivers

#endif  // NUBO_DRIVERS_SHIM_SPEC_H_
