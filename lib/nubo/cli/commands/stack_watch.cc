#include "nubo/cli/commands/stack_watch.h"

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/cli/output/progress.h"
#include "nubo/region/resources/list_filters.h"

namespace nubo::cli {

using cloudformation::v1::DescribeStackResourcesResponse;
using region::v1::DescribeEventsRequest;
using region::v1::Event;

absl::StatusOr<std::optional<Stack>> FindStack(const Client& client, absl::string_view name) {
  cloudformation::v1::DescribeStacksRequest request;
  AddFilter(request, region::kStackNameFilter, {std::string(name)});
  NUBO_ASSIGN_OR_RETURN(const auto answer,
                        client.List(client.cloudformation(), &CloudFormation::StubInterface::DescribeStacks, request));
  for (const Stack& stack : answer.stacks()) {
    if (stack.stack_status() != "DELETE_COMPLETE") return stack;
  }
  return std::nullopt;
}

absl::StatusOr<std::unique_ptr<StackWatch>> StackWatch::Start(const Client& client, Context& context,
                                                              const std::string& stack_name, std::ostream& progress) {
  DescribeEventsRequest newest;
  newest.set_newest_first(true);
  newest.set_max_results(1);
  NUBO_ASSIGN_OR_RETURN(const auto past, client.Call(client.region(), &Region::StubInterface::DescribeEvents, newest));
  const int32_t last = past.events().empty() ? 0 : past.events(0).id();
  return std::unique_ptr<StackWatch>(new StackWatch(client, context, stack_name, progress, last));
}

StackWatch::StackWatch(const Client& client, Context& context, const std::string& stack_name, std::ostream& progress,
                       int32_t after_id)
    : client_(client),
      context_(context),
      stack_name_(stack_name),
      progress_(progress),
      last_id_(after_id),
      quiet_since_(context.clock.Now()),
      feed_(client, after_id) {}

absl::StatusOr<std::optional<Stack>> StackWatch::Until(absl::FunctionRef<bool(const Stack*)> done,
                                                       absl::Time deadline) {
  absl::Duration wait = absl::ZeroDuration();
  while (true) {
    for (const Event& event : feed_.Take(wait)) {
      Tell(event);
      quiet_since_ = context_.clock.Now();
    }
    wait = kPoll;
    NUBO_ASSIGN_OR_RETURN(std::optional<Stack> stack, FindStack(client_, stack_name_));
    if (done(stack.has_value() ? &*stack : nullptr)) {
      NUBO_RETURN_IF_ERROR(TellTheRest());
      return stack;
    }
    if (stack.has_value()) {
      TellWaits(*stack);
      TellSteps(*stack);
    }
    progress_.flush();
    if (context_.interrupted.load()) return absl::CancelledError("interrupted");
    if (context_.clock.Now() >= deadline) return Late(stack);
    if (const auto ended = feed_.Ended(); ended.has_value() && !ended->ok()) return *ended;
  }
}

std::vector<Event> StackWatch::EventsOfAttempt() const {
  DescribeEventsRequest request;
  AddFilter(request, region::kStackNameFilter, {stack_name_});
  const auto past = client_.List(client_.region(), &Region::StubInterface::DescribeEvents, request);
  if (!past.ok()) return events_;
  std::vector<Event> attempt;
  for (const Event& event : past->events()) {
    const bool begins = event.status() == "CREATE_IN_PROGRESS" || event.status() == "UPDATE_IN_PROGRESS";
    if (event.type() == "AWS::CloudFormation::Stack" && begins) attempt.clear();
    attempt.push_back(event);
  }
  return attempt;
}

absl::Status StackWatch::Follow() {
  while (!context_.interrupted.load() && progress_.good()) {
    for (const Event& event : feed_.Take(kPoll)) progress_ << EventLine(event, context_.style);
    progress_.flush();
    if (const auto ended = feed_.Ended(); ended.has_value()) return *ended;
  }
  return absl::OkStatus();
}

void StackWatch::Tell(const Event& event) {
  if (event.id() <= last_id_) return;
  last_id_ = event.id();
  if (event.stack_name() != stack_name_) return;
  events_.push_back(event);
  if (IsStackStep(event)) progress_ << EventLine(event, context_.style);
}

absl::Status StackWatch::TellTheRest() {
  DescribeEventsRequest request;
  request.set_after_id(last_id_);
  AddFilter(request, region::kStackNameFilter, {stack_name_});
  NUBO_ASSIGN_OR_RETURN(const auto past,
                        client_.List(client_.region(), &Region::StubInterface::DescribeEvents, request));
  for (const Event& event : past.events()) Tell(event);
  progress_.flush();
  return absl::OkStatus();
}

void StackWatch::TellWaits(const Stack& stack) {
  if (!absl::EndsWith(stack.stack_status(), "_COMPLETE") || stack.waiting_for().empty()) return;
  const std::string waits = WaitsFor(stack, DescribeStackResourcesResponse());
  if (waits == told_waits_) return;
  told_waits_ = waits;
  progress_ << absl::FormatTime("%H:%M:%S", context_.clock.Now(), context_.style.zone) << "  waiting for " << waits
            << "\n";
}

void StackWatch::TellSteps(const Stack& stack) {
  const absl::Time now = context_.clock.Now();
  if (now - quiet_since_ < kQuietMax) return;
  quiet_since_ = now;
  const std::string steps = WaitsFor(stack, Resources());
  if (steps.empty()) return;
  progress_ << absl::FormatTime("%H:%M:%S", now, context_.style.zone) << "  still under way: " << steps << "\n";
}

DescribeStackResourcesResponse StackWatch::Resources() const {
  cloudformation::v1::DescribeStackResourcesRequest request;
  request.set_stack_name(stack_name_);
  return client_.List(client_.cloudformation(), &CloudFormation::StubInterface::DescribeStackResources, request)
      .value_or(DescribeStackResourcesResponse());
}

absl::Status StackWatch::Late(const std::optional<Stack>& stack) const {
  std::string waits;
  if (stack.has_value()) {
    waits = WaitsFor(*stack, Resources());
    if (waits.empty()) waits = absl::StrCat(stack_name_, ", which is ", stack->stack_status());
  }
  return absl::DeadlineExceededError(waits.empty() ? stack_name_ : waits);
}

}  // namespace nubo::cli
