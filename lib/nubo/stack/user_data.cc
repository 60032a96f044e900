#include "nubo/stack/user_data.h"

#include <string>

#include "absl/strings/str_replace.h"
#include "nubo/base/status.h"
#include "nubo/boot/reader.h"
#include "nubo/ec2/lifecycle.h"
#include "nubo/stack/dynamic_reference.h"

namespace nubo::stack {

absl::StatusOr<ec2::BootPlan> ReadUserData(absl::string_view base64) {
  NUBO_ASSIGN_OR_RETURN(std::string bytes, ec2::DecodeUserData(base64));
  for (const DynamicReference& reference : FindDynamicReferences(bytes)) {
    // As long, so that all else keeps its place.
    bytes = absl::StrReplaceAll(bytes, {{reference.text, std::string(reference.text.size(), 'x')}});
  }
  return boot::ReadUserData(bytes);
}

}  // namespace nubo::stack
