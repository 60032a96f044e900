// Security groups, network ACLs and interfaces in plain words: what `nubo explain ID` prints.
//
// Rules that say one thing in several ways are told once, and members of groups counted. An ACL is told entry by entry,
// with those that are never reached. Whether a connection works is another question (reachability.h).
//
// Example:
//   NUBO_ASSIGN_OR_RETURN(std::vector<std::string> lines, Explain(network, "sg-1"));
//   for (const std::string& line : lines) Use(line);  // "tcp 80, 443 from anywhere"
//
// Thread safety: pure functions.
#ifndef NUBO_VPC_EXPLAIN_H_
#define NUBO_VPC_EXPLAIN_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nubo/vpc/network.h"
#include "nubo/vpc/security_group.h"

namespace nubo::vpc {

// The fewest rules that allow what `rules` allow together, as far as it shows in them: ranges of ports that touch
// become one, and what another covers is left out. Descriptions are dropped. In order of peer, protocol and ports.
std::vector<SecurityGroupRule> MergeRules(const std::vector<SecurityGroupRule>& rules);

// Each: lines of text. NOT_FOUND: the network has no such thing.
absl::StatusOr<std::vector<std::string>> ExplainGroup(const Network& network, absl::string_view id);
absl::StatusOr<std::vector<std::string>> ExplainAcl(const Network& network, absl::string_view id);
// What can reach it and what it can reach, over all of its groups.
absl::StatusOr<std::vector<std::string>> ExplainInterface(const Network& network, absl::string_view id);
// Whichever it is.
absl::StatusOr<std::vector<std::string>> Explain(const Network& network, absl::string_view id);

}  // namespace nubo::vpc

#endif  // NUBO_VPC_EXPLAIN_H_
