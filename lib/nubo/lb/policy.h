// Load-balancing policies.
//
// A Policy turns a list of endpoints into a Picker (control path, rare).
// A Picker is an immutable snapshot that chooses an endpoint (per request).
// Neither performs I/O, reads a clock, or owns randomness.
//
// Example:
//   auto policy = *registry.Create("least_outstanding_requests");
//   auto picker = *policy->Build(endpoints);
//   lb::Choice choice = picker->Pick({.now = clock.Now()}, rng);
//   if (choice.endpoint() != nullptr) Send(choice.endpoint()->address);
//
// A policy of your own overrides Build, checks its endpoints with CheckEndpoints, and returns a Picker of its own; one
// that only weighs endpoints differently is a Cost (cost.h), and needs none.
//
// Thread safety: Policy is thread-compatible; Picker is thread-safe.
#ifndef NUBO_LB_POLICY_H_
#define NUBO_LB_POLICY_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/random/bit_gen_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "nubo/lb/load.h"
#include "nubo/net/ip_address.h"

namespace nubo::lb {

// One place that can serve a request. Immutable, but for the figures behind `load`.
struct Endpoint {
  std::string id;
  net::SocketAddress address;
  std::string zone;
  // Its share of the requests, beside the weights of the others, for policies that go by weights. From kWeightMin to
  // kWeightMax.
  double weight = 1;
  // 0 is served first. Only locality_weighted.h looks at these two; to all other policies whatever is in the set may be
  // chosen.
  int priority = 0;
  bool healthy = true;
  // Shared by every picker that knows the endpoint; never null once it has passed CheckEndpoints.
  std::shared_ptr<Load> load;
};

using EndpointList = std::vector<std::shared_ptr<const Endpoint>>;

// Far enough apart for any use, and not so far that sums and quotients of weights are lost.
inline constexpr double kWeightMin = 1e-12;
inline constexpr double kWeightMax = 1e9;
// NaN is none.
inline bool IsWeight(double weight) { return weight >= kWeightMin && weight <= kWeightMax; }

// What a picker may look at.
struct PickRequest {
  // Endpoints, by id, that were tried already for this request or have just refused another one. They are chosen only
  // when there is no other.
  absl::Span<const std::string> avoid;
  // Requests of one hash go to one endpoint, under policies that hash. Well mixed: Hash() of whatever identifies the
  // user, the session or the key. Without one they choose at random.
  std::optional<uint64_t> hash;
  // For policies that weigh what is long past less. InfinitePast: nothing has aged.
  absl::Time now = absl::InfinitePast();
};

// What became of a pick: an endpoint; wait, because one may soon be there; or fail, with the reason.
//
// A chosen endpoint is referred to in its picker's own list, so that a pick writes to nothing that other threads read:
// it is valid while the picker lives. Copy endpoint(), or call Keep(), to have it for longer.
class Choice {
 public:
  enum class Kind { kEndpoint, kWait, kFail };

  // `endpoint` is not null and lives as long as the picker: an element of its list, never a local copy.
  static Choice Of(const std::shared_ptr<const Endpoint>& endpoint) { return Choice(&endpoint); }
  static Choice Of(std::shared_ptr<const Endpoint>&& endpoint) = delete;
  static Choice Wait(std::string reason) { return Choice(Kind::kWait, std::move(reason)); }
  static Choice Fail(std::string reason) { return Choice(Kind::kFail, std::move(reason)); }

  Kind kind() const { return kind_; }
  // Null unless the kind is kEndpoint.
  const std::shared_ptr<const Endpoint>& endpoint() const {
    return endpoint_ == nullptr ? none_->endpoint : *endpoint_;
  }
  // The endpoint, for as long as the caller likes.
  std::shared_ptr<const Endpoint> Keep() const { return endpoint(); }
  // Empty if the kind is kEndpoint, else a sentence. Valid while this choice lives.
  absl::string_view reason() const { return none_ == nullptr ? absl::string_view() : absl::string_view(none_->reason); }

 private:
  // What there is when there is no endpoint: kept apart, so that a choice that has one is small.
  struct None {
    std::string reason;
    std::shared_ptr<const Endpoint> endpoint;
  };

  explicit Choice(const std::shared_ptr<const Endpoint>* endpoint) : kind_(Kind::kEndpoint), endpoint_(endpoint) {}
  Choice(Kind kind, std::string reason)
      : kind_(kind), none_(std::make_shared<const None>(None{std::move(reason), nullptr})) {}

  Kind kind_;
  const std::shared_ptr<const Endpoint>* endpoint_ = nullptr;
  std::shared_ptr<const None> none_;
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
  // Whether the weights of endpoints mean anything to it; a slow start needs that.
  virtual bool uses_weights() const { return true; }
  // How often to build anew although the set is the same, because what is known of it has changed.
  virtual absl::Duration refresh_interval() const { return absl::InfiniteDuration(); }
};

// INVALID_ARGUMENT: the list is empty, an entry is null or has no load, two share an id or an address, or a weight is
// below kWeightMin or above kWeightMax.
absl::Status CheckEndpoints(const EndpointList& endpoints);

// Pickers for when there is nothing to choose from.
std::shared_ptr<const Picker> AlwaysWait(std::string reason);
std::shared_ptr<const Picker> AlwaysFail(std::string reason);

}  // namespace nubo::lb

#endif  // NUBO_LB_POLICY_H_
