#include "nubo/daemon/tenure.h"

#include <unistd.h>

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "nubo/region/state/state_directory.h"

namespace nubo::region {

Tenure::Tenure(const Paths& paths, int lock, std::function<void(absl::string_view)> log)
    : paths_(paths), lock_(lock), log_(std::move(log)) {}

Tenure::~Tenure() { close(lock_); }

Tenure::State Tenure::Look() {
  if (HasLock(lock_, paths_.state)) return State::kHeld;
  if (access(paths_.Store().c_str(), F_OK) != 0) return State::kDirectoryGone;
  const absl::StatusOr<int> again = LockStateDirectory(paths_.state, absl::ZeroDuration());
  if (absl::IsAlreadyExists(again.status())) return State::kAnothers;
  // For lack of space, say. Who comes meanwhile cannot take it either.
  if (!again.ok()) return State::kHeld;
  close(std::exchange(lock_, *again));
  log_(absl::StrCat("somebody has removed the lock of ", paths_.state, "; it is there again"));
  return State::kHeld;
}

}  // namespace nubo::region
