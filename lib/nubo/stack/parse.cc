#include "nubo/stack/parse.h"

#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/stack/graph.h"
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

absl::Status CheckTop(absl::string_view file, const Value& root) {
  if (!root.is_object()) {
    return ErrorAt(file, root.location(),
                   absl::StrCat("Template format error: a template is an object, not ", KindName(root.kind())));
  }
  NUBO_RETURN_IF_ERROR(CheckNoNulls(file, root));
  NUBO_RETURN_IF_ERROR(
      sections::CheckKeys(file, root, "a template",
                          {"AWSTemplateFormatVersion", "Description", "Metadata", "Parameters", "Rules", "Mappings",
                           "Conditions", "Transform", "Hooks", "Resources", "Outputs"}));
  for (const char* name : {"Rules", "Transform", "Hooks"}) {
    if (!root.Has(name)) continue;
    return ErrorAt(file, root.Get(name).location(), absl::StrCat("the section ", name, " is not supported"));
  }
  const Value* version = root.Find("AWSTemplateFormatVersion");
  if (version != nullptr && version->text() != kFormatVersion) {
    return ErrorAt(file, version->location(),
                   absl::StrCat("Template format error: AWSTemplateFormatVersion must be ", kFormatVersion, ", not \"",
                                version->text(), "\""));
  }
  const Value& description = root.Get("Description");
  if (!description.is_null() && !description.is_string()) {
    return ErrorAt(file, description.location(), "Template format error: Description must be a string");
  }
  if (description.text().size() > kDescriptionBytesMax) {
    return ErrorAt(
        file, description.location(),
        absl::StrCat("Template format error: 'Description' length is greater than ", kDescriptionBytesMax, "."));
  }
  return absl::OkStatus();
}

// Ref must know whether a name is a parameter's or a resource's.
absl::Status CheckNamesDiffer(const Template& parsed) {
  for (const Resource& resource : parsed.resources) {
    if (parsed.FindParameter(resource.logical_id) == nullptr) continue;
    return ErrorAt(parsed.file, resource.location,
                   absl::StrCat("Template format error: ", resource.logical_id, " is both a parameter and a resource"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Template> Parse(absl::string_view text, absl::string_view file, const ParseOptions& options) {
  NUBO_ASSIGN_OR_RETURN(const Value root, ReadText(text, file, options.read));
  NUBO_RETURN_IF_ERROR(CheckTop(file, root));
  Template parsed;
  parsed.file = std::string(file);
  parsed.description = root.Get("Description").text();
  parsed.metadata = root.Get("Metadata");
  parsed.mappings = Value::Object();
  std::vector<Diagnostic> problems;
  if (const Value* section = root.Find("Parameters")) {
    NUBO_RETURN_IF_ERROR(sections::ReadParameters(*section, options.limits, parsed));
  }
  if (const Value* section = root.Find("Mappings")) {
    NUBO_RETURN_IF_ERROR(sections::ReadMappings(*section, options.limits, parsed));
  }
  if (const Value* section = root.Find("Conditions")) {
    NUBO_RETURN_IF_ERROR(sections::ReadConditions(*section, options.limits, parsed));
  }
  const Value* resources = root.Find("Resources");
  if (resources == nullptr) {
    return ErrorAt(file, root.location(), "Template format error: At least one Resources member must be defined.");
  }
  NUBO_RETURN_IF_ERROR(sections::ReadResources(*resources, options.limits, parsed, problems));
  if (const Value* section = root.Find("Outputs")) {
    NUBO_RETURN_IF_ERROR(sections::ReadOutputs(*section, options.limits, parsed));
  }
  NUBO_RETURN_IF_ERROR(CheckNamesDiffer(parsed));
  NUBO_RETURN_IF_ERROR(ToStatus(file, problems));
  NUBO_RETURN_IF_ERROR(CheckReferences(parsed));
  return parsed;
}

}  // namespace nubo::stack
