#include "nubo/region/reach/attachment_names.h"

#include <map>

#include "absl/strings/str_cat.h"
#include "nubo/region/state/service_ids.h"

namespace nubo::region {

std::string PathOf(const v1::Owner& owner) {
  return owner.stack_name().empty() ? "" : absl::StrCat(owner.stack_name(), "/", owner.logical_id());
}

void NameAttachments(const Context& context, vpc::Network& network) {
  std::map<std::string, std::string> names;
  for (const auto& [arn, record] : context.model.load_balancers) names[BalancerServiceId(arn)] = record.name();
  for (const auto& [id, record] : context.model.databases) names[DatabaseServiceId(id)] = id;
  for (const auto& [id, record] : context.model.instances) {
    if (const std::string path = PathOf(record.owner()); !path.empty()) names[id] = absl::StrCat(id, " ", path);
  }
  for (auto& [id, interface] : network.interfaces) {
    const auto name = names.find(interface.attached_to);
    if (name != names.end()) interface.attached_to = name->second;
  }
}

}  // namespace nubo::region
