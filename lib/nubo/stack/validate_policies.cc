#include "nubo/stack/validate_policies.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/types/span.h"
#include "nubo/scaling/rolling_update.h"
#include "nubo/stack/functions.h"
#include "nubo/stack/names.h"

namespace nubo::stack {
namespace {

using Problems = std::vector<Diagnostic>;

void Add(Problems& problems, Location at, std::string message) { problems.push_back({at, std::move(message)}); }

enum class Kind { kNumber, kFlag, kDuration, kProcesses };

struct Field {
  const char* name;
  Kind kind;
  // Of a number; of a duration in seconds.
  int64_t min = 0;
  int64_t max = std::numeric_limits<int64_t>::max();
};

constexpr int64_t kHour = 3600;
constexpr int64_t kNumberMax = std::numeric_limits<int32_t>::max();

constexpr Field kResourceSignal[] = {{"Count", Kind::kNumber, 0, kNumberMax},
                                     {"Timeout", Kind::kDuration, 0, 12 * kHour}};
constexpr Field kGroupCreation[] = {{"MinSuccessfulInstancesPercent", Kind::kNumber, 0, 100}};
constexpr Field kRollingUpdate[] = {
    {"MaxBatchSize", Kind::kNumber, 1, kNumberMax},
    {"MinActiveInstancesPercent", Kind::kNumber, 0, 100},
    {"MinInstancesInService", Kind::kNumber, 0, kNumberMax},
    {"MinSuccessfulInstancesPercent", Kind::kNumber, 0, 100},
    {"PauseTime", Kind::kDuration, 0, kHour},
    {"SuspendProcesses", Kind::kProcesses},
    {"WaitOnResourceSignals", Kind::kFlag},
};
constexpr Field kReplacingUpdate[] = {{"WillReplace", Kind::kFlag}};
constexpr Field kScheduledAction[] = {{"IgnoreUnmodifiedGroupSizeProperties", Kind::kFlag}};

constexpr const char* kProcesses[] = {"AddToLoadBalancer", "AlarmNotification", "AZRebalance",
                                      "HealthCheck",       "InstanceRefresh",   "Launch",
                                      "ReplaceUnhealthy",  "ScheduledActions",  "Terminate"};

// The seconds of an ISO 8601 duration as CloudFormation takes it, "PT#H#M#S"; nothing if it is none.
std::optional<int64_t> ParseDuration(absl::string_view text) {
  constexpr int kDigitsMax = 7;
  if (text.substr(0, 2) != "PT" || text.size() == 2) return std::nullopt;
  text.remove_prefix(2);
  int64_t seconds = 0;
  for (const auto& [unit, size] : {std::pair('H', kHour), std::pair('M', int64_t{60}), std::pair('S', int64_t{1})}) {
    int64_t number = 0;
    size_t digits = 0;
    while (digits < text.size() && absl::ascii_isdigit(static_cast<unsigned char>(text[digits]))) {
      number = number * 10 + (text[digits] - '0');
      if (++digits > kDigitsMax) return std::nullopt;
    }
    if (digits == 0 || digits == text.size() || text[digits] != unit) continue;
    seconds += number * size;
    text.remove_prefix(digits + 1);
  }
  return text.empty() ? std::optional<int64_t>(seconds) : std::nullopt;
}

std::string WrongNumber(const Field& field, const Value& value) {
  const std::optional<int64_t> number = value.AsInteger();
  if (number.has_value() && *number >= field.min && *number <= field.max) return "";
  return field.max == kNumberMax ? absl::StrCat("a whole number of at least ", field.min)
                                 : absl::StrCat("a whole number from ", field.min, " to ", field.max);
}

// What it must be, or "" if it is.
std::string Wrong(const Field& field, const Value& value) {
  switch (field.kind) {
    case Kind::kNumber:
      return WrongNumber(field, value);
    case Kind::kFlag:
      return value.AsBool().has_value() ? "" : "true or false";
    case Kind::kDuration: {
      const std::optional<int64_t> seconds = value.is_scalar() ? ParseDuration(value.text()) : std::nullopt;
      if (seconds.has_value() && *seconds <= field.max) return "";
      return absl::StrCat("a duration as PT#H#M#S, of at most PT", field.max / kHour, "H");
    }
    case Kind::kProcesses: {
      const std::vector<std::string> names = value.ItemTexts();
      const bool fits = value.is_list() && names.size() <= value.items().size() &&
                        std::all_of(names.begin(), names.end(), [](const std::string& name) {
                          return std::find(std::begin(kProcesses), std::end(kProcesses), name) != std::end(kProcesses);
                        });
      return fits ? "" : absl::StrCat("a list of processes, of ", absl::StrJoin(kProcesses, ", "));
    }
  }
  return "";
}

// The object called `name` of a policy has only `fields`, each with what it takes.
void CheckFields(const Value& policy, const char* name, absl::Span<const Field> fields, Problems& problems) {
  const Value& object = policy.Get(name);
  if (object.is_null() || AsFunction(object) != nullptr) return;
  if (!object.is_object()) return Add(problems, object.location(), absl::StrCat(name, " must be an object"));
  std::vector<std::string> names;
  for (const Field& field : fields) names.push_back(field.name);
  for (const Member& member : object.members()) {
    const auto field = std::find(names.begin(), names.end(), member.key);
    if (field == names.end()) {
      std::string hint = DidYouMean(member.key, names);
      if (hint.empty()) hint = absl::StrCat("; there are ", absl::StrJoin(names, ", "));
      Add(problems, member.location, absl::StrCat(name, " has no \"", member.key, "\"", hint));
      continue;
    }
    if (AsFunction(member.value) != nullptr) continue;
    const std::string wrong = Wrong(fields[static_cast<size_t>(field - names.begin())], member.value);
    if (wrong.empty()) continue;
    Add(problems, member.value.location(),
        absl::StrCat(name, " ", member.key, " must be ", wrong, ", not ",
                     member.value.is_scalar() ? absl::StrCat("\"", member.value.text(), "\"")
                                              : std::string(KindName(member.value.kind())),
                     " (ValidationError)"));
  }
}

}  // namespace

void CheckCreationPolicy(const Value& policy, Problems& problems) {
  CheckFields(policy, "ResourceSignal", kResourceSignal, problems);
  CheckFields(policy, "AutoScalingCreationPolicy", kGroupCreation, problems);
}

void CheckUpdatePolicy(const Value& policy, const Value& properties, Problems& problems) {
  CheckFields(policy, "AutoScalingRollingUpdate", kRollingUpdate, problems);
  CheckFields(policy, "AutoScalingReplacingUpdate", kReplacingUpdate, problems);
  CheckFields(policy, "AutoScalingScheduledAction", kScheduledAction, problems);
  const Value& in_service = policy.Get("AutoScalingRollingUpdate").Get("MinInstancesInService");
  const std::optional<int64_t> min = in_service.AsInteger();
  const std::optional<int64_t> max = properties.Get("MaxSize").AsInteger();
  // What is no such number is told above, or with the property.
  const auto counts = [](std::optional<int64_t> number) {
    return number.has_value() && *number >= 0 && *number <= kNumberMax;
  };
  if (!counts(min) || !counts(max)) return;
  const absl::Status status =
      scaling::Validate(scaling::RollingUpdate{.min_in_service = static_cast<int>(*min)}, static_cast<int>(*max));
  if (!status.ok()) Add(problems, in_service.location(), absl::StrCat(status.message(), " (ValidationError)"));
}

}  // namespace nubo::stack
