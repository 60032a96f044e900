// A CidrPool as text that people read, edit and keep in version control: the same pool prints as the same bytes.
//
//   nubo-pool 1
//   pool 10.0.0.0/16 rest 5m {
//     10.0.0.0/24 owner "web" tag "tier" "front"
//     10.0.1.0/28
//     reserved 10.0.2.0/24 owner "later" {
//       10.0.2.7/32
//     }
//     pool 10.0.4.0/22 {
//     }
//     resting 10.0.8.0/24 until 2026-01-02T03:04:05+00:00
//   }
//
// Grammar. Words are separated by spaces and line ends, of which one is as good as the other; "#" begins a comment that
// lasts to the end of its line.
//   text     = "nubo-pool" "1" pool
//   pool     = "pool" BLOCK [ "rest" DURATION ] details "{" { entry } "}"      the outermost has no details
//   entry    = BLOCK details | pool | "reserved" BLOCK details "{" { entry } "}" | "resting" BLOCK "until" TIME
//   details  = [ "owner" STRING ] { "tag" STRING STRING }
//   STRING   = in double quotes, with \" \\ \n \r \t and \xHH
// BLOCK is canonical, as net::Prefix prints it; DURATION as absl::ParseDuration reads it, TIME as RFC 3339.
//
// Example:
//   std::string text = PrintPool(pool);
//   CidrPool again = *ParsePool(text);
//
// Thread safety: pure functions.
#ifndef NUBO_VPC_POOL_TEXT_H_
#define NUBO_VPC_POOL_TEXT_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nubo/vpc/cidr_pool.h"

namespace nubo::vpc {

// Blocks in the order of their addresses, tags in that of their keys.
std::string PrintPool(const CidrPool& pool);

// INVALID_ARGUMENT: not such text, or blocks that cannot be together; "3:5: …" names the line and column, from 1.
absl::StatusOr<CidrPool> ParsePool(absl::string_view text);

}  // namespace nubo::vpc

#endif  // NUBO_VPC_POOL_TEXT_H_
