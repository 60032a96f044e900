// What each AWS resource type takes and gives: property names, types, bounds and defaults, and GetAtt's attributes.
//
// Schemas are constant tables. A property that is accepted but not acted on is marked `enforced = false`, so
// that whoever creates the resource can say so instead of keeping silent.
//
// Example:
//   const Schema* schema = FindSchema("AWS::EC2::Subnet");
//   for (const std::string& path : UnenforcedProperties(*schema, properties)) Warn(path);
//
// Thread safety: constant data and pure functions.
#ifndef NUBO_STACK_SCHEMA_H_
#define NUBO_STACK_SCHEMA_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "nubo/stack/diagnostic.h"
#include "nubo/stack/schema_spec.h"
#include "nubo/stack/value.h"

namespace nubo::stack {

// Every type that there is, by name.
absl::Span<const Schema> AllSchemas();

// nullptr: no such type.
const Schema* FindSchema(absl::string_view type);

// Checks `properties` (functions allowed in place of values) and adds what is wrong.
void CheckProperties(const Schema& schema, const Value& properties, std::vector<Diagnostic>& problems);

// `properties` without functions, each scalar in the kind its schema names: "80" where an integer is wanted becomes the
// number 80, `true` where a string is wanted becomes "true". Problems are added; what is wrong stays as it is.
Value Normalize(const Schema& schema, const Value& properties, std::vector<Diagnostic>& problems);

// An id that a resource's properties name, in a property or an item of one.
struct NamedId {
  IdKind kind;
  // "LaunchTemplateData.SecurityGroupIds"
  std::string path;
  // A scalar, or a function that is not evaluated yet.
  const Value* value;
};
// Every id in `properties`; what it points to lives as long as they do.
std::vector<NamedId> NamedIds(const Schema& schema, const Value& properties);

// The paths of the properties given that are accepted but not acted on, such as "CreditSpecification.CpuCredits".
std::vector<std::string> UnenforcedProperties(const Schema& schema, const Value& properties);

}  // namespace nubo::stack

#endif  // NUBO_STACK_SCHEMA_H_
