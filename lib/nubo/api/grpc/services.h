// The region's gRPC services: one for each primitive, each a few lines over Region.
//
// Thread safety: thread-safe.
#ifndef NUBO_API_GRPC_SERVICES_H_
#define NUBO_API_GRPC_SERVICES_H_

#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/service_type.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "nubo/region/loop/region.h"

namespace nubo::region {

struct ServiceOptions {
  std::string state_dir;
  std::string dns_address;
  std::string http_address;
  std::string fabric;
  std::string version;
  // Why instances cannot be isolated; "" if they can.
  std::string not_isolated;
  bool allow_unisolated = false;
  // Called once when a client asks the region to end.
  std::function<void()> shut_down;
};

// All services; they and `region` outlive the server.
std::vector<std::unique_ptr<grpc::Service>> MakeServices(Region& region, const ServiceOptions& options);

}  // namespace nubo::region

#endif  // NUBO_API_GRPC_SERVICES_H_
