// What a template is evaluated with: what its stack is called and where it is, its parameters' values, its conditions,
// and what is known of its resources. Bind() decides them (evaluate.h).
//
// Thread safety: values; a Lookup as whoever implements it says.
#ifndef NUBO_STACK_BINDINGS_H_
#define NUBO_STACK_BINDINGS_H_

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "nubo/stack/schema_spec.h"
#include "nubo/stack/value.h"

namespace nubo::stack {

// Pseudo parameters, and the zones that Fn::GetAZs gives.
struct StackContext {
  std::string stack_name;
  std::string stack_id;
  std::string account_id = "000000000000";
  std::string region = "us-east-1";
  std::string partition = "aws";
  std::string url_suffix = "amazonaws.com";
  std::vector<std::string> notification_arns;
  std::vector<std::string> availability_zones = absl::StrSplit(kAvailabilityZones, ',');
};

// A template's inputs, decided.
struct Bindings {
  StackContext context;
  // Parameter name -> string, or list of strings. Numbers are strings of their text.
  std::map<std::string, Value, std::less<>> parameters;
  std::map<std::string, bool, std::less<>> conditions;

  // False for a resource or output whose condition is false.
  bool Active(absl::string_view condition) const;
};

// What is known about resources that exist by now.
class Lookup {
 public:
  virtual ~Lookup() = default;
  // The physical id. NOT_FOUND: not created yet.
  virtual absl::StatusOr<std::string> Ref(absl::string_view logical_id) const = 0;
  // NOT_FOUND: not created yet, or no such attribute.
  virtual absl::StatusOr<Value> GetAtt(absl::string_view logical_id, absl::string_view attribute) const = 0;
};

}  // namespace nubo::stack

#endif  // NUBO_STACK_BINDINGS_H_
