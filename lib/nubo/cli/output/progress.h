// How a stack's coming and going is told: one line an event, and what the events amount to.
//
// Example:
//   if (IsStackStep(event)) out << EventLine(event, {.zone = absl::LocalTimeZone()});
//   // 12:00:03  CREATE_COMPLETE       Vpc  AWS::EC2::VPC  vpc-0123456789abcdef0
//
// Thread safety: pure functions.
#ifndef NUBO_CLI_OUTPUT_PROGRESS_H_
#define NUBO_CLI_OUTPUT_PROGRESS_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "nubo/cloudformation/v1/cloudformation.pb.h"
#include "nubo/region/v1/region.pb.h"

namespace nubo::cli {

struct LineStyle {
  absl::TimeZone zone = absl::UTCTimeZone();
  // The terminal understands colours.
  bool color = false;
  // The date as well, for what may be days old.
  bool date = false;
};

// True if the event is a step of a stack or one of its resources (CREATE_…, DELETE_…, ROLLBACK_…, UPDATE_…).
bool IsStackStep(const region::v1::Event& event);

// Time, status, logical id, type, and the reason or else the physical id; ended by a newline.
std::string EventLine(const region::v1::Event& event, const LineStyle& style);

// Where a stack stands.
enum class Phase {
  // Something is under way, or not everything is healthy yet.
  kWorking,
  // Created or updated, or as before an update that failed, and everything in it serves.
  kReady,
  // A creation that failed and is being undone.
  kRollingBack,
  // What a failed creation leaves behind; only deleting it helps.
  kFailed,
  kDeleting,
  // Deleting failed, or an update's rollback.
  kStuck,
};
Phase PhaseOf(const cloudformation::v1::Stack& stack);

// The resource that failed first, and why: "Database (AWS::RDS::DBInstance): no room". What was only cancelled because
// something else had failed is skipped. "" when nothing failed.
std::string FirstFailure(const std::vector<region::v1::Event>& events);

// "8.4 s", "1 min 5 s": how long something took.
std::string Took(absl::Duration duration);

// URLs, outputs and the time taken, as `nubo up` ends.
std::string ReadyText(const cloudformation::v1::Stack& stack, absl::Duration took);

// What a stack waits for: its own words, else the resources that are under way; "" if nothing is known.
std::string WaitsFor(const cloudformation::v1::Stack& stack,
                     const cloudformation::v1::DescribeStackResourcesResponse& resources);

// It belongs to no stack any more: one has left it behind (DeletionPolicy: Retain).
bool IsRetained(const cloudformation::v1::StackResource& resource);

}  // namespace nubo::cli

#endif  // NUBO_CLI_OUTPUT_PROGRESS_H_
