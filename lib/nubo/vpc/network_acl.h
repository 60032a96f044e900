// Network ACLs: the entries that one may have. What comes of them for packets is Reachability's to say.
//
// Entries are known by their direction and number; the lowest number that matches decides, and what none matches is
// denied. (Amazon VPC user guide, "Network ACL rules"; EC2 API reference, CreateNetworkAclEntry.)
//
// Example:
//   NUBO_ASSIGN_OR_RETURN(const NetworkAclEntry entry,
//                         ParseAclEntry({.number = 100, .action = "allow", .protocol = 6, .cidr = "0.0.0.0/0",
//                                        .from_port = 80, .to_port = 80}));
//   NUBO_RETURN_IF_ERROR(CheckAclEntry(present, entry));
//
// Thread safety: pure functions.
#ifndef NUBO_VPC_NETWORK_ACL_H_
#define NUBO_VPC_NETWORK_ACL_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "nubo/vpc/network.h"

namespace nubo::vpc {

// AWS's default quota of entries of one ACL, in and out apart.
inline constexpr size_t kAclEntriesMax = 20;
inline constexpr int64_t kAclNumberMin = 1;
inline constexpr int64_t kAclNumberMax = 32766;
// That of the entries that let everything pass in a VPC's default ACL.
inline constexpr int kDefaultAclNumber = 100;

// An entry as users write it.
struct AclEntryText {
  int64_t number = 0;
  // "allow" or "deny".
  std::string action;
  // IANA's number; -1: all.
  int64_t protocol = -1;
  std::string cidr;
  // Of TCP and UDP, which need them.
  std::optional<int64_t> from_port;
  std::optional<int64_t> to_port;
  // Of ICMP, which needs them; -1: all.
  std::optional<int64_t> icmp_type;
  std::optional<int64_t> icmp_code;
};

// Number, action and protocol with what belongs to it, without the block. INVALID_ARGUMENT (InvalidParameterValue):
// out of range, in the wrong order, or no such word; (MissingParameter): ports, or type and code, that are needed.
absl::StatusOr<NetworkAclEntry> ParseAclRule(const AclEntryText& text);
// As ParseAclRule(); INVALID_ARGUMENT (InvalidParameterValue): not a block.
absl::StatusOr<NetworkAclEntry> ParseAclEntry(const AclEntryText& text);

// Whether an ACL with the entries `present`, all of one direction, can have this one as well. ALREADY_EXISTS
// (NetworkAclEntryAlreadyExists): its number is taken. RESOURCE_EXHAUSTED (NetworkAclEntryLimitExceeded).
absl::Status CheckAclEntry(const std::vector<NetworkAclEntry>& present, const NetworkAclEntry& entry);

}  // namespace nubo::vpc

#endif  // NUBO_VPC_NETWORK_ACL_H_
