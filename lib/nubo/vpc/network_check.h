// What in a Network breaks AWS's rules, or names what is not there.
//
// A network with findings is still a value that everything here answers for; the findings say where the answers will
// not be what somebody meant.
//
// Example:
//   for (const NetworkFinding& finding : Check(network)) Use(finding.id, finding.sentence);
//
// Thread safety: pure functions.
#ifndef NUBO_VPC_NETWORK_CHECK_H_
#define NUBO_VPC_NETWORK_CHECK_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "nubo/vpc/network.h"

namespace nubo::vpc {

struct NetworkFinding {
  // Of what it is about.
  std::string id;
  // Without its subject: "its block 10.9.0.0/24 is outside of vpc-1".
  std::string sentence;
};

// By kind (VPCs first, as they stand in Network), then by id.
std::vector<NetworkFinding> Check(const Network& network);
// Those about one VPC and what is in it; a peering is of both that it joins. None, if there is no such VPC.
std::vector<NetworkFinding> CheckVpc(const Network& network, absl::string_view vpc_id);

}  // namespace nubo::vpc

#endif  // NUBO_VPC_NETWORK_CHECK_H_
