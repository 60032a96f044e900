// A balancing policy of one's own: of two endpoints drawn at random, the one that promises the shorter wait, judged by
// how long it takes to answer and how many requests it has.
#ifndef QUICKER_OF_TWO_H_
#define QUICKER_OF_TWO_H_

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/random/distributions.h"
#include "nubo/lb/policy.h"

// [policy]
class QuickerOfTwo final : public nubo::lb::Policy {
 public:
  absl::string_view name() const override { return "quicker_of_two"; }

  absl::StatusOr<std::shared_ptr<const nubo::lb::Picker>> Build(nubo::lb::EndpointList endpoints) override {
    absl::Status status = nubo::lb::CheckEndpoints(endpoints);
    if (!status.ok()) return status;
    return std::make_shared<Snapshot>(std::move(endpoints));
  }

 private:
  class Snapshot final : public nubo::lb::Picker {
   public:
    explicit Snapshot(nubo::lb::EndpointList endpoints) : endpoints_(std::move(endpoints)) {}

    nubo::lb::Picked Pick(const nubo::lb::PickRequest& request, absl::BitGenRef rng) const override {
      const auto& a = Draw(request, rng);
      const auto& b = Draw(request, rng);
      return nubo::lb::Picked::Of(Quicker(*b, *a) ? b : a);
    }

   private:
    // By what one more request would have to wait for; by requests in flight as long as one of them has never answered.
    static bool Quicker(const nubo::lb::Endpoint& one, const nubo::lb::Endpoint& other) {
      const auto answer = one.load->latency(), others = other.load->latency();
      const auto waiting = one.load->in_flight(), theirs = other.load->in_flight();
      if (!answer || !others) return waiting < theirs;
      return *answer * static_cast<double>(waiting + 1) < *others * static_cast<double>(theirs + 1);
    }

    // A few draws to get around the endpoints that were tried already.
    const std::shared_ptr<const nubo::lb::Endpoint>& Draw(const nubo::lb::PickRequest& request,
                                                          absl::BitGenRef rng) const {
      size_t at = 0;
      for (int i = 0; i < 8; ++i) {
        at = absl::Uniform<size_t>(rng, 0, endpoints_.size());
        const auto& avoid = request.avoid;
        if (std::find(avoid.begin(), avoid.end(), endpoints_[at]->id) == avoid.end()) break;
      }
      return endpoints_[at];
    }

    const nubo::lb::EndpointList endpoints_;
  };
};
// [/policy]

#endif  // QUICKER_OF_TWO_H_
