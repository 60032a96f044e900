// What reaches outside of the control plane: a process is started or ended, a directory removed.
//
// Thread safety: a value; who runs it holds no lock.
#ifndef NUBO_REGION_STATE_EFFECT_H_
#define NUBO_REGION_STATE_EFFECT_H_

#include <functional>
#include <string>
#include <type_traits>
#include <utility>

#include "nubo/process/driver.h"

namespace nubo::region {

// Ending something never waits for a disk that cannot be written: a control plane that starts without knowing of it
// finds it ended.
struct Effect {
  enum class Kind { kOther, kLaunch, kEnd };

  template <typename Run, typename = std::enable_if_t<std::is_invocable_v<Run, process::Driver&>>>
  Effect(Run run) : run(std::move(run)) {}  // NOLINT: is one.
  Effect(Kind kind, std::string id, std::function<void(process::Driver&)> run)
      : kind(kind), id(std::move(id)), run(std::move(run)) {}
  void operator()(process::Driver& driver) const { run(driver); }

  Kind kind = Kind::kOther;
  // Of the process that is launched or ended; "" of neither.
  std::string id;
  std::function<void(process::Driver&)> run;
};

}  // namespace nubo::region

#endif  // NUBO_REGION_STATE_EFFECT_H_
