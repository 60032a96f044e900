#include "nubo/base/status.h"

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"

namespace nubo::base {
namespace {

constexpr char kErrorCodeUrl[] = "nubo/aws-error-code";

}  // namespace

absl::Status WithErrorCode(absl::Status status, absl::string_view aws_code) {
  if (!status.ok()) status.SetPayload(kErrorCodeUrl, absl::Cord(aws_code));
  return status;
}

std::string ErrorCode(const absl::Status& status) {
  const auto payload = status.GetPayload(kErrorCodeUrl);
  return payload.has_value() ? std::string(*payload) : std::string();
}

absl::Status Annotate(const absl::Status& status, absl::string_view context) {
  if (status.ok()) return status;
  absl::Status annotated(status.code(), absl::StrCat(context, ": ", status.message()));
  status.ForEachPayload([&](absl::string_view url, const absl::Cord& payload) { annotated.SetPayload(url, payload); });
  return annotated;
}

}  // namespace nubo::base
