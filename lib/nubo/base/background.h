// A thread for what may take long or never end: writing to a disk that stalls, removing a million files.
//
// Jobs run one after another. Whoever posts one goes on at once, and is not kept from ending by one that hangs: it is
// left behind. So a job owns all it uses, or shares it.
//
// Example:
//   base::Background background;
//   background.Post([path] { base::RemoveTree(path); });
//
// Thread safety: thread-safe.
#ifndef NUBO_BASE_BACKGROUND_H_
#define NUBO_BASE_BACKGROUND_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <thread>

#include "absl/time/time.h"

namespace nubo::base {

class Background {
 public:
  // How long a job under way may take once its owner ends.
  static constexpr absl::Duration kPatience = absl::Seconds(1);

  explicit Background(absl::Duration patience = kPatience);
  // Waits for what was posted, up to `patience`.
  ~Background();
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;

  // Who posts bounds how many there are.
  void Post(std::function<void()> job);
  // Whether everything posted was done within `patience`.
  bool WaitIdle(absl::Duration patience) const;

 private:
  struct State;
  static void Run(const std::shared_ptr<State>& state);

  const absl::Duration patience_;
  const std::shared_ptr<State> state_;
  std::thread thread_;
};

}  // namespace nubo::base

#endif  // NUBO_BASE_BACKGROUND_H_
