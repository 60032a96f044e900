// A region's networks as messages, and back.
//
// Thread safety: pure functions.
#ifndef NUBO_NETWORK_HOLDER_CONFIG_H_
#define NUBO_NETWORK_HOLDER_CONFIG_H_

#include "absl/status/statusor.h"
#include "nubo/network/v1/network.pb.h"
#include "nubo/vpc/network.h"

namespace nubo::network_holder {

nubo::network::v1::Network ToProto(const vpc::Network& network);
// INVALID_ARGUMENT: an address or a block that is none, or a thing without an id; it names the thing.
absl::StatusOr<vpc::Network> FromProto(const nubo::network::v1::Network& network);

}  // namespace nubo::network_holder

#endif  // NUBO_NETWORK_HOLDER_CONFIG_H_
