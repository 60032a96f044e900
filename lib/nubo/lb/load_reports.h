// Weighted round robin by what endpoints report of themselves.
//
// When to use it: endpoints that say how busy they are (ORCA, or anything that fills a LoadReport) and differ in
// strength, and requests whose cost shows only there.
// Guarantees: weight = queries a second / (utilization + errors a second / queries a second · penalty), within a
// hundredth of the mean and ten times it. An endpoint
// without a usable report counts as the mean of the others: one that has never reported, that has begun to less than
// `blackout` ago, or whose last report is kReportExpiry older than the newest of all. With fewer than two that report
// it is plain round robin. Within a snapshot shares are exact, as weighted_round_robin.h says.
// Cost: a pick is a static stride's; a snapshot one pass. Build anew every refresh_interval().
// Source: gRFC A58, client-side weighted round robin, with its defaults; but of an endpoint's reports the average of a
// few seconds counts (Load::kReportDecay) rather than the last one, whose chance errors make queues at high load.
//
// The newest report of all stands for the present: no clock is read.
//
// Example:
//   endpoint->load->Report({.qps = 120, .utilization = 0.6}, clock.Now());
//
// Thread safety: as Policy and Picker say.
#ifndef NUBO_LB_LOAD_REPORTS_H_
#define NUBO_LB_LOAD_REPORTS_H_

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "nubo/lb/policy.h"

namespace nubo::lb {

inline constexpr absl::string_view kLoadReports = "load_reports";

struct LoadReportOptions {
  absl::Duration blackout = absl::Seconds(10);
  absl::Duration refresh_interval = absl::Seconds(1);
  // How much errors count.
  double error_penalty = 1;
};

// INVALID_ARGUMENT: a negative or infinite duration or penalty, a refresh interval of 0.
absl::StatusOr<std::unique_ptr<Policy>> MakeLoadReports(const LoadReportOptions& options = {});

// The weights at this moment, in the order of the endpoints; all 1 if fewer than two report.
std::vector<double> ReportedWeights(const EndpointList& endpoints, const LoadReportOptions& options);

}  // namespace nubo::lb

#endif  // NUBO_LB_LOAD_REPORTS_H_
