// Load-balancing policies.
//
// A Policy turns a list of endpoints into a Picker (control path, rare).
// A Picker is an immutable snapshot that chooses an endpoint (per request).
// Neither performs I/O, reads a clock, or owns randomness.
//
// Example:
//   auto policy = *registry.Create("least_outstanding_requests");
//   auto picker = *policy->Build(endpoints);
//   const lb::Choice choice = picker->Pick({.now = clock.Now()}, rng);
//   if (choice.endpoint() != nullptr) Send(choice.endpoint()->address);
//
// A policy of your own overrides Build, checks its endpoints with CheckEndpoints, and returns a Picker of its own; one
// that only weighs endpoints differently is a Cost (cost.h), and needs none.
//
// Thread safety: Policy is thread-compatible; Picker is thread-safe.
#ifndef NUBO_LB_POLICY_H_
#define NUBO_LB_POLICY_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/attributes.h"
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

// Whether there is an endpoint; else whether to wait for one, because it may soon be there, or to fail.
enum class ChoiceKind { kEndpoint, kWait, kFail };

// What a picker answers with, to be used up in the expression that picks: it refers to its picker's own list, so that a
// pick writes to nothing that other threads read. There is nothing to do with a named one; to have a choice for longer
// than that, also over a suspension point, make it a Choice:
//
//   const lb::Choice choice = picker->Pick(request, rng);
class [[nodiscard]] Picked {
 public:
  // `endpoint` is not null and lives as long as the picker: an element of its list, never a local copy.
  static Picked Of(const std::shared_ptr<const Endpoint>& endpoint) { return Picked(&endpoint); }
  static Picked Of(std::shared_ptr<const Endpoint>&& endpoint) = delete;
  static Picked Wait(std::string reason) { return Picked(ChoiceKind::kWait, std::move(reason)); }
  static Picked Fail(std::string reason) { return Picked(ChoiceKind::kFail, std::move(reason)); }

  Picked(Picked&&) noexcept = default;
  Picked& operator=(Picked&&) = delete;

  ChoiceKind kind() const { return kind_; }
  // The endpoint, for as long as the caller likes; null if there is none.
  std::shared_ptr<const Endpoint> endpoint() && { return endpoint_ == nullptr ? nullptr : *endpoint_; }
  // The endpoint, within this very expression and while the picker lives; null if there is none. For whoever looks at a
  // few of its fields and counts every nanosecond.
  const Endpoint* Peek() && ABSL_ATTRIBUTE_LIFETIME_BOUND { return get(); }

 private:
  friend class Choice;
  friend class Picker;
  explicit Picked(const std::shared_ptr<const Endpoint>* endpoint)
      : kind_(ChoiceKind::kEndpoint), endpoint_(endpoint) {}
  Picked(ChoiceKind kind, std::string reason)
      : kind_(kind), reason_(std::make_unique<const std::string>(std::move(reason))) {}
  const Endpoint* get() const { return endpoint_ == nullptr ? nullptr : endpoint_->get(); }

  const ChoiceKind kind_;
  const std::shared_ptr<const Endpoint>* const endpoint_ = nullptr;
  // Null if there is an endpoint: kept apart, so that a pick that has one is small.
  std::unique_ptr<const std::string> reason_;
};

// What became of a pick: an endpoint; wait, because one may soon be there; or fail, with the reason. Owns what it has:
// the picker may go.
class Choice {
 public:
  using Kind = ChoiceKind;

  // Takes over what was just picked. Not explicit: see Picked.
  Choice(Picked&& picked)  // NOLINT(google-explicit-constructor)
      : kind_(picked.kind()) {
    if (picked.endpoint_ != nullptr) endpoint_ = *picked.endpoint_;
    if (picked.reason_ != nullptr) reason_ = *picked.reason_;
  }

  Kind kind() const { return kind_; }
  // Null unless the kind is kEndpoint.
  const std::shared_ptr<const Endpoint>& endpoint() const ABSL_ATTRIBUTE_LIFETIME_BOUND { return endpoint_; }
  // Empty if the kind is kEndpoint, else a sentence.
  absl::string_view reason() const ABSL_ATTRIBUTE_LIFETIME_BOUND { return reason_; }

 private:
  Kind kind_;
  std::shared_ptr<const Endpoint> endpoint_;
  std::string reason_;
};

class Picker {
 public:
  virtual ~Picker() = default;
  virtual Picked Pick(const PickRequest& request, absl::BitGenRef rng) const = 0;

 protected:
  // For a picker made of others, which decides by what one of them has picked; valid while that one lives.
  static const Endpoint* Peek(const Picked& picked) { return picked.get(); }
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

// What a policy that is made by its name is given (policy_registry.h), as in a file or on a command line:
// {"load_bound", "1.25"}.
using PolicyOptions = std::map<std::string, std::string>;

// INVALID_ARGUMENT: the list is empty, an entry is null or has no load, two share an id or an address, or a weight is
// below kWeightMin or above kWeightMax.
absl::Status CheckEndpoints(const EndpointList& endpoints);

// Pickers for when there is nothing to choose from.
std::shared_ptr<const Picker> AlwaysWait(std::string reason);
std::shared_ptr<const Picker> AlwaysFail(std::string reason);

}  // namespace nubo::lb

#endif  // NUBO_LB_POLICY_H_
