// What a schema is made of: properties, their types and bounds, and what ids they name. The schemas of all types, and
// what is done with them, stand in schema.h.
//
// Thread safety: values and pure functions.
#ifndef NUBO_STACK_SCHEMA_SPEC_H_
#define NUBO_STACK_SCHEMA_SPEC_H_

#include <cstdint>
#include <limits>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "nubo/stack/diagnostic.h"
#include "nubo/stack/value.h"

namespace nubo::stack {

// Of the one region there is, comma-separated.
inline constexpr char kAvailabilityZones[] = "us-east-1a,us-east-1b,us-east-1c,us-east-1d,us-east-1e,us-east-1f";

enum class PropertyType {
  kString,
  kInteger,
  kDouble,
  kBoolean,
  // An IPv4 or IPv6 block.
  kCidr,
  // A list of what `item` says.
  kList,
  // An object of what `fields` says.
  kObject,
  // Anything.
  kJson,
};

// What a property names by its id: the ids that exist are known to whoever runs the region.
enum class IdKind {
  kNone,
  // The name of a registered image, or its id.
  kImage,
  kInstance,
  kInternetGateway,
  kIpam,
  kIpamPool,
  kIpamScope,
  kLaunchTemplate,
  kLaunchTemplateName,
  kListener,
  kLoadBalancer,
  kRouteTable,
  kSecurityGroup,
  kSubnet,
  kTargetGroup,
  kVpc,
  kHostedZone,
  // Of an elastic address; what Ref gives of one is the address itself.
  kAllocation,
  kDhcpOptions,
  kEgressOnlyGateway,
  kNatGateway,
  kNetworkAcl,
  kNetworkInterface,
  kPeeringConnection,
  kPrefixList,
  kVpcEndpoint,
  // By its name.
  kKeyPair,
  // By its name.
  kPlacementGroup,
  kVolume,
};

struct PropertySpec {
  const char* name;
  PropertyType type = PropertyType::kString;
  bool required = false;
  bool enforced = true;
  // A change of it makes a new resource instead of altering the one there is.
  bool replaces = false;
  // Comma-separated; nullptr: anything goes.
  const char* allowed = nullptr;
  // Of `allowed`, what there is here by now, comma-separated; nullptr: all of it. The others are refused as such.
  const char* offered = nullptr;
  // Why the property as a whole is refused, and what to do instead: "use simple routing". nullptr: it is not.
  const char* refused = nullptr;
  // AWS takes its value in any case; it becomes lower case.
  bool any_case = false;
  IdKind id = IdKind::kNone;
  int64_t min = std::numeric_limits<int64_t>::min();
  int64_t max = std::numeric_limits<int64_t>::max();
  // What AWS takes when the property is absent; nullptr: nothing, or it depends.
  const char* fallback = nullptr;
  // Of a list: the type of its items.
  PropertyType item = PropertyType::kString;
  // Of an object, or of a list of objects: its properties.
  absl::Span<const PropertySpec> fields = {};
  // Of a list of {Key, Value} objects that are settings: the keys there are, each with what its Value may be.
  absl::Span<const PropertySpec> keys = {};
  // Asks for nothing but to be kept with the resource and shown, as tags and descriptions do.
  bool label = false;
};

// A check that looks at more than one property; `properties` may still hold functions.
using CheckHook = void (*)(const Value& properties, std::vector<Diagnostic>& problems);

struct Schema {
  const char* type;
  absl::Span<const PropertySpec> properties;
  // What Fn::GetAtt offers, apart from what Ref gives.
  absl::Span<const char* const> attributes;
  // What Ref gives: "the subnet's id".
  const char* ref;
  CheckHook check = nullptr;
  // What a property may be given that Ref for.
  IdKind id = IdKind::kNone;
  // A type of which it may need any that its template has, without naming it; nullptr: none.
  const char* needs_type = nullptr;
};

// nullptr: no such property.
const PropertySpec* FindProperty(absl::Span<const PropertySpec> properties, absl::string_view name);

}  // namespace nubo::stack

#endif  // NUBO_STACK_SCHEMA_SPEC_H_
