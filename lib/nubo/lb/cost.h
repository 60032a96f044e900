// What a request would cost at an endpoint: the metric that a least-cost policy (least_cost.h) compares.
//
//   OutstandingRequests      requests in flight. Robust, needs no clock, and is all that a queue needs to be short.
//   WeightedOutstanding      (requests in flight + 1)^bias / weight. For endpoints of known, different strength. A bias
//                            above 1 shuns load more, below 1 holds to the weights more (Envoy's least request).
//   PeakEwma                 peak-sensitive latency · (requests in flight + 1) / weight. For endpoints of unknown or
//                            changing speed: one bad answer counts at once and is forgiven slowly (Finagle). An
//                            endpoint that has never answered is tried with one request, and not with a second.
//
// Example, a cost of one's own:
//   class InMyRack final : public lb::Cost {
//    public:
//     explicit InMyRack(std::string rack) : rack_(std::move(rack)) {}
//     double Of(const lb::Endpoint& endpoint, absl::Time) const override {
//       return static_cast<double>(endpoint.load->in_flight()) + (endpoint.zone == rack_ ? 0 : 5);
//     }
//    private:
//     const std::string rack_;
//   };
//   auto policy = lb::MakeLeastCost("in_my_rack", std::make_shared<InMyRack>("r7"), {.choices = 3});
//
// Thread safety: a Cost is called from any thread.
#ifndef NUBO_LB_COST_H_
#define NUBO_LB_COST_H_

#include <memory>

#include "absl/time/time.h"
#include "nubo/lb/policy.h"

namespace nubo::lb {

class Cost {
 public:
  virtual ~Cost() = default;
  // Less is better; never NaN. `now` is the request's, InfinitePast if it has none.
  virtual double Of(const Endpoint& endpoint, absl::Time now) const = 0;
};

std::shared_ptr<const Cost> OutstandingRequests();
// `bias` at least 0.
std::shared_ptr<const Cost> WeightedOutstanding(double bias = 1);
std::shared_ptr<const Cost> PeakEwma();

}  // namespace nubo::lb

#endif  // NUBO_LB_COST_H_
