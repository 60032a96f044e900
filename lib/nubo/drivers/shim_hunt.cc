#include "nubo/drivers/shim_hunt.h"

#include <dirent.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

namespace nubo::drivers {
namespace {

struct Known {
  int parent = 0;
  uint64_t started = 0;
};

std::string Slurp(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
}

// False: there is no such process.
bool Look(int pid, Known& known) {
  const std::string stat = Slurp(absl::StrCat("/proc/", pid, "/stat"));
  // After the program's name, which may hold anything: state, parent, …; the start is the 22nd field of all.
  const size_t name_end = stat.rfind(") ");
  if (name_end == std::string::npos) return false;
  const std::vector<absl::string_view> fields = absl::StrSplit(absl::string_view(stat).substr(name_end + 2), ' ');
  return fields.size() > 19 && absl::SimpleAtoi(fields[1], &known.parent) &&
         absl::SimpleAtoi(fields[19], &known.started);
}

bool Ours(int pid) {
  const std::string status = Slurp(absl::StrCat("/proc/", pid, "/status"));
  const size_t at = status.find("\nUid:\t");
  return at != std::string::npos && std::strtoul(status.c_str() + at + 6, nullptr, 10) == getuid();
}

std::map<int, Known> AllProcesses() {
  std::map<int, Known> all;
  DIR* const proc = opendir("/proc");
  if (proc == nullptr) return all;
  while (const dirent* entry = readdir(proc)) {
    int pid = 0;
    Known known;
    if (absl::SimpleAtoi(entry->d_name, &pid) && Look(pid, known)) all[pid] = known;
  }
  closedir(proc);
  return all;
}

// nubo-shim --spec FILE
std::string SpecOf(int pid) {
  const std::string line = Slurp(absl::StrCat("/proc/", pid, "/cmdline"));
  const std::vector<std::string> words = absl::StrSplit(line, '\0');
  return words.size() >= 3 && words[1] == "--spec" ? words[2] : "";
}

}  // namespace

std::map<std::string, std::vector<Hunted>> FindShims(const std::set<std::string>& spec_paths) {
  const std::map<int, Known> all = AllProcesses();
  std::multimap<int, int> children;
  for (const auto& [pid, known] : all) children.emplace(known.parent, pid);
  std::map<std::string, std::vector<Hunted>> found;
  for (const auto& [pid, known] : all) {
    const std::string spec = SpecOf(pid);
    if (spec_paths.count(spec) == 0 || !Ours(pid)) continue;
    // The first process of an instance is called the same.
    const auto parent = all.find(known.parent);
    if (parent != all.end() && SpecOf(parent->first) == spec) continue;
    std::vector<Hunted>& hunted = found[spec];
    size_t next = hunted.size();
    hunted.push_back({pid, known.started});
    for (; next < hunted.size(); ++next) {
      const auto [first, last] = children.equal_range(hunted[next].pid);
      for (auto child = first; child != last; ++child) hunted.push_back({child->second, all.at(child->second).started});
    }
  }
  return found;
}

bool Signal(const Hunted& process, int signal) {
  const int fd = static_cast<int>(syscall(SYS_pidfd_open, process.pid, 0));
  if (fd < 0 && errno != ENOSYS) return false;
  Known known;
  bool sent = false;
  // From here on the descriptor is of the process that is looked at now.
  if (Look(process.pid, known) && known.started == process.started) {
    sent = fd >= 0 ? syscall(SYS_pidfd_send_signal, fd, signal, nullptr, 0) == 0 : kill(process.pid, signal) == 0;
  }
  if (fd >= 0) close(fd);
  return sent;
}

}  // namespace nubo::drivers
