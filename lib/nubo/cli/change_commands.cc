// The verbs that change one thing: terminate, image import.
#include "nubo/base/status.h"
#include "nubo/cli/client.h"
#include "nubo/cli/commands.h"
#include "nubo/cli/images.h"
#include "nubo/cli/json.h"

namespace nubo::cli {

absl::Status Terminate(const TerminateOptions& options, Context& context) {
  NUBO_ASSIGN_OR_RETURN(const auto client, Client::Connect(options.state_dir));
  ec2::v1::TerminateInstancesRequest request;
  for (const std::string& id : options.ids) request.add_instance_ids(id);
  NUBO_ASSIGN_OR_RETURN(const auto answer,
                        client->Call(client->ec2(), &Ec2::StubInterface::TerminateInstances, request));
  if (options.format == Format::kJson) {
    NUBO_ASSIGN_OR_RETURN(const std::string json, Json(answer));
    context.out << json;
    return absl::OkStatus();
  }
  for (const auto& change : answer.terminating_instances()) {
    context.out << change.instance_id() << ": " << change.previous_state() << " -> " << change.current_state() << "\n";
  }
  return absl::OkStatus();
}

absl::Status ImportImage(const ImageImportOptions& options, Context& context) {
  NUBO_RETURN_IF_ERROR(CheckImageDirectory(options.image));
  NUBO_ASSIGN_OR_RETURN(const auto client, Client::Connect(options.state_dir));
  NUBO_ASSIGN_OR_RETURN(const auto answer, SendImage(*client, options.image));
  if (options.format == Format::kJson) {
    NUBO_ASSIGN_OR_RETURN(const std::string json, Json(answer));
    context.out << json;
    return absl::OkStatus();
  }
  context.out << answer.image().image_id() << "\n";
  return absl::OkStatus();
}

}  // namespace nubo::cli
