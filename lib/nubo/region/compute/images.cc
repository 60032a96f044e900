#include "nubo/region/compute/images.h"

#include <set>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/region/state/instance_facts.h"

namespace nubo::region {

absl::Status CheckImage(const Context& context, const std::string& image) {
  if (FindImage(context.model, image) != nullptr) return absl::OkStatus();
  return base::WithErrorCode(
      absl::NotFoundError(absl::StrCat("The image id '", image,
                                       "' does not exist; register a directory under that name: nubo image import ",
                                       image, " DIRECTORY")),
      "InvalidAMIID.NotFound");
}

void RegisterImage(Context& context, const v1::ImageState& image) {
  std::vector<std::string> former;
  for (const auto& [id, other] : context.model.images) {
    if (other.name() == image.name() && id != image.id()) former.push_back(id);
  }
  for (const std::string& id : former) {
    context.model.images.Update(id, [](v1::ImageState& other) { other.clear_name(); });
  }
  context.model.images.Put(image.id(), image);
  ForgetUnusedImages(context);
}

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
