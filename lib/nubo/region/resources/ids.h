// Whether what properties name by an id, or by a secret's name, exists.
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_RESOURCES_IDS_H_
#define NUBO_REGION_RESOURCES_IDS_H_

#include <set>
#include <string>

#include "absl/status/status.h"
#include "nubo/region/resources/resource_types.h"
#include "nubo/region/state/model.h"
#include "nubo/stack/schema.h"
#include "nubo/stack/value.h"

namespace nubo::region {

// One id of that kind. NOT_FOUND with AWS's code; INVALID_ARGUMENT for what has not the shape of one.
absl::Status CheckId(const ResourceTypes& types, const Model& model, stack::IdKind kind, const std::string& id);
// Each of them; as CheckId.
absl::Status CheckIds(const ResourceTypes& types, const Model& model, stack::IdKind kind,
                      const std::set<std::string>& ids);

// Every id and secret that `properties`, which are evaluated, name exists. As CheckId. Of a change in place (not
// `is_new`) instances may be gone meanwhile: they end by themselves.
absl::Status CheckNamed(const ResourceTypes& types, const Model& model, const std::string& type,
                        const stack::Value& properties, bool is_new);

}  // namespace nubo::region

#endif  // NUBO_REGION_RESOURCES_IDS_H_
