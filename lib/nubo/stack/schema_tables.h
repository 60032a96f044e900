// Shorthand for writing schema tables, and the tables themselves. Private to the schema target.
//
// Example:
//   constexpr PropertySpec kPlacement[] = {Required(Text("Tenancy")), Silent(Integer("PartitionNumber"))};
//
// Thread safety: constant data.
#ifndef NUBO_STACK_SCHEMA_TABLES_H_
#define NUBO_STACK_SCHEMA_TABLES_H_

#include <cstdint>
#include <limits>

#include "absl/types/span.h"
#include "nubo/stack/schema_spec.h"

namespace nubo::stack::tables {

using Fields = absl::Span<const PropertySpec>;

constexpr PropertySpec Of(const char* name, PropertyType type) {
  PropertySpec spec{name};
  spec.type = type;
  return spec;
}
constexpr PropertySpec Text(const char* name) { return Of(name, PropertyType::kString); }
constexpr PropertySpec Number(const char* name) { return Of(name, PropertyType::kDouble); }
constexpr PropertySpec Flag(const char* name) { return Of(name, PropertyType::kBoolean); }
constexpr PropertySpec Cidr(const char* name) { return Of(name, PropertyType::kCidr); }
constexpr PropertySpec Json(const char* name) { return Of(name, PropertyType::kJson); }
constexpr PropertySpec Integer(const char* name, int64_t min = std::numeric_limits<int64_t>::min(),
                               int64_t max = std::numeric_limits<int64_t>::max()) {
  PropertySpec spec = Of(name, PropertyType::kInteger);
  spec.min = min;
  spec.max = max;
  return spec;
}
constexpr PropertySpec Choice(const char* name, const char* allowed) {
  PropertySpec spec = Text(name);
  spec.allowed = allowed;
  return spec;
}
constexpr PropertySpec Texts(const char* name) { return Of(name, PropertyType::kList); }
// Of a list of strings: each is one of these.
constexpr PropertySpec AllOf(PropertySpec spec, const char* allowed) {
  spec.allowed = allowed;
  return spec;
}
constexpr PropertySpec Object(const char* name, Fields fields) {
  PropertySpec spec = Of(name, PropertyType::kObject);
  spec.fields = fields;
  return spec;
}
constexpr PropertySpec Objects(const char* name, Fields fields) {
  PropertySpec spec = Of(name, PropertyType::kList);
  spec.item = PropertyType::kObject;
  spec.fields = fields;
  return spec;
}

constexpr PropertySpec Required(PropertySpec spec) {
  spec.required = true;
  return spec;
}
// Accepted, not acted on.
constexpr PropertySpec Silent(PropertySpec spec) {
  spec.enforced = false;
  return spec;
}
// Of the choices only these, comma-separated, are there by now.
constexpr PropertySpec Offered(PropertySpec spec, const char* offered) {
  spec.offered = offered;
  return spec;
}
// AWS has it, and without it the resource would be another one: `instead` says what to do.
constexpr PropertySpec NotOffered(PropertySpec spec, const char* instead) {
  spec.refused = instead;
  return spec;
}
constexpr PropertySpec AnyCase(PropertySpec spec) {
  spec.any_case = true;
  return spec;
}
// Of one thing, or of a list of them.
constexpr PropertySpec IdOf(IdKind kind, PropertySpec spec) {
  spec.id = kind;
  return spec;
}
// Kept and shown; there is nothing to act on.
constexpr PropertySpec Label(PropertySpec spec) {
  spec.label = true;
  return spec;
}
// A change needs a new resource.
constexpr PropertySpec Fixed(PropertySpec spec) {
  spec.replaces = true;
  return spec;
}
constexpr PropertySpec Default(PropertySpec spec, const char* fallback) {
  spec.fallback = fallback;
  return spec;
}

inline constexpr PropertySpec kPair[] = {Required(Text("Key")), Required(Text("Value"))};
constexpr PropertySpec Tags(const char* name = "Tags") { return Label(Objects(name, kPair)); }
// Settings of which each is named by a Key.
constexpr PropertySpec Pairs(const char* name, Fields keys) {
  PropertySpec spec = Objects(name, kPair);
  spec.keys = keys;
  return spec;
}

// Each in a file of its own.
absl::Span<const Schema> VpcSchemas();
absl::Span<const Schema> IpamSchemas();
absl::Span<const Schema> Ec2Schemas();
absl::Span<const Schema> ScalingSchemas();
absl::Span<const Schema> LoadBalancingSchemas();
absl::Span<const Schema> Route53Schemas();
absl::Span<const Schema> RdsSchemas();

}  // namespace nubo::stack::tables

#endif  // NUBO_STACK_SCHEMA_TABLES_H_
