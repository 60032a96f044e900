// What AWS accepts as a VPC's or a subnet's block.
//
// Rules: Amazon VPC user guide, "VPC CIDR blocks" and "Subnet CIDR blocks"; VPC peering guide, "VPC peering
// connections".
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

// How many blocks of a family a VPC may have, unless its quota was raised (to at most 50).
inline constexpr int kBlocksPerVpc = 5;

// A VPC to which a block is to be added.
struct VpcToExtend {
  // Its IPv4 blocks, of which the first is the primary.
  std::vector<net::Prefix> blocks;
  // Those of its route tables' routes that are not local.
  std::vector<net::Prefix> route_destinations = {};
  // Blocks of VPCs it is peered with, by the peering's id.
  std::vector<std::pair<std::string, net::Prefix>> peers = {};
  // Peerings that it asked for and that are not accepted yet.
  std::vector<std::string> peerings_requested = {};
  int blocks_max = kBlocksPerVpc;
};

// The canonical secondary block. INVALID_ARGUMENT: as of ParseVpcBlock, and InvalidVpc.Range if it overlaps one of the
// VPC's blocks or of a peer's, is restricted beside the primary one (another private family; 172.31.0.0/16 beside
// 172.16.0.0/12; 198.19.0.0/16 and private families beside each other or beside public blocks; 10.0.0.0/16 if some
// block is in 10.0.0.0/15), or is not smaller than the destination of a route it has in it. FAILED_PRECONDITION
// (InvalidStateTransition): a peering it asked for is pending. RESOURCE_EXHAUSTED (CidrLimitExceeded): the VPC has all
// the blocks it may have.
absl::StatusOr<net::Prefix> ParseSecondaryBlock(absl::string_view text, const VpcToExtend& vpc);

// Whether two VPCs may be peered. INVALID_ARGUMENT (InvalidParameterValue): some block of one overlaps one of the
// other.
absl::Status CheckPeering(const std::vector<net::Prefix>& requester, const std::vector<net::Prefix>& accepter);

// The canonical IPv6 block of a VPC: /44 to /60, by fours. INVALID_ARGUMENT: not an IPv6 block (InvalidParameterValue),
// of another length (InvalidVpc.Range).
absl::StatusOr<net::Prefix> ParseVpcBlockV6(absl::string_view text);

// That of a subnet: /44 to /64, by fours, in `vpc`, and beside `others`. Codes as of ParseSubnetBlock.
absl::StatusOr<net::Prefix> ParseSubnetBlockV6(absl::string_view text, const net::Prefix& vpc,
                                               const std::vector<std::pair<std::string, net::Prefix>>& others);

// The canonical block, wherever it is. INVALID_ARGUMENT: not an IPv4 block (InvalidParameterValue), or not /16 to /28
// (InvalidSubnet.Range).
absl::StatusOr<net::Prefix> ParseSubnetBlock(absl::string_view text);

// The canonical block. `others`: the subnets the VPC has, by id.
// INVALID_ARGUMENT: not /16 to /28 or not within `vpc` (InvalidSubnet.Range), overlapping (InvalidSubnet.Conflict).
absl::StatusOr<net::Prefix> ParseSubnetBlock(absl::string_view text, const net::Prefix& vpc,
                                             const std::vector<std::pair<std::string, net::Prefix>>& others);

}  // namespace nubo::vpc

#endif  // NUBO_VPC_VALIDATE_H_
