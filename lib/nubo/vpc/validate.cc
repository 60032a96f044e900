#include "nubo/vpc/validate.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"

namespace nubo::vpc {
namespace {

absl::StatusOr<net::Prefix> ParseBlock(absl::string_view text, absl::string_view what, absl::string_view range_code) {
  absl::StatusOr<net::Prefix> block = net::Prefix::Parse(text);
  if (!block.ok() || !block->is_v4()) {
    return base::WithErrorCode(
        absl::InvalidArgumentError(absl::StrCat("\"", text, "\" is not an IPv4 CIDR block such as 10.0.0.0/16")),
        "InvalidParameterValue");
  }
  if (block->length() < kShortestBlock || block->length() > kLongestBlock) {
    return base::WithErrorCode(
        absl::InvalidArgumentError(absl::StrCat("the ", what, " block ", block->ToString(), " is not between /",
                                                kShortestBlock, " and /", kLongestBlock)),
        range_code);
  }
  return block;
}

absl::Status BadRange(const std::string& message) {
  return base::WithErrorCode(absl::InvalidArgumentError(message), "InvalidVpc.Range");
}

// The rows of AWS's table of restricted associations.
enum class Family { kTen, kOneSevenTwo, kOneNineTwo, kOneNineEight, kPublic };

bool Within(const char* range, const net::Prefix& block) { return net::Prefix::Parse(range)->Contains(block); }

Family FamilyOf(const net::Prefix& block) {
  if (Within("10.0.0.0/8", block)) return Family::kTen;
  if (Within("172.16.0.0/12", block)) return Family::kOneSevenTwo;
  if (Within("192.168.0.0/16", block)) return Family::kOneNineTwo;
  if (Within("198.19.0.0/16", block)) return Family::kOneNineEight;
  // 100.64.0.0/10 counts as public.
  return Family::kPublic;
}

// Why `block` may not be beside the others; empty if it may.
std::string Restriction(const net::Prefix& block, const std::vector<net::Prefix>& others) {
  const Family family = FamilyOf(block), primary = FamilyOf(others.front());
  const bool is_private = family != Family::kPublic && family != Family::kOneNineEight;
  const bool primary_private = primary != Family::kPublic && primary != Family::kOneNineEight;
  if (is_private && family != primary) {
    return primary_private ? "it is of another private range than the primary block"
                           : "a private range does not go with a primary block that is not";
  }
  if (family == Family::kOneNineEight && primary != family) return "198.19.0.0/16 goes with no other primary block";
  if (primary == Family::kOneSevenTwo && Within("172.31.0.0/16", block)) return "172.31.0.0/16 cannot be added";
  for (const net::Prefix& other : others) {
    if (Within("10.0.0.0/15", other) && Within("10.0.0.0/16", block)) {
      return absl::StrCat("10.0.0.0/16 does not go with ", other.ToString(), " of 10.0.0.0/15");
    }
  }
  return "";
}

absl::StatusOr<net::Prefix> ParseBlockV6(absl::string_view text, absl::string_view what, int longest,
                                         absl::string_view range_code) {
  absl::StatusOr<net::Prefix> block = net::Prefix::Parse(text);
  if (!block.ok() || block->is_v4()) {
    return base::WithErrorCode(
        absl::InvalidArgumentError(absl::StrCat("\"", text, "\" is not an IPv6 CIDR block such as 2001:db8::/56")),
        "InvalidParameterValue");
  }
  constexpr int kShortest = 44, kStep = 4;
  if (block->length() < kShortest || block->length() > longest || block->length() % kStep != 0) {
    return base::WithErrorCode(
        absl::InvalidArgumentError(absl::StrCat("the ", what, " block ", block->ToString(), " is not one of /",
                                                kShortest, ", /", kShortest + kStep, " and so on to /", longest)),
        range_code);
  }
  return block;
}

absl::Status CheckSubnet(const net::Prefix& block, const net::Prefix& vpc,
                         const std::vector<std::pair<std::string, net::Prefix>>& others) {
  if (!vpc.Contains(block)) {
    return base::WithErrorCode(absl::InvalidArgumentError(absl::StrCat("the subnet block ", block.ToString(),
                                                                       " is not within the VPC's ", vpc.ToString())),
                               "InvalidSubnet.Range");
  }
  for (const auto& [id, other] : others) {
    if (!block.Overlaps(other)) continue;
    return base::WithErrorCode(absl::InvalidArgumentError(absl::StrCat("the subnet block ", block.ToString(),
                                                                       " overlaps ", other.ToString(), " of ", id)),
                               "InvalidSubnet.Conflict");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<net::Prefix> ParseSecondaryBlock(absl::string_view text, const VpcToExtend& vpc) {
  NUBO_ASSIGN_OR_RETURN(const net::Prefix block, ParseVpcBlock(text));
  const std::string name = block.ToString();
  for (const net::Prefix& other : vpc.blocks) {
    if (block.Overlaps(other))
      return BadRange(absl::StrCat("the block ", name, " overlaps the VPC's ", other.ToString()));
  }
  if (!vpc.peerings_requested.empty()) {
    return base::WithErrorCode(absl::FailedPreconditionError(absl::StrCat("no block can be added while the peering ",
                                                                          vpc.peerings_requested.front(),
                                                                          " that the VPC asked for is pending")),
                               "InvalidStateTransition");
  }
  for (const auto& [id, other] : vpc.peers) {
    if (block.Overlaps(other)) {
      return BadRange(absl::StrCat("the block ", name, " overlaps ", other.ToString(), " of the peer over ", id));
    }
  }
  for (const net::Prefix& destination : vpc.route_destinations) {
    if (block.Contains(destination)) {
      return BadRange(absl::StrCat("the block ", name, " is not smaller than ", destination.ToString(),
                                   ", to which the VPC has a route"));
    }
  }
  if (!vpc.blocks.empty()) {
    if (const std::string why = Restriction(block, vpc.blocks); !why.empty()) {
      return BadRange(absl::StrCat("the block ", name, " is restricted: ", why));
    }
  }
  if (static_cast<int>(vpc.blocks.size()) >= vpc.blocks_max) {
    return base::WithErrorCode(
        absl::ResourceExhaustedError(absl::StrCat("the VPC has ", vpc.blocks.size(), " blocks, all that it may have")),
        "CidrLimitExceeded");
  }
  return block;
}

absl::Status CheckPeering(const std::vector<net::Prefix>& requester, const std::vector<net::Prefix>& accepter) {
  for (const net::Prefix& one : requester) {
    for (const net::Prefix& other : accepter) {
      if (!one.Overlaps(other)) continue;
      return base::WithErrorCode(
          absl::InvalidArgumentError(absl::StrCat("the requester's ", one.ToString(), " overlaps the accepter's ",
                                                  other.ToString(), ", and peers may not overlap")),
          "InvalidParameterValue");
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<net::Prefix> ParseVpcBlockV6(absl::string_view text) {
  constexpr int kLongest = 60;
  return ParseBlockV6(text, "VPC", kLongest, "InvalidVpc.Range");
}

absl::StatusOr<net::Prefix> ParseSubnetBlockV6(absl::string_view text, const net::Prefix& vpc,
                                               const std::vector<std::pair<std::string, net::Prefix>>& others) {
  constexpr int kLongest = 64;
  NUBO_ASSIGN_OR_RETURN(const net::Prefix block, ParseBlockV6(text, "subnet", kLongest, "InvalidSubnet.Range"));
  NUBO_RETURN_IF_ERROR(CheckSubnet(block, vpc, others));
  return block;
}

absl::StatusOr<net::Prefix> ParseVpcBlock(absl::string_view text) {
  NUBO_ASSIGN_OR_RETURN(const net::Prefix block, ParseBlock(text, "VPC", "InvalidVpc.Range"));
  for (const char* reserved : {"0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4"}) {
    NUBO_ASSIGN_OR_RETURN(const net::Prefix never, net::Prefix::Parse(reserved));
    if (!never.Contains(block)) continue;
    return base::WithErrorCode(
        absl::InvalidArgumentError(absl::StrCat("the VPC block ", block.ToString(), " is within ", reserved,
                                                ", which no VPC may have; choose one of 10.0.0.0/8, 172.16.0.0/12 or "
                                                "192.168.0.0/16")),
        "InvalidVpc.Range");
  }
  return block;
}

absl::StatusOr<net::Prefix> ParseSubnetBlock(absl::string_view text) {
  return ParseBlock(text, "subnet", "InvalidSubnet.Range");
}

absl::StatusOr<net::Prefix> ParseSubnetBlock(absl::string_view text, const net::Prefix& vpc,
                                             const std::vector<std::pair<std::string, net::Prefix>>& others) {
  NUBO_ASSIGN_OR_RETURN(const net::Prefix block, ParseSubnetBlock(text));
  NUBO_RETURN_IF_ERROR(CheckSubnet(block, vpc, others));
  return block;
}

}  // namespace nubo::vpc
