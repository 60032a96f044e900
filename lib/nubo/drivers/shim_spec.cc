#include "nubo/drivers/shim_spec.h"

#include <charconv>

namespace nubo::drivers {
namespace {

void Add(std::string& out, std::string_view key, std::string_view value) {
  out.append(key).append("=").append(value).push_back('\0');
}

void AddAll(std::string& out, std::string_view key, const std::vector<std::string>& values) {
  for (const std::string& value : values) Add(out, key, value);
}

template <typename Number>
bool ParseNumber(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

std::string Serialize(const ShimSpec& spec) {
  std::string out;
  Add(out, "id", spec.id);
  Add(out, "directory", spec.directory);
  AddAll(out, "arg", spec.argv);
  AddAll(out, "env", spec.environment);
  AddAll(out, "writable", spec.writable);
  AddAll(out, "read-only", spec.read_only);
  AddAll(out, "hidden", spec.hidden);
  for (const ShimFile& file : spec.files) {
    Add(out, "seen-at", file.seen_at);
    Add(out, "file", file.file);
  }
  Add(out, "hostname", spec.hostname);
  Add(out, "log", spec.log_path);
  Add(out, "socket", spec.socket_path);
  Add(out, "uid", std::to_string(spec.uid));
  Add(out, "gid", std::to_string(spec.gid));
  Add(out, "bind-low-ports", spec.bind_low_ports ? "1" : "0");
  Add(out, "keep-running", spec.keep_running ? "1" : "0");
  Add(out, "network", spec.network);
  Add(out, "network-socket", spec.network_socket);
  Add(out, "listens-outside", spec.listens_outside ? "1" : "0");
  Add(out, "holds-networks", spec.holds_networks ? "1" : "0");
  Add(out, "processes", std::to_string(spec.limits.processes));
  Add(out, "file-size", std::to_string(spec.limits.file_bytes));
  Add(out, "open-files", std::to_string(spec.limits.open_files));
  Add(out, "oom-score", std::to_string(spec.limits.oom_score));
  Add(out, "nested-namespaces", spec.nested_namespaces ? "1" : "0");
  Add(out, "allow-unisolated", spec.allow_unisolated ? "1" : "0");
  return out;
}

bool Parse(std::string_view text, ShimSpec& spec) {
  while (!text.empty()) {
    const size_t end = text.find('\0');
    const std::string_view record = text.substr(0, end);
    const size_t equals = record.find('=');
    if (end == std::string_view::npos || equals == std::string_view::npos) return false;
    const std::string_view key = record.substr(0, equals);
    const std::string value(record.substr(equals + 1));
    text.remove_prefix(end + 1);
    if (key == "id") {
      spec.id = value;
    } else if (key == "directory") {
      spec.directory = value;
    } else if (key == "arg") {
      spec.argv.push_back(value);
    } else if (key == "env") {
      spec.environment.push_back(value);
    } else if (key == "writable") {
      spec.writable.push_back(value);
    } else if (key == "read-only") {
      spec.read_only.push_back(value);
    } else if (key == "hidden") {
      spec.hidden.push_back(value);
    } else if (key == "seen-at") {
      spec.files.push_back({value, ""});
    } else if (key == "file") {
      if (spec.files.empty()) return false;
      spec.files.back().file = value;
    } else if (key == "hostname") {
      spec.hostname = value;
    } else if (key == "log") {
      spec.log_path = value;
    } else if (key == "socket") {
      spec.socket_path = value;
    } else if (key == "uid") {
      if (!ParseNumber(value, spec.uid)) return false;
    } else if (key == "gid") {
      if (!ParseNumber(value, spec.gid)) return false;
    } else if (key == "bind-low-ports") {
      spec.bind_low_ports = value == "1";
    } else if (key == "keep-running") {
      spec.keep_running = value == "1";
    } else if (key == "network") {
      spec.network = value;
    } else if (key == "network-socket") {
      spec.network_socket = value;
    } else if (key == "listens-outside") {
      spec.listens_outside = value == "1";
    } else if (key == "holds-networks") {
      spec.holds_networks = value == "1";
    } else if (key == "processes") {
      if (!ParseNumber(value, spec.limits.processes)) return false;
    } else if (key == "file-size") {
      if (!ParseNumber(value, spec.limits.file_bytes)) return false;
    } else if (key == "open-files") {
      if (!ParseNumber(value, spec.limits.open_files)) return false;
    } else if (key == "oom-score") {
      if (!ParseNumber(value, spec.limits.oom_score)) return false;
    } else if (key == "nested-namespaces") {
      spec.nested_namespaces = value == "1";
    } else if (key == "allow-unisolated") {
      spec.allow_unisolated = value == "1";
    } else {
      return false;
    }
  }
  return !spec.id.empty() && !spec.directory.empty() && !spec.argv.empty() && !spec.socket_path.empty();
}

}  // namespace nubo::drivers
