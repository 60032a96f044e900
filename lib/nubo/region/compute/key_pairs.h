// Key pairs: the public halves that users import. No instance has an SSH server of the region's making: it is recorded
// which pair an instance was launched with, and told by its metadata. (EC2 API reference, ImportKeyPair.)
//
// Example:
//   NUBO_ASSIGN_OR_RETURN(const std::string id,
//                         ImportKeyPair(context, {}, {.key_name = "mine", .public_key_material = "ssh-rsa AAAA…"}));
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_COMPUTE_KEY_PAIRS_H_
#define NUBO_REGION_COMPUTE_KEY_PAIRS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "nubo/region/resources/resource_types.h"
#include "nubo/region/state/context.h"
#include "nubo/region/state/model.h"

namespace nubo::region {

struct ImportKeyPairRequest {
  std::string key_name;
  // As nubo/ec2/key_pair.h has it.
  std::string public_key_material;
};
// Its id (key-…). INVALID_ARGUMENT: no such name (InvalidParameterValue), no such key (InvalidKey.Format).
// ALREADY_EXISTS (InvalidKeyPair.Duplicate). RESOURCE_EXHAUSTED (KeyPairLimitExceeded).
absl::StatusOr<std::string> ImportKeyPair(Context& context, const v1::Owner& owner,
                                          const ImportKeyPairRequest& request);
// By its name. Instances that were launched with it go on. Without effect on one that is not there.
void DeleteKeyPair(Context& context, const std::string& key_name);

// nullptr: none is called so.
const v1::PlainState* FindKeyPair(const Model& model, const std::string& key_name);

// AWS::EC2::KeyPair.
void AddKeyPairTypes(ResourceTypes& types);

}  // namespace nubo::region

#endif  // NUBO_REGION_COMPUTE_KEY_PAIRS_H_
