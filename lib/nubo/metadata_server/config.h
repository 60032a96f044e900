// The control plane's configuration message as the values the metadata service works with.
//
// One bad record never takes others with it: what cannot be served is left out and told, the rest is served. Only a
// configuration without a key for tokens is refused as a whole.
//
// Example:
//   NUBO_ASSIGN_OR_RETURN(ServedConfig config, FromProto(message));
//   for (const v1::Refused& refused : config.refused) Log(refused.why());
//
// Thread safety: pure functions.
#ifndef NUBO_METADATA_SERVER_CONFIG_H_
#define NUBO_METADATA_SERVER_CONFIG_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "nubo/ec2/metadata_tokens.h"
#include "nubo/metadata/v1/metadata.pb.h"
#include "nubo/metadata_server/instance_table.h"

namespace nubo::metadata_server {

struct ServedConfig {
  uint64_t revision = 0;
  std::vector<VpcAddress> listeners;
  std::shared_ptr<const InstanceTable> instances;
  ec2::TokenSeal seal;
  // What of the message is not in here.
  std::vector<nubo::metadata::v1::Refused> refused;
};

// How many addresses one process listens on.
inline constexpr size_t kListenersMax = 256;
inline constexpr size_t kTokenKeySize = 16;
// As EC2 takes it.
inline constexpr size_t kUserDataSizeMax = 16384;

// INVALID_ARGUMENT: the token key has not 16 bytes.
absl::StatusOr<ServedConfig> FromProto(const nubo::metadata::v1::Config& config);

}  // namespace nubo::metadata_server

#endif  // NUBO_METADATA_SERVER_CONFIG_H_
