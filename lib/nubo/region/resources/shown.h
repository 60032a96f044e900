// What descriptions of every kind have in common.
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_RESOURCES_SHOWN_H_
#define NUBO_REGION_RESOURCES_SHOWN_H_

#include <cstdint>
#include <string>

#include "nubo/region/resources/resource_types.h"
#include "nubo/region/state/context.h"
#include "nubo/region/state/events.h"

namespace nubo::region {

template <typename Shown>
void SetOwner(const v1::Owner& owner, Shown* shown) {
  shown->set_stack_name(owner.stack_name());
  shown->set_logical_id(owner.logical_id());
}

inline std::string MicrosText(int64_t micros) { return TimeText(FromMicros(micros)); }

// Of a service's process; 0: it has none.
inline int PidOf(const Context& context, const std::string& service) {
  const v1::ServiceState* found = context.model.services.Find(service);
  return found == nullptr ? 0 : found->pid();
}

// For ResourceType::show: the entry of the list `Response` that `is_it`. `entries` gives those of a response.
template <typename Response, typename Entries, typename IsIt>
bool ShowFromList(const Context& context, Entries entries, IsIt is_it, google::protobuf::Struct* shown) {
  Response response;
  Describe(context, response);
  for (const auto& entry : entries(response)) {
    if (!is_it(entry)) continue;
    ShowMessage(entry, shown);
    return true;
  }
  return false;
}

}  // namespace nubo::region

#endif  // NUBO_REGION_RESOURCES_SHOWN_H_
