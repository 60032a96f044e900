#include "nubo/cli/output/plan_text.h"

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <map>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "nubo/cli/output/table.h"

namespace nubo::cli {
namespace {

using cloudformation::v1::DescribeChangeSetResponse;
using cloudformation::v1::PropertyChange;
using cloudformation::v1::ResourceChange;
using google::protobuf::Value;

constexpr char kPlain[] = "\x1b[0m";

struct Kind {
  absl::string_view sign;
  absl::string_view color;
};
constexpr Kind kAdd = {"+", "\x1b[32m"};
constexpr Kind kChange = {"~", "\x1b[33m"};
constexpr Kind kReplace = {"+/-", "\x1b[33m"};
constexpr Kind kDelete = {"-", "\x1b[31m"};

const Kind& KindOf(const ResourceChange& change) {
  if (change.action() == "Add") return kAdd;
  if (change.action() == "Remove") return kDelete;
  return change.replacement() == "False" ? kChange : kReplace;
}

std::string Painted(absl::string_view text, absl::string_view color, const LineStyle& style) {
  return style.color ? absl::StrCat(color, text, kPlain) : std::string(text);
}

std::string Short(absl::string_view text) {
  std::string line = OneLine(text);
  if (Width(line) <= kValueShownMax) return line;
  size_t end = 0;
  for (int shown = 0; end < line.size() && shown < kValueShownMax; ++end) {
    if ((static_cast<unsigned char>(line[end]) & 0xc0) != 0x80) ++shown;
  }
  return line.substr(0, end - 1) + "…";
}

// Scalars by their path below the property: "LaunchTemplateData.ImageId", "Tags[0].Key".
void Flatten(const std::string& path, const Value& value, std::map<std::string, std::string>& leaves) {
  switch (value.kind_case()) {
    case Value::kStructValue:
      for (const auto& [key, member] : value.struct_value().fields()) {
        Flatten(absl::StrCat(path, ".", key), member, leaves);
      }
      return;
    case Value::kListValue:
      for (int i = 0; i < value.list_value().values_size(); ++i) {
        Flatten(absl::StrCat(path, "[", i, "]"), value.list_value().values(i), leaves);
      }
      return;
    case Value::kNumberValue:
      leaves[path] = absl::StrFormat("%.15g", value.number_value());
      return;
    case Value::kBoolValue:
      leaves[path] = value.bool_value() ? "true" : "false";
      return;
    default:
      leaves[path] = value.string_value();
  }
}

std::map<std::string, std::string> Leaves(const std::string& name, bool there, const std::string& text) {
  if (!there) return {};
  std::map<std::string, std::string> leaves;
  const bool composite = absl::StartsWith(text, "{") || absl::StartsWith(text, "[");
  Value value;
  if (composite && google::protobuf::util::JsonStringToMessage(text, &value).ok()) {
    Flatten(name, value, leaves);
  }
  if (leaves.empty()) leaves[name] = text;
  return leaves;
}

// User data travel in base64; people write scripts.
std::string Readable(const std::string& path, const std::string& text) {
  std::string decoded;
  const bool is_script = path == "UserData" || absl::EndsWith(path, ".UserData");
  return is_script && absl::Base64Unescape(text, &decoded) ? decoded : text;
}

void AddLines(absl::string_view sign, const std::vector<std::string>& lines, size_t begin, size_t end,
              std::string& text) {
  const size_t last = std::min(end, begin + kLinesShownMax);
  for (size_t i = begin; i < last; ++i) absl::StrAppend(&text, "        ", sign, " ", Short(lines[i]), "\n");
  if (last < end) absl::StrAppend(&text, "        ", sign, " … and ", end - last, " lines more\n");
}

// The lines that differ, between those that both begin and end with.
void AddScript(const std::string& path, const std::string& before, const std::string& after, std::string& text) {
  const std::vector<std::string> old_lines = absl::StrSplit(before, '\n');
  const std::vector<std::string> new_lines = absl::StrSplit(after, '\n');
  size_t same = 0;
  const size_t shorter = std::min(old_lines.size(), new_lines.size());
  while (same < shorter && old_lines[same] == new_lines[same]) ++same;
  size_t tail = 0;
  while (tail < shorter - same && old_lines[old_lines.size() - 1 - tail] == new_lines[new_lines.size() - 1 - tail]) {
    ++tail;
  }
  absl::StrAppend(&text, "      ", path, ":\n");
  AddLines("-", old_lines, same, old_lines.size() - tail, text);
  AddLines("+", new_lines, same, new_lines.size() - tail, text);
}

std::string Remarks(const PropertyChange& property) {
  std::string remarks;
  if (property.requires_recreation() == "Always") remarks = "  # needs a new resource";
  if (!property.enforced()) absl::StrAppend(&remarks, "  # accepted but not enforced");
  return remarks;
}

void AddProperty(const PropertyChange& property, std::string& text) {
  const auto before = Leaves(property.name(), property.has_before(), property.before_value());
  const auto after = Leaves(property.name(), property.has_after(), property.after_value());
  std::map<std::string, std::string> paths = before;
  paths.insert(after.begin(), after.end());
  const std::string remarks = Remarks(property);
  for (const auto& [path, ignored] : paths) {
    const auto was = before.find(path);
    const auto is = after.find(path);
    const std::string old_text = was == before.end() ? "" : Readable(path, was->second);
    const std::string new_text = is == after.end() ? "" : Readable(path, is->second);
    const bool hidden = was != before.end() && is != after.end() && old_text == new_text;
    if (hidden && before.size() + after.size() > 2) continue;
    if (absl::StrContains(old_text, '\n') || absl::StrContains(new_text, '\n')) {
      AddScript(absl::StrCat(path, remarks), old_text, new_text, text);
    } else if (was == before.end()) {
      absl::StrAppend(&text, "      ", path, ": ", Short(new_text), remarks, "\n");
    } else {
      absl::StrAppend(&text, "      ", path, ": ", Short(old_text), " -> ",
                      is == after.end() ? "(removed)" : Short(new_text), remarks, "\n");
    }
  }
}

std::string Fate(const ResourceChange& change) {
  if (absl::EndsWith(change.policy_action(), "Retain")) return "; the old one is kept";
  if (absl::EndsWith(change.policy_action(), "Snapshot")) return "; its data are kept";
  return "";
}

void AddChange(const ResourceChange& change, const LineStyle& style, std::string& text) {
  const Kind& kind = KindOf(change);
  absl::StrAppend(&text, "  ", Painted(Pad(kind.sign, 3), kind.color, style), " ", OneLine(change.logical_id()), " (",
                  OneLine(change.type()), change.physical_id().empty() ? "" : ", ", OneLine(change.physical_id()),
                  Fate(change), ")\n");
  if (change.action() == "Remove") return;
  for (const PropertyChange& property : change.details()) AddProperty(property, text);
  for (const std::string& name : change.scope()) {
    const auto same = [&](const PropertyChange& property) { return property.name() == name; };
    if (std::any_of(change.details().begin(), change.details().end(), same)) continue;
    absl::StrAppend(&text, "      ", name, " differs\n");
  }
}

}  // namespace

std::string PlanText(const DescribeChangeSetResponse& changes, const LineStyle& style) {
  if (changes.changes().empty() && !changes.outputs_change()) {
    return absl::StrCat("No updates are to be performed: stack ", changes.stack_name(), " is as the template says.\n");
  }
  std::map<absl::string_view, int> counts;
  std::string text = absl::StrCat("Stack ", changes.stack_name(),
                                  changes.change_set_type() == "CREATE" ? " would be created:\n" : " would change:\n");
  for (const ResourceChange& change : changes.changes()) {
    ++counts[KindOf(change).sign];
    AddChange(change, style, text);
  }
  if (changes.outputs_change() && changes.change_set_type() != "CREATE") {
    absl::StrAppend(&text, "  ", Painted(Pad(kChange.sign, 3), kChange.color, style), " Outputs\n");
  }
  absl::StrAppend(&text, counts[kAdd.sign], " to add (+), ", counts[kChange.sign], " to change in place (~), ",
                  counts[kReplace.sign], " to replace, the new one first (+/-), ", counts[kDelete.sign],
                  " to delete (-).\n");
  return text;
}

}  // namespace nubo::cli
