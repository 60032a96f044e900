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

// What an instance may take; 0: as much as the machine lets it.
struct ShimLimits {
  // Processes and threads together.
  uint64_t processes = 0;
  // Of one file.
  uint64_t file_bytes = 0;
  // Files that a process may have open until it asks for more; how many more stays as it is.
  uint64_t open_files = 0;
  // How much sooner than others it is ended when memory runs out, 0 to 1000.
  uint64_t oom_score = 0;
};

// A file that is seen at a path of this machine's, in place of what is there.
struct ShimFile {
  std::string seen_at;
  std::string file;
};

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
  // Read-only, and as they are at each moment. One that cannot be put there is done without, and told.
  std::vector<ShimFile> files;
  std::string hostname;
  std::string log_path;
  std::string socket_path;
  // Whom to run as when started by root.
  uint32_t uid = 65534;
  uint32_t gid = 65534;
  // Keeps CAP_NET_BIND_SERVICE, and nothing else (when started by root).
  bool bind_low_ports = false;
  ShimLimits limits;
  // May make namespaces of its own.
  bool nested_namespaces = false;
  // Runs also where it cannot be isolated.
  bool allow_unisolated = false;
  // The name of its network, which the holder that listens at the other makes for it; "": this machine's.
  std::string network;
  std::string network_socket;
  // Sockets in this machine's network are made for it.
  bool listens_outside = false;
  // It holds networks for others: in namespaces of users and networks that stay when it is started again, with the
  // rights to arrange what is in them.
  bool holds_networks = false;
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
