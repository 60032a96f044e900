// What becomes of images that have lost their names (operations.h: how they get them; image_files.h: as they are on
// disk).
//
// Thread safety: guarded by the region's lock.
#ifndef NUBO_REGION_COMPUTE_IMAGES_H_
#define NUBO_REGION_COMPUTE_IMAGES_H_

#include "nubo/region/state/context.h"

namespace nubo::region {

// Forgets, and removes, images without a name that no instance runs from and no launch template means.
void ForgetUnusedImages(Context& context);

}  // namespace nubo::region

#endif  // NUBO_REGION_COMPUTE_IMAGES_H_
