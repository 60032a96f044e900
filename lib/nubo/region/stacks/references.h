// What a template's resources name, against what the region has: ids of nothing, names in use, secrets that are none.
//
// Asked twice by the same rules: of the whole template before anything is made, as far as its values are known by
// then, and of each resource when it is made.
//
// Example:
//   NUBO_RETURN_IF_ERROR(CheckNamed(context.model, "AWS::EC2::Subnet", properties, true));
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_STACKS_REFERENCES_H_
#define NUBO_REGION_STACKS_REFERENCES_H_

#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "nubo/region/resources/resource_types.h"
#include "nubo/region/stacks/prepared_templates.h"
#include "nubo/region/stacks/stack_records.h"
#include "nubo/region/state/model.h"
#include "nubo/stack/diagnostic.h"
#include "nubo/stack/dynamic_reference.h"
#include "nubo/stack/validate.h"

namespace nubo::region {

// Every id and secret that a stack's template names exists, and no name that it gives is another's; literal values are
// looked at, of all resources. `images` will be registered by the time it is made.
std::vector<stack::Diagnostic> CheckAgainstRegion(const ResourceTypes& types, const Model& model,
                                                  const std::set<std::string>& images, const std::string& stack_name,
                                                  const std::vector<stack::KnownResource>& resources);

// Export names of `prepared`, the template of the stack of that name, that another stack has. `templates`: of the
// others.
void CheckExports(const Model& model, PreparedTemplates& templates, const std::string& stack_name,
                  const Prepared& prepared, std::vector<stack::Diagnostic>& problems);

}  // namespace nubo::region

#endif  // NUBO_REGION_STACKS_REFERENCES_H_
