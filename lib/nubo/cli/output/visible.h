// Text that a terminal shows and does not obey.
//
// What an instance prints may hold sequences that move the cursor, rename the window, or make the terminal type. Their
// bytes are shown as cat -v shows them: ESC as ^[, others as ^A, C1's controls and what is no UTF-8 as \x9b. What turns
// the order of letters around is shown as \u202e. Line ends and tabs stay as they are.
//
// Example:
//   VisibleText visible;
//   while (Read(&piece)) out << visible.Add(piece);
//   out << visible.End();
//
// Thread safety: thread-compatible.
#ifndef NUBO_CLI_OUTPUT_VISIBLE_H_
#define NUBO_CLI_OUTPUT_VISIBLE_H_

#include <string>

#include "absl/strings/string_view.h"

namespace nubo::cli {

class VisibleText {
 public:
  // What can be shown of all that came; a character or line end that is not whole yet waits for the rest.
  std::string Add(absl::string_view piece);
  std::string End();

 private:
  std::string pending_;
};

// All of it at once.
std::string Visible(absl::string_view text);

}  // namespace nubo::cli

#endif  // NUBO_CLI_OUTPUT_VISIBLE_H_
