// A CloudFormation template: its sections, each of the right shape. parse.h makes one out of text.
//
// Example:
//   for (const Resource& resource : parsed.resources) Use(resource.logical_id, resource.type);
//
// Thread safety: a value.
#ifndef NUBO_STACK_TEMPLATE_H_
#define NUBO_STACK_TEMPLATE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "nubo/stack/value.h"

namespace nubo::stack {

struct Parameter {
  std::string name;
  Location location;
  // "String", "Number", "List<Number>", "CommaDelimitedList" or a type of AWS's own ("AWS::EC2::VPC::Id").
  std::string type;
  // True for List<…> and CommaDelimitedList: Ref gives a list.
  bool is_list = false;
  // True for Number and List<Number>.
  bool is_number = false;
  std::optional<std::string> default_value;
  std::vector<std::string> allowed_values;
  std::string allowed_pattern;
  std::optional<int64_t> min_length, max_length;
  std::optional<double> min_value, max_value;
  std::string description;
  std::string constraint_description;
  // The value is shown as asterisks.
  bool no_echo = false;
};

// What becomes of a resource when its stack goes, or when an update replaces it.
enum class RemovalPolicy { kDelete, kRetain, kRetainExceptOnCreate, kSnapshot };
absl::string_view RemovalPolicyName(RemovalPolicy policy);

struct Resource {
  std::string logical_id;
  Location location;
  std::string type;
  Location type_location;
  // An object; empty where the template has none. Functions are not evaluated yet.
  Value properties;
  std::vector<std::string> depends_on;
  // Name of a condition, or "".
  std::string condition;
  RemovalPolicy deletion_policy = RemovalPolicy::kDelete;
  RemovalPolicy update_replace_policy = RemovalPolicy::kDelete;
  // Objects, or null where the template has none.
  Value creation_policy;
  Value update_policy;
  Value metadata;
};

struct Output {
  std::string name;
  Location location;
  std::string description;
  Value value;
  // The name of Export, null without one.
  Value export_name;
  std::string condition;
};

struct Condition {
  std::string name;
  Location location;
  Value expression;
};

struct Template {
  // As given to Parse(); the beginning of every error.
  std::string file;
  std::string description;
  // In the order of the file.
  std::vector<Parameter> parameters;
  std::vector<Condition> conditions;
  std::vector<Resource> resources;
  std::vector<Output> outputs;
  // Map name -> top-level key -> second-level key -> scalar or list.
  Value mappings;
  Value metadata;

  // nullptr: no such name.
  const Parameter* FindParameter(absl::string_view name) const;
  const Condition* FindCondition(absl::string_view name) const;
  const Resource* FindResource(absl::string_view logical_id) const;
};

}  // namespace nubo::stack

#endif  // NUBO_STACK_TEMPLATE_H_
