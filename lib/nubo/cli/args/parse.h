// What the parsers of verbs share, and those that are not in command_line.cc.
//
// Each takes the words after the verb. INVALID_ARGUMENT: what is wrong, and what would be right.
//
// Thread safety: pure functions.
#ifndef NUBO_CLI_ARGS_PARSE_H_
#define NUBO_CLI_ARGS_PARSE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nubo/cli/args/names.h"
#include "nubo/cli/args/options.h"
#include "nubo/net/ip_address.h"

namespace nubo::cli {

using Words = std::vector<std::string>;

// "VERB needs WHAT, for example: nubo EXAMPLE".
absl::Status Missing(absl::string_view verb, absl::string_view what, absl::string_view example);

absl::StatusOr<net::SocketAddress> ParseAddress(absl::string_view option, const std::string& text,
                                                absl::string_view example);

// What --metrics says: an address, or only a port, which is one of 127.0.0.1. Nothing if it says nothing.
absl::StatusOr<std::optional<net::SocketAddress>> ParseMetricsAddress(const std::string& text);

// As asked for, else as the environment says: $NUBO_HTTP_ADDRESS for --http-address. Nothing if neither says anything.
absl::StatusOr<std::optional<net::SocketAddress>> ChosenAddress(absl::string_view option, const std::string& asked,
                                                                absl::string_view example,
                                                                const Surroundings& surroundings);

absl::StatusOr<Command> ParseDelete(const Words& words, const Surroundings& surroundings);
absl::StatusOr<Command> ParseProtect(const Words& words, const Surroundings& surroundings);
absl::StatusOr<Command> ParseTerminate(const Words& words, const Surroundings& surroundings);
// stop, start or reboot.
absl::StatusOr<Command> ParseInstanceCall(const std::string& verb, const Words& words,
                                          const Surroundings& surroundings);
absl::StatusOr<Command> ParseSetDesired(const Words& words, const Surroundings& surroundings);
absl::StatusOr<Command> ParseExec(const Words& words, const Surroundings& surroundings);
absl::StatusOr<Command> ParseStatus(const Words& words, const Surroundings& surroundings);
absl::StatusOr<Command> ParseConsole(const Words& words, const Surroundings& surroundings);
absl::StatusOr<Command> ParseDoctor(const Words& words, const Surroundings& surroundings);
absl::StatusOr<Command> ParseVersion(const Words& words, const Surroundings& surroundings);

}  // namespace nubo::cli

#endif  // NUBO_CLI_ARGS_PARSE_H_
