#include "nubo/cli/commands/checks.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "google/protobuf/struct.pb.h"
#include "nubo/cli/output/json.h"
#include "nubo/cli/output/table.h"
#include "nubo/cli/output/yaml_text.h"

namespace nubo::cli {
namespace {

struct Mark {
  const char* text;
  const char* color;
};

Mark MarkOf(Health health) {
  switch (health) {
    case Health::kOk:
      return {"ok", "\033[32m"};
    case Health::kWarning:
      return {"warning", "\033[33m"};
    case Health::kBad:
      return {"BAD", "\033[31m"};
  }
  return {"", ""};
}

constexpr char kPlain[] = "\033[0m";
constexpr size_t kMarkWidth = 7;
constexpr char kAdviceIndent[] = "         ";

std::string Label(const Check& check) {
  return check.name.empty() ? check.what : absl::StrCat(check.what, " ", check.name);
}

google::protobuf::Struct ChecksStruct(const std::vector<Check>& checks) {
  google::protobuf::Struct all;
  (*all.mutable_fields())["ok"].set_bool_value(Verdict(checks).ok());
  auto* list = (*all.mutable_fields())["checks"].mutable_list_value();
  for (const Check& check : checks) {
    auto& fields = *list->add_values()->mutable_struct_value()->mutable_fields();
    fields["what"].set_string_value(check.what);
    fields["name"].set_string_value(check.name);
    fields["health"].set_string_value(check.health == Health::kBad ? "bad" : MarkOf(check.health).text);
    fields["seen"].set_string_value(check.seen);
    fields["advice"].set_string_value(check.advice);
    if (check.pid == 0) continue;
    fields["pid"].set_number_value(check.pid);
    fields["hung_seconds"].set_number_value(check.hung_seconds);
    fields["restarts"].set_number_value(check.restarts);
  }
  return all;
}

}  // namespace

std::string ChecksText(const std::vector<Check>& checks, bool color) {
  size_t width = 0;
  for (const Check& check : checks) width = std::max(width, Width(Label(check)));
  std::string text;
  for (const Check& check : checks) {
    const Mark mark = MarkOf(check.health);
    const std::string padded = Pad(mark.text, kMarkWidth);
    absl::StrAppend(&text, color ? absl::StrCat(mark.color, padded, kPlain) : padded, "  ",
                    Pad(OneLine(Label(check)), width), "  ", OneLine(check.seen), "\n");
    if (!check.advice.empty()) absl::StrAppend(&text, kAdviceIndent, OneLine(check.advice), "\n");
  }
  return text;
}

absl::StatusOr<std::string> ChecksJson(const std::vector<Check>& checks) { return Json(ChecksStruct(checks)); }

absl::StatusOr<std::string> Print(const std::vector<Check>& checks, Format format, bool color) {
  if (format == Format::kJson) return ChecksJson(checks);
  if (format == Format::kYaml) return YamlFields(ChecksStruct(checks), 0);
  return ChecksText(checks, color);
}

absl::Status Verdict(const std::vector<Check>& checks) {
  std::vector<std::string> bad;
  for (const Check& check : checks) {
    if (check.health == Health::kBad) bad.push_back(Label(check));
  }
  if (bad.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(bad.size(), " of ", checks.size(), " are not well: ", absl::StrJoin(bad, ", ")));
}

}  // namespace nubo::cli
