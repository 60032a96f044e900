// The images that instances are launched from, as they are recorded (image_files.h: as they are on disk).
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_COMPUTE_IMAGES_H_
#define NUBO_REGION_COMPUTE_IMAGES_H_

#include <string>

#include "absl/status/status.h"
#include "nubo/region/state/context.h"

namespace nubo::region {

// OK if an image is called so, or has this id. NOT_FOUND (InvalidAMIID.NotFound).
absl::Status CheckImage(const Context& context, const std::string& image);

// `image` has its name alone from now on; what nobody needs any more goes.
void RegisterImage(Context& context, const v1::ImageState& image);
// Forgets, and removes, images without a name that no instance runs from and no launch template means.
void ForgetUnusedImages(Context& context);

}  // namespace nubo::region

#endif  // NUBO_REGION_COMPUTE_IMAGES_H_
