#include "tests/stack/reference.h"

#include <limits>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "nubo/stack/schema.h"

namespace nubo::stack {
namespace {

std::string Bounds(const PropertySpec& property) {
  const bool low = property.min != std::numeric_limits<int64_t>::min();
  const bool high = property.max != std::numeric_limits<int64_t>::max();
  if (low && high) return absl::StrCat(", ", property.min, " to ", property.max);
  if (low) return absl::StrCat(", at least ", property.min);
  return "";
}

std::string TypeOf(const PropertySpec& property, PropertyType type) {
  switch (type) {
    case PropertyType::kString:
      if (property.allowed == nullptr) return "string";
      return absl::StrCat("`", absl::StrReplaceAll(property.allowed, {{",", "`, `"}}), "`");
    case PropertyType::kInteger:
      return absl::StrCat("integer", Bounds(property),
                          property.allowed == nullptr ? "" : absl::StrCat(", or `", property.allowed, "`"));
    case PropertyType::kDouble:
      return "number";
    case PropertyType::kBoolean:
      return "boolean";
    case PropertyType::kCidr:
      return "CIDR block";
    case PropertyType::kList:
      return property.item == PropertyType::kObject ? "list of objects" : "list of strings";
    case PropertyType::kObject:
      return "object";
    case PropertyType::kJson:
      return "anything";
  }
  return "";
}

void AppendRows(absl::Span<const PropertySpec> properties, const std::string& path, bool enforced, std::string& out) {
  for (const PropertySpec& property : properties) {
    const std::string name = absl::StrCat(path, property.name);
    std::vector<std::string> notes;
    if (property.required) notes.push_back("required");
    if (property.fallback != nullptr) notes.push_back(absl::StrCat("default `", property.fallback, "`"));
    // What AWS calls "Update requires: Replacement" is said of whole properties.
    if (path.empty() && property.replaces) notes.push_back("a change replaces the resource");
    if (enforced && !property.enforced) notes.push_back("accepted, not enforced");
    if (enforced && property.label) notes.push_back("kept and shown");
    absl::StrAppend(&out, "| `", name, "` | ", TypeOf(property, property.type), " | ", absl::StrJoin(notes, "; "),
                    " |\n");
    // What is not acted on at all needs no detail.
    if (!property.enforced) continue;
    if (property.keys.empty()) AppendRows(property.fields, absl::StrCat(name, "."), enforced, out);
    // By their Key.
    AppendRows(property.keys, absl::StrCat(name, ": "), enforced, out);
  }
}

}  // namespace

std::string ResourceReference() {
  std::string out;
  for (const Schema& schema : AllSchemas()) {
    absl::StrAppend(&out, "### ", schema.type, "\n\n`Ref` gives ", schema.ref, ".");
    if (!schema.attributes.empty()) {
      absl::StrAppend(&out, " `Fn::GetAtt` gives `", absl::StrJoin(schema.attributes, "`, `"), "`.");
    }
    absl::StrAppend(&out, "\n\n| property | type | |\n| --- | --- | --- |\n");
    AppendRows(schema.properties, "", true, out);
    absl::StrAppend(&out, "\n");
  }
  return out;
}

}  // namespace nubo::stack
