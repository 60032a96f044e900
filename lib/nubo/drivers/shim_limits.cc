#include "nubo/drivers/shim_limits.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <string>

namespace nubo::drivers {
namespace {

constexpr const char* kKindsOfNamespaces[] = {"user", "pid", "mnt", "net", "ipc", "uts", "cgroup", "time"};
constexpr __rlimit_resource kTaken[] = {RLIMIT_NOFILE, RLIMIT_NPROC, RLIMIT_FSIZE, RLIMIT_CORE};

void WriteNumber(int fd, uint64_t number) {
  const std::string text = std::to_string(number);
  (void)!write(fd, text.data(), text.size());
}

void SetUserLimit(const std::string& name, uint64_t most) {
  const int fd = open(("/proc/sys/user/" + name).c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return;
  WriteNumber(fd, most);
  close(fd);
}

// One that is higher already stays so.
void RaiseOomScore(uint64_t score) {
  const int fd = open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC);
  if (fd < 0) return;
  char present[16] = {};
  if (read(fd, present, sizeof present - 1) > 0 && atoi(present) < static_cast<int>(score)) WriteNumber(fd, score);
  close(fd);
}

void Lower(__rlimit_resource resource, rlim_t most) {
  rlimit limit;
  if (getrlimit(resource, &limit) != 0) return;
  limit.rlim_max = std::min(limit.rlim_max, most);
  limit.rlim_cur = std::min(limit.rlim_cur, limit.rlim_max);
  setrlimit(resource, &limit);
}

// Before Linux 5.14 the processes of a user were counted over all namespaces: the limit would be met by others'.
bool CountsProcessesOfANamespace() {
  utsname name;
  int major = 0, minor = 0;
  if (uname(&name) != 0 || sscanf(name.release, "%d.%d", &major, &minor) != 2) return false;
  return major > 5 || (major == 5 && minor >= 14);
}

}  // namespace

void CloseUserNamespace(bool nested_namespaces) {
  SetUserLimit("max_inotify_instances", kInotifyInstancesMax);
  if (nested_namespaces) return;
  for (const char* kind : kKindsOfNamespaces) SetUserLimit(std::string("max_") + kind + "_namespaces", 0);
}

void LimitResources(const ShimLimits& limits) {
  if (limits.oom_score > 0) RaiseOomScore(limits.oom_score);
  if (limits.processes > 0 && CountsProcessesOfANamespace()) Lower(RLIMIT_NPROC, limits.processes);
  if (limits.file_bytes > 0) Lower(RLIMIT_FSIZE, limits.file_bytes);
  // 1 also keeps the kernel from handing a dump to this machine's own handler (core(5)).
  Lower(RLIMIT_CORE, 1);
  rlimit files;
  if (limits.open_files > 0 && getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = std::min<rlim_t>(limits.open_files, files.rlim_max);
    setrlimit(RLIMIT_NOFILE, &files);
  }
}

Priority PriorityOf(pid_t pid) {
  Priority priority;
  const int fd = open(("/proc/" + std::to_string(pid) + "/oom_score_adj").c_str(), O_RDONLY | O_CLOEXEC);
  char text[16] = {};
  if (fd >= 0 && read(fd, text, sizeof text - 1) > 0) priority.oom_score = atoi(text);
  if (fd >= 0) close(fd);
  priority.nice = getpriority(PRIO_PROCESS, static_cast<id_t>(pid));
  if (sched_getaffinity(pid, sizeof priority.processors, &priority.processors) != 0) CPU_ZERO(&priority.processors);
  return priority;
}

void TakeOverPriority(const Priority& priority) {
  const sched_param none = {};
  (void)sched_setscheduler(0, SCHED_OTHER, &none);
  (void)setpriority(PRIO_PROCESS, 0, priority.nice);
  if (CPU_COUNT(&priority.processors) > 0) (void)sched_setaffinity(0, sizeof priority.processors, &priority.processors);
  const int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  const std::string text = std::to_string(priority.oom_score);
  if (fd >= 0) (void)!write(fd, text.data(), text.size());
  if (fd >= 0) close(fd);
}

void TakeOverLimits(pid_t from) {
  for (const __rlimit_resource resource : kTaken) {
    rlimit limit;
    if (prlimit(from, resource, nullptr, &limit) == 0) setrlimit(resource, &limit);
  }
}

}  // namespace nubo::drivers
