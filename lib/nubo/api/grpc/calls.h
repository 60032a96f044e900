// What the region's gRPC services have in common.
//
// Thread safety: free functions.
#ifndef NUBO_API_GRPC_CALLS_H_
#define NUBO_API_GRPC_CALLS_H_

#include <grpcpp/grpcpp.h>

#include <memory>

#include "absl/status/status.h"
#include "nubo/api/grpc/services.h"
#include "nubo/region/loop/region.h"

namespace nubo::region {

// The status as a call ends with it; AWS's code, if it has one, is in the trailing metadata aws-error-code.
grpc::Status ToGrpc(grpc::ServerContext* call, const absl::Status& status);

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
