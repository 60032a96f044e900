// What interfaces are attached to, as people call it: a load balancer and a database are processes with ids of their
// own, and an instance of a stack is one of its resources.
//
// Example:
//   vpc::Network network = NetworkModel(context);
//   NameAttachments(context, network);  // "lb-0123…" is "todo-lb", "i-0123…" is "i-0123… todo/Web"
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_REACH_ATTACHMENT_NAMES_H_
#define NUBO_REGION_REACH_ATTACHMENT_NAMES_H_

#include <string>

#include "nubo/region/state/context.h"
#include "nubo/vpc/network.h"

namespace nubo::region {

// STACK/LOGICAL-ID; "" for nobody's.
std::string PathOf(const v1::Owner& owner);

// In `network`, which is the region's.
void NameAttachments(const Context& context, vpc::Network& network);

}  // namespace nubo::region

#endif  // NUBO_REGION_REACH_ATTACHMENT_NAMES_H_
