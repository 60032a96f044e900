// The program that a driver runs as shims: a copy in memory that nobody can change.
//
// Process 1 of an instance runs it, and so does whatever has not come to run the instance's own program yet. Where the
// instance runs as the same user, a file on disk could be changed through it, and so what this user runs next, outside
// (the way of CVE-2019-5736); or be taken away from all instances to come. All shims of a driver share one copy.
//
// Only Linux: memfd_create(2).
//
// Thread safety: thread-compatible.
#ifndef NUBO_DRIVERS_SHIM_PROGRAM_H_
#define NUBO_DRIVERS_SHIM_PROGRAM_H_

#include <string>

#include "absl/status/statusor.h"

namespace nubo::drivers {

class ShimProgram {
 public:
  explicit ShimProgram(std::string file) : file_(std::move(file)) {}
  ~ShimProgram();
  ShimProgram(const ShimProgram&) = delete;
  ShimProgram& operator=(const ShimProgram&) = delete;

  // What to run, while this lives, from this process. A copy that cannot be run any more is replaced. UNAVAILABLE:
  // there is no such file, or no room for a copy.
  absl::StatusOr<std::string> Path();

 private:
  const std::string file_;
  int fd_ = -1;
};

}  // namespace nubo::drivers

#endif  // NUBO_DRIVERS_SHIM_PROGRAM_H_
