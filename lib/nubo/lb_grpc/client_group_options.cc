#include "nubo/lb_grpc/client_group_options.h"

#include "absl/time/time.h"
#include "nubo/lb/code_matcher.h"

namespace nubo::lb_grpc {

lb::TargetGroupOptions ClientGroupOptions() {
  lb::TargetGroupOptions options;
  options.health_check.interval = absl::Seconds(5);
  options.health_check.timeout = absl::Seconds(1);
  options.health_check.healthy_threshold = 2;
  options.health_check.unhealthy_threshold = 2;
  options.health_check.matcher = *lb::CodeMatcher::Parse("0,12", lb::CodeMatcher::kGrpc);
  options.deregistration_delay = absl::Seconds(30);
  options.outlier_detection.emplace();
  return options;
}

}  // namespace nubo::lb_grpc
