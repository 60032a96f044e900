#include "nubo/vpc/validate.h"

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

}  // namespace

absl::StatusOr<net::Prefix> ParseVpcBlock(absl::string_view text) {
  return ParseBlock(text, "VPC", "InvalidVpc.Range");
}

absl::StatusOr<net::Prefix> ParseSubnetBlock(absl::string_view text, const net::Prefix& vpc,
                                             const std::vector<std::pair<std::string, net::Prefix>>& others) {
  NUBO_ASSIGN_OR_RETURN(const net::Prefix block, ParseBlock(text, "subnet", "InvalidSubnet.Range"));
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
  return block;
}

}  // namespace nubo::vpc
