#include "nubo/region/compute/images.h"

#include <set>
#include <string>
#include <vector>

#include "nubo/region/state/instance_facts.h"

namespace nubo::region {

void ForgetUnusedImages(Context& context) {
  std::set<std::string> used;
  for (const auto& [id, instance] : context.model.instances) {
    if (!IsTerminated(instance)) used.insert(instance.image_id());
  }
  for (const auto& [id, launch_template] : context.model.launch_templates) {
    used.insert(launch_template.image_id());
    for (const auto& former : launch_template.former_versions()) used.insert(former.image_id());
  }
  std::vector<std::string> unused;
  for (const auto& [id, image] : context.model.images) {
    if (image.name().empty() && used.count(id) == 0) unused.push_back(id);
  }
  for (const std::string& id : unused) {
    context.RemoveTree(context.model.images.Find(id)->directory());
    context.model.images.Erase(id);
  }
}

}  // namespace nubo::region
