#include "nubo/stack/evaluate.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/stack/evaluator.h"
#include "nubo/stack/names.h"
#include "nubo/stack/schema.h"

namespace nubo::stack {

absl::StatusOr<Value> ResolveProperties(const Template& parsed, const Bindings& bindings, absl::string_view logical_id,
                                        const Lookup& lookup) {
  const Resource* resource = parsed.FindResource(logical_id);
  if (resource == nullptr) {
    return absl::NotFoundError(absl::StrCat("the template has no resource ", logical_id));
  }
  NUBO_ASSIGN_OR_RETURN(Value properties, Evaluator(parsed, bindings, &lookup).Evaluate(resource->properties));
  if (properties.is_null()) properties = Value::Object({}, resource->location);
  const Schema* schema = FindSchema(resource->type);
  if (schema == nullptr) return properties;
  std::vector<Diagnostic> problems;
  properties = Normalize(*schema, properties, problems);
  if (problems.empty()) return properties;
  return ErrorAt(parsed.file, problems[0].location, problems[0].message);
}

absl::StatusOr<Value> ResolveValue(const Template& parsed, const Bindings& bindings, const Value& value,
                                   const Lookup& lookup) {
  return Evaluator(parsed, bindings, &lookup).Evaluate(value);
}

absl::StatusOr<std::vector<ResolvedOutput>> ResolveOutputs(const Template& parsed, const Bindings& bindings,
                                                           const Lookup& lookup) {
  const Evaluator evaluator(parsed, bindings, &lookup);
  std::vector<ResolvedOutput> outputs;
  for (const Output& output : parsed.outputs) {
    if (!bindings.Active(output.condition)) continue;
    NUBO_ASSIGN_OR_RETURN(const Value value, evaluator.Evaluate(output.value));
    if (!value.is_scalar()) {
      return ErrorAt(parsed.file, output.value.location(),
                     absl::StrCat("Template format error: The Value field of output ", output.name,
                                  " must be a string, not ", KindName(value.kind()), "; use Fn::Join"));
    }
    NUBO_ASSIGN_OR_RETURN(const Value export_name, evaluator.Evaluate(output.export_name));
    outputs.push_back({output.name, value.text(), output.description, export_name.text()});
  }
  return outputs;
}

}  // namespace nubo::stack
