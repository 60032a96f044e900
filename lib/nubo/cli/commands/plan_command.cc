// What `nubo up` would do.
#include "nubo/cli/commands/commands.h"

#include <filesystem>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nubo/base/status.h"
#include "nubo/cli/client/client.h"
#include "nubo/cli/client/images.h"
#include "nubo/cli/commands/template_file.h"
#include "nubo/cli/output/output.h"
#include "nubo/cli/output/plan_text.h"
#include "nubo/cli/output/yaml_text.h"
#include "nubo/region/loop/catalog.h"
#include "nubo/region/stacks/stacks.h"

namespace nubo::cli {
namespace {

using cloudformation::v1::DescribeChangeSetRequest;
using cloudformation::v1::DescribeChangeSetResponse;

// Where there is no region, nor what one has left behind, everything would be new.
absl::StatusOr<DescribeChangeSetResponse> PlanAlone(const UpOptions& options, const std::string& body,
                                                    const std::vector<ImageSource>& images) {
  region::StackRequest request{options.stack_name, body, options.template_name, {}};
  for (const ImageSource& image : images) request.images.insert(image.name);
  request.parameters.insert(options.parameters.begin(), options.parameters.end());
  return region::DescribeCreation(region::AllResourceTypes(), request);
}

absl::StatusOr<DescribeChangeSetResponse> Ask(const UpOptions& options, const std::string& body) {
  const absl::StatusOr<std::unique_ptr<Client>> client = Client::Connect(options.state_dir);
  std::error_code ignored;
  const bool nothing_there = !std::filesystem::exists(absl::StrCat(options.state_dir, "/state.db"), ignored);
  NUBO_ASSIGN_OR_RETURN(const std::vector<ImageSource> images, AllImages(options.images, options.default_images_dir));
  if (absl::IsUnavailable(client.status()) && nothing_there) return PlanAlone(options, body, images);
  NUBO_RETURN_IF_ERROR(client.status());
  DescribeChangeSetRequest request;
  request.set_stack_name(options.stack_name);
  request.set_template_body(body);
  request.set_template_name(options.template_name);
  for (const ImageSource& image : images) request.add_image_names(image.name);
  for (const auto& [key, value] : options.parameters) {
    auto* parameter = request.add_parameters();
    parameter->set_key(key);
    parameter->set_value(value);
  }
  return (*client)->Call((*client)->cloudformation(), &CloudFormation::StubInterface::DescribeChangeSet, request);
}

// Exit code 2 says that something would change: what else is wrong is 1, wrong input too.
absl::Status AsFailure(const absl::Status& status) {
  return IsUsageError(status) ? absl::FailedPreconditionError(status.message()) : status;
}

}  // namespace

absl::Status Plan(const PlanOptions& options, Context& context) {
  const absl::StatusOr<std::string> body = ReadTemplate(options.stack.template_path, options.stack.template_name);
  if (!body.ok()) return AsFailure(body.status());
  const absl::StatusOr<DescribeChangeSetResponse> changes = Ask(options.stack, *body);
  if (!changes.ok()) return AsFailure(changes.status());
  if (options.stack.format != Format::kTable) {
    NUBO_ASSIGN_OR_RETURN(const std::string text, Text(*changes, options.stack.format));
    context.out << text;
  } else {
    context.out << PlanText(*changes, context.style);
  }
  return changes->changes().empty() && !changes->outputs_change() ? absl::OkStatus() : ChangesPending();
}

}  // namespace nubo::cli
