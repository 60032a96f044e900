#include "nubo/drivers/shim_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

namespace nubo::drivers {
namespace {

constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
constexpr int kSealMode = 0x20;  // F_SEAL_EXEC
// A page that somebody looks at for a moment (the kernel's own housekeeping does) keeps a file from being sealed.
// Each try waits some 150 ms by itself.
constexpr int kSealTries = 6;
constexpr int kSealPauseMs = 20;
// MFD_EXEC, which kernels from 6.3 on want to hear, and older ones do not know.
constexpr unsigned kMayRun = 0x10;

int MemoryFile() {
  const unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  const int fd = memfd_create("nubo-shim", flags | kMayRun);
  return fd >= 0 || errno != EINVAL ? fd : memfd_create("nubo-shim", flags);
}

bool CopyAll(int from, int to) {
  struct stat info;
  if (fstat(from, &info) != 0) return false;
  for (off_t left = info.st_size; left > 0;) {
    const ssize_t sent = sendfile(to, from, nullptr, static_cast<size_t>(left));
    if (sent < 0 && errno == EINTR) continue;
    // It has become shorter.
    if (sent == 0) errno = EIO;
    if (sent <= 0) return false;
    left -= sent;
  }
  return true;
}

bool Seal(int file) {
  for (int i = 0; i < kSealTries; ++i) {
    if (fcntl(file, F_ADD_SEALS, kSeals) == 0) return true;
    if (errno != EBUSY) return false;
    usleep(kSealPauseMs * 1000);
  }
  errno = EBUSY;
  return false;
}

}  // namespace

int SealedCopy(int program) {
  const int copy = MemoryFile();
  if (copy < 0) return -1;
  if (!CopyAll(program, copy) || !Seal(copy)) {
    const int problem = errno;
    close(copy);
    errno = problem;
    return -1;
  }
  // Nor may it be made one that nobody can run. Kernels before 6.3 have no such seal.
  (void)fcntl(copy, F_ADD_SEALS, kSealMode);
  (void)fcntl(copy, F_ADD_SEALS, F_SEAL_SEAL);
  return copy;
}

std::string RunFromMemory(char** argv, char** environment) {
  const int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  if (self < 0) return strerror(errno);
  // Files on disk have no seals to ask for.
  const int seals = fcntl(self, F_GET_SEALS);
  if (seals >= 0 && (seals & kSeals) == kSeals) {
    close(self);
    return "";
  }
  const int copy = SealedCopy(self);
  if (copy >= 0) fexecve(copy, argv, environment);
  const int problem = errno;
  close(self);
  if (copy >= 0) close(copy);
  return strerror(problem);
}

}  // namespace nubo::drivers
