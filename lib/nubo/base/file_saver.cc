#include "nubo/base/file_saver.h"

#include <optional>
#include <utility>

#include "nubo/base/files.h"
#include "nubo/base/mutex.h"

namespace nubo::base {

struct FileSaver::State {
  State(std::string path, mode_t mode) : path(std::move(path)), mode(mode) {}

  const std::string path;
  const mode_t mode;
  Mutex mutex;
  std::optional<std::string> newest NUBO_GUARDED_BY(mutex);
  bool failed NUBO_GUARDED_BY(mutex) = false;
};

FileSaver::FileSaver(std::string path, mode_t mode) : state_(std::make_shared<State>(std::move(path), mode)) {}

FileSaver::~FileSaver() = default;

bool FileSaver::Save(absl::string_view content) {
  const bool idle = background_.WaitIdle(absl::ZeroDuration());
  {
    MutexLock lock(state_->mutex);
    const bool scheduled = state_->newest.has_value();
    state_->newest = std::string(content);
    if (scheduled) return false;
  }
  background_.Post([state = state_] {
    std::string newest;
    {
      MutexLock lock(state->mutex);
      newest = *std::exchange(state->newest, std::nullopt);
    }
    const bool written = ReplaceFile(state->path, newest, state->mode).ok();
    MutexLock lock(state->mutex);
    state->failed = !written;
  });
  if (!idle || !background_.WaitIdle(kPause)) return false;
  MutexLock lock(state_->mutex);
  return !state_->failed;
}

}  // namespace nubo::base
