// A Network as a few lines of text, for tables of tests.
//
//   vpc vpc-a 10.0.0.0/16 2001:db8:a::/56 main=rtb-a nodns
//   subnet sub-1 vpc-a 10.0.1.0/24 rtb=rtb-1 acl=acl-1
//   rtb rtb-1 vpc-a 0.0.0.0/0=igw-a pl-1=vpce-1
//   igw igw-a vpc-a                      eigw eigw-a vpc-a
//   nat nat-1 sub-1 10.0.1.9 52.0.0.9
//   acl acl-1 vpc-a                      in acl-1 100 allow tcp 80 0.0.0.0/0
//   sg sg-1 vpc-a web                    out sg-1 all 0.0.0.0/0
//   eni eni-1 sub-1 10.0.1.5=52.0.0.5 2001:db8:a:1::5 sg=sg-1 sg=sg-2 nocheck
//   eni eni-2 sub-1 10.0.1.6 detached    eni eni-3 sub-1 10.0.1.7 at=i-1
//   peer pcx-1 vpc-a vpc-b pending       list pl-1 52.216.0.0/15
//   endpoint vpce-1 vpc-a s3 52.216.0.0/15
//   remove eni-1
//
// An interface eni-N is attached to i-N, unless it is said otherwise.
//
// A line about an id that is there replaces it, with its rules. Traffic is "all", "tcp 80", "udp 8000-8010", "tcp",
// "icmp", "icmp 8", "icmp 3/4", "icmpv6 128" or "proto 47". A '#' begins a comment.
#ifndef TESTS_VPC_NETWORK_TEXT_H_
#define TESTS_VPC_NETWORK_TEXT_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "nubo/vpc/network.h"

namespace nubo::vpc {

// INVALID_ARGUMENT: the first line that says nothing.
absl::Status ApplyNetworkText(absl::string_view text, Network& network);

}  // namespace nubo::vpc

#endif  // TESTS_VPC_NETWORK_TEXT_H_
