// Who takes configurations over and tells how it is: what a control socket talks for.
//
// Example: see messages.h, which reads and writes protobuf.
//
// Thread safety: called on its server's loop's thread.
#ifndef NUBO_CONTROL_HANDLER_H_
#define NUBO_CONTROL_HANDLER_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace nubo::control {

// Of a configuration that came.
struct Outcome {
  // OK: it is in force. Else the former one is.
  absl::Status status;
  // As it says itself; 0 where it cannot be read.
  uint64_t revision = 0;
};

class Handler {
 public:
  virtual ~Handler() = default;
  // Takes the configuration over as a whole, or refuses it and keeps the former.
  virtual Outcome Apply(absl::string_view configuration) = 0;
  // How it is. `refused`: the last configuration that came, if it was refused; OK otherwise.
  virtual std::string Describe(const Outcome& refused) = 0;
};

}  // namespace nubo::control

#endif  // NUBO_CONTROL_HANDLER_H_
