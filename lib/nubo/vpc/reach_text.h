// Questions and verdicts of reachability as text: what `nubo reach FROM TO [PORT]` takes and prints.
//
// Example:
//   NUBO_ASSIGN_OR_RETURN(Connection connection, ParseConnection("eni-web", "eni-db", "3306"));
//   for (const std::string& line : VerdictLines(network, connection, reachability.Evaluate(connection))) Use(line);
//
// Thread safety: pure functions.
#ifndef NUBO_VPC_REACH_TEXT_H_
#define NUBO_VPC_REACH_TEXT_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nubo/vpc/network.h"
#include "nubo/vpc/reachability.h"
#include "nubo/vpc/verdict.h"

namespace nubo::vpc {

// `port`: "80" or "tcp/80", "udp/53", "icmp/TYPE" or "icmp/TYPE/CODE", "icmpv6/TYPE", "protocol/47"; "" and "icmp" ask
// for an echo ("ping"), of IPv6 if an end is an IPv6 address, as "icmpv6" does. A colon is as good as a slash.
// INVALID_ARGUMENT: none of these, or a number out of range.
absl::StatusOr<Connection> ParseConnection(absl::string_view from, absl::string_view to, absl::string_view port);

// "tcp 80", "icmp type 8".
std::string ConnectionText(const Connection& connection);

// An id with the name that the model knows for it: "sg-1 (web)", "eni-1 (i-1)".
std::string NamedId(const Network& network, absl::string_view id);

// First what it comes to, then a line a hop, and at last what stops it.
std::vector<std::string> VerdictLines(const Network& network, const Connection& connection, const Verdict& verdict);

}  // namespace nubo::vpc

#endif  // NUBO_VPC_REACH_TEXT_H_
