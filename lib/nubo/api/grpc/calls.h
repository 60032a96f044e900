// What the region's gRPC services have in common.
//
// Thread safety: free functions.
#ifndef NUBO_API_GRPC_CALLS_H_
#define NUBO_API_GRPC_CALLS_H_

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "nubo/api/grpc/service_options.h"
#include "nubo/base/status.h"
#include "nubo/region/loop/region.h"

namespace nubo::region {

// The status as a call ends with it; AWS's code, if it has one, is in the trailing metadata aws-error-code.
inline grpc::Status ToGrpc(grpc::ServerContext* call, const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  std::string code = base::ErrorCode(status);
  // With one of AWS's codes it is the region that says so, and not gRPC of a region that does not answer.
  if (code.empty() && absl::IsUnavailable(status)) code = "ServiceUnavailable";
  if (!code.empty()) call->AddTrailingMetadata("aws-error-code", code);
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), std::string(status.message()));
}

// A page of a list.
template <typename Request, typename Response>
grpc::Status Show(grpc::ServerContext* call, const Region& region, const Request& request, Response* response) {
  absl::Status status;
  region.Look([&](const Context& context) { status = Describe(context, request, *response); });
  return ToGrpc(call, status);
}

// One of the services each; `region` outlives it.
std::unique_ptr<grpc::Service> MakeEc2Service(Region& region);
std::unique_ptr<grpc::Service> MakeRegionService(Region& region, const ServiceOptions& options);

}  // namespace nubo::region

#endif  // NUBO_API_GRPC_CALLS_H_
