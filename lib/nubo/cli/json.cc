#include "nubo/cli/json.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/util/json_util.h"

namespace nubo::cli {
namespace {

absl::StatusOr<std::string> Print(const google::protobuf::Message& message, bool indented) {
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  options.add_whitespace = indented;
  std::string text;
  const auto status = google::protobuf::util::MessageToJsonString(message, &text, options);
  if (!status.ok()) {
    return absl::InternalError(absl::StrCat("the region's answer cannot be printed as JSON: ", status.ToString()));
  }
  if (text.empty() || text.back() != '\n') text += '\n';
  return text;
}

}  // namespace

absl::StatusOr<std::string> Json(const google::protobuf::Message& message) { return Print(message, true); }

absl::StatusOr<std::string> JsonLine(const google::protobuf::Message& message) { return Print(message, false); }

}  // namespace nubo::cli
