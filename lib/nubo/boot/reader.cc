#include "nubo/boot/reader.h"

#include "nubo/boot/cloud_config.h"
#include "nubo/boot/gunzip.h"
#include "nubo/ec2/user_data.h"

namespace nubo::boot {

absl::StatusOr<ec2::BootPlan> ReadUserData(absl::string_view bytes) {
  return ec2::ReadUserData(bytes, {.gunzip = Gunzip, .cloud_config = ReadCloudConfig});
}

}  // namespace nubo::boot
