// "#cloud-config" as far as an instance can do it: write_files, bootcmd, runcmd, hostname; everything else it says is
// told as a finding.
//
// Numbers are what they are written as, so that `[chmod, 0644, file]` does what it says (in cloud-init it is the number
// 420). A list whose entries cannot be run is refused as a whole, as cloud-init does, and a file on its own.
//
// Example:
//   ec2::CloudConfig config = boot::ReadCloudConfig("#cloud-config\nruncmd: [uptime]\n", boot::Gunzip);
//   std::vector<std::string> commands = *config.runcmd;
//
// Thread safety: pure function.
#ifndef NUBO_BOOT_CLOUD_CONFIG_H_
#define NUBO_BOOT_CLOUD_CONFIG_H_

#include "absl/strings/string_view.h"
#include "nubo/ec2/user_data.h"

namespace nubo::boot {

// `gunzip` expands what is compressed in it.
ec2::CloudConfig ReadCloudConfig(absl::string_view text, const ec2::Gunzip& gunzip);

}  // namespace nubo::boot

#endif  // NUBO_BOOT_CLOUD_CONFIG_H_
