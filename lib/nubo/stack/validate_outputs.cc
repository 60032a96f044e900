#include "nubo/stack/validate_outputs.h"

#include <algorithm>
#include <map>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "nubo/stack/evaluator.h"

namespace nubo::stack {
namespace {

bool IsExportName(const std::string& name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == ':' || c == '-';
  });
}

// What is wrong with an evaluated name, or "".
std::string WrongName(const std::string& output, const Value& name) {
  const std::string malformed = absl::StrCat("Template format error: Output ", output, " is malformed. ");
  if (HasCalls(name)) {
    return absl::StrCat(malformed,
                        "The Name field of Export must not depend on any resources, imported values, or Fn::GetAZs.");
  }
  if (name.is_scalar() && IsExportName(name.text())) return "";
  return absl::StrCat(malformed,
                      "The Name field of every Export member must be specified and consist only of alphanumeric "
                      "characters, colons, or hyphens.");
}

// Calls `visit` with each output that exports something, and the name it has.
template <typename Visit>
void ForEachExport(const Template& parsed, const Bindings& bindings, Visit visit) {
  const Evaluator evaluator(parsed, bindings, nullptr);
  for (const Output& output : parsed.outputs) {
    if (!bindings.Active(output.condition) || output.export_name.is_null()) continue;
    const absl::StatusOr<Value> name = evaluator.Evaluate(output.export_name);
    // What cannot be evaluated is told with the rest of its output.
    if (name.ok()) visit(output, *name);
  }
}

}  // namespace

std::vector<NamedExport> NamedExports(const Template& parsed, const Bindings& bindings) {
  std::vector<NamedExport> exports;
  ForEachExport(parsed, bindings, [&](const Output& output, const Value& name) {
    if (!WrongName(output.name, name).empty()) return;
    exports.push_back({name.text(), output.name, output.export_name.location()});
  });
  return exports;
}

void CheckOutputs(const Template& parsed, const Bindings& bindings, std::vector<Diagnostic>& problems) {
  ForEachExport(parsed, bindings, [&](const Output& output, const Value& name) {
    const std::string wrong = WrongName(output.name, name);
    if (!wrong.empty()) problems.push_back({output.export_name.location(), wrong});
  });
  std::map<std::string, std::string> seen;
  for (const NamedExport& one : NamedExports(parsed, bindings)) {
    const auto [former, is_new] = seen.emplace(one.name, one.output);
    if (is_new) continue;
    problems.push_back(
        {one.location, absl::StrCat("Template format error: Outputs ", former->second, " and ", one.output,
                                    " export the same name ", one.name, "; export names are unique")});
  }
}

}  // namespace nubo::stack
