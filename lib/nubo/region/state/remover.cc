#include "nubo/region/state/remover.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <deque>
#include <filesystem>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nubo/base/mutex.h"
#include "nubo/base/tree_removal.h"

namespace nubo::region {
namespace {

constexpr int kNamesTried = 10000;

// True if it is a directory, and was changed. What it is called is up to this user alone.
bool MakeWritable(const std::string& path) {
  struct stat info;
  if (lstat(path.c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) return false;
  const bool changed = chmod(path.c_str(), S_IRWXU) == 0;
  errno = EACCES;
  return changed;
}

}  // namespace

struct Remover::State {
  struct Item {
    std::string path;
    // As it was called when it was discarded.
    std::string former;
    absl::Duration pause;
    std::chrono::steady_clock::time_point due;
  };

  std::string trash;
  absl::Duration pause_min;
  mutable base::Mutex mutex;
  mutable base::CondVar changed;
  base::Mutex hearing;
  Hear hear NUBO_GUARDED_BY(hearing);
  std::deque<Item> fresh NUBO_GUARDED_BY(mutex);
  std::deque<Item> failed NUBO_GUARDED_BY(mutex);
  bool busy NUBO_GUARDED_BY(mutex) = false;
  bool ending NUBO_GUARDED_BY(mutex) = false;

  bool GoOn() const {
    base::MutexLock lock(mutex);
    return !ending;
  }
  void Tell(const std::string& path, const absl::Status& status) {
    base::MutexLock lock(hearing);
    if (hear != nullptr) hear(path, status);
  }
  // The next one to be tried, or when that will be.
  bool Take(Item& item, std::chrono::steady_clock::time_point& due) NUBO_REQUIRES(mutex) {
    std::deque<Item>* from = &fresh;
    auto next = fresh.begin();
    if (fresh.empty()) {
      from = &failed;
      next = std::min_element(failed.begin(), failed.end(), [](const Item& a, const Item& b) { return a.due < b.due; });
      if (next == failed.end()) return false;
      due = next->due;
      if (due > std::chrono::steady_clock::now()) return false;
    }
    item = std::move(*next);
    from->erase(next);
    return true;
  }
};

std::string MoveToTrash(const std::string& path, const std::string& trash) {
  std::string name = std::filesystem::path(path).lexically_normal().filename();
  if (name.empty()) name = std::filesystem::path(path).parent_path().filename();
  for (int i = 0; i < kNamesTried; ++i) {
    const std::string to = absl::StrCat(trash, "/", name, ".", i);
    if (renameat2(AT_FDCWD, path.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return to;
    // A directory that is moved has to be writable itself, and an instance may have seen to it that it is not.
    if (errno == EACCES && MakeWritable(path) &&
        renameat2(AT_FDCWD, path.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) {
      return to;
    }
    // A file system that does not know the flag.
    struct stat info;
    const bool replaces = errno == EINVAL && lstat(to.c_str(), &info) != 0;
    if (replaces && rename(path.c_str(), to.c_str()) == 0) return to;
    if (errno != EEXIST && errno != EINVAL) return "";
  }
  return "";
}

Remover::Remover(std::string trash, Hear hear, absl::Duration pause_min) : state_(std::make_shared<State>()) {
  state_->trash = std::move(trash);
  state_->hear = std::move(hear);
  state_->pause_min = pause_min;
  thread_ = std::thread([state = state_] { Run(state); });
}

Remover::~Remover() {
  bool ended;
  {
    base::MutexLock lock(state_->mutex);
    state_->ending = true;
    state_->changed.NotifyAll();
    ended = state_->changed.WaitFor(state_->mutex, kPatience,
                                    [this]() NUBO_REQUIRES(state_->mutex) { return !state_->busy; });
  }
  if (ended) {
    thread_.join();
    return;
  }
  // It hangs in the disk, and tells nobody any more.
  thread_.detach();
  base::MutexLock lock(state_->hearing);
  state_->hear = nullptr;
}

void Remover::Run(const std::shared_ptr<State>& state) {
  const std::function<bool()> go_on = [state] { return state->GoOn(); };
  base::MutexLock lock(state->mutex);
  while (!state->ending) {
    State::Item item;
    auto due = std::chrono::steady_clock::time_point::max();
    if (!state->Take(item, due)) {
      const auto woken = [&]() NUBO_REQUIRES(state->mutex) { return state->ending || !state->fresh.empty(); };
      if (due == std::chrono::steady_clock::time_point::max()) {
        state->changed.Wait(state->mutex, woken);
      } else {
        state->changed.WaitUntil(state->mutex, due, woken);
      }
      continue;
    }
    state->busy = true;
    lock.Unlock();
    const absl::Status status = base::RemoveTree(item.path, go_on);
    const bool first = item.pause == absl::ZeroDuration();
    const bool tells = !absl::IsCancelled(status) && status.ok() != first;
    if (tells) state->Tell(item.former, status);
    lock.Lock();
    if (!status.ok()) {
      item.pause = first ? state->pause_min : std::min(kPauseMax, 2 * item.pause);
      item.due = std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(item.pause);
      state->failed.push_back(std::move(item));
    }
    state->busy = false;
    state->changed.NotifyAll();
  }
}

void Remover::Sweep() {
  std::error_code ignored;
  std::vector<std::string> left;
  for (const auto& entry : std::filesystem::directory_iterator(state_->trash, ignored)) left.push_back(entry.path());
  base::MutexLock lock(state_->mutex);
  for (const std::string& path : left) state_->fresh.push_back({path, path, absl::ZeroDuration(), {}});
  state_->changed.NotifyAll();
}

void Remover::Discard(const std::string& path) {
  struct stat info;
  if (lstat(path.c_str(), &info) != 0) return;
  if (!S_ISDIR(info.st_mode) && unlink(path.c_str()) == 0) return;
  const std::string moved = MoveToTrash(path, state_->trash);
  base::MutexLock lock(state_->mutex);
  state_->fresh.push_back({moved.empty() ? path : moved, path, absl::ZeroDuration(), {}});
  state_->changed.NotifyAll();
}

bool Remover::WaitIdle(absl::Duration patience) const {
  base::MutexLock lock(state_->mutex);
  return state_->changed.WaitFor(state_->mutex, patience, [this]() NUBO_REQUIRES(state_->mutex) {
    return state_->fresh.empty() && !state_->busy;
  });
}

}  // namespace nubo::region
