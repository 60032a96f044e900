// What a template's resources name, against what the region has: ids of nothing, names in use, secrets that are none.
//
// Asked twice by the same rules: of the whole template before anything is made, as far as its values are known by
// then, and of each resource when it is made.
//
// Example:
//   NUBO_RETURN_IF_ERROR(CheckNamed(context.model, "AWS::EC2::Subnet", properties, true));
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_REFERENCES_H_
#define NUBO_REGION_REFERENCES_H_

#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "nubo/region/stack_records.h"
#include "nubo/region/state/model.h"
#include "nubo/stack/diagnostic.h"
#include "nubo/stack/dynamic_reference.h"
#include "nubo/stack/validate.h"

namespace nubo::region {

// The image called `name`, or with that id; nullptr: none.
const v1::ImageState* FindImage(const Model& model, absl::string_view name);

// The secret that `reference` names, nullptr: none.
const v1::SecretState* FindSecret(const Model& model, const stack::DynamicReference& reference);

// Every id and secret that `properties`, which are evaluated, name exists.
// NOT_FOUND with AWS's code, or INVALID_ARGUMENT for what has not the shape of an id. Of a change in place (not
// `is_new`) instances may be gone meanwhile: they end by themselves.
absl::Status CheckNamed(const Model& model, const std::string& type, const stack::Value& properties, bool is_new);

// ALREADY_EXISTS with AWS's code: another resource than `owner`'s has the name that `properties` give.
absl::Status CheckNameFree(const Model& model, const v1::Owner& owner, const std::string& type,
                           const stack::Value& properties);

// Both, of all resources of a stack's template, of which literal values are looked at. `images` will be registered by
// the time it is made.
std::vector<stack::Diagnostic> CheckAgainstRegion(const Model& model, const std::set<std::string>& images,
                                                  const std::string& stack_name,
                                                  const std::vector<stack::KnownResource>& resources);

// Export names of `prepared`, the template of the stack of that name, that another stack has.
void CheckExports(const Model& model, const std::string& stack_name, const Prepared& prepared,
                  std::vector<stack::Diagnostic>& problems);

}  // namespace nubo::region

#endif  // NUBO_REGION_REFERENCES_H_
