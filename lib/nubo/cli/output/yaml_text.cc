#include "nubo/cli/output/yaml_text.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/util/json_util.h"
#include "nubo/base/status.h"
#include "nubo/cli/output/json.h"
#include "nubo/cli/output/table.h"

namespace nubo::cli {
namespace {

using google::protobuf::Struct;
using google::protobuf::Value;

constexpr int kIndentStep = 2;
// Above it a double no longer holds every whole number.
constexpr double kWholeMax = 9007199254740992.0;

std::string Spaces(int count) { return std::string(static_cast<size_t>(count), ' '); }

std::string NumberText(double number) {
  if (std::floor(number) == number && std::abs(number) < kWholeMax) {
    return absl::StrCat(static_cast<int64_t>(number));
  }
  return absl::StrCat(number);
}

std::string After(const Value& value, int indent);

// "- item" lines.
std::string Items(const google::protobuf::ListValue& list, int indent) {
  std::string text;
  for (const Value& item : list.values())
    absl::StrAppend(&text, Spaces(indent), "-", After(item, indent + kIndentStep));
  return text;
}

// What follows "key:" or "-", newline included.
std::string After(const Value& value, int indent) {
  if (indent > kYamlDepthMax * kIndentStep) return " …\n";
  switch (value.kind_case()) {
    case Value::kBoolValue:
      return value.bool_value() ? " true\n" : " false\n";
    case Value::kNumberValue:
      return absl::StrCat(" ", NumberText(value.number_value()), "\n");
    case Value::kStringValue:
      return absl::StrCat(" ", YamlScalar(value.string_value()), "\n");
    case Value::kStructValue:
      if (value.struct_value().fields().empty()) return " {}\n";
      return absl::StrCat("\n", YamlFields(value.struct_value(), indent));
    case Value::kListValue:
      if (value.list_value().values().empty()) return " []\n";
      return absl::StrCat("\n", Items(value.list_value(), indent));
    default:
      return " null\n";
  }
}

bool LooksLikeSomethingElse(absl::string_view text) {
  const std::string lower = absl::AsciiStrToLower(text);
  double number = 0;
  return lower == "true" || lower == "false" || lower == "null" || lower == "yes" || lower == "no" || lower == "~" ||
         absl::SimpleAtod(text, &number);
}

}  // namespace

std::string YamlScalar(absl::string_view text) {
  const bool odd = std::any_of(text.begin(), text.end(), [](unsigned char c) { return absl::ascii_iscntrl(c); });
  if (odd) return absl::StrCat("\"", absl::Utf8SafeCEscape(text), "\"");
  const bool quote = text.empty() || absl::ascii_isspace(text.front()) || absl::ascii_isspace(text.back()) ||
                     absl::StrContains("-?:,[]{}#&*!|>'\"%@`", text.substr(0, 1)) || absl::StrContains(text, ": ") ||
                     absl::StrContains(text, " #") || absl::EndsWith(text, ":") || LooksLikeSomethingElse(text);
  return quote ? absl::StrCat("\"", absl::Utf8SafeCEscape(text), "\"") : std::string(text);
}

std::string YamlFields(const Struct& fields, int indent) {
  const std::map<std::string, Value> sorted(fields.fields().begin(), fields.fields().end());
  std::string text;
  for (const auto& [key, value] : sorted) {
    absl::StrAppend(&text, Spaces(indent), YamlScalar(key), ":", After(value, indent + kIndentStep));
  }
  return text;
}

absl::StatusOr<std::string> Yaml(const google::protobuf::Message& message) {
  NUBO_ASSIGN_OR_RETURN(const std::string json, Json(message));
  Struct fields;
  const auto status = google::protobuf::util::JsonStringToMessage(json, &fields);
  if (!status.ok()) {
    return absl::InternalError(absl::StrCat("the region's answer cannot be printed as YAML: ", status.ToString()));
  }
  return YamlFields(fields, 0);
}

absl::StatusOr<std::string> Text(const google::protobuf::Message& message, Format format) {
  return format == Format::kYaml ? Yaml(message) : Json(message);
}

std::string DescribeText(const region::v1::DescribeResponse& answer) {
  std::string text = absl::StrCat("Id: ", YamlScalar(answer.id()), "\nType: ", YamlScalar(answer.type()), "\n");
  if (!answer.status().empty()) absl::StrAppend(&text, "Status: ", YamlScalar(answer.status()), "\n");
  if (!answer.stack_name().empty()) absl::StrAppend(&text, "StackName: ", YamlScalar(answer.stack_name()), "\n");
  if (!answer.logical_id().empty()) absl::StrAppend(&text, "LogicalId: ", YamlScalar(answer.logical_id()), "\n");
  absl::StrAppend(&text, "Enforced: ", answer.enforced() ? "true" : "false", "\n");
  if (answer.not_enforced_size() > 0) text += "NotEnforced:\n";
  for (const std::string& part : answer.not_enforced()) absl::StrAppend(&text, "  - ", YamlScalar(part), "\n");
  if (!answer.properties().fields().empty())
    absl::StrAppend(&text, "Properties:\n", YamlFields(answer.properties(), 2));
  if (!answer.attributes().fields().empty())
    absl::StrAppend(&text, "Attributes:\n", YamlFields(answer.attributes(), 2));
  if (answer.events_size() > 0) text += "Events:\n";
  for (const auto& event : answer.events()) {
    absl::StrAppend(&text, "  - ", OneLine(event.time()), " ", OneLine(event.status()));
    absl::StrAppend(&text, event.message().empty() ? "" : " ", OneLine(event.message()), "\n");
  }
  return text;
}

}  // namespace nubo::cli
