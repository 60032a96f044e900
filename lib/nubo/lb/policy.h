// Load-balancing policies.
//
// A Policy turns a list of endpoints into a Picker (control path, rare).
// A Picker is an immutable snapshot that chooses an endpoint (per request).
// Neither performs I/O, reads a clock, or owns randomness.
//
// Example:
//   auto policy = *registry.Create("least_outstanding_requests");
//   auto picker = *policy->Build(endpoints);
//   lb::Choice choice = picker->Pick({}, rng);
//   if (choice.endpoint() != nullptr) Send(choice.endpoint()->address);
//
// A policy of your own overrides Build, checks its endpoints with CheckEndpoints, and returns a Picker of its own.
//
// Thread safety: Policy is thread-compatible; Picker is thread-safe.
#ifndef NUBO_LB_POLICY_H_
#define NUBO_LB_POLICY_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/random/bit_gen_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "nubo/lb/load.h"
#include "nubo/net/ip_address.h"

namespace nubo::lb {

// One place that can serve a request. Immutable, but for the figures behind `load`.
struct Endpoint {
  std::string id;
  net::SocketAddress address;
  std::string zone;
  // Its share of the requests, beside the weights of the others, for policies that go by weights. Above zero.
  double weight = 1;
  // Shared by every picker that knows the endpoint; never null once it has passed CheckEndpoints.
  std::shared_ptr<Load> load;
};

using EndpointList = std::vector<std::shared_ptr<const Endpoint>>;

// What a picker may look at.
struct PickRequest {
  // Endpoints, by id, that were tried already for this request or have just refused another one. They are chosen only
  // when there is no other.
  absl::Span<const std::string> avoid;
};

// What became of a pick: an endpoint; wait, because one may soon be there; or fail, with the reason.
class Choice {
 public:
  enum class Kind { kEndpoint, kWait, kFail };

  static Choice Of(std::shared_ptr<const Endpoint> endpoint);
  static Choice Wait(std::string reason);
  static Choice Fail(std::string reason);

  Kind kind() const { return kind_; }
  // Null unless the kind is kEndpoint.
  const std::shared_ptr<const Endpoint>& endpoint() const { return endpoint_; }
  // Empty if the kind is kEndpoint, else a sentence.
  const std::string& reason() const { return reason_; }

 private:
  Choice(Kind kind, std::shared_ptr<const Endpoint> endpoint, std::string reason);
  Kind kind_;
  std::shared_ptr<const Endpoint> endpoint_;
  std::string reason_;
};

class Picker {
 public:
  virtual ~Picker() = default;
  virtual Choice Pick(const PickRequest& request, absl::BitGenRef rng) const = 0;
};

class Policy {
 public:
  virtual ~Policy() = default;
  // The name a template uses.
  virtual absl::string_view name() const = 0;
  // INVALID_ARGUMENT: no endpoints, or whatever else CheckEndpoints refuses.
  virtual absl::StatusOr<std::shared_ptr<const Picker>> Build(EndpointList endpoints) = 0;
};

// INVALID_ARGUMENT: the list is empty, an entry is null or has no load, or two share an id or an address.
absl::Status CheckEndpoints(const EndpointList& endpoints);

// Pickers for when there is nothing to choose from.
std::shared_ptr<const Picker> AlwaysWait(std::string reason);
std::shared_ptr<const Picker> AlwaysFail(std::string reason);

}  // namespace nubo::lb

#endif  // NUBO_LB_POLICY_H_
