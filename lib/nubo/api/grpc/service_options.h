// What the region's gRPC services are told of the process that they run in.
//
// Thread safety: a value.
#ifndef NUBO_API_GRPC_SERVICE_OPTIONS_H_
#define NUBO_API_GRPC_SERVICE_OPTIONS_H_

#include <functional>
#include <string>

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

}  // namespace nubo::region

#endif  // NUBO_API_GRPC_SERVICE_OPTIONS_H_
