#include "nubo/region/network/public_port.h"

namespace nubo::region {

int PublicPort(const Context& context, const v1::InstanceState& instance) {
  int lowest = 0;
  for (const std::string& id : instance.security_group_ids()) {
    const v1::PlainState* group = context.model.plain.Find(id);
    if (group == nullptr || group->public_port() == 0) continue;
    if (lowest == 0 || group->public_port() < lowest) lowest = group->public_port();
  }
  return lowest;
}

}  // namespace nubo::region
