// The instance metadata service as one pure function: a request of an instance in, the response out.
//
//   the endpoint is disabled, or IPv6 for a request that came by it      403
//   PUT /latest/api/token      with a TTL of 1 to 21600 seconds           200, the token, for HttpPutResponseHopLimit
//   hops
//                              with none, or another                      400
//                              with X-Forwarded-For: a proxy's            403
//   PUT /VERSION/api/token                                                403
//   GET, HEAD                  with a token that is not good              401
//                              without one, where they are required       401
//                              else as MetadataTree says                  200, 404
//   anything else                                                         405
//
// Rules: Amazon EC2 user guide, "Use the Instance Metadata Service to access instance metadata".
//
// Example:
//   const MetadataTree tree(instance);
//   const MetadataTokens tokens(seal);
//   MetadataResponse response = HandleMetadata({.method = "GET", .path = "/latest/meta-data/"}, tree, tokens, now,
//   rng);
//
// Thread safety: a pure function of its arguments.
#ifndef NUBO_EC2_METADATA_SERVICE_H_
#define NUBO_EC2_METADATA_SERVICE_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/random/bit_gen_ref.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "nubo/ec2/metadata.h"
#include "nubo/ec2/metadata_tokens.h"

namespace nubo::ec2 {

inline constexpr absl::string_view kTokenHeader = "x-aws-ec2-metadata-token";
inline constexpr absl::string_view kTokenTtlHeader = "x-aws-ec2-metadata-token-ttl-seconds";

struct MetadataRequest {
  absl::string_view method;
  // With its query, if any.
  absl::string_view path;
  // Whatever their case.
  std::vector<std::pair<absl::string_view, absl::string_view>> headers;
  // It came to the IPv6 address.
  bool over_ipv6 = false;
};

struct MetadataResponse {
  int status = 200;
  // Content-Length is left to whoever sends it.
  std::vector<std::pair<std::string, std::string>> headers;
  // Not sent to a HEAD.
  std::string body;
  // How many hops its packets may go; nothing: as many as any.
  std::optional<int> hop_limit;
};

// With AWS's page for the status.
MetadataResponse MetadataError(int status);

MetadataResponse HandleMetadata(const MetadataRequest& request, const MetadataTree& tree, const MetadataTokens& tokens,
                                absl::Time now, absl::BitGenRef rng);

}  // namespace nubo::ec2

#endif  // NUBO_EC2_METADATA_SERVICE_H_
