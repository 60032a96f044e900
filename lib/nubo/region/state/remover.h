// Gets rid of directories on a thread of its own.
//
// What is discarded is gone at once: it is moved into the trash, a directory beside it, and removed from there at
// leisure. What cannot be removed is told, and tried again after ever longer pauses; what an earlier one left is found
// and removed, too. Nothing in the trash is ever taken for anything else.
//
// Example:
//   Remover remover("/state/nubo-trash", [](const std::string& path, const absl::Status& status) { … });
//   remover.Sweep();
//   remover.Discard("/state/instances/i-1");
//
// Thread safety: thread-safe.
#ifndef NUBO_REGION_STATE_REMOVER_H_
#define NUBO_REGION_STATE_REMOVER_H_

#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace nubo::region {

class Remover {
 public:
  // How long until what could not be removed is tried again: at first, and at most.
  static constexpr absl::Duration kPauseMin = absl::Seconds(1);
  static constexpr absl::Duration kPauseMax = absl::Minutes(5);
  // How long a removal that is broken off may take to notice, once the remover ends.
  static constexpr absl::Duration kPatience = absl::Seconds(1);

  // Of what was discarded from `path`: that it cannot be removed, the first time, and OK once it can after all.
  using Hear = std::function<void(const std::string& path, const absl::Status& status)>;

  // `hear` is called on the remover's thread.
  explicit Remover(std::string trash, Hear hear, absl::Duration pause_min = kPauseMin);
  // What is left stays in the trash.
  ~Remover();
  Remover(const Remover&) = delete;
  Remover& operator=(const Remover&) = delete;

  // Removes what an earlier one has left in the trash.
  void Sweep();
  // Nothing, a file or a directory of the trash's file system; one that cannot be moved is removed where it is.
  void Discard(const std::string& path);
  // Whether everything discarded is gone, or has failed, within `patience`.
  bool WaitIdle(absl::Duration patience) const;

 private:
  struct State;
  static void Run(const std::shared_ptr<State>& state);

  const std::shared_ptr<State> state_;
  std::thread thread_;
};

// Moves it into the trash, under a name of its own there, which is returned; "" if it cannot be moved.
std::string MoveToTrash(const std::string& path, const std::string& trash);

}  // namespace nubo::region

#endif  // NUBO_REGION_STATE_REMOVER_H_
