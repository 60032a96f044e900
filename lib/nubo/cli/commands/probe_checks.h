// What the processes of a region said when they were asked, as checks of `nubo status`.
//
// Thread safety: pure functions.
#ifndef NUBO_CLI_COMMANDS_PROBE_CHECKS_H_
#define NUBO_CLI_COMMANDS_PROBE_CHECKS_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "nubo/cli/commands/checks.h"
#include "nubo/region/v1/region.pb.h"

namespace nubo::cli {

// The probe of that kind and name; nullptr: it has not been asked, because it does not run, say.
const region::v1::Probe* FindProbe(const region::v1::GetStatusResponse& status, absl::string_view kind,
                                   absl::string_view name);

// Adds to `check`, of something that is seen well so far, what its process has said.
void AddProbe(const region::v1::Probe* probe, Check& check);

// The name server, and the listener of names under .localhost.
Check DnsCheck(const region::v1::GetStatusResponse& status);
Check ListenerCheck(const region::v1::GetStatusResponse& status);

// One that counts those that answer, and one each of the first few that do not.
std::vector<Check> ShimChecks(const region::v1::GetStatusResponse& status);

}  // namespace nubo::cli

#endif  // NUBO_CLI_COMMANDS_PROBE_CHECKS_H_
