// What keeps others from the state directory. Somebody may remove it, alone or with all the rest.
//
// Thread safety: thread-compatible.
#ifndef NUBO_DAEMON_TENURE_H_
#define NUBO_DAEMON_TENURE_H_

#include <functional>

#include "absl/strings/string_view.h"
#include "nubo/region/state/context.h"

namespace nubo::region {

class Tenure {
 public:
  enum class State { kHeld, kAnothers, kDirectoryGone };

  // Takes `lock` over, which LockStateDirectory returned.
  Tenure(const Paths& paths, int lock, std::function<void(absl::string_view)> log);
  ~Tenure();
  Tenure(const Tenure&) = delete;
  Tenure& operator=(const Tenure&) = delete;

  // Takes the lock anew where it is missing and nobody else has it.
  State Look();

 private:
  const Paths paths_;
  int lock_;
  const std::function<void(absl::string_view)> log_;
};

}  // namespace nubo::region

#endif  // NUBO_DAEMON_TENURE_H_
