// A template's resources as far as they are known before anything is made.
//
// Thread safety: values and pure functions.
#ifndef NUBO_STACK_KNOWN_RESOURCES_H_
#define NUBO_STACK_KNOWN_RESOURCES_H_

#include <vector>

#include "absl/status/status.h"
#include "nubo/stack/bindings.h"
#include "nubo/stack/template.h"
#include "nubo/stack/value.h"

namespace nubo::stack {

// A resource whose condition holds, with its properties as far as they are known: what depends on resources stays a
// function, with whatever could be evaluated inside it evaluated.
struct KnownResource {
  // Of the template.
  const Resource* resource;
  Value properties;
};

// Those that can be evaluated, in the order of the file; `parsed` must outlive them. Why the others cannot is added to
// `errors`, if there is one.
std::vector<KnownResource> KnownResources(const Template& parsed, const Bindings& bindings,
                                          std::vector<absl::Status>* errors = nullptr);

}  // namespace nubo::stack

#endif  // NUBO_STACK_KNOWN_RESOURCES_H_
