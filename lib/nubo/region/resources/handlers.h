// The region's resource types as stacks drive them.
//
// Example:
//   Handlers handlers(context);
//   stack::RunOnce(executor, parsed, bindings, handlers.registry(), context.now());
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_RESOURCES_HANDLERS_H_
#define NUBO_REGION_RESOURCES_HANDLERS_H_

#include <memory>
#include <string>
#include <vector>

#include "nubo/region/resources/resource_types.h"
#include "nubo/region/state/context.h"
#include "nubo/stack/runner.h"

namespace nubo::region {

// The types as stacks drive them. What every creation, and every change in place, is checked for whatever its type
// stands here: that what it names exists (ids.h), and that its own name is free.
class Handlers {
 public:
  // It, and its types, outlive the handlers.
  explicit Handlers(Context& context);
  ~Handlers();

  const stack::HandlerRegistry& registry() const { return registry_; }

  // What is asked for and not enforced, by stack and logical id, of what was created or changed since the last call.
  struct Created {
    std::string stack_name;
    std::string logical_id;
    // Paths of properties, of which the stack tells by itself.
    std::vector<std::string> not_enforced;
    // What of it as a whole is not, each as the end of a sentence.
    std::vector<std::string> why_not_enforced;
  };
  std::vector<Created> TakeCreated();

 private:
  class Handler;

  Context& context_;
  stack::HandlerRegistry registry_;
  std::vector<std::unique_ptr<Handler>> handlers_;
  std::vector<Created> created_;
};

}  // namespace nubo::region

#endif  // NUBO_REGION_RESOURCES_HANDLERS_H_
