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
