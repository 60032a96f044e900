// Any bytes as user data, and as a #cloud-config: read within their bounds, and what is to be run is well-formed.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "nubo/boot/reader.h"
#include "nubo/ec2/user_data.h"

namespace {

void Check(bool holds) {
  if (!holds) std::abort();
}

void CheckScripts(const std::vector<nubo::ec2::BootScript>& scripts) {
  for (const nubo::ec2::BootScript& script : scripts) {
    Check(!script.name.empty() && script.name[0] != '.' && script.name.find_first_of("/ '\"$`\n") == std::string::npos);
    Check(absl::StartsWith(script.text, "#!"));
  }
}

void Read(absl::string_view bytes) {
  const auto plan = nubo::boot::ReadUserData(bytes);
  Check(plan.ok() == (bytes.size() <= nubo::ec2::kUserDataBytesMax));
  if (!plan.ok()) return;
  CheckScripts(plan->boothooks);
  CheckScripts(plan->boot_scripts);
  CheckScripts(plan->scripts);
  for (const nubo::ec2::BootFile& file : plan->files) {
    Check(file.path.size() > 1 && file.path[0] == '/' && !absl::StrContains(absl::StrCat(file.path, "/"), "/../"));
    Check(file.mode <= 07777 && file.content.size() <= nubo::ec2::kExpandedBytesMax);
  }
  for (const nubo::ec2::UserDataFinding& finding : plan->findings) Check(!finding.message.empty());
  for (const auto boot : {nubo::ec2::Boot::kFirst, nubo::ec2::Boot::kLater}) {
    const std::string script = ToScript(*plan, boot);
    Check(script.empty() || absl::StartsWith(script, "#!"));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  Read(bytes);
  Read(absl::StrCat("#cloud-config\n", bytes));
  Read(absl::StrCat("MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n", bytes));
  return 0;
}
