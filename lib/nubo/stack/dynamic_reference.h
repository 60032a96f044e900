// Dynamic references: "{{resolve:SERVICE:REFERENCE}}" somewhere in a string.
//
// What resolves them is whoever launches something; here is what of them is wrong whatever there is to resolve.
//
// Example:
//   for (const DynamicReference& reference : FindDynamicReferences(text)) Use(reference.service, reference.key);
//
// Thread safety: values and pure functions.
#ifndef NUBO_STACK_DYNAMIC_REFERENCE_H_
#define NUBO_STACK_DYNAMIC_REFERENCE_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "nubo/stack/diagnostic.h"
#include "nubo/stack/value.h"

namespace nubo::stack {

struct DynamicReference {
  // With its braces.
  std::string text;
  // "ssm", "ssm-secure", "secretsmanager", or what stands there.
  std::string service;
  // Of secretsmanager: the secret's name or ARN, and which of its values.
  std::string secret;
  std::string key;
};

// In the order of `text`, none within another; one without an end goes to the end.
std::vector<DynamicReference> FindDynamicReferences(absl::string_view text);

// Why nothing resolves `reference`, "" if a secret that exists does. In user data alone references are resolved, when
// an instance is launched; anywhere else the text itself would be used.
std::string WhyUnresolvable(const DynamicReference& reference, bool in_user_data);

// A string of a resource's properties that has references, and whether it is (decoded) user data.
struct ReferringText {
  std::string text;
  bool in_user_data = false;
  // An argument of a function that is not evaluated yet: the rest of a reference may still come.
  bool in_function = false;
  Location location;
};
// Every string of `properties` in which a reference begins, functions' arguments among them.
std::vector<ReferringText> ReferringTexts(const Value& properties);

// Adds every reference in `value`, which may still have functions, that nothing could resolve.
void CheckDynamicReferences(const Value& value, std::vector<Diagnostic>& problems);

}  // namespace nubo::stack

#endif  // NUBO_STACK_DYNAMIC_REFERENCE_H_
