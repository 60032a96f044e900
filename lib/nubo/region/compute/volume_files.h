// The directories that volumes are, on this machine's disk.
//
// One that nobody has is DATA/volumes/ID; one that an instance has is DATA/attached/INSTANCE/ID, beside a link to it by
// each name of its device. An instance sees that directory of its own from its launch on, so that what is attached to
// it later is there at once. Attaching and detaching move the directory and never copy or remove what is in it; where
// it is follows from the disk, so that each function may be called again after a crash, and makes good what is not yet.
//
// Example:
//   NUBO_RETURN_IF_ERROR(PlaceVolume(paths.Data(), {"vol-1", "i-1", {"xvdf", "sdf"}}));  // attached
//   NUBO_RETURN_IF_ERROR(PlaceVolume(paths.Data(), {"vol-1"}));                          // detached
//
// Thread safety: free functions, which block; not two at a time for one data directory.
#ifndef NUBO_REGION_COMPUTE_VOLUME_FILES_H_
#define NUBO_REGION_COMPUTE_VOLUME_FILES_H_

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace nubo::region {

struct VolumePlace {
  std::string volume_id;
  // "": nobody has it.
  std::string instance_id = {};
  // What links to it are called.
  std::vector<std::string> names = {};
};

// Where the directory is while nobody has the volume.
std::string VolumeHome(const std::string& data, const std::string& volume_id);

// The volume's directory is there, made if it is new, and all of it belongs to whom the instance's directory of volumes
// belongs to. Without effect where there is no data directory. INTERNAL: the system refuses.
absl::Status PlaceVolume(const std::string& data, const VolumePlace& place);

// What an instance needs before it is launched: its directory of volumes, and the link "volumes" to it in `directory`,
// which is made too. Without effect where there is no data directory. INTERNAL: the system refuses.
absl::Status PrepareVolumes(const std::string& data, const std::string& instance_id, const std::string& directory);

// Of an instance that is gone: its directory of volumes, once no volume is in it. What it has put there beside them
// goes as well.
absl::Status ForgetVolumes(const std::string& data, const std::string& instance_id);
// The instances that have such a directory.
std::vector<std::string> VolumeHolders(const std::string& data);

}  // namespace nubo::region

#endif  // NUBO_REGION_COMPUTE_VOLUME_FILES_H_
