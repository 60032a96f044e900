// Whether a connection through the region's networks works, and what their parts let through, by whatever people call
// the ends and the parts: what `nubo reach` and `nubo explain` print.
//
// The answer is of what is declared (network/network_model.h, vpc/reachability.h): nothing is sent, and a fabric that
// does not enforce it is named in the answer.
//
// Example:
//   NUBO_ASSIGN_OR_RETURN(const auto answer, Reach(context, request));  // from "internet", to "todo/Balancer"
//   if (!answer.reachable()) Use(answer.stopped_by(), answer.why());
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_REACH_REACH_H_
#define NUBO_REGION_REACH_REACH_H_

#include "absl/status/statusor.h"
#include "nubo/region/state/context.h"
#include "nubo/vpc/v1/vpc.pb.h"

namespace nubo::region {

// NOT_FOUND: an end is nothing, or nothing that has an address. INVALID_ARGUMENT: several things are called so, or the
// port is none (vpc/reach_text.h). Of a load balancer every node is a way of its own, and has to work; of what else has
// several interfaces, one is enough.
absl::StatusOr<vpc::v1::ReachResponse> Reach(const Context& context, const vpc::v1::ReachRequest& request);

// NOT_FOUND: nothing is called so, or what is has neither rules nor an interface. INVALID_ARGUMENT: several things are.
absl::StatusOr<vpc::v1::ExplainResponse> ExplainNetwork(const Context& context, const vpc::v1::ExplainRequest& request);

}  // namespace nubo::region

#endif  // NUBO_REGION_REACH_REACH_H_
