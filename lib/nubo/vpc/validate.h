// What AWS accepts as a VPC's or a subnet's block.
//
// Rules: Amazon VPC user guide, "VPC CIDR blocks" and "Subnet CIDR blocks".
//
// Thread safety: pure functions.
#ifndef NUBO_VPC_VALIDATE_H_
#define NUBO_VPC_VALIDATE_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nubo/net/ip_address.h"

namespace nubo::vpc {

inline constexpr int kLongestBlock = 28;
inline constexpr int kShortestBlock = 16;

// The canonical block. INVALID_ARGUMENT: not an IPv4 block (InvalidParameterValue), not /16 to /28, or within a block
// that no VPC may have: 0.0.0.0/8, 127.0.0.0/8, 169.254.0.0/16 and 224.0.0.0/4 (InvalidVpc.Range).
absl::StatusOr<net::Prefix> ParseVpcBlock(absl::string_view text);

// The canonical block, wherever it is. INVALID_ARGUMENT: not an IPv4 block (InvalidParameterValue), or not /16 to /28
// (InvalidSubnet.Range).
absl::StatusOr<net::Prefix> ParseSubnetBlock(absl::string_view text);

// The canonical block. `others`: the subnets the VPC has, by id.
// INVALID_ARGUMENT: not /16 to /28 or not within `vpc` (InvalidSubnet.Range), overlapping (InvalidSubnet.Conflict).
absl::StatusOr<net::Prefix> ParseSubnetBlock(absl::string_view text, const net::Prefix& vpc,
                                             const std::vector<std::pair<std::string, net::Prefix>>& others);

}  // namespace nubo::vpc

#endif  // NUBO_VPC_VALIDATE_H_
