#include "nubo/ec2/launch.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"

namespace nubo::ec2 {

absl::Status ValidateLaunchTemplateName(absl::string_view name) {
  constexpr absl::string_view kOthers = "-()./_";
  const bool shaped = name.size() >= kLaunchTemplateNameMin && name.size() <= kLaunchTemplateNameMax &&
                      std::all_of(name.begin(), name.end(), [&](char c) {
                        return absl::ascii_isalnum(static_cast<unsigned char>(c)) || kOthers.find(c) != kOthers.npos;
                      });
  if (shaped) return absl::OkStatus();
  return base::WithErrorCode(
      absl::InvalidArgumentError(absl::StrCat("LaunchTemplateName must have ", kLaunchTemplateNameMin, " to ",
                                              kLaunchTemplateNameMax, " characters, only letters, digits and ", kOthers,
                                              ", not \"", name.substr(0, 2 * kLaunchTemplateNameMax), "\"")),
      "InvalidLaunchTemplateName.MalformedException");
}

absl::Status ValidateInterfaceCount(size_t count) {
  if (count <= 1) return absl::OkStatus();
  return base::WithErrorCode(absl::InvalidArgumentError(absl::StrCat("an instance has one network interface here, not ",
                                                                     count, "; leave the others out")),
                             "AttachmentLimitExceeded");
}

absl::Status BesideInterfaces(absl::string_view what) {
  return base::WithErrorCode(absl::InvalidArgumentError(absl::StrCat("Network interfaces and an instance-level ", what,
                                                                     " may not be specified on the same request")),
                             "InvalidParameterCombination");
}

}  // namespace nubo::ec2
