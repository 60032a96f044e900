#include "nubo/stack/parse.h"

#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/stack/graph.h"
#include "nubo/stack/reader.h"
#include "nubo/stack/sections.h"

namespace nubo::stack {
namespace {

constexpr char kFormatVersion[] = "2010-09-09";
constexpr size_t kDescriptionBytesMax = 1024;

absl::Status CheckNoNulls(absl::string_view file, const Value& value) {
  if (value.is_null()) {
    return ErrorAt(file, value.location(), "Template format error: 'null' values are not allowed in templates");
  }
  for (const Value& item : value.items()) NUBO_RETURN_IF_ERROR(CheckNoNulls(file, item));
  for (const Member& member : value.members()) NUBO_RETURN_IF_ERROR(CheckNoNulls(file, member.value));
  return absl::OkStatus();
}

// What to do without a section.
absl::string_view HowWithout(const Member& section) {
  if (section.key == "Rules") return "; without its checks the template means the same: leave it out";
  if (section.key == "Transform") return "; write the transform's result into the template";
  return "";
}

void CheckTop(const Value& root, sections::Problems& problems) {
  using sections::Add;
  sections::CheckKeys(root, "a template",
                      {"AWSTemplateFormatVersion", "Description", "Metadata", "Parameters", "Rules", "Mappings",
                       "Conditions", "Transform", "Hooks", "Resources", "Outputs"},
                      problems);
  for (const Member& member : root.members()) {
    if (member.key != "Rules" && member.key != "Transform" && member.key != "Hooks") continue;
    Add(problems, member.value.location(),
        absl::StrCat("the section ", member.key, ", which AWS has, is not offered yet", HowWithout(member)));
  }
  const Value* version = root.Find("AWSTemplateFormatVersion");
  if (version != nullptr && version->text() != kFormatVersion) {
    Add(problems, version->location(),
        absl::StrCat("Template format error: AWSTemplateFormatVersion must be ", kFormatVersion, ", not \"",
                     version->text(), "\""));
  }
  const Value& description = root.Get("Description");
  if (!description.is_null() && !description.is_string()) {
    Add(problems, description.location(), "Template format error: Description must be a string");
  }
  if (description.text().size() > kDescriptionBytesMax) {
    Add(problems, description.location(),
        absl::StrCat("Template format error: 'Description' length is greater than ", kDescriptionBytesMax, "."));
  }
}

// Ref must know whether a name is a parameter's or a resource's.
void CheckNamesDiffer(const Template& parsed, sections::Problems& problems) {
  for (const Resource& resource : parsed.resources) {
    if (parsed.FindParameter(resource.logical_id) == nullptr) continue;
    sections::Add(problems, resource.location,
                  absl::StrCat("Template format error: ", resource.logical_id, " is both a parameter and a resource"));
  }
}

}  // namespace

absl::StatusOr<Template> Parse(absl::string_view text, absl::string_view file, const ParseOptions& options) {
  NUBO_ASSIGN_OR_RETURN(const Value root, ReadText(text, file, options.read));
  if (!root.is_object()) {
    return ErrorAt(file, root.location(),
                   absl::StrCat("Template format error: a template is an object, not ", KindName(root.kind())));
  }
  NUBO_RETURN_IF_ERROR(CheckNoNulls(file, root));
  std::vector<Diagnostic> problems;
  CheckTop(root, problems);
  Template parsed;
  parsed.file = std::string(file);
  parsed.description = root.Get("Description").text();
  parsed.metadata = root.Get("Metadata");
  parsed.mappings = Value::Object();
  if (const Value* section = root.Find("Parameters")) {
    sections::ReadParameters(*section, options.limits, parsed, problems);
  }
  if (const Value* section = root.Find("Mappings")) {
    sections::ReadMappings(*section, options.limits, parsed, problems);
  }
  if (const Value* section = root.Find("Conditions")) {
    sections::ReadConditions(*section, options.limits, parsed, problems);
  }
  if (const Value* resources = root.Find("Resources")) {
    sections::ReadResources(*resources, options, parsed, problems);
  } else {
    sections::Add(problems, root.location(), "Template format error: At least one Resources member must be defined.");
  }
  if (const Value* section = root.Find("Outputs")) {
    sections::ReadOutputs(*section, options.limits, parsed, problems);
  }
  CheckNamesDiffer(parsed, problems);
  NUBO_RETURN_IF_ERROR(CheckReferences(parsed, std::move(problems)));
  return parsed;
}

}  // namespace nubo::stack
