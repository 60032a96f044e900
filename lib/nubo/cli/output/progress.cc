#include "nubo/cli/output/progress.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "nubo/cli/output/table.h"

namespace nubo::cli {
namespace {

using cloudformation::v1::Stack;
using region::v1::Event;

// Wide enough for the longest status (ROLLBACK_IN_PROGRESS) and nearly every type.
constexpr size_t kStatusWidth = 20;
constexpr size_t kLogicalIdWidth = 24;
constexpr size_t kTypeWidth = 41;
// So many waits are named before "and N more".
constexpr int kWaitsNamedMax = 5;

constexpr char kGreen[] = "\x1b[32m";
constexpr char kRed[] = "\x1b[31m";
constexpr char kPlain[] = "\x1b[0m";

std::string TimeText(const std::string& rfc3339, const LineStyle& style) {
  absl::Time time;
  if (!absl::ParseTime(absl::RFC3339_full, rfc3339, &time, nullptr)) return OneLine(rfc3339);
  return absl::FormatTime(style.date ? "%Y-%m-%d %H:%M:%S" : "%H:%M:%S", time, style.zone);
}

std::string Painted(const std::string& status, const LineStyle& style) {
  const std::string padded = Pad(OneLine(status), kStatusWidth);
  if (!style.color) return padded;
  const bool bad =
      absl::StrContains(status, "FAILED") || absl::StrContains(status, "ROLLBACK") || status == "unhealthy";
  const bool good = absl::EndsWith(status, "_COMPLETE") || status == "healthy" || status == "running";
  if (!bad && !good) return padded;
  return absl::StrCat(bad ? kRed : kGreen, padded, kPlain);
}

std::string Joined(const std::vector<std::string>& waits) {
  const int named = std::min<int>(kWaitsNamedMax, static_cast<int>(waits.size()));
  std::string text = absl::StrJoin(waits.begin(), waits.begin() + named, "; ");
  if (static_cast<int>(waits.size()) > named) absl::StrAppend(&text, "; and ", waits.size() - named, " more");
  return text;
}

}  // namespace

bool IsStackStep(const Event& event) {
  for (absl::string_view prefix : {"CREATE_", "DELETE_", "ROLLBACK_", "UPDATE_"}) {
    if (absl::StartsWith(event.status(), prefix)) return true;
  }
  return false;
}

std::string EventLine(const Event& event, const LineStyle& style) {
  const std::string& id = event.logical_id().empty() ? event.source() : event.logical_id();
  std::string detail = !event.message().empty() ? event.message() : event.source() == id ? "" : event.source();
  // A group has many, and all are known by its logical id.
  const bool one_of_many = event.type() == "AWS::EC2::Instance" && event.source() != id && detail != event.source();
  if (one_of_many) detail = absl::StrCat(event.source(), ": ", detail);
  std::string line = absl::StrCat(TimeText(event.time(), style), "  ", Painted(event.status(), style), "  ",
                                  Pad(OneLine(id), kLogicalIdWidth), "  ", Pad(OneLine(event.type()), kTypeWidth), "  ",
                                  OneLine(detail));
  while (!line.empty() && line.back() == ' ') line.pop_back();
  line += '\n';
  return line;
}

Phase PhaseOf(const Stack& stack) {
  const std::string& status = stack.stack_status();
  if (status == "CREATE_COMPLETE" || status == "UPDATE_COMPLETE" || status == "UPDATE_ROLLBACK_COMPLETE")
    return stack.ready() ? Phase::kReady : Phase::kWorking;
  if (status == "ROLLBACK_IN_PROGRESS") return Phase::kRollingBack;
  if (status == "UPDATE_ROLLBACK_FAILED") return Phase::kStuck;
  if (status == "ROLLBACK_COMPLETE" || status == "ROLLBACK_FAILED" || status == "CREATE_FAILED") return Phase::kFailed;
  if (status == "DELETE_FAILED") return Phase::kStuck;
  if (absl::StartsWith(status, "DELETE_")) return Phase::kDeleting;
  return Phase::kWorking;
}

std::string FirstFailure(const std::vector<Event>& events) {
  const Event* cancelled = nullptr;
  for (const Event& event : events) {
    if (!absl::EndsWith(event.status(), "_FAILED") || event.type() == "AWS::CloudFormation::Stack") continue;
    if (absl::StrContains(event.message(), "ancelled")) {
      if (cancelled == nullptr) cancelled = &event;
      continue;
    }
    return absl::StrCat(event.logical_id(), " (", event.type(), "): ", event.message());
  }
  if (cancelled == nullptr) return "";
  return absl::StrCat(cancelled->logical_id(), " (", cancelled->type(), "): ", cancelled->message());
}

std::string Took(absl::Duration duration) {
  const double seconds = absl::ToDoubleSeconds(duration);
  if (seconds < 60) return absl::StrFormat("%.1f s", seconds);
  const int whole = static_cast<int>(seconds);
  return absl::StrFormat("%d min %d s", whole / 60, whole % 60);
}

std::string ReadyText(const Stack& stack, absl::Duration took) {
  std::string text = absl::StrCat("stack ", stack.stack_name(), " is ready, after ", Took(took), "\n");
  for (const std::string& url : stack.urls()) absl::StrAppend(&text, "  ", OneLine(url), "\n");
  if (stack.outputs().empty()) return text;
  Table table({"output", "value", "description"});
  for (const auto& output : stack.outputs()) table.Add({output.key(), output.value(), output.description()});
  return absl::StrCat(text, "\n", table.Text());
}

std::string WaitsFor(const Stack& stack, const cloudformation::v1::DescribeStackResourcesResponse& resources) {
  std::vector<std::string> waits(stack.waiting_for().begin(), stack.waiting_for().end());
  if (!waits.empty()) return Joined(waits);
  for (const auto& resource : resources.resources()) {
    if (resource.stack_name() != stack.stack_name() || !absl::EndsWith(resource.status(), "_IN_PROGRESS")) continue;
    waits.push_back(absl::StrCat(resource.logical_id(), " (", resource.type(), ") is ", resource.status()));
  }
  return Joined(waits);
}

bool IsRetained(const cloudformation::v1::StackResource& resource) {
  return resource.stack_name().empty() && absl::StartsWith(resource.status(), "DELETE_");
}

}  // namespace nubo::cli
