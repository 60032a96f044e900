// The region's gRPC services: one for each primitive, each a few lines over Region.
//
// Thread safety: thread-safe.
#ifndef NUBO_API_GRPC_SERVICES_H_
#define NUBO_API_GRPC_SERVICES_H_

#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/service_type.h>

#include <memory>
#include <vector>

#include "nubo/api/grpc/service_options.h"
#include "nubo/region/loop/region.h"

namespace nubo::region {

// All services; they and `region` outlive the server.
std::vector<std::unique_ptr<grpc::Service>> MakeServices(Region& region, const ServiceOptions& options);

}  // namespace nubo::region

#endif  // NUBO_API_GRPC_SERVICES_H_
