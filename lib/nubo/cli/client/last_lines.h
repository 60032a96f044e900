// The end of what an instance has printed, for an error message.
//
// Thread safety: as Client.
#ifndef NUBO_CLI_CLIENT_LAST_LINES_H_
#define NUBO_CLI_CLIENT_LAST_LINES_H_

#include <string>

#include "absl/strings/string_view.h"
#include "nubo/cli/client/client.h"

namespace nubo::cli {

// The last lines of `text`, each indented and cut short where it is long; control characters are shown, not executed.
// Without an end of line.
std::string TailOf(absl::string_view text);

// TailOf() the log of `id`; "" if it has none.
std::string LastLines(const Client& client, const std::string& id);

}  // namespace nubo::cli

#endif  // NUBO_CLI_CLIENT_LAST_LINES_H_
