#include "nubo/process/end.h"

#include "absl/strings/str_cat.h"

namespace nubo::process {

std::string ToString(const End& end) {
  switch (end.kind) {
    case End::Kind::kExited:
      return absl::StrCat("exited with status ", end.code);
    case End::Kind::kSignaled:
      return absl::StrCat("was killed by signal ", end.signal);
    case End::Kind::kNotStarted:
      return absl::StrCat("could not be started: ", end.why);
    case End::Kind::kKilledWithWatcher:
    case End::Kind::kUnknown:
      return end.why;
  }
  return end.why;
}

}  // namespace nubo::process
